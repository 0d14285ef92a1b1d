// SPDX-License-Identifier: MIT
#include "gradus/check/projection.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/check/network_check.hpp"
#include "tests/check/cases.hpp"

namespace gradus {
namespace {

CheckSubject subject_of(const testing_cases::Case& made) {
  return {made.network, made.loss, made.theta, made.x, made.targets};
}

TEST(FastCheck, FindsTheVeryEntryThatIsLost) {
  const testing_cases::Case made = testing_cases::make_case("3-4tanh-3softmax", {CrossEntropy{}}, 5, 1);
  const PlantedFault planted{FaultKind::zeroed_entry, {0, 0, "1.weights"}};
  const GradientCheck full = check_network(subject_of(made), {}, planted);
  const FastCheck fast = check_network_fast(subject_of(made), 1, planted);
  ASSERT_FALSE(fast.passed());
  EXPECT_EQ(fast.entry_label, full.blocks[0].entry_label(full.blocks[0].worst.row, full.blocks[0].worst.col));
  EXPECT_EQ(fast.entry->hand, 0);
  EXPECT_NEAR(fast.entry->reference, full.blocks[0].worst.reference, 1e-12);
}

TEST(FastCheck, MakesAsManyPassesForManyParametersAsForFew) {
  const Index few = check_network_fast(subject_of(testing_cases::make_case("2-2tanh-2softmax", {}, 3, 1))).passes;
  const Index many = check_network_fast(subject_of(testing_cases::make_case("9-40tanh-9softmax", {}, 3, 1))).passes;
  EXPECT_LE(std::abs(many - few), 6);  // the extrapolation stops where it may
}

TEST(FastCheck, CatchesAGradientThatIsNoNumber) {
  const testing_cases::Case made = testing_cases::make_case("3-4tanh-3softmax", {CrossEntropy{}}, 5, 1);
  EXPECT_FALSE(check_network_fast(subject_of(made), 1, PlantedFault{FaultKind::unwritten, {2, 1, ""}}).passed());
}

TEST(TaylorCheck, FallsAsTheSquareOfTheStepForTheGradientOnly) {
  for (const char* text : {"3-4tanh-3softmax", "3-5relu-2sigmoid", "2-3sigmoid-2"}) {
    const testing_cases::Case made =
        testing_cases::make_case(text, {text[0] == '2' ? LossFunction{MeanSquaredError{}} : CrossEntropy{}}, 5, 1);
    for (const TaylorCheck& check : check_network_taylor(subject_of(made)))
      EXPECT_NEAR(check.slope, 2, 0.2) << text << " " << check.label;
    const auto spoilt = check_network_taylor(subject_of(made), 1, PlantedFault{FaultKind::doubled, {0, 0, ""}});
    EXPECT_NEAR(spoilt[0].slope, 1, 0.1);
    EXPECT_FALSE(spoilt[0].passed());
    EXPECT_TRUE(spoilt[2].passed());
  }
}

// docs/proof.md: |<e, v>| < c ||e|| along one direction with probability erf(c / sqrt 2) < 0.8 c, along several with
// its powers, whatever e is.
TEST(RandomDirections, MissAnErrorAsRarelyAsTheirLawSays) {
  constexpr int kSeeds = 4000;
  for (const std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{17}, std::size_t{100}})
    for (const bool sparse : {false, true})
      for (const double c : {0.05, 0.3, 1.0}) {
        std::vector<double> error(n, sparse ? 0.0 : 1 / std::sqrt(static_cast<double>(n)));
        if (sparse) error[n / 2] = 1;
        int misses = 0;
        int together = 0;  // along two directions of the same seed
        for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
          const auto is_missed = [&](std::uint64_t d) {
            const std::vector<double> v = detail::random_normals(n, seed * 8 + d);
            double along = 0;
            for (std::size_t k = 0; k < n; ++k) along += v[k] * error[k];
            return std::abs(along) < c;
          };
          const bool first = is_missed(0);
          misses += first;
          together += first && is_missed(7);
        }
        const double p = std::erf(c / std::sqrt(2.0));
        EXPECT_LE(p, 0.8 * c);
        const auto is_near = [&](int count, double q) {  // five deviations of a binomial law
          return std::abs(count - kSeeds * q) <= 5 * std::sqrt(kSeeds * q * (1 - q));
        };
        EXPECT_TRUE(is_near(misses, p)) << n << " " << c << " " << misses;
        EXPECT_TRUE(is_near(together, p * p)) << n << " " << c << " " << together;
      }
}

