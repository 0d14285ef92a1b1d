// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/lab/experiment/run.hpp"

namespace gradus {

/// What a person should know of a run that went wrong without diverging, a line each, with its numbers and with what
/// may help; empty of a sound run. What is looked for: features of very different scale, unscaled; all samples answered
/// alike; no better than the largest class or the mean; hidden units that are never active, saturated or equal; a loss
/// that is no lower than at first, that swings, or that was still falling steadily when training ended; layers that
/// make one linear layer; training far better than the test.
std::vector<std::string> diagnose(const ExperimentResult& result);

}  // namespace gradus
