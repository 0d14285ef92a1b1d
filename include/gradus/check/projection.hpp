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
  double difference = 0;        ///< by Ridders' extrapolation; NaN but for the first directions
  double tolerance = 0;         ///< of hand against dual
  double difference_error = 0;  ///< estimated; infinite where the difference has no say, for it straddles a kink
  bool agrees = true;
};

struct FastCheck {
  double loss = 0;
  std::vector<Projection> projections;
  /// The entry that is wrong, found by dividing the parameters again and again, where a projection was.
  std::optional<EntryCheck> entry;
  std::string entry_label;  ///< "layer 2, weights[3, 1]"
  Index passes = 0;         ///< forward passes made, of any kind
  /// The differences contradict hand and duals, which agree: the forward pass takes something for a constant.
  bool cut = false;
  std::vector<Diagnosis> diagnoses;  ///< the likeliest first; empty if nothing is wrong
  bool only_rounding = false;        ///< whether a closer look found nothing larger than rounding

  /// `unproven` if along no direction there was a derivative larger than rounding.
  GradientVerdict verdict() const;
  bool passed() const { return verdict() == GradientVerdict::right; }
  std::string report() const;
};

namespace detail {

/// Numbers of a standard normal law, by a hash (Box and Muller, 1958).
std::vector<double> random_normals(std::size_t n, std::uint64_t seed);

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

/// About how many roundings stand behind a number of the gradient.
template <class L>
double longest_sum(const BasicNetwork<L>& network, ConstMatrixView<double> x) {
  double roundings = static_cast<double>(x.rows() + x.cols());
  for (std::size_t l = 0; l < network.size(); ++l) roundings += static_cast<double>(2 * network.outputs(l));
  return roundings;
}

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

/// Divides the parameters into eight parts, the part along which hand and duals are furthest apart into eight again,
/// down to one entry; returns it and its derivative by duals.
template <class L>
std::pair<std::size_t, double> find_entry(const LossOfBatch<L>& f, std::span<const double> hand,
                                          std::span<const double> direction, std::uint64_t seed, Index& passes) {
  constexpr std::size_t lanes = 8;
  std::size_t first = 0;
  std::size_t count = hand.size();
  double reference = 0;
  do {
    const std::size_t part = (count + lanes - 1) / lanes;
    std::vector<std::vector<double>> parts(lanes, std::vector<double>(hand.size()));
    for (std::size_t k = 0; k < count; ++k) parts[k / part][first + k] = direction[first + k];
    const std::array<double, lanes> slopes = directional(f, parts, seed);
    ++passes;
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
    reference = slopes[worst] / direction[first + worst * part];
    first += worst * part;
    count = std::min(part, count - worst * part);
  } while (count > 1);
  return {first, reference};
}

/// The derivative along a direction by differences; of infinite error where they straddle a kink.
template <class L>
Estimate difference_along(const LossOfBatch<L>& f, std::span<const double> direction, std::uint64_t seed, double target,
                          Index& passes) {
  LossAlong<L, double> line(f, seed, direction);
  Estimate slope = ridders([&](double h) { return ++passes, line(h); }, 0, 0x1p-12, target);
  // What rounding does to the loss here, and a step away, where it is felt at a minimum too
  // (check/detail/difference_review.hpp).
  const double h = 0x1p-12;
  const double curvature = std::abs(line(h) - 2 * line(0) + line(-h)) / (h * h);
  double largest = 0;
  for (const double w : f.theta) largest = std::max(largest, std::abs(w));
  const Matrix<double> x(f.x);  // named, for a range of a temporary would dangle
  for (const double v : x.values()) largest = std::max(largest, std::abs(v));
  slope.error +=
      std::numeric_limits<double>::epsilon() * (16 * std::abs(line(0)) / slope.step + 64 * curvature * (1 + largest));
  if (!std::isfinite(slope.value)) slope.error = std::numeric_limits<double>::infinity();
  return slope;
}

}  // namespace detail

