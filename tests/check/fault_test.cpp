// SPDX-License-Identifier: MIT
#include "gradus/check/fault.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "gradus/check/network_check.hpp"
#include "gradus/nn/initializer.hpp"
#include "tests/check/cases.hpp"

namespace gradus {
namespace {

struct Tally {
  std::size_t planted = 0;
  std::size_t caught = 0;
  std::size_t named = 0;
  std::set<FaultKind> kinds;
};

void plant_in(const testing_cases::Case& subject, Tally& tally) {
  const CheckSubject s{subject.network, subject.loss, subject.theta, subject.x, subject.targets};
  const GradientCheck good = check_network(s);
  ASSERT_TRUE(good.passed()) << subject.text << "\n" << good.report();
  for (const PlantedResult& result : plant_all(s)) {
    const PlantedFault& planted = result.planted;
    if (!result.visible) continue;
    ++tally.planted;
    tally.kinds.insert(planted.kind);
    tally.caught += result.caught;
    tally.named += result.named;
    EXPECT_TRUE(result.caught) << subject.text << " " << planted.label();
    EXPECT_TRUE(result.named) << subject.text << " " << planted.label() << "\n"
                              << check_network(s, {}, planted).report();
  }
}

TEST(Faults, AreCaughtAndNamedWhereverTheyArePlanted) {
  Tally tally;
  for (const testing_cases::Case& subject : testing_cases::fault_cases()) plant_in(subject, tally);
  std::printf("%zu faults of %zu kinds planted, %zu caught, %zu named\n", tally.planted, tally.kinds.size(),
              tally.caught, tally.named);
  EXPECT_GE(tally.planted, 60u);
  EXPECT_GE(tally.kinds.size(), 12u);
}

/// The input of many samples has more numbers than dual numbers are asked for; it is judged all the same.
TEST(Faults, AreCaughtInFloatWhereTheInputHasMoreNumbersThanTheNetworkHasParameters) {
  std::vector<testing_cases::Case> cases;
  for (const Index samples : {21, 22, 60})  // 63 numbers, 66 and 180 beside 25 parameters
    cases.push_back(testing_cases::make_case("3-3tanh-3tanh-1", {MeanSquaredError{}}, samples, 7));
  for (testing_cases::Case& made : testing_cases::fault_cases())
    if (made.x.size() > 64 && made.network.parameter_count() < made.x.size()) cases.push_back(std::move(made));
  EXPECT_GT(cases.size(), 3u);
  int planted = 0;
  for (const testing_cases::Case& many : cases) {
    const CheckSubject s{many.network, many.loss, many.theta, many.x, {many.targets, many.weights}};
    const GradientCheckOptions quick{.complex = false, .plain = false};
    EXPECT_EQ(check_network_float(s, quick, {}).verdict(), GradientVerdict::right) << many.text;
    for (const PlantedFault& fault : faults_of(s.network, s.loss, s.targets)) {
      if (!fault.label().ends_with(".dx") || !shows(fault, s)) continue;
      EXPECT_EQ(check_network_float(s, quick, fault).verdict(), GradientVerdict::wrong)
          << many.text << " " << many.x.rows() << " samples, " << fault.label();
      ++planted;
    }
  }
  EXPECT_GT(planted, 20);
}

/// A hundred thousandth of a wide network's gradient, where so many numbers are added up that a bound on what rounding
/// may do, and does not, would let it pass.
TEST(Faults, ThatLeaveASampleOutAreCaughtInFloat) {
  int planted = 0;
  for (const testing_cases::Case& subject : testing_cases::fault_cases()) {
    const CheckSubject s{subject.network, subject.loss, subject.theta, subject.x, {subject.targets, subject.weights}};
    const GradientCheckOptions quick{.complex = false, .plain = false};
    for (const PlantedFault& fault : faults_of(s.network, s.loss, s.targets)) {
      if (fault.kind != FaultKind::dropped_term || !shows(fault, s)) continue;
      const GradientCheck check = check_network_float(s, quick, fault);
      EXPECT_EQ(check.verdict(), GradientVerdict::wrong) << subject.text << " " << fault.label() << "\n"
                                                         << check.table();
      ++planted;
    }
  }
  EXPECT_GT(planted, 400);
}

/// A wrong pass that is itself led far astray by a little change is not excused by how far.
TEST(Faults, OfADerivativeTakenAtTheOutputOfAnExponentialAreSeenByTaylor) {
  int planted = 0;
  for (const testing_cases::Case& subject : testing_cases::fault_cases()) {
    const CheckSubject s{subject.network, subject.loss, subject.theta, subject.x, {subject.targets, subject.weights}};
    for (const PlantedFault& fault : faults_of(s.network, s.loss, s.targets)) {
      if (fault.kind != parse_fault_kind("derivative-at-output") || !shows(fault, s)) continue;
      bool seen = false;
      for (const TaylorCheck& check : check_network_taylor(s, 1, fault))
        seen = seen || check.verdict() == GradientVerdict::wrong;
      EXPECT_TRUE(seen) << subject.text << " " << fault.label();
      ++planted;
    }
  }
  EXPECT_GT(planted, 10);
}

TEST(Faults, HaveNamesThatAreReadBack) {
  for (const FaultKindInfo& info : fault_kinds) EXPECT_EQ(name(parse_fault_kind(info.name)), info.name);
  EXPECT_THROW(parse_fault_kind("typo"), ValueError);
}

TEST(Faults, OfAMisspeltNameAreAnsweredWithTheNearest) {
  try {
    parse_fault_kind("tarnspose");
    ADD_FAILURE() << "read";
  } catch (const ValueError& error) {
    EXPECT_TRUE(std::string_view(error.what())
                    .starts_with("[fault] unknown kind 'tarnspose', did you mean transpose? (known: sign, "))
        << error.what();
  }
}

TEST(Faults, OfNoKindLeaveTheGradientToTheLastBit) {
  for (const testing_cases::Case& subject : testing_cases::fault_cases()) {
    const CheckSubject s{subject.network, subject.loss, subject.theta, subject.x, subject.targets};
    EXPECT_FALSE(shows(PlantedFault{}, s)) << subject.text;
  }
}

}  // namespace
}  // namespace gradus
