// SPDX-License-Identifier: MIT
#include "apps/gradus/interrupt.hpp"

#include <unistd.h>

namespace gradus::cli {
namespace {

volatile std::sig_atomic_t noted = 0;

extern "C" void note_interrupt(int) {
  if (noted) ::_exit(130);
  noted = 1;
}

}  // namespace

InterruptGuard::InterruptGuard() : previous_() {
  noted = 0;
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (std::size_t k = 0; k < kSignals.size(); ++k) ::sigaction(kSignals[k], &action, &previous_[k]);
}

InterruptGuard::~InterruptGuard() {
  for (std::size_t k = 0; k < kSignals.size(); ++k) ::sigaction(kSignals[k], &previous_[k], nullptr);
}

bool InterruptGuard::interrupted() const { return noted != 0; }

}  // namespace gradus::cli
