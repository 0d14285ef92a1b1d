// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <vector>

#include "gradus/check/detail/kinks.hpp"

namespace gradus::detail {

/// Of a layer's comparisons, as many for each sample, how many fell on one side in all samples.
inline std::size_t one_sided(const BranchLog& log, std::size_t samples) {
  const std::size_t places = log.size() / samples;
  std::size_t count = 0;
  for (std::size_t p = 0; p < places; ++p) {
    bool above = false;
    bool below = false;
    for (std::size_t i = 0; i < samples; ++i) (log[i * places + p] > 0 ? above : below) = true;
    count += !(above && below);
  }
  return count;
}

/// What a check at this point cannot see: faults that lie where it does not lead, or that change nothing here.
template <class L>
std::vector<std::string> not_reached(const LossOfBatch<L>& f, std::uint64_t seed) {
  std::vector<std::string> notes;
  const auto samples = static_cast<std::size_t>(f.x.rows());
  if (samples == 1) notes.emplace_back("one sample: what mixes samples up, or counts them wrongly, cannot be seen");
  DecisionProbe<L> probe(f, seed);
  const Decisions made = probe.at({{f.theta.begin(), f.theta.end()}, Matrix<double>(f.x)});
  for (std::size_t l = 0; l < f.network.size(); ++l)
    f.network.visit(l, [&]<class Kind>(const Kind&) {
      const BranchLog& log = made.logs[l];
      if (branches_for_accuracy<Kind> || samples == 0 || log.empty() || log.size() % samples != 0) return;
      const std::size_t count = one_sided(log, samples);
      if (count > 0)
        notes.push_back(f.network.label(l) + ": " + std::to_string(count) + " of its " +
                        std::to_string(log.size() / samples) +
                        " branches went one way only; what lies on the other was never reached");
    });
  for (const ParameterBlock& block : f.network.parameter_blocks()) {
    const auto own = f.theta.subspan(static_cast<std::size_t>(block.offset), static_cast<std::size_t>(block.size()));
    if (own.size() > 1 && std::all_of(own.begin(), own.end(), [&](double w) { return w == own[0]; }) && own[0] != 1)
      notes.push_back(block.label() + (own[0] == 0 ? " is all 0: a term in it cannot be seen"
                                                   : " is all alike: which number is which cannot be seen"));
    else if (block.rows > 1 && block.rows == block.cols)
      notes.push_back(block.label() + " is square: rows taken for columns fit all the same");
  }
  return notes;
}

}  // namespace gradus::detail
