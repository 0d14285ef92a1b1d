// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "gradus/autodiff/tape.hpp"
#include "gradus/autodiff/tracked.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus {

/// A tape whose every number stands beside its exact one.
template <std::floating_point T>
using TrackedVar = BasicVar<Tracked<T>>;

namespace detail {

/// A batch, in the number type of the pass that is on trial.
template <std::floating_point T>
struct Batch {
  std::span<const T> theta;
  ConstMatrixView<T> x;
  Targets<T> targets;
};

/// Reverse differentiation of the pass that a T makes, rounded as it rounds and exactly, in one: what rounding has done
/// to every number on the way there and back is known, not bounded. The pass takes the branches that a T takes.
template <std::floating_point T, class L>
class TrackedSource {
 public:
  using Number = TrackedVar<T>;

  void run(const BasicNetwork<L>& network, const Loss& loss, const Batch<T>& batch, std::uint64_t seed, bool input) {
    tape_.clear();
    trace_.mode = Mode::training;
    trace_.seed = seed;
    theta_.clear();
    for (const T value : batch.theta) theta_.push_back(tape_.variable(value));
    x_.resize(batch.x.rows(), batch.x.cols());
    for (Index i = 0; i < x_.rows(); ++i)
      for (Index j = 0; j < x_.cols(); ++j) x_(i, j) = input ? tape_.variable(batch.x(i, j)) : Number(batch.x(i, j));
    forward(network, theta_, x_, trace_);
    const Number value = loss_of_trace(network, loss, trace_, batch.targets);
    tape_.differentiate(value);
    exact_.clear();
    error_.clear();
    for (const Number& parameter : theta_) collect(parameter);
    if (input)
      for (const Number& number : x_.values()) collect(number);
    note_loss(value);
  }

  /// By theta, then by x if it was asked for.
  const std::vector<double>& exact() const { return exact_; }
  /// How far the tape in T is from it.
  const std::vector<double>& error() const { return error_; }
  const Trace<Number>& trace() const { return trace_; }
  /// What rounding may do to the loss, to first order: its own error, and that of every number between the layers by
  /// what the loss feels of it.
  double loss_rounding() const { return loss_rounding_; }

 private:
  void collect(const Number& number) {
    const Tracked<T> derivative = tape_.derivative(number);
    exact_.push_back(derivative.exact().hi());
    error_.push_back(std::abs(derivative.error()));
  }

  void note_loss(const Number& loss) {
    constexpr double eps = std::numeric_limits<double>::epsilon();
    double felt = std::abs(static_cast<double>(loss.value().value()));
    const auto feel = [&](const std::vector<Number>& numbers) {
      for (const Number& number : numbers)
        felt += std::abs(static_cast<double>(number.value().value()) * tape_.derivative(number).exact().hi());
    };
    feel(theta_);
    feel(x_.values());
    for (const Matrix<Number>& outputs : trace_.outputs) feel(outputs.values());
    for (const LayerMemory<Number>& memory : trace_.memory) feel(memory.numbers);
    loss_rounding_ = eps * felt;
    if constexpr (std::same_as<T, double>) loss_rounding_ += std::abs(loss.value().error());
  }

  BasicTape<Tracked<T>> tape_;
  Trace<Number> trace_;
  std::vector<Number> theta_;
  Matrix<Number> x_;
  std::vector<double> exact_;
  std::vector<double> error_;
  double loss_rounding_ = 0;
};

}  // namespace detail

extern template void detail::forward_layer(const Network&, std::size_t, std::span<const TrackedVar<double>>,
                                           ConstMatrixView<TrackedVar<double>>, Trace<TrackedVar<double>>&);
extern template ConstMatrixView<TrackedVar<double>> forward(const Network&, std::span<const TrackedVar<double>>,
                                                            ConstMatrixView<TrackedVar<double>>,
                                                            Trace<TrackedVar<double>>&);
extern template TrackedVar<double> loss_of_trace(const Network&, const Loss&, const Trace<TrackedVar<double>>&,
                                                 const Targets<double>&);
extern template void detail::forward_layer(const Network&, std::size_t, std::span<const TrackedVar<float>>,
                                           ConstMatrixView<TrackedVar<float>>, Trace<TrackedVar<float>>&);
extern template ConstMatrixView<TrackedVar<float>> forward(const Network&, std::span<const TrackedVar<float>>,
                                                           ConstMatrixView<TrackedVar<float>>,
                                                           Trace<TrackedVar<float>>&);
extern template TrackedVar<float> loss_of_trace(const Network&, const Loss&, const Trace<TrackedVar<float>>&,
                                                const Targets<float>&);

}  // namespace gradus
