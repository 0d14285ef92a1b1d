// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>

#include "gradus/core/elementary.hpp"
#include "gradus/optim/minimize.hpp"

namespace gradus {
namespace {

constexpr int kTries = 60;  // of a damping, each at least twice the one before

template <std::floating_point T>
T sum_of_squares(std::span<const T> r) {
  T sum = 0;
  for (const T x : r) sum += x * x;
  return sum;
}

/// Householder's reflections: a becomes R in its upper triangle, b becomes Q^T b (Golub and Van Loan, 2013, 5.2).
template <std::floating_point T>
void reduce(Matrix<T>& a, std::vector<T>& b) {
  for (Index j = 0; j < std::min(a.rows(), a.cols()); ++j) {
    T norm = 0;
    for (Index i = j; i < a.rows(); ++i) norm = hypot(norm, a(i, j));
    if (norm == 0) continue;
    const T pivot = a(j, j);
    const T head = pivot + std::copysign(norm, pivot);  // of the reflection's vector, whose tail is the column's
    const auto reflect = [&](auto at) {
      T projection = head * at(j);
      for (Index i = j + 1; i < a.rows(); ++i) projection += a(i, j) * at(i);
      const T factor = projection / (std::abs(head) * norm);
      at(j) -= factor * head;
      for (Index i = j + 1; i < a.rows(); ++i) at(i) -= factor * a(i, j);
    };
    for (Index k = j + 1; k < a.cols(); ++k) reflect([&](Index i) -> T& { return a(i, k); });
    reflect([&](Index i) -> T& { return b[static_cast<std::size_t>(i)]; });
    a(j, j) = -std::copysign(norm, pivot);
  }
}

/// The least-squares solution of a x = b, for rows >= cols. Zero where a column gives nothing.
template <std::floating_point T>
std::vector<T> solve(Matrix<T> a, std::vector<T> b) {
  reduce(a, b);
  std::vector<T> x(static_cast<std::size_t>(a.cols()));
  for (Index j = a.cols(); j-- > 0;) {
    T sum = b[static_cast<std::size_t>(j)];
    for (Index k = j + 1; k < a.cols(); ++k) sum -= a(j, k) * x[static_cast<std::size_t>(k)];
    x[static_cast<std::size_t>(j)] = a(j, j) != 0 ? sum / a(j, j) : T(0);
  }
  return x;
}

}  // namespace

template <std::floating_point T>
LeastSquares<T>::LeastSquares(LevenbergMarquardt method) {
  state_.damping = method.damping;
  method.check();
}

template <std::floating_point T>
void LeastSquares<T>::start(const Residuals<T>& residuals, Standing<T>& at) {
  state_.scale.assign(at.theta.size(), T(0));
  take(residuals, at);
}

template <std::floating_point T>
void LeastSquares<T>::resume(Standing<T>& at) const {
  at.value = sum_of_squares<T>(state_.residuals);
  at.gradient.assign(at.theta.size(), T(0));
  for (Index i = 0; i < state_.jacobian.rows(); ++i)
    for (std::size_t j = 0; j < at.theta.size(); ++j)
      at.gradient[j] += 2 * state_.jacobian(i, static_cast<Index>(j)) * state_.residuals[static_cast<std::size_t>(i)];
}

template <std::floating_point T>
void LeastSquares<T>::take(const Residuals<T>& residuals, Standing<T>& at) {
  residuals(at.theta, state_.residuals, &state_.jacobian);
  ++state_.evaluations;
  resume(at);
  for (Index j = 0; j < state_.jacobian.cols(); ++j) {
    T squares = 0;
    for (Index i = 0; i < state_.jacobian.rows(); ++i) squares += state_.jacobian(i, j) * state_.jacobian(i, j);
    T& scale = state_.scale[static_cast<std::size_t>(j)];
    scale = std::max(scale, std::sqrt(squares));
  }
}

template <std::floating_point T>
T LeastSquares<T>::cosine() const {
  const T length = std::sqrt(sum_of_squares<T>(state_.residuals));
  T most = 0;
  for (Index j = 0; j < state_.jacobian.cols(); ++j) {
    T product = 0;
    T squares = 0;
    for (Index i = 0; i < state_.jacobian.rows(); ++i) {
      product += state_.jacobian(i, j) * state_.residuals[static_cast<std::size_t>(i)];
      squares += state_.jacobian(i, j) * state_.jacobian(i, j);
    }
    if (product != 0) most = std::max(most, std::abs(product) / (length * std::sqrt(squares)));
  }
  return most;
}

template <std::floating_point T>
bool LeastSquares<T>::step(const Residuals<T>& residuals, Standing<T>& at) {
  const Index n = state_.jacobian.cols();
  Matrix<T> upper = state_.jacobian;
  std::vector<T> rotated = state_.residuals;
  reduce(upper, rotated);
  const Index k = std::min(upper.rows(), n);
  const std::vector<T> from(at.theta.begin(), at.theta.end());
  std::vector<T> trial;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    // [R; sqrt(lambda) D] d = [-Q^T r; 0]
    Matrix<T> system(k + n, n, T(0));
    std::vector<T> right(static_cast<std::size_t>(k + n), T(0));
    const auto d = [&](Index j) {
      const T scale = state_.scale[static_cast<std::size_t>(j)];
      return scale > 0 ? scale : T(1);
    };
    for (Index i = 0; i < k; ++i) {
      for (Index j = i; j < n; ++j) system(i, j) = upper(i, j);
      right[static_cast<std::size_t>(i)] = -rotated[static_cast<std::size_t>(i)];
    }
    for (Index j = 0; j < n; ++j) system(k + j, j) = static_cast<T>(std::sqrt(state_.damping)) * d(j);
    const std::vector<T> step = solve(std::move(system), std::move(right));
    T promised = 0;
    T moved = 0;
    T size = 0;
    for (Index j = 0; j < n; ++j) {
      const auto at_j = static_cast<std::size_t>(j);
      const T scaled = d(j) * step[at_j];
      promised += static_cast<T>(state_.damping) * scaled * scaled - step[at_j] * at.gradient[at_j] / 2;
      moved += scaled * scaled;
      size += d(j) * from[at_j] * d(j) * from[at_j];
      at.theta[at_j] = from[at_j] + step[at_j];
    }
    residuals(at.theta, trial, nullptr);
    ++state_.evaluations;
    const T value = sum_of_squares<T>(trial);
    if (value < at.value && promised > 0) {
      const double gain = static_cast<double>((at.value - value) / promised);
      state_.damping = std::max(1e-18, state_.damping * std::max(1.0 / 3, 1 - pow(2 * gain - 1, 3)));
      state_.growth = 2;
      state_.last_change = std::sqrt(moved / std::max(size, std::numeric_limits<T>::min()));
      take(residuals, at);
      return true;
    }
    state_.damping *= state_.growth;
    state_.growth *= 2;
    if (moved <= std::numeric_limits<T>::epsilon() * std::numeric_limits<T>::epsilon() * size) break;
  }
  std::copy(from.begin(), from.end(), at.theta.begin());
  state_.growth = 2;
  return false;
}

