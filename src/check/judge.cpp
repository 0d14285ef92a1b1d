// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <span>

#include "gradus/check/result.hpp"

namespace gradus {
namespace detail {
namespace {

using Numbers = std::span<const double>;

constexpr std::size_t kHand = static_cast<std::size_t>(GradientSource::hand);
constexpr std::size_t kTape = static_cast<std::size_t>(GradientSource::tape);
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
      if (used_[s]) gradient_[s] = part(all);
    }
    magnitude_ = part(evidence.magnitude);
    rms_ = root_mean_square(magnitude_);
    for (std::size_t s = 0; s < kVoters; ++s)
      for (std::size_t t = 0; t < s; ++t) agree_[s][t] = agree_[t][s] = !used_[s] || !used_[t] || compare(s, t);
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
    return exact_tolerance(evidence_, magnitude_[k], rms_);
  }
  /// How far two sources may be apart.
  double tolerance(std::size_t s, std::size_t t, std::size_t k) const {
    double allowed = tolerance(s, k) + tolerance(t, k);
    // In float, hand and dual pass through the same numbers; all others through those of a pass in double.
    const auto narrow = [](std::size_t source) { return source == kHand || source == 2; };
    if (!evidence_.precision_gap.empty() && narrow(s) != narrow(t))
      allowed += start() + k < evidence_.precision_gap.size() ? 2 * evidence_.precision_gap[start() + k]
                                                              : std::numeric_limits<double>::infinity();
    return allowed;
  }
  double block_tolerance(std::size_t source) const {
    if (source == kHand) return 0;
    return scaled_norm(magnitude_.size(), [&](std::size_t k) { return tolerance(kHand, source, k); });
  }

  bool kink_at(std::size_t k) const {
    return std::any_of(evidence_.kinks.begin(), evidence_.kinks.end(), [&](const Kink& kink) {
      return static_cast<std::size_t>(kink.entry) == start() + k && kink.both_sides;
    });
  }

  /// A comparison with NaN is false: it agrees with nothing.
  bool compare(std::size_t s, std::size_t t) const {
    for (std::size_t k = 0; k < magnitude_.size(); ++k) {
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

  /// The one source that all others, agreed, contradict.
  std::optional<std::size_t> odd_one_out() const {
    for (std::size_t s = 0; s < kVoters; ++s) {
      if (!used_[s]) continue;
      bool alone = true;
      for (std::size_t t = 0; t < kVoters; ++t)
        for (std::size_t u = 0; u < kVoters; ++u)
          if (t != u && used_[t] && used_[u] && (t == s ? agree_[t][u] : u != s && !agree_[t][u])) alone = false;
      if (alone) return s;
    }
    return {};
  }

  void decide(BlockCheck& result) const {
    bool all_agree = true;
    for (std::size_t s = 0; s < kVoters; ++s)
      for (std::size_t t = 0; t < s; ++t) all_agree = all_agree && agree_[s][t];
    if (!all_agree) {
      result.verdict = GradientVerdict::wrong;
      if (const auto odd = odd_one_out()) {
        result.culprit = static_cast<GradientSource>(*odd);
      } else if (used_[kTape] && !agree_[kHand][kTape] && agree_[kTape][2] && agree_[kTape][3]) {
        result.culprit = GradientSource::hand;  // too far off in scale for differences to tell, but the exact ones can
      }
      return;
    }
    bool zero = true;
    for (std::size_t s = 0; s < kVoters; ++s)
      if (used_[s] && s != kRidders)
        zero = zero && std::all_of(gradient_[s].begin(), gradient_[s].end(), [](double g) { return g == 0; });
    const double noise =
        scaled_norm(magnitude_.size(), [&](std::size_t k) { return exact_tolerance(evidence_, magnitude_[k], rms_); });
    result.verdict = zero                    ? GradientVerdict::unproven
                     : result.norm <= noise  ? GradientVerdict::noise
                     : !result.kinks.empty() ? GradientVerdict::kink
                                             : GradientVerdict::right;
  }

  void find_worst(BlockCheck& result) const {
    double worst = -1;
    for (std::size_t k = 0; k < magnitude_.size(); ++k) {
      const double off = std::abs(gradient_[kHand][k] - gradient_[kTape][k]) / tolerance(kHand, kTape, k);
      if (off <= worst) continue;
      worst = std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
      const Index entry = static_cast<Index>(k);
      result.worst = {entry / block_.cols, entry % block_.cols, gradient_[kHand][k], gradient_[kTape][k]};
      if (std::isnan(off)) break;
    }
  }

  const GradientEvidence& evidence_;
  const ParameterBlock& block_;
  std::array<bool, kGradientSources> used_{};
  std::array<Numbers, kGradientSources> gradient_{};
  Numbers magnitude_;
  double rms_ = 0;
  std::array<std::array<bool, kVoters>, kVoters> agree_{};
};

}  // namespace

double norm_of(std::span<const double> values) {
  return scaled_norm(values.size(), [&](std::size_t k) { return values[k]; });
}

double root_mean_square(std::span<const double> values) {
  return values.empty() ? 0 : norm_of(values) / std::sqrt(static_cast<double>(values.size()));
}

GradientCheck judge(const GradientEvidence& evidence) {
  GradientCheck check;
  check.loss = evidence.loss;
  check.gradients = evidence.gradients;
  for (const ParameterBlock& block : evidence.blocks)
    if (block.size() > 0) check.blocks.push_back(BlockJudge(evidence, block).verdict());
  return check;
}

}  // namespace detail
}  // namespace gradus
