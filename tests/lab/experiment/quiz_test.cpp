// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/quiz.hpp"

#include <gtest/gtest.h>

#include <set>

namespace gradus {
namespace {

TEST(Quiz, AcceptsWhatGivesTheSameGradientAndNothingElse) {
  const Quiz quiz({.seed = 5});
  ASSERT_GT(quiz.choices().size(), 20u);
  std::size_t right = 0;
  for (const std::string& choice : quiz.choices()) {
    const Quiz::Verdict verdict = quiz.answer(choice);
    right += verdict.right;
    if (choice == verdict.planted) {
      EXPECT_TRUE(verdict.right);
    }
    EXPECT_FALSE(verdict.why.empty());
  }
  EXPECT_GE(right, 1u);
  EXPECT_LT(right, 5u);
  EXPECT_THROW(quiz.answer("sign"), ValueError);
  EXPECT_THROW(quiz.answer(""), ValueError);
}

TEST(Quiz, DoesNotTellWhatItHides) {
  for (std::uint32_t seed = 0; seed < 4; ++seed) {
    const Quiz quiz({.seed = seed});
    const std::string planted = quiz.answer(quiz.choices()[0]).planted;
    EXPECT_TRUE(quiz.check().diagnoses.empty());
    EXPECT_EQ(quiz.check().verdict(), GradientVerdict::wrong) << planted;
    EXPECT_EQ(quiz.question().find(planted + "\n"), std::string::npos);
    EXPECT_EQ(quiz.losses_without().size(), static_cast<std::size_t>(quiz.experiment().epochs));
  }
}

TEST(Quiz, HidesTheSameForTheSameSeedAndOthersForOthers) {
  std::set<std::string> hidden;
  for (std::uint32_t seed = 0; seed < 6; ++seed) {
    const Quiz quiz({.seed = seed});
    const Quiz again({.seed = seed});
    const std::string planted = quiz.answer(quiz.choices()[0]).planted;
    EXPECT_EQ(again.answer(again.choices()[0]).planted, planted);
    EXPECT_EQ(again.losses(), quiz.losses());
    hidden.insert(planted);
  }
  EXPECT_GT(hidden.size(), 3u);
}

TEST(Quiz, ShowsTheGradientByTheTapeAndDifferencesAndByNoComplexStep) {
  const std::string question = Quiz({.seed = 1}).question();
  EXPECT_NE(question.find("tape"), std::string::npos) << question;
  EXPECT_EQ(question.find("complex"), std::string::npos) << question;
}

TEST(Quiz, AsksAboutNumbersAsAboutClasses) {
  const Quiz quiz({.data = "gaussian:samples=60", .network = "1-4tanh-1", .seed = 1});
  EXPECT_EQ(quiz.experiment().network, "1-4tanh-1");
  EXPECT_TRUE(quiz.answer(quiz.answer(quiz.choices()[0]).planted).right);
}

}  // namespace
}  // namespace gradus
