// SPDX-License-Identifier: MIT
#include "gradus/check/given_gradient.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "check/number_slips.hpp"
#include "check/slips/slips.hpp"
#include "check/words.hpp"
#include "gradus/check/detail/shaken_backward.hpp"

namespace gradus {
namespace {

using Numbers = std::vector<double>;

/// The given numbers in theta's order; those of arrays that were not given are 0 and not looked at.
struct Placed {
  Numbers numbers;
  Numbers half_units;
  std::vector<ParameterBlock> blocks;
  bool turned = false;  ///< whether they were read the other way round
};

Placed placed(const Network& network, const GivenGradient& given) {
  const auto count = static_cast<std::size_t>(network.parameter_count());
  Placed result{Numbers(count), Numbers(count), network.parameter_blocks()};
  if (given.block.empty()) {
    if (given.numbers.size() != count)
      throw ValueError(
          fmt::format("[check] expected a gradient of {} numbers, as many as the network has parameters, "
                      "got {}; for those of one array, name it",
                      count, given.numbers.size()));
    result.numbers = given.numbers;
    if (!given.half_units.empty()) result.half_units = given.half_units;
    return result;
  }
  std::string known;
  for (const ParameterBlock& block : network.parameter_blocks()) {
    known += (known.empty() ? "" : ", ") + block.label();
    if (block.label() != given.block) continue;
    const bool plain = (given.rows == block.rows && given.cols == block.cols) || given.rows * given.cols == 0;
    const bool turned = given.rows == block.cols && given.cols == block.rows;
    if (static_cast<Index>(given.numbers.size()) != block.size() || (!plain && !turned))
      throw ValueError(fmt::format(
          "[check] expected a gradient of {} with the shape {} x {} or transposed, got {} x {}", block.label(),
          block.rows, block.cols, given.rows, given.cols == 0 ? static_cast<Index>(given.numbers.size()) : given.cols));
    for (Index i = 0; i < block.rows; ++i)
      for (Index j = 0; j < block.cols; ++j) {
        const auto to = static_cast<std::size_t>(block.offset + i * block.cols + j);
        const auto from = static_cast<std::size_t>(plain ? i * block.cols + j : j * block.rows + i);
        result.numbers[to] = given.numbers[from];
        if (!given.half_units.empty()) result.half_units[to] = given.half_units[from];
      }
    result.blocks = {block};
    result.turned = !plain;
    return result;
  }
  throw ValueError(fmt::format("[check] expected an array of the network ({}), got '{}'", known, given.block));
}

class GivenJudge {
 public:
  GivenJudge(const CheckSubject& subject, const GivenGradient& given, std::uint64_t seed)
      : s_(subject), given_(given), seed_(seed), placed_(placed(subject.network, given)) {}

  GradientCheck run() {
    prove();
    GradientCheck result = detail::judge(evidence_);
    if (placed_.turned) result.notes.emplace_back("read transposed, as its shape says");
    if (result.verdict() == GradientVerdict::wrong) name_the_slip(result);
    return result;
  }

 private:
  void prove() {
    const detail::Batch<double> batch{s_.theta, s_.x, s_.targets};
    detail::TrackedSource<double, Layer> tracked;
    tracked.run(s_.network, s_.loss, batch, seed_, false);
    Trace<double> trace;
    detail::set_mode(trace, seed_);
    Numbers ours(s_.theta.size());
    evidence_.loss = value_and_gradient(s_.network, s_.loss, s_.theta, s_.x, s_.targets, trace, std::span(ours));
    evidence_.blocks = placed_.blocks;
    evidence_.exact = tracked.exact();
    evidence_.summands = static_cast<double>(s_.x.rows() + s_.x.cols());
    for (std::size_t l = 0; l < s_.network.size(); ++l)
      evidence_.summands += static_cast<double>(2 * trace.outputs[l].cols());
    evidence_.gradients[0] = placed_.numbers;
    evidence_.gradients[1] = ours;
    detail::ShakenBackward<double, Layer, Network> shaken(s_.network, s_.network, s_.loss, batch, seed_, false);
    evidence_.tolerance = detail::second_tolerance(evidence_, tracked.error(), shaken.deviations(tracked.trace()));
    const double coarser = given_.float32 ? 0x1p29 : 1;  // a pass in float32 rounds so much more at every step
    for (std::size_t k = 0; k < evidence_.tolerance.size(); ++k)
      evidence_.tolerance[k] = 2 * coarser * evidence_.tolerance[k] + placed_.half_units[k];
  }

