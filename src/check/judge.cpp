// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <span>

#include "gradus/check/result.hpp"

namespace gradus::detail {
namespace {

using Numbers = std::span<const double>;

constexpr std::size_t kHand = static_cast<std::size_t>(GradientSource::hand);
constexpr std::size_t kTape = static_cast<std::size_t>(GradientSource::tape);
constexpr std::size_t kDual = static_cast<std::size_t>(GradientSource::dual);
constexpr std::size_t kComplex = static_cast<std::size_t>(GradientSource::complex);
constexpr std::size_t kRidders = static_cast<std::size_t>(GradientSource::ridders);

/// The Euclidean norm of n numbers, scaled by the largest so that no square overflows; NaN if one of them is.
template <class At>
double scaled_norm(std::size_t n, At at) {
  double most = 0;
  for (std::size_t k = 0; k < n; ++k) {
    if (std::isnan(at(k))) return at(k);
    most = std::max(most, std::abs(at(k)));
  }
  if (most == 0 || std::isinf(most)) return most;
  double squares = 0;
  for (std::size_t k = 0; k < n; ++k) squares += at(k) / most * (at(k) / most);
  return most * std::sqrt(squares);
}

double distance(Numbers a, Numbers b) {
  return scaled_norm(a.size(), [&](std::size_t k) { return a[k] - b[k]; });
}

/// ||g - g'|| / (||g|| + ||g'||)
double relative_error(Numbers g, Numbers other) {
  const double size = norm_of(g) + norm_of(other);
  return size == 0 ? 0 : distance(g, other) / size;
}

/// One block at a time: what each source says, and how far it may be off in each number.
class BlockJudge {
 public:
  BlockJudge(const GradientEvidence& evidence, const ParameterBlock& block) : evidence_(evidence), block_(block) {
    for (std::size_t s = 0; s < kGradientSources; ++s) {
      const std::vector<double>& all = evidence.gradients[s];
      used_[s] = all.size() >= end();
      if (!used_[s]) continue;
      gradient_[s] = part(all);
      // Differences that have no say in any number were left out.
      if (s >= kRidders)
        used_[s] = !std::all_of(gradient_[s].begin(), gradient_[s].end(), [](double g) { return std::isnan(g); });
    }
    tolerance_ = part(evidence.tolerance);
    bound_.resize(tolerance_.size());
    if (evidence.is_second_look() && !evidence.magnitude.empty()) {
      const Numbers magnitude = part(evidence.magnitude);
      const double rms = root_mean_square(magnitude);
      for (std::size_t k = 0; k < bound_.size(); ++k) bound_[k] = evidence.roundings(magnitude[k], rms);
    }
    reference_ = part(evidence.is_second_look() ? evidence.exact : evidence.gradients[kTape]);
    for (std::size_t s = 0; s < kVoters; ++s)
      for (std::size_t t = 0; t < s; ++t) agree_[s][t] = agree_[t][s] = !used_[s] || !used_[t] || compare(s, t);
    heard_ = used_;
    if (complex_stands_alone()) heard_[kComplex] = false;
  }

  BlockCheck verdict() const {
    BlockCheck result;
    result.block = block_;
    result.norm = norm_of(gradient_[kHand]);
    result.used = used_;
    for (std::size_t s = 0; s < kGradientSources; ++s) {
      if (!used_[s]) {
        result.relative_error[s] = std::numeric_limits<double>::quiet_NaN();
        result.agrees[s] = true;
        continue;
      }
      result.relative_error[s] = relative_error(gradient_[kHand], gradient_[s]);
      result.tolerance[s] = s < kVoters ? block_tolerance(s) : std::numeric_limits<double>::quiet_NaN();
      result.agrees[s] = s == kHand || s >= kVoters || agree_[kHand][s];
    }
    for (const Kink& kink : evidence_.kinks)
      if (static_cast<std::size_t>(kink.entry) >= start() && static_cast<std::size_t>(kink.entry) < end()) {
        result.kinks.push_back(kink);
        result.kinks.back().entry -= block_.offset;
      }
    find_worst(result);
    decide(result);
    return result;
  }

