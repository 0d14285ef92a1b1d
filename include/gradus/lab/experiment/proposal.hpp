// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "gradus/lab/experiment/keys.hpp"
#include "gradus/lab/experiment/run.hpp"

namespace gradus {

/// An experiment in which nothing is open any more.
struct Proposal {
  Experiment experiment;
  std::string flags;  ///< what was chosen, as flags that would choose it; empty: nothing was left open
};

/// Chooses from the data what a person left open.
///
/// Without a network: two layers of 32 rectified units, wide enough for what is tried first, and regularised so that
/// they do not follow the noise of a few hundred samples; a fifth of the samples held out, each class in its share;
/// features and targets scaled where their spreads call for it. Where nothing is said of the optimizer: adam, and of
/// how long: some 1500 updates, of a network that is given 3000, and 50 epochs of what is small. `given` are the keys
/// that were said.
Proposal propose(const Experiment& experiment, std::span<const ExperimentKey* const> given,
                 const ExperimentSource& source);

/// An experiment that goes on from a model, with what was not said taken from the model: network, loss, precision. One
/// that does not is given back as it is. Throws as `start_of`.
Experiment filled_from_start(Experiment experiment, std::span<const ExperimentKey* const> given);

}  // namespace gradus
