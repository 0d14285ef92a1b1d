// SPDX-License-Identifier: MIT
#pragma once

#include <tuple>
#include <utility>

#include "gradus/autodiff/tape.hpp"
#include "gradus/core/algebra.hpp"

/// Derivatives of ordinary functions, with call sites like a notebook's:
///
///     auto cost = [](const auto& W, const auto& b, const auto& x, const auto& target) {
///       return mean(square(sigmoid(matmul(x, W) + b) - target));
///     };
///     const auto [dW, db] = grad<0, 1>(cost)(W, b, x, target);
///
/// The function is generic in the arguments it is differentiated by: they arrive with `Var` in place of `double`. An
/// argument is a number, a matrix, or a pair, tuple or vector of such (a list of layers); its derivative has its shape.
namespace gradus {
namespace detail {

/// The same structure, holding tape numbers.
inline Var lift(double x, Tape& tape) { return tape.variable(x); }
inline Matrix<Var> lift(const Matrix<double>& x, Tape& tape) {
  return map(x, [&](double value) { return tape.variable(value); });
}
template <class A, class B>
auto lift(const std::pair<A, B>& x, Tape& tape);
template <class... A>
auto lift(const std::tuple<A...>& x, Tape& tape);
template <class A>
auto lift(const std::vector<A>& x, Tape& tape) {
  std::vector<decltype(lift(x[0], tape))> lifted;
  for (const A& value : x) lifted.push_back(lift(value, tape));
  return lifted;
}
template <class A, class B>
auto lift(const std::pair<A, B>& x, Tape& tape) {
  auto first = lift(x.first, tape);  // in order, so that the tape's order is the argument's
  return std::pair(std::move(first), lift(x.second, tape));
}
template <class... A>
auto lift(const std::tuple<A...>& x, Tape& tape) {
  return std::apply([&](const auto&... value) { return std::tuple{lift(value, tape)...}; }, x);
}

/// The derivatives by everything in a lifted structure, in the structure's shape.
inline double derivatives(const Var& x, const Tape& tape) { return tape.derivative(x); }
inline Matrix<double> derivatives(const Matrix<Var>& x, const Tape& tape) {
  return map(x, [&](const Var& value) { return tape.derivative(value); });
}
template <class A, class B>
auto derivatives(const std::pair<A, B>& x, const Tape& tape);
template <class... A>
auto derivatives(const std::tuple<A...>& x, const Tape& tape);
template <class A>
auto derivatives(const std::vector<A>& x, const Tape& tape) {
  std::vector<decltype(derivatives(x[0], tape))> result;
  for (const A& value : x) result.push_back(derivatives(value, tape));
  return result;
}
template <class A, class B>
auto derivatives(const std::pair<A, B>& x, const Tape& tape) {
  return std::pair(derivatives(x.first, tape), derivatives(x.second, tape));
}
template <class... A>
auto derivatives(const std::tuple<A...>& x, const Tape& tape) {
  return std::apply([&](const auto&... value) { return std::tuple{derivatives(value, tape)...}; }, x);
}

}  // namespace detail

/// A function's value with its derivative.
template <class Gradient>
struct ValueAndGradient {
  double value;
  Gradient gradient;
};

/// Differentiates a result; where it is infinite or no number there is no derivative, and all are NaN.
inline void differentiate_if_finite(Tape& tape, const Var& value) {
  if (std::isfinite(value.value()))
    tape.differentiate(value);
  else
    tape.differentiate_nothing();
}

/// The function (arguments...) -> {f, gradient of f by the arguments numbered `argnums`}. The gradient is one structure
/// for one argument number (none named: the first), a tuple of them for several. f must return one number; where that
/// is not finite, the gradient is NaN.
template <std::size_t... argnums, class F>
auto value_and_grad(F f) {
  if constexpr (sizeof...(argnums) == 0) {
    return value_and_grad<0>(std::move(f));
  } else {
    return [f = std::move(f)](const auto&... arguments) {
      Tape tape;
      const auto lift_if_named = [&]<std::size_t i>(std::integral_constant<std::size_t, i>, const auto& argument) {
        if constexpr (((i == argnums) || ...))
          return detail::lift(argument, tape);
        else
          return argument;
      };
      const auto lifted = [&]<std::size_t... i>(std::index_sequence<i...>) {
        return std::tuple{lift_if_named(std::integral_constant<std::size_t, i>{}, arguments)...};
      }
      (std::index_sequence_for<decltype(arguments)...>{});
      const Var value = std::apply(f, lifted);
      differentiate_if_finite(tape, value);
      if constexpr (sizeof...(argnums) == 1) {
        auto gradient = detail::derivatives(std::get<argnums...>(lifted), tape);
        return ValueAndGradient<decltype(gradient)>{value.value(), std::move(gradient)};
      } else {
        auto gradient = std::tuple{detail::derivatives(std::get<argnums>(lifted), tape)...};
        return ValueAndGradient<decltype(gradient)>{value.value(), std::move(gradient)};
      }
    };
  }
}

/// The function (arguments...) -> gradient of f by the arguments numbered `argnums`: `grad(f)`, `grad<1>(f)`,
/// `grad<0, 1>(f)`.
template <std::size_t... argnums, class F>
auto grad(F f) {
  return [g = value_and_grad<argnums...>(std::move(f))](const auto&... arguments) { return g(arguments...).gradient; };
}

/// The derivative of a function that acts on each number of a matrix by itself: x -> (df/dx)_ij, in the shape of x.
template <class F>
auto elementwise_grad(F f) {
  return [f = std::move(f)](const Matrix<double>& x) {
    Tape tape;
    const Matrix<Var> lifted = detail::lift(x, tape);
    const Matrix<Var> y = f(lifted);
    tape.differentiate(y.values());
    return detail::derivatives(lifted, tape);
  };
}

/// x^2 of every number.
template <Number T>
Matrix<T> square(const Matrix<T>& x) {
  return x * x;
}

}  // namespace gradus
