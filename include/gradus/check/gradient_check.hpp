// SPDX-License-Identifier: MIT
#pragma once

#include <bit>

#include "gradus/check/detail/diagnosis.hpp"
#include "gradus/check/detail/difference_review.hpp"
#include "gradus/check/detail/kinks.hpp"
#include "gradus/check/detail/reach.hpp"
#include "gradus/check/detail/shaken_backward.hpp"
#include "gradus/check/detail/sources.hpp"
#include "gradus/check/result.hpp"
#include "gradus/check/tracked_source.hpp"

namespace gradus {

/// Checks gradients of losses, and keeps its buffers from one check to the next.
///
/// The network `Suspect` whose backward is on trial may be another type than the one that is differentiated by the
/// other sources, as long as they compute the same: a copy with a fault in it (check/fault.hpp), an engine of its own.
template <class L>
class GradientChecker {
 public:
  explicit GradientChecker(GradientCheckOptions options = {}) : options_(options) {}

  /// Differentiates the loss of a batch by every parameter, and by the input, in every way, and compares parameter
  /// array by parameter array. Cost: about 8 forward passes a parameter, from the layer that owns it on. Throws
  /// ShapeError if network, theta, x and targets do not fit together.
  GradientCheck check(const BasicNetwork<L>& network, const Loss& loss, std::span<const double> theta,
                      ConstMatrixView<double> x, const Targets<double>& targets) {
    return check(network, network, loss, theta, x, targets);
  }
  template <class Suspect>
  GradientCheck check(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss,
                      std::span<const double> theta, ConstMatrixView<double> x, const Targets<double>& targets) {
    const Case f{network, loss, theta, x, targets, &options_.between_passes};
    start(f);
    evidence_.loss =
        hand_gradient<double>(network, suspect, loss, theta, x, targets, gradient_of(GradientSource::hand));
    tape_.run(f, options_.seed, input_, gradient_of(GradientSource::tape), evidence_.magnitude);
    dual_.run(f, options_.seed, entrywise_input_, gradient_of(GradientSource::dual));
    finish(f);
    GradientCheck result = look<double>(f, suspect, {theta, x, targets});
    result.diagnoses = detail::overflow<double>(network, result.loss, trace_, gradient_of(GradientSource::dual));
    if (result.diagnoses.empty())
      result.diagnoses =
          detail::overflow_on_the_way_back(gradient_of(GradientSource::hand), gradient_of(GradientSource::tape));
    if (options_.proofs) prove(f, suspect, result);
    if (result.verdict() == GradientVerdict::wrong && result.diagnoses.empty()) explain(f, suspect, result);
    return result;
  }

  /// Hand against tape only: what a few passes can tell.
  template <class Suspect>
  GradientCheck check_against_tape(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss,
                                   std::span<const double> theta, ConstMatrixView<double> x,
                                   const Targets<double>& targets) {
    const Case f{network, loss, theta, x, targets, &options_.between_passes};
    start(f);
    evidence_.loss =
        hand_gradient<double>(network, suspect, loss, theta, x, targets, gradient_of(GradientSource::hand));
    tape_.run(f, options_.seed, input_, gradient_of(GradientSource::tape), evidence_.magnitude);
    count_roundings(f);
    return look<double>(f, suspect, {theta, x, targets});
  }

