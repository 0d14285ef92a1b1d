// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/run.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <limits>

#include "gradus/data/split.hpp"
#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/lab/experiment/figures.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/nn/initializer.hpp"

namespace gradus {
namespace {

Experiment circles() {
  Experiment e;
  e.data = "circles:samples=90,noise=0.2,factor=0.4,seed=7";
  e.test = 0.4;
  e.network = "2-5tanh-2softmax";
  e.seed = 42;
  e.epochs = 7;
  e.batch = 16;
  e.optimizer = Sgd{.learning_rate = 0.1};
  return e;
}

template <class E, class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

class RunFolder : public ::testing::Test {
 protected:
  RunFolder() { std::filesystem::create_directories(folder_); }
  ~RunFolder() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  std::string folder_ = ::testing::TempDir() + "gradus_run_" +
                        ::testing::UnitTest::GetInstance()->current_test_info()->name() + std::to_string(::getpid());
};

TEST(RunExperiment, IsTheSameAsTheStepsByHand) {
  const Experiment e = circles();
  const ExperimentResult result = run_experiment(e);

  RandomState split_random(42);
  const TrainTest parts = split(load_data(e.data), 0.4, split_random);
  RandomState random(42);
  const Network network = parse_network(e.network);
  std::vector<double> theta = initial_parameters(network, parse_initializer("glorot"), random);
  FitOptions options;
  options.optimizer = e.optimizer;
  options.batch = 16;
  options.epochs = 7;
  const Matrix<double> targets = one_hot(parts.train.labels, 2);
  const FitResult fitted = fit(network, theta, {parts.train.x, targets}, options, random);

  EXPECT_EQ(result.train, parts.train);
  EXPECT_EQ(result.test, parts.test);
  EXPECT_TRUE(same_bits(result.model.theta, theta));
  EXPECT_EQ(result.fit.history.loss, fitted.history.loss);
  EXPECT_EQ(result.fit.updates, 7 * 4);
}

TEST(RunExperiment, IsRepeatedToTheLastBitFromTheModelsOwnDescription) {
  for (const Precision precision : {Precision::float64, Precision::float32})
    for (const bool stop : {false, true}) {
      Experiment e = circles();
      e.precision = precision;
      e.scale = Scaler::Kind::standard;
      e.stratify = true;
      e.optimizer = Sgd{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true};
      e.order = Order::draws;
      e.model = "nowhere/model";
      const ProgressCallback stop_at_9 = [&](const Progress& p) {
        return stop && p.update == 9 ? Signal::stop : Signal::go_on;
      };
      const ExperimentResult first = run_experiment(e, stop_at_9);
      EXPECT_EQ(first.model.interrupted, stop);
      EXPECT_EQ(first.fit.updates, stop ? 9 : 28);
      const Model loaded = parse_model_file(to_model_file(first.model), "model");
      const Experiment again = parse_experiment(loaded.experiment, "model");
      EXPECT_EQ(again.model, "") << "a model file must not name a file to write";
      const ExperimentResult second = run_experiment(again);
      EXPECT_TRUE(same_bits(second.model.theta, loaded.theta));
    }
}

TEST(RunExperiment, EveryMethodIsRepeatedToTheLastBitToo) {
  for (const std::string& method : variant_names<TrainingMethod>()) {
    if (method == "lm") continue;  // for squared errors only
    Experiment e = circles();
    e.optimizer = parse_training_method(method);
    e.regularisation.l2 = 0.01;
    if (stepping_method(e.optimizer)) {
      e.schedule = CosineSchedule{.epochs = 7, .warm_up = 1};
      e.regularisation.clip_norm = 1;
    }
    e.early_stopping = {.metric = EarlyStopping::Metric::test_loss, .patience = 2};
    const ExperimentResult first = run_experiment(e);
    const ExperimentResult second = run_experiment(parse_experiment(first.model.experiment, "model"));
    EXPECT_TRUE(same_bits(first.model.theta, second.model.theta)) << method;
    EXPECT_EQ(first.fit.history.loss, second.fit.history.loss) << method;
    EXPECT_GT(first.fit.best_epoch, 0) << method;
  }
}

TEST(RunExperiment, ADifferentSeedGivesOtherParameters) {
  Experiment e = circles();
  const ExperimentResult first = run_experiment(e);
  e.seed = 43;
  EXPECT_FALSE(same_bits(run_experiment(e).model.theta, first.model.theta));
}

TEST_F(RunFolder, RefusesDataThatHasChangedSince) {
  Experiment e = circles();
  Dataset data = load_data(e.data);
  e.data = path("circles.csv");
  write_csv(data, e.data);
  const ExperimentResult first = run_experiment(e);
  EXPECT_NO_THROW(run_experiment(first.experiment));
  data.x(5, 1) = std::nextafter(data.x(5, 1), 10);
  write_csv(data, e.data);
  const std::string message = message_of<ValueError>([&] { run_experiment(first.experiment); });
  EXPECT_TRUE(message.starts_with(e.data + ": the data has changed since it was trained on (expected fnv1a64:"))
      << message;
  EXPECT_NO_THROW(run_experiment(e)) << "without a fingerprint any data will do";
}

TEST(RunExperiment, SaysBothWidthsInOneLine) {
  const auto message = [](const std::string& network, const std::string& data) {
    Experiment e;
    e.network = network;
    e.data = data;
    return message_of<Error>([&] { run_experiment(e); });
  };
  EXPECT_EQ(message("2-16tanh-3softmax", "iris"),
            "network 2-16tanh-3softmax takes 2 inputs, but iris has 4 features (sepal length (cm), sepal width (cm), "
            "petal length (cm), petal width (cm))");
  EXPECT_EQ(message("4-2softmax", "iris"),
            "network 4-2softmax has 2 outputs, but iris has 3 classes (setosa, versicolor, virginica)");
  EXPECT_EQ(message("1-2", "gaussian"), "network 1-2 has 2 outputs, but gaussian has 1 target (y)");
  EXPECT_EQ(message("1-1softmax", "gaussian"),
            "[fit] the network ends in a softmax of one output, which is always 1: use sigmoid");
  EXPECT_EQ(message("2-1softmax", "xor"),
            "[fit] the network ends in a softmax of one output, which is always 1: use sigmoid");
}

TEST_F(RunFolder, NamesALabelOfTheTestSetThatTrainingNeverSaw) {
  Experiment e = circles();
  write_file(path("test.csv"), "x0,x1,label\n0.5,0.5,0\n0.1,0.2,7\n");
  e.test = 0;
  e.test_data = path("test.csv");
  const std::string message = message_of<Error>([&] { run_experiment(e); });
  EXPECT_NE(message.find("test.csv"), std::string::npos) << message;
  EXPECT_NE(message.find('7'), std::string::npos) << message;
  e.test_data = "blobs:centers=3";
  EXPECT_NE(
      message_of<Error>([&] { run_experiment(e); }).find("the label '2' was never seen in training (known: 0, 1)"),
      std::string::npos);
}

TEST(RunExperiment, TrainsARegression) {
  Experiment e;
  e.data = "gaussian:samples=64";
  e.network = "1-4sigmoid-1";
  e.scale = Scaler::Kind::min_max;
  e.epochs = 300;
  e.batch = 0;
  e.optimizer = Sgd{.learning_rate = 0.3, .momentum = 0.9};
  const ExperimentResult result = run_experiment(e);
  ASSERT_TRUE(result.train_scores.r2.has_value());
  EXPECT_FALSE(result.train_scores.accuracy.has_value());
  EXPECT_NEAR(*result.train_scores.mse, result.train_scores.loss, 1e-15);
  EXPECT_LT(result.train_scores.loss, result.fit.history.loss.front());
  EXPECT_EQ(fitting_kind(result.model, result.train), "fit");
  for (const std::string_view kind : {"predicted", "residuals"})
    EXPECT_NO_THROW(to_gnuplot(result_figure(kind, result), Terminal::svg)) << kind;
  EXPECT_THROW(result_figure("roc", result), ValueError);
  EXPECT_NO_THROW(to_gnuplot(result_figure("fit", result), Terminal::svg));
  EXPECT_THROW(result_figure("accuracy", result), ValueError);
  EXPECT_THROW(result_figure("regions", result), ValueError);
}

TEST_F(RunFolder, WritesNothingAfterDiverging) {
  Experiment e = circles();
  e.network = "2-5relu-5relu-2";
  e.optimizer = Sgd{.learning_rate = 1e200};
  e.model = path("model");
  const ExperimentResult result = run_experiment(e);
  ASSERT_EQ(result.fit.reason, StopReason::diverged);
  EXPECT_THROW(write_outputs(result), ValueError);
  EXPECT_FALSE(std::filesystem::exists(e.model));
}

TEST(RunExperiment, TellsItsProgress) {
  Index calls = 0;
  Progress last;
  run_experiment(circles(), [&](const Progress& p) {
    ++calls;
    EXPECT_EQ(p.update, calls);
    EXPECT_TRUE(std::isfinite(p.loss));
    last = p;
    return Signal::go_on;
  });
  EXPECT_EQ(calls, 28);
  EXPECT_EQ(last.updates, 28);
  EXPECT_EQ(last.epoch, 7);
  EXPECT_TRUE(last.test_accuracy.has_value());
}

TEST(RunExperiment, TellsTheLearningRateOfAMethodThatHasOne) {
  for (const char* method : {"sgd:lr=0.5", "adam", "lbfgs", "lm"}) {
    Experiment e = circles();
    e.optimizer = parse_training_method(method);
    const double rate = learning_rate(e.optimizer) ? *learning_rate(e.optimizer) : 0;
    e.loss = "mse";
    e.batch = 0;
    Index calls = 0;
    run_experiment(e, [&](const Progress& p) {
      EXPECT_EQ(p.learning_rate, rate) << method;
      ++calls;
      return Signal::go_on;
    });
    EXPECT_GT(calls, 0) << method;
  }
}

TEST(Fingerprint, ChangesWithEveryNumberAndName) {
  const Dataset data = load_data("xor");
  const std::string before = fingerprint(data);
  EXPECT_EQ(fingerprint(load_data("xor")), before);
  Dataset other = data;
  other.x(0, 0) = -0.0;
  EXPECT_NE(fingerprint(other), before);
  other = data;
  other.labels[3] = 1;
  EXPECT_NE(fingerprint(other), before);
  other = data;
  other.feature_names = {"x", "0x1"};
  EXPECT_NE(fingerprint(other), before);
}

TEST(ModelFigure, IsMadeForEveryKindThatApplies) {
  Experiment e = circles();
  const ExperimentResult result = run_experiment(e);
  EXPECT_EQ(fitting_kind(result.model, result.train), "regions");
  for (const std::string_view kind : {"loss", "accuracy", "regions", "confusion"})
    EXPECT_NO_THROW(to_gnuplot(result_figure(kind, result), Terminal::svg)) << kind;
  EXPECT_THROW(model_figure("fit", result.model, result.test), ValueError);
  EXPECT_NO_THROW(model_figure("loss", result.model, result.test)) << "the model keeps its history";
  Model bare = result.model;
  bare.record.reset();
  EXPECT_THROW(model_figure("loss", bare, result.test), ValueError);
  for (const std::string_view kind : {"roc", "precision-recall", "calibration"})
    EXPECT_NO_THROW(to_gnuplot(result_figure(kind, result), Terminal::svg)) << kind;
  EXPECT_THROW(model_figure("residuals", result.model, result.test), ValueError);
  EXPECT_THROW(model_figure("beauty", result.model, result.test), ValueError);
}

}  // namespace
}  // namespace gradus