template <std::floating_point T>
MinimizeResult minimize(const LevenbergMarquardt& method, const Residuals<T>& residuals, std::span<T> theta,
                        const MinimizeOptions& options) {
  if (options.iterations < 0 || !(options.gradient_tolerance >= 0) || !(options.change_tolerance >= 0))
    throw ValueError("[minimize] expected iterations and tolerances of at least 0");
  LeastSquares<T> solver(method);
  Standing<T> at{theta, 0, {}};
  solver.start(residuals, at);
  MinimizeResult result;
  const auto finish = [&](MinimizeStop stop) {
    result.stop = stop;
    result.value = static_cast<double>(at.value);
    result.gradient_norm = static_cast<double>(solver.cosine());
    result.evaluations = solver.evaluations();
    return result;
  };
  if (!std::isfinite(at.value)) return finish(MinimizeStop::diverged);
  while (true) {
    if (static_cast<double>(solver.cosine()) <= options.gradient_tolerance) return finish(MinimizeStop::converged);
    if (result.iterations == options.iterations) return finish(MinimizeStop::iterations);
    if (!solver.step(residuals, at)) return finish(MinimizeStop::stalled);
    ++result.iterations;
    if (static_cast<double>(solver.last_change()) <= options.change_tolerance) return finish(MinimizeStop::converged);
  }
}

template class LeastSquares<double>;
template class LeastSquares<float>;
template MinimizeResult minimize(const LevenbergMarquardt&, const Residuals<double>&, std::span<double>,
                                 const MinimizeOptions&);
template MinimizeResult minimize(const LevenbergMarquardt&, const Residuals<float>&, std::span<float>,
                                 const MinimizeOptions&);

}  // namespace gradus
