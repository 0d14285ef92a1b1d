// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/lab/sweep/sweep.hpp"

namespace gradus {

/// What the seeds of one configuration make of it. Of merits (`RunResult::merit`), over runs that did not diverge.
struct ConfigurationScore {
  std::size_t configuration = 0;
  Index runs = 0;  ///< made
  Index diverged = 0;
  double mean = 0;
  double deviation = 0;  ///< of the sample, with n - 1; 0 for a single run
  double low = 0;
  double high = 0;
  double train = 0;  ///< mean training accuracy, or loss for numbers
};
/// All configurations with at least one run, best mean first; those of which every run diverged last.
std::vector<ConfigurationScore> rank(const SweepPlan& plan, const SweepOutcome& outcome);

/// What the merit is: `accuracy on the test set`, `training accuracy`, `-loss on the test set` or `-training loss`.
std::string merit_name(const SweepOutcome& outcome);

/// One self-contained page: the configurations with mean and spread over seeds, the result against each parameter, all
/// parameters at once, and, for classes of two features, the cloud of the best configuration's seeds, which are trained
/// once more for it (at most 200 of them). `command` is what the captions name. Writes DIR/report.html; without gnuplot
/// the pictures are missing, and the page says why. Throws FileError.
struct SweepReportOptions {
  std::string folder;
  std::string command;
};
/// Gives the reason if pictures are missing, else an empty text.
std::string write_sweep_report(const SweepPlan& plan, const ExperimentSource& source, const SweepOutcome& outcome,
                               const SweepReportOptions& options);

}  // namespace gradus
