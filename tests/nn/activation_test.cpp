// SPDX-License-Identifier: MIT
#include "gradus/nn/activation.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "gradus/nn/layer.hpp"

namespace gradus {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kTiny = std::numeric_limits<double>::denorm_min();
constexpr double kHuge = std::numeric_limits<double>::max();

TEST(Activation, IsExactAtTheEdges) {
  using namespace activation;
  EXPECT_EQ(Step::value(0.0), 0);
  EXPECT_EQ(Step::value(kTiny), 1);
  EXPECT_EQ(Step::value(-kTiny), 0);
  EXPECT_EQ(Relu::value(kTiny), kTiny);
  EXPECT_EQ(Relu::value(-kTiny), 0);
  EXPECT_EQ(Relu::value(kHuge), kHuge);
  EXPECT_EQ(Relu::derivative(0.0, 0.0), 0);
  EXPECT_EQ(Relu::derivative(kTiny, kTiny), 1);
  EXPECT_EQ(Sigmoid::value(0.0), 0.5);
  EXPECT_EQ(Sigmoid::value(kHuge), 1);
  EXPECT_EQ(Sigmoid::value(-kHuge), 0);
  EXPECT_EQ(Sigmoid::value(kInf), 1);
  EXPECT_EQ(Sigmoid::value(-kInf), 0);
  EXPECT_GT(Sigmoid::value(-744.0), 0);  // a denormal, where 1 / (1 + exp(744)) would give 0
  EXPECT_EQ(Tanh::value(kTiny), kTiny);
  EXPECT_EQ(Tanh::value(-kInf), -1);
}

TEST(Activation, PassesNaNOn) {
  const double nan = std::nan("");
  EXPECT_TRUE(std::isnan(activation::Step::value(nan)));
  EXPECT_TRUE(std::isnan(activation::Relu::value(nan)));
  EXPECT_TRUE(std::isnan(activation::Relu::derivative(nan, nan)));
  EXPECT_TRUE(std::isnan(activation::Sigmoid::value(nan)));
  EXPECT_TRUE(std::isnan(activation::Tanh::value(nan)));
}

TEST(Activation, OfFloatIsThatOfDoubleRounded) {
  for (float z = -20; z < 20; z += 0.37f) {
    const auto d = static_cast<double>(z);
    // 3 ULP of the result.
    EXPECT_NEAR(activation::Sigmoid::value(z), activation::Sigmoid::value(d), 3.6e-7 * activation::Sigmoid::value(d));
    EXPECT_NEAR(activation::Tanh::value(z), activation::Tanh::value(d), 3.6e-7 * std::abs(activation::Tanh::value(d)));
  }
}

TEST(Softmax, SumsToOneAndIgnoresAShift) {
  for (const Index width : {1, 2, 7, 8, 9}) {
    Matrix<double> z(1, width), shifted(1, width), p(1, width), q(1, width);
    for (Index j = 0; j < width; ++j) {
      z(0, j) = 0.5 * static_cast<double>(j * j % 5);
      shifted(0, j) = z(0, j) + 1000;
    }
    Softmax{width}.forward<double>({}, z.view(), p);
    Softmax{width}.forward<double>({}, shifted.view(), q);
    double sum = 0;
    for (Index j = 0; j < width; ++j) {
      sum += p(0, j);
      EXPECT_DOUBLE_EQ(p(0, j), q(0, j));
    }
    EXPECT_NEAR(sum, 1, 1e-15 * static_cast<double>(width));
  }
}

}  // namespace
}  // namespace gradus