  /// The same for a network in float: its backward against dual numbers in float, which pass forward through the very
  /// same numbers, and these against tape, complex step and differences in double.
  template <class Suspect>
  GradientCheck check(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss,
                      std::span<const float> theta, ConstMatrixView<float> x, const Targets<float>& targets) {
    const std::vector<double> wide_theta(theta.begin(), theta.end());
    const Matrix<double> wide_x = widened(x);
    const Matrix<double> wide_targets = widened(targets.values);
    const std::vector<double> wide_weights(targets.weights.begin(), targets.weights.end());
    const Case f{network, loss, wide_theta, wide_x, {wide_targets, wide_weights}, &options_.between_passes};
    start(f);
    evidence_.epsilon = std::numeric_limits<float>::epsilon();
    evidence_.loss = hand_gradient<float>(network, suspect, loss, theta, x, targets, gradient_of(GradientSource::hand));
    tape_.run(f, options_.seed, input_, gradient_of(GradientSource::tape), evidence_.magnitude);
    dual_float_.run(f, options_.seed, entrywise_input_, gradient_of(GradientSource::dual));
    const std::vector<double>& narrow = gradient_of(GradientSource::dual);
    const std::vector<double>& wide = gradient_of(GradientSource::tape);
    evidence_.precision_gap.resize(narrow.size());
    for (std::size_t k = 0; k < narrow.size(); ++k) {
      evidence_.precision_gap[k] = std::abs(narrow[k] - wide[k]);
      // Paths that cancel in double need not in float; their magnitudes add up to no less than their sum.
      evidence_.magnitude[k] = std::max(evidence_.magnitude[k], std::abs(narrow[k]));
    }
    finish(f);
    GradientCheck result = look<float>(f, suspect, {theta, x, targets});
    result.diagnoses = detail::overflow<float>(network, result.loss, trace_float_, gradient_of(GradientSource::dual));
    if (result.diagnoses.empty())
      result.diagnoses =
          detail::overflow_on_the_way_back(gradient_of(GradientSource::hand), gradient_of(GradientSource::tape));
    // The slip is looked for in double, where nothing hides it.
    if (result.verdict() == GradientVerdict::wrong && result.diagnoses.empty()) explain(f, suspect, result);
    return result;
  }

 private:
  using Case = detail::LossOfBatch<L>;

  std::vector<double>& gradient_of(GradientSource source) {
    return evidence_.gradients[static_cast<std::size_t>(source)];
  }

  template <std::floating_point T>
  static Matrix<double> widened(ConstMatrixView<T> x) {
    Matrix<double> wide(x.rows(), x.cols());
    for (Index i = 0; i < x.rows(); ++i) std::copy(x.row(i).begin(), x.row(i).end(), wide.row(i).begin());
    return wide;
  }

  void start(const Case& f) {
    input_ = options_.input;
    // The sources that go number by number take the input's numbers too unless these are the most of the work.
    entrywise_input_ = input_ && f.x.size() <= std::max<Index>(64, f.network.parameter_count());
    evidence_.blocks = detail::covering(f.network.parameter_blocks(), f.network.parameter_count(), overlaps_);
    if (input_)
      evidence_.blocks.push_back(
          {.name = "input", .rows = f.x.rows(), .cols = f.x.cols(), .offset = f.network.parameter_count()});
    for (std::vector<double>& gradient : evidence_.gradients) gradient.clear();
    evidence_.exact.clear();
    evidence_.precision_gap.clear();
    evidence_.kinks.clear();
    evidence_.epsilon = std::numeric_limits<double>::epsilon();
  }

  /// The hand-written gradient, into a buffer of NaN: backward must write it all.
  template <std::floating_point T, class Suspect>
  double hand_gradient(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss,
                       std::span<const T> theta, ConstMatrixView<T> x, const Targets<T>& targets,
                       std::vector<double>& gradient) {
    Trace<T>& trace = hand_trace<T>();
    detail::set_mode(trace, options_.seed);
    std::vector<T>& hand = hand_buffer<T>();
    hand.assign(theta.size() + (input_ ? static_cast<std::size_t>(x.size()) : 0), std::numeric_limits<T>::quiet_NaN());
    const std::span<T> dtheta = std::span(hand).first(theta.size());
    const MatrixView<T> dx = input_ ? MatrixView<T>(hand.data() + theta.size(), x.rows(), x.cols()) : MatrixView<T>();
    forward(suspect, theta, x, trace);
    const T value = loss_of_trace(network, loss, trace, targets);
    poison(trace);
    detail::suspect_gradient<T>(suspect, loss, theta, x, targets, trace, dtheta, dx);
    gradient.assign(hand.begin(), hand.end());
    return static_cast<double>(value);
  }
  /// What lies between layers is to be written before it is read, too.
  template <std::floating_point T>
  static void poison(Trace<T>& trace) {
    std::size_t most = 0;
    for (const Matrix<T>& outputs : trace.outputs) most = std::max(most, outputs.values().size());
    for (Matrix<T>& scratch : trace.derivative) {
      scratch.resize(1, static_cast<Index>(most));
      std::fill(scratch.values().begin(), scratch.values().end(), std::numeric_limits<T>::quiet_NaN());
    }
  }

