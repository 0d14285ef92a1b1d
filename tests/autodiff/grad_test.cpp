// SPDX-License-Identifier: MIT
#include "gradus/autodiff/grad.hpp"

#include <gtest/gtest.h>

#include "gradus/autodiff/dual.hpp"
#include "gradus/nn/activation.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

template <class T>
Matrix<T> sigmoid(const Matrix<T>& z) {
  return map(z, [](const T& x) { return activation::Sigmoid::value(x); });
}

template <class A, class B>
auto mse(const Matrix<A>& p, const Matrix<B>& t) {
  return mean(square(p - t));
}

TEST(Grad, EqualsTheHandWrittenGradientOfALayer) {
  RandomState random(1);
  const Matrix<double> x = random.standard_normal(5, 3);
  const Matrix<double> w = random.standard_normal(3, 2);
  const Matrix<double> b = random.standard_normal(1, 2);
  const Matrix<double> t = random.standard_normal(5, 2);
  const auto cost = [](const auto& W, const auto& B, const auto& X, const auto& T) {
    return mse(sigmoid(matmul(X, W) + B), T);
  };
  const auto [dw, db] = grad<0, 1>(cost)(w, b, x, t);
  const Matrix<double> a = sigmoid(matmul(x, w) + b);
  const Matrix<double> dz = 2.0 / 10 * (a - t) * a * (1 - a);
  const Matrix<double> hand_dw = matmul(transpose(x), dz);
  const Matrix<double> hand_db = column_sums(dz);
  // Sums of 5 products of numbers of order 1: a few ULP each.
  for (Index k = 0; k < dw.size(); ++k)
    EXPECT_NEAR(dw.values()[std::size_t(k)], hand_dw.values()[std::size_t(k)], 1e-15);
  for (Index k = 0; k < db.size(); ++k)
    EXPECT_NEAR(db.values()[std::size_t(k)], hand_db.values()[std::size_t(k)], 1e-15);
  const auto [value, dx] = value_and_grad<2>(cost)(w, b, x, t);
  EXPECT_DOUBLE_EQ(value, mse(a, t));
  const Matrix<double> hand_dx = matmul(dz, transpose(w));
  for (Index k = 0; k < dx.size(); ++k)
    EXPECT_NEAR(dx.values()[std::size_t(k)], hand_dx.values()[std::size_t(k)], 1e-15);
}

TEST(Grad, DifferentiatesByAListOfLayers) {
  RandomState random(2);
  std::vector<std::pair<Matrix<double>, Matrix<double>>> layers;
  layers.emplace_back(random.standard_normal(2, 3), random.standard_normal(1, 3));
  layers.emplace_back(random.standard_normal(3, 4), random.standard_normal(1, 4));
  const Matrix<double> x = random.standard_normal(1, 2);
  const auto cost = [](const auto& parameters, const auto& input) {
    auto a = sigmoid(matmul(input, parameters[0].first) + parameters[0].second);
    return sum(matmul(a, parameters[1].first) + parameters[1].second);
  };
  const auto gradient = grad(cost)(layers, x);
  ASSERT_EQ(gradient.size(), 2u);
  EXPECT_EQ(gradient[1].second, (Matrix<double>{{1, 1, 1, 1}}));
  const Matrix<double> a = sigmoid(matmul(x, layers[0].first) + layers[0].second);
  for (Index i = 0; i < 3; ++i) EXPECT_DOUBLE_EQ(gradient[1].first(i, 2), a(0, i));
}

TEST(ElementwiseGrad, GivesTheDerivativeOfEachNumber) {
  const Matrix<double> z{{-2, 0, 0.5}, {3, 40, -800}};
  const Matrix<double> derivative = elementwise_grad([](const auto& x) { return sigmoid(x); })(z);
  for (Index i = 0; i < 2; ++i)
    for (Index j = 0; j < 3; ++j) {
      const double y = activation::Sigmoid::value(z(i, j));
      // y is rounded by half a ULP of 1, all of which 1 - y keeps; the tape's form rounds as often.
      EXPECT_NEAR(derivative(i, j), y * (1 - y), 2.3e-16);
    }
}

/// Every function of both number types, against its closed-form derivative.
struct Case {
  const char* name;
  double (*derivative)(double);
  Dual<double> (*dual)(Dual<double>);
  Var (*tape)(const Var&);
};

