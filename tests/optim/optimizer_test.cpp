// SPDX-License-Identifier: MIT
#include "gradus/optim/optimizer.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace gradus {
namespace {

/// Iterates on f(w) = a w^2 / 2 from w = 1, whose gradient is a w.
std::vector<double> iterates(const Sgd& method, double a, int steps) {
  Optimizer<double> optimizer(method, 1);
  std::vector<double> w{1};
  std::vector<double> all;
  for (int k = 0; k < steps; ++k) {
    const std::vector<double> gradient{a * w[0]};
    optimizer.step(w, gradient);
    all.push_back(w[0]);
  }
  return all;
}

TEST(Sgd, ShrinksAQuadraticByTheKnownFactor) {
  double expected = 1;
  for (const double w : iterates({.learning_rate = 0.1}, 3, 20)) {
    expected *= 1 - 0.1 * 3;
    EXPECT_NEAR(w, expected, 20 * 4.5e-16 * expected);  // at most two roundings more a step, over 20 steps
  }
}

TEST(Sgd, WithMomentumFollowsTheTwoTermRecurrence) {
  // w_{k+1} = (1 + mu - lr a) w_k - mu w_{k-1}
  const auto w = iterates({.learning_rate = 0.1, .momentum = 0.9}, 2, 20);
  double last = 1;
  double now = 1;
  for (const double value : w) {
    const double next = (1 + 0.9 - 0.1 * 2) * now - 0.9 * last;
    EXPECT_NEAR(value, next, 1e-14);  // 20 steps of a few roundings of numbers below 2
    last = now;
    now = next;
  }
}

TEST(Sgd, WithNesterovEqualsDescentAtTheLookAhead) {
  // With y = w + mu v kept in place of w: w' = y - lr a y, v' = w' - w. The method stores y.
  const auto stored = iterates({.learning_rate = 0.1, .momentum = 0.9, .nesterov = true}, 2, 20);
  double w = 1;
  double y = 1;
  for (const double value : stored) {
    const double next = y - 0.1 * 2 * y;
    y = next + 0.9 * (next - w);
    w = next;
    EXPECT_NEAR(value, y, 1e-14);
  }
}

TEST(Sgd, LooksAheadByItsMomentumOnly) {
  EXPECT_THROW((Sgd{.nesterov = true}.check()), ValueError);
  EXPECT_NO_THROW((Sgd{.momentum = 0.5, .nesterov = true}.check()));
  EXPECT_NO_THROW(Sgd{}.check());
}

TEST(Sgd, KeepsOneSlotOnlyWithMomentum) {
  EXPECT_TRUE(Optimizer<double>(Sgd{}, 5).state().slots.empty());
  const Optimizer<float> optimizer(Sgd{.learning_rate = 0.1, .momentum = 0.5}, 5);
  ASSERT_EQ(optimizer.state().slots.size(), 1u);
  EXPECT_EQ(optimizer.state().slots[0], std::vector<float>(5, 0.f));
}

/// Iterates on sum a_k w_k^2 / 2 from w = 1.
std::vector<double> descend(const OptimizerMethod& method, const std::vector<double>& a, int steps) {
  Optimizer<double> optimizer(method, static_cast<Index>(a.size()));
  std::vector<double> w(a.size(), 1), gradient(a.size());
  for (int step = 0; step < steps; ++step) {
    for (std::size_t k = 0; k < a.size(); ++k) gradient[k] = a[k] * w[k];
    optimizer.step(w, gradient);
  }
  return w;
}

template <class F>
void for_each_method(F f) {
  for (const std::string& name : variant_names<OptimizerMethod>()) {
    SCOPED_TRACE(name);
    f(parse_optimizer(name));
  }
}

OptimizerMethod with_rate(OptimizerMethod method, double rate) {
  std::visit([&](auto& m) { m.learning_rate = rate; }, method);
  return method;
}

TEST(Optimizer, EveryMethodComesDownABowlOfUnevenSteepness) {
  for_each_method([](const OptimizerMethod& method) {
    // Methods with a running mean of squares end in steps of the learning rate's size.
    for (const double w : descend(with_rate(method, 0.02), {1, 3, 10}, 2000)) EXPECT_LT(std::abs(w), 0.05);
  });
}

TEST(Optimizer, EveryMethodStaysWhereTheGradientIsZeroAndNeverLosesANaN) {
  for_each_method([](const OptimizerMethod& method) {
    if (std::holds_alternative<AdamW>(method)) return;  // its decay needs no gradient
    EXPECT_EQ(descend(method, {0, 0}, 5), (std::vector<double>{1, 1}));
    Optimizer<double> optimizer(method, 2);
    std::vector<double> w{1, 1};
    const std::vector<double> gradient{1, std::nan("")};
    for (int k = 0; k < 3; ++k) optimizer.step(w, gradient);
    EXPECT_TRUE(std::isfinite(w[0]));
    EXPECT_TRUE(std::isnan(w[1]));
  });
}

TEST(Optimizer, EveryMethodGivesTheSameBitsTwiceAndResumesFromItsState) {
  for_each_method([](const OptimizerMethod& method) {
    const auto gradient_at = [](const std::vector<double>& w) {
      return std::vector<double>{3 * w[0] - w[1], w[1] * w[1] * w[1] - w[0]};
    };
    Optimizer<double> whole(method, 2);
    std::vector<double> w{1, -2};
    for (int k = 0; k < 9; ++k) whole.step(w, gradient_at(w));
    Optimizer<double> first(method, 2);
    std::vector<double> v{1, -2};
    for (int k = 0; k < 4; ++k) first.step(v, gradient_at(v));
    Optimizer<double> second(method, 2);
    second.set_state(first.state());
    for (int k = 4; k < 9; ++k) second.step(v, gradient_at(v));
    EXPECT_EQ(v, w);
  });
}

TEST(Optimizer, EveryMethodWorksInFloat) {
  for_each_method([](const OptimizerMethod& method) {
    Optimizer<float> optimizer(with_rate(method, 0.02), 1);
    std::vector<float> w{1};
    for (int k = 0; k < 4000; ++k) optimizer.step(w, std::vector<float>{3 * w[0]});
    EXPECT_LT(std::abs(w[0]), 0.05f);
  });
}

TEST(Optimizer, TextsAreReadBack) {
  for (const char* text :
       {"sgd", "sgd:lr=0.5,momentum=0.9,nesterov", "adam:beta1=0.8", "adamw:decay=0.1", "rprop:up=1.3",
        "quickprop:growth=2", "adagrad", "rmsprop:rho=0.99,eps=1e-06", "nadam:beta2=0.9"}) {
    EXPECT_EQ(to_text(parse_optimizer(text)), text);
    EXPECT_TRUE(parse_optimizer(to_text(parse_optimizer(text))) == parse_optimizer(text));
  }
  EXPECT_EQ(to_text(parse_optimizer("sgd:nesterov=false,momentum=0.5")), "sgd:momentum=0.5");
}

std::string message_of(const std::string& text) {
  try {
    parse_optimizer(text);
  } catch (const ParseError& error) {
    return error.what();
  }
  return "";
}

TEST(Optimizer, RefusesATextWithTheNearestThatIsKnown) {
  std::string known;
  for (const std::string& name : variant_names<OptimizerMethod>()) known += (known.empty() ? "" : ", ") + name;
  EXPECT_EQ(message_of("adan"),
            "optimizer 'adan', character 1: unknown optimizer 'adan', did you mean adam? (known: " + known + ")");
  EXPECT_EQ(message_of("adam:beta=0.9"),
            "optimizer 'adam:beta=0.9', character 6: unknown option 'beta', did you mean beta1? (known: lr, beta1, "
            "beta2, eps)");
  EXPECT_EQ(message_of("adam:beta1=1"),
            "optimizer 'adam:beta1=1', character 6: expected beta1= and a finite number from 0 to below 1, got "
            "'beta1=1'");
  for (const char* text : {"", "adam:", "adam:lr", "adam:lr=", "adam:lr=x", "adam:lr=nan", "adam:lr=inf", "adam:lr=0x1",
                           "adam:lr=1,", "adam:,", "adam:lr=1:eps=1", "sgd:nesterov=1", "Adam", " adam", "adam lr=1"})
    EXPECT_NE(message_of(text), "") << text;
}

TEST(Rprop, FollowsSignsOnly) {
  // From w = 1 down w^2 / 2 with a first step of 0.5, doubled where the sign stays, halved (and rested) where it turns.
  Optimizer<double> optimizer(Rprop{.learning_rate = 0.5, .up = 2, .down = 0.5}, 1);
  std::vector<double> w{1};
  std::vector<double> seen;
  for (int k = 0; k < 5; ++k) {
    optimizer.step(w, std::vector<double>{1000 * w[0]});
    seen.push_back(w[0]);
  }
  // 1 -> 0.5 -> -0.5 (step 1), turned: rests (step 0.5), then -0.5 + 0.5 = 0, and a slope of 0 moves nothing.
  EXPECT_EQ(seen, (std::vector<double>{0.5, -0.5, -0.5, 0, 0}));
}

TEST(Quickprop, FindsTheBottomOfAParabolaInTwoStepsOnceItHasOvershot) {
  // -lr g from 1 leads to 1 - 0.4 * 3 = -0.2; the parabola through both slopes ends at 0.
  const std::vector<double> w = descend(Quickprop{.learning_rate = 0.4}, {3}, 2);
  EXPECT_NEAR(w[0], 0, 1e-16);
}

TEST(AdamW, DecaysOnlyWhatItMay) {
  Optimizer<double> optimizer(AdamW{.learning_rate = 0.1, .decay = 0.5}, 2);
  OptimizerState<double> state = optimizer.state();
  state.decays = {1, 0};
  optimizer.set_state(state);
  std::vector<double> w{1, 1};
  optimizer.step(w, std::vector<double>{0, 0});
  EXPECT_EQ(w, (std::vector<double>{1 - 0.1 * 0.5, 1}));
}

TEST(Optimizer, RefusesAGradientOfAnotherLength) {
  Optimizer<double> optimizer(Sgd{}, 2);
  std::vector<double> theta(2), gradient(3);
  EXPECT_THROW(optimizer.step(theta, gradient), ShapeError);
}

}  // namespace
}  // namespace gradus