  template <std::floating_point T>
  Trace<T>& hand_trace() {
    if constexpr (std::same_as<T, double>)
      return trace_;
    else
      return trace_float_;
  }
  template <std::floating_point T>
  std::vector<T>& hand_buffer() {
    if constexpr (std::same_as<T, double>)
      return hand_;
    else
      return hand_float_;
  }

  /// What can be said of the hand-written pass beside its numbers.
  template <class Suspect>
  void prove(const Case& f, const Suspect& suspect, GradientCheck& result) {
    const std::vector<double>& hand = gradient_of(GradientSource::hand);
    const auto same_bits = [](std::span<const double> a, std::span<const double> b) {
      return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double p, double q) {
        return (p == q && std::signbit(p) == std::signbit(q)) || (std::isnan(p) && std::isnan(q));
      });
    };
    const std::vector<double> theta(f.theta.begin(), f.theta.end());
    const double loss = hand_gradient<double>(f.network, suspect, f.loss, f.theta, f.x, f.targets, again_);
    result.proofs.push_back(
        {"the same bits twice", same_bits(again_, hand) && same_bits({&loss, 1}, {&result.loss, 1}), ""});
    std::fill(hand_.begin(), hand_.end(), 0.0);
    for (Matrix<double>& scratch : trace_.derivative) std::fill(scratch.values().begin(), scratch.values().end(), 0.0);
    detail::suspect_gradient<double>(
        suspect, f.loss, f.theta, f.x, f.targets, trace_, std::span(hand_).first(f.theta.size()),
        input_ ? MatrixView<double>(hand_.data() + theta.size(), f.x.rows(), f.x.cols()) : MatrixView<double>());
    const bool finite = std::none_of(hand.begin(), hand.end(), [](double g) { return std::isnan(g); });
    result.proofs.push_back({"backward writes all it must, over zeros as over NaN", same_bits(hand_, hand) && finite,
                             finite ? "" : "NaN is left in the gradient"});
    result.proofs.push_back({"the parameters are left as they were", same_bits(theta, f.theta), ""});
    forward(suspect, f.theta, f.x, trace_);
    const double alone = loss_of_trace(f.network, f.loss, trace_, f.targets);
    result.proofs.push_back(
        {"the loss with its gradient is the loss without", same_bits({&alone, 1}, {&result.loss, 1}), ""});
    prove_training(f, suspect, result);
    for (const std::string& overlap : overlaps_) result.proofs.push_back({overlap, false, ""});
    if (std::isfinite(result.loss)) result.notes = detail::not_reached(f, options_.seed);
    prove_sum(f, suspect, result);
  }

  /// Training asks for no derivative by the input, and a check does: either way the parameters' must be the same.
  template <class Suspect>
  void prove_training(const Case& f, const Suspect& suspect, GradientCheck& result) {
    const bool asked = input_;
    input_ = !asked;
    hand_gradient<double>(f.network, suspect, f.loss, f.theta, f.x, f.targets, again_);
    input_ = asked;
    const std::span<const double> other = std::span(again_).first(f.theta.size());
    const std::span<const double> hand = std::span(gradient_of(GradientSource::hand)).first(f.theta.size());
    std::size_t first = 0;
    while (first < hand.size() &&
           (other[first] == hand[first] || (std::isnan(other[first]) && std::isnan(hand[first]))))
      ++first;
    Proof proof{"the gradient is the same whether or not the derivative by the input is asked for",
                first == hand.size(), ""};
    if (!proof.passed)
      for (const ParameterBlock& block : evidence_.blocks)
        if (const Index at = static_cast<Index>(first) - block.offset; at >= 0 && at < block.size())
          proof.remark = "training, which asks for none, gets another gradient of " + block.label();
    result.proofs.push_back(proof);
  }

  /// A batch's gradient is the sum of its samples', unless the network itself makes them depend on each other.
  template <class Suspect>
  void prove_sum(const Case& f, const Suspect& suspect, GradientCheck& result) {
    if (f.x.rows() < 2) return;
    std::vector<double> sizes;  // of the terms that are added up
    const auto sum_of = [&](auto gradient_of_sample) {
      const Index width = f.targets.values.cols();
      const double scale = f.loss.scale(f.targets, width) / f.loss.scale(1, width);
      std::vector<double> sum(f.theta.size());
      sizes.assign(f.theta.size(), 0);
      for (Index i = 0; i < f.x.rows(); ++i) {
        const double weight = scale * f.targets.weight(i, width);
        const std::span<const double> part =
            gradient_of_sample(f.x.middle_rows(i, 1), f.targets.values.middle_rows(i, 1));
        for (std::size_t k = 0; k < sum.size(); ++k) {
          sum[k] += weight * part[k];
          sizes[k] += std::abs(weight * part[k]);
        }
      }
      return sum;
    };
    // Of an array of which nothing could be told, nothing can be told here.
    const auto is_noise = [&](const ParameterBlock& block) {
      return std::any_of(result.blocks.begin(), result.blocks.end(), [&](const BlockCheck& found) {
        return found.block.offset == block.offset && found.verdict == GradientVerdict::noise;
      });
    };
    const auto is_whole = [&](const std::vector<double>& sum, const std::vector<double>& whole) {
      for (const ParameterBlock& block : evidence_.blocks) {
        if (block.number == 0 || is_noise(block)) continue;
        const auto terms =
            std::span(sizes).subspan(static_cast<std::size_t>(block.offset), static_cast<std::size_t>(block.size()));
        const double rms = detail::root_mean_square(terms);
        for (std::size_t k = 0; k < terms.size(); ++k) {
          const std::size_t at = static_cast<std::size_t>(block.offset) + k;
          if (!(std::abs(sum[at] - whole[at]) <= 4 * evidence_.roundings(terms[k], rms) + 2 * evidence_.tolerance[at]))
            return false;
        }
      }
      return true;
    };
    const std::vector<double> hand = sum_of([&](ConstMatrixView<double> x, const Targets<double>& t) {
      hand_gradient<double>(f.network, suspect, f.loss, f.theta, x, t, again_);
      return std::span<const double>(again_).first(f.theta.size());
    });
    Proof proof{"the batch's gradient is the sum of its samples'", is_whole(hand, gradient_of(GradientSource::hand)),
                ""};
    if (!proof.passed) {
      std::vector<double> magnitude;
      detail::TapeSource<L> tape;
      const std::vector<double> exact = sum_of([&](ConstMatrixView<double> x, const Targets<double>& t) {
        tape.run({f.network, f.loss, f.theta, x, t}, options_.seed, false, again_, magnitude);
        return std::span<const double>(again_).first(f.theta.size());
      });
      if (!is_whole(exact, gradient_of(GradientSource::tape))) {
        proof.passed = true;
        proof.remark = "not so for this network: its samples depend on each other";
      }
    }
    result.proofs.push_back(proof);
  }

  void count_roundings(const Case& f) {
    evidence_.summands = static_cast<double>(f.x.rows() + f.x.cols());
    for (const Matrix<Var>& outputs : tape_.trace().outputs)
      evidence_.summands += static_cast<double>(2 * outputs.cols());
  }

  void finish(const Case& f) {
    count_roundings(f);
    if (options_.complex) complex_.run(f, options_.seed, entrywise_input_, gradient_of(GradientSource::complex));
    differences(f);
  }

  void differences(const Case& f) {
    first_told_ = detail::first_behind_stops(f.network);
    const double loss = probe_.start(f, options_.seed);
    const std::vector<double>& tape = gradient_of(GradientSource::tape);
    double bound = std::abs(loss);
    double felt = std::abs(loss);
    for (std::size_t k = 0; k < f.theta.size(); ++k) {
      bound += evidence_.magnitude[k] * std::abs(f.theta[k]);
      felt += std::abs(tape[k] * f.theta[k]);
    }
    // The computed loss is that of parameters each of which is off by some roundings of its own.
    loss_rounding_ = std::numeric_limits<double>::epsilon() * evidence_.summands * std::min(bound, 64 * felt);
    const std::size_t n = f.theta.size() + (entrywise_input_ ? static_cast<std::size_t>(f.x.size()) : 0);
    for (const GradientSource source :
         {GradientSource::ridders, GradientSource::forward_difference, GradientSource::central_difference})
      if (source == GradientSource::ridders || options_.plain) gradient_of(source).resize(n);
    evidence_.ridders_error.resize(n);
    truncation_.resize(n);
    step_.resize(n);
    detail::for_each_layer_backwards(f.network, f.theta, [&](std::size_t l, std::size_t offset, std::size_t count) {
      const auto scale = scales_of(offset, count);
      // Where layers stop the derivative, differences see what it does not.
      for (std::size_t k = offset; k < offset + count; ++k)
        l < first_told_ ? no_difference(k) : difference(f, l, probe_.theta()[k], k, scale, loss);
    });
    if (!entrywise_input_) return;
    const std::size_t offset = f.theta.size();
    const auto scale = scales_of(offset, probe_.x().size());
    for (std::size_t k = 0; k < probe_.x().size(); ++k)
      first_told_ > 0 ? no_difference(offset + k) : difference(f, 0, probe_.x()[k], offset + k, scale, loss);
  }

  /// What differences by the numbers of an array are held against: the magnitudes of their paths, or so many times the
  /// derivatives themselves where that is less, for magnitudes grow with depth.
  auto scales_of(std::size_t offset, std::size_t count) {
    const std::span<const double> magnitude = std::span<const double>(evidence_.magnitude).subspan(offset, count);
    const std::span<const double> tape =
        std::span<const double>(gradient_of(GradientSource::tape)).subspan(offset, count);
    return [=, rms = detail::root_mean_square(magnitude), size = detail::root_mean_square(tape)](std::size_t k) {
      const double bound = magnitude[k - offset] + rms;
      return size > 0 ? std::min(bound, 64 * (std::abs(tape[k - offset]) + size)) : bound;
    };
  }

  void no_difference(std::size_t k) {
    for (const GradientSource source :
         {GradientSource::ridders, GradientSource::forward_difference, GradientSource::central_difference})
      if (!gradient_of(source).empty()) gradient_of(source)[k] = std::numeric_limits<double>::quiet_NaN();
    evidence_.ridders_error[k] = truncation_[k] = std::numeric_limits<double>::infinity();
    step_[k] = 1;
  }

  /// Entry k of the gradient, by differences in the number w.
  template <class Scale>
  void difference(const Case& f, std::size_t layer, double& w, std::size_t k, const Scale& scale_of, double loss) {
    f.pause();
    const double value = w;
    const auto at = [&](double changed) {
      w = changed;
      return probe_.loss(f, layer);
    };
    const double scale = scale_of(k);
    // A power of two, so that the steps are exact.
    double step = std::ldexp(1.0, std::ilogb(std::max(std::abs(value), 1.0)) - 10);
    Estimate best;
    for (int attempt = 0; attempt < 4; ++attempt, step /= 64) {
      Estimate estimate = ridders(at, value, step, 1e-7 * scale);
      estimate.error += 2 * loss_rounding_ / estimate.step;
      if (estimate.error < best.error || attempt == 0) best = estimate;
      if (best.error <= 1e-4 * scale) break;
    }
    // Where the loss overflows within the step, differences have no say.
    if (!std::isfinite(best.value)) best.error = std::numeric_limits<double>::infinity();
    gradient_of(GradientSource::ridders)[k] = best.value;
    evidence_.ridders_error[k] = best.error;
    truncation_[k] = std::max(best.error - 2 * loss_rounding_ / best.step, 0.0);
    step_[k] = best.step;
    if (options_.plain) {
      gradient_of(GradientSource::forward_difference)[k] =
          (at(value + options_.forward_step) - loss) / options_.forward_step;
      const double c = options_.central_step;
      gradient_of(GradientSource::central_difference)[k] = (at(value + c) - at(value - c)) / (2 * c);
    }
    w = value;
    const double tape = gradient_of(GradientSource::tape)[k];
    const double off = std::abs(best.value - tape);
    if (!(off <= best.error + 4 * evidence_.roundings(tape, scale / 64)) || !(best.error <= 1e-3 * scale))
      if (const std::optional<Kink> kink = detail::KinkFinder<L>(f, options_.seed, loss_rounding_)
                                               .find(k, std::max(best.step, step), evidence_.magnitude[k]))
        evidence_.kinks.push_back(*kink);
  }

  /// What the slip probably is; each gradient that is wrong has something said of it.
  template <class Suspect>
  void explain(const Case& f, const Suspect& suspect, GradientCheck& result) const {
    const bool cut =
        std::any_of(result.blocks.begin(), result.blocks.end(), [](const BlockCheck& block) { return block.cut; });
    result.diagnoses = detail::SlipFinder<L, Suspect>(f, suspect, options_.seed).run(cut);
    if (result.diagnoses.empty()) result.diagnoses.push_back(detail::unnamed(result));
  }

  /// The verdicts; where the first look leaves something open, of a second one.
  template <std::floating_point T, class Suspect>
  GradientCheck look(const Case& f, const Suspect& suspect, const detail::Batch<T>& batch) {
    evidence_.tolerance = detail::first_tolerance(evidence_);
    GradientCheck result = detail::judge(evidence_);
    // In float, dual numbers tell how far the pass on trial leads from one in double; what they left out is still open.
    const bool is_complete =
        evidence_.precision_gap.empty() || evidence_.precision_gap.size() == gradient_of(GradientSource::tape).size();
    if (!std::isfinite(result.loss) || (is_complete && !detail::needs_second_look(result))) return result;
    detail::TrackedSource<T, L>& tracked = tracked_source<T>();
    tracked.run(f.network, f.loss, batch, options_.seed, input_);
    evidence_.exact = tracked.exact();
    detail::ShakenBackward<T, L, Suspect> shaken(f.network, suspect, f.loss, batch, options_.seed, input_);
    evidence_.tolerance = detail::second_tolerance(evidence_, tracked.error(), shaken.deviations(tracked.trace()));
    if constexpr (std::same_as<T, float>) {
      const std::vector<double>& wide = gradient_of(GradientSource::tape);
      evidence_.precision_gap.resize(wide.size());
      for (std::size_t k = 0; k < wide.size(); ++k) evidence_.precision_gap[k] = std::abs(evidence_.exact[k] - wide[k]);
    }
    if (!gradient_of(GradientSource::ridders).empty())
      detail::DifferenceReview<L>(f, options_.seed, evidence_, truncation_, step_)
          .run(std::min(loss_rounding_, 16 * tracked.loss_rounding()));
    return detail::judge(evidence_);
  }
  template <std::floating_point T>
  detail::TrackedSource<T, L>& tracked_source() {
    if constexpr (std::same_as<T, double>)
      return tracked_;
    else
      return tracked_float_;
  }

  GradientCheckOptions options_;
  bool input_ = true;
  bool entrywise_input_ = true;
  double loss_rounding_ = 0;
  detail::GradientEvidence evidence_;
  detail::TapeSource<L> tape_;
  detail::DualSource<double, L> dual_;
  detail::DualSource<float, L> dual_float_;
  detail::ComplexSource<L> complex_;
  detail::LossProbe<L> probe_;
  detail::TrackedSource<double, L> tracked_;
  detail::TrackedSource<float, L> tracked_float_;
  std::vector<std::string> overlaps_;  // what is wrong with the network's list of its arrays
  std::size_t first_told_ = 0;         // layer, from which on differences tell the derivative
  std::vector<double> truncation_;     // of the extrapolated differences: their estimated error but for rounding
  std::vector<double> step_;
  Trace<double> trace_;
  Trace<float> trace_float_;
  std::vector<double> hand_;
  std::vector<double> again_;
  std::vector<float> hand_float_;
};

