// SPDX-License-Identifier: MIT
#include "gradus/optim/levenberg_marquardt.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "gradus/autodiff/dual.hpp"
#include "gradus/optim/minimize.hpp"
#include "tests/paths.hpp"

/// NIST's Statistical Reference Datasets for nonlinear regression (www.itl.nist.gov/div898/strd): data, starts and
/// certified values in tests/fixtures/nist/cases.json. The certified digits were confirmed by Gauss-Newton steps in 40
/// digits from the data as it stands there.
namespace gradus {
namespace {

using D = Dual<double>;
using B = std::span<const D>;
using Model = D (*)(B, double);

const std::map<std::string, Model> kModels{
    {"Misra1a", [](B b, double x) { return b[0] * (1 - exp(-b[1] * x)); }},
    {"Misra1b", [](B b, double x) { return b[0] * (1 - 1 / ((1 + b[1] * x / 2) * (1 + b[1] * x / 2))); }},
    {"Misra1c", [](B b, double x) { return b[0] * (1 - 1 / sqrt(1 + 2 * b[1] * x)); }},
    {"Misra1d", [](B b, double x) { return b[0] * b[1] * x / (1 + b[1] * x); }},
    {"DanWood", [](B b, double x) { return b[0] * exp(b[1] * std::log(x)); }},
    {"BoxBOD", [](B b, double x) { return b[0] * (1 - exp(-b[1] * x)); }},
    {"Eckerle4",
     [](B b, double x) {
       const D u = (x - b[2]) / b[1];
       return b[0] / b[1] * exp(-0.5 * u * u);
     }},
    {"MGH17", [](B b, double x) { return b[0] + b[1] * exp(-x * b[3]) + b[2] * exp(-x * b[4]); }},
    {"MGH09", [](B b, double x) { return b[0] * (x * x + x * b[1]) / (x * x + x * b[2] + b[3]); }},
    {"Thurber",
     [](B b, double x) {
       return (b[0] + b[1] * x + b[2] * x * x + b[3] * x * x * x) / (1 + b[4] * x + b[5] * x * x + b[6] * x * x * x);
     }},
    {"Rat43", [](B b, double x) { return b[0] / exp(log(1 + exp(b[1] - b[2] * x)) / b[3]); }},
    {"Rat42", [](B b, double x) { return b[0] / (1 + exp(b[1] - b[2] * x)); }},
    {"Lanczos3", [](B b, double x) { return b[0] * exp(-b[1] * x) + b[2] * exp(-b[3] * x) + b[4] * exp(-b[5] * x); }},
    {"Chwirut2", [](B b, double x) { return exp(-b[0] * x) / (b[1] + b[2] * x); }},
};

/// Residuals model - y, their Jacobian by dual numbers; `slip` is multiplied to its first column.
Residuals<double> residuals_of(Model model, const std::vector<double>& x, const std::vector<double>& y,
                               double slip = 1) {
  return [=](std::span<const double> theta, std::vector<double>& r, Matrix<double>* jacobian) {
    std::vector<D> b(theta.begin(), theta.end());
    r.resize(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) r[i] = model(b, x[i]).value - y[i];
    if (!jacobian) return;
    jacobian->resize(static_cast<Index>(x.size()), static_cast<Index>(b.size()));
    for (std::size_t j = 0; j < b.size(); ++j) {
      b[j].derivative = j == 0 ? slip : 1;
      for (std::size_t i = 0; i < x.size(); ++i)
        (*jacobian)(static_cast<Index>(i), static_cast<Index>(j)) = model(b, x[i]).derivative;
      b[j].derivative = 0;
    }
  };
}

nlohmann::json cases() {
  std::ifstream file(GRADUS_FIXTURES "/nist/cases.json");
  return nlohmann::json::parse(file);
}

double digits(double ours, double certified) {
  return -std::log10(std::abs(ours - certified) / std::abs(certified) + 1e-16);
}

TEST(LevenbergMarquardt, ReachesTheCertifiedValuesOfNistFromBothStarts) {
  const nlohmann::json all = cases();
  ASSERT_EQ(all.size(), kModels.size());
  for (const auto& [name, test] : all.items())
    for (std::size_t start = 0; start < 2; ++start) {
      // From there the first step lands where exp(-b2 x) is 0 for all x, and nothing depends on b2 any more.
      if (name == "BoxBOD" && start == 0) continue;
      SCOPED_TRACE(name + " from start " + std::to_string(start + 1));
      std::vector<double> theta = test.at("starts").at(start);
      const MinimizeResult result =
          minimize(LevenbergMarquardt{}, residuals_of(kModels.at(name), test.at("x"), test.at("y")), theta,
                   {.iterations = 2000, .gradient_tolerance = 1e-14, .change_tolerance = 1e-14});
      const std::vector<double> certified = test.at("certified");
      EXPECT_NE(result.stop, MinimizeStop::iterations);
      EXPECT_GT(digits(result.value, test.at("sum_of_squares")), 9.5);
      // A sum of squares is flat to half of the 16 digits around its minimum: no step that lowers it finds more of
      // theta. Lanczos3 loses another to its condition number.
      for (std::size_t j = 0; j < theta.size(); ++j)
        EXPECT_GT(digits(theta[j], certified[j]), name == "Lanczos3" ? 6 : 7) << "b" << j + 1 << " = " << theta[j];
    }
}

TEST(LevenbergMarquardt, ASlipInTheJacobianShows) {
  const nlohmann::json test = cases().at("Rat43");
  std::vector<double> theta = test.at("starts").at(1);
  minimize(LevenbergMarquardt{}, residuals_of(kModels.at("Rat43"), test.at("x"), test.at("y"), -1), theta,
           {.iterations = 200});
  EXPECT_LT(digits(theta[0], test.at("certified").at(0)), 8);
}

/// r = A b - y with A (5 x 2): one column of ones, one of 0..4; the line through (i, i^2) is 4 i - 2.
const Residuals<double> kLine = [](std::span<const double> b, std::vector<double>& r, Matrix<double>* jacobian) {
  r.resize(5);
  if (jacobian) jacobian->resize(5, 2);
  for (Index i = 0; i < 5; ++i) {
    const double x = static_cast<double>(i);
    r[static_cast<std::size_t>(i)] = b[0] + b[1] * x - x * x;
    if (jacobian) (*jacobian)(i, 0) = 1, (*jacobian)(i, 1) = x;
  }
};

TEST(LevenbergMarquardt, StandsWithTheSumOfSquaresAndItsGradient) {
  std::vector<double> theta{7, -3};
  Standing<double> at;
  at.theta = theta;
  LeastSquares<double>({}).start(kLine, at);
  EXPECT_EQ(at.value, 7 * 7 + 3 * 3 + 3 * 3 + 11 * 11 + 21 * 21);
  EXPECT_EQ(at.gradient, (std::vector<double>{2 * (7 + 3 - 3 - 11 - 21), 2 * (3 - 2 * 3 - 3 * 11 - 4 * 21)}));
}

TEST(LevenbergMarquardt, SolvesALinearProblemAsTheNormalEquationsDo) {
  std::vector<double> b{7, -3};
  EXPECT_EQ(minimize(LevenbergMarquardt{}, kLine, b).stop, MinimizeStop::converged);
  EXPECT_NEAR(b[0], -2, 1e-7);
  EXPECT_NEAR(b[1], 4, 1e-7);
}

TEST(LevenbergMarquardt, TakesTheSameStepsInOtherUnitsToTheLastBit) {
  const nlohmann::json test = cases().at("Rat43");
  const std::vector<double> start = test.at("starts").at(1);
  const std::vector<double> unit{1024, 0.125, 1, 0x1p-20};  // powers of 2, by which nothing is rounded
  const Residuals<double> residuals = residuals_of(kModels.at("Rat43"), test.at("x"), test.at("y"));
  const Residuals<double> in_units = [&](std::span<const double> b, std::vector<double>& r, Matrix<double>* jacobian) {
    std::vector<double> theta(b.begin(), b.end());
    for (std::size_t j = 0; j < theta.size(); ++j) theta[j] *= unit[j];
    residuals(theta, r, jacobian);
    if (!jacobian) return;
    for (Index i = 0; i < jacobian->rows(); ++i)
      for (Index j = 0; j < jacobian->cols(); ++j) (*jacobian)(i, j) *= unit[static_cast<std::size_t>(j)];
  };
  for (const Index iterations : {1, 2, 5, 12}) {
    std::vector<double> theta = start, scaled = start;
    for (std::size_t j = 0; j < scaled.size(); ++j) scaled[j] /= unit[j];
    const MinimizeOptions options{.iterations = iterations, .gradient_tolerance = 0, .change_tolerance = 0};
    minimize(LevenbergMarquardt{}, residuals, theta, options);
    minimize(LevenbergMarquardt{}, in_units, scaled, options);
    for (std::size_t j = 0; j < scaled.size(); ++j) EXPECT_EQ(scaled[j] * unit[j], theta[j]) << iterations;
  }
}

TEST(LevenbergMarquardt, CopesWithFewerResidualsThanParametersAndWithAColumnOfZeros) {
  const Residuals<double> product = [](std::span<const double> b, std::vector<double>& r, Matrix<double>* jacobian) {
    r = {b[0] * b[1] - 6};
    if (jacobian) *jacobian = Matrix<double>{{b[1], b[0], 0}};
  };
  std::vector<double> b{1, 1, 5};
  const MinimizeResult result = minimize(LevenbergMarquardt{}, product, b);
  EXPECT_NEAR(b[0] * b[1], 6, 1e-10);
  EXPECT_EQ(b[2], 5);
  EXPECT_LT(result.value, 1e-20);
}

TEST(LevenbergMarquardt, StopsWhereItStandsIfResidualsAreNotFinite) {
  const Residuals<double> bad = [](std::span<const double>, std::vector<double>& r, Matrix<double>* jacobian) {
    r = {std::nan("")};
    if (jacobian) *jacobian = Matrix<double>(1, 1, 1.0);
  };
  std::vector<double> b{1};
  EXPECT_EQ(minimize(LevenbergMarquardt{}, bad, b).stop, MinimizeStop::diverged);
  EXPECT_EQ(b[0], 1);
}

}  // namespace
}  // namespace gradus
