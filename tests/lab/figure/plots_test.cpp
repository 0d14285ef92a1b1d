// SPDX-License-Identifier: MIT
#include "gradus/lab/figure/plots.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gradus/core/error.hpp"
#include "gradus/lab/figure/contour.hpp"
#include "well_formed.hpp"

namespace gradus {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <class Layer>
std::vector<Layer> layers_of(const Figure& figure, std::size_t panel = 0) {
  std::vector<Layer> found;
  for (const PlotLayer& layer : figure.panels.at(panel).layers)
    if (const Layer* match = std::get_if<Layer>(&layer)) found.push_back(*match);
  return found;
}

/// Probabilities that change at x0 = 0: sharp as a step far from it.
Matrix<double> left_or_right(ConstMatrixView<double> x) {
  Matrix<double> p(x.rows(), 1);
  for (Index i = 0; i < x.rows(); ++i) p(i, 0) = 1 / (1 + std::exp(-4 * x(i, 0)));
  return p;
}

Matrix<double> three_sectors(ConstMatrixView<double> x) {
  Matrix<double> p(x.rows(), 3);
  for (Index i = 0; i < x.rows(); ++i) {
    double sum = 0;
    for (Index k = 0; k < 3; ++k)
      sum += p(i, k) =
          std::exp(std::cos(2.1 * static_cast<double>(k)) * x(i, 0) + std::sin(2.1 * static_cast<double>(k)) * x(i, 1));
    for (Index k = 0; k < 3; ++k) p(i, k) /= sum;
  }
  return p;
}

TEST(Plots, ARunningMeanIsTheMeanOfItsWindow) {
  const std::vector<double> values = {1, 2, 6, 3, nan, 5, 7, 9};
  for (const std::size_t window : {1U, 2U, 3U, 8U, 100U}) {
    const std::vector<double> means = running_mean(values, window);
    ASSERT_EQ(means.size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      double sum = 0;
      const std::size_t from = i + 1 < window ? 0 : i + 1 - window;
      for (std::size_t j = from; j <= i; ++j) sum += values[j];
      const double expected = sum / static_cast<double>(i + 1 - from);
      // Sums of at most eight small whole numbers are exact.
      if (std::isnan(expected))
        EXPECT_TRUE(std::isnan(means[i])) << window << " " << i;
      else
        EXPECT_DOUBLE_EQ(means[i], expected) << window << " " << i;
    }
  }
  EXPECT_TRUE(running_mean({}, 3).empty());
  EXPECT_THROW(running_mean(values, 0), ValueError);
}

TEST(Plots, EveryPictureDrawsFromEmptyOneAndManyNumbers) {
  for (const std::size_t n : {0U, 1U, 2U, 13U}) {
    std::vector<double> y(n, 0.5);
    if (n > 2) y[2] = nan;
    const Series series{"series", counting(n), y};
    Matrix<double> x(static_cast<Index>(n), 2);
    std::vector<int> classes(n);
    for (std::size_t i = 0; i < n; ++i) {
      x(static_cast<Index>(i), 0) = static_cast<double>(i);
      classes[i] = static_cast<int>(i % 3);
    }
    const std::vector<Figure> figures = {loss_figure(y),
                                         loss_figure(y, {.log = true}),
                                         accuracy_figure(y, y),
                                         gradient_error_figure({series, series}),
                                         function_fit(series, {series}, {}, series),
                                         scatter_classes(x, classes),
                                         decision_regions(left_or_right, x, classes, {.grid = 5}),
                                         decision_regions(three_sectors, x, classes, {.grid = 5})};
    const std::string svg = render_svg(panels(figures, 3));
    EXPECT_TRUE(is_well_formed(svg)) << n << ": " << why_not_well_formed(svg);
  }
}

TEST(Plots, TheBoundaryOfTwoClassesLiesWhereTheProbabilityIsOneHalf) {
  const Matrix<double> x{{-1, -1}, {1, 1}};
  const std::vector<int> classes = {0, 1};
  const Figure figure = decision_regions(left_or_right, x, classes, {.grid = 40});
  const auto contours = layers_of<Contour>(figure);
  ASSERT_EQ(contours.size(), 1U);
  const auto lines = contour_lines(contours[0].area, contours[0].values, 0.5);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].size(), 40U);
  // The logistic curve is odd about the boundary, and the grid too: the linear crossing is exact up to rounding.
  for (const auto& [x0, x1] : lines[0]) EXPECT_NEAR(x0, 0, 1e-12);
  const auto fields = layers_of<Field>(figure);
  ASSERT_EQ(fields.size(), 1U);
  EXPECT_GT(fields[0].colors(0, 0).blue, fields[0].colors(0, 0).red);
  EXPECT_GT(fields[0].colors(0, 39).red, fields[0].colors(0, 39).blue);
}

