// SPDX-License-Identifier: MIT
// Every float that there is: a function of one argument in float32 is correctly rounded wherever the same function in
// float64 is right to one unit in the last place, unless a middle between two floats lies within that unit. Those are
// few, and MPFR knows them. An ordinary run takes one float in some thousand; GRADUS_EVERY_FLOAT=1 takes all, an
// hour of one core, and says how many were left to MPFR.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "gradus/core/elementary.hpp"

namespace gradus {
namespace {

struct Named {
  const char* name;
  float (*narrow)(float);
  double (*wide)(double);
  double slow = 1e300;  ///< beyond, some microseconds a call: one in a thousand is asked
};
constexpr Named kFunctions[] = {{"exp", exp, exp},        {"expm1", expm1, expm1},  {"log", log, log},
                                {"log1p", log1p, log1p},  {"log10", log10, log10},  {"tanh", tanh, tanh},
                                {"sin", sin, sin, 51000}, {"cos", cos, cos, 51000}, {"erf", erf, erf},
                                {"erfc", erfc, erfc}};

struct Outcome {
  std::uint64_t asked = 0;
  std::vector<float> near_middle;  ///< a middle between two floats is within a unit of the double's last place
  std::vector<float> wrong;
};

bool same(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

void ask(const Named& f, float x, Outcome& outcome) {
  ++outcome.asked;
  const float answer = f.narrow(x);
  const double y = f.wide(static_cast<double>(x));
  if (std::isnan(y)) {
    if (!std::isnan(answer)) outcome.wrong.push_back(x);
    return;
  }
  const double inf = std::numeric_limits<double>::infinity();
  const auto low = static_cast<float>(std::nextafter(y, -inf)), high = static_cast<float>(std::nextafter(y, inf));
  if (y == 0 || same(low, high)) {
    if (!same(answer, static_cast<float>(y))) outcome.wrong.push_back(x);
  } else {
    (same(answer, low) || same(answer, high) ? outcome.near_middle : outcome.wrong).push_back(x);
  }
}

/// Of all patterns of bits from `first` on each `step`-th.
Outcome walk(const Named& f, std::uint64_t first, std::uint64_t step) {
  Outcome outcome;
  for (std::uint64_t pattern = first; pattern < std::uint64_t{1} << 32; pattern += step) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(pattern));
    if (std::abs(static_cast<double>(x)) > f.slow && pattern / step % 1024 != 0) continue;
    ask(f, x, outcome);
  }
  return outcome;
}

Outcome walk_all(const Named& f) {
  const unsigned count = std::max(1u, std::thread::hardware_concurrency());
  std::vector<Outcome> parts(count);
  std::vector<std::thread> threads;
  for (unsigned k = 0; k < count; ++k) threads.emplace_back([&, k] { parts[k] = walk(f, k, count); });
  for (std::thread& thread : threads) thread.join();
  Outcome all;
  for (const Outcome& part : parts) {
    all.asked += part.asked;
    all.near_middle.insert(all.near_middle.end(), part.near_middle.begin(), part.near_middle.end());
    all.wrong.insert(all.wrong.end(), part.wrong.begin(), part.wrong.end());
  }
  return all;
}

TEST(ElementaryFloat, IsCorrectlyRoundedForEveryArgument) {
  const bool every = std::getenv("GRADUS_EVERY_FLOAT") != nullptr;
  for (const Named& f : kFunctions) {
    const Outcome outcome = every ? walk_all(f) : walk(f, 1, 1009);
    EXPECT_GT(outcome.asked, every ? 2'000'000'000u : 2'000'000u);
    for (const float x : outcome.wrong) ADD_FAILURE() << f.name << "(" << std::hexfloat << x << ")";
    if (!every) continue;
    std::printf("%-6s %llu floats, %zu of them left to MPFR\n", f.name, static_cast<unsigned long long>(outcome.asked),
                outcome.near_middle.size());
    for (const float x : outcome.near_middle) std::printf("%s %a %a\n", f.name, x, f.narrow(x));
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace gradus
