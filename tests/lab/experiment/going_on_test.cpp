// SPDX-License-Identifier: MIT
// An experiment that goes on from a model.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "gradus/lab/experiment/keys.hpp"
#include "gradus/lab/experiment/proposal.hpp"
#include "gradus/lab/experiment/run.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"

namespace gradus {
namespace {

class GoingOn : public ::testing::Test {
 protected:
  GoingOn() { std::filesystem::create_directories(folder_); }
  ~GoingOn() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  /// y = 100 + 30 a - 10 b, its columns in this order.
  std::string table(const std::string& name, const std::string& header, int from, int to) const {
    std::string text = header + "\n";
    for (int i = from; i < to; ++i) {
      const double a = i * 37 % 41 / 10.0, b = i * 23 % 43 / 10.0;
      const std::string y = std::to_string(100 + 30 * a - 10 * b);
      text += header == "a,b,y" ? std::to_string(a) + "," + std::to_string(b) + "," + y + "\n"
                                : y + "," + std::to_string(b) + "," + std::to_string(a) + "\n";
    }
    write_file(path(name), text);
    return path(name);
  }

  ExperimentResult first() const {
    Experiment e;
    e.data = table("first.csv", "a,b,y", 0, 30);
    e.network = "2-6tanh-1";
    e.scale = Scaler::Kind::standard;
    e.scale_target = Scaler::Kind::min_max;
    e.loss = "huber:delta=0.5";
    e.optimizer = Adam{.learning_rate = 0.01};
    e.epochs = 200;
    e.test = 0.2;
    ExperimentResult result = run_experiment(e);
    save_model(result.model, path("first.model"));
    return result;
  }
  Experiment second(Index epochs) const {
    Experiment e;
    e.data = table("second.csv", "y,b,a", 100, 140);  // elsewhere, in another order
    e.from = path("first.model");
    e.optimizer = Sgd{.learning_rate = 0.01};
    e.epochs = epochs;
    return filled_from_start(e, {});
  }

  std::string folder_ = ::testing::TempDir() + "gradus_going_on_" + std::to_string(::getpid());
};

TEST_F(GoingOn, BeginsAtTheModelWithItsScalingColumnsNetworkAndLoss) {
  const Model start = first().model;
  const Experiment e = second(0);
  EXPECT_EQ(e.network, "2-6tanh-1");
  EXPECT_EQ(e.loss, "huber:delta=0.5");
  const ExperimentResult none = run_experiment(e);
  EXPECT_EQ(none.model.theta, start.theta) << "no update has been made";
  EXPECT_EQ(none.model.scaler, start.scaler);
  EXPECT_EQ(none.model.target_scaler, start.target_scaler);
  EXPECT_EQ(none.model.feature_names, start.feature_names);
  EXPECT_GT(*none.train_scores.r2, 0.9) << "its columns were taken by their names";
  const ExperimentResult more = run_experiment(second(30));
  EXPECT_NE(more.model.theta, start.theta);
  EXPECT_LT(more.train_scores.loss, none.train_scores.loss);
}

TEST_F(GoingOn, GivesWhatFitGivesFromThere) {
  const Model start = first().model;
  Experiment e = second(3);
  e.freeze = {1};
  const ExperimentResult result = run_experiment(e);
  RandomState random(e.seed);
  std::vector<double> theta = start.theta;
  FitOptions options = fit_options(e, start.loss);
  const Matrix<double> x = start.scaled(result.train.x);
  const Matrix<double> targets = start.scaled_targets(result.train);
  fit(start.network, theta, {x, targets}, options, random);
  EXPECT_EQ(result.model.theta, theta);
  const Index frozen = start.network.parameter_blocks()[2].offset;
  EXPECT_TRUE(std::equal(theta.begin(), theta.begin() + frozen, start.theta.begin()));
}

TEST_F(GoingOn, TheModelItMakesRepeatsIt) {
  first();
  Experiment e = second(5);
  e.freeze = {2};
  const ExperimentResult result = run_experiment(e);
  const Experiment again = parse_experiment(result.model.experiment, "model");
  EXPECT_EQ(again.freeze, e.freeze);
  EXPECT_EQ(to_model_file(run_experiment(again).model), to_model_file(result.model));
}

TEST_F(GoingOn, AModelThatHasChangedSinceIsRefused) {
  first();
  const ExperimentResult result = run_experiment(second(1));
  EXPECT_EQ(result.experiment.from_parameters, parameters_sha256(load_model(path("first.model"))));
  save_model(result.model, path("first.model"));
  EXPECT_THROW(run_experiment(parse_experiment(result.model.experiment, "model")), ValueError);
}

TEST_F(GoingOn, WhatTheModelBringsCannotBeSaidOtherwise) {
  first();
  Experiment scaled = second(1);
  scaled.scale = Scaler::Kind::min_max;
  EXPECT_THROW(run_experiment(scaled), ValueError);
  Experiment other = second(1);
  other.network = "2-7tanh-1";
  EXPECT_THROW(run_experiment(other), ValueError);
  Experiment missing = second(1);
  missing.from = path("none.model");
  EXPECT_THROW(run_experiment(missing), FileError);
  for (const ExperimentKey& key : experiment_keys())
    if (key.flag == "init" || key.flag == "scale" || key.flag == "scale-target") {
      EXPECT_NE(key.idle(second(1)), "") << key.flag;
    }
}

TEST_F(GoingOn, ClassesKeepTheirNumbersWhateverTheNewDataHolds) {
  write_file(path("abc.csv"), "x,kind\n1,a\n2,b\n3,c\n1.5,a\n2.5,b\n3.5,c\n");
  write_file(path("cb.csv"), "kind,x\nc,3\nb,2\nc,3.5\nb,2.5\n");
  write_file(path("d.csv"), "x,kind\n1,d\n2,a\n");
  Experiment e;
  e.data = path("abc.csv");
  e.network = "1-4tanh-3softmax";
  e.epochs = 2;
  save_model(run_experiment(e).model, path("abc.model"));
  Experiment more;
  more.from = path("abc.model");
  more.data = path("cb.csv");
  more.epochs = 1;
  const ExperimentResult result = run_experiment(filled_from_start(more, {}));
  EXPECT_EQ(result.model.class_names, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(result.train.labels, (std::vector<int>{2, 1, 2, 1}));
  more.data = path("d.csv");
  EXPECT_THROW(run_experiment(filled_from_start(more, {})), Error);
}

TEST(Freeze, IsReadAndWrittenAsAList) {
  Experiment e;
  e.data = "xor";
  e.network = "2-3tanh-2softmax";
  const auto set = [&](const KeyValue& value) {
    for (const ExperimentKey& key : experiment_keys())
      if (key.flag == "freeze") set_key(e, key, value, "--freeze");
  };
  set("1,2");
  EXPECT_EQ(e.freeze, (std::vector<Index>{1, 2}));
  EXPECT_EQ(parse_experiment(to_toml(e), "e").freeze, e.freeze);
  set(2.0);
  EXPECT_EQ(e.freeze, (std::vector<Index>{2}));
  for (const char* bad : {"", "0", "1;2", "a", "1,,2", "1.5", "-1"}) EXPECT_THROW(set(bad), ValueError) << bad;
}

}  // namespace
}  // namespace gradus
