// SPDX-License-Identifier: MIT
#pragma once

#include "core/thread_mode.hpp"

#if defined(__SSE2__)
#include <xmmintrin.h>
#elif defined(__aarch64__)
#include <cstdint>
#endif

namespace gradus {

namespace detail {
/// Whether a FlushDenormals of this thread has it flush. To read the processor's mode takes as long as ten additions,
/// in every update several times.
GRADUS_THREAD_MODE extern constinit thread_local bool flushes_by_scope;
}  // namespace detail

/// While it lives, numbers of this thread too small for a full mantissa (below 1e-38 in float32) count as 0, where the
/// processor can do so; with `false` they are kept, whatever held before. It takes some hundred cycles over each of
/// them otherwise, and training makes many: what Adam remembers of a unit that has gone silent halves every few updates
/// for ever.
class FlushDenormals {
 public:
  explicit FlushDenormals(bool flushes = true) : around_(detail::flushes_by_scope) {
    if (flushes && around_) return;
    before_ = mode();
    const Mode wanted = flushes ? before_ | both : before_ & ~both;
    is_switched_ = wanted != before_;
    if (is_switched_) set_mode(wanted);
    detail::flushes_by_scope = flushes;
  }
  ~FlushDenormals() {
    if (is_switched_) set_mode(before_);
    detail::flushes_by_scope = around_;
  }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

  /// Whether this thread flushes.
  static bool is_on() { return detail::flushes_by_scope || (mode() & both) != 0; }

 private:
#if defined(__SSE2__)
  using Mode = unsigned;
  static constexpr Mode both = 0x8000 | 0x0040;  // results and operands
  static Mode mode() { return _mm_getcsr(); }
  static void set_mode(Mode mode) { _mm_setcsr(mode); }
#elif defined(__aarch64__)
  using Mode = std::uint64_t;
  static constexpr Mode both = Mode{1} << 24;
  static Mode mode() {
    Mode mode;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void set_mode(Mode mode) { asm volatile("msr fpcr, %0" : : "r"(mode)); }
#else
  using Mode = unsigned;
  static constexpr Mode both = 0;
  static Mode mode() { return 0; }
  static void set_mode(Mode) {}
#endif

  bool around_;
  bool is_switched_ = false;  // to write the mode takes as long as a small layer, and to read it a tenth of that
  Mode before_{};
};

}  // namespace gradus
