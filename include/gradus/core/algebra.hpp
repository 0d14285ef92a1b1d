// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <functional>

#include "gradus/core/matrix.hpp"
#include "gradus/core/scalar.hpp"

/// Algebra on matrices as NumPy writes it: + - * / number by number, with a single row, column or number stretched to
/// fit; `matmul` for the matrix product. Works on every number type, and on two of them mixed (data with tape
/// numbers), so that a formula is written once and run plain or differentiated.
namespace gradus {

/// The type of a + b: the one that carries derivatives, if either does.
template <Number A, Number B>
using Promoted = std::conditional_t<std::floating_point<A>, B, A>;

/// f(a_ij, b_ij), after stretching a dimension of 1 to the other's. Throws ShapeError if they do not fit.
template <Number A, Number B, class F>
auto broadcast(const Matrix<A>& a, const Matrix<B>& b, F f) {
  const auto fits = [](Index m, Index n) { return m == n || m == 1 || n == 1; };
  if (!fits(a.rows(), b.rows()) || !fits(a.cols(), b.cols()))
    throw ShapeError("[broadcast] expected equal shapes, or a dimension of 1, got " + std::to_string(a.rows()) + " x " +
                     std::to_string(a.cols()) + " and " + std::to_string(b.rows()) + " x " + std::to_string(b.cols()));
  const auto stretched = [](Index m, Index n) { return m == 1 ? n : m; };
  Matrix<Promoted<A, B>> result(stretched(a.rows(), b.rows()), stretched(a.cols(), b.cols()));
  for (Index i = 0; i < result.rows(); ++i)
    for (Index j = 0; j < result.cols(); ++j)
      result(i, j) =
          f(a(a.rows() == 1 ? 0 : i, a.cols() == 1 ? 0 : j), b(b.rows() == 1 ? 0 : i, b.cols() == 1 ? 0 : j));
  return result;
}

template <Number A, Number B>
auto operator+(const Matrix<A>& a, const Matrix<B>& b) {
  return broadcast(a, b, std::plus<>{});
}
template <Number A, Number B>
auto operator-(const Matrix<A>& a, const Matrix<B>& b) {
  return broadcast(a, b, std::minus<>{});
}
/// Number by number (Hadamard's product), as in NumPy.
template <Number A, Number B>
auto operator*(const Matrix<A>& a, const Matrix<B>& b) {
  return broadcast(a, b, std::multiplies<>{});
}
template <Number A, Number B>
auto operator/(const Matrix<A>& a, const Matrix<B>& b) {
  return broadcast(a, b, std::divides<>{});
}

template <class S>
concept Factor = Number<S> || std::integral<S>;

/// f(x) of every number.
template <Number T, class F>
auto map(const Matrix<T>& x, F f) {
  Matrix<std::decay_t<decltype(f(x(0, 0)))>> y(x.rows(), x.cols());
  std::transform(x.values().begin(), x.values().end(), y.values().begin(), f);
  return y;
}

namespace detail {
template <Number T, Factor S>
auto as_number(S s) {
  if constexpr (std::integral<S>)
    return static_cast<Scalar<T>>(s);
  else
    return s;
}
}  // namespace detail

template <Number T, Factor S>
auto operator+(const Matrix<T>& a, S s) {
  return map(a, [t = detail::as_number<T>(s)](const T& x) { return x + t; });
}
template <Number T, Factor S>
auto operator-(const Matrix<T>& a, S s) {
  return map(a, [t = detail::as_number<T>(s)](const T& x) { return x - t; });
}
template <Number T, Factor S>
auto operator*(const Matrix<T>& a, S s) {
  return map(a, [t = detail::as_number<T>(s)](const T& x) { return x * t; });
}
template <Number T, Factor S>
auto operator/(const Matrix<T>& a, S s) {
  return map(a, [t = detail::as_number<T>(s)](const T& x) { return x / t; });
}
template <Number T, Factor S>
auto operator+(S s, const Matrix<T>& a) {
  return map(a, [t = detail::as_number<T>(s)](const T& x) { return t + x; });
}
template <Number T, Factor S>
auto operator-(S s, const Matrix<T>& a) {
  return map(a, [t = detail::as_number<T>(s)](const T& x) { return t - x; });
}
template <Number T, Factor S>
auto operator*(S s, const Matrix<T>& a) {
  return map(a, [t = detail::as_number<T>(s)](const T& x) { return t * x; });
}
template <Number T, Factor S>
auto operator/(S s, const Matrix<T>& a) {
  return map(a, [t = detail::as_number<T>(s)](const T& x) { return t / x; });
}
template <Number T>
Matrix<T> operator-(const Matrix<T>& a) {
  return map(a, [](const T& x) { return T(-x); });
}

/// Matrix product (m x k) (k x n). Throws ShapeError if the inner dimensions differ.
template <Number A, Number B>
auto matmul(const Matrix<A>& a, const Matrix<B>& b) {
  if (a.cols() != b.rows())
    throw ShapeError("[matmul] expected as many rows on the right as columns on the left, got " +
                     std::to_string(a.rows()) + " x " + std::to_string(a.cols()) + " and " + std::to_string(b.rows()) +
                     " x " + std::to_string(b.cols()));
  using T = Promoted<A, B>;
  Matrix<T> product(a.rows(), b.cols(), T(Scalar<T>(0)));
  for (Index i = 0; i < a.rows(); ++i)
    for (Index k = 0; k < a.cols(); ++k)
      for (Index j = 0; j < b.cols(); ++j) product(i, j) += a(i, k) * b(k, j);
  return product;
}

template <class T>
Matrix<T> transpose(const Matrix<T>& a) {
  Matrix<T> t(a.cols(), a.rows());
  for (Index i = 0; i < a.rows(); ++i)
    for (Index j = 0; j < a.cols(); ++j) t(j, i) = a(i, j);
  return t;
}

template <Number T>
T sum(const Matrix<T>& a) {
  T total(Scalar<T>(0));
  for (const T& x : a.values()) total += x;
  return total;
}

/// The mean over all numbers; NaN for an empty matrix.
template <Number T>
T mean(const Matrix<T>& a) {
  return sum(a) / static_cast<Scalar<T>>(a.size());
}

/// The sum over each column: 1 x cols.
template <Number T>
Matrix<T> column_sums(const Matrix<T>& a) {
  Matrix<T> sums(1, a.cols(), T(Scalar<T>(0)));
  for (Index i = 0; i < a.rows(); ++i)
    for (Index j = 0; j < a.cols(); ++j) sums(0, j) += a(i, j);
  return sums;
}

template <Number T>
Matrix<T> exp(const Matrix<T>& a) {
  return map(a, [](const T& x) { return exp(x); });
}
template <Number T>
Matrix<T> log(const Matrix<T>& a) {
  return map(a, [](const T& x) { return log(x); });
}
template <Number T>
Matrix<T> tanh(const Matrix<T>& a) {
  return map(a, [](const T& x) { return tanh(x); });
}

}  // namespace gradus
