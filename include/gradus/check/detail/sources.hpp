// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>

#include "gradus/check/pass.hpp"
#include "gradus/check/ridders.hpp"

/// The sources of a gradient beside the hand-written one. Each is an object that keeps its buffers, so that a second
/// check of the same shapes allocates nothing.
///
/// Sources that go parameter by parameter pass forward from the layer that owns the parameter only, last layer first:
/// what comes before it has not changed.
namespace gradus::detail {

/// What is differentiated: the loss of a batch.
template <class L>
struct LossOfBatch {
  const BasicNetwork<L>& network;
  const Loss& loss;
  std::span<const double> theta;
  ConstMatrixView<double> x;
  Targets<double> targets;
  const std::function<void()>* between_passes = nullptr;

  void pause() const {
    if (between_passes && *between_passes) (*between_passes)();
  }
};

/// Layers of which only the changed numbers need be computed anew.
template <class L>
inline constexpr bool is_elementwise = false;
template <class F>
inline constexpr bool is_elementwise<Elementwise<F>> = true;
template <class F>
double value_at(const Elementwise<F>&, double z) {
  return F::value(z);
}

/// The number of the last layer that the loss depends on: it does not look at the outputs of its own link.
template <class L>
std::size_t loss_depth(const BasicNetwork<L>& network, const Loss& loss) {
  return is_fused(network, loss.function) ? network.size() - 1 : network.size();
}

/// Calls f(layer l, offset in theta, count) for every layer with parameters, the last one first.
template <class L, class F>
void for_each_layer_backwards(const BasicNetwork<L>& network, std::span<const double> theta, F f) {
  for (std::size_t l = network.size(); l-- > 0;) {
    const std::span<const double> slice = network.slice(theta, l);
    if (!slice.empty()) f(l, static_cast<std::size_t>(slice.data() - theta.data()), slice.size());
  }
}

/// The first layer behind all that say they stop the derivative: truncated back-propagation through time is no
/// derivative of the loss, and no difference of what stands before it will say it is.
template <class L>
std::size_t first_behind_stops(const BasicNetwork<L>& network) {
  std::size_t first = 0;
  for (std::size_t l = 0; l < network.size(); ++l)
    network.visit(l, [&](const auto& layer) {
      if constexpr (requires {
                      { layer.stops_derivative() } -> std::same_as<bool>;
                    })
        if (layer.stops_derivative()) first = l + 1;
    });
  return first;
}

template <Number T>
void set_mode(Trace<T>& trace, std::uint64_t seed) {
  trace.mode = Mode::training;
  trace.seed = seed;
}

/// The seed of a backward pass that is on trial: the loss's own, or what the suspect makes of it.
template <std::floating_point T, class Suspect>
MatrixView<T> suspect_seed(const Suspect& suspect, const Loss& loss, Trace<T>& trace,
                           const Targets<std::type_identity_t<T>>& targets) {
  if constexpr (requires { suspect.spoilt_seed(loss, trace, targets); })
    return suspect.spoilt_seed(loss, trace, targets);
  else
    return seed_of_trace(suspect, loss, trace, targets);
}
/// The gradient that is on trial; the forward pass is in the trace.
template <std::floating_point T, class Suspect>
void suspect_gradient(const Suspect& suspect, const Loss& loss, std::span<const T> theta, ConstMatrixView<T> x,
                      const Targets<T>& targets, Trace<T>& trace, std::span<T> gradient, MatrixView<T> dx) {
  const MatrixView<T> seed = suspect_seed(suspect, loss, trace, targets);
  backward(suspect, theta, x, trace, ConstMatrixView<T>(seed), loss_depth(suspect, loss), gradient, dx);
}

/// The reverse sweep over a tape, and what rounding may do to it.
template <class L>
class TapeSource {
 public:
  /// Writes the derivatives by theta, then by x if `input`, and their magnitudes.
  void run(const LossOfBatch<L>& f, std::uint64_t seed, bool input, std::vector<double>& gradient,
           std::vector<double>& magnitude) {
    tape_.clear();
    set_mode(trace_, seed);
    variables_.clear();
    for (const double value : f.theta) variables_.push_back(tape_.variable(value));
    x_.resize(f.x.rows(), f.x.cols());
    for (Index i = 0; i < f.x.rows(); ++i)
      for (Index j = 0; j < f.x.cols(); ++j) x_(i, j) = input ? tape_.variable(f.x(i, j)) : Var(f.x(i, j));
    forward(f.network, variables_, x_, trace_);
    const Var loss = loss_of_trace(f.network, f.loss, trace_, f.targets);
    tape_.differentiate(loss);
    collect(input, gradient);
    magnitudes(f, loss);
    collect(input, magnitude);
  }

