// SPDX-License-Identifier: MIT
#include "gradus/lab/figure/spread.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gradus/core/error.hpp"
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

TEST(SpreadFigure, ShowsMeanAndSampleDeviationInTheOrderOfNumbers) {
  const Figure figure = spread_figure({{"50", {0.9, 0.9}}, {"2", {0.5, nan, 0.7}}, {"10", {0.8}}});
  const Line line = layers_of<Line>(figure).at(0);
  EXPECT_EQ(line.x, (std::vector<double>{2, 10, 50}));
  EXPECT_DOUBLE_EQ(line.y[0], 0.6);
  const Band band = layers_of<Band>(figure).at(0);
  EXPECT_DOUBLE_EQ(band.high[0] - band.low[0], 2 * std::sqrt(0.02));
  EXPECT_EQ(band.high[1], band.low[1]);
  EXPECT_EQ(layers_of<Points>(figure).at(0).x.size(), 5u) << "a NaN is no point";
  EXPECT_TRUE(figure.panels[0].x.log) << "2 to 50";
  EXPECT_FALSE(spread_figure({{"1", {1}}, {"8", {1}}}).panels[0].x.log);
  EXPECT_FALSE(spread_figure({{"0", {1}}, {"100", {1}}}).panels[0].x.log);
}

TEST(SpreadFigure, GivesWordsPlacesInTheirOrder) {
  const Figure figure = spread_figure({{"tanh", {0.5, 0.7}}, {"relu", {0.8, 0.9}}, {"", {0.1, 0.2}}});
  EXPECT_TRUE(layers_of<Band>(figure).empty());
  EXPECT_EQ(layers_of<Line>(figure).size(), 3u) << "a bar each";
  EXPECT_EQ(figure.panels[0].x.ticks[1], (std::pair<double, std::string>(1, "relu")));
  EXPECT_EQ(why_not_well_formed(render_svg(figure)), "");
}

TEST(SpreadFigure, DrawsAnEvenChoiceOfManyRuns) {
  std::vector<double> results(1001);
  for (std::size_t k = 0; k < results.size(); ++k) results[k] = static_cast<double>((k * 387) % 1001) / 1000;
  const Points points = layers_of<Points>(spread_figure({{"1", results}, {"2", {0.5}}}, {.most_points = 11})).at(0);
  ASSERT_EQ(points.y.size(), 12u);
  for (std::size_t k = 0; k < 11; ++k) EXPECT_DOUBLE_EQ(points.y[k], static_cast<double>(k) / 10);
  EXPECT_THROW(spread_figure({}), ValueError);
}

TEST(SpreadFigure, LabelsOnlyWhereThereIsRoomAndNeedsSeveralRunsForAMean) {
  std::vector<SpreadGroup> groups;
  for (int k = 0; k < 60; ++k) groups.push_back({std::to_string(0.01 + 0.001 * k), {0.5}});
  const Figure crowded = spread_figure(groups);
  const auto& ticks = crowded.panels[0].x.ticks;
  EXPECT_GE(ticks.size(), 3u);
  for (std::size_t k = 1; k < ticks.size(); ++k)
    EXPECT_GT(ticks[k].first - ticks[k - 1].first, 0.06 * 8 * 0.015) << "eight letters on an axis of 0.06";
  EXPECT_TRUE(layers_of<Line>(crowded).empty());
  EXPECT_EQ(layers_of<Points>(crowded).size(), 1u);
  groups[7].results.push_back(0.7);
  EXPECT_EQ(layers_of<Points>(spread_figure(groups)).size(), 2u);
}

TEST(ParallelFigure, LeadsALineThroughEachConfiguration) {
  const Figure figure = parallel_figure({{"units", {"2", "4", "32"}}, {"function", {"tanh", "relu", "tanh"}}},
                                        {0.5, 0.9, nan}, "accuracy");
  const std::vector<Line> lines = layers_of<Line>(figure);
  ASSERT_EQ(lines.size(), 2u + 3u) << "configurations that have a result, and upright axes";
  // Bundles of lines are up to 0.0125 wide on either side, the uprights 0.96 long.
  EXPECT_NEAR(lines[0].y[0], 0.02, 0.0126);
  EXPECT_NEAR(lines[1].y[0], 0.02 + 0.96 / 4, 0.0126) << "by the logarithm";
  EXPECT_NEAR(lines[1].y.back(), 0.98, 1e-12) << "the best is painted last";
  EXPECT_GT(lines[1].width, lines[0].width);
  EXPECT_EQ(why_not_well_formed(render_svg(figure)), "");
  EXPECT_THROW(parallel_figure({{"a", {"1"}}}, {1, 2}, "accuracy"), ShapeError);
  EXPECT_THROW(parallel_figure({}, {}, "accuracy"), ValueError);
}

Predictor leaning(double slope) {
  return [slope](ConstMatrixView<double> x) {
    Matrix<double> p(x.rows(), 2);
    for (Index i = 0; i < x.rows(); ++i) {
      p(i, 1) = 1 / (1 + std::exp(-8 * (x(i, 0) + slope * x(i, 1))));
      p(i, 0) = 1 - p(i, 1);
    }
    return p;
  };
}

TEST(SeedCloud, ShowsEachBoundaryAndWhereTheyDisagree) {
  const Matrix<double> x{{-1, -1}, {1, 1}};
  const std::vector<int> classes{0, 1};
  SeedCloudOptions options;
  options.regions.grid = 21;
  const Figure figure = seed_cloud({leaning(0), leaning(0.5), leaning(-0.5)}, x, classes, options);
  ASSERT_EQ(figure.panels.size(), 2u);
  EXPECT_EQ(layers_of<Contour>(figure, 0).size(), 3u + 1u);
  EXPECT_EQ(layers_of<Contour>(figure, 1).size(), 1u);
  const Field spread = layers_of<Field>(figure, 1).at(0);
  EXPECT_EQ(spread.colors(10, 10), white) << "at the centre all agree on 1/2";
  EXPECT_NE(spread.colors(20, 10), white) << "above it they do not";
  EXPECT_EQ(why_not_well_formed(render_svg(figure)), "");
  options.most_lines = 1;
  EXPECT_EQ(layers_of<Contour>(seed_cloud({leaning(0), leaning(1)}, x, classes, options), 0).size(), 2u);
  EXPECT_THROW(seed_cloud({}, x, classes), ValueError);
}

}  // namespace
}  // namespace gradus
