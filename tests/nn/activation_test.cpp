// SPDX-License-Identifier: MIT
#include "gradus/nn/activation.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "gradus/autodiff/dual.hpp"
#include "gradus/nn/pass.hpp"
#include "tests/nn/layer_examples.hpp"

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

TEST(Activation, OfManyPiecesIsExactAtTheEdges) {
  using namespace activation;
  EXPECT_EQ(LeakyRelu::value(kTiny), kTiny);
  EXPECT_EQ(LeakyRelu::value(-100.0), -1);
  EXPECT_EQ(LeakyRelu::value(kHuge), kHuge);
  EXPECT_EQ(LeakyRelu::derivative(0.0, 0.0), 0.01);
  EXPECT_EQ(HardSigmoid::value(0.0), 0.5);
  for (const double beyond : {3.0, std::nextafter(3.0, 4.0), kHuge, kInf}) {
    EXPECT_EQ(HardSigmoid::value(beyond), 1);
    EXPECT_EQ(HardSigmoid::value(-beyond), 0);
    EXPECT_EQ(HardSigmoid::derivative(beyond, 1.0), 0);
    EXPECT_EQ(HardSigmoid::derivative(-beyond, 0.0), 0);
  }
  EXPECT_EQ(HardSigmoid::derivative(std::nextafter(3.0, 0.0), 1.0), 1.0 / 6);
  for (const double beyond : {3.0, std::nextafter(3.0, 4.0), kHuge, kInf}) {
    EXPECT_EQ(HardSwish::value(beyond), beyond);
    EXPECT_EQ(HardSwish::value(-beyond), 0);
    EXPECT_EQ(HardSwish::derivative(beyond, beyond), 1);
    EXPECT_EQ(HardSwish::derivative(-beyond, 0.0), 0);
  }
  EXPECT_EQ(HardSwish::value(-1.5), -0.375);
  EXPECT_EQ(HardSwish::derivative(-1.5, -0.375), 0);
  EXPECT_EQ(HardSwish::derivative(std::nextafter(3.0, 0.0), 3.0), 1.5);
  EXPECT_EQ(Elu::value(kTiny), kTiny);
  EXPECT_EQ(Elu::value(-kTiny), -kTiny);
  EXPECT_EQ(Elu::value(-1e-300), -1e-300);  // where exp(z) - 1 would give 0
  EXPECT_EQ(Elu::value(-kInf), -1);
  EXPECT_EQ(Elu::derivative(0.0, 0.0), 1);
  EXPECT_EQ(Selu::value(1.0), Selu::lambda);
  EXPECT_EQ(Selu::value(-kHuge), -Selu::lambda * Selu::alpha);
  EXPECT_EQ(Selu::derivative(0.0, 0.0), Selu::lambda * Selu::alpha);
  EXPECT_EQ(Selu::derivative(kTiny, kTiny), Selu::lambda);
}

TEST(Activation, WithoutAKinkIsExactAtTheEdges) {
  using namespace activation;
  EXPECT_EQ(Softplus::value(kHuge), kHuge);
  EXPECT_EQ(Softplus::value(-kInf), 0);
  EXPECT_GT(Softplus::value(-744.0), 0);
  EXPECT_EQ(Softsign::value(kTiny), kTiny);
  EXPECT_EQ(Softsign::value(-kTiny), -kTiny);
  EXPECT_EQ(Softsign::value(1.0), 0.5);
  EXPECT_EQ(Softsign::value(kInf), 1);
  EXPECT_EQ(Softsign::value(-kHuge), -1);
  EXPECT_EQ(Softsign::derivative(-kHuge, -1.0), 0);
  EXPECT_EQ(Exponential::value(0.0), 1);
  EXPECT_EQ(Exponential::value(-kHuge), 0);
  EXPECT_EQ(Exponential::value(kHuge), kInf);
  const auto gate = [](auto f) {  // z times something from 0 to 1
    using F = decltype(f);
    EXPECT_EQ(F::value(0.0), 0) << F::name;
    EXPECT_EQ(std::abs(F::value(-kHuge)), 0) << F::name;
    EXPECT_EQ(std::abs(F::value(-kInf)), 0) << F::name;
    EXPECT_EQ(F::value(kHuge), kHuge) << F::name;
    EXPECT_EQ(F::value(kInf), kInf) << F::name;
    for (const double far : {60.0, 1e5, kHuge, kInf}) {
      EXPECT_EQ(F::derivative(far, far), 1) << F::name;
      EXPECT_NEAR(F::derivative(-far, 0.0), 0, 1e-24) << F::name;
    }
  };
  gate(Gelu{});
  gate(Silu{});
  gate(Mish{});
  // From tables of Phi(1) = 0.84134474606854293, sigma(1) = 0.73105857863000488 and tanh(log(1 + e)) =
  // 0.86509838826731035.
  EXPECT_NEAR(Gelu::value(1.0), 0.84134474606854293, 3e-16);
  EXPECT_NEAR(Silu::value(1.0), 0.73105857863000488, 3e-16);
  EXPECT_NEAR(Mish::value(1.0), 0.86509838826731035, 3e-16);
}

