// SPDX-License-Identifier: MIT
#include "gradus/optim/minimize.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/autodiff/dual.hpp"

namespace gradus {
namespace {

using D = Dual<double>;
using Function = D (*)(std::span<const D>);

/// Value and gradient of a function written once, on dual numbers.
double evaluate(Function f, std::span<const double> theta, std::span<double> gradient) {
  std::vector<D> x(theta.begin(), theta.end());
  double value = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    x[k].derivative = 1;
    const D y = f(x);
    value = y.value;
    gradient[k] = y.derivative;
    x[k].derivative = 0;
  }
  return value;
}

struct Case {
  const char* name;
  Function f;
  std::vector<double> start;
  std::vector<double> minimum;
};

D rosenbrock(std::span<const D> x) {
  D sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const D a = x[i + 1] - x[i] * x[i];
    const D b = 1 - x[i];
    sum += 100 * a * a + b * b;
  }
  return sum;
}
D beale(std::span<const D> x) {
  const D a = 1.5 - x[0] + x[0] * x[1];
  const D b = 2.25 - x[0] + x[0] * x[1] * x[1];
  const D c = 2.625 - x[0] + x[0] * x[1] * x[1] * x[1];
  return a * a + b * b + c * c;
}
D booth(std::span<const D> x) {
  const D a = x[0] + 2 * x[1] - 7;
  const D b = 2 * x[0] + x[1] - 5;
  return a * a + b * b;
}
/// More, Garbow and Hillstrom (1981), problem 7.
D helical_valley(std::span<const D> x) {
  const double turn = std::atan2(x[1].value, x[0].value) / (2 * M_PI);
  const D r = sqrt(x[0] * x[0] + x[1] * x[1]);
  const double rr = x[0].value * x[0].value + x[1].value * x[1].value;
  const D angle{turn, (x[0].value * x[1].derivative - x[1].value * x[0].derivative) / (2 * M_PI * rr)};
  const D a = 10 * (x[2] - 10 * angle);
  const D b = 10 * (r - 1);
  return a * a + b * b + x[2] * x[2];
}
D wood(std::span<const D> x) {
  const D a = x[1] - x[0] * x[0];
  const D b = 1 - x[0];
  const D c = x[3] - x[2] * x[2];
  const D d = 1 - x[2];
  const D e = x[1] + x[3] - 2;
  const D f = x[1] - x[3];
  return 100 * a * a + b * b + 90 * c * c + d * d + 10 * e * e + 0.1 * f * f;
}
/// An uneven bowl: condition number 10^4.
D bowl(std::span<const D> x) {
  D sum = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double a = std::pow(10, 4 * static_cast<double>(k) / static_cast<double>(x.size() - 1));
    sum += a * (x[k] - 1) * (x[k] - 1);
  }
  return sum;
}

const std::vector<Case> kCases{
    {"Rosenbrock", rosenbrock, {-1.2, 1}, {1, 1}},
    {"Rosenbrock of 8", rosenbrock, {-1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1}, std::vector<double>(8, 1)},
    {"Beale", beale, {1, 1}, {3, 0.5}},
    {"Booth", booth, {-5, 8}, {1, 3}},
    {"helical valley", helical_valley, {-1, 0, 0}, {1, 0, 0}},
    {"Wood", wood, {-3, -1, -3, -1}, {1, 1, 1, 1}},
    {"bowl", bowl, {0, 3, -2, 5, 1, -1, 2}, std::vector<double>(7, 1)},
};
const std::vector<DescentMethod> kMethods{Lbfgs{}, Lbfgs{.memory = 1}, Lbfgs{.memory = 3}, ConjugateGradient{}};

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double most = 0;
  for (std::size_t k = 0; k < a.size(); ++k) most = std::max(most, std::abs(a[k] - b[k]));
  return most;
}

TEST(Minimize, FindsTheKnownMinimaOfTestFunctions) {
  for (const Case& test : kCases)
    for (const DescentMethod& method : kMethods) {
      SCOPED_TRACE(test.name);
      std::vector<double> theta = test.start;
      const MinimizeResult result =
          minimize(method, [&](auto at, auto gradient) { return evaluate(test.f, at, gradient); }, theta,
                   {.iterations = 3000, .gradient_tolerance = 1e-9});
      EXPECT_EQ(result.stop, MinimizeStop::converged);
      // The gradient over the smallest curvature: above 0.1 in all of these.
      EXPECT_LT(distance(theta, test.minimum), 1e-8);
      EXPECT_LE(result.gradient_norm, 1e-9);
      EXPECT_LT(result.evaluations, 3 * result.iterations + 40);
    }
}

TEST(Minimize, LbfgsNeedsFewIterationsOnRosenbrock) {
  std::vector<double> theta{-1.2, 1};
  const MinimizeResult result = minimize(
      Lbfgs{}, [](auto at, auto gradient) { return evaluate(rosenbrock, at, gradient); }, theta);
  EXPECT_LT(result.iterations, 50);  // SciPy 1.10 takes 36 from there
}

TEST(Minimize, ConjugateGradientsEndOnAQuadraticAfterAsManyStepsAsItHasNumbers) {
  // With an exact search; the search here stops within a tenth of the slope, hence the factor.
  std::vector<double> theta{0, 3, -2};
  const auto f = [](std::span<const double> x, std::span<double> g) {
    double value = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double a = static_cast<double>(k + 1);
      g[k] = a * (x[k] - 1);
      value += a * (x[k] - 1) * (x[k] - 1) / 2;
    }
    return value;
  };
  EXPECT_LE(minimize(ConjugateGradient{}, f, theta).iterations, 4 * 3);
}