/// Compares <g, v> along eight random directions v over all parameters and inputs: by hand, by duals (one pass for all
/// eight) and, along the first two, by differences. The numbers of v are drawn from the standard normal law, so <e, v>
/// of an error e is normal with deviation ||e||: along one direction it is smaller than a tolerance of t with
/// probability below 0.8 t / ||e||, along all eight below the eighth power of that; an error of ten tolerances goes
/// unseen by 2 in a billion seeds.
///
/// Where the ways differ, the full check of hand against tape decides whether it is more than rounding, and the
/// parameters are divided by eight again and again, down to one entry: log8(parameters) passes.
template <class L, class Suspect>
FastCheck check_fast(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss,
                     std::span<const double> theta, ConstMatrixView<double> x, const Targets<double>& targets,
                     std::uint64_t seed = 1) {
  constexpr std::size_t lanes = 8;
  constexpr std::size_t with_differences = 2;
  const detail::LossOfBatch<L> f{network, loss, theta, x, targets};
  const std::vector<double> hand = detail::hand_and_input(f, suspect, seed);
  FastCheck check;
  const double roundings = detail::longest_sum(network, x);
  std::vector<std::vector<double>> directions;
  for (std::size_t d = 0; d < lanes; ++d) directions.push_back(detail::random_normals(hand.size(), seed * lanes + d));
  const std::array<double, lanes> dual = detail::directional(f, directions, seed);
  Trace<double> trace;
  detail::set_mode(trace, seed);
  check.loss = loss_value(network, loss, theta, x, targets, trace);
  check.diagnoses = detail::overflow<double>(network, check.loss, trace, dual);
  if (!check.diagnoses.empty()) return check;
  check.passes = 3;
  std::size_t wrong = lanes;
  bool contradicted = false;
  for (std::size_t d = 0; d < lanes; ++d) {
    Projection projection{.dual = dual[d], .difference = std::numeric_limits<double>::quiet_NaN()};
    double size = 0;
    for (std::size_t k = 0; k < hand.size(); ++k) {
      projection.hand += hand[k] * directions[d][k];
      size += std::abs(hand[k] * directions[d][k]);
    }
    projection.tolerance = 4 * std::numeric_limits<double>::epsilon() * roundings * size;
    projection.agrees = std::abs(projection.hand - projection.dual) <= projection.tolerance;
    if (d < with_differences && detail::first_behind_stops(network) == 0) {
      const Estimate slope = detail::difference_along(f, directions[d], seed, 1e-7 * size, check.passes);
      projection.difference = slope.value;
      projection.difference_error = slope.error;
      const double apart = std::abs(slope.value - projection.dual);
      if (!(apart <= 16 * slope.error + 1e-5 * size)) {
        // It stands if it does without rounding, and the line does not run over a kink.
        const std::optional<Estimate> exact =
            detail::branches_along(f, directions[d], 2 * slope.step, seed)
                ? std::nullopt
                : detail::settled_slope(detail::ExactLine<L>(f, seed, directions[d]), 1, projection.dual);
        projection.difference_error = exact ? exact->error : std::numeric_limits<double>::infinity();
        if (exact) projection.difference = exact->value;
        contradicted =
            contradicted || (exact && std::abs(exact->value - projection.dual) > 16 * exact->error + 1e-5 * size);
      }
    }
    if (!projection.agrees && wrong == lanes) wrong = d;
    check.projections.push_back(projection);
  }
  if (wrong == lanes) {
    check.cut = contradicted;
    if (check.cut) check.diagnoses = detail::SlipFinder<L, Suspect>(f, suspect, seed).run(true);
    return check;
  }

  // Is it more than rounding? The full check of hand against tape knows.
  GradientChecker<L> checker({.complex = false, .plain = false, .proofs = false, .seed = seed});
  const GradientCheck full = checker.check_against_tape(network, suspect, loss, theta, x, targets);
  check.only_rounding = full.verdict() != GradientVerdict::wrong;
  if (check.only_rounding && full.verdict() == GradientVerdict::unproven)
    for (Projection& projection : check.projections) projection.tolerance = std::numeric_limits<double>::infinity();
  if (check.only_rounding) return check;
  check.diagnoses = detail::SlipFinder<L, Suspect>(f, suspect, seed).run();
  const auto [first, reference] = detail::find_entry(f, hand, directions[wrong], seed, check.passes);
  for (const BlockCheck& block : full.blocks) {
    const auto k = static_cast<Index>(first) - block.block.offset;
    if (k < 0 || k >= block.block.size()) continue;
    check.entry = EntryCheck{k / block.block.cols, k % block.block.cols, hand[first], reference};
    check.entry_label = block.entry_label(check.entry->row, check.entry->col);
  }
  for (const BlockCheck& block : full.blocks)
    if (!check.entry && block.verdict == GradientVerdict::wrong) {
      check.entry = block.worst;
      check.entry_label = block.entry_label(block.worst.row, block.worst.col);
    }
  return check;
}

