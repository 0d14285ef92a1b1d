// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gradus/check/detail/layer_derivative.hpp"
#include "gradus/check/network_check.hpp"

namespace gradus::detail {

/// What to do otherwise in a backward pass, layer by layer.
struct Change {
  std::function<Matrix<double>(std::size_t l)> inputs{};  ///< the inputs to use; empty: the layer's own
  /// After layer l, given the derivative by its outputs, has written that by its inputs and the gradient.
  std::function<void(std::size_t l, const Matrix<double>& dy, Matrix<double>& dx, std::span<double> gradient)> after{};
  std::span<const double> theta{};  ///< the parameters to use; empty: the right ones
};

/// A network at a batch, its right forward pass made, through which backward passes are made with something done
/// otherwise.
class BackwardWalk {
 public:
  BackwardWalk(const CheckSubject& subject, std::uint64_t seed)
      : subject_(subject),
        depth_(loss_depth(subject.network, subject.loss)),
        derivative_(LossOfBatch<Layer>{subject_.network, subject_.loss, subject_.theta, subject_.x, subject_.targets},
                    seed) {
    set_mode(trace_, seed);
    forward(subject_.network, subject_.theta, subject_.x, trace_);
    Trace<double> trace = trace_;
    right_seed_ = Matrix<double>(
        ConstMatrixView<double>(seed_of_trace(subject_.network, subject_.loss, trace, subject_.targets)));
  }

  const CheckSubject& subject() const { return subject_; }
  const Network& network() const { return subject_.network; }
  const Trace<double>& trace() const { return trace_; }
  /// The layers that the pass goes through.
  std::size_t depth() const { return depth_; }
  Matrix<double> inputs_of(std::size_t l) const { return l > 0 ? trace_.outputs[l - 1] : Matrix<double>(subject_.x); }
  /// Where the pass begins: the loss's derivative by the outputs of layer depth() - 1.
  const Matrix<double>& right_seed() const { return right_seed_; }
  /// Of one layer, by the tape.
  LayerDerivative<Layer>& derivative() { return derivative_; }

  std::vector<double> with(const Change& change) const { return with(change, right_seed_); }
  std::vector<double> with(const Change& change, Matrix<double> dy) const {
    std::vector<double> gradient(subject_.theta.size());
    Trace<double> trace = trace_;
    const std::span<const double> theta = change.theta.empty() ? subject_.theta : change.theta;
    for (std::size_t l = depth_; l-- > 0;) {
      const Matrix<double> in = change.inputs ? change.inputs(l) : inputs_of(l);
      Matrix<double> dx(in.rows(), in.cols());
      backward_layer<double>(subject_.network, l, theta, in, trace, dy, dx, gradient, depth_);
      if (change.after) change.after(l, dy, dx, gradient);
      dy = std::move(dx);
    }
    return gradient;
  }

 private:
  CheckSubject subject_;
  std::size_t depth_;
  LayerDerivative<Layer> derivative_;
  Trace<double> trace_;
  Matrix<double> right_seed_;
};

}  // namespace gradus::detail
