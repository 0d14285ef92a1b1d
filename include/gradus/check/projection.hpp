// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "gradus/check/gradient_check.hpp"
#include "gradus/core/elementary.hpp"

/// Gradient checks whose cost does not grow with the number of parameters: they look along random directions.
namespace gradus {

/// A directional derivative <g, v> in three ways.
struct Projection {
  double hand = 0;
  double dual = 0;
  double difference = 0;  ///< by Ridders' extrapolation; NaN but for the first direction
  double tolerance = 0;
  bool agrees = true;
};

struct FastCheck {
  double loss = 0;
  std::vector<Projection> projections;
  /// The entry that is wrong, found by dividing the parameters again and again, where a projection was.
  std::optional<EntryCheck> entry;
  std::string entry_label;  ///< "layer 2, weights[3, 1]"
  Index passes = 0;         ///< forward passes made, of any kind

  bool passed() const { return !entry; }
  std::string report() const;
};

namespace detail {

/// Numbers drawn from {-1, 1} by a hash: the same on every machine.
std::vector<double> random_signs(std::size_t n, std::uint64_t seed);

/// Derivatives of the loss along up to eight directions over theta and then x, in one pass.
template <class L>
std::array<double, 8> directional(const LossOfBatch<L>& f, std::span<const std::vector<double>> directions,
                                  std::uint64_t seed) {
  using Lanes = EightDuals<double>;
  std::vector<Lanes> theta(f.theta.begin(), f.theta.end());
  Matrix<Lanes> x(f.x.rows(), f.x.cols());
  for (Index i = 0; i < f.x.rows(); ++i) std::copy(f.x.row(i).begin(), f.x.row(i).end(), x.row(i).begin());
  for (std::size_t d = 0; d < directions.size(); ++d) {
    for (std::size_t k = 0; k < theta.size(); ++k) theta[k].derivative[d] = directions[d][k];
    for (std::size_t k = theta.size(); k < directions[d].size(); ++k)
      x.values()[k - theta.size()].derivative[d] = directions[d][k];
  }
  Trace<Lanes> trace;
  set_mode(trace, seed);
  return loss_value(f.network, f.loss, theta, x, f.targets, trace).derivative;
}

/// The loss at theta + h v (and x + h v).
template <class L>
class LineProbe {
 public:
  LineProbe(const LossOfBatch<L>& f, std::span<const double> direction, std::uint64_t seed)
      : f_(f), direction_(direction), theta_(f.theta.begin(), f.theta.end()), x_(f.x) {
    set_mode(trace_, seed);
  }
  double operator()(double h) {
    for (std::size_t k = 0; k < theta_.size(); ++k) theta_[k] = f_.theta[k] + h * direction_[k];
    if (direction_.size() > theta_.size())
      for (Index i = 0; i < x_.rows(); ++i)
        for (Index j = 0; j < x_.cols(); ++j)
          x_(i, j) = f_.x(i, j) + h * direction_[theta_.size() + static_cast<std::size_t>(i * x_.cols() + j)];
    return loss_value(f_.network, f_.loss, theta_, x_, f_.targets, trace_);
  }

