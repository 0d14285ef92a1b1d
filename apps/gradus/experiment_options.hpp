// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "apps/gradus/program.hpp"
#include "gradus/experiment/experiment.hpp"

namespace gradus::cli {

/// Adds a flag for each key of an experiment that has one, or for those in `only`, under their sections. A value goes
/// into the experiment as the parser meets it; one that is wrong is a UsageError.
void add_experiment_options(CLI::App& command, const std::shared_ptr<Experiment>& experiment,
                            const std::vector<std::string_view>& only = {});

}  // namespace gradus::cli
