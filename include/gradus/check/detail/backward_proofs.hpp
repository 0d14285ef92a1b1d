// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "gradus/check/detail/hand_pass.hpp"
#include "gradus/check/result.hpp"

namespace gradus::detail {

/// What can be said of the hand-written pass beside its numbers, in double.
template <class L, class Suspect>
class BackwardProofs {
 public:
  /// `evidence` holds the gradients that were compared and what they may differ by; `input`: whether the derivative by
  /// the input was asked for.
  BackwardProofs(const LossOfBatch<L>& f, const Suspect& suspect, HandPass<double>& pass, std::uint64_t seed,
                 bool input, const GradientEvidence& evidence)
      : f_(f), suspect_(suspect), pass_(pass), seed_(seed), input_(input), evidence_(evidence) {}

  void run(GradientCheck& result) {
    const std::vector<double>& hand = by(GradientSource::hand);
    const std::vector<double> theta(f_.theta.begin(), f_.theta.end());
    const double loss = gradient(f_.x, f_.targets, input_);
    result.proofs.push_back(
        {"the same bits twice", same_bits(again_, hand) && same_bits({&loss, 1}, {&result.loss, 1}), ""});
    pass_.sweep(suspect_, f_.loss, Batch<double>{f_.theta, f_.x, f_.targets}, input_, 0.0, again_);
    const bool finite = std::none_of(hand.begin(), hand.end(), [](double g) { return std::isnan(g); });
    result.proofs.push_back({"backward writes all it must, over zeros as over NaN", same_bits(again_, hand) && finite,
                             finite ? "" : "NaN is left in the gradient"});
    result.proofs.push_back({"the parameters are left as they were", same_bits(theta, f_.theta), ""});
    forward(suspect_, f_.theta, f_.x, pass_.trace());
    const double alone = loss_of_trace(f_.network, f_.loss, pass_.trace(), f_.targets);
    result.proofs.push_back(
        {"the loss with its gradient is the loss without", same_bits({&alone, 1}, {&result.loss, 1}), ""});
    prove_training(result);
    if (f_.x.rows() > 1) prove_sum(result);
  }

 private:
  const std::vector<double>& by(GradientSource source) const {
    return evidence_.gradients[static_cast<std::size_t>(source)];
  }
  /// Of these samples, in `again_`; returns the loss.
  double gradient(ConstMatrixView<double> x, const Targets<double>& targets, bool input) {
    return pass_.run(f_.network, suspect_, f_.loss, Batch<double>{f_.theta, x, targets}, seed_, input, again_);
  }

  static bool same_bits(std::span<const double> a, std::span<const double> b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double p, double q) {
      return (p == q && std::signbit(p) == std::signbit(q)) || (std::isnan(p) && std::isnan(q));
    });
  }

  /// Training asks for no derivative by the input, and a check does: either way the parameters' must be the same.
  void prove_training(GradientCheck& result) {
    gradient(f_.x, f_.targets, !input_);
    const std::span<const double> other = std::span(again_).first(f_.theta.size());
    const std::span<const double> hand = std::span(by(GradientSource::hand)).first(f_.theta.size());
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

  /// The gradients of the samples, added up, and the sizes of what was added.
  struct Sum {
    std::vector<double> numbers;
    std::vector<double> sizes;
  };
  template <class GradientOfSample>
  Sum sum_of_samples(GradientOfSample gradient_of_sample) const {
    const Index width = f_.targets.values.cols();
    const double scale = f_.loss.scale(f_.targets, width) / f_.loss.scale(1, width);
    Sum sum{std::vector<double>(f_.theta.size()), std::vector<double>(f_.theta.size())};
    for (Index i = 0; i < f_.x.rows(); ++i) {
      const double weight = scale * f_.targets.weight(i, width);
      const std::vector<double>& part =
          gradient_of_sample(f_.x.middle_rows(i, 1), Targets<double>(f_.targets.values.middle_rows(i, 1)));
      for (std::size_t k = 0; k < sum.numbers.size(); ++k) {
        sum.numbers[k] += weight * part[k];
        sum.sizes[k] += std::abs(weight * part[k]);
      }
    }
    return sum;
  }

  bool is_whole(const GradientCheck& result, const Sum& sum, const std::vector<double>& whole) const {
    // Of an array of which nothing could be told, nothing can be told here.
    const auto is_noise = [&](const ParameterBlock& block) {
      return std::any_of(result.blocks.begin(), result.blocks.end(), [&](const BlockCheck& found) {
        return found.block.offset == block.offset && found.verdict == GradientVerdict::noise;
      });
    };
    for (const ParameterBlock& block : evidence_.blocks) {
      if (block.number == 0 || is_noise(block)) continue;
      const auto first = static_cast<std::size_t>(block.offset);
      const auto terms = std::span(sum.sizes).subspan(first, static_cast<std::size_t>(block.size()));
      const double rms = root_mean_square(terms);
      for (std::size_t k = first; k < first + terms.size(); ++k)
        if (!(std::abs(sum.numbers[k] - whole[k]) <=
              4 * evidence_.roundings(sum.sizes[k], rms) + 2 * evidence_.tolerance[k]))
          return false;
    }
    return true;
  }

  /// A batch's gradient is the sum of its samples', unless the network itself makes them depend on each other.
  void prove_sum(GradientCheck& result) {
    const Sum hand =
        sum_of_samples([&](ConstMatrixView<double> x, const Targets<double>& t) -> const std::vector<double>& {
          gradient(x, t, input_);
          return again_;
        });
    Proof proof{"the batch's gradient is the sum of its samples'", is_whole(result, hand, by(GradientSource::hand)),
                ""};
    if (!proof.passed) {
      std::vector<double> magnitude;
      TapeSource<L> tape;
      const Sum exact =
          sum_of_samples([&](ConstMatrixView<double> x, const Targets<double>& t) -> const std::vector<double>& {
            tape.run({f_.network, f_.loss, f_.theta, x, t}, seed_, false, again_, magnitude);
            return again_;
          });
      if (!is_whole(result, exact, by(GradientSource::tape))) {
        proof.passed = true;
        proof.remark = "not so for this network: its samples depend on each other";
      }
    }
    result.proofs.push_back(proof);
  }

  const LossOfBatch<L>& f_;
  const Suspect& suspect_;
  HandPass<double>& pass_;
  std::uint64_t seed_;
  bool input_;
  const GradientEvidence& evidence_;
  std::vector<double> again_;
};

}  // namespace gradus::detail
