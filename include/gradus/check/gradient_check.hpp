// SPDX-License-Identifier: MIT
#pragma once

#include <bit>

#include "gradus/check/detail/backward_proofs.hpp"
#include "gradus/check/detail/difference_review.hpp"
#include "gradus/check/detail/entrywise_differences.hpp"
#include "gradus/check/detail/reach.hpp"
#include "gradus/check/detail/shaken_backward.hpp"
#include "gradus/check/detail/slip_finder.hpp"
#include "gradus/check/result.hpp"

namespace gradus {

/// Checks gradients of losses, and keeps its buffers from one check to the next.
///
/// The network `Suspect` whose backward is on trial may be another type than the one that is differentiated by the
/// other sources, as long as they compute the same: a copy with a fault in it (check/fault.hpp), an engine of its own.
template <class L>
class GradientChecker {
 public:
  explicit GradientChecker(GradientCheckOptions options = {}) : options_(std::move(options)), differences_(options_) {}

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
    const detail::Batch<double> batch{theta, x, targets};
    start<double>(f, suspect, batch);
    dual_.run(f, options_.seed, entrywise_input_, gradient_of(GradientSource::dual));
    finish(f);
    GradientCheck result = look(f, suspect, batch);
    say_where_it_overflows<double>(network, result);
    if (options_.proofs) prove(f, suspect, result);
    explain(f, suspect, result);
    return result;
  }

  /// Hand against tape only: what a few passes can tell.
  template <class Suspect>
  GradientCheck check_against_tape(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss,
                                   std::span<const double> theta, ConstMatrixView<double> x,
                                   const Targets<double>& targets) {
    const Case f{network, loss, theta, x, targets, &options_.between_passes};
    const detail::Batch<double> batch{theta, x, targets};
    start<double>(f, suspect, batch);
    return look(f, suspect, batch);
  }