 private:
  std::size_t start() const { return static_cast<std::size_t>(block_.offset); }
  std::size_t end() const { return static_cast<std::size_t>(block_.offset + block_.size()); }
  Numbers part(const std::vector<double>& all) const {
    return Numbers(all).subspan(start(), static_cast<std::size_t>(block_.size()));
  }

  /// How far the source may be off in number k.
  double tolerance(std::size_t source, std::size_t k) const {
    if (source == kRidders) return 4 * evidence_.ridders_error[start() + k];
    // What rounding does to tape and hand is known on a second look; of the other exact sources only its bound is.
    const bool bounded = source == kDual || source == kComplex;
    return bounded && evidence_.is_second_look() ? tolerance_[k] + bound_[k] : tolerance_[k];
  }
  /// How far two sources may be apart.
  double tolerance(std::size_t s, std::size_t t, std::size_t k) const {
    double allowed = tolerance(s, k) + tolerance(t, k);
    // In float, hand, dual and the exact tape pass through the same numbers; all others through those of a pass in
    // double.
    const auto narrow = [](std::size_t source) { return source < kComplex; };
    if (!evidence_.precision_gap.empty() && narrow(s) != narrow(t))
      allowed += start() + k < evidence_.precision_gap.size() ? 2 * evidence_.precision_gap[start() + k]
                                                              : std::numeric_limits<double>::infinity();
    return allowed;
  }
  double block_tolerance(std::size_t source) const {
    if (source == kHand) return 0;
    return scaled_norm(tolerance_.size(), [&](std::size_t k) { return tolerance(kHand, source, k); });
  }
  /// Below which nothing can be told: on a first look, what the magnitudes of paths leave possible.
  double noise() const {
    if (evidence_.is_second_look()) return norm_of(tolerance_);
    const Numbers magnitude = part(evidence_.magnitude);
    const double rms = root_mean_square(magnitude);
    return scaled_norm(magnitude.size(), [&](std::size_t k) { return evidence_.roundings(magnitude[k], rms); });
  }

  bool kink_at(std::size_t k) const {
    return std::any_of(evidence_.kinks.begin(), evidence_.kinks.end(),
                       [&](const Kink& kink) { return static_cast<std::size_t>(kink.entry) == start() + k; });
  }

  /// A comparison with NaN is false: it agrees with nothing.
  bool compare(std::size_t s, std::size_t t) const {
    for (std::size_t k = 0; k < tolerance_.size(); ++k) {
      if (std::abs(gradient_[s][k] - gradient_[t][k]) <= tolerance(s, t, k)) continue;
      const bool excused = (s == kRidders || t == kRidders) && differences_have_no_say(k);
      if (!excused || !std::isfinite(gradient_[s == kRidders ? t : s][k])) return false;
    }
    return true;
  }
  /// Where they straddle a kink, or the loss overflows within their step.
  bool differences_have_no_say(std::size_t k) const {
    return kink_at(k) || std::isinf(evidence_.ridders_error[start() + k]);
  }

  /// A second look knows the exact gradient. If all others agree with it, differences included, and the complex step
  /// alone does not, it has met what it cannot do: a number below the range of its step, a forward pass that is not
  /// analytic. It abstains.
  bool complex_stands_alone() const {
    if (!evidence_.is_second_look() || !used_[kComplex] || agree_[kComplex][kTape] || !used_[kRidders]) return false;
    for (std::size_t k = 0; k < tolerance_.size(); ++k)
      if (differences_have_no_say(k)) return false;
    return others_agree(kComplex);
  }

