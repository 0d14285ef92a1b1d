// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "apps/gradus/program.hpp"
#include "gradus/lab/experiment/run.hpp"

namespace gradus::cli {

/// Shows how a run comes along, on standard error: on a terminal one line that is written over, elsewhere about ten
/// plain lines in all. Says nothing with --quiet.
class ProgressPrinter {
 public:
  explicit ProgressPrinter(const Console& console);
  ~ProgressPrinter() { clear(); }

  void show(const Progress& progress);
  /// Of any work, of which so much is done: `words` makes them, if it is time for them.
  void show(double share, const std::function<std::string()>& words);
  /// Wipes the line off a terminal, for other words to take its place.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool due(double share);

  bool silent_;
  bool terminal_;
  bool shown_ = false;
  int next_tenth_ = 1;
  Index first_ = -1;  // the update before the first one shown: a run may go on from within
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_;
};

/// `epoch 37/100  loss 0.1234  test accuracy 0.950  lr 0.1  00:03 left`
/// `seconds`: since update `first`.
std::string progress_line(const Progress& progress, double seconds, Index first = 0);

/// Hours, minutes and seconds: `1:02:03`, `02:03`.
std::string clock_text(double seconds);

}  // namespace gradus::cli
