// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <ranges>

#include "gradus/core/shape.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"

/// Passes through a network: forward, loss, backward. All are free functions of (network, theta, x); what they must
/// remember lies in a Trace that the caller owns and may reuse, after which they allocate nothing.
namespace gradus {

/// What a pass remembers.
template <Number T>
struct Trace {
  std::vector<Matrix<T>> outputs;       ///< outputs[l] (batch, outputs of layer l)
  std::array<Matrix<T>, 2> derivative;  ///< scratch of `backward`: of the loss by the outputs of two layers in turn
};

/// The network's outputs (batch, outputs) for x (batch, inputs); every layer's are left in the trace.
/// Throws ShapeError if x or theta do not fit the network.
template <Number T, class L>
ConstMatrixView<T> forward(const BasicNetwork<L>& network, std::span<const std::type_identity_t<T>> theta,
                           ConstMatrixView<std::type_identity_t<T>> x, Trace<T>& trace) {
  check_cols("network", "x", x, network.inputs());
  check_length("network", "theta", static_cast<Index>(theta.size()), network.parameter_count());
  trace.outputs.resize(network.size());
  ConstMatrixView<T> in = x;
  for (std::size_t l = 0; l < network.size(); ++l) {
    Matrix<T>& out = trace.outputs[l];
    out.resize(x.rows(), network.outputs(l));
    network.visit(l, [&](const auto& layer) { layer.template forward<T>(network.slice(theta, l), in, out.view()); });
    in = out.view();
  }
  return in;
}

/// The network's outputs, in a matrix of their own.
template <class Theta, class L, class T = std::ranges::range_value_t<Theta>>
Matrix<T> predict(const BasicNetwork<L>& network, const Theta& theta, ConstMatrixView<std::type_identity_t<T>> x) {
  Trace<T> trace;
  forward(network, std::span<const T>(theta), x, trace);
  return std::move(trace.outputs.back());
}

/// Whether the network ends in the loss's canonical link, so that the loss is evaluated on the link's input.
template <class L>
bool is_fused(const BasicNetwork<L>& network, const LossFunction& loss) {
  if (network.size() < 2) return false;
  return std::visit(
      [](const auto& last, const auto& f) {
        using Last = std::decay_t<decltype(last)>;
        return std::is_same_v<Last, typename std::decay_t<decltype(f)>::Link>;
      },
      network.layers().back(), loss);
}

namespace detail {

template <class L>
void check_targets(const BasicNetwork<L>& network, Index batch, Index rows, Index cols) {
  check_rows("loss", "targets", rows, cols, batch);
  check_cols("loss", "targets", rows, cols, network.outputs());
}

}  // namespace detail

/// The loss of the batch whose forward pass is in the trace. Targets are (batch, outputs).
template <Number T, class L>
T loss_of_trace(const BasicNetwork<L>& network, const Loss& loss, const Trace<T>& trace,
                ConstMatrixView<Scalar<std::type_identity_t<T>>> targets) {
  const Matrix<T>& p = trace.outputs.back();
  detail::check_targets(network, p.rows(), targets.rows(), targets.cols());
  const bool fused = is_fused(network, loss.function);
  const Matrix<T>& values = fused ? trace.outputs[network.size() - 2] : p;
  T sum(Scalar<T>(0));
  std::visit(
      [&](const auto& f) {
        for (Index i = 0; i < p.rows(); ++i)
          sum += fused ? f.template value_from_logits<T>(values.row(i), targets.row(i))
                       : f.template value<T>(values.row(i), targets.row(i));
      },
      loss.function);
  return sum * Scalar<T>(loss.scale(p.rows(), p.cols()));
}

/// The loss of a batch: forward pass and loss, on any number type.
template <Number T, class L>
T loss_value(const BasicNetwork<L>& network, const Loss& loss, std::span<const std::type_identity_t<T>> theta,
             ConstMatrixView<std::type_identity_t<T>> x, ConstMatrixView<Scalar<std::type_identity_t<T>>> targets,
             Trace<T>& trace) {
  forward(network, theta, x, trace);
  return loss_of_trace(network, loss, trace, targets);
}

/// Chain rule through the first `depth` layers: given `seed` (batch, outputs of layer depth - 1), the derivative of a
/// scalar by those outputs, writes its derivative by every parameter of these layers into `gradient` (as long as
/// theta; the parts of later layers are left alone) and, unless dx is empty, by x.
/// The forward pass of the same theta and x must be in the trace.
template <std::floating_point T, class L>
void backward(const BasicNetwork<L>& network, std::span<const std::type_identity_t<T>> theta,
              ConstMatrixView<std::type_identity_t<T>> x, Trace<T>& trace,
              ConstMatrixView<std::type_identity_t<T>> seed, std::size_t depth,
              std::span<std::type_identity_t<T>> gradient, MatrixView<std::type_identity_t<T>> dx = {}) {
  check_length("backward", "gradient", static_cast<Index>(gradient.size()), network.parameter_count());
  ConstMatrixView<T> dy = seed;
  for (std::size_t l = depth; l-- > 0;) {
    const ConstMatrixView<T> in = l > 0 ? ConstMatrixView<T>(trace.outputs[l - 1]) : x;
    MatrixView<T> din = dx;
    if (l > 0) {
      Matrix<T>& buffer = trace.derivative[l % 2];
      buffer.resize(in.rows(), in.cols());
      din = buffer.view();
    }
    network.visit(l, [&](const auto& layer) {
      layer.template backward<T>(network.slice(theta, l), in, trace.outputs[l].view(), dy, din,
                                 network.slice(gradient, l));
    });
    dy = din;
  }
}

/// Backward pass of the loss of the batch whose forward pass is in the trace: writes the derivative by every parameter
/// into `gradient` and, unless dx is empty, by x (batch, inputs).
template <std::floating_point T, class L>
void gradient_of_trace(const BasicNetwork<L>& network, const Loss& loss, std::span<const std::type_identity_t<T>> theta,
                       ConstMatrixView<std::type_identity_t<T>> x,
                       ConstMatrixView<std::type_identity_t<T>> targets, Trace<T>& trace,
                       std::span<std::type_identity_t<T>> gradient, MatrixView<std::type_identity_t<T>> dx = {}) {
  const Matrix<T>& p = trace.outputs.back();
  detail::check_targets(network, p.rows(), targets.rows(), targets.cols());
  const bool fused = is_fused(network, loss.function);
  const std::size_t depth = fused ? network.size() - 1 : network.size();
  Matrix<T>& seed = trace.derivative[depth % 2];
  seed.resize(p.rows(), p.cols());
  const T scale = static_cast<T>(loss.scale(p.rows(), p.cols()));
  std::visit(
      [&](const auto& f) {
        for (Index i = 0; i < p.rows(); ++i) {
          const std::span<T> d = seed.row(i);
          if (fused)
            f.template gradient_from_logits<T>(trace.outputs[depth - 1].row(i), p.row(i), targets.row(i), d);
          else
            f.template gradient<T>(p.row(i), targets.row(i), d);
          for (T& value : d) value *= scale;
        }
      },
      loss.function);
  backward(network, theta, x, trace, seed.view(), depth, gradient, dx);
}

/// The loss of a batch, and its derivative by every parameter in `gradient`: one forward and one backward pass.
template <std::floating_point T, class L>
T value_and_gradient(const BasicNetwork<L>& network, const Loss& loss, std::span<const std::type_identity_t<T>> theta,
                     ConstMatrixView<std::type_identity_t<T>> x, ConstMatrixView<std::type_identity_t<T>> targets,
                     Trace<T>& trace, std::span<std::type_identity_t<T>> gradient) {
  forward(network, theta, x, trace);
  const T value = loss_of_trace(network, loss, trace, targets);
  gradient_of_trace(network, loss, theta, x, targets, trace, gradient);
  return value;
}

}  // namespace gradus
