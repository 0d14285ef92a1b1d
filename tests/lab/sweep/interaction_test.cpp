// SPDX-License-Identifier: MIT
// Every key of an experiment at two values, each where it has a say: the run changes, its identity changes, and all
// ways to ask for the run give it to the last bit: the experiment itself, its text read back, a sweep's row and its
// model. python/tests/test_interaction.py asks the command line and Python the same.
#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <filesystem>
#include <functional>
#include <set>

#include "gradus/lab/experiment/keys.hpp"
#include "gradus/lab/experiment/run.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/lab/sweep/sweep.hpp"

namespace gradus {
namespace {

struct Setting {
  std::string path;
  KeyValue value;
};

struct Pair {
  std::string path;
  KeyValue one;
  KeyValue two;
  std::vector<Setting> with{};  ///< where the key has a say
};

/// Classes of 12, 21 and 27 samples, that no straight line separates, a column of weights and other answers.
std::string table(std::uint32_t seed) {
  std::string csv = "a,b,weight,label,other,binary\n";
  RandomState random(seed);
  for (int i = 0; i < 60; ++i) {
    const int label = i < 12 ? 0 : i < 33 ? 1 : 2;
    const double a = random.normal(label - 1, 1.2);
    const double b = random.normal(label == 1 ? 1 : -1, 1.1);
    csv += std::to_string(a) + ',' + std::to_string(b) + ',' + std::to_string(random.uniform(0.2, 2)) + ',' +
           std::to_string(label) + ',' + std::to_string((i + label) % 3) + ',' + std::to_string(i % 2) + '\n';
  }
  return csv;
}

class Interaction : public ::testing::Test {
 protected:
  Interaction() {
    std::filesystem::create_directories(folder_);
    write_file(data_, table(3));
    write_file(other_, table(4));
    for (const char* name : {"one", "two"}) {
      Experiment e = base();
      e.seed = name == std::string("one") ? 8 : 9;
      save_model(run_experiment(e).model, folder_ + "/" + name + ".model");
    }
  }
  ~Interaction() override { std::filesystem::remove_all(folder_); }

  Experiment base() const {
    Experiment e;
    e.data = data_;
    e.target = "label";
    e.network = "5-5tanh-3softmax";
    e.test = 0.3;
    e.epochs = 4;
    e.batch = 7;
    e.optimizer = Sgd{.learning_rate = 0.1};
    return e;
  }

  std::vector<Pair> pairs() const {
    const Setting stops{"early_stopping.metric", std::string("test-loss")};
    return {
        {"seed", std::int64_t{0}, std::int64_t{1}},
        {"precision", "float64", "float32"},
        {"data.source", data_, other_},
        {"data.target", "label", "other"},
        {"data.task",
         "classification",
         "regression",
         {{"network.layers", "5-5tanh-1sigmoid"}, {"data.target", "binary"}}},
        {"data.sample_weight", "weight", "other", {{"network.layers", "4-5tanh-3softmax"}}},
        {"data.test", 0.3, 0.4},
        {"data.stratify", false, true},
        {"data.scale", "none", "standard"},
        {"network.layers", "5-5tanh-3softmax", "5-5relu-3softmax"},
        {"network.init", "glorot-uniform", "he-normal"},
        {"network.from", folder_ + "/one.model", folder_ + "/two.model", {{"data.scale", "none"}}},
        {"loss.function", "auto", "mse"},
        {"loss.reduction", "mean", "sum"},
        {"loss.class_weight", "none", "balanced"},
        {"optimizer.method", "sgd", "adam"},
        {"optimizer.learning_rate", 0.1, 0.2},
        {"optimizer.momentum", 0.0, 0.5},
        {"optimizer.nesterov", false, true, {{"optimizer.momentum", 0.5}}},
        {"optimizer.schedule", "constant", "cosine:epochs=3"},
        {"regularisation.l1", 0.0, 0.01},
        {"regularisation.l2", 0.0, 0.01},
        {"regularisation.weight_decay", 0.0, 0.01},
        {"regularisation.max_norm", 0.0, 0.5},
        {"regularisation.clip_norm", 0.0, 0.1},
        {"regularisation.clip_value", 0.0, 0.01},
        {"early_stopping.metric", "none", "test-accuracy", {{"training.epochs", std::int64_t{30}}}},
        {"early_stopping.patience",
         std::int64_t{1},
         std::int64_t{20},
         {{"early_stopping.metric", "test-accuracy"}, {"training.epochs", std::int64_t{30}}}},
        {"early_stopping.min_delta",
         0.0,
         0.5,
         {stops, {"early_stopping.patience", std::int64_t{2}}, {"training.epochs", std::int64_t{12}}}},
        {"training.epochs", std::int64_t{4}, std::int64_t{5}},
        {"training.updates", std::int64_t{0}, std::int64_t{11}},
        {"training.batch", std::int64_t{7}, "full"},
        {"training.order", "shuffle", "draws"},
        {"training.min_change", 0.0, 0.05, {{"training.epochs", std::int64_t{30}}}},
        {"training.record_every", std::int64_t{0}, std::int64_t{2}},
        {"training.plant", "sign:1.weights", "transpose:1.weights"},
        {"training.freeze", "1", "2"},
        {"training.test_every", std::int64_t{0}, std::int64_t{2}},
        {"training.engine", "automatic", "definition"},
        {"training.arithmetic", "fused", "plain"},
    };
  }

