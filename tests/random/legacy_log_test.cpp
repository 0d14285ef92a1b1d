// SPDX-License-Identifier: MIT
#include "src/random/legacy_log.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include <gtest/gtest.h>

#include "gradus/core/sha256.hpp"
#include "gradus/random/random_state.hpp"
#include "tests/random/numpy_processor.hpp"

namespace gradus {
namespace {

/// Where the polar method has its arguments, near 0 and near 1 more often than it has.
double argument(RandomState& random, long i) {
  const double u = random.random_sample();
  const double x = i % 4 == 0 ? std::ldexp(u, -static_cast<int>(random.interval(60))) : i % 4 == 1 ? 1 - u / 16 : u;
  return x > 0 && x < 1 ? x : 0.5;
}

TEST(LegacyLog, HasOneAnswerWithAndWithoutFusedMultiplyAdd) {
  RandomState random(1);
  for (long i = 0; i < 100000; ++i) {
    const double x = argument(random, i);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(detail::legacy_log(x)),
              std::bit_cast<std::uint64_t>(detail::legacy_log_in_software(x)))
        << std::hexfloat << x;
  }
}

// 10^5 of them; GRADUS_LEGACY_LOGS=100000000 asks for more.
TEST(LegacyLog, IsTheGnuLibrarysOnAProcessorWithFusedMultiplyAdd) {
  if (!numpy_draws_with_fused_multiply_add()) GTEST_SKIP() << "needs x86-64 with FMA, and glibc";
  const char* wanted = std::getenv("GRADUS_LEGACY_LOGS");
  const long count = wanted ? std::atol(wanted) : 100000;
  RandomState random(2);
  volatile double argument_at_run_time;
  for (long i = 0; i < count; ++i) {
    argument_at_run_time = argument(random, i);
    const double x = argument_at_run_time;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(detail::legacy_log(x)), std::bit_cast<std::uint64_t>(std::log(x)))
        << std::hexfloat << x;
  }
}

// What hashlib.sha256(numpy.random.RandomState(7).standard_normal(4000000).tobytes()) is on a processor with FMA.
TEST(LegacyLog, MakesNumPysNormalsToTheLastBit) {
  RandomState random(7);
  EXPECT_EQ(sha256(std::span<const double>(random.standard_normal(4000000))),
            "5ceee39b7323aea2efb80f559e98fd6f60f3e1bb8f740a91f5ebf8235c6630f1");
}

}  // namespace
}  // namespace gradus
