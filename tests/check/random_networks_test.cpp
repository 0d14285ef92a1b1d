// SPDX-License-Identifier: MIT
// No right gradient is called wrong: random networks of all layers and losses, in both precisions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "gradus/check/network_check.hpp"
#include "gradus/core/number.hpp"
#include "tests/check/cases.hpp"

namespace gradus {
namespace {

/// GRADUS_CHECK_NETWORKS says how many; a full proof takes 10,000, in half a minute:
///     GRADUS_CHECK_NETWORKS=10000 build/release/tests/gradus_tests --gtest_filter='RandomNetworks.*'
std::uint32_t network_count() {
  const char* text = std::getenv("GRADUS_CHECK_NETWORKS");
  const auto number = text ? parse_number(text) : std::nullopt;
  return number ? static_cast<std::uint32_t>(*number) : 1000;
}

/// GRADUS_CHECK_FIRST says where the seeds begin, so that a long run can be taken up where it was left.
std::uint32_t first_seed() {
  const char* text = std::getenv("GRADUS_CHECK_FIRST");
  const auto number = text ? parse_number(text) : std::nullopt;
  return number ? static_cast<std::uint32_t>(*number) : 0;
}

/// Checks one network; returns false if its numbers overflow, so that there is nothing to check.
bool check_one(const testing_cases::Case& made, std::uint32_t seed, std::map<std::string_view, int>& verdicts) {
  const CheckSubject subject{made.network, made.loss, made.theta, made.x, {made.targets, made.weights}};
  const bool narrow = seed % 2 == 1;
  const GradientCheck check = narrow ? check_network_float(subject) : check_network(subject);
  if (!check.diagnoses.empty() && check.diagnoses[0].kind == "not-finite") return false;
  for (const BlockCheck& block : check.blocks) ++verdicts[name(block.verdict)];
  ++verdicts[check.passed() ? "right in all" : check.verdict() == GradientVerdict::wrong ? "WRONG" : "nothing proven"];
  EXPECT_NE(check.verdict(), GradientVerdict::wrong)
      << "seed " << seed << (narrow ? " in float: " : ": ") << made.text << ", " << made.x.rows() << " samples\n"
      << check.report();
  return true;
}

TEST(RandomNetworks, AreNeverFalselyAlarmed) {
  std::map<std::string_view, int> verdicts;
  std::uint32_t checked = 0;
  const std::uint32_t first = first_seed();
  for (std::uint32_t seed = first; seed < first + network_count(); ++seed)
    checked += check_one(testing_cases::RandomCase<>(seed).make(), seed, verdicts);
  std::printf("%u networks checked, seeds %u to %u:", checked, first, first + network_count() - 1);
  for (const auto& [verdict, count] : verdicts) std::printf(" %d %s", count, std::string(verdict).c_str());
  std::printf("\n");
  EXPECT_GT(checked, network_count() / 10 * 9);
}

TEST(RandomNetworks, ThatAreOddAreNeverFalselyAlarmed) {
  std::map<std::string_view, int> verdicts;
  std::uint32_t checked = 0;
  const std::uint32_t first = first_seed();
  for (std::uint32_t seed = first; seed < first + network_count(); ++seed)
    checked += check_one(testing_cases::make_odd(seed), seed, verdicts);
  std::printf("%u odd networks checked, seeds %u to %u:", checked, first, first + network_count() - 1);
  for (const auto& [verdict, count] : verdicts) std::printf(" %d %s", count, std::string(verdict).c_str());
  std::printf("\n");
  EXPECT_GT(checked, network_count() / 10 * 8);
}

TEST(RandomNetworks, ThatWereFalselyAlarmedOnceAreNot) {
  using namespace testing_cases;
  std::map<std::string_view, int> verdicts;
  const auto check_then = [&](std::uint32_t seed) {
    return check_one(RandomCase<LayersThen, LossesThen>(seed).make(), seed, verdicts);
  };
  // Saturated gates; losses near overflow; in float what cancels in double.
  for (const std::uint32_t seed : {1095u, 1304u, 2330u, 1576u, 2684u, 6773u, 7117u}) EXPECT_TRUE(check_then(seed));
  // An exact 0 by tape and hand, which dual numbers miss by a rounding of what cancels.
  EXPECT_TRUE(check_one(make_odd(11650, 12), 11650, verdicts));
  // Gates that rounding makes equal; below the range, where products are 0; differences that the loss's rounding eats,
  // in double and in 32 digits; samples that cancel.
  for (const std::uint32_t seed :
       {13958u, 24086u, 86074u, 53764u, 96832u, 51900u, 4940u, 46559u, 7382u, 59392u, 32444u, 47564u})
    EXPECT_TRUE(check_one(make_odd(seed, 12), seed, verdicts));
  EXPECT_TRUE(check_one(RandomCase<>(84614).make(), 84614, verdicts));
  EXPECT_TRUE(check_one(make_odd(42749), 42749, verdicts));   // in float, on a kink of the loss
  EXPECT_FALSE(check_one(make_odd(72158), 72158, verdicts));  // 1 / p overflows on the way back
  // An exponential that overflows in float, and 1 / p of a p that is nearly 0: told apart from a wrong backward.
  for (const std::uint32_t seed : {1189u, 8505u}) EXPECT_FALSE(check_then(seed));
}

bool has_overflow(const FastCheck& fast) { return !fast.diagnoses.empty() && fast.diagnoses[0].kind == "not-finite"; }

void pass_fast_and_taylor(const testing_cases::Case& made, std::uint32_t seed) {
  const CheckSubject subject{made.network, made.loss, made.theta, made.x, {made.targets, made.weights}};
  const FastCheck fast = check_network_fast(subject);
  if (has_overflow(fast)) return;
  for (const TaylorCheck& taylor : check_network_taylor(subject))
    EXPECT_NE(taylor.verdict(), GradientVerdict::wrong)
        << "seed " << seed << ": " << made.text << " " << taylor.label << " " << taylor.slope << ": "
        << testing::PrintToString(taylor.remainder);
  EXPECT_NE(fast.verdict(), GradientVerdict::wrong) << "seed " << seed << ": " << made.text << "\n" << fast.report();
}

TEST(RandomNetworks, ThatTaylorFalselyAlarmedOnceAreNot) {
  // A residual that is 0, whose kink moves by less than rounding within the steps that are read.
  pass_fast_and_taylor(testing_cases::RandomCase<>(80222).make(), 80222);
  pass_fast_and_taylor(testing_cases::make_odd(80222), 80222);
}

TEST(RandomNetworks, PassTheFastAndTheTaylorCheckOddOrNot) {
  const std::uint32_t first = first_seed();
  for (std::uint32_t seed = first; seed < first + network_count() / 10; ++seed) {
    pass_fast_and_taylor(testing_cases::RandomCase<>(seed).make(), seed);
    pass_fast_and_taylor(testing_cases::make_odd(seed), seed);
  }
}

}  // namespace
}  // namespace gradus
