// SPDX-License-Identifier: MIT
#pragma once

#include "lab/sweep/results_file.hpp"

namespace gradus::sweep_detail {

/// `run_sweep` with the results kept in any place of the folder, or in none where it has no path.
SweepOutcome run_into(const ResultsPlace& place, const SweepPlan& plan, const ExperimentSource& source,
                      const SweepOptions& options);

}  // namespace gradus::sweep_detail