TEST(Differentiation, OfEveryFunctionIsItsClosedForm) {
  using D = Dual<double>;
  const Case cases[] = {
      {"exp", [](double x) { return std::exp(x); }, [](D x) { return exp(x); }, [](const Var& x) { return exp(x); }},
      {"expm1", [](double x) { return std::exp(x); }, [](D x) { return expm1(x); },
       [](const Var& x) { return expm1(x); }},
      {"log", [](double x) { return 1 / x; }, [](D x) { return log(x); }, [](const Var& x) { return log(x); }},
      {"log1p", [](double x) { return 1 / (1 + x); }, [](D x) { return log1p(x); },
       [](const Var& x) { return log1p(x); }},
      {"tanh", [](double x) { return 1 - std::tanh(x) * std::tanh(x); }, [](D x) { return tanh(x); },
       [](const Var& x) { return tanh(x); }},
      {"sqrt", [](double x) { return 0.5 / std::sqrt(x); }, [](D x) { return sqrt(x); },
       [](const Var& x) { return sqrt(x); }},
      {"sin", [](double x) { return std::cos(x); }, [](D x) { return sin(x); }, [](const Var& x) { return sin(x); }},
      {"cos", [](double x) { return -std::sin(x); }, [](D x) { return cos(x); }, [](const Var& x) { return cos(x); }},
      {"abs", [](double) { return 1.0; }, [](D x) { return abs(x); }, [](const Var& x) { return abs(x); }},
      {"pow", [](double x) { return 2.5 * std::pow(x, 1.5); }, [](D x) { return pow(x, 2.5); },
       [](const Var& x) { return pow(x, 2.5); }},
      {"x * x / (x + 1) - x", [](double x) { return (x * x + 2 * x) / ((x + 1) * (x + 1)) - 1; },
       [](D x) { return x * x / (x + 1) - x; }, [](const Var& x) { return x * x / (x + 1) - x; }},
  };
  for (const Case& c : cases)
    for (const double x : {0.1, 0.7, 1.0, 2.9}) {
      // A handful of correctly rounded operations, and for the last case a cancellation against 1.
      const double tolerance = 8 * 2.3e-16 * std::max(1.0, std::abs(c.derivative(x)));
      EXPECT_NEAR(c.dual(D(x, 1)).derivative, c.derivative(x), tolerance) << c.name;
      Tape tape;
      const Var v = tape.variable(x);
      tape.differentiate(c.tape(v));
      EXPECT_NEAR(tape.derivative(v), c.derivative(x), tolerance) << c.name;
    }
}

TEST(Tape, IsReusedAfterClear) {
  Tape tape;
  for (int round = 0; round < 3; ++round) {
    tape.clear();
    const Var x = tape.variable(3);
    const Var y = tape.variable(4);
    tape.differentiate(x * y + x);
    EXPECT_EQ(tape.derivative(x), 5);
    EXPECT_EQ(tape.derivative(y), 3);
    EXPECT_EQ(tape.derivative(Var(7)), 0);
  }
}

TEST(Tape, AbsHasDerivativeZeroAtItsKinkAndNaNPropagates) {
  Tape tape;
  const Var zero = tape.variable(0);
  tape.differentiate(abs(zero));
  EXPECT_EQ(tape.derivative(zero), 0);
  const Var nan = tape.variable(std::nan(""));
  tape.differentiate(abs(nan));
  EXPECT_TRUE(std::isnan(tape.derivative(nan)));
}

TEST(Algebra, BroadcastRefusesShapesThatDoNotFit) {
  EXPECT_THROW((Matrix<double>(2, 3) + Matrix<double>(3, 2)), ShapeError);
  EXPECT_THROW(matmul(Matrix<double>(2, 3), Matrix<double>(2, 3)), ShapeError);
}

TEST(Grad, OfAValueThatIsNotFiniteIsNoNumber) {
  const double inf = std::numeric_limits<double>::infinity();
  const auto overflow = [](const auto& x) { return exp(x) * 2.0; };
  EXPECT_TRUE(std::isnan(grad(overflow)(1000.0)));
  EXPECT_TRUE(std::isnan(grad([](const auto& x) { return log(x); })(0.0)));
  EXPECT_TRUE(std::isnan(grad([&](const auto& x) { return x + inf; })(1.0)));
  EXPECT_EQ(grad(overflow)(0.0), 2);
  const auto [value, gradient] = value_and_grad(overflow)(1000.0);
  EXPECT_EQ(value, inf);
  EXPECT_TRUE(std::isnan(gradient));
}

TEST(Tape, CountsHowOftenItsNumbersAreUsedAndTakesSomeForConstants) {
  Tape tape;
  const Var x = tape.variable(3);
  const Var y = x * x;        // used twice below
  const Var z = y * 2.0 + y;  // 3 x^2
  tape.differentiate(z);
  EXPECT_EQ(tape.derivative(x), 18);
  const std::vector<std::uint32_t> uses = tape.uses();
  EXPECT_EQ(uses[tape.position(x)], 0u);  // a variable
  EXPECT_EQ(uses[tape.position(y)], 2u);
  tape.differentiate_but(std::span<const Var>(&z, 1), [&](std::size_t i) { return uses[i] == 2; });
  EXPECT_EQ(tape.derivative(x), 0);
  tape.differentiate_nothing();
  EXPECT_TRUE(std::isnan(tape.derivative(x)));
}

}  // namespace
}  // namespace gradus
