// SPDX-License-Identifier: MIT
#include "gradus/nn/loss.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "gradus/nn/pass.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

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
    EXPECT_NEAR(CrossEntropy::value_from_logits<double>(z, t), CrossEntropy::value<double>(p.row(0), t), 1e-14);
    Elementwise<activation::Sigmoid>{width}.forward<double>({}, logits, p);
    EXPECT_NEAR(BinaryCrossEntropy::value_from_logits<double>(z, t), BinaryCrossEntropy::value<double>(p.row(0), t),
                1e-14);
  }
}

TEST(Loss, StaysFiniteAtEnormousLogits) {
  for (const double size : {1e4, 1e300}) {
    const std::vector<double> z{size, -size, 0};
    for (std::size_t k = 0; k < 3; ++k) {
      std::vector<double> t(3);
      t[k] = 1;
      EXPECT_TRUE(std::isfinite(CrossEntropy::value_from_logits<double>(z, t)));
      EXPECT_TRUE(std::isfinite(BinaryCrossEntropy::value_from_logits<double>(z, t)));
    }
    EXPECT_EQ(CrossEntropy::value_from_logits<double>(z, std::vector<double>{0, 1, 0}), 2 * size);
    EXPECT_EQ(CrossEntropy::value_from_logits<double>(z, std::vector<double>{1, 0, 0}), 0);
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
  each(CrossEntropy{});
  each(BinaryCrossEntropy{});
  each(MeanSquaredError{});
  each(PerceptronCriterion{});
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
  EXPECT_THROW(parse_loss("hinge"), ValueError);
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
