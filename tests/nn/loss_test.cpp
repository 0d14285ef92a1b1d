// SPDX-License-Identifier: MIT
#include "gradus/nn/loss.hpp"
#include "gradus/core/elementary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gradus/autodiff/dual.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

/// Calls f with each loss there is.
template <class F>
void for_each_loss(F f) {
  AlternativesOf<LossFunction>::for_each(f);
}

/// Outputs and targets of the kinds that the loss asks for, away from kinks.
struct Sample {
  std::vector<double> p, t;
};
template <class Loss>
Sample sample_of(const Loss&, Index width, RandomState& random) {
  const auto shares = [](std::vector<double> v) {
    double sum = 0;
    for (const double x : v) sum += x;
    for (double& x : v) x /= sum;
    return v;
  };
  Sample sample{random.uniform(0.05, 0.95, width), random.uniform(0.05, 0.95, width)};
  switch (Loss::answers) {
    case AnswersNeeded::numbers:
    case AnswersNeeded::scores:
      for (double& x : sample.p) x = random.normal(0, 2);
      break;
    case AnswersNeeded::positive:
    case AnswersNeeded::probabilities: break;
    case AnswersNeeded::distribution: sample.p = shares(sample.p); break;
    case AnswersNeeded::log_distribution:
      sample.p = shares(sample.p);
      for (double& x : sample.p) x = std::log(x);
  }
  switch (Loss::targets) {
    case TargetsNeeded::numbers:
    case TargetsNeeded::counts:
    case TargetsNeeded::probabilities: break;
    case TargetsNeeded::decisions:
      for (double& x : sample.t) x = std::round(x);
      break;
    case TargetsNeeded::distribution: sample.t = shares(sample.t); break;
    case TargetsNeeded::one_hot:
      sample.t.assign(sample.t.size(), 0);
      sample.t[static_cast<std::size_t>(random.randint(0, width, 1)[0])] = 1;
  }
  return sample;
}

/// What a loss's link makes of logits.
template <class Loss>
std::vector<double> linked(const std::vector<double>& z) {
  std::vector<double> p(z.size());
  const auto width = static_cast<Index>(z.size());
  Loss::Link::on(width, width)
      .template forward<double>({}, ConstMatrixView<double>(z.data(), 1, width),
                                MatrixView<double>(p.data(), 1, width));
  return p;
}

/// The derivative of f by each of its arguments, by dual numbers.
template <class F>
std::vector<double> by_duals(F f, const std::vector<double>& at) {
  std::vector<Dual<double>> x(at.begin(), at.end());
  std::vector<double> derivative;
  for (Dual<double>& xk : x) {
    xk.derivative = 1;
    derivative.push_back(f(std::span<const Dual<double>>(x)).derivative);
    xk.derivative = 0;
  }
  return derivative;
}

/// Whether the hand-written derivative is the value's, on outputs and on logits. `slip` is added to the former.
template <class F>
bool gradients_agree(const F& loss, const Sample& sample, double slip = 0) {
  using D = Dual<double>;
  const std::vector<double>& p = sample.p;  // no structured binding: Clang 14 cannot capture one
  const std::vector<double>& t = sample.t;
  std::vector<double> hand(p.size(), std::nan(""));
  bool agree = true;
  const auto compare = [&](const std::vector<double>& expected) {
    hand.back() += slip;
    // A handful of roundings of numbers below 100.
    for (std::size_t k = 0; k < p.size(); ++k)
      agree = agree && std::abs(hand[k] - expected[k]) <= 1e-13 * (1 + std::abs(expected[k]));
  };
  loss.template gradient<double>(p, t, hand);
  compare(by_duals([&](std::span<const D> x) { return loss.template value<D>(x, t); }, p));
  const std::vector<double>& z = p;  // any numbers are logits
  const std::vector<double> y = linked<F>(z);
  loss.template gradient_from_logits<double>(z, y, t, hand);
  compare(by_duals([&](std::span<const D> x) { return loss.template value_from_logits<D>(x, t); }, z));
  return agree;
}

