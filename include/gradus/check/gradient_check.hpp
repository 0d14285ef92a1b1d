// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/autodiff/pass.hpp"

/// The gradient of a network's loss from five sources, compared. The hand-written backward pass is on trial; the tape
/// and dual numbers differentiate the same forward pass exactly; finite differences know nothing but its values.
namespace gradus {

enum class GradientSource { hand, tape, dual, forward_difference, central_difference };

inline constexpr std::array<std::string_view, 5> gradient_source_names{"hand", "tape", "dual", "forward", "central"};

struct GradientCheckOptions {
  double forward_step = 1e-4;  ///< of (L(w + h) - L(w)) / h
  double central_step = 6e-6;  ///< of (L(w + h) - L(w - h)) / 2h: near the cube root of 2^-52
};

enum class GradientVerdict {
  right,
  wrong,
  unproven,  ///< the gradient is zero throughout: nothing was compared
};

/// One parameter array: how far each source is from the hand-written gradient.
struct BlockCheck {
  ParameterBlock block;
  double norm = 0;  ///< Euclidean norm of the hand-written gradient
  /// ||g - g'|| / (||g|| + ||g'||), for each GradientSource; 0 where both are zero, NaN where either is not finite.
  std::array<double, 5> relative_error{};
  /// How large ||g - g'|| may be: for tape and duals from rounding, for differences from their estimated error.
  std::array<double, 5> tolerance{};
  std::array<bool, 5> agrees{};
  GradientVerdict verdict = GradientVerdict::right;
};

struct GradientCheck {
  double loss = 0;
  std::array<std::vector<double>, 5> gradients;  ///< over all of theta, for each GradientSource
  std::vector<BlockCheck> blocks;