  /// Whether all used sources but s agree, those by differences included.
  bool others_agree(std::size_t s) const {
    for (std::size_t t = 0; t < kVoters; ++t)
      for (std::size_t u = 0; u < t; ++u)
        if (t != s && u != s && !agree_[t][u]) return false;
    return true;
  }
  /// The exact source that all others, agreed, contradict; the one on trial where that leaves a choice.
  std::optional<GradientSource> odd_one_out() const {
    for (std::size_t s = 0; s < kRidders; ++s) {
      bool contradicted = false;
      for (std::size_t t = 0; t < kRidders; ++t) contradicted = contradicted || !agree_[s][t];
      if (used_[s] && contradicted && others_agree(s)) return static_cast<GradientSource>(s);
    }
    // Too far off in scale for differences to tell, or they know of a kink here; but the exact ones can.
    if (used_[kTape] && !agree_[kHand][kTape] && agree_[kTape][2] && agree_[kTape][3]) return GradientSource::hand;
    return {};
  }
  /// Differences are believed, or they have no say: they are never the ones that are wrong.
  bool differences_stand_alone() const {
    for (std::size_t s = 1; s < kRidders; ++s)
      for (std::size_t t = 1; t < s; ++t)
        if (!agree_[s][t]) return false;
    return used_[kRidders] && used_[kTape] && !agree_[kTape][kRidders];
  }

  void decide(BlockCheck& result) const {
    bool all_agree = true;
    for (std::size_t s = 0; s < kVoters; ++s)
      for (std::size_t t = 0; t < s; ++t) all_agree = all_agree && (agree_[s][t] || !heard_[s] || !heard_[t]);
    if (!all_agree) {
      result.verdict = GradientVerdict::wrong;
      result.cut = differences_stand_alone();
      if (!result.cut) result.culprit = odd_one_out();
      return;
    }
    bool zero = true;
    for (std::size_t s = 0; s < kVoters; ++s)
      if (heard_[s] && s != kRidders)
        zero = zero && std::all_of(gradient_[s].begin(), gradient_[s].end(), [](double g) { return g == 0; });
    result.verdict = zero                             ? GradientVerdict::unproven
                     : norm_of(reference_) <= noise() ? GradientVerdict::noise
                     : !result.kinks.empty()          ? GradientVerdict::kink
                                                      : GradientVerdict::right;
  }

  void find_worst(BlockCheck& result) const {
    double worst = -1;
    for (std::size_t k = 0; k < reference_.size(); ++k) {
      const double apart = std::abs(gradient_[kHand][k] - reference_[k]);
      const double off = apart == 0 ? 0 : apart / tolerance(kHand, kTape, k);  // 0 may be tolerated where 0 is meant
      if (off <= worst) continue;
      worst = std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
      const Index entry = static_cast<Index>(k);
      result.worst = {entry / block_.cols, entry % block_.cols, gradient_[kHand][k], reference_[k]};
      if (std::isnan(off)) break;
    }
  }

