// SPDX-License-Identifier: MIT
// Fused multiply-add in software, against the C library's and, where there is one, the processor's.
#include "engine/software_fma.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "core/flush_denormals.hpp"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace gradus::engine {
namespace {

template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// Equal to the bit, but for what NaN it is.
template <class T>
bool is_same(T got, T expected) {
  return std::isnan(expected) ? std::isnan(got) : std::bit_cast<Bits<T>>(got) == std::bit_cast<Bits<T>>(expected);
}

/// Arguments that are hard: few bits set, exponents near each other and at both ends, sums that cancel or lie in the
/// middle between two numbers.
template <class T>
class Hard {
 public:
  T number() {
    constexpr int mantissa = std::numeric_limits<T>::digits - 1;
    constexpr int exponents = sizeof(T) == 4 ? 255 : 2047;
    const std::uint64_t draw = random_();
    Bits<T> fraction = static_cast<Bits<T>>(random_());
    if (draw % 4 == 0) fraction = Bits<T>{1} << (random_() % mantissa);        // a single bit
    if (draw % 4 == 1) fraction = ~Bits<T>{0} << (random_() % mantissa);       // ones, then zeros
    if (draw % 4 == 2) fraction = (Bits<T>{1} << (random_() % mantissa)) - 1;  // zeros, then ones
    const int kind = static_cast<int>(draw >> 8 & 15);
    int exponent = exponents / 2 + static_cast<int>(random_() % 60) - 30;
    if (kind == 0) exponent = static_cast<int>(random_() % 3);              // subnormal and next to it
    if (kind == 1) exponent = exponents - static_cast<int>(random_() % 3);  // infinite, NaN and next to it
    if (kind < 6 && kind > 1) exponent = static_cast<int>(random_() % (exponents + 1));
    if (kind == 15) return std::copysign(T(0), (draw >> 16 & 1) != 0 ? T(-1) : T(1));
    const Bits<T> bits = (fraction & ((Bits<T>{1} << mantissa) - 1)) | static_cast<Bits<T>>(exponent) << mantissa |
                         static_cast<Bits<T>>(draw >> 16 & 1) << (sizeof(T) * 8 - 1);
    return std::bit_cast<T>(bits);
  }
  std::array<T, 3> next() {
    const T a = number();
    const T b = number();
    T c = number();
    const std::uint64_t kind = random_() % 4;
    if (kind == 0) c = -(a * b);  // what is left is the rounding
    if (kind == 1) c = std::nextafter(-(a * b), number());
    if (kind == 2)
      c = std::ldexp(c, std::ilogb(a * b) - std::ilogb(c) - std::numeric_limits<T>::digits +
                            static_cast<int>(random_() % 5) - 2);  // about half a unit
    return {a, b, c};
  }

 private:
  std::mt19937_64 random_{11};
};

template <class T>
void check(int count, T (*expected)(T, T, T)) {
  Hard<T> hard;
  int different = 0;
  for (int k = 0; k < count && different < 10; ++k) {
    const auto [a, b, c] = hard.next();
    const T got = fused_multiply_add(a, b, c);
    const T wanted = expected(a, b, c);
    if (is_same(got, wanted)) continue;
    ++different;
    ADD_FAILURE() << std::hexfloat << a << " * " << b << " + " << c << ": expected " << wanted << ", got " << got;
  }
}

TEST(SoftwareFma, IsTheCLibrarysOnAMillionHardArguments) {
  check<float>(1000000, [](float a, float b, float c) { return std::fma(a, b, c); });
  check<double>(1000000, [](double a, double b, double c) { return std::fma(a, b, c); });
}

TEST(SoftwareFma, IsFarFromTheRoundingOfAProductAndASum) {
  Hard<double> hard;
  int different = 0;
  for (int k = 0; k < 1000; ++k) {
    const auto [a, b, c] = hard.next();
    different += !is_same(a * b + c, fused_multiply_add(a, b, c));
  }
  EXPECT_GT(different, 200);
}

#if defined(__x86_64__)
__attribute__((target("fma"))) float by_processor(float a, float b, float c) {
  return _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(a), _mm_set_ss(b), _mm_set_ss(c)));
}
__attribute__((target("fma"))) double by_processor(double a, double b, double c) {
  return _mm_cvtsd_f64(_mm_fmadd_sd(_mm_set_sd(a), _mm_set_sd(b), _mm_set_sd(c)));
}

TEST(SoftwareFma, IsTheProcessorsOnEightMillionHardArgumentsAlsoWhereDenormalsAreFlushed) {
  if (!__builtin_cpu_supports("fma")) GTEST_SKIP() << "this processor has none";
  check<float>(2000000, by_processor);
  check<double>(2000000, by_processor);
  const FlushDenormals flush;
  check<float>(2000000, by_processor);
  check<double>(2000000, by_processor);
}
#endif

}  // namespace
}  // namespace gradus::engine