TEST(Minimize, SeesThatAGradientIsWrong) {
  // A sign slip: no step along minus the "gradient" leads down.
  std::vector<double> theta{2};
  const auto wrong = [](std::span<const double> x, std::span<double> g) {
    g[0] = -2 * x[0];
    return x[0] * x[0];
  };
  for (const DescentMethod& method : kMethods) EXPECT_EQ(minimize(method, wrong, theta).stop, MinimizeStop::stalled);
  EXPECT_EQ(theta[0], 2);
}

TEST(Minimize, StopsWhereTheFunctionIsNotFiniteAndWalksAroundWhereItCan) {
  std::vector<double> theta{1};
  const auto nowhere = [](std::span<const double>, std::span<double> g) { return g[0] = std::nan(""); };
  EXPECT_EQ(minimize(Lbfgs{}, nowhere, theta).stop, MinimizeStop::diverged);
  // x - log x is infinite below 0; its minimum is at 1.
  const auto barrier = [](std::span<const double> x, std::span<double> g) {
    g[0] = 1 - 1 / x[0];
    return x[0] - std::log(x[0]);
  };
  for (const DescentMethod& method : kMethods) {
    theta = {30};
    EXPECT_EQ(minimize(method, barrier, theta).stop, MinimizeStop::converged);
    EXPECT_NEAR(theta[0], 1, 1e-7);
  }
}

TEST(Minimize, RefusesNumbersOutOfRange) {
  std::vector<double> theta{1};
  const auto f = [](std::span<const double>, std::span<double> g) { return g[0] = 0; };
  EXPECT_THROW(minimize(Lbfgs{.memory = 0}, f, theta), ValueError);
  EXPECT_THROW(minimize(Lbfgs{.c1 = 0.9, .c2 = 0.1}, f, theta), ValueError);
  EXPECT_THROW(minimize(ConjugateGradient{.c2 = 1}, f, theta), ValueError);
  EXPECT_THROW(minimize(Lbfgs{}, f, theta, {.iterations = -1}), ValueError);
  EXPECT_THROW(minimize<double>(LevenbergMarquardt{.damping = 0}, {}, theta), ValueError);
}

TEST(Minimize, WorksInFloat) {
  std::vector<float> theta{-1.2f, 1};
  const Objective<float> f = [](std::span<const float> x, std::span<float> g) {
    const float a = x[1] - x[0] * x[0];
    const float b = 1 - x[0];
    g[0] = -400 * a * x[0] - 2 * b;
    g[1] = 200 * a;
    return 100 * a * a + b * b;
  };
  minimize<float>(Lbfgs{}, f, theta, {.gradient_tolerance = 1e-3});
  EXPECT_NEAR(theta[0], 1, 2e-3);
}

TEST(LineSearch, MeetsTheStrongWolfeConditions) {
  // The three functions of More and Thuente (1994), section 5, from very short and very long first steps.
  const auto first = [](double a) {
    const double b = 2;
    return LinePoint<double>{a, -a / (a * a + b), (a * a - b) / ((a * a + b) * (a * a + b))};
  };
  const auto second = [](double a) {
    const double b = 0.004;
    return LinePoint<double>{a, std::pow(a + b, 5) - 2 * std::pow(a + b, 4),
                             5 * std::pow(a + b, 4) - 8 * std::pow(a + b, 3)};
  };
  const auto steep = [](double a) { return LinePoint<double>{a, std::exp(3 * a) - 10 * a, 3 * std::exp(3 * a) - 10}; };
  const std::vector<std::function<LinePoint<double>(double)>> functions{first, second, steep};
  for (std::size_t f = 0; f < functions.size(); ++f)
    for (const double step : {1e-3, 0.1, 1.0, 10.0, 1e3})
      for (const auto& [c1, c2] : {std::pair{1e-3, 0.1}, {0.1, 0.11}, {1e-4, 0.9}}) {
        const LinePoint<double> start = functions[f](0);
        const auto result = line_search<double>(functions[f], start, step, {.c1 = c1, .c2 = c2, .evaluations = 60});
        SCOPED_TRACE(f);
        ASSERT_TRUE(result.found);
        EXPECT_LE(result.point.value, start.value + c1 * result.point.step * start.slope + 1e-14);
        EXPECT_LE(std::abs(result.point.slope), c2 * std::abs(start.slope));
      }
}

TEST(LineSearch, WhereItsEvaluationsRunOutLeavesItsFunctionAtTheStepThatItGives) {
  // Lowest at 0.401: a first step of 1 is too long, and of those that are tried then some are higher than one before.
  double asked = -1;
  const std::function<LinePoint<double>(double)> steep = [&](double a) {
    asked = a;
    return LinePoint<double>{a, std::exp(3 * a) - 10 * a, 3 * std::exp(3 * a) - 10};
  };
  int found = 0;
  for (Index evaluations = 1; evaluations <= 12; ++evaluations) {
    const auto result = line_search<double>(steep, steep(0), 1.0, {.c2 = 1e-15, .evaluations = evaluations});
    if (!result.found) continue;
    ++found;
    EXPECT_LT(result.point.step, 1);
    EXPECT_EQ(asked, result.point.step) << evaluations;
  }
  EXPECT_GE(found, 6);
}

}  // namespace
}  // namespace gradus
