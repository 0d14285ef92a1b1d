// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "gradus/core/options.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/losses/binary_cross_entropy.hpp"
#include "gradus/nn/losses/cross_entropy.hpp"
#include "gradus/nn/losses/hinge.hpp"
#include "gradus/nn/losses/huber.hpp"
#include "gradus/nn/losses/kl_divergence.hpp"
#include "gradus/nn/losses/log_cosh.hpp"
#include "gradus/nn/losses/mean_absolute_error.hpp"
#include "gradus/nn/losses/mean_squared_error.hpp"
#include "gradus/nn/losses/negative_log_likelihood.hpp"
#include "gradus/nn/losses/perceptron_criterion.hpp"
#include "gradus/nn/losses/poisson.hpp"
#include "gradus/nn/targets.hpp"
#include "gradus/nn/traits.hpp"

/// Losses, one sample at a time: p are the network's outputs, t the targets, both of length K.
///
/// Each loss has a canonical link: the last layer with which it fuses. Where the network ends in its link, the loss is
/// evaluated on the link's input z (the logits), which is exact where p would round to 0 or 1; with a softmax, sigmoid
/// or exponential its derivative by z is p - t. Everywhere else it is evaluated on p.
///
/// `terms(K)` is the number of terms one sample contributes to a mean. A loss whose derivative jumps somewhere has
/// `kink_distance(p, t)`: how little an output must change to meet a kink; and `kink_distance_from_logits(z, t)` if the
/// logits have kinks elsewhere.
///
/// Each tells of itself what others would otherwise keep lists of:
///
///     answers, targets     what it asks of the network's outputs and of the targets (nn/fitting.hpp)
///     hit                  what counts as a hit where the targets do not tell (`hit_of`): for distributions argmax,
///     for
///                          labels and decisions threshold, for numbers none
///     UsualAfter           the last layer after which it is the usual loss; void: none
///     logarithms           what it takes the logarithm of
///     unit                 of its value; empty: that of the targets, or none
///     formulas, formulas_from_logits   of one sample, by the outputs and by the logits
namespace gradus {

using LossFunction =
    std::variant<CrossEntropy, BinaryCrossEntropy, MeanSquaredError, PerceptronCriterion, MultiLabelCrossEntropy,
                 MeanAbsoluteError, Huber, Poisson, Hinge, KlDivergence, NegativeLogLikelihood, LogCosh>;

template <class F>
concept LossLike = std::regular<F> && requires(const F loss, std::span<const double> p, std::span<double> d) {
  typename F::Link;
  typename F::UsualAfter;
  { F::name } -> std::convertible_to<std::string_view>;
  { F::unit } -> std::convertible_to<std::string_view>;
  { F::hit } -> std::convertible_to<Hit>;
  { F::answers } -> std::convertible_to<AnswersNeeded>;
  { F::targets } -> std::convertible_to<TargetsNeeded>;
  { F::logarithms } -> std::convertible_to<Logarithms>;
  { F::formulas } -> std::convertible_to<Formulas>;
  { F::formulas_from_logits } -> std::convertible_to<Formulas>;
  { loss.terms(Index{}) } -> std::same_as<Index>;
  { loss.template value<double>(p, p) } -> std::same_as<double>;
  { loss.template value_from_logits<double>(p, p) } -> std::same_as<double>;
  loss.template gradient<double>(p, p, d);
  loss.template gradient_from_logits<double>(p, p, p, d);
};
template <class Variant>
inline constexpr bool all_losses = false;
template <class... F>
inline constexpr bool all_losses<std::variant<F...>> = (LossLike<F> && ...);
static_assert(all_losses<LossFunction>);

/// What counts as a hit under a loss, given all targets (samples, outputs; in a sequence: steps * outputs). Targets
/// that are all one-hot are classes, and of these the largest output decides, under every loss: so it does in
/// `Model::classify`, and an accuracy is the same number everywhere. Of a single output it is threshold, unless the
/// loss is one of numbers; else it is what the loss tells.
template <std::floating_point T>
Hit hit_of(const LossFunction& loss, ConstMatrixView<T> targets, Index outputs);

extern template Hit hit_of(const LossFunction&, ConstMatrixView<double>, Index);
extern template Hit hit_of(const LossFunction&, ConstMatrixView<float>, Index);

/// How far one sample's outputs p (or logits, where the loss is fused with its link) are from the nearest kink of the
/// loss: infinity where it is smooth.
template <std::floating_point T>
T kink_distance(const LossFunction& loss, std::span<const T> p, std::span<const T> t, bool fused) {
  return std::visit(
      [&](const auto& f) -> T {
        if constexpr (requires { f.template kink_distance_from_logits<T>(p, t); })
          return fused ? f.template kink_distance_from_logits<T>(p, t) : f.template kink_distance<T>(p, t);
        else if constexpr (requires { f.template kink_distance<T>(p, t); })
          return f.template kink_distance<T>(p, t);
        else
          return std::numeric_limits<T>::infinity();
      },
      loss);
}

/// How the losses of a batch become one number: their sum, or the sum divided by batch * terms(K). With weights each
/// sample's loss is multiplied with its own, and the mean divides by the sum of weights in place of the batch, as
/// scikit-learn does from version 1.7 on.
enum class Reduction { mean, sum };

struct Loss {
  LossFunction function = CrossEntropy{};
  Reduction reduction = Reduction::mean;
  double factor = 1;  ///< of that number: 1/2 with the mean squared error for those whose gradient is p - t

  /// Without its options.
  std::string_view name() const {
    return std::visit([](const auto& f) { return std::string_view(f.name); }, function);
  }
  /// Of its value: "nats", or empty where it is that of the targets, or none.
  std::string_view unit() const {
    return std::visit([](const auto& f) { return std::string_view(f.unit); }, function);
  }
  /// What the (weighted) sum over a batch is multiplied with; 0 for a mean over a batch in which nothing counts.
  template <std::floating_point T>
  double scale(const Targets<T>& targets, Index outputs) const {
    return scale_of(targets.count(outputs), outputs);
  }
  double scale(Index batch, Index outputs) const { return scale_of(static_cast<double>(batch), outputs); }

 private:
  double scale_of(double count, Index outputs) const {
    if (reduction == Reduction::sum) return factor;
    const auto terms = std::visit([&](const auto& f) { return static_cast<double>(f.terms(outputs)); }, function);
    return count != 0 ? factor / (count * terms) : 0;
  }
};

/// The loss that a text such as `cross-entropy:smoothing=0.1`, `huber:delta=1.5` or `mse` describes. Throws ParseError
/// that names the nearest of the known ones.
Loss parse_loss(std::string_view text, Reduction reduction = Reduction::mean);
/// The text that `parse_loss` reads back.
std::string to_text(const Loss& loss);

}  // namespace gradus