/// Taylor's remainder along random directions v within one parameter array, or the input:
///
///     r(h) = |L(theta + h v) - L(theta) - h <g, v>|
///
/// It falls as h^2 if g is the gradient and as h if it is not: on paper with logarithmic axes, a slope of 2 or of 1. No
/// tolerance is needed to tell the two apart. At a kink of the loss it falls as h whatever g is, and nothing is told.
struct TaylorCheck {
  std::string label;  ///< of the parameter array
  std::vector<double> steps{};
  std::vector<double> remainder{};  ///< along the direction of the worst slope
  double slope = 2;         ///< the worst, where h is smallest before rounding takes over; NaN if linear to rounding
  bool is_zero = false;     ///< whether the gradient is 0, or smaller than rounding, along every direction
  bool is_kink = false;     ///< whether the point lies on a kink along every direction
  bool is_stopped = false;  ///< whether a layer behind it stops the derivative, of which losses then tell nothing
  GradientVerdict verdict() const {
    if (is_kink || is_zero || is_stopped) return GradientVerdict::unproven;
    return slope < 1.5 ? GradientVerdict::wrong : GradientVerdict::right;
  }
  bool passed() const { return verdict() == GradientVerdict::right; }
};

namespace detail {

/// How a remainder falls as the step is halved again and again, right above rounding: a wrong gradient's as h.
struct TaylorSlope {
  double value = std::numeric_limits<double>::quiet_NaN();  ///< at most 2; NaN if there is nothing but rounding
  std::size_t last = 0;                                     ///< of the steps whose remainder is more than rounding
};
/// The remainders at h = 1/2, 1/4, ...; of a loss that is known to `of_loss`, less h times a slope known to `of_slope`.
TaylorSlope taylor_slope(std::span<const double> remainder, double of_loss, double of_slope);

inline constexpr int kTaylorSteps = 36;

/// Along one direction, with a loss that is known to this rounding and a gradient that is known to `tolerance`.
template <class L>
TaylorCheck taylor_along(const LossOfBatch<L>& f, std::span<const double> hand, std::span<const double> direction,
                         double rounding, std::span<const double> tolerance, std::uint64_t seed) {
  TaylorCheck check;
  double slope = 0;
  double size = 0;
  double of_slope = 0;
  for (std::size_t k = 0; k < hand.size(); ++k) {
    slope += direction[k] * hand[k];
    size += std::abs(direction[k] * hand[k]);
    of_slope += std::abs(direction[k]) * tolerance[k];
  }
  for (int power = 1; power <= kTaylorSteps; ++power) check.steps.push_back(std::ldexp(1.0, -power));
  LossAlong<L, double> line(f, seed, direction);
  const double start = line(0);
  for (const double h : check.steps) check.remainder.push_back(std::abs(line(h) - start - h * slope));
  TaylorSlope fall = taylor_slope(check.remainder, rounding, of_slope);
  if (fall.value < 1.5 && !std::isnan(slope)) {
    // Before it accuses, it is taken again without rounding, which leaves the square room to show.
    ExactLine<L> exact(f, seed, direction);
    const DoubleDouble from = exact(0).exact();
    for (std::size_t k = 0; k < check.steps.size(); ++k) {
      const double h = check.steps[k];
      check.remainder[k] = std::abs((exact(h).exact() - from - DoubleDouble(h) * DoubleDouble(slope)).hi());
    }
    const double of_loss = 0x1p-94 * (1 + std::abs(start)) + 0x1p-41 * rounding;
    fall = taylor_slope(check.remainder, of_loss, of_slope);
    // What is wrong stays h times that to the smallest step; what falls to rounding before is the gradient.
    if (fall.last + 1 < check.steps.size()) fall.value = std::numeric_limits<double>::quiet_NaN();
  }
  check.slope = std::isnan(slope) ? 0 : fall.value;
  check.is_zero = !(check.slope < 1.5) && size <= rounding;
  if (check.slope < 1.5 && !std::isnan(slope))
    check.is_kink =
        branches_at(f, direction, 2 * check.steps[fall.last], seed) || ties_at(f, direction, check.steps.front(), seed);
  return check;
}

}  // namespace detail

