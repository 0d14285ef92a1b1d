// SPDX-License-Identifier: MIT
#include "gradus/autodiff/double_double.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gradus/autodiff/tape.hpp"
#include "gradus/autodiff/tracked.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

/// |a - b| / |b|
double apart(DoubleDouble a, DoubleDouble b) {
  const double size = std::abs(b.hi());
  return size == 0 ? std::abs(a.hi()) : std::abs((a - b).hi()) / size;
}

TEST(DoubleDouble, HoldsWhatADoubleLoses) {
  const DoubleDouble third = DoubleDouble(1) / 3.0;
  EXPECT_LE(std::abs((third * 3.0 - 1.0).hi()), 1e-31);
  EXPECT_EQ(((DoubleDouble(1) + 1e-25) - 1.0).hi(), 1e-25);
  EXPECT_EQ((DoubleDouble(0.1) * 10.0 - 1.0).hi(), 5.5511151231257827e-17);  // what 0.1 is too large by, ten times
  EXPECT_LE(apart(sqrt(DoubleDouble(2)) * sqrt(DoubleDouble(2)), 2), 1e-31);
}

TEST(DoubleDouble, MeetsConstantsOfThirtyDigits) {
  // The 16 digits that a double has of each, and the next 16.
  const struct {
    DoubleDouble value;
    double hi, lo;
  } known[] = {{exp(DoubleDouble(1)), 2.718281828459045091e+00, 1.445646891729250158e-16},
               {log(DoubleDouble(2)), 6.931471805599452862e-01, 2.319046813846299558e-17},
               {log(DoubleDouble(10)), 2.302585092994045901e+00, -2.170756223382249351e-16},
               {sqrt(DoubleDouble(2)), 1.414213562373095145e+00, -9.667293313452913451e-17}};
  for (const auto& k : known) {
    EXPECT_EQ(k.value.hi(), k.hi);
    EXPECT_NEAR(k.value.lo(), k.lo, 1e-31 * std::abs(k.hi));
  }
}

TEST(DoubleDouble, KeepsTheIdentitiesOfItsFunctions) {
  RandomState random(3);
  for (int time = 0; time < 500; ++time) {
    const DoubleDouble x(random.uniform(-12, 12), random.uniform(-1, 1) * 1e-17);
    const double near = 1e-29;  // a few bits are lost to the reduction of arguments
    EXPECT_LE(apart(log(exp(x)), x), near) << x.hi();
    EXPECT_LE(apart(exp(x) * exp(-x), 1), near);
    EXPECT_LE(apart(expm1(x) + 1.0, exp(x)), near * (1 + exp(-x.hi())));  // next to -1 the 1 cancels
    EXPECT_LE(apart(expm1(log1p(abs(x))), abs(x)), near);
    EXPECT_LE(apart(tanh(x), (exp(x) - exp(-x)) / (exp(x) + exp(-x))), near) << x.hi();
    EXPECT_LE(apart(sin(x) * sin(x) + cos(x) * cos(x), 1), near);
    EXPECT_LE(apart(sin(x + x), DoubleDouble(2) * sin(x) * cos(x)), 1e-27) << x.hi();
    EXPECT_LE(apart(erf(x) + erfc(x), 1), near);
    EXPECT_LE(apart(pow(x, 3), x * x * x), near);
    EXPECT_LE(apart(pow(abs(x), 0.5), sqrt(abs(x))), near);
  }
}

TEST(DoubleDouble, AgreesWithTheCLibraryToADoublesLastBits) {
  RandomState random(4);
  for (int time = 0; time < 500; ++time) {
    const double x = random.uniform(-5, 5);
    const double near = 4 * std::numeric_limits<double>::epsilon();
    EXPECT_LE(std::abs(erf(DoubleDouble(x)).hi() - std::erf(x)), near * std::abs(std::erf(x))) << x;
    EXPECT_LE(std::abs(erfc(DoubleDouble(x)).hi() - std::erfc(x)), near * std::abs(std::erfc(x))) << x;
    EXPECT_LE(std::abs(sin(DoubleDouble(x)).hi() - std::sin(x)), near) << x;
  }
}

TEST(DoubleDouble, TreatsWhatIsNotFiniteAsADoubleDoes) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(exp(DoubleDouble(1000)).hi(), inf);
  EXPECT_EQ(exp(DoubleDouble(-1000)).hi(), 0);
  EXPECT_EQ((DoubleDouble(inf) + 1.0).hi(), inf);
  EXPECT_TRUE(std::isnan((DoubleDouble(inf) - inf).hi()));
  EXPECT_EQ(log(DoubleDouble(0)).hi(), -inf);
  EXPECT_TRUE(std::isnan(log(DoubleDouble(-1)).hi()));
  EXPECT_TRUE(std::isnan(sqrt(DoubleDouble(-1)).hi()));
  EXPECT_EQ((DoubleDouble(1) / 0.0).hi(), inf);
  EXPECT_EQ(tanh(DoubleDouble(1e300)).hi(), 1);
}

TEST(Tracked, IsTheFloatToItsLastBitAndKnowsItsError) {
  // A logistic map, in which rounding grows: the error that is tracked is the float's distance from the exact orbit.
  Tracked<float> x = 0.3f;
  float plain = 0.3f;
  DoubleDouble exact(static_cast<double>(0.3f));
  for (int step = 0; step < 12; ++step) {
    x = Tracked<float>(3.7f) * x * (Tracked<float>(1) - x);
    plain = 3.7f * plain * (1 - plain);
    exact = DoubleDouble(static_cast<double>(3.7f)) * exact * (DoubleDouble(1) - exact);
  }
  EXPECT_EQ(x.value(), plain);
  EXPECT_EQ(x.exact(), exact);
  EXPECT_EQ(x.error(), (DoubleDouble(static_cast<double>(plain)) - exact).hi());
  EXPECT_GT(std::abs(x.error()), 1e-9);
}

TEST(Tracked, TakesTheBranchesOfTheFloat) {
  const Tracked<float> sum = Tracked<float>(0.1f) + Tracked<float>(0.2f);  // rounded to the same float as 0.3
  EXPECT_TRUE(sum == Tracked<float>(0.1f + 0.2f));
  EXPECT_NE(sum.error(), 0);
}

TEST(TrackedTape, HasThePlainTapesDerivativeAndTheExactOne) {
  Tape plain;
  BasicTape<Tracked<double>> tracked;
  const auto f = [](const auto& x) {
    auto y = x;
    for (int k = 0; k < 30; ++k) y = tanh(y * 2.0) + exp(-y) / (1.0 + x * x);
    return log(y + 3.0) * sqrt(y * y + 1.0);
  };
  const Var x = plain.variable(0.7);
  plain.differentiate(f(x));
  const auto z = tracked.variable(0.7);
  tracked.differentiate(f(z));
  const Tracked<double> derivative = tracked.derivative(z);
  EXPECT_EQ(derivative.value(), plain.derivative(x));
  EXPECT_LE(std::abs(derivative.error()), 1e-12 * std::abs(derivative.value()));
}

}  // namespace
}  // namespace gradus
