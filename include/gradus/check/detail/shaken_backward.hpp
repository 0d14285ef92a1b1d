// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "gradus/check/detail/sources.hpp"
#include "gradus/check/tracked_source.hpp"

namespace gradus::detail {

/// How far rounding may lead a backward pass, seen on the pass itself: it is run again and again on numbers each of
/// which is off by about as much as it is known to be (its error on the tracked tape, and at least a rounding), and
/// what comes out is watched. So every formula answers for itself, y (1 - y) near y = 1 as p - t near p = t, and none
/// needs to be known here.
///
/// Numbers are shaken by a factor, so that none changes its sign or leaves 0; next to a kink, where a shaken number
/// would take another branch than the pass took, they are left alone.
template <std::floating_point T, class L, class Suspect>
class ShakenBackward {
 public:
  ShakenBackward(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss, const Batch<T>& batch,
                 std::uint64_t seed, bool input)
      : network_(network), suspect_(suspect), loss_(loss), batch_(batch), input_(input), random_(mixed(seed, 77)) {
    set_mode(trace_, seed);
    forward(suspect_, batch_.theta, batch_.x, trace_);
  }

  /// The root mean square deviation of each number of the gradient, by theta and then by x, from what comes out of
  /// numbers at rest. Buffers hold zeros in all of these passes, so what is not written is no deviation.
  std::vector<double> deviations(const Trace<TrackedVar<T>>& known) {
    constexpr std::uint64_t kTimes = 6;
    time_ = 0;
    const std::vector<T> rest = backward_once(known);
    std::vector<double> squares(rest.size());
    for (time_ = 1; time_ <= kTimes; ++time_) {
      const std::vector<T> shaken = backward_once(known);
      for (std::size_t k = 0; k < squares.size(); ++k) {
        const double off = static_cast<double>(shaken[k]) - static_cast<double>(rest[k]);
        // Where a shake leads out of the number type, nothing can be told.
        squares[k] +=
            std::isnan(off) ? std::numeric_limits<double>::infinity() : off * off / static_cast<double>(kTimes);
      }
    }
    for (double& square : squares) square = std::sqrt(square);
    return squares;
  }

 private:
  static constexpr double kEpsilon = std::numeric_limits<T>::epsilon();