  /// The trace of the last run.
  const Trace<Var>& trace() const { return trace_; }
  Tape& tape() { return tape_; }

 private:
  void collect(bool input, std::vector<double>& derivatives) const {
    derivatives.clear();
    for (const Var& variable : variables_) derivatives.push_back(tape_.derivative(variable));
    if (input)
      for (const Var& variable : x_.values()) derivatives.push_back(tape_.derivative(variable));
  }

  /// The derivative by a link's input is a difference, p - t, and known to an absolute accuracy: there the loss counts
  /// as if steeper by 1.
  void magnitudes(const LossOfBatch<L>& f, const Var& loss) {
    const std::size_t depth = loss_depth(f.network, f.loss);
    if (depth == f.network.size()) return tape_.differentiate_magnitudes(loss, 0, [] {});
    const std::vector<Var>& logits = trace_.outputs[depth - 1].values();
    std::size_t last = 0;
    for (const Var& z : logits) last = std::max(last, tape_.position(z) + 1);
    const Index width = f.network.outputs();
    const double scale = f.loss.scale(f.targets, width);
    tape_.differentiate_magnitudes(loss, last, [&] {
      for (std::size_t i = 0; i < logits.size(); ++i)
        tape_.add(logits[i], scale * f.targets.weight(static_cast<Index>(i) / width, width));
    });
  }

  Tape tape_;
  Trace<Var> trace_;
  std::vector<Var> variables_;
  Matrix<Var> x_;
};

/// Forward passes on a number type that carries derivatives along N directions, as many at a time: `seed(number, lane)`
/// sets a direction, `derivative(loss, lane)` reads its derivative.
template <class L, Number T, std::size_t N>
class DirectionSource {
 public:
  template <class Seed, class Read>
  void run(const LossOfBatch<L>& f, std::uint64_t mask_seed, bool input, std::vector<double>& gradient, Seed seed,
           Read read) {
    set_mode(trace_, mask_seed);
    const auto lifted = [](double value) { return T(static_cast<Scalar<T>>(value)); };
    theta_.resize(f.theta.size());
    std::transform(f.theta.begin(), f.theta.end(), theta_.begin(), lifted);
    x_.resize(f.x.rows(), f.x.cols());
    targets_.resize(f.targets.values.rows(), f.targets.values.cols());
    for (Index i = 0; i < f.x.rows(); ++i)
      std::transform(f.x.row(i).begin(), f.x.row(i).end(), x_.row(i).begin(), lifted);
    const auto narrowed = [](double value) { return static_cast<Scalar<T>>(value); };
    for (Index i = 0; i < targets_.rows(); ++i)
      std::transform(f.targets.values.row(i).begin(), f.targets.values.row(i).end(), targets_.row(i).begin(), narrowed);
    weights_.resize(f.targets.weights.size());
    std::transform(f.targets.weights.begin(), f.targets.weights.end(), weights_.begin(), narrowed);
    gradient.resize(theta_.size() + (input ? x_.values().size() : 0));
    forward(f.network, theta_, x_, trace_);
    for_each_layer_backwards(f.network, f.theta, [&](std::size_t l, std::size_t offset, std::size_t count) {
      sweep(f, l, std::span(theta_).subspan(offset, count), std::span(gradient).subspan(offset, count), seed, read);
    });
    if (input) sweep(f, 0, std::span(x_.values()), std::span(gradient).subspan(theta_.size()), seed, read);
  }

