// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <csignal>

namespace gradus::cli {

/// While one is alive the first Ctrl-C, or SIGTERM, is only noted, for the work to end where it can be kept; a second
/// one ends the program at once, with status 130. One at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  bool interrupted() const;

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM};

  std::array<struct sigaction, kSignals.size()> previous_;
};

}  // namespace gradus::cli
