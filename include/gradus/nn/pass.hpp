// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ranges>

#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/nn/trace.hpp"

/// Passes through a network: forward, loss, backward. All are free functions of (network, theta, x); what they must
/// remember lies in a Trace that the caller owns and may reuse, after which they allocate nothing.
namespace gradus {

namespace detail {

/// Layer l's outputs for its inputs, into the trace, whose memory has been prepared.
template <Number T, class L>
void forward_layer(const BasicNetwork<L>& network, std::size_t l, std::span<const std::type_identity_t<T>> theta,
                   ConstMatrixView<std::type_identity_t<T>> in, Trace<T>& trace) {
  Matrix<T>& out = trace.outputs[l];
  network.visit(l, [&]<class Kind>(const Kind& layer) {
    out.resize(in.rows(), network.output_cols(layer, in.cols()));
    const ConstMatrixView<T> xs = step_rows(layer, in, layer.inputs());
    const MatrixView<T> ys = step_rows(layer, out.view(), layer.outputs());
    if constexpr (ForwardsWithMemory<Kind, T>)
      layer.template forward<T>(network.slice(theta, l), xs, ys, memory_of(network, l, xs, trace));
    else
      layer.template forward<T>(network.slice(theta, l), xs, ys);
  });
}

/// Layer l's backward, given the derivative by its outputs; the pass began below layer `depth`.
template <std::floating_point T, class L>
void backward_layer(const BasicNetwork<L>& network, std::size_t l, std::span<const std::type_identity_t<T>> theta,
                    ConstMatrixView<std::type_identity_t<T>> in, Trace<T>& trace,
                    ConstMatrixView<std::type_identity_t<T>> dy, MatrixView<std::type_identity_t<T>> dx,
                    std::span<std::type_identity_t<T>> gradient, std::size_t depth) {
  network.visit(l, [&]<class Kind>(const Kind& layer) {
    const ConstMatrixView<T> xs = step_rows(layer, in, layer.inputs());
    const ConstMatrixView<T> ys = step_rows(layer, ConstMatrixView<T>(trace.outputs[l]), layer.outputs());
    const ConstMatrixView<T> dys = step_rows(layer, dy, layer.outputs());
    const MatrixView<T> dxs = dx.empty() ? dx : step_rows(layer, dx, layer.inputs());
    if constexpr (BackwardsWithMemory<Kind, T>)
      layer.template backward<T>(network.slice(theta, l), xs, ys, dys, dxs, network.slice(gradient, l),
                                 memory_of(network, l, xs, trace, depth));
    else
      layer.template backward<T>(network.slice(theta, l), xs, ys, dys, dxs, network.slice(gradient, l));
  });
}

}  // namespace detail

/// The network's outputs (batch, outputs) for x (batch, inputs); every layer's are left in the trace. In a sequence x
/// is (batch, steps * inputs), and so are the outputs if every step has its own. Throws ShapeError if x, theta or the
/// trace's state do not fit the network.
template <Number T, class L>
ConstMatrixView<T> forward(const BasicNetwork<L>& network, std::span<const std::type_identity_t<T>> theta,
                           ConstMatrixView<std::type_identity_t<T>> x, Trace<T>& trace) {
  network.check_input("network", x.rows(), x.cols());
  check_length("network", "theta", static_cast<Index>(theta.size()), network.parameter_count());
  trace.outputs.resize(network.size());
  detail::prepare_memory(network, trace);
  ConstMatrixView<T> in = detail::packed(network, x, trace.packed);
  for (std::size_t l = 0; l < network.size(); ++l) {
    detail::forward_layer(network, l, theta, in, trace);
    in = trace.outputs[l].view();
  }
  return in;
}

/// The network's outputs in use (inference), in a matrix of their own. A network with running statistics needs them.
template <class Theta, class L, class T = std::ranges::range_value_t<Theta>>
Matrix<T> predict(const BasicNetwork<L>& network, const Theta& theta, ConstMatrixView<std::type_identity_t<T>> x,
                  std::span<const Scalar<std::type_identity_t<T>>> state = {}) {
  check_length("network", "state", static_cast<Index>(state.size()), network.state_count());
  Trace<T> trace;
  trace.state.assign(state.begin(), state.end());
  forward(network, std::span<const T>(theta), x, trace);
  return std::move(trace.outputs.back());
}

/// Whether the network ends in the loss's canonical link, so that the loss is evaluated on the link's input.
template <class L>
bool is_fused(const BasicNetwork<L>& network, const LossFunction& loss) {
  if (network.size() < 2) return false;
  return std::visit(
      []<class Last, class F>(const Last&, const F&) {
        if constexpr (requires { typename F::Link; })
          return std::is_base_of_v<typename F::Link, Last>;  // or a copy of it
        else
          return false;
      },
      network.layers().back(), loss);
}

/// The loss that a network's last layer was made for; the mean squared error if none names it.
template <class L>
LossFunction usual_loss(const BasicNetwork<L>& network) {
  LossFunction usual = MeanSquaredError{};
  if (network.size() == 0) return usual;
  network.visit(network.size() - 1, [&]<class Last>(const Last&) {
    AlternativesOf<LossFunction>::for_each([&]<class F>(const F& loss) {
      if constexpr (std::is_base_of_v<typename F::UsualAfter, Last>) usual = loss;
    });
  });
  return usual;
}

/// The loss of the batch whose forward pass is in the trace; where every time step has its own outputs, a mean is over
/// all steps.
template <Number T, class L>
T loss_of_trace(const BasicNetwork<L>& network, const Loss& loss, const Trace<T>& trace,
                const Targets<Scalar<std::type_identity_t<T>>>& targets) {
  detail::check_targets(trace.outputs.back(), targets);
  const bool fused = is_fused(network, loss.function);
  const Index width = network.outputs();
  const ConstMatrixView<T> p = detail::rows_of(trace.outputs.back().view(), width);
  const ConstMatrixView<T> values = fused ? detail::rows_of(trace.outputs[network.size() - 2].view(), width) : p;
  T sum(Scalar<T>(0));
  std::visit(
      [&](const auto& f) {
        for (Index i = 0; i < p.rows(); ++i) {
          const auto t = detail::step_row(targets.values, i, width);
          const T value = fused ? f.template value_from_logits<T>(values.row(i), t) : f.template value<T>(p.row(i), t);
          if (targets.weights.empty())
            sum += value;
          else
            sum += targets.weight(i, width) * value;
        }
      },
      loss.function);
  return sum * Scalar<T>(loss.scale(targets, width));
}

/// The loss of a batch: forward pass and loss, on any number type.
template <Number T, class L>
T loss_value(const BasicNetwork<L>& network, const Loss& loss, std::span<const std::type_identity_t<T>> theta,
             ConstMatrixView<std::type_identity_t<T>> x, const Targets<Scalar<std::type_identity_t<T>>>& targets,
             Trace<T>& trace) {
  forward(network, theta, x, trace);
  return loss_of_trace(network, loss, trace, targets);
}

/// Chain rule through the first `depth` layers: given `seed`, of the shape of the outputs of layer depth - 1, the
/// derivative of a scalar by those outputs, writes its derivative by every parameter of these layers into `gradient`
/// (as long as theta; the parts of later layers are left alone) and, unless dx is empty, by x. The forward pass of the
/// same theta and x must be in the trace.
template <std::floating_point T, class L>
void backward(const BasicNetwork<L>& network, std::span<const std::type_identity_t<T>> theta,
              ConstMatrixView<std::type_identity_t<T>> x, Trace<T>& trace,
              ConstMatrixView<std::type_identity_t<T>> seed, std::size_t depth,
              std::span<std::type_identity_t<T>> gradient, MatrixView<std::type_identity_t<T>> dx = {}) {
  check_length("backward", "gradient", static_cast<Index>(gradient.size()), network.parameter_count());
  x = detail::packed(network, x, trace.packed);
  const bool gaps = detail::has_gaps(network, dx);
  Matrix<T> dx_packed = gaps ? Matrix<T>(dx.rows(), dx.cols()) : Matrix<T>();
  ConstMatrixView<T> dy = seed;
  for (std::size_t l = depth; l-- > 0;) {
    const ConstMatrixView<T> in = l > 0 ? ConstMatrixView<T>(trace.outputs[l - 1]) : x;
    MatrixView<T> din = gaps ? dx_packed.view() : dx;
    if (l > 0) {
      Matrix<T>& buffer = trace.derivative[l % 2];
      buffer.resize(in.rows(), in.cols());
      din = buffer.view();
    }
    detail::backward_layer(network, l, theta, in, trace, dy, din, gradient, depth);
    dy = din;
  }
  for (Index i = 0; gaps && i < dx.rows(); ++i) std::copy_n(dx_packed.row(i).begin(), dx.cols(), dx.row(i).begin());
}

namespace detail {

/// The derivative of the loss by the numbers that it is evaluated on, the link's inputs if it is fused: where the
/// backward pass begins. It lies in the trace's scratch.
template <std::floating_point T, class L>
MatrixView<T> seed_of_trace(const BasicNetwork<L>& network, const Loss& loss, Trace<T>& trace,
                            const Targets<std::type_identity_t<T>>& targets) {
  const Matrix<T>& outputs = trace.outputs.back();
  check_targets(outputs, targets);
  const bool fused = is_fused(network, loss.function);
  const std::size_t depth = fused ? network.size() - 1 : network.size();
  const Index width = network.outputs();
  Matrix<T>& seed = trace.derivative[depth % 2];
  seed.resize(outputs.rows(), outputs.cols());
  const ConstMatrixView<T> p = rows_of(outputs.view(), width);
  const ConstMatrixView<T> values = fused ? rows_of(trace.outputs[depth - 1].view(), width) : p;
  const MatrixView<T> derivatives = rows_of(seed.view(), width);
  const double scale = loss.scale(targets, width);
  std::visit(
      [&](const auto& f) {
        for (Index i = 0; i < p.rows(); ++i) {
          const std::span<const T> t = step_row(targets.values, i, width);
          const std::span<T> d = derivatives.row(i);
          if (fused)
            f.template gradient_from_logits<T>(values.row(i), p.row(i), t, d);
          else
            f.template gradient<T>(p.row(i), t, d);
          const T factor = static_cast<T>(scale * static_cast<double>(targets.weight(i, width)));
          for (T& value : d) value *= factor;
        }
      },
      loss.function);
  return seed.view();
}

}  // namespace detail

/// Backward pass of the loss of the batch whose forward pass is in the trace: writes the derivative by every parameter
/// into `gradient` and, unless dx is empty, by x (batch, inputs).
template <std::floating_point T, class L>
void gradient_of_trace(const BasicNetwork<L>& network, const Loss& loss, std::span<const std::type_identity_t<T>> theta,
                       ConstMatrixView<std::type_identity_t<T>> x, const Targets<std::type_identity_t<T>>& targets,
                       Trace<T>& trace, std::span<std::type_identity_t<T>> gradient,
                       MatrixView<std::type_identity_t<T>> dx = {}) {
  const MatrixView<T> seed = detail::seed_of_trace(network, loss, trace, targets);
  const std::size_t depth = is_fused(network, loss.function) ? network.size() - 1 : network.size();
  backward(network, theta, x, trace, ConstMatrixView<T>(seed), depth, gradient, dx);
}

/// The loss of a batch, and its derivative by every parameter in `gradient`: one forward and one backward pass.
template <std::floating_point T, class L>
T value_and_gradient(const BasicNetwork<L>& network, const Loss& loss, std::span<const std::type_identity_t<T>> theta,
                     ConstMatrixView<std::type_identity_t<T>> x, const Targets<std::type_identity_t<T>>& targets,
                     Trace<T>& trace, std::span<std::type_identity_t<T>> gradient) {
  forward(network, theta, x, trace);
  const T value = loss_of_trace(network, loss, trace, targets);
  gradient_of_trace(network, loss, theta, x, targets, trace, gradient);
  return value;
}

// The library holds these compiled: every layer, twice over, is long to compile.
extern template void detail::forward_layer(const Network&, std::size_t, std::span<const double>,
                                           ConstMatrixView<double>, Trace<double>&);
extern template void detail::backward_layer(const Network&, std::size_t, std::span<const double>,
                                            ConstMatrixView<double>, Trace<double>&, ConstMatrixView<double>,
                                            MatrixView<double>, std::span<double>, std::size_t);
extern template ConstMatrixView<double> forward(const Network&, std::span<const double>, ConstMatrixView<double>,
                                                Trace<double>&);
extern template double loss_of_trace(const Network&, const Loss&, const Trace<double>&, const Targets<double>&);
extern template double loss_value(const Network&, const Loss&, std::span<const double>, ConstMatrixView<double>,
                                  const Targets<double>&, Trace<double>&);
extern template void backward(const Network&, std::span<const double>, ConstMatrixView<double>, Trace<double>&,
                              ConstMatrixView<double>, std::size_t, std::span<double>, MatrixView<double>);
extern template void gradient_of_trace(const Network&, const Loss&, std::span<const double>, ConstMatrixView<double>,
                                       const Targets<double>&, Trace<double>&, std::span<double>, MatrixView<double>);
extern template double value_and_gradient(const Network&, const Loss&, std::span<const double>, ConstMatrixView<double>,
                                          const Targets<double>&, Trace<double>&, std::span<double>);
extern template void detail::forward_layer(const Network&, std::size_t, std::span<const float>, ConstMatrixView<float>,
                                           Trace<float>&);
extern template void detail::backward_layer(const Network&, std::size_t, std::span<const float>, ConstMatrixView<float>,
                                            Trace<float>&, ConstMatrixView<float>, MatrixView<float>, std::span<float>,
                                            std::size_t);
extern template ConstMatrixView<float> forward(const Network&, std::span<const float>, ConstMatrixView<float>,
                                               Trace<float>&);
extern template float loss_of_trace(const Network&, const Loss&, const Trace<float>&, const Targets<float>&);
extern template float loss_value(const Network&, const Loss&, std::span<const float>, ConstMatrixView<float>,
                                 const Targets<float>&, Trace<float>&);
extern template void backward(const Network&, std::span<const float>, ConstMatrixView<float>, Trace<float>&,
                              ConstMatrixView<float>, std::size_t, std::span<float>, MatrixView<float>);
extern template void gradient_of_trace(const Network&, const Loss&, std::span<const float>, ConstMatrixView<float>,
                                       const Targets<float>&, Trace<float>&, std::span<float>, MatrixView<float>);
extern template float value_and_gradient(const Network&, const Loss&, std::span<const float>, ConstMatrixView<float>,
                                         const Targets<float>&, Trace<float>&, std::span<float>);

}  // namespace gradus
