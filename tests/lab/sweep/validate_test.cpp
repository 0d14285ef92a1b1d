// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/validate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace gradus {
namespace {

Experiment moons(const std::string& optimizer = "sgd") {
  Experiment e;
  e.data = "moons:samples=61,noise=0.1,seed=4";
  e.network = "2-5tanh-2softmax";
  e.optimizer = parse_training_method(optimizer);
  e.batch = 7;
  e.epochs = 5;
  e.seed = 11;
  return e;
}

const ScoreField& field(std::string_view name) {
  for (const ScoreField& f : score_fields())
    if (f.name == name) return f;
  throw ValueError("no such score");
}

Validation validated(const Experiment& e, const ValidationOptions& options) {
  return validate(e, load_source(e), options);
}

TEST(Validate, EachFoldIsTheSingleRunToTheLastBitInABankAndWithout) {
  struct Case {
    Experiment experiment;
    bool banked;
  };
  Experiment scaled = moons("adam");
  scaled.scale_by_spread = true;
  Experiment plain = moons();
  plain.precision = Precision::float32;
  Experiment alone = moons();
  alone.regularisation.max_norm = 1;  // which banks do not know
  Experiment regression = moons();
  regression.data = "gaussian:samples=50,seed=2,noise=0.1";
  regression.network = "1-4tanh-1";
  regression.scale_target = Scaler::Kind::standard;
  for (const auto& [e, banked] :
       {Case{moons(), true}, Case{scaled, true}, Case{plain, true}, Case{alone, false}, Case{regression, false}}) {
    const ExperimentSource source = load_source(e);
    const Validation validation = validate(e, source, {.folds = 4, .repeats = 2});
    ASSERT_EQ(validation.results.size(), 8u);
    for (const FoldResult& result : validation.results) {
      EXPECT_EQ(result.banked, banked) << e.network;
      const ExperimentResult single =
          run_experiment(fold_experiment(validation.experiment, result.repeat), fold_source(source, result.rows));
      EXPECT_EQ(result.train, single.train_scores) << e.network << " fold " << result.fold;
      EXPECT_EQ(result.test, *single.test_scores) << e.network << " fold " << result.fold;
    }
  }
}

TEST(Validate, EachSampleIsLeftOutOnceARepeat) {
  const Validation validation = validated(moons(), {.folds = 5, .repeats = 3});
  ASSERT_EQ(validation.results.size(), 15u);
  for (Index repeat = 0; repeat < 3; ++repeat) {
    std::multiset<Index> out;
    for (const FoldResult& result : validation.results) {
      if (result.repeat != repeat) continue;
      EXPECT_EQ(result.rows.train.size() + result.rows.test.size(), 61u);
      out.insert(result.rows.test.begin(), result.rows.test.end());
    }
    EXPECT_EQ(out.size(), 61u);
    EXPECT_EQ(std::set<Index>(out.begin(), out.end()).size(), 61u);
  }
  EXPECT_NE(validation.results[0].rows, validation.results[5].rows) << "dealt out anew";
}

TEST(Validate, TheNumbersDoNotDependOnThreads) {
  Experiment alone = moons();
  alone.regularisation.max_norm = 1;
  for (const Experiment& e : {moons(), alone}) {
    const Validation one = validated(e, {.folds = 3, .threads = 1});
    const Validation four = validated(e, {.folds = 3, .threads = 4});
    for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(one.results[k].test, four.results[k].test);
  }
}

TEST(Validate, MeanDeviationAndIntervalAreThoseOfTheFolds) {
  Validation validation;
  for (const double accuracy : {0.6875, 0.75, 0.8125}) {
    FoldResult result;
    result.rows = {{0, 1, 2, 3}, {4, 5}};
    result.test.accuracy = accuracy;
    validation.results.push_back(result);
  }
  validation.results.emplace_back().diverged = true;
  const ValidationSummary summary = *validation.summary(field("accuracy"));
  EXPECT_EQ(summary.values, (std::vector<double>{0.6875, 0.75, 0.8125}));
  EXPECT_NEAR(summary.mean, 0.75, 1e-15);
  EXPECT_NEAR(summary.deviation, 0.0625, 1e-15);
  const double half = 4.302652729749462 * 0.0625 * std::sqrt(1.0 / 3 + 0.5);
  EXPECT_NEAR(summary.interval->low, 0.75 - half, 1e-12);
  EXPECT_NEAR(summary.interval->high, 0.75 + half, 1e-12);
  validation.results[0].test.accuracy = 1;
  EXPECT_EQ(validation.summary(field("accuracy"))->interval->high, 1) << "no accuracy is larger";
  EXPECT_FALSE(validation.summary(field("r2")));
  EXPECT_EQ(validation.diverged(), 1);
}

TEST(Validate, StudentsQuantilesAreThoseOfTheTables) {
  // scipy 1.16: t.ppf(0.975, k)
  const std::pair<Index, double> known[] = {
      {1, 12.706204736174694},  {2, 4.302652729749462},    {3, 3.1824463052837078}, {4, 2.7764451051977934},
      {5, 2.5705818356363146},  {9, 2.262157162798205},    {10, 2.228138851986274}, {29, 2.045229642132703},
      {30, 2.0422724563012378}, {1000, 1.9623390808264083}};
  for (const auto& [freedom, t] : known) EXPECT_NEAR(student_t(freedom), t, 1e-9 * t) << freedom;
  EXPECT_NEAR(student_t(20000), 1.96, 1e-3);
  EXPECT_THROW(student_t(0), ValueError);
}

TEST(Validate, WhatWouldChooseByTheFoldItselfIsRefused) {
  Experiment e = moons();
  e.early_stopping.metric = EarlyStopping::Metric::test_loss;
  EXPECT_THROW(validated(e, {}), ValueError);
  e.early_stopping.metric = EarlyStopping::Metric::loss;
  EXPECT_EQ(validated(e, {.folds = 3}).results.size(), 3u);
  EXPECT_THROW(validated(moons(), {.folds = 1}), ValueError);
  EXPECT_THROW(validated(moons(), {.folds = 62}), ValueError);
  EXPECT_THROW(validated(moons(), {.repeats = 0}), ValueError);
}

TEST(Validate, AFoldThatDivergesIsToldAndLeftOut) {
  Experiment e = moons();
  e.data = "gaussian:samples=40,seed=2";
  e.network = "1-4relu-4relu-1";
  set_learning_rate(e.optimizer, 1e200);
  const Validation validation = validated(e, {.folds = 3});
  EXPECT_EQ(validation.diverged(), 3);
  EXPECT_FALSE(validation.summary(field("r2")));
}

TEST(Validate, StoppedItHoldsTheFoldsThatWereMade) {
  Experiment alone = moons();
  alone.regularisation.max_norm = 1;
  Index most = 0;
  const Validation validation = validated(alone, {.folds = 6, .progress = [&](Index made, Index all) {
                                                    EXPECT_EQ(all, 6);
                                                    most = std::max(most, made);
                                                    return made >= 2 ? Signal::stop : Signal::go_on;
                                                  }});
  EXPECT_TRUE(validation.interrupted);
  EXPECT_EQ(validation.results.size(), 2u);
  EXPECT_EQ(most, 2);
}

}  // namespace
}  // namespace gradus
