// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gradus/optim/conjugate_gradient.hpp"
#include "gradus/optim/lbfgs.hpp"
#include "gradus/optim/levenberg_marquardt.hpp"
#include "gradus/optim/line_search.hpp"

/// Minimisers that ask for the function as often as they need, on any function: `minimize(Lbfgs{}, f, theta)`.
namespace gradus {

/// The value at theta; writes the derivative by each number of theta into `gradient`.
template <std::floating_point T>
using Objective = std::function<T(std::span<const T> theta, std::span<T> gradient)>;

/// The residuals r at theta; also, where it is not null, sizes and writes the Jacobian: (residuals, parameters).
template <std::floating_point T>
using Residuals = std::function<void(std::span<const T> theta, std::vector<T>& residuals, Matrix<T>* jacobian)>;

/// Where a minimiser stands: theta belongs to the caller, value and gradient belong to theta.
template <std::floating_point T>
struct Standing {
  std::span<T> theta;
  T value = 0;
  std::vector<T> gradient;
};

/// A method that moves downhill along a line at each iteration.
using DescentMethod = std::variant<Lbfgs, ConjugateGradient>;

/// What a descent method remembers of the iterations made.
template <std::floating_point T>
struct DescentState {
  std::vector<std::vector<T>> steps, changes;  ///< of theta and of the gradient, oldest first
  std::vector<T> direction, gradient;          ///< of the iteration before
  T gain = 0;                                  ///< its step times slope
  Index evaluations = 0;

  bool operator==(const DescentState&) const = default;
};

/// A descent method at work on one theta.
template <std::floating_point T>
class Descent {
 public:
  /// Throws ValueError if the method's own numbers are out of range.
  explicit Descent(DescentMethod method);

  /// One iteration. False, with nothing changed, if no step leads further down.
  bool step(const Objective<T>& objective, Standing<T>& at);
  Index evaluations() const { return state_.evaluations; }
  void forget();
  const DescentState<T>& state() const { return state_; }
  void set_state(DescentState<T> state) { state_ = std::move(state); }

 private:
  std::vector<T> direction(const Standing<T>& at) const;
  std::vector<T> quasi_newton(const Standing<T>& at) const;
  T first_step(const Standing<T>& at, T slope) const;
  bool search(const Objective<T>& objective, Standing<T>& at, const std::vector<T>& d, T slope);
  void remember(const Standing<T>& at, const std::vector<T>& d, T step, const std::vector<T>& last_gradient, T slope);

  DescentMethod method_;
  DescentState<T> state_;
};

/// What Levenberg and Marquardt remember: where theta stands, and how far steps can be trusted.
template <std::floating_point T>
struct LeastSquaresState {
  double damping = 0;
  double growth = 2;
  std::vector<T> residuals, scale;
  Matrix<T> jacobian;
  T last_change = 1;
  Index evaluations = 0;
};

/// Levenberg and Marquardt at work on one theta. The value of a Standing is |r|^2, its gradient 2 J^T r.
template <std::floating_point T>
class LeastSquares {
 public:
  explicit LeastSquares(LevenbergMarquardt method);

  /// Evaluates residuals and Jacobian at theta.
  void start(const Residuals<T>& residuals, Standing<T>& at);
  /// Goes on where the last step ended, which must be at.theta: fills in value and gradient.
  void resume(Standing<T>& at) const;
  /// One iteration: tries dampings until a step leads down. False, with nothing changed, if none does.
  bool step(const Residuals<T>& residuals, Standing<T>& at);

  /// The largest cosine between r and a column of J: 0 at a minimum, whatever the scale (More, 1978).
  T cosine() const;
  /// Length of the last step over that of theta, in the scale D.
  T last_change() const { return state_.last_change; }
  Index evaluations() const { return state_.evaluations; }
  double damping() const { return state_.damping; }
  const LeastSquaresState<T>& state() const { return state_; }
  void set_state(LeastSquaresState<T> state) { state_ = std::move(state); }

 private:
  void take(const Residuals<T>& residuals, Standing<T>& at);

  LeastSquaresState<T> state_;
};

extern template class Descent<double>;
extern template class Descent<float>;
extern template class LeastSquares<double>;
extern template class LeastSquares<float>;

struct MinimizeOptions {
  Index iterations = 1000;
  double gradient_tolerance = 1e-8;  ///< on the largest number of the gradient; with LevenbergMarquardt on the cosine
  double change_tolerance = 1e-12;   ///< LevenbergMarquardt: on the relative change of theta
};

enum class MinimizeStop {
  converged,   ///< the gradient, or the change, is below its tolerance
  stalled,     ///< no step leads further down: the number type's end, or a wrong gradient
  iterations,  ///< all are made
  diverged,    ///< the function is not finite where the search starts
};

struct MinimizeResult {
  double value = 0;
  double gradient_norm = 0;  ///< the largest number of the gradient; with LevenbergMarquardt the cosine
  Index iterations = 0;
  Index evaluations = 0;
  MinimizeStop stop = MinimizeStop::iterations;
};

/// Moves theta to a minimum near it, in place. Throws ValueError if the method's or the options' numbers are out of
/// range.
template <std::floating_point T>
MinimizeResult minimize(const DescentMethod& method, const Objective<T>& objective, std::span<T> theta,
                        const MinimizeOptions& options = {});
/// The same of a sum of squares.
template <std::floating_point T>
MinimizeResult minimize(const LevenbergMarquardt& method, const Residuals<T>& residuals, std::span<T> theta,
                        const MinimizeOptions& options = {});

/// On vectors of doubles: `minimize(Lbfgs{}, f, theta)`.
inline MinimizeResult minimize(const DescentMethod& method, const Objective<double>& objective,
                               std::vector<double>& theta, const MinimizeOptions& options = {}) {
  return minimize<double>(method, objective, std::span<double>(theta), options);
}
inline MinimizeResult minimize(const LevenbergMarquardt& method, const Residuals<double>& residuals,
                               std::vector<double>& theta, const MinimizeOptions& options = {}) {
  return minimize<double>(method, residuals, std::span<double>(theta), options);
}

}  // namespace gradus