  const GradientEvidence& evidence_;
  const ParameterBlock& block_;
  std::array<bool, kGradientSources> used_{};
  std::array<bool, kGradientSources> heard_{};  // of those used, who does not abstain
  std::array<Numbers, kGradientSources> gradient_{};
  Numbers tolerance_;
  std::vector<double> bound_;  // what rounding may do at most, by the magnitudes of paths
  Numbers reference_;
  std::array<std::array<bool, kVoters>, kVoters> agree_{};
};

}  // namespace

double norm_of(std::span<const double> values) {
  return scaled_norm(values.size(), [&](std::size_t k) { return values[k]; });
}

double root_mean_square(std::span<const double> values) {
  return values.empty() ? 0 : norm_of(values) / std::sqrt(static_cast<double>(values.size()));
}

namespace {

/// Calls f(first, numbers, root mean square of `sizes`) for each array.
template <class F>
void for_each_block(const GradientEvidence& evidence, std::span<const double> sizes, F f) {
  for (const ParameterBlock& block : evidence.blocks) {
    const auto first = static_cast<std::size_t>(block.offset);
    const auto count = static_cast<std::size_t>(block.size());
    f(first, count, root_mean_square(sizes.subspan(first, count)));
  }
}

}  // namespace

std::vector<double> first_tolerance(const GradientEvidence& evidence) {
  const std::vector<double>& tape = evidence.gradients[kTape];
  std::vector<double> tolerance(tape.size());
  for_each_block(evidence, evidence.magnitude, [&](std::size_t first, std::size_t count, double rms) {
    const double size = root_mean_square(std::span(tape).subspan(first, count));
    for (std::size_t k = first; k < first + count; ++k)
      tolerance[k] = std::min(evidence.roundings(evidence.magnitude[k], rms), 4 * evidence.roundings(tape[k], size));
  });
  return tolerance;
}

std::vector<double> second_tolerance(const GradientEvidence& evidence, std::span<const double> tape_error,
                                     std::span<const double> deviation) {
  // Of the root mean square of six shakes, and of one error that is known.
  constexpr double kTimes = 16;
  std::vector<double> seen(tape_error.size());
  for (std::size_t k = 0; k < seen.size(); ++k) seen[k] = kTimes * (tape_error[k] + deviation[k]);
  // A pass that is led astray by a little change is not excused by how far: what rounding does is far below this many
  // times the first look's bound, as long as that is worth anything.
  constexpr double kFar = 1024;
  if (!evidence.magnitude.empty())
    for_each_block(evidence, evidence.magnitude, [&](std::size_t first, std::size_t count, double rms) {
      for (std::size_t k = first; k < first + count; ++k)
        seen[k] = std::min(seen[k], kTimes * tape_error[k] + kFar * evidence.roundings(evidence.magnitude[k], rms));
    });
  // Of numbers whose squares a double (a float) no longer holds, products on the way may have been 0.
  const double nothing = evidence.epsilon > std::numeric_limits<double>::epsilon()
                             ? std::sqrt(double{std::numeric_limits<float>::min()})
                             : std::sqrt(std::numeric_limits<double>::min());
  // So far n roundings, at random, wander from a sum (Higham and Mary, 2019), if those that were seen were lucky.
  const double floor = evidence.epsilon * std::sqrt(evidence.summands);
  std::vector<double> tolerance(seen.size());
  for_each_block(evidence, seen, [&](std::size_t first, std::size_t count, double rms) {
    const double size = root_mean_square(std::span(evidence.exact).subspan(first, count));
    for (std::size_t k = first; k < first + count; ++k)
      tolerance[k] = seen[k] + rms + floor * (std::abs(evidence.exact[k]) + size) + nothing;
  });
  return tolerance;
}

bool needs_second_look(const GradientCheck& check) {
  return std::any_of(check.blocks.begin(), check.blocks.end(), [](const BlockCheck& block) {
    return block.verdict == GradientVerdict::wrong || block.verdict == GradientVerdict::noise;
  });
}

std::vector<ParameterBlock> covering(std::vector<ParameterBlock> blocks, Index count,
                                     std::vector<std::string>& problems) {
  problems.clear();
  std::vector<int> holders(static_cast<std::size_t>(count));
  for (const ParameterBlock& block : blocks) {
    if (block.offset < 0 || block.offset + block.size() > count)
      throw ValueError("[check] expected " + block.label() + " to lie within the " + std::to_string(count) +
                       " parameters of the network, got numbers " + std::to_string(block.offset) + " to " +
                       std::to_string(block.offset + block.size() - 1));
    for (Index k = block.offset; k < block.offset + block.size(); ++k) ++holders[static_cast<std::size_t>(k)];
  }
  for (Index first = 0; first < count;) {
    const int held = holders[static_cast<std::size_t>(first)];
    Index last = first;
    while (last < count && holders[static_cast<std::size_t>(last)] == held) ++last;
    const std::string numbers = "numbers " + std::to_string(first) + " to " + std::to_string(last - 1) + " of theta";
    if (held == 0) {
      int number = 1;
      for (const ParameterBlock& block : blocks)
        if (block.offset < first) number = block.number;
      blocks.push_back({.name = "unlisted", .rows = 1, .cols = last - first, .offset = first, .number = number});
      problems.push_back("parameter_blocks() lists every parameter: " + numbers + " are in none of its arrays");
    } else if (held > 1) {
      problems.push_back("parameter_blocks() lists every parameter once: " + numbers + " are in " +
                         std::to_string(held) + " of its arrays");
    }
    first = last;
  }
  return blocks;
}

GradientCheck judge(const GradientEvidence& evidence) {
  GradientCheck check;
  check.loss = evidence.loss;
  check.gradients = evidence.gradients;
  for (const ParameterBlock& block : evidence.blocks)
    if (block.size() > 0) check.blocks.push_back(BlockJudge(evidence, block).verdict());
  return check;
}

}  // namespace gradus::detail
