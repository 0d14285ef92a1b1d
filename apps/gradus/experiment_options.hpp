// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "apps/gradus/program.hpp"
#include "gradus/lab/experiment/experiment.hpp"
#include "gradus/lab/experiment/keys.hpp"

namespace gradus::cli {

/// Adds a flag for each key of an experiment that has one, or for those in `only`, under their sections, and calls
/// `set` with the text of each that is given (`true` for a switch). A ParseError or ValueError of `set` becomes a
/// UsageError.
void add_key_options(CLI::App& command, const std::function<void(const ExperimentKey&, const std::string&)>& set,
                     const std::vector<std::string_view>& only = {});

/// The same, for values that go into the experiment as the parser meets them.
void add_experiment_options(CLI::App& command, const std::shared_ptr<Experiment>& experiment,
                            const std::vector<std::string_view>& only = {});

}  // namespace gradus::cli