namespace detail {

/// Whether two networks that compute the same have gradients that differ by more than rounding.
template <class A, class B>
bool gradients_differ(const A& network, const B& other, const Loss& loss, std::span<const double> theta,
                      ConstMatrixView<double> x, const Targets<double>& targets, std::uint64_t seed) {
  const auto gradient_of = [&](const auto& candidate) {
    Trace<double> trace;
    set_mode(trace, seed);
    std::vector<double> gradient(theta.size() + static_cast<std::size_t>(x.size()), 1);
    forward(candidate, theta, x, trace);
    suspect_gradient<double>(candidate, loss, theta, x, targets, trace, std::span(gradient).first(theta.size()),
                             MatrixView<double>(gradient.data() + theta.size(), x.rows(), x.cols()));
    return gradient;
  };
  const std::vector<double> good = gradient_of(network);
  const std::vector<double> bad = gradient_of(other);
  double most = 0;
  for (const double g : good) most = std::max(most, std::abs(g));
  for (std::size_t k = 0; k < good.size(); ++k)
    if (!(std::abs(good[k] - bad[k]) <= 1e-9 * most)) return true;
  return false;
}

}  // namespace detail

/// Whether a suspect's gradient differs from the good network's by more than rounding: whether a planted fault shows at
/// all in this batch.
template <class L, class Suspect>
bool changes_gradient(const Suspect& suspect, const BasicNetwork<L>& network, const Loss& loss,
                      std::span<const double> theta, ConstMatrixView<double> x, const Targets<double>& targets,
                      std::uint64_t seed = 1) {
  return detail::gradients_differ(network, suspect, loss, theta, x, targets, seed);
}

