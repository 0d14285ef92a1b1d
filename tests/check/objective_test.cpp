// SPDX-License-Identifier: MIT
#include "gradus/check/objective.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "gradus/check/ridders.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

/// A quadratic with penalties on all numbers but the last, a bias.
double penalised(std::span<const double> theta) {
  double value = 0;
  for (std::size_t k = 0; k < theta.size(); ++k) value += std::pow(theta[k] - static_cast<double>(k), 2);
  for (std::size_t k = 0; k + 1 < theta.size(); ++k) value += 0.1 * std::abs(theta[k]) + 0.05 * theta[k] * theta[k];
  return value;
}
double penalised_gradient(std::span<const double> theta, std::span<double> g, bool on_bias) {
  for (std::size_t k = 0; k < theta.size(); ++k) {
    g[k] = 2 * (theta[k] - static_cast<double>(k));
    if (on_bias || k + 1 < theta.size()) g[k] += std::copysign(0.1, theta[k]) + 0.1 * theta[k];
  }
  return penalised(theta);
}

TEST(ScalarFunction, ProvesALossWithPenaltiesAndFindsThePenaltyOnABias) {
  for (const Index n : {1, 2, 3, 7, 20}) {
    RandomState random(static_cast<std::uint32_t>(n));
    const std::vector<double> theta = random.standard_normal(n);
    const auto good = [](auto t, auto g) { return penalised_gradient(t, g, false); };
    const auto bad = [](auto t, auto g) { return penalised_gradient(t, g, true); };
    EXPECT_TRUE(check_objective(penalised, good, theta).passed()) << n;
    const ObjectiveCheck caught = check_objective(penalised, bad, theta);
    EXPECT_EQ(caught.verdict, GradientVerdict::wrong) << n;
    EXPECT_EQ(caught.worst, theta.size() - 1);
  }
}

TEST(ScalarFunction, FindsAGradientThatIsNotWrittenWhole) {
  const std::vector<double> theta{1, 2};
  const auto half = [](std::span<const double> t, std::span<double> g) {
    g[0] = 2 * t[0];
    return t[0] * t[0];
  };
  const auto value = [](std::span<const double> t) { return t[0] * t[0]; };
  EXPECT_FALSE(check_objective(value, half, theta).passed());
}

TEST(ScalarFunction, ReportsZeroThroughoutAsUnproven) {
  const std::vector<double> theta{1, 2};
  const auto value = [](std::span<const double>) { return 1.0; };
  const auto gradient = [](std::span<const double>, std::span<double> g) {
    std::fill(g.begin(), g.end(), 0.0);
    return 1.0;
  };
  EXPECT_EQ(check_objective(value, gradient, theta).verdict, GradientVerdict::unproven);
}

/// A function, its gradient as it is or should be, and where.
struct Example {
  const char* what;
  ScalarFunction value;
  std::function<std::vector<double>(std::span<const double>)> gradient;
  std::vector<double> at;
};
ObjectiveCheck checked(const Example& example, Index rows = 1) {
  const auto both = [&](std::span<const double> t, std::span<double> g) {
    const std::vector<double> numbers = example.gradient(t);
    std::copy(numbers.begin(), numbers.end(), g.begin());
    return example.value(t);
  };
  return check_objective(example.value, both, example.at, rows);
}
/// The sum of f over the numbers, whose derivative is d of each.
template <class F, class D>
Example sum_of(const char* what, F f, D d, std::vector<double> at) {
  return {what,
          [f](std::span<const double> t) {
            double sum = 0;
            for (const double v : t) sum += f(v);
            return sum;
          },
          [d](std::span<const double> t) {
            std::vector<double> g;
            for (const double v : t) g.push_back(d(v));
            return g;
          },
          std::move(at)};
}
double sign_of(double v) { return static_cast<double>((v > 0) - (v < 0)); }
double largest(std::span<const double> t) { return *std::max_element(t.begin(), t.end()); }
std::vector<double> of_the_largest(std::span<const double> t) {
  std::vector<double> g(t.size());
  g[static_cast<std::size_t>(std::max_element(t.begin(), t.end()) - t.begin())] = 1;
  return g;
}

