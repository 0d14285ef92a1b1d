// SPDX-License-Identifier: MIT
// No right gradient is called wrong: random networks of all layers and losses, in both precisions.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>

#include "gradus/check/network_check.hpp"
#include "gradus/core/number.hpp"
#include "tests/check/cases.hpp"

namespace gradus {
namespace {

/// GRADUS_CHECK_NETWORKS says how many; a full proof takes 10,000.
std::uint32_t network_count() {
  const char* text = std::getenv("GRADUS_CHECK_NETWORKS");
  const auto number = text ? parse_number(text) : std::nullopt;
  return number ? static_cast<std::uint32_t>(*number) : 1000;
}

TEST(RandomNetworks, AreNeverFalselyAlarmed) {
  std::map<std::string_view, int> verdicts;
  int checked = 0;
  int alarms = 0;
  for (std::uint32_t seed = 0; seed < network_count(); ++seed) {
    const testing_cases::Case made = testing_cases::RandomCase(seed).make();
    const CheckSubject subject{made.network, made.loss, made.theta, made.x, {made.targets, made.weights}};
    const bool narrow = seed % 2 == 1;
    const GradientCheck check = narrow ? check_network_float(subject) : check_network(subject);
    if (!check.diagnoses.empty() && check.diagnoses[0].kind == "not-finite") continue;  // nothing to check
    ++checked;
    for (const BlockCheck& block : check.blocks) ++verdicts[name(block.verdict)];
    alarms += !check.passed();
    EXPECT_TRUE(check.passed()) << "seed " << seed << (narrow ? " in float: " : ": ") << made.text << ", "
                                << made.x.rows() << " samples\n" << check.report();
  }
  std::printf("%d networks checked, seeds 0 to %u:", checked, network_count() - 1);
  for (const auto& [verdict, count] : verdicts) std::printf(" %d %s", count, std::string(verdict).c_str());
  std::printf("\n");
  EXPECT_GT(checked, static_cast<int>(network_count()) * 9 / 10);  // an exponential overflows, a logarithm is of 0
}

TEST(RandomNetworks, PassTheFastAndTheTaylorCheck) {
  for (std::uint32_t seed = 0; seed < network_count() / 10; ++seed) {
    const testing_cases::Case made = testing_cases::RandomCase(seed).make();
    const CheckSubject subject{made.network, made.loss, made.theta, made.x, made.targets};
    if (!std::isfinite(check_network_fast(subject).loss)) continue;
    const FastCheck fast = check_network_fast(subject);
    EXPECT_TRUE(fast.passed()) << "seed " << seed << ": " << made.text << "\n" << fast.report();
  }
}

}  // namespace
}  // namespace gradus