 private:
  template <class Seed, class Read>
  void sweep(const LossOfBatch<L>& f, std::size_t first, std::span<T> variables, std::span<double> gradient, Seed seed,
             Read read) {
    const std::size_t depth = loss_depth(f.network, f.loss);
    for (std::size_t k = 0; k < variables.size(); k += N) {
      f.pause();
      const std::size_t lanes = std::min(N, variables.size() - k);
      for (std::size_t i = 0; i < lanes; ++i) seed(variables[k + i], i);
      for (std::size_t l = first; l < depth; ++l)
        forward_layer<T>(f.network, l, theta_, l > 0 ? ConstMatrixView<T>(trace_.outputs[l - 1]) : x_.view(), trace_);
      const T loss = loss_of_trace(f.network, f.loss, trace_, Targets<Scalar<T>>(targets_, weights_));
      for (std::size_t i = 0; i < lanes; ++i) {
        gradient[k + i] = static_cast<double>(read(loss, i));
        variables[k + i] = T(value_of(variables[k + i]));
      }
    }
  }

  std::vector<T> theta_;
  Matrix<T> x_;
  Matrix<Scalar<T>> targets_;
  std::vector<Scalar<T>> weights_;
  Trace<T> trace_;
};

template <std::floating_point T, class L>
class DualSource {
 public:
  using Lanes = EightDuals<T>;
  void run(const LossOfBatch<L>& f, std::uint64_t seed, bool input, std::vector<double>& gradient) {
    source_.run(
        f, seed, input, gradient, [](Lanes& number, std::size_t lane) { number.derivative[lane] = 1; },
        [](const Lanes& loss, std::size_t lane) { return loss.derivative[lane]; });
  }

 private:
  DirectionSource<L, Lanes, 8> source_;
};

template <class L>
class ComplexSource {
 public:
  void run(const LossOfBatch<L>& f, std::uint64_t seed, bool input, std::vector<double>& gradient) {
    source_.run(
        f, seed, input, gradient, [](Complex& number, std::size_t) { number = Complex(number.re(), Complex::step); },
        [](const Complex& loss, std::size_t) { return loss.im() / Complex::step; });
  }

 private:
  DirectionSource<L, Complex, 1> source_;
};

/// The loss as a function of one parameter or input at a time.
template <class L>
class LossProbe {
 public:
  /// The loss where everything has its own value.
  double start(const LossOfBatch<L>& f, std::uint64_t seed) {
    set_mode(base_, seed);
    theta_.assign(f.theta.begin(), f.theta.end());
    x_.resize(f.x.rows(), f.x.cols());
    for (Index i = 0; i < f.x.rows(); ++i) std::copy(f.x.row(i).begin(), f.x.row(i).end(), x_.row(i).begin());
    forward(f.network, theta_, x_, base_);
    work_ = base_;
    depth_ = loss_depth(f.network, f.loss);
    return loss_of_trace(f.network, f.loss, base_, f.targets);
  }

  std::span<double> theta() { return theta_; }
  std::span<double> x() { return x_.values(); }

  /// The loss with what `theta()` or `x()` now hold, where only numbers of layer `first` (or of x, for 0) were changed.
  /// Call with `first` descending between starts.
  double loss(const LossOfBatch<L>& f, std::size_t first) {
    for (std::size_t l = first; l < depth_; ++l) {
      const bool done = l > first && f.network.visit(l, [&]<class Kind>(const Kind& layer) {
        if constexpr (is_elementwise<Kind>) {
          changed_only(layer, l);
          return true;
        } else {
          return false;
        }
      });
      if (!done)
        forward_layer<double>(f.network, l, theta_, l > 0 ? ConstMatrixView<double>(work_.outputs[l - 1]) : x_.view(),
                              work_);
    }
    return loss_of_trace(f.network, f.loss, work_, f.targets);
  }

 private:
  template <class Kind>
  void changed_only(const Kind& layer, std::size_t l) {
    const std::vector<double>& in = work_.outputs[l - 1].values();
    const std::vector<double>& old_in = base_.outputs[l - 1].values();
    const std::vector<double>& old_out = base_.outputs[l].values();
    std::vector<double>& out = work_.outputs[l].values();
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (in[i] == old_in[i]) {
        out[i] = old_out[i];
      } else {
        out[i] = value_at(layer, in[i]);
      }
    }
  }

  std::vector<double> theta_;
  Matrix<double> x_;
  Trace<double> base_;
  Trace<double> work_;
  std::size_t depth_ = 0;
};

}  // namespace gradus::detail