  /// How far the given numbers are from these, in tolerances; infinite where a number is none.
  double distance(const Numbers& g) const {
    double most = 0;
    for (const ParameterBlock& block : placed_.blocks)
      for (auto k = static_cast<std::size_t>(block.offset); k < static_cast<std::size_t>(block.offset + block.size());
           ++k) {
        const double apart = std::abs(placed_.numbers[k] - g[k]);
        const double off = apart == 0 ? 0 : apart / (2 * evidence_.tolerance[k] + 1e-9 * std::abs(g[k]));
        most = std::isnan(off) ? std::numeric_limits<double>::infinity() : std::max(most, off);
      }
    return most;
  }

  /// The slips that give these numbers: known ones, those that hold a number of their own, one in each array, known
  /// ones times a factor.
  void name_the_slip(GradientCheck& result) {
    std::vector<detail::SlipGradient> scaled;  // that fit but for a factor; their numbers are not kept
    detail::try_slips(s_, seed_, evidence_.exact, [&](const detail::SlipGradient& slip) {
      if (distance(slip.gradient) <= 1) return note(slip, result);
      if (const std::optional<double> factor = factor_of(slip.gradient))
        scaled.push_back({slip.kind, with_factor(slip.sentence, *factor), {}});
    });
    if (!result.diagnoses.empty()) return;
    of_numbers(result);
    detail::BackwardWalk walk(s_, seed_);
    detail::try_fitted_slips(walk, {placed_.numbers, placed_.blocks}, evidence_.exact,
                             [&](const detail::SlipGradient& slip) {
                               if (distance(slip.gradient) <= 1) note(slip, result);
                             });
    if (!result.diagnoses.empty()) return;
    array_by_array(result);
    if (std::any_of(result.diagnoses.begin(), result.diagnoses.end(),
                    [](const Diagnosis& d) { return !d.kind.empty(); }))
      return;
    if (throughout(result) || scaled.empty()) return;
    result.diagnoses.clear();
    for (const detail::SlipGradient& slip : scaled) note(slip, result);
  }

  /// What was done to all the numbers, whatever they are the derivative of.
  void of_numbers(GradientCheck& result) const {
    std::vector<std::size_t> places;
    for (const ParameterBlock& block : placed_.blocks)
      for (Index k = block.offset; k < block.offset + block.size(); ++k) places.push_back(static_cast<std::size_t>(k));
    const auto gathered = [&](const Numbers& all) {
      Numbers some;
      for (const std::size_t at : places) some.push_back(all[at]);
      return some;
    };
    detail::NumberCase c{.observed = gathered(placed_.numbers), .right = gathered(evidence_.exact)};
    c.fits = [&](const Numbers& slip) {
      Numbers all(s_.theta.size());
      for (std::size_t k = 0; k < places.size(); ++k) all[places[k]] = slip[k];
      return distance(all) <= 1 && distance(evidence_.exact) > 1;
    };
    const Numbers theta(s_.theta.begin(), s_.theta.end());
    Numbers weights = theta;
    for (const ParameterBlock& block : s_.network.parameter_blocks())
      if (block.is_bias) std::fill_n(weights.begin() + block.offset, block.size(), 0.0);
    const bool is_multiple = factor_of(evidence_.exact).has_value();
    for (const bool all : {false, true}) {
      if (!is_multiple) c.theta = gathered(all ? theta : weights);
      c.theta_name = all ? "parameters, biases and all," : "weights";
      c.l2_kind = all ? "regularised-all" : "regularised-weights";
      for (const detail::NumberSlip& slip : detail::number_slips(c))
        note({slip.kind, "It " + slip.words + ".", {}}, result);
    }
  }

  static void note(const detail::SlipGradient& slip, GradientCheck& result) {
    if (result.diagnoses.empty())
      result.diagnoses.push_back({.kind = slip.kind, .where = "the gradient given", .sentence = slip.sentence});
    else if (result.diagnoses[0].kind != slip.kind)
      result.diagnoses[0].also.push_back(slip.kind);
  }

