// SPDX-License-Identifier: MIT
#pragma once

#include "core/flush_denormals.hpp"
#include "core/thread_mode.hpp"
#include "gradus/engine/arithmetic.hpp"

/// The arithmetic is a mode of a thread, as the direction of rounding is: kernels ask the thread, so that nothing in
/// between need hand it on.
namespace gradus::engine {

namespace detail {
GRADUS_THREAD_MODE extern constinit thread_local Arithmetic arithmetic_of_thread;
}

/// While it lives, this thread's kernels compute so.
class ArithmeticScope {
 public:
  explicit ArithmeticScope(Arithmetic arithmetic) : before_(detail::arithmetic_of_thread) {
    detail::arithmetic_of_thread = arithmetic == Arithmetic::automatic ? resolved(arithmetic) : arithmetic;
  }
  ~ArithmeticScope() { detail::arithmetic_of_thread = before_; }
  ArithmeticScope(const ArithmeticScope&) = delete;
  ArithmeticScope& operator=(const ArithmeticScope&) = delete;

 private:
  Arithmetic before_;
};

/// The same for training, where fused arithmetic flushes denormals. Plain arithmetic is that of machines that cannot.
class TrainingScope {
 public:
  explicit TrainingScope(Arithmetic arithmetic)
      : scope_(arithmetic), flush_(detail::arithmetic_of_thread == Arithmetic::fused) {}

 private:
  ArithmeticScope scope_;
  FlushDenormals flush_;
};

/// Whether this thread's kernels are the plain ones.
inline bool computes_plainly() {
  const Arithmetic arithmetic = detail::arithmetic_of_thread;
  if (arithmetic == Arithmetic::automatic) return resolved(arithmetic) == Arithmetic::plain;
  return arithmetic == Arithmetic::plain;
}

}  // namespace gradus::engine
