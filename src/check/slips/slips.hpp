// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "check/slips/backward_walk.hpp"
#include "gradus/check/detail/diagnosis.hpp"

/// The slips that people make, each as words and the whole gradient that it would give: tried one after the other, none
/// is kept.
namespace gradus::detail {

struct SlipGradient {
  std::string kind;
  std::string sentence;
  std::vector<double> gradient;
};
using SlipSink = std::function<void(const SlipGradient&)>;

/// Every slip that is known, made in a pass through this network whose right gradient is `right`.
void try_slips(const CheckSubject& subject, std::uint64_t seed, const std::vector<double>& right, const SlipSink& sink);

/// Of them: the whole gradient times a number that has a reason, or with arrays turned.
void try_factors_and_turns(const CheckSubject& subject, const std::vector<double>& right, const SlipSink& sink);
/// In another order, of some samples, for other targets or another loss.
void try_whole_slips(const CheckSubject& subject, std::uint64_t seed, const std::vector<double>& right,
                     const SlipSink& sink);
/// What one layer does otherwise, or all of them do.
void try_layer_slips(BackwardWalk& walk, const SlipSink& sink);
/// What the loss hands back, off by a slip of its own.
void try_loss_slips(BackwardWalk& walk, const SlipSink& sink);
/// What is wrong between the layers: inputs, weights or derivatives of another, parameters that have moved.
void try_wiring_slips(BackwardWalk& walk, const SlipSink& sink);
/// Those that a backward pass of ours can be spoilt by (check/fault.hpp), at each place, and at all alike.
void try_planted_slips(BackwardWalk& walk, const SlipSink& sink);

/// The numbers of a gradient that were given, as theta has them; those outside `blocks` were not.
struct GivenNumbers {
  const std::vector<double>& numbers;
  const std::vector<ParameterBlock>& blocks;
};
/// Slips that hold a number which only the gradient given can tell: where it was clipped, how much of a penalty is in
/// it, how often each sample counts.
void try_fitted_slips(BackwardWalk& walk, const GivenNumbers& given, const std::vector<double>& right,
                      const SlipSink& sink);

}  // namespace gradus::detail