  static std::uint64_t bits_of(double number) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &number, sizeof bits);
    return bits;
  }
  /// Evenly from -2 to 2 (Steele, Lea and Flood, 2014), by the number itself and its error: equal numbers stay equal,
  /// and what ties in the pass on trial still does; but not those that only rounding has made equal, as 1 and 1 of
  /// two sigmoids that saturate, or what they do would cancel in every shake and not in truth.
  double shake(T value, double error) const {
    const std::uint64_t number = mixed(bits_of(static_cast<double>(value)), bits_of(error));
    return static_cast<double>(mixed(mixed(random_, time_), number) >> 11) * 0x1p-51 - 2;
  }
  /// The number times 1 + xi error / |number|.
  T shaken(T value, double error) const {
    const double size = std::abs(static_cast<double>(value));
    if (time_ == 0 || !(size > 0) || !std::isfinite(size)) return value;
    const double relative = std::isfinite(error) ? std::max(std::abs(error) / size, kEpsilon) : kEpsilon;
    return value * static_cast<T>(1 + shake(value, error) * std::min(relative, 0.125));
  }
  void shake_all(Matrix<T>& x) {
    for (T& value : x.values()) value = shaken(value, 0);
  }

  std::vector<T> backward_once(const Trace<TrackedVar<T>>& known) {
    const std::size_t depth = loss_depth(network_, loss_);
    Matrix<T> x(packed(network_, batch_.x, trace_.packed));
    Trace<T> trace = trace_;
    shake_inputs_of(0, x, [](std::size_t) { return 0.0; });
    for (std::size_t l = 0; l < network_.size(); ++l) shake_layer(l, known, trace);
    Trace<T> of_loss = trace;
    keep_kinks_of_the_loss(of_loss, depth);
    std::vector<T> theta(batch_.theta.begin(), batch_.theta.end());
    for (T& value : theta) value = shaken(value, 0);

    std::vector<T> gradient(theta.size());
    Matrix<T> dy{ConstMatrixView<T>(suspect_seed(suspect_, loss_, of_loss, batch_.targets))};
    for (std::size_t l = depth; l-- > 0;) {
      shake_all(dy);
      const ConstMatrixView<T> in = l > 0 ? ConstMatrixView<T>(trace.outputs[l - 1]) : x.view();
      const bool wanted = l > 0 || input_;
      Matrix<T> dx(wanted ? in.rows() : 0, wanted ? in.cols() : 0);
      backward_layer<T>(suspect_, l, theta, in, trace, dy, dx, gradient, depth);
      dy = std::move(dx);
    }
    if (input_) gradient.insert(gradient.end(), dy.values().begin(), dy.values().end());
    return gradient;
  }

  void shake_layer(std::size_t l, const Trace<TrackedVar<T>>& known, Trace<T>& trace) {
    shake_inputs_of(l + 1, trace.outputs[l], [&](std::size_t k) { return error_of(known.outputs[l].values(), k); });
    std::vector<T>& numbers = trace.memory[l].numbers;
    // The same numbers, unless the pass on trial is one that keeps others.
    const std::vector<TrackedVar<T>>& kept = known.memory[l].numbers;
    const bool same = kept.size() == numbers.size();
    for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = shaken(numbers[k], same ? error_of(kept, k) : 0);
  }
  static double error_of(const std::vector<TrackedVar<T>>& numbers, std::size_t k) {
    return numbers[k].value().error();
  }

  /// Shakes what layer l takes in, but for what lies next to a kink of it.
  template <class Error>
  void shake_inputs_of(std::size_t l, Matrix<T>& in, Error error_of_number) {
    Matrix<T> before = in;
    for (std::size_t k = 0; k < in.values().size(); ++k) in.values()[k] = shaken(in.values()[k], error_of_number(k));
    if (l >= network_.size()) return;
    network_.visit(l, [&](const auto& layer) {
      if constexpr (requires { layer.template kink_distance<T>(batch_.theta, before.view(), Index{}, Index{}); }) {
        if (layer.inputs() != layer.outputs()) return;
        const MatrixView<T> rows = step_rows(layer, in.view(), layer.inputs());
        const MatrixView<T> were = step_rows(layer, before.view(), layer.inputs());
        const std::span<const T> own = network_.slice(batch_.theta, l);
        for (Index i = 0; i < rows.rows(); ++i)
          for (Index j = 0; j < rows.cols(); ++j)
            if (layer.template kink_distance<T>(own, ConstMatrixView<T>(were), i, j) <=
                2 * std::abs(static_cast<double>(rows(i, j) - were(i, j))))
              rows(i, j) = were(i, j);
      }
    });
  }

  /// Where a shaken output might meet a kink of the loss, it is left as it was.
  void keep_kinks_of_the_loss(Trace<T>& trace, std::size_t depth) {
    const bool fused = depth < network_.size();
    const Index width = network_.outputs();
    for (std::size_t l = depth - 1; l < network_.size(); ++l) {
      const MatrixView<T> rows = rows_of(trace.outputs[l].view(), width);
      const MatrixView<T> were = rows_of(trace_.outputs[l].view(), width);
      for (Index i = 0; i < rows.rows(); ++i) {
        T off = 0;
        for (Index j = 0; j < width; ++j) off = std::max(off, std::abs(rows(i, j) - were(i, j)));
        const std::span<const T> values =
            rows_of(trace_.outputs[depth - 1].view(), width).row(i);  // the logits where fused, else the outputs
        const std::span<const T> t = step_row(batch_.targets.values, i, width);
        if (kink_distance<T>(loss_.function, values, t, fused) <= 4 * off)
          std::copy(were.row(i).begin(), were.row(i).end(), rows.row(i).begin());
      }
    }
  }

  const BasicNetwork<L>& network_;
  const Suspect& suspect_;
  const Loss& loss_;
  Batch<T> batch_;
  bool input_;
  std::uint64_t random_;
  std::uint64_t time_ = 0;  // 0: at rest
  Trace<T> trace_;
};

}  // namespace gradus::detail