  std::string folder_ = ::testing::TempDir() + "gradus_interaction_" + std::to_string(::getpid());
  std::string data_ = folder_ + "/data.csv";
  std::string other_ = folder_ + "/other.csv";
};

void set(Experiment& e, const std::string& path, const KeyValue& value) {
  for (const ExperimentKey& key : experiment_keys())
    if (key.path() == path) return set_key(e, key, value, path);
  FAIL() << "no key " << path;
}

Experiment with(Experiment e, const Pair& pair, const KeyValue& value) {
  for (const Setting& setting : pair.with) set(e, setting.path, setting.value);
  set(e, pair.path, value);
  return e;
}

/// All that a run came to, to the last bit.
std::vector<std::uint64_t> bits_of(const ExperimentResult& result) {
  std::vector<std::uint64_t> bits;
  const auto add = [&](const auto& numbers) {
    bits.push_back(numbers.size());
    for (const auto number : numbers) bits.push_back(std::bit_cast<std::uint64_t>(static_cast<double>(number)));
  };
  const History& h = result.fit.history;
  add(result.model.theta);
  add(result.model.state);
  add(h.loss);
  add(h.accuracy);
  add(h.test_loss);
  add(h.test_accuracy);
  add(std::vector<double>{result.train_scores.accuracy.value_or(-1), result.train_scores.loss,
                          result.test_scores ? result.test_scores->loss : -1.0,
                          static_cast<double>(result.fit.updates)});
  return bits;
}

/// The run as a row of a sweep, alone or, two seeds at a time, in a bank; and the sweep's model of it.
void expect_row(const Experiment& e, const ExperimentSource& source, const ExperimentResult& run) {
  const SweepPlan plan = plan_sweep({.base = e, .grid = {}, .seeds = 2}, source);
  const SweepOutcome outcome = run_sweep(plan, source, {.folder = ""});
  ASSERT_TRUE(outcome.results[0]);
  const RunResult& row = *outcome.results[0];
  EXPECT_EQ(row.train_accuracy, run.train_scores.accuracy);
  const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(b); };  // float32's own
  EXPECT_TRUE(near(row.train_loss, run.train_scores.loss)) << row.train_loss << " and " << run.train_scores.loss;
  ASSERT_EQ(row.test_loss.has_value(), run.test_scores.has_value());
  if (row.test_loss) {
    EXPECT_TRUE(near(*row.test_loss, run.test_scores->loss)) << *row.test_loss << " and " << run.test_scores->loss;
    EXPECT_EQ(row.test_accuracy, run.test_scores->accuracy);
  }
  EXPECT_EQ(train_models(plan, source, {0}).front().theta, run.model.theta);
}

TEST_F(Interaction, KnowsEveryKey) {
  std::set<std::string> known;
  for (const Pair& pair : pairs()) EXPECT_TRUE(known.insert(pair.path).second) << pair.path << " is there twice";
  for (const ExperimentKey& key : experiment_keys())
    // Of a file that is read otherwise there is another table, or none (tests/lab/data/); scaled targets are tried with
    // regressions (tests/lab/experiment/).
    EXPECT_TRUE(known.contains(key.path()) || key.section == "output" || key.section == "reading" ||
                key.section == "start" || key.path() == "data.scale_target" || key.path() == "data.fingerprint" ||
                key.path() == "network.from_parameters")
        << "key " << key.path() << ": add two values that give two runs";
}

TEST_F(Interaction, EveryKeyChangesTheRunAndItsIdentityAndEveryWayToAskGivesTheSameRun) {
  for (const Pair& pair : pairs()) {
    std::set<std::vector<std::uint64_t>> runs;
    std::set<std::string> identities;
    for (const KeyValue& value : {pair.one, pair.two}) {
      SCOPED_TRACE(pair.path + " = " + to_text(value));
      const Experiment e = with(base(), pair, value);
      const ExperimentSource source = load_source(e);
      const ExperimentResult run = run_experiment(e, source);
      runs.insert(bits_of(run));
      Experiment known = run.experiment;
      identities.insert(run_hash(known));
      EXPECT_EQ(bits_of(run_experiment(parse_experiment(to_toml(e), "e.toml"))), bits_of(run));
      EXPECT_EQ(bits_of(run_experiment(parse_experiment(run.model.experiment, "model"))), bits_of(run));
      expect_row(e, source, run);
    }
    EXPECT_EQ(runs.size(), 2U) << pair.path << " changes nothing";
    EXPECT_EQ(identities.size(), 2U) << pair.path << " is not in a run's identity";
  }
}

TEST_F(Interaction, TwoKeysAtATimeKeepTheirSay) {
  const std::vector<Pair> all = pairs();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Pair& first = all[i];
    const Pair& second = all[(i + 5) % all.size()];
    if (!first.with.empty() || !second.with.empty() || first.path == "data.target" || second.path == "data.target")
      continue;
    SCOPED_TRACE(first.path + " and " + second.path);
    Experiment e = with(base(), first, first.two);
    if (e.engine == Engine::definition && second.path == "training.arithmetic") continue;
    set(e, second.path, second.two);
    if (e.engine == Engine::definition) e.arithmetic = Arithmetic::automatic;
    const ExperimentSource source = load_source(e);
    const ExperimentResult run = run_experiment(e, source);
    EXPECT_EQ(bits_of(run_experiment(parse_experiment(to_toml(e), "e.toml"))), bits_of(run));
    expect_row(e, source, run);
  }
}

}  // namespace
}  // namespace gradus