/// One for each parameter array and one for the input, each along four random directions of the standard normal law.
template <class L, class Suspect>
std::vector<TaylorCheck> check_taylor(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss,
                                      std::span<const double> theta, ConstMatrixView<double> x,
                                      const Targets<double>& targets, std::uint64_t seed = 1) {
  constexpr std::uint64_t kDirections = 4;
  const detail::LossOfBatch<L> f{network, loss, theta, x, targets};
  const std::vector<double> hand = detail::hand_and_input(f, suspect, seed);
  std::vector<ParameterBlock> blocks = network.parameter_blocks();
  blocks.push_back({.name = "input", .rows = x.rows(), .cols = x.cols(), .offset = network.parameter_count()});
  // What the loss feels of a rounding of every number that it is made of, some times over.
  detail::TrackedSource<double, L> tracked;
  tracked.run(network, loss, detail::Batch<double>{theta, x, targets}, seed, true);
  const double rounding = 16 * tracked.loss_rounding() + std::numeric_limits<double>::min();
  detail::GradientEvidence evidence;
  evidence.blocks = blocks;
  evidence.exact = tracked.exact();
  evidence.summands = detail::longest_sum(network, x);
  std::vector<double> by_tape;  // whose magnitudes bound what a shake may excuse
  detail::TapeSource<L>().run(f, seed, true, by_tape, evidence.magnitude);
  detail::ShakenBackward<double, L, Suspect> shaken(network, suspect, loss, {theta, x, targets}, seed, true);
  const std::vector<double> tolerance =
      detail::second_tolerance(evidence, tracked.error(), shaken.deviations(tracked.trace()));
  const std::size_t first_told = detail::first_behind_stops(network);
  std::vector<TaylorCheck> checks;
  for (const ParameterBlock& block : blocks) {
    if (block.number == 0 ? first_told > 0 : first_told > 0 && block.number <= network.number(first_told - 1)) {
      TaylorCheck nothing{.label = block.number == 0 ? block.name : block.label()};
      nothing.slope = std::numeric_limits<double>::quiet_NaN();
      nothing.is_stopped = true;
      checks.push_back(nothing);
      continue;
    }
    std::optional<TaylorCheck> worst;
    for (std::uint64_t d = 0; d < kDirections; ++d) {
      std::vector<double> direction(hand.size());
      const std::vector<double> normals =
          detail::random_normals(static_cast<std::size_t>(block.size()), mixed(seed, checks.size() * kDirections + d));
      std::copy(normals.begin(), normals.end(), direction.begin() + block.offset);
      const TaylorCheck along = detail::taylor_along(f, hand, direction, rounding, tolerance, seed);
      // What tells something outweighs what does not; of what tells, the lower slope.
      const auto rank = [](const TaylorCheck& c) {
        return c.verdict() == GradientVerdict::unproven ? 4 : std::isnan(c.slope) ? 3 : c.slope;
      };
      if (!worst || rank(along) < rank(*worst)) worst = along;
    }
    worst->label = block.number == 0 ? block.name : block.label();
    checks.push_back(*std::move(worst));
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
  detail::LossAlong<L, double> line(f, seed, direction);
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