  bool passed() const;
  /// An aligned table, one parameter array a line, under a line of headings.
  std::string table() const;
};

/// The loss's gradient by finite differences, (L(w + up) - L(w - down)) / (up + down), one parameter w at a time:
/// forward differences with down = 0, central ones with down = up.
template <class L>
std::vector<double> difference_gradient(const BasicNetwork<L>& network, const Loss& loss, std::vector<double> theta,
                                        ConstMatrixView<double> x, ConstMatrixView<double> targets, double up,
                                        double down) {
  Trace<double> trace;
  std::vector<double> gradient;
  for (double& parameter : theta) {
    const double value = parameter;
    parameter = value + up;
    const double above = loss_value(network, loss, theta, x, targets, trace);
    parameter = value - down;
    const double below = loss_value(network, loss, theta, x, targets, trace);
    parameter = value;
    gradient.push_back((above - below) / (up + down));
  }
  return gradient;
}

namespace detail {

/// What the comparison needs beside the gradients. `scale[b]` bounds the size of the numbers that were added up into
/// block b's gradient: cancellation among them is no fault of the source.
struct GradientEvidence {
  std::array<std::vector<double>, 5> gradients;
  std::vector<double> forward_half, central_half;  // the differences at half their step
  std::vector<double> scale;
  double loss = 0;
  double summands = 0;  // longest chain of additions behind one number
};

GradientCheck judge(const std::vector<ParameterBlock>& blocks, const GradientEvidence& evidence,
                    const GradientCheckOptions& options);

template <class L>
std::vector<double> tape_gradient(const BasicNetwork<L>& network, const Loss& loss, std::span<const double> theta,
                                  const Matrix<double>& x, ConstMatrixView<double> targets) {
  Tape tape;
  std::vector<Var> variables;
  for (const double value : theta) variables.push_back(tape.variable(value));
  Matrix<Var> inputs(x.rows(), x.cols());
  std::copy(x.values().begin(), x.values().end(), inputs.values().begin());
  Trace<Var> trace;
  tape.differentiate(loss_value(network, loss, variables, inputs, targets, trace));
  std::vector<double> gradient;
  gradient.reserve(variables.size());
  for (const Var& variable : variables) gradient.push_back(tape.derivative(variable));
  return gradient;
}

template <class L>
std::vector<double> dual_gradient(const BasicNetwork<L>& network, const Loss& loss, std::span<const double> theta,
                                  const Matrix<double>& x, ConstMatrixView<double> targets) {
  std::vector<Dual<double>> parameters(theta.begin(), theta.end());
  Matrix<Dual<double>> inputs(x.rows(), x.cols());
  std::copy(x.values().begin(), x.values().end(), inputs.values().begin());
  Trace<Dual<double>> trace;
  std::vector<double> gradient;
  for (Dual<double>& parameter : parameters) {
    parameter.derivative = 1;
    gradient.push_back(loss_value(network, loss, parameters, inputs, targets, trace).derivative);
    parameter.derivative = 0;
  }
  return gradient;
}

inline double norm_of(std::span<const double> values) {
  double squares = 0;
  for (const double value : values) squares += value * value;
  return std::sqrt(squares);
}

/// For each block: the sum over samples of the norm of the sample's gradient, and of what a seed of 1 at every output
/// gives there. The first bounds cancellation among samples, the second that in p - t at a confident output.
template <class L>
std::vector<double> gradient_scale(const BasicNetwork<L>& network, const Loss& loss, std::span<const double> theta,
                                   ConstMatrixView<double> x, ConstMatrixView<double> targets) {
  const std::vector<ParameterBlock> blocks = network.parameter_blocks();
  std::vector<double> scale(blocks.size());
  std::vector<double> gradient(theta.size());
  Trace<double> trace;
  const std::size_t depth = is_fused(network, loss.function) ? network.size() - 1 : network.size();
  const Matrix<double> ones(1, network.outputs(depth - 1), 1.0);
  const auto add = [&](double factor) {
    for (std::size_t b = 0; b < blocks.size(); ++b)
      scale[b] += factor * norm_of(std::span(gradient).subspan(static_cast<std::size_t>(blocks[b].offset),
                                                               static_cast<std::size_t>(blocks[b].size())));
  };
  const Loss sum{loss.function, Reduction::sum};
  const double factor = loss.scale(x.rows(), network.outputs());
  for (Index i = 0; i < x.rows(); ++i) {
    const ConstMatrixView<double> xi = x.middle_rows(i, 1);
    forward(network, theta, xi, trace);
    gradient_of_trace(network, sum, theta, xi, targets.middle_rows(i, 1), trace, gradient);
    add(factor);
    backward(network, theta, xi, trace, ones, depth, gradient);
    add(factor);
  }
  return scale;
}

}  // namespace detail

/// Differentiates the loss of a batch by every parameter in five ways and compares them, parameter array by parameter
/// array. Cost: 2 P + 4 P forward passes for P parameters, beside a constant number of others.
/// Throws ShapeError if network, theta, x and targets do not fit together.
template <class L>
GradientCheck check_gradients(const BasicNetwork<L>& network, const Loss& loss, const std::vector<double>& theta,
                              const Matrix<double>& x, const Matrix<double>& targets,
                              const GradientCheckOptions& options = {}) {
  detail::GradientEvidence evidence;
  Trace<double> trace;
  std::vector<double> hand(theta.size(), std::numeric_limits<double>::quiet_NaN());  // backward must write it all
  evidence.loss = value_and_gradient(network, loss, theta, x, targets, trace, hand);
  const auto difference = [&](double up, double down) {
    return difference_gradient(network, loss, theta, x, targets, up, down);
  };
  const double h = options.forward_step;
  const double c = options.central_step;
  evidence.gradients = {std::move(hand), detail::tape_gradient(network, loss, theta, x, targets),
                        detail::dual_gradient(network, loss, theta, x, targets), difference(h, 0), difference(c, c)};
  evidence.forward_half = difference(h / 2, 0);
  evidence.central_half = difference(c / 2, c / 2);
  evidence.scale = detail::gradient_scale(network, loss, theta, x, targets);
  evidence.summands = static_cast<double>(x.rows());
  for (std::size_t l = 0; l < network.size(); ++l)
    evidence.summands += static_cast<double>(network.inputs(l) + network.outputs(l));
  return detail::judge(network.parameter_blocks(), evidence, options);
}

}  // namespace gradus