TEST(Loss, HandWrittenDerivativesAreThoseOfTheValue) {
  for_each_loss([](auto loss) {
    RandomState random(1);
    for (const Index width : {1, 2, 3, 8})
      for (int k = 0; k < 20; ++k) {
        const Sample sample = sample_of(loss, width, random);
        EXPECT_TRUE(gradients_agree(loss, sample)) << loss.name << " " << width;
        EXPECT_FALSE(gradients_agree(loss, sample, 1e-9)) << loss.name;  // a slip is noticed
      }
  });
  RandomState random(2);
  for (const double smoothing : {0.1, 0.5})
    EXPECT_TRUE(gradients_agree(CrossEntropy{.smoothing = smoothing}, sample_of(CrossEntropy{}, 4, random)));
  for (const double delta : {0.01, 0.7, 10.0})
    EXPECT_TRUE(gradients_agree(Huber{.delta = delta}, sample_of(Huber{}, 4, random)));
}

TEST(Loss, ValuesAreThoseOfTheFormulas) {
  using V = std::vector<double>;
  const V p{0.5, 0.25, 0.25}, t{0, 1, 0}, soft{0.5, 0.5, 0};
  EXPECT_DOUBLE_EQ(CrossEntropy{}.value<double>(p, t), std::log(4));
  // Targets smoothed by 0.3: 0.1, 0.8, 0.1.
  EXPECT_DOUBLE_EQ(CrossEntropy{.smoothing = 0.3}.value<double>(p, t), 0.1 * std::log(2) + 0.9 * std::log(4));
  EXPECT_DOUBLE_EQ(KlDivergence::value<double>(p, soft), 0.5 * std::log(2));
  EXPECT_NEAR(KlDivergence::value<double>(p, p), 0, 1e-16);
  EXPECT_DOUBLE_EQ(NegativeLogLikelihood::value<double>(V{-1, -2, -3}, t), 2);
  EXPECT_DOUBLE_EQ(MeanAbsoluteError::value<double>(p, t), 1.5);
  EXPECT_DOUBLE_EQ(Huber{.delta = 0.5}.value<double>(V{0.25, 3}, V{0, 1}), 0.03125 + 0.5 * (2 - 0.25));
  EXPECT_DOUBLE_EQ(LogCosh::value<double>(V{1, -3}, V{0, 0}), std::log(std::cosh(1)) + std::log(std::cosh(3)));
  EXPECT_EQ(LogCosh::value<double>(V{0}, V{0}), 0);
  EXPECT_DOUBLE_EQ(LogCosh::value<double>(V{1000}, V{0}), 1000 - std::log(2));  // cosh itself would overflow
  EXPECT_DOUBLE_EQ(Poisson::value<double>(V{2}, V{3}), 2 - 3 * std::log(2));
  EXPECT_DOUBLE_EQ(Hinge::value<double>(V{2, 0.5, 1.5}, V{1, 0, 0}), 0.5);
  EXPECT_DOUBLE_EQ(Hinge::value<double>(V{3, 0.5, 1.5}, V{1, 0, 0}), 0);
  EXPECT_DOUBLE_EQ(Hinge::value<double>(V{0.25}, V{0}), 1.25);
  EXPECT_DOUBLE_EQ(MultiLabelCrossEntropy{}.value<double>(V{0.5, 0.25}, V{1, 0}), std::log(2) - std::log(0.75));
  EXPECT_EQ(MultiLabelCrossEntropy::terms(7), 1);
  EXPECT_EQ(BinaryCrossEntropy::terms(7), 7);
}

TEST(Loss, BoundsOfACutLossAreWhatTheFunctionsSay) {
  const auto hold = [](auto zero) {
    using T = decltype(zero);
    const T eps = std::numeric_limits<T>::epsilon();
    EXPECT_EQ(cut_minus_log(T(0)), -log1p(-eps));
    EXPECT_EQ(cut_minus_log(std::numeric_limits<T>::infinity()), -log(eps));
  };
  hold(0.0);
  hold(0.0F);
}

