// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "gradus/check/gradient_check.hpp"

/// The full check, every source and every proof, for a loss of your own.
namespace gradus {

/// What is checked: a value, generic over the number type, and its derivative by hand.
template <class F>
concept CheckableLoss = std::regular<F> && requires(const F loss, std::span<const double> p, std::span<double> d) {
  { F::name } -> std::convertible_to<std::string_view>;
  { loss.template value<double>(p, p) } -> std::same_as<double>;
  loss.template gradient<double>(p, p, d);
};

namespace detail {

/// A loss as the last layer of a network: Y[i] = -L(p_i, t_i), which the negative log-likelihood of the target 1 makes
/// the sum of L again. X is (batch, width + 1): p, then the number of the sample, by which its targets are found.
template <class F>
struct LossAsLayer {
  static constexpr std::string_view name = F::name;
  static constexpr bool is_activation = false;

  F loss{};
  Matrix<double> targets{};

  Index width() const { return targets.cols(); }
  Index inputs() const { return width() + 1; }
  Index outputs() const { return 1; }
  Index parameter_count() const { return 0; }
  std::vector<ParameterBlock> parameter_blocks() const { return {}; }

  template <Number T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y) const {
    for (Index i = 0; i < x.rows(); ++i)
      y(i, 0) = -loss.template value<T>(outputs_of<T>(x, i), std::span<const Scalar<T>>(targets_of<T>(x, i)));
  }
  template <std::floating_point T>
  void backward(std::span<const T> /*theta*/, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> /*dtheta*/) const {
    for (Index i = 0; i < dx.rows(); ++i) {
      const std::span<T> d = dx.row(i).first(static_cast<std::size_t>(width()));
      loss.template gradient<T>(outputs_of<T>(x, i), std::span<const T>(targets_of<T>(x, i)), d);
      for (T& number : d) number *= -dy(i, 0);
      dx(i, width()) = 0;
    }
  }

  bool operator==(const LossAsLayer&) const = default;

 private:
  template <Number T>
  std::span<const T> outputs_of(ConstMatrixView<T> x, Index i) const {
    return x.row(i).first(static_cast<std::size_t>(width()));
  }
  template <Number T>
  std::vector<Scalar<T>> targets_of(ConstMatrixView<T> x, Index i) const {
    const double number = std::nearbyint(static_cast<double>(value_of(x(i, width()))));
    const auto sample = static_cast<Index>(std::clamp(number, 0.0, static_cast<double>(targets.rows() - 1)));
    std::vector<Scalar<T>> t;
    for (const double target : targets.row(sample)) t.push_back(static_cast<Scalar<T>>(target));
    return t;
  }
};

}  // namespace detail

/// Holds the derivative by hand of the loss, summed over the samples whose outputs are p (batch, width), against all
/// sources; the array that is judged is called "input". In T, float or double. Throws ShapeError unless the targets
/// have the shape of p.
template <CheckableLoss F, std::floating_point T = double>
GradientCheck check_loss(const F& loss, const Matrix<T>& p, const Matrix<T>& targets,
                         const GradientCheckOptions& options = {}) {
  check_length("check", "rows of targets", targets.rows(), p.rows());
  check_length("check", "columns of targets", targets.cols(), p.cols());
  using LossLayer = std::variant<detail::LossAsLayer<F>>;
  Matrix<double> wide(targets.rows(), targets.cols());
  std::copy(targets.values().begin(), targets.values().end(), wide.values().begin());
  const BasicNetwork<LossLayer> network({detail::LossAsLayer<F>{loss, wide}});
  Matrix<T> x(p.rows(), p.cols() + 1);
  for (Index i = 0; i < p.rows(); ++i) {
    std::copy(p.row(i).begin(), p.row(i).end(), x.row(i).begin());
    x(i, p.cols()) = static_cast<T>(i);
  }
  return check_gradients(network, Loss{NegativeLogLikelihood{}, Reduction::sum}, std::vector<T>{}, x,
                         Targets<T>(Matrix<T>(p.rows(), 1, std::vector<T>(static_cast<std::size_t>(p.rows()), T(1)))),
                         options);
}

}  // namespace gradus
