// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "gradus/nn/pass.hpp"
#include "gradus/train/fit.hpp"
#include "gradus/train/updater.hpp"

namespace gradus::detail {

/// What moves theta in a training run: a method with its schedule and regularisation.
template <std::floating_point T>
class Mover {
 public:
  Mover(const FitOptions& options, const std::vector<ParameterBlock>& blocks, Index parameters, Index updates_per_epoch,
        Index samples, Steps steps);

  /// Whether the method steps along a gradient; else it minimises.
  bool steps() const { return updater_.has_value(); }
  bool listens() const { return scheduler_.listens(); }
  /// Of the update that follows `updates` others; 0 for methods without.
  double learning_rate(Index updates) const { return rate_ * scheduler_.factor(updates); }
  T add_penalty(std::span<const T> theta, std::span<T> gradient, double samples) const {
    if (updater_) return static_cast<T>(updater_->add_penalty(theta, gradient, samples));
    return gradus::add_penalty(regularisation_, std::span<const ParameterBlock>(blocks_), samples, theta, gradient);
  }

  void step(std::span<T> theta, std::span<T> gradient, Index updates);
  /// False if no step leads further down.
  bool descend(std::span<T> theta, T value, const std::vector<T>& gradient, const Objective<T>& objective);
  bool reduce(std::span<T> theta, const Residuals<T>& residuals);
  /// False once the schedule is at its end.
  bool end_epoch(double loss) { return scheduler_.end_epoch(loss); }

 private:
  Regularisation regularisation_;
  const std::vector<ParameterBlock>& blocks_;
  Scheduler scheduler_;
  double rate_ = 0;
  std::optional<Updater<T>> updater_;
  std::optional<Descent<T>> descent_;
  std::optional<LeastSquares<T>> squares_;
};

extern template class Mover<double>;
extern template class Mover<float>;

/// The residuals whose squares add up to the squared error of a batch and the l2 penalty:
/// sqrt(scale weight) (p - t) for each output, sqrt(l2 / 2) w for each weight. Their Jacobian by one backward pass for
/// each output of each sample.
template <std::floating_point T, class L>
Residuals<T> network_residuals(const BasicNetwork<L>& network, const Loss& loss, ConstMatrixView<T> x,
                               const Targets<T>& targets, Trace<T>& trace, const Regularisation& regularisation,
                               const std::vector<ParameterBlock>& blocks) {
  const Index width = targets.values.cols();
  const double share = regularisation.per_sample ? 1 / targets.count(width) : 1;
  const double scale = loss.scale(targets, network.outputs());
  const auto root = [=](Index sample) {
    return static_cast<T>(std::sqrt(scale * static_cast<double>(targets.weight(sample, width))));
  };
  const T ridge = static_cast<T>(std::sqrt(regularisation.l2 * share / 2));
  return [=, &network, &trace, &blocks](std::span<const T> theta, std::vector<T>& r, Matrix<T>* jacobian) {
    r.clear();
    forward(network, theta, x, trace);
    const Matrix<T>& p = trace.outputs.back();
    for (Index i = 0; i < x.rows(); ++i)
      for (Index k = 0; k < width; ++k) r.push_back(root(i) * (p(i, k) - targets.values(i, k)));
    const auto errors = static_cast<Index>(r.size());
    for (const ParameterBlock& block : blocks)
      for (Index j = 0; ridge > 0 && !block.is_bias && j < block.size(); ++j)
        r.push_back(ridge * theta[static_cast<std::size_t>(block.offset + j)]);
    if (!jacobian) return;
    *jacobian = Matrix<T>(static_cast<Index>(r.size()), static_cast<Index>(theta.size()), T(0));
    Matrix<T> seed(1, width, T(0));
    for (Index i = 0; i < x.rows(); ++i) {
      trace.first_row = i;
      forward(network, theta, x.middle_rows(i, 1), trace);
      for (Index k = 0; k < width; ++k) {
        seed(0, k) = root(i);
        backward(network, theta, x.middle_rows(i, 1), trace, seed.view(), network.size(), jacobian->row(i * width + k));
        seed(0, k) = 0;
      }
    }
    trace.first_row = 0;
    Index row = errors;
    for (const ParameterBlock& block : blocks)
      for (Index j = 0; ridge > 0 && !block.is_bias && j < block.size(); ++j)
        (*jacobian)(row++, block.offset + j) = ridge;
  };
}

}  // namespace gradus::detail
