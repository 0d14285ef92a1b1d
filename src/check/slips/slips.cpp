// SPDX-License-Identifier: MIT
#include "check/slips/slips.hpp"

namespace gradus::detail {

void try_slips(const CheckSubject& subject, std::uint64_t seed, const std::vector<double>& right,
               const SlipSink& sink) {
  BackwardWalk walk(subject, seed);
  try_factors_and_turns(subject, right, sink);
  try_planted_slips(walk, sink);
  if (walk.depth() > 0) {
    try_loss_slips(walk, sink);
    try_layer_slips(walk, sink);
    try_wiring_slips(walk, sink);
  }
  try_whole_slips(subject, seed, right, sink);
}

}  // namespace gradus::detail
