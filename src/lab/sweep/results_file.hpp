// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <map>

#include "gradus/lab/sweep/sweep.hpp"

namespace gradus::sweep_detail {

/// Where results are kept.
struct ResultsPlace {
  std::string path{};      ///< empty: nowhere
  std::string preamble{};  ///< lines that the file opens with; it then holds the plan's runs and no others
};

/// `results.csv` of a sweep's folder: a line a run, with its hash first and a checksum of the line last, so that no
/// altered line is believed (files of release 0.1 have none, and get one). While a sweep is under way lines are
/// appended, each chunk by one write, safe from a power loss a second later; in the end the file is written anew, in
/// the plan's order. Runs of other sweeps in the same folder are kept. A shard's file is the same behind its preamble.
class ResultsFile {
 public:
  /// Reads what is there, if anything, and puts it in order. A last line without an end was being written when the
  /// program was ended, and is dropped. Throws FileError.
  ResultsFile(const SweepPlan& plan, ResultsPlace place);
  /// What a file holds of the plan's runs, which is left as it is.
  static std::vector<std::optional<RunResult>> read_results(const SweepPlan& plan, const ResultsPlace& place);

  /// Of the plan's runs; what is not there is missing.
  const std::vector<std::optional<RunResult>>& results() const { return results_; }
  void append(const std::vector<std::size_t>& runs, const std::vector<RunResult>& results);
  /// All of them at once, in order.
  void put(std::vector<std::optional<RunResult>> results);
  void write_in_order() const;

 private:
  struct ReadOnly {};
  ResultsFile(const SweepPlan& plan, ResultsPlace place, ReadOnly);
  void read(std::string_view text);
  std::string header() const;
  std::string line(std::size_t k) const;

  const SweepPlan& plan_;
  ResultsPlace place_;
  std::chrono::steady_clock::time_point synced_{};
  std::vector<std::optional<RunResult>> results_;
  std::vector<std::string> columns_;                                     // of the file, beyond the plan's own
  std::vector<std::map<std::string, std::string, std::less<>>> others_;  // runs of other sweeps: cells by column
};

}  // namespace gradus::sweep_detail