std::vector<Example> odd_but_right() {
  const auto inverse = [](double v) { return 1 / v; };
  return {
      sum_of("far from 0 and near it", [](double v) { return std::log(v); }, inverse, {1e10, 1e-10, 1e-3, 1}),
      sum_of(
          "a square root near its end", [](double v) { return std::sqrt(v); },
          [](double v) { return 0.5 / std::sqrt(v); }, {1e-8, 1e-12, 1}),
      sum_of("poles near", inverse, [](double v) { return -1 / (v * v); }, {1e-6, 1e-4, 2}),
      sum_of("next to a kink", [](double v) { return std::abs(v); }, sign_of, {1e-5, -1e-7, 5}),
      sum_of("on a kink", [](double v) { return std::abs(v); }, sign_of, {0, -1, 5}),
      sum_of(
          "on one side of a kink", [](double v) { return std::max(v, 0.0); },
          [](double v) { return v > 0 ? 1.0 : 0.0; }, {0, -1, 2}),
      {"a tie", largest, of_the_largest, {1, 1, 0}},
      {"nearly a tie", largest, of_the_largest, {1, 1 + 1e-9, 0}},
      sum_of(
          "a value that overflows a step away", [](double v) { return std::exp(v); },
          [](double v) { return std::exp(v); }, {709, 1, 2}),
      sum_of(
          "below the range", [](double v) { return v * v; }, [](double v) { return 2 * v; }, {1e-160, 1e-170, 1e-158}),
      sum_of(
          "in floats", [](double v) { return double{std::sin(static_cast<float>(v))}; },
          [](double v) { return std::cos(v); }, {0.3, -1.7, 2.2, 0.9}),
      sum_of(
          "what has cancelled within", [](double v) { return (1e8 + std::sin(v)) - 1e8; },
          [](double v) { return std::cos(v); }, {0.3, -1.7, 2.2, 0.9}),
      sum_of(
          "a large value", [](double v) { return 1e8 + std::sin(v); }, [](double v) { return std::cos(v); },
          {0.3, -1.7, 2.2}),
      sum_of(
          "fast waves", [](double v) { return std::sin(1e4 * v); }, [](double v) { return 1e4 * std::cos(1e4 * v); },
          {0.3, -1.7, 2.2}),
      sum_of(
          "steps", [](double v) { return std::floor(v); }, [](double) { return 0.0; }, {0.5, 1.5, 2.5}),
      sum_of(
          "a minimum", [](double v) { return v * v; }, [](double v) { return 2 * v; }, {0, 0, 0}),
      sum_of(
          "next to a minimum", [](double v) { return v * v; }, [](double v) { return 2 * v; }, {1e-9, -1e-9, 1e-9}),
      sum_of(
          "tiny", [](double v) { return 1e-300 * std::sin(v); }, [](double v) { return 1e-300 * std::cos(v); },
          {0.3, -1.7, 2.2}),
      sum_of(
          "huge", [](double v) { return 1e200 * v; }, [](double) { return 1e200; }, {0.3, -1.7, 2.2}),
      {"a norm near its kink",
       [](std::span<const double> t) { return std::hypot(t[0], t[1], t[2]); },
       [](std::span<const double> t) {
         const double norm = std::hypot(t[0], t[1], t[2]);
         return std::vector<double>{t[0] / norm, t[1] / norm, t[2] / norm};
       },
       {1e-8, -2e-8, 3e-9}},
      {"a product with a 0",
       [](std::span<const double> t) { return t[0] * t[1] * t[2]; },
       [](std::span<const double> t) {
         return std::vector<double>{t[1] * t[2], t[0] * t[2], t[0] * t[1]};
       },
       {0, 2, 3}}};
}

TEST(ScalarFunction, ThatIsOddIsNeverCalledWrong) {
  for (const Example& example : odd_but_right()) {
    const ObjectiveCheck check = checked(example);
    EXPECT_NE(check.overall(), GradientVerdict::wrong) << example.what << "\n" << check.report();
  }
}

TEST(ScalarFunction, ThatIsOddHasItsWrongGradientSeenAllTheSame) {
  int seen = 0;
  for (Example example : odd_but_right()) {
    const std::string what = example.what;
    if (what == "steps" || what == "below the range" || what == "a tie" || what == "a minimum") continue;
    if (what == "a value that overflows a step away") continue;  // differences leave the range, too
    const auto right = example.gradient;
    example.gradient = [right](std::span<const double> t) {
      std::vector<double> g = right(t);
      for (double& d : g) d *= 1.3;
      return g;
    };
    const ObjectiveCheck check = checked(example);
    EXPECT_EQ(check.overall(), GradientVerdict::wrong) << example.what << "\n" << check.report();
    ++seen;
  }
  EXPECT_GT(seen, 15);
}