template <class L>
struct FunctionOf {
  static constexpr bool is_one = false;
};
template <class F>
struct FunctionOf<Elementwise<F>> {
  static constexpr bool is_one = true;
  using type = F;
};

/// f(F{}) for every activation that acts on single numbers.
template <class F>
void for_each_activation_function(F f) {
  for_each_alternative<Layer>([&]<class L>(L) {
    if constexpr (FunctionOf<L>::is_one) f(typename FunctionOf<L>::type{});
  });
}

TEST(Activation, PassesNaNOn) {
  const double nan = std::nan("");
  for_each_alternative<Layer>([&]<class L>(L) {
    if constexpr (L::is_activation && !OpensBlock<L> && !ClosesBlock<L>) {
      for (const Chain& chain : Example<L>::chains(1)) {
        const Network network(chain);
        const std::vector<double> theta(static_cast<std::size_t>(network.parameter_count()), 0.25);
        Matrix<double> x(1, network.inputs(), nan);
        Trace<double> trace;
        EXPECT_TRUE(std::isnan(forward(network, theta, x, trace)(0, 0))) << L::name;
      }
    }
  });
  EXPECT_TRUE(std::isnan(activation::Relu::derivative(nan, nan)));
  EXPECT_TRUE(std::isnan(activation::HardSigmoid::derivative(nan, nan)));
  EXPECT_TRUE(std::isnan(activation::LeakyRelu::derivative(nan, nan)));
}

TEST(Activation, OfFloatIsThatOfDoubleRounded) {
  for_each_activation_function([](auto f) {
    using F = decltype(f);
    for (float z = -20; z < 20; z += 0.37f) {
      const double exact = F::value(static_cast<double>(z));
      // 6 ULP of the result, the largest bound of all, but for GELU's tail: z^2 ULP.
      const double ulps =
          std::is_same_v<F, activation::Gelu> && z < -1 ? 4 + static_cast<double>(z) * static_cast<double>(z) : 6;
      EXPECT_NEAR(F::value(z), exact, ulps * 1.2e-7 * std::abs(exact) + 1e-44) << F::name << " " << z;
    }
  });
}

TEST(Activation, DerivativeIsThatOfItsDual) {
  for_each_activation_function([](auto f) {
    using F = decltype(f);
    for (double z = -30.03; z < 30; z += 0.07) {
      const Dual<double> dual = F::value(Dual<double>(z, 1.0));
      // A few roundings of each side; where the derivative cancels (GELU, SiLU, Mish at their minima), of terms up
      // to 1.
      EXPECT_NEAR(F::derivative(z, F::value(z)), dual.derivative, 1e-15 * (4 + std::abs(dual.derivative) + std::abs(z)))
          << F::name << " " << z;
    }
  });
}

TEST(LogSoftmax, IsFiniteWhereSoftmaxRoundsToZero) {
  Matrix<double> z{{1e4, -1e4, 0}}, y(1, 3);
  LogSoftmax{3}.forward<double>({}, z.view(), y);
  EXPECT_EQ(y(0, 0), 0);
  EXPECT_EQ(y(0, 1), -2e4);
  EXPECT_EQ(y(0, 2), -1e4);
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