TEST(Loss, CutProbabilitiesBoundTheCrossEntropies) {
  using V = std::vector<double>;
  const double eps = std::numeric_limits<double>::epsilon();
  const double most = -std::log(eps);
  const double least = -std::log1p(-eps);
  const V right{1, 0}, wrong{0, 1}, sure{800, -800};
  EXPECT_EQ((CrossEntropy{.cut = true}.value_from_logits<double>(sure, right)), least);
  EXPECT_EQ((CrossEntropy{.cut = true}.value_from_logits<double>(sure, wrong)), most);
  EXPECT_EQ((CrossEntropy{.cut = true}.value<double>(V{1, 0}, wrong)), most);
  BinaryCrossEntropy binary;
  binary.cut = true;
  EXPECT_EQ(binary.value_from_logits<double>(sure, right), 2 * least);
  EXPECT_EQ(binary.value_from_logits<double>(sure, wrong), 2 * most);
  EXPECT_EQ(binary.value<double>(V{1, 0}, wrong), 2 * most);
  // In between nothing is cut, and the logits and the probabilities agree.
  const V z{0.3, -1.2}, t{1, 0};
  const V p{activation::Sigmoid::value(z[0]), activation::Sigmoid::value(z[1])};
  EXPECT_NEAR(binary.value_from_logits<double>(z, t), BinaryCrossEntropy{}.value_from_logits<double>(z, t), 1e-15);
  EXPECT_NEAR(binary.value<double>(p, t), BinaryCrossEntropy{}.value<double>(p, t), 1e-15);
  EXPECT_EQ(to_text(parse_loss("cross-entropy:cut")), "cross-entropy:cut");
  EXPECT_TRUE(std::isnan(cut_minus_log(std::nan(""))));
}

TEST(Loss, CutBinaryCrossEntropiesFromLogitsAreOfTheProbabilityAsItRounds) {
  using V = std::vector<double>;
  BinaryCrossEntropy cut;
  cut.cut = true;
  double largest = 0;
  for (double z = -40; z <= 40; z += 0.25) {
    const double p = activation::Sigmoid::value(z);
    for (const double t : {0.0, 1.0, 0.25}) {
      const double rounded = cut.value_from_logits<double>(V{z}, V{t});
      EXPECT_EQ(rounded, cut.value<double>(V{p}, V{t})) << z;
      if (z < 35) largest = std::max(largest, rounded - BinaryCrossEntropy{}.value_from_logits<double>(V{z}, V{t}));
    }
  }
  // 1 - p is a multiple of eps / 2, of which few are left before it is cut: from the exact loss it is told apart.
  EXPECT_GT(largest, 0.01);
}

TEST(Loss, LogitsOfTenThousandGiveFiniteLossesAndDerivatives) {
  for_each_loss([](auto loss) {
    using F = decltype(loss);
    if (F::Link::exponentials == Exponentials::unbounded) return;  // a mean of exp(10000)
    for (const double a : {-1e4, 0.0, 1e4})
      for (const double b : {-1e4, 1e4}) {
        const std::vector<double> z{a, b, -b}, t{0, 1, 0};
        std::vector<double> dz(3, std::nan(""));
        const std::vector<double> p = linked<F>(z);
        EXPECT_TRUE(std::isfinite(loss.template value_from_logits<double>(z, t))) << loss.name;
        loss.template gradient_from_logits<double>(z, p, t, dz);
        for (const double d : dz) EXPECT_TRUE(std::isfinite(d)) << loss.name;
      }
  });
  EXPECT_TRUE(
      std::isfinite(Poisson::value_from_logits<double>(std::vector<double>{-1e4, 700}, std::vector<double>{3, 5})));
}

TEST(Loss, KinksAreWhereTheDerivativeJumps) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> p{2, 0.5, 1.25}, t{1, 0, 0};
  EXPECT_EQ(kink_distance<double>(MeanSquaredError{}, p, t, false), infinity);
  EXPECT_EQ(kink_distance<double>(CrossEntropy{}, p, t, true), infinity);
  EXPECT_EQ(kink_distance<double>(MeanAbsoluteError{}, p, t, false), 0.5);
  EXPECT_EQ(kink_distance<double>(Hinge{}, p, t, false), 0.25);  // 1 - 2 + 1.25
  EXPECT_EQ(kink_distance<double>(PerceptronCriterion{}, p, t, false), 0.5);
  EXPECT_EQ(kink_distance<double>(PerceptronCriterion{}, std::vector<double>{-0.1, 3, 4}, t, true), 0.1);
  // Level rivals, within the margin: either could be the one that counts.
  EXPECT_EQ(kink_distance<double>(Hinge{}, std::vector<double>{1, 0.75, 0.75}, t, false), 0);
  for (const auto& [at, slope] : {std::pair{1.0, 0.0}, {1.5, 1.0}, {0.5, -1.0}}) {
    std::vector<double> d(1);
    MeanAbsoluteError::gradient<double>(std::vector<double>{at}, std::vector<double>{1}, d);
    EXPECT_EQ(d[0], slope);
  }
}