TEST(Plots, EachClassHasItsOwnMarkerColourAndName) {
  const Matrix<double> x{{0, 0}, {1, 1}, {2, 0}, {0, 2}};
  const std::vector<int> classes = {0, 1, 2, 0};
  const Figure figure = decision_regions(three_sectors, x, classes, {.class_names = {"a", "b"}, .grid = 9});
  const auto points = layers_of<Points>(figure);
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(points[0].x.size(), 2U);
  EXPECT_EQ(points[1].name, "b");
  EXPECT_EQ(points[2].name, "class 2");
  EXPECT_NE(points[0].marker, points[1].marker);
  EXPECT_NE(points[1].marker, points[2].marker);
  EXPECT_FALSE(points[0].color == points[1].color);
  EXPECT_EQ(layers_of<Contour>(figure).size(), 3U);
}

TEST(Plots, AGridIsGivenByItsStepFromTheLowCorner) {
  // Document 002 draws [3.3, 8.9) x [1.0, 5.4) at 0.02: 280 x 220 steps.
  Index rows = 0;
  double low = 0, high = 0;
  const auto predict = [&](ConstMatrixView<double> points) {
    rows = points.rows();
    low = points(0, 0);
    high = points(rows - 1, 0);
    return left_or_right(points);
  };
  decision_regions(predict, Matrix<double>(0, 2), {}, {.area = Area{3.3, 8.9, 1.0, 5.4}, .step = 0.02});
  EXPECT_EQ(rows, 281 * 221);
  EXPECT_DOUBLE_EQ(low, 3.3);
  EXPECT_NEAR(high, 8.9, 1e-12);
}

TEST(Plots, WhatDoesNotFitIsRefused) {
  const Matrix<double> x{{0, 0}, {1, 1}}, wide{{0, 0, 0}};
  const std::vector<int> classes = {0, 1}, three = {0, 1, 2}, negative = {0, -1};
  EXPECT_THROW(decision_regions(left_or_right, wide, classes), ShapeError);
  EXPECT_THROW(decision_regions(left_or_right, x, three), ShapeError);
  EXPECT_THROW(decision_regions(left_or_right, x, negative), ValueError);
  for (const double step : {0.0, -1.0, nan, 1e-9, 100.0})
    EXPECT_THROW(decision_regions(left_or_right, x, classes, {.step = step}), ValueError) << step;
  EXPECT_THROW(decision_regions(left_or_right, x, classes, {.grid = 1}), ValueError);
  EXPECT_THROW(decision_regions([](ConstMatrixView<double>) { return Matrix<double>(1, 1); }, x, classes), ShapeError);
  EXPECT_THROW(confusion_figure(Matrix<double>(2, 3)), ShapeError);
  EXPECT_THROW(activation_gallery({}), ValueError);
  EXPECT_THROW(panels({}, 2), ValueError);
  EXPECT_THROW(panels({loss_figure(std::vector<double>{1})}, 0), ValueError);
}

TEST(Plots, AJumpOfAnActivationIsNotJoined) {
  const auto step = [](double z) { return z < 0 ? 0.0 : 1.0; };
  const Figure gallery = activation_gallery(
      {{"step", step, [](double) { return 0.0; }},
       {"tanh", [](double z) { return std::tanh(z); }, [](double z) { return 1 - std::tanh(z) * std::tanh(z); }}});
  const auto gaps = [](const Line& line) {
    return std::count_if(line.y.begin(), line.y.end(), [](double y) { return std::isnan(y); });
  };
  EXPECT_EQ(gaps(layers_of<Line>(gallery, 0)[0]), 1);
  for (const Line& line : layers_of<Line>(gallery, 1)) EXPECT_EQ(gaps(line), 0);
}

