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
void add_key_options(Command& command, const std::function<void(const ExperimentKey&, const std::string&)>& set,
                     const std::vector<std::string_view>& only = {});

/// The keys that a command line has named.
using GivenKeys = std::vector<const ExperimentKey*>;

/// The same, for values that go into the experiment as the parser meets them. The keys that it meets are noted.
void add_experiment_options(Command& command, const std::shared_ptr<Experiment>& experiment,
                            const std::shared_ptr<GivenKeys>& given, const std::vector<std::string_view>& only = {});

/// Throws UsageError if one of the keys has no effect in any of these experiments.
void refuse_idle(const GivenKeys& given, const std::vector<Experiment>& experiments);

}  // namespace gradus::cli
