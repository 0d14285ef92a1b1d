// SPDX-License-Identifier: MIT
#pragma once

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <cstdint>
#endif

namespace gradus {

/// While it lives, numbers of this thread too small for a full mantissa (below 1e-38 in float32) count as 0, where the
/// processor can do so. It takes some hundred cycles over each of them otherwise, and training makes many: what Adam
/// remembers of a unit that has gone silent halves every few updates for ever.
class FlushDenormals {
 public:
#if defined(__SSE2__)
  FlushDenormals() : before_(_mm_getcsr()) {
    if (!was_flushing()) _mm_setcsr(before_ | flush);
  }
  ~FlushDenormals() {
    if (!was_flushing()) _mm_setcsr(before_);
  }
#elif defined(__aarch64__)
  FlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(before_));
    asm volatile("msr fpcr, %0" : : "r"(before_ | flush));
  }
  ~FlushDenormals() { asm volatile("msr fpcr, %0" : : "r"(before_)); }
#else
  FlushDenormals() {}
  ~FlushDenormals() {}
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__SSE2__)
  static constexpr unsigned flush = 0x8000 | 0x0040;  // of results, of operands
  /// To write the mode takes as long as a small layer, to read it next to nothing.
  bool was_flushing() const { return (before_ & flush) == flush; }
  unsigned before_;
#elif defined(__aarch64__)
  static constexpr std::uint64_t flush = std::uint64_t{1} << 24;
  std::uint64_t before_;
#endif
};

}  // namespace gradus