TEST(Loss, FusedWithItsLinkEqualsTheLossOfTheOutputs) {
  RandomState random(1);
  for (const Index width : {1, 2, 3, 8}) {
    std::vector<double> z = random.standard_normal(width);
    std::vector<double> t(z.size());
    t[0] = 1;
    Matrix<double> p(1, width);
    const ConstMatrixView<double> logits(z.data(), 1, width);
    Softmax{width}.forward<double>({}, logits, p);
    // A handful of roundings of numbers of order 1.
    EXPECT_NEAR(CrossEntropy{}.value_from_logits<double>(z, t), CrossEntropy{}.value<double>(p.row(0), t), 1e-14);
    Elementwise<activation::Sigmoid>{width}.forward<double>({}, logits, p);
    EXPECT_NEAR(BinaryCrossEntropy{}.value_from_logits<double>(z, t), BinaryCrossEntropy{}.value<double>(p.row(0), t),
                1e-14);
  }
}

TEST(Loss, StaysFiniteAtEnormousLogits) {
  for (const double size : {1e4, 1e300}) {
    const std::vector<double> z{size, -size, 0};
    for (std::size_t k = 0; k < 3; ++k) {
      std::vector<double> t(3);
      t[k] = 1;
      EXPECT_TRUE(std::isfinite(CrossEntropy{}.value_from_logits<double>(z, t)));
      EXPECT_TRUE(std::isfinite(BinaryCrossEntropy{}.value_from_logits<double>(z, t)));
    }
    EXPECT_EQ(CrossEntropy{}.value_from_logits<double>(z, std::vector<double>{0, 1, 0}), 2 * size);
    EXPECT_EQ(CrossEntropy{}.value_from_logits<double>(z, std::vector<double>{1, 0, 0}), 0);
  }
}

TEST(Loss, NaNIsNeverLost) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto each = [&](auto f) {
    for (std::size_t k = 0; k < 2; ++k) {
      std::vector<double> z{0.3, 0.4};
      z[k] = nan;
      EXPECT_TRUE(std::isnan(f.template value_from_logits<double>(z, std::vector<double>{1, 0}))) << f.name;
    }
  };
  for_each_loss(each);
}

TEST(Loss, MeanDividesByTheTermsOfTheBatch) {
  const Network network = parse_network("2-3");
  const std::vector<double> theta(9, 0.5);
  const Matrix<double> x{{1, 2}, {3, 4}};
  const Matrix<double> t{{1, 0, 0}, {0, 1, 0}};
  Trace<double> trace;
  const double sum = loss_value(network, {MeanSquaredError{}, Reduction::sum}, theta, x, t, trace);
  EXPECT_DOUBLE_EQ(loss_value(network, {MeanSquaredError{}, Reduction::mean}, theta, x, t, trace), sum / 6);
}

TEST(Loss, IsCalledByItsName) {
  EXPECT_TRUE(std::holds_alternative<MeanSquaredError>(parse_loss("mse").function));
  EXPECT_TRUE(std::holds_alternative<PerceptronCriterion>(parse_loss("perceptron").function));
  for (const std::string& name : variant_names<LossFunction>()) EXPECT_EQ(to_text(parse_loss(name)), name);
}

TEST(Loss, OptionsAreReadBackAndFaultsRefused) {
  for (const char* text : {"cross-entropy:smoothing=0.1", "huber:delta=1.5"})
    EXPECT_EQ(to_text(parse_loss(text)), text);
  EXPECT_EQ(std::get<Huber>(parse_loss("huber:delta=1.5").function).delta, 1.5);
  EXPECT_EQ(to_text(parse_loss("huber:delta=1")), "huber");
  for (const char* text : {"", "mse:", "mse:delta=1", "huber:delta=0", "huber:delta=-1", "cross-entropy:smoothing=1",
                           "cross-entropy:smoothing=nan", "huber:delta", "Huber"})
    EXPECT_THROW(parse_loss(text), ParseError) << text;
  try {
    parse_loss("hingee");
    FAIL();
  } catch (const ParseError& error) {
    EXPECT_TRUE(std::string(error.what()).find("did you mean hinge?") != std::string::npos) << error.what();
  }
}