 private:
  LossOfBatch<L> f_;
  std::span<const double> direction_;
  std::vector<double> theta_;
  Matrix<double> x_;
  Trace<double> trace_;
};

template <class Suspect, class L>
std::vector<double> hand_and_input(const LossOfBatch<L>& f, const Suspect& suspect, std::uint64_t seed) {
  Trace<double> trace;
  set_mode(trace, seed);
  std::vector<double> hand(f.theta.size() + static_cast<std::size_t>(f.x.size()),
                           std::numeric_limits<double>::quiet_NaN());
  forward(suspect, f.theta, f.x, trace);
  suspect_gradient<double>(suspect, f.loss, f.theta, f.x, f.targets, trace, std::span(hand).first(f.theta.size()),
                           MatrixView<double>(hand.data() + f.theta.size(), f.x.rows(), f.x.cols()));
  return hand;
}

}  // namespace detail

/// Compares <g, v> along eight random directions v over all parameters and inputs: by hand, by duals (one pass for all
/// eight) and, along the first, by differences. Two different gradients differ along a random direction with
/// probability 1. Where they do, the directions are cut into eight parts, the part that is off the most into eight
/// again, down to one entry: log8(parameters) passes. What is found there counts if it is more than rounding, which a
/// tape tells.
template <class L, class Suspect>
FastCheck check_fast(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss,
                     std::span<const double> theta, ConstMatrixView<double> x, const Targets<double>& targets,
                     std::uint64_t seed = 1) {
  constexpr std::size_t lanes = 8;
  const detail::LossOfBatch<L> f{network, loss, theta, x, targets};
  const std::vector<double> hand = detail::hand_and_input(f, suspect, seed);
  FastCheck check;
  double roundings = static_cast<double>(x.rows() + x.cols());
  for (std::size_t l = 0; l < network.size(); ++l) roundings += static_cast<double>(2 * network.outputs(l));

  std::vector<std::vector<double>> directions;
  for (std::size_t d = 0; d < lanes; ++d) directions.push_back(detail::random_signs(hand.size(), seed * lanes + d));
  const std::array<double, lanes> dual = detail::directional(f, directions, seed);
  detail::LineProbe<L> line(f, directions[0], seed);
  check.loss = line(0);
  check.passes = 3;
  std::size_t wrong = lanes;
  for (std::size_t d = 0; d < lanes; ++d) {
    Projection projection{0, dual[d], std::numeric_limits<double>::quiet_NaN(), 0, true};
    double size = 0;
    for (std::size_t k = 0; k < hand.size(); ++k) {
      projection.hand += hand[k] * directions[d][k];
      size += std::abs(hand[k]);
    }
    projection.tolerance = 64 * std::numeric_limits<double>::epsilon() * roundings * size;
    projection.agrees = std::abs(projection.hand - projection.dual) <= projection.tolerance;
    if (d == 0) {
      const Estimate slope = ridders([&](double h) { return ++check.passes, line(h); }, 0, 0x1p-12, 1e-7 * size);
      projection.difference = slope.value;
    }
    if (!projection.agrees && wrong == lanes) wrong = d;
    check.projections.push_back(projection);
  }
  if (wrong == lanes) return check;

  std::size_t first = 0;
  std::size_t count = hand.size();
  double reference = 0;
  while (count > 1 || reference == 0) {
    const std::size_t part = (count + lanes - 1) / lanes;
    std::vector<std::vector<double>> parts(lanes, std::vector<double>(hand.size()));
    for (std::size_t k = 0; k < count; ++k) parts[k / part][first + k] = directions[wrong][first + k];
    const std::array<double, lanes> slopes = detail::directional(f, parts, seed);
    ++check.passes;
    std::size_t worst = 0;
    double most = -1;
    for (std::size_t d = 0; d * part < count; ++d) {
      double by_hand = 0;
      for (std::size_t k = d * part; k < std::min(count, (d + 1) * part); ++k)
        by_hand += hand[first + k] * parts[d][first + k];
      const double off = std::abs(by_hand - slopes[d]);
      if (off <= most) continue;
      worst = d;
      most = std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
    }
    reference = slopes[worst] * directions[wrong][first + worst * part];
    first += worst * part;
    count = std::min(part, count - worst * part);
    if (count <= 1) break;
  }

  // Is it more than rounding? The full check of hand against tape knows.
  GradientChecker<L> checker({.complex = false, .plain = false, .proofs = false, .seed = seed});
  const GradientCheck full = checker.check_against_tape(network, suspect, loss, theta, x, targets);
  if (full.passed()) return check;
  for (const BlockCheck& block : full.blocks) {
    const auto k = static_cast<Index>(first) - block.block.offset;
    if (k < 0 || k >= block.block.size()) continue;
    check.entry = EntryCheck{k / block.block.cols, k % block.block.cols, hand[first], reference};
    check.entry_label = block.entry_label(check.entry->row, check.entry->col);
  }
  return check;
}

/// Taylor's remainder along a random direction v within one parameter array, or the input:
///
///     r(h) = |L(theta + h v) - L(theta) - h <g, v>|
///
/// It falls as h^2 if g is the gradient and as h if it is not: on paper with logarithmic axes, a slope of 2 or of 1. No
/// tolerance is needed to tell the two apart.
struct TaylorCheck {
  std::string label;  ///< of the parameter array
  std::vector<double> steps;
  std::vector<double> remainder;
  double slope = 2;  ///< where h is smallest before rounding takes over; NaN if the loss is linear to rounding
  bool passed() const { return !(slope < 1.5); }
};

namespace detail {
double taylor_slope(std::span<const double> steps, std::span<const double> remainder, double rounding);
}

/// One for each parameter array and one for the input.
template <class L, class Suspect>
std::vector<TaylorCheck> check_taylor(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss,
                                      std::span<const double> theta, ConstMatrixView<double> x,
                                      const Targets<double>& targets, std::uint64_t seed = 1) {
  const detail::LossOfBatch<L> f{network, loss, theta, x, targets};
  const std::vector<double> hand = detail::hand_and_input(f, suspect, seed);
  const std::vector<double> signs = detail::random_signs(hand.size(), seed);
  std::vector<ParameterBlock> blocks = network.parameter_blocks();
  blocks.push_back({.name = "input", .rows = x.rows(), .cols = x.cols(), .offset = network.parameter_count()});
  std::vector<TaylorCheck> checks;
  for (const ParameterBlock& block : blocks) {
    std::vector<double> direction(hand.size());
    double slope = 0;
    for (Index k = block.offset; k < block.offset + block.size(); ++k) {
      const auto at = static_cast<std::size_t>(k);
      direction[at] = signs[at];
      slope += signs[at] * hand[at];
    }
    detail::LineProbe<L> line(f, direction, seed);
    const double start = line(0);
    TaylorCheck check{block.number == 0 ? block.name : block.label(), {}, {}, 2};
    for (int power = 1; power <= 36; ++power) {
      const double h = std::ldexp(1.0, -power);
      check.steps.push_back(h);
      check.remainder.push_back(std::abs(line(h) - start - h * slope));
    }
    check.slope = detail::taylor_slope(check.steps, check.remainder,
                                       64 * std::numeric_limits<double>::epsilon() * std::max(1.0, std::abs(start)));
    if (std::isnan(slope)) check.slope = 0;
    checks.push_back(std::move(check));
  }
  return checks;
}

/// Relative error of a directional derivative by forward and by central differences, against the step: as the step
/// shrinks it falls with the truncation error, h or h^2, and then rises with rounding, 1 / h. The V.
struct StepCurve {
  std::vector<double> steps;
  std::vector<double> forward;
  std::vector<double> central;
  std::vector<double> complex;  ///< by the complex step, which has nothing to cancel and does not rise
};

template <class L>
StepCurve step_curve(const BasicNetwork<L>& network, const Loss& loss, std::span<const double> theta,
                     ConstMatrixView<double> x, const Targets<double>& targets, std::uint64_t seed = 1) {
  const detail::LossOfBatch<L> f{network, loss, theta, x, targets};
  const std::vector<double> direction = detail::random_signs(theta.size(), seed);
  const double exact = detail::directional(f, std::span(&direction, 1), seed)[0];
  detail::LineProbe<L> line(f, direction, seed);
  const double start = line(0);
  const auto error = [&](double slope) { return std::abs(slope - exact) / (std::abs(slope) + std::abs(exact)); };
  StepCurve curve;
  for (int quarter = 0; quarter <= 60; ++quarter) {
    const double h = pow(10.0, -quarter / 4.0);
    const double above = line(h);
    curve.steps.push_back(h);
    curve.forward.push_back(error((above - start) / h));
    curve.central.push_back(error((above - line(-h)) / (2 * h)));
    std::vector<Complex> thetas;
    for (std::size_t k = 0; k < theta.size(); ++k) thetas.emplace_back(theta[k], h * direction[k]);
    Matrix<Complex> xs(x.rows(), x.cols());
    for (Index i = 0; i < x.rows(); ++i) std::copy(x.row(i).begin(), x.row(i).end(), xs.row(i).begin());
    Trace<Complex> trace;
    detail::set_mode(trace, seed);
    curve.complex.push_back(error(loss_value(network, loss, thetas, xs, targets, trace).im() / h));
  }
  return curve;
}

extern template StepCurve step_curve(const Network&, const Loss&, std::span<const double>, ConstMatrixView<double>,
                                     const Targets<double>&, std::uint64_t);

}  // namespace gradus
