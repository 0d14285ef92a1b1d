// SPDX-License-Identifier: MIT
#include "gradus/lab/run/live_run.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gradus/core/error.hpp"
#include "gradus/lab/model/model_file.hpp"

namespace gradus {
namespace {

Experiment experiment_of(const std::string& optimizer, Index batch = 7,
                         const std::string& network = "2-6tanh-2softmax") {
  Experiment e;
  e.seed = 3;
  e.data = "moons:samples=60,noise=0.1";
  e.network = network;
  e.test = 0.2;
  e.batch = batch;
  e.optimizer = parse_training_method(optimizer);
  return e;
}

std::string sha_after(Experiment e, Index updates) {
  e.updates = updates;
  return parameters_sha256(run_experiment(e).model);
}
std::string sha_of(const LiveRun& run) { return parameters_sha256(run.model()); }

/// Methods that step one by one, all samples at once, along lines, and with masks; in both precisions.
std::vector<Experiment> kinds() {
  std::vector<Experiment> all{experiment_of("adam"), experiment_of("sgd", 1), experiment_of("sgd", 0),
                              experiment_of("lbfgs"), experiment_of("adam", 7, "2-6tanh-dropout0.2-2softmax")};
  all.push_back(experiment_of("sgd", 1));
  all.back().precision = Precision::float32;
  return all;
}

TEST(LiveRun, StandsWhereARunOfSoManyUpdatesEnds) {
  for (const Experiment& e : kinds()) {
    LiveRun run(e);
    for (const Index step : {1, 2, 3, 11, 30}) {
      run.advance(step);
      EXPECT_EQ(sha_of(run), sha_after(e, run.updates())) << to_text(e.optimizer) << " " << run.updates();
    }
  }
}

TEST(LiveRun, GoesBackAndOnToTheSameBits) {
  for (const Experiment& e : kinds()) {
    LiveRun run(e);
    std::vector<std::string> on_the_way{sha_of(run)};
    for (Index k = 1; k <= 40; ++k) {
      run.advance(1);
      on_the_way.push_back(sha_of(run));
    }
    for (const Index update : {40, 0, 17, 16, 39, 1, 40}) {
      run.seek(update);
      EXPECT_EQ(run.updates(), update);
      EXPECT_EQ(run.furthest(), 40);
      EXPECT_EQ(sha_of(run), on_the_way[static_cast<std::size_t>(update)]) << to_text(e.optimizer) << " " << update;
    }
  }
}

TEST(LiveRun, AParameterSetToWhatItIsChangesNothing) {
  for (const Experiment& e : kinds()) {
    LiveRun run(e);
    run.advance(10);  // in the midst of an epoch, and of updates that are made at once
    run.set_parameter(4, run.theta()[4]);
    run.advance(33);
    EXPECT_EQ(sha_of(run), sha_after(e, 43)) << to_text(e.optimizer);
  }
}

TEST(LiveRun, AParameterThatWasSetLeadsAnotherWay) {
  LiveRun run(experiment_of("sgd", 1));
  run.advance(20);
  const std::string before = sha_of(run);
  run.set_parameter(0, 0.75);
  EXPECT_EQ(run.theta()[0], 0.75);
  EXPECT_EQ(run.changes(), 1);
  run.advance(20);
  const std::string changed = sha_of(run);
  EXPECT_NE(changed, sha_after(experiment_of("sgd", 1), 40));
  EXPECT_TRUE(run.model().experiment.empty());  // none repeats it
  run.seek(19);
  EXPECT_EQ(sha_of(run), sha_after(experiment_of("sgd", 1), 19));
  EXPECT_EQ(run.changes(), 0);
  run.seek(20);
  EXPECT_EQ(run.theta()[0], 0.75);
  run.seek(40);
  EXPECT_EQ(sha_of(run), changed);
  run.seek(19);
  run.advance(21);
  EXPECT_EQ(sha_of(run), changed);
  run.seek(10);
  run.set_parameter(1, 0.5);
  EXPECT_EQ(run.furthest(), 10);  // what lay further on is forgotten
}

TEST(LiveRun, IsChangedInHowItTrains) {
  Experiment e = experiment_of("adam");
  LiveRun run(e);
  run.advance(14);
  e.optimizer = parse_training_method("sgd");
  e.batch = 1;
  run.change(e);
  run.advance(30);
  const std::string changed = sha_of(run);
  EXPECT_EQ(run.experiment().batch, 1);
  run.seek(3);
  EXPECT_EQ(run.experiment().batch, 7);
  run.seek(44);
  EXPECT_EQ(sha_of(run), changed);
  e.plant = "sign:1.weights";
  run.change(e);
  EXPECT_EQ(run.experiment().plant, "sign:1.weights");
}

TEST(LiveRun, ABranchHasComeTheSameWay) {
  LiveRun run(experiment_of("adam"));
  run.advance(20);
  run.set_parameter(2, -1);
  run.advance(20);
  run.seek(30);
  LiveRun branch = run.branch();
  EXPECT_EQ(branch.furthest(), 30);
  branch.advance(10);
  run.seek(40);
  EXPECT_EQ(sha_of(branch), sha_of(run));
  branch.seek(7);
  EXPECT_EQ(sha_of(branch), sha_after(experiment_of("adam"), 7));
  EXPECT_EQ(run.updates(), 40);
}

TEST(LiveRun, StopsWhereItDivergesAndGoesOnFromBefore) {
  Experiment e = experiment_of("sgd:lr=1e200", 7, "2-4relu-2");
  e.loss = "mse";
  LiveRun run(e);
  EXPECT_FALSE(run.advance(1000));
  EXPECT_TRUE(run.is_over());
  EXPECT_EQ(run.reason(), StopReason::diverged);
  EXPECT_FALSE(run.divergence().message().empty());
  EXPECT_THROW(run.seek(1000), ValueError);
  run.seek(0);
  e.optimizer = parse_training_method("sgd:lr=0.01");
  run.change(e);
  EXPECT_TRUE(run.advance(100));
}

TEST(LiveRun, GivesAModelWhoseExperimentRepeatsIt) {
  LiveRun run(experiment_of("adam"));
  run.advance(25);
  const Model model = parse_model_file(to_model_file(run.model()), "page.model");
  const Experiment repeated = parse_experiment(model.experiment, "page.model");
  EXPECT_EQ(parameters_sha256(run_experiment(repeated).model), sha_of(run));
}

TEST(LiveRun, RefusesWhatItCannotDo) {
  Experiment e = experiment_of("adam");
  LiveRun run(e);
  run.advance(3);
  const std::string before = sha_of(run);
  EXPECT_THROW(run.seek(-1), ValueError);
  EXPECT_THROW(run.set_parameter(-1, 0), ValueError);
  EXPECT_THROW(run.set_parameter(32, 0), ValueError);
  EXPECT_THROW(run.set_parameter(0, std::numeric_limits<double>::quiet_NaN()), ValueError);
  Experiment other = e;
  other.batch = 5;  // within an epoch
  EXPECT_THROW(run.change(other), ValueError);
  other = e;
  other.network = "2-5tanh-2softmax";
  EXPECT_THROW(run.change(other), ValueError);
  other = e;
  other.plant = "accumulates:1.weights";  // it remembers what no state keeps
  EXPECT_THROW(run.change(other), ValueError);
  EXPECT_EQ(sha_of(run), before);
  EXPECT_EQ(run.experiment().batch, e.batch);
  run.advance(4);
  EXPECT_EQ(sha_of(run), sha_after(e, 7));
  e.start_run = "elsewhere";
  EXPECT_THROW(LiveRun{e}, ValueError);
}

}  // namespace
}  // namespace gradus
