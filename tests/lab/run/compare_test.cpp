// SPDX-License-Identifier: MIT
#include "gradus/lab/run/compare.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/lab/run/run_folder.hpp"

namespace gradus {
namespace {

class Compare : public ::testing::Test {
 protected:
  Compare() { std::filesystem::create_directories(folder_); }
  ~Compare() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  static Experiment moons() {
    Experiment e;
    e.data = "moons:samples=60,noise=0.1";
    e.network = "2-5tanh-2softmax";
    e.test = 0.25;
    e.batch = 7;
    e.epochs = 4;
    return e;
  }
  std::string saved(const std::string& name, const Experiment& e) const {
    save_model(run_experiment(e).model, path(name));
    return path(name);
  }
  static Comparison of(const std::vector<std::string>& paths) {
    std::vector<Candidate> candidates;
    for (const std::string& path : paths) candidates.push_back(load_candidate(path));
    return compare(std::move(candidates));
  }
  static std::vector<std::string> keys(const Comparison& comparison) {
    std::vector<std::string> keys;
    for (const Comparison::Difference& difference : comparison.differences) keys.push_back(difference.key);
    return keys;
  }

  std::string folder_ = ::testing::TempDir() + "gradus_compare_" + std::to_string(::getpid());
};

TEST_F(Compare, TellsTheSettingsThatDifferAndNoOthers) {
  Experiment fast = moons();
  set_learning_rate(fast.optimizer, 0.5);
  fast.regularisation.l2 = 0.01;
  const Comparison comparison = of({saved("a.model", moons()), saved("b.model", fast)});
  EXPECT_EQ(keys(comparison), (std::vector<std::string>{"optimizer.learning_rate", "regularisation.l2"}));
  EXPECT_EQ(comparison.differences[0].values, (std::vector<std::string>{"0.01", "0.5"}));
  EXPECT_EQ(comparison.differences[1].values, (std::vector<std::string>{"-", "0.01"}));
  EXPECT_TRUE(comparison.same_test);
  Experiment seeded = moons();
  seeded.seed = 5;
  EXPECT_FALSE(of({path("a.model"), saved("c.model", seeded)}).same_test) << "another split";
  Experiment noisy = moons();
  noisy.data = "moons:samples=60,noise=0.3";
  EXPECT_FALSE(of({path("a.model"), saved("d.model", noisy)}).same_test) << "other data";
}

TEST_F(Compare, ScoresAreThoseOfTheTestSetWithTheirIntervals) {
  const Comparison comparison = of({saved("a.model", moons())});
  const Scores& test = *comparison.candidates[0].model.record->test;
  for (const ScoreField& field : score_fields()) {
    EXPECT_EQ(comparison.value(0, field), test.*field.value) << field.name;
    EXPECT_EQ(comparison.interval(0, field), interval_of(test, field)) << field.name;
  }
  EXPECT_TRUE(keys(comparison).empty());
}

TEST_F(Compare, DistancesAreEuclideanAndNoNumberBetweenDifferentNetworks) {
  Experiment other = moons();
  other.network = "2-6tanh-2softmax";
  Model a = load_model(saved("a.model", moons()));
  Model moved = a;
  moved.theta[0] += 3;
  moved.theta[1] -= 4;
  const Comparison comparison =
      compare({to_candidate("a", a), to_candidate("moved", moved), load_candidate(saved("b.model", other))});
  EXPECT_EQ(comparison.distances(0, 0), 0);
  EXPECT_NEAR(comparison.distances(0, 1), 5, 1e-12);
  EXPECT_EQ(comparison.distances(0, 1), comparison.distances(1, 0));
  EXPECT_TRUE(std::isnan(comparison.distances(0, 2)));
}

TEST_F(Compare, ARunIsItsFinalModelOrWhereItStands) {
  const Experiment e = moons();
  ExperimentResult whole;
  {
    RunFolder folder = RunFolder::create(path("whole"), e);
    whole = carry_out(folder);
    RunFolder stopped = RunFolder::create(path("stopped"), e);
    carry_out(
        stopped, [](const Progress& p) { return p.update >= 9 ? Signal::stop : Signal::go_on; }, 0);
  }
  const Comparison comparison = of({path("whole"), path("stopped")});
  EXPECT_EQ(comparison.candidates[0].model.theta, whole.model.theta);
  EXPECT_EQ(comparison.candidates[0].note, "");
  EXPECT_EQ(comparison.candidates[1].note, "stands at update 9");
  EXPECT_TRUE(keys(comparison).empty()) << "they are of one experiment";
  // Where it stands is where a run of so many updates ends.
  Experiment nine = e;
  nine.updates = 9;
  const ExperimentResult single = run_experiment(nine);
  EXPECT_EQ(comparison.candidates[1].model.theta, single.model.theta);
  EXPECT_EQ(comparison.candidates[1].model.record->test, single.test_scores);
  EXPECT_TRUE(std::filesystem::exists(path("stopped/experiment.toml")));
  EXPECT_FALSE(std::filesystem::exists(path("stopped/final.model"))) << "nothing is written";
}

TEST_F(Compare, ModelsWithoutExperimentOrRecordAreToldByWhatTheyAre) {
  Model bare = load_model(saved("a.model", moons()));
  bare.experiment.clear();
  bare.record.reset();
  Model scaled = bare;
  scaled.scaler = Scaler{.kind = Scaler::Kind::standard, .shift = {0, 0}, .scale = {1, 1}};
  const Comparison comparison = compare({to_candidate("bare", bare), to_candidate("scaled", scaled)});
  EXPECT_EQ(keys(comparison), (std::vector<std::string>{"data.scale"}));
  for (const ScoreField& field : score_fields()) EXPECT_FALSE(comparison.value(0, field));
  EXPECT_THROW(comparison_figure(comparison), ValueError);
  EXPECT_FALSE(comparison.same_test);
  EXPECT_THROW(compare({}), ValueError);
}

TEST_F(Compare, TableAndCurvesHoldAllOfThem) {
  Experiment fast = moons();
  set_learning_rate(fast.optimizer, 0.5);
  const Comparison comparison = of({saved("a.model", moons()), saved("b,c.model", fast)});
  const std::string csv = comparison_csv(comparison);
  EXPECT_TRUE(csv.starts_with("name,optimizer.learning_rate,accuracy,accuracy_low,accuracy_high,")) << csv;
  EXPECT_NE(csv.find("\n\"" + path("b,c.model") + "\",0.5,"), std::string::npos) << csv;
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  const Figure figure = comparison_figure(comparison);
  ASSERT_EQ(figure.panels.size(), 2u) << "losses and accuracies";
  for (const Panel& panel : figure.panels) EXPECT_EQ(panel.layers.size(), 4u) << "training and test of each";
}

TEST_F(Compare, WhatIsNeitherModelNorRunIsRefused) {
  std::filesystem::create_directories(path("empty"));
  EXPECT_THROW(load_candidate(path("empty")), FileError);
  write_file(path("notes.txt"), "hello there, this is no model");
  EXPECT_THROW(load_candidate(path("notes.txt")), FileError);
  EXPECT_THROW(load_candidate(path("nothing")), FileError);
}

}  // namespace
}  // namespace gradus
