// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"

/// Whether a network, a loss and targets fit together. Training asks it whoever trains: `fit`, a bank, the command
/// line, Python; so all refuse the same in the same words. It follows from what layers and losses tell of themselves
/// (nn/traits.hpp) alone; a layer of your own that tells nothing is believed.
namespace gradus {
namespace detail {

/// What there is to know of a network.
struct LastLayer {
  std::string_view name;
  Index outputs = 0;
  Answers answers;
};

/// Throws ValueError `[where] <loss> needs ..., but the network ends in ...: end it in ...`.
void check_answers(std::string_view where, const LastLayer& last, const LossFunction& loss);
/// Throws ValueError `[where] <loss> needs ..., but ... of sample 3 is ...: use ...`.
template <std::floating_point T>
void check_targets_needed(std::string_view where, Index outputs, const LossFunction& loss, ConstMatrixView<T> targets);
/// Throws ValueError if what is to be met is, in the mean over all samples, beyond what the last layer can give.
template <std::floating_point T>
void check_reach(std::string_view where, const LastLayer& last, const LossFunction& loss, ConstMatrixView<T> targets);

extern template void check_targets_needed(std::string_view, Index, const LossFunction&, ConstMatrixView<double>);
extern template void check_targets_needed(std::string_view, Index, const LossFunction&, ConstMatrixView<float>);
extern template void check_reach(std::string_view, const LastLayer&, const LossFunction&, ConstMatrixView<double>);
extern template void check_reach(std::string_view, const LastLayer&, const LossFunction&, ConstMatrixView<float>);

}  // namespace detail

/// Throws ValueError unless the network can be trained on the loss towards these targets (samples, outputs; in a
/// sequence: steps * outputs), finite ones. It refuses
///
/// - a softmax of a single output, which is always 1 (its logarithm 0);
/// - a step, which has no slope, under any loss but its own;
/// - answers that the loss makes no sense of: logarithms of what may be below 0, and a cross-entropy over answers that
///   do not share a sum of 1, where nothing speaks against all of them going to 1;
/// - targets that the loss makes no sense of: prices under a cross-entropy, labels where one class is asked for;
/// - targets whose very mean is out of reach of the last layer, as that of prices is of a sigmoid. A few beyond its
/// range
///   are left to the user: noise may put them there.
template <std::floating_point T, class L>
void check_fitting(std::string_view where, const BasicNetwork<L>& network, const LossFunction& loss,
                   ConstMatrixView<T> targets) {
  if (network.size() == 0) return;
  const detail::LastLayer last{network.name(network.size() - 1), network.outputs(), network.answers()};
  detail::check_answers(where, last, loss);
  detail::check_targets_needed(where, last.outputs, loss, targets);
  detail::check_reach(where, last, loss, targets);
}

}  // namespace gradus