TEST(ScalarFunction, OnAKinkTakesEverySlopeBetweenThoseOfItsSidesAndNoOther) {
  for (const double slope : {-1.0, -0.3, 0.0, 1.0, -1.1, 1.1}) {
    const Example example = sum_of(
        "", [](double v) { return std::abs(v); }, [slope](double v) { return v == 0 ? slope : sign_of(v); },
        {0, -1, 5});
    const ObjectiveCheck check = checked(example);
    EXPECT_EQ(check.overall(), std::abs(slope) <= 1 ? GradientVerdict::right : GradientVerdict::wrong) << slope;
    // 0 is what central differences give, so that nothing calls for a closer look.
    EXPECT_EQ(check.kinks.size(), slope == 0 ? 0u : 1u) << slope;
  }
}

TEST(ScalarFunction, HasItsSlipNamed) {
  const std::vector<double> at{0.3, -1.7, 2.2, 0.9, -0.4, 1.3};
  using Numbers = std::vector<double>;
  const auto f = [](double v) { return std::sin(v); };
  const auto d = [](double v) { return std::cos(v); };
  struct Slip {
    const char* words;
    std::function<Numbers(Numbers right)> make;
  };
  const auto each = [](auto change) {
    return [change](Numbers g) {
      for (std::size_t k = 0; k < g.size(); ++k) g[k] = change(g[k], k);
      return g;
    };
  };
  const std::vector<Slip> slips{
      {"has the opposite sign", each([](double g, std::size_t) { return -g; })},
      {"is twice what it should be", each([](double g, std::size_t) { return 2 * g; })},
      {"is 1/6 times", each([](double g, std::size_t) { return g / 6; })},
      {"its number [2], which is lost", each([](double g, std::size_t k) { return k == 2 ? 0 : g; })},
      {"3 of its 6 numbers, which are lost", each([](double g, std::size_t k) { return k < 3 ? 0 : g; })},
      {"holds 0.2 times the signs of the parameters",
       each([&](double g, std::size_t k) { return g + 0.2 * sign_of(at[k]); })},
      {"holds 0.1 times the weights too much", each([&](double g, std::size_t k) { return g + 0.1 * at[k]; })},
      {"is 0.25 too much in every number", each([](double g, std::size_t) { return g + 0.25; })},
      {"is clipped", each([](double g, std::size_t) { return std::clamp(g, -0.3, 0.3); })},
      {"the signs, which are all lost", each([](double g, std::size_t) { return std::abs(g); })},
      {"the squares of", each([](double g, std::size_t) { return g * g; })},
      {"the signs of the gradient alone", each([](double g, std::size_t) { return sign_of(g); })},
      {"after a step, -0.1 times", each([&](double g, std::size_t k) { return at[k] - 0.1 * g; })},
      {"the parameters themselves", each([&](double, std::size_t k) { return at[k]; })},
      {"near in every number",
       each([](double g, std::size_t k) { return g * (1 + 1e-4 * std::cos(5.0 * static_cast<double>(k))); })},
      {"is not finite", each([](double g, std::size_t k) { return k == 1 ? std::nan("") : g; })},
      {"numbers [0] and [4] exchanged",
       [](Numbers g) {
         std::swap(g[0], g[4]);
         return g;
       }},
      {"columns shifted by one", [](Numbers g) {
         std::rotate(g.begin(), g.begin() + 1, g.end());
         return g;
       }}};
  for (const Slip& slip : slips) {
    Example example = sum_of("", f, d, at);
    const auto right = example.gradient;
    example.gradient = [&](std::span<const double> t) { return slip.make(right(t)); };
    const ObjectiveCheck check = checked(example);
    EXPECT_EQ(check.overall(), GradientVerdict::wrong) << slip.words;
    EXPECT_NE(check.sentence.find(slip.words), std::string::npos) << slip.words << "\n" << check.report();
  }
  // As a matrix, its rows and columns can be told.
  Example example = sum_of("", f, d, at);
  example.gradient = [&](std::span<const double> t) {
    Numbers turned(t.size());
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 3; ++j) turned[j * 2 + i] = d(t[i * 3 + j]);
    return turned;
  };
  EXPECT_NE(checked(example, 2).sentence.find("transposed"), std::string::npos) << checked(example, 2).report();
  EXPECT_THROW(checked(example, 4), ValueError);
}

TEST(Ridders, BoundsItsOwnError) {
  // exp, whose derivative is itself: six digits more than the best central difference has.
  for (const double w : {-3.0, 0.0, 0.5, 2.0}) {
    const Estimate estimate = ridders([](double x) { return std::exp(x); }, w, 0.0625, 0);
    EXPECT_LE(std::abs(estimate.value - std::exp(w)), 4 * estimate.error + 1e-12 * std::exp(w)) << w;
    EXPECT_LT(estimate.error, 1e-9 * std::exp(w));
  }
}

}  // namespace
}  // namespace gradus
