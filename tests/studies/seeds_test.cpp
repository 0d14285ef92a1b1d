// SPDX-License-Identifier: MIT
// The studies against what NumPy and scikit-learn give for the same work: tests/fixtures/seeds.json.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <fstream>

#include "studies/book.hpp"
#include "tests/paths.hpp"

namespace gradus::studies {
namespace {

const Json& reference() {
  static const Json seeds = Json::parse(std::ifstream(GRADUS_FIXTURES "/seeds.json"));
  return seeds;
}

const Results& results() {
  static const Results computed = [] {
    std::vector<const Study*> all;
    for (const Study& study : all_studies()) all.push_back(&study);
    return compute(all);
  }();
  return computed;
}

/// How far a number may be from the reference, by the last part of its path.
double tolerance(const std::string& name) {
  if (name == "y" || name == "y_test" || name == "acc" || name == "indexes" || name == "iterations") return 0;
  if (name.find("accuracy") != std::string::npos || name.starts_with("test_acc")) return 0;
  if (name.find("printed") != std::string::npos) return 0;
  // Data and what is computed from it in a few steps; weights after training, like the losses on the way.
  for (const char* exact : {"X", "x", "X_train_head", "X_test_head", "target", "linspace_head", "actual"})
    if (name == exact) return 1e-12;
  return 1e-9;
}

/// Errors of the gradient are differences of two losses over h = 1e-4, so the roundings of the losses (a few units of
/// 2^-52 times the largest logit, below 20 here) are magnified by 1 / h, and by 1 / ||g||, where
/// ||g|| >= ||x|| (1 - p_y), p_y = exp(-loss), and ||x|| >= 0.1 for all points used.
double gradient_error_tolerance(double loss) {
  const double rounding = 4 * 2.3e-16 * 20;
  return rounding / 1e-4 / (0.1 * -std::expm1(-loss));
}

void compare(const Json& ours, const Json& theirs, const std::string& path, const std::string& name) {
  if (theirs.is_object()) {
    ASSERT_TRUE(ours.is_object()) << path;
    for (const auto& [key, value] : theirs.items()) {
      ASSERT_TRUE(ours.contains(key)) << path << "/" << key << " is missing";
      if (key.starts_with("grad_")) continue;
      compare(ours[key], value, path + "/" + key, value.is_object() ? name : key);
    }
    for (const auto& [key, value] : ours.items()) EXPECT_TRUE(theirs.contains(key)) << path << "/" << key;
  } else if (theirs.is_array()) {
    ASSERT_TRUE(ours.is_array()) << path;
    ASSERT_EQ(ours.size(), theirs.size()) << path;
    for (std::size_t i = 0; i < theirs.size(); ++i) compare(ours[i], theirs[i], path + "/" + std::to_string(i), name);
  } else {
    ASSERT_NEAR(ours.get<double>(), theirs.get<double>(), tolerance(name)) << path;
  }
}

/// The results without what no document has.
Json documented() {
  Json json = results().json;
  json.erase("width_over_seeds");
  return json;
}

TEST(Studies, GiveTheReferencesNumbersUnderTheReferencesNames) { compare(documented(), reference(), "", ""); }

TEST(Studies, TellHowFarSeedsLieApart) {
  const Json& widths = results().json["width_over_seeds"];
  for (const char* function : {"relu", "tanh"})
    for (const char* units : {"2", "5", "10", "15", "20", "50"}) {
      const Json& spread = widths[function][units];
      // Of 200 points, by 1000 networks: neither is chance, nor are all seeds alike.
      EXPECT_GT(spread["mean"].get<double>(), 0.6) << function << units;
      EXPECT_LT(spread["mean"].get<double>(), 1) << function << units;
      EXPECT_GT(spread["deviation"].get<double>(), 0.001) << function << units;
    }
  EXPECT_LT(widths["relu"]["2"]["mean"], widths["relu"]["10"]["mean"]);
  // Seed 42 is the run of the page before, which was last tried 9 updates earlier.
  const Json& runs = results().json["000_001_perceptrons"]["circles_units_sweep_relu"];
  for (const auto& [units, run] : runs.items())
    EXPECT_NEAR(widths["relu"][units]["seed_42"].get<double>(), run["test_acc"].back().get<double>(), 0.06) << units;
}

TEST(Studies, MeasureTheReferencesGradientErrors) {
  for (const char* run : {"blobs_one_layer", "moons_one_layer"}) {
    const Json& ours = results().json["000_001_perceptrons"][run];
    const Json& theirs = reference()["000_001_perceptrons"][run];
    for (std::size_t u = 0; u < 1000; ++u) {
      const double bound = gradient_error_tolerance(theirs["loss"][u].get<double>());
      for (const char* key : {"grad_rel_err", "grad_rel_err_as_documented"})
        ASSERT_NEAR(ours[key][u].get<double>(), theirs[key][u].get<double>(), bound) << run << " " << key << " " << u;
      // ||g - g'||^2: the distance is below 3, and each of its at most 6 numbers has rounding / h.
      ASSERT_NEAR(ours["grad_sq_err_as_documented"][u].get<double>(),
                  theirs["grad_sq_err_as_documented"][u].get<double>(), 2 * 3 * 6 * 4 * 2.3e-16 * 20 / 1e-4);
    }
  }
}

TEST(Studies, WouldNoticeANumberThatIsOff) {
  Json spoilt = documented();
  spoilt["000_001_perceptrons"]["circles_units_sweep_relu"]["20"]["loss"][999] =
      spoilt["000_001_perceptrons"]["circles_units_sweep_relu"]["20"]["loss"][999].get<double>() + 2e-9;
  testing::TestPartResultArray failures;
  {
    testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failures);
    compare(spoilt, reference(), "", "");
  }
  EXPECT_EQ(failures.size(), 1);
}

TEST(Studies, CallEveryFigureByANameOfItsOwn) {
  std::vector<std::string> names;
  for (const Computed& computed : results().lessons)
    for (const auto& entry : computed.lesson.entries())
      if (const auto* figure = std::get_if<FigureEntry>(&entry)) names.push_back(figure->name);
  EXPECT_GE(names.size(), 15u);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(Studies, RefuseANameThatIsNone) { EXPECT_THROW(study_called("perceptron"), ValueError); }

}  // namespace
}  // namespace gradus::studies