  /// The same for a network in float: its backward against the exact gradient of its own pass and against dual numbers
  /// in float, which pass forward through the very same numbers, and these against complex step and differences in
  /// double.
  template <class Suspect>
  GradientCheck check(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss,
                      std::span<const float> theta, ConstMatrixView<float> x, const Targets<float>& targets) {
    const std::vector<double> wide_theta(theta.begin(), theta.end());
    const Matrix<double> wide_x = widened(x);
    const Matrix<double> wide_targets = widened(targets.values);
    const std::vector<double> wide_weights(targets.weights.begin(), targets.weights.end());
    const Case f{network, loss, wide_theta, wide_x, {wide_targets, wide_weights}, &options_.between_passes};
    const detail::Batch<float> batch{theta, x, targets};
    start<float>(f, suspect, batch);
    dual_float_.run(f, options_.seed, entrywise_input_, gradient_of(GradientSource::dual));
    // Paths that cancel in double need not in float; their magnitudes add up to no less than their sum.
    const std::vector<double>& narrow = gradient_of(GradientSource::dual);
    for (std::size_t k = 0; k < narrow.size(); ++k)
      evidence_.magnitude[k] = std::max(evidence_.magnitude[k], std::abs(narrow[k]));
    finish(f);
    GradientCheck result = look(f, suspect, batch);
    say_where_it_overflows<float>(network, result);
    // The slip is looked for in double, where nothing hides it.
    explain(f, suspect, result);
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

  /// The gradient by hand, in T, and by the tape, in double.
  template <std::floating_point T, class Suspect>
  void start(const Case& f, const Suspect& suspect, const detail::Batch<T>& batch) {
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
    evidence_.epsilon = std::numeric_limits<T>::epsilon();
    evidence_.loss =
        hand<T>().run(f.network, suspect, f.loss, batch, options_.seed, input_, gradient_of(GradientSource::hand));
    tape_.run(f, options_.seed, input_, gradient_of(GradientSource::tape), evidence_.magnitude);
    evidence_.summands = static_cast<double>(f.x.rows() + f.x.cols());
    for (const Matrix<Var>& outputs : tape_.trace().outputs)
      evidence_.summands += static_cast<double>(2 * outputs.cols());
  }

  void finish(const Case& f) {
    if (options_.complex) complex_.run(f, options_.seed, entrywise_input_, gradient_of(GradientSource::complex));
    differences_.run(f, entrywise_input_, evidence_);
  }

  /// The verdicts; in double, where the first look leaves nothing open, of that alone.
  template <std::floating_point T, class Suspect>
  GradientCheck look(const Case& f, const Suspect& suspect, const detail::Batch<T>& batch) {
    constexpr bool is_narrow = std::same_as<T, float>;
    evidence_.tolerance = detail::first_tolerance(evidence_);
    GradientCheck result = detail::judge(evidence_);
    if (!std::isfinite(result.loss) || (!is_narrow && !detail::needs_second_look(result))) return result;
    detail::TrackedSource<T, L>& tracked = tracked_source<T>();
    tracked.run(f.network, f.loss, batch, options_.seed, input_);
    evidence_.exact = tracked.exact();
    detail::ShakenBackward<T, L, Suspect> shaken(f.network, suspect, f.loss, batch, options_.seed, input_);
    evidence_.tolerance = detail::second_tolerance(evidence_, tracked.error(), shaken.deviations(tracked.trace()));
    std::vector<double>& tape = gradient_of(GradientSource::tape);
    if (is_narrow) {
      evidence_.precision_gap.resize(tape.size());
      for (std::size_t k = 0; k < tape.size(); ++k) evidence_.precision_gap[k] = std::abs(evidence_.exact[k] - tape[k]);
    }
    if (!gradient_of(GradientSource::ridders).empty())
      detail::DifferenceReview<L>(f, options_.seed, evidence_, differences_.truncation(), differences_.step())
          .run(std::min(differences_.loss_rounding(), 16 * tracked.loss_rounding()));
    // In float the tape to be compared with is the one that recorded the float's own pass.
    if (is_narrow) tape = evidence_.exact;
    return detail::judge(evidence_);
  }

  template <std::floating_point T>
  void say_where_it_overflows(const BasicNetwork<L>& network, GradientCheck& result) {
    result.diagnoses = detail::overflow<T>(network, result.loss, hand<T>().trace(), gradient_of(GradientSource::dual));
    if (result.diagnoses.empty())
      result.diagnoses =
          detail::overflow_on_the_way_back(gradient_of(GradientSource::hand), gradient_of(GradientSource::tape));
  }

  template <class Suspect>
  void prove(const Case& f, const Suspect& suspect, GradientCheck& result) {
    detail::BackwardProofs<L, Suspect>(f, suspect, hand_, options_.seed, input_, evidence_).run(result);
    for (const std::string& overlap : overlaps_) result.proofs.push_back({overlap, false, ""});
    if (std::isfinite(result.loss)) result.notes = detail::not_reached(f, options_.seed);
  }

  /// What the slip probably is; each gradient that is wrong has something said of it.
  template <class Suspect>
  void explain(const Case& f, const Suspect& suspect, GradientCheck& result) const {
    if (result.verdict() != GradientVerdict::wrong || !result.diagnoses.empty()) return;
    const bool cut =
        std::any_of(result.blocks.begin(), result.blocks.end(), [](const BlockCheck& block) { return block.cut; });
    result.diagnoses = detail::SlipFinder<L, Suspect>(f, suspect, options_.seed).run(cut);
    if (result.diagnoses.empty()) result.diagnoses.push_back(detail::unnamed(result));
  }

  template <std::floating_point T>
  detail::HandPass<T>& hand() {
    if constexpr (std::same_as<T, double>)
      return hand_;
    else
      return hand_float_;
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
  detail::GradientEvidence evidence_;
  detail::HandPass<double> hand_;
  detail::HandPass<float> hand_float_;
  detail::TapeSource<L> tape_;
  detail::DualSource<double, L> dual_;
  detail::DualSource<float, L> dual_float_;
  detail::ComplexSource<L> complex_;
  detail::EntrywiseDifferences<L> differences_;
  detail::TrackedSource<double, L> tracked_;
  detail::TrackedSource<float, L> tracked_float_;
  std::vector<std::string> overlaps_;  // what is wrong with the network's list of its arrays
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