  /// The number by which these give those that were given, if there is one.
  std::optional<double> factor_of(const Numbers& g) const {
    double product = 0;
    double squares = 0;
    for (const ParameterBlock& block : placed_.blocks)
      for (auto k = static_cast<std::size_t>(block.offset); k < static_cast<std::size_t>(block.offset + block.size());
           ++k) {
        product += placed_.numbers[k] * g[k];
        squares += g[k] * g[k];
      }
    if (!(squares > 0) || product == 0 || !std::isfinite(product / squares)) return std::nullopt;
    Numbers times = g;
    for (double& d : times) d *= product / squares;
    if (distance(times) > 1) return std::nullopt;
    return product / squares;
  }
  /// "It is the gradient of another loss: mse; and that 1/3 times."
  static std::string with_factor(std::string sentence, double factor) {
    if (!sentence.empty()) sentence.pop_back();
    return fmt::format("{}; and that {} times.", sentence, detail::factor_text(factor));
  }

  /// Right to some digits, or but for a factor that no count explains.
  bool throughout(GradientCheck& result) {
    double relative = 0;  // of the array that is off most
    for (const ParameterBlock& block : placed_.blocks) {
      double size = 0;
      double off = 0;
      for (auto k = static_cast<std::size_t>(block.offset); k < static_cast<std::size_t>(block.offset + block.size());
           ++k) {
        const double exact = evidence_.exact[k];
        size += exact * exact;
        off += (placed_.numbers[k] - exact) * (placed_.numbers[k] - exact);
      }
      if (!(off == 0)) relative = std::max(relative, std::sqrt(off / size));
      if (std::isnan(off)) return false;
    }
    if (relative < 1e-2) {
      result.diagnoses.assign(
          1,
          {.kind = "approximate",
           .where = "the gradient given",
           .sentence = fmt::format("It is near the gradient in every array, off by no more than {:.1e} of it, which is "
                                   "more than rounding allows: as "
                                   "finite differences are, or numbers of few digits. If it is meant so, say in which "
                                   "precision it is given.",
                                   relative)});
      return true;
    }
    const std::optional<double> factor = factor_of(evidence_.exact);
    if (!factor) return false;
    result.diagnoses.assign(
        1, {.kind = "factor",
            .where = "the gradient given",
            .sentence = fmt::format("It is {} times the gradient throughout, which no count of samples or outputs "
                                    "explains: a learning rate, a norm, another loss's factor.",
                                    detail::factor_text(*factor))});
    return true;
  }

  /// No slip explains all of it; perhaps each array has one of its own.
  void array_by_array(GradientCheck& result) {
    for (const BlockCheck& wrong : result.blocks) {
      if (wrong.verdict != GradientVerdict::wrong) continue;
      const auto part = [&](const Numbers& all) {
        const auto first = all.begin() + wrong.block.offset;
        return Numbers(first, first + wrong.block.size());
      };
      detail::DiagnosisCase c;
      c.where = "the gradient of " + wrong.label();
      c.block = wrong.block;
      c.of_loss = true;  // the terms of a mean may be forgotten anywhere
      c.samples = s_.x.rows();
      c.outputs = s_.network.outputs();
      c.terms = 1 / s_.loss.scale(s_.targets, s_.network.outputs());
      c.observed = c.observed_on_one = part(placed_.numbers);
      c.reference = part(evidence_.exact);
      for (const double tolerance : part(evidence_.tolerance)) c.rounding = std::max(c.rounding, 2 * tolerance);
      c.theta = part(Numbers(s_.theta.begin(), s_.theta.end()));
      result.diagnoses.push_back(detail::diagnose(c));
    }
  }

  CheckSubject s_;
  GivenGradient given_;
  std::uint64_t seed_;
  Placed placed_;
  detail::GradientEvidence evidence_;
};

}  // namespace

GradientCheck check_given_gradient(const CheckSubject& subject, const GivenGradient& given, std::uint64_t seed) {
  return GivenJudge(subject, given, seed).run();
}

}  // namespace gradus