TEST(Plots, PanelsShareTheirLegendAndDoNotRepeatLabels) {
  const Matrix<double> x{{0, 0}, {1, 1}};
  const std::vector<int> classes = {0, 1};
  const std::vector<Figure> six(6, decision_regions(left_or_right, x, classes, {.grid = 5}));
  const Figure sweep = panels(six, 3);
  EXPECT_TRUE(sweep.shared_legend);
  for (std::size_t k = 0; k < 6; ++k) {
    EXPECT_EQ(sweep.panels[k].x.show_label, k >= 3) << k;
    EXPECT_EQ(sweep.panels[k].y.show_label, k % 3 == 0) << k;
  }
  const std::string script = to_gnuplot(sweep, Terminal::svg);
  const std::size_t first = script.find("'class 0'");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(script.find("'class 0'", first + 1), std::string::npos);
}

TEST(Plots, AConfusionMatrixShowsItsNumbersWhereTheyBelong) {
  const Figure figure = confusion_figure(Matrix<double>{{5, 1}, {0, 7}}, {"no", "yes"});
  const auto numbers = layers_of<Annotation>(figure);
  ASSERT_EQ(numbers.size(), 4U);
  EXPECT_EQ(numbers[1].text, "1");
  EXPECT_EQ(numbers[1].x, 1);  // predicted: yes
  EXPECT_EQ(numbers[1].y, 0);  // true: no
  EXPECT_TRUE(is_well_formed(render_svg(figure)));
}

TEST(Contour, OfACircleIsOneClosedLineOnIt) {
  for (const Index n : {11, 40, 101}) {
    Matrix<double> squared(n, n);
    const auto at = [&](Index i) { return -1 + 2 * static_cast<double>(i) / static_cast<double>(n - 1); };
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j) squared(i, j) = at(i) * at(i) + at(j) * at(j);
    const auto lines = contour_lines({-1, 1, -1, 1}, squared, 0.5);
    ASSERT_EQ(lines.size(), 1U) << n;
    EXPECT_EQ(lines[0].front(), lines[0].back());
    // Linear interpolation of x^2 along an edge of length h is off by at most h^2 / 4 in the value.
    const double h = 2.0 / static_cast<double>(n - 1);
    for (const auto& [x, y] : lines[0]) EXPECT_NEAR(x * x + y * y, 0.5, h * h / 4 + 1e-12);
  }
}

TEST(Contour, SkipsWhatIsNotFiniteAndTakesAwkwardGrids) {
  Matrix<double> values{{0, 0, 0, 0}, {1, nan, 1, 1}};
  const auto lines = contour_lines({0, 3, 0, 1}, values, 0.5);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], (Polyline{{2, 0.5}, {3, 0.5}}));
  for (const auto& [rows, cols] : {std::pair<Index, Index>{0, 0}, {1, 1}, {1, 5}, {5, 1}})
    EXPECT_TRUE(contour_lines({0, 1, 0, 1}, Matrix<double>(rows, cols, 1.0), 1.0).empty());
  EXPECT_TRUE(contour_lines({0, 1, 0, 1}, Matrix<double>(7, 7, 1.0), 1.0).empty());
}

TEST(Contour, DecidesASaddleByItsMean) {
  // Two opposite corners high: with a high mean the high corners are joined, the low ones cut off, and the other way
  // round.
  for (const double high : {2.0, 1.2}) {
    const auto lines = contour_lines({0, 1, 0, 1}, Matrix<double>{{high, 0}, {0, high}}, 0.8);
    ASSERT_EQ(lines.size(), 2U);
    const bool joined = high / 2 >= 0.8;
    for (const Polyline& line : lines) {
      ASSERT_EQ(line.size(), 2U);
      const double mx = (line[0].first + line[1].first) / 2, my = (line[0].second + line[1].second) / 2;
      EXPECT_EQ((mx < 0.5) != (my < 0.5), joined) << high;
    }
  }
}

TEST(Color, ABinaryProbabilityGoesFromBlueThroughWhiteToOrange) {
  EXPECT_EQ(probability_color(0.5), white);
  EXPECT_GT(probability_color(0.0).blue, probability_color(0.0).red);
  EXPECT_GT(probability_color(1.0).red, probability_color(1.0).blue);
  EXPECT_EQ(probability_color(-3.0), probability_color(0.0));
  EXPECT_EQ(probability_color(nan).red, probability_color(nan).blue);
  const std::vector<double> none = {0, 0}, unknown = {nan, 1}, one = {0, 2, 0}, same = {0, 1, 0};
  EXPECT_EQ(probability_color(none), probability_color(nan));
  EXPECT_EQ(probability_color(unknown), probability_color(nan));
  EXPECT_EQ(probability_color(one), probability_color(same));
  EXPECT_EQ(hex(okabe_ito::blue), "#0072b2");
}

}  // namespace
}  // namespace gradus
