// SPDX-License-Identifier: MIT
#include "gradus/check/given_gradient.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check/slips.hpp"
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

  void name_the_slip(GradientCheck& result) {
    for (detail::SlipGradient& slip : detail::slip_gradients(s_, seed_, evidence_.exact)) {
      if (distance(slip.gradient) > 1) continue;
      if (result.diagnoses.empty())
        result.diagnoses.push_back({.kind = slip.kind, .where = "the gradient given", .sentence = slip.sentence});
      else if (result.diagnoses[0].kind != slip.kind)
        result.diagnoses[0].also.push_back(slip.kind);
    }
    if (!result.diagnoses.empty()) return;
    array_by_array(result);
    if (std::all_of(result.diagnoses.begin(), result.diagnoses.end(),
                    [](const Diagnosis& d) { return d.kind.empty(); }))
      throughout(result);
  }

  /// Right to some digits, or but for a factor that no count explains.
  void throughout(GradientCheck& result) {
    double product = 0;
    double squares = 0;
    double relative = 0;  // of the array that is off most
    for (const ParameterBlock& block : placed_.blocks) {
      double size = 0;
      double off = 0;
      for (auto k = static_cast<std::size_t>(block.offset); k < static_cast<std::size_t>(block.offset + block.size());
           ++k) {
        const double exact = evidence_.exact[k];
        product += placed_.numbers[k] * exact;
        size += exact * exact;
        off += (placed_.numbers[k] - exact) * (placed_.numbers[k] - exact);
      }
      squares += size;
      if (off > 0) relative = std::max(relative, std::sqrt(off / size));
    }
    if (!(squares > 0) || !std::isfinite(product)) return;
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
      return;
    }
    const double factor = product / squares;
    std::vector<double> scaled = evidence_.exact;
    for (double& d : scaled) d *= factor;
    if (factor != 0 && distance(scaled) <= 1)
      result.diagnoses.assign(
          1, {.kind = "factor",
              .where = "the gradient given",
              .sentence = fmt::format("It is {} times the gradient throughout, which no count of samples or outputs "
                                      "explains: a learning rate, a norm, another loss's factor.",
                                      detail::factor_text(factor))});
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