TEST(RandomDirections, LetNoPlantedFaultPassOfAnySeed) {
  const testing_cases::Case made = testing_cases::make_case("3-4tanh-3softmax", {CrossEntropy{}}, 5, 1);
  const PlantedFault faults[] = {{FaultKind::transpose, {0, 0, ""}},
                                 {FaultKind::zeroed_entry, {2, 0, ""}},
                                 {FaultKind::swapped_entries, {0, 1, ""}},
                                 {FaultKind::regularised_bias, {2, 1, ""}}};
  for (const PlantedFault& planted : faults)
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
      EXPECT_EQ(check_network_fast(subject_of(made), seed, planted).verdict(), GradientVerdict::wrong) << seed;
      if (seed > 60) continue;
      const std::vector<TaylorCheck> taylor = check_network_taylor(subject_of(made), seed, planted);
      EXPECT_TRUE(std::any_of(taylor.begin(), taylor.end(), [](const TaylorCheck& check) {
        return check.verdict() == GradientVerdict::wrong;
      })) << seed;
    }
}

TEST(StepCurve, IsAVForDifferencesAndFlatForTheComplexStep) {
  const testing_cases::Case made = testing_cases::make_case("3-4tanh-3softmax", {CrossEntropy{}}, 5, 1);
  const StepCurve curve = step_curve(made.network, made.loss, made.theta, made.x, made.targets);
  const double forward = *std::min_element(curve.forward.begin(), curve.forward.end());
  const double central = *std::min_element(curve.central.begin(), curve.central.end());
  EXPECT_LT(central, forward);
  EXPECT_GT(curve.forward.front(), 1e3 * forward);
  EXPECT_GT(curve.forward.back(), 1e3 * forward);
  EXPECT_LT(curve.complex.back(), 1e-13);
}

TEST(GradientCheck, TellsAForwardPassThatIsNotFiniteFromAWrongBackward) {
  const Network network = parse_network("1-2exponential-1");
  const std::vector<double> theta{800, 1, 0, 0, 1, 1, 0};  // exp(800) is infinite
  const Matrix<double> x{{1}, {0}};
  const GradientCheck check = check_network({network, {MeanSquaredError{}}, theta, x, x});
  EXPECT_FALSE(check.passed());
  ASSERT_EQ(check.diagnoses.size(), 1u);
  EXPECT_EQ(check.diagnoses[0].sentence,
            "There is no gradient to compare, for the outputs of layer 1 (exponential) are not finite.");
}

TEST(GradientCheck, NamesTheUnitWhoseKinkADifferenceStraddles) {
  // A unit exactly at its kink: its input is 0, on both sides of it the derivative is another.
  const Network network({Dense{1, 1}, Elementwise<activation::Relu>{1}, Dense{1, 1}});
  const std::vector<double> theta{1, 0, 1, 0};
  const Matrix<double> x{{0}, {2}};
  const Matrix<double> targets{{1}, {1}};
  const GradientCheck check = check_network({network, {MeanSquaredError{}}, theta, x, targets});
  EXPECT_TRUE(check.passed()) << check.report();
  const BlockCheck& bias = check.blocks[1];
  EXPECT_EQ(bias.verdict, GradientVerdict::kink);
  ASSERT_EQ(bias.kinks.size(), 1u);
  EXPECT_EQ(bias.kinks[0].unit, "layer 1 (relu), sample 0, unit 0");
}

}  // namespace
}  // namespace gradus