/// One check, with buffers of its own.
template <class L>
GradientCheck check_gradients(const BasicNetwork<L>& network, const Loss& loss, const std::vector<double>& theta,
                              const Matrix<double>& x, const Targets<double>& targets,
                              const GradientCheckOptions& options = {}) {
  return GradientChecker<L>(options).check(network, loss, theta, x, targets);
}
template <class L>
GradientCheck check_gradients(const BasicNetwork<L>& network, const Loss& loss, const std::vector<float>& theta,
                              const Matrix<float>& x, const Targets<float>& targets,
                              const GradientCheckOptions& options = {}) {
  return GradientChecker<L>(options).check(network, network, loss, theta, x, targets);
}

// The library holds these compiled: every layer on every kind of number is long to compile.
extern template GradientCheck GradientChecker<Layer>::check(const Network&, const Network&, const Loss&,
                                                            std::span<const double>, ConstMatrixView<double>,
                                                            const Targets<double>&);
extern template GradientCheck GradientChecker<Layer>::check(const Network&, const Network&, const Loss&,
                                                            std::span<const float>, ConstMatrixView<float>,
                                                            const Targets<float>&);
extern template GradientCheck check_gradients(const Network&, const Loss&, const std::vector<double>&,
                                              const Matrix<double>&, const Targets<double>&,
                                              const GradientCheckOptions&);
extern template GradientCheck check_gradients(const Network&, const Loss&, const std::vector<float>&,
                                              const Matrix<float>&, const Targets<float>&, const GradientCheckOptions&);

/// The loss's gradient by finite differences, (L(w + up) - L(w - down)) / (up + down), one parameter w at a time:
/// forward differences with down = 0, central ones with down = up.
template <class L>
std::vector<double> difference_gradient(const BasicNetwork<L>& network, const Loss& loss, std::vector<double> theta,
                                        ConstMatrixView<double> x, const Targets<double>& targets, double up,
                                        double down) {
  Trace<double> trace;
  std::vector<double> gradient;
  for (double& parameter : theta) {
    const double value = parameter;
    parameter = value + up;
    const double above = loss_value(network, loss, theta, x, targets, trace);
    parameter = value - down;
    const double below = loss_value(network, loss, theta, x, targets, trace);
    parameter = value;
    gradient.push_back((above - below) / (up + down));
  }
  return gradient;
}

}  // namespace gradus