TEST(Loss, TargetsOfExactlyAOneAndZerosMakeTheLargestOutputAHit) {
  const LossFunction mse{MeanSquaredError{}};
  EXPECT_EQ(hit_of<double>(mse, Matrix<double>{{0, 1}, {1, 0}}, 2), Hit::argmax);
  EXPECT_EQ(hit_of<double>(mse, Matrix<double>{{0, 1, 0}, {1, 0, 0}}, 3), Hit::argmax);
  for (const Matrix<double>& targets : {Matrix<double>{{0, 1}, {1, 0.5}}, {{0, 1}, {1, 1}}, {{0, 0}, {1, 0}}})
    EXPECT_EQ(hit_of<double>(mse, targets, 2), Hit::none);
  const LossFunction entropy{CrossEntropy{}};
  EXPECT_EQ(hit_of<double>(entropy, Matrix<double>{{0.5, 0.5}}, 2), Hit::argmax);
  EXPECT_EQ(hit_of<double>(mse, Matrix<double>{{1}}, 1), Hit::none) << "a number";
  EXPECT_EQ(hit_of<double>(entropy, Matrix<double>{{1}}, 1), Hit::threshold) << "one of two classes";
  for (const Index outputs : {0, 2}) {  // what does not fit is refused elsewhere
    EXPECT_EQ(hit_of<double>(mse, Matrix<double>{{1, 0, 0}}, outputs), Hit::none);
    EXPECT_EQ(hit_of<double>(entropy, Matrix<double>{{1, 0, 0}}, outputs), Hit::argmax);
  }
  EXPECT_EQ(hit_of<float>(mse, Matrix<float>{{0, 1}, {1, 0}}, 2), Hit::argmax);
}

TEST(Pass, WritesEveryNumberItMust) {
  RandomState random(1);
  for (const char* text : {"2-1sigmoid", "2-3softmax", "2-4tanh-5relu-3softmax", "3-2:nobias-1"}) {
    const Network network = parse_network(text);
    const std::vector<double> theta = random.standard_normal(network.parameter_count());
    const Matrix<double> x = random.standard_normal(4, network.inputs());
    const Matrix<double> t(4, network.outputs(), 1.0);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    Trace<double> trace;
    trace.outputs.resize(network.size());
    for (Matrix<double>& out : trace.outputs) out = Matrix<double>(9, 9, nan);
    for (Matrix<double>& d : trace.derivative) d = Matrix<double>(9, 9, nan);
    std::vector<double> gradient(theta.size(), nan);
    Matrix<double> dx(4, network.inputs(), nan);
    forward(network, theta, x, trace);
    gradient_of_trace(network, {BinaryCrossEntropy{}}, theta, x, t, trace, gradient, dx);
    for (const double g : gradient) EXPECT_FALSE(std::isnan(g)) << text;
    for (const double g : dx.values()) EXPECT_FALSE(std::isnan(g)) << text;
    for (const Matrix<double>& out : trace.outputs)
      for (const double y : out.values()) EXPECT_FALSE(std::isnan(y)) << text;
  }
}

TEST(Pass, DerivativeByTheInputEqualsDifferences) {
  RandomState random(2);
  const Network network = parse_network("3-5tanh-2softmax");
  const std::vector<double> theta = random.standard_normal(network.parameter_count());
  Matrix<double> x = random.standard_normal(2, 3);
  const Matrix<double> t{{1, 0}, {0, 1}};
  const Loss loss{CrossEntropy{}};
  Trace<double> trace;
  std::vector<double> gradient(theta.size());
  Matrix<double> dx(2, 3);
  forward(network, theta, x, trace);
  gradient_of_trace(network, loss, theta, x, t, trace, gradient, dx);
  const double h = 6e-6;
  for (double& value : x.values()) {
    const auto at = static_cast<std::size_t>(&value - x.data());
    const double kept = value;
    value = kept + h;
    const double above = loss_value(network, loss, theta, x, t, trace);
    value = kept - h;
    const double below = loss_value(network, loss, theta, x, t, trace);
    value = kept;
    // Truncation h^2 |f'''| / 6 of about 1e-11, rounding eps / h of about 4e-11.
    EXPECT_NEAR(dx.values()[at], (above - below) / (2 * h), 5e-10);
  }
}

TEST(Pass, RefusesInputsAndParametersThatDoNotFit) {
  const Network network = parse_network("2-3");
  Trace<double> trace;
  const std::vector<double> theta(9);
  try {
    forward(network, theta, Matrix<double>(7, 3), trace);
    FAIL();
  } catch (const ShapeError& error) {
    EXPECT_STREQ(error.what(), "[network] expected x with 2 columns, got 3 (x is 7 x 3)");
  }
  EXPECT_THROW(forward(network, std::vector<double>(8), Matrix<double>(1, 2), trace), ShapeError);
}

}  // namespace
}  // namespace gradus
