// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/sweep.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>
#include <unistd.h>

#include "gradus/core/error.hpp"
#include "gradus/lab/files/file.hpp"
#include "src/lab/sweep/chunk.hpp"

namespace gradus {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

struct Prepared {
  SweepRequest request;
  ExperimentSource source;
  SweepPlan plan;
};

Prepared prepare(const std::string& data, const Settings& settings, Index seeds, Index random = 0) {
  Prepared s{};
  s.request.base.data = data;
  s.request.seeds = seeds;
  s.request.random = random;
  for (const auto& [flag, text] : settings)
    for (const ExperimentKey& key : experiment_keys())
      if (key.flag == flag) s.request.grid.set(key, text, "--" + flag);
  s.source = load_source(s.request.grid.experiment(s.request.base, s.request.grid.samples().front()));
  s.plan = plan_sweep(s.request, s.source);
  return s;
}

const std::string kCircles = "circles:samples=60,noise=0.15,factor=0.4";
const Settings kSmall{
    {"network", "2-{3,5}tanh-2softmax"}, {"lr", "0.05,0.2"}, {"batch", "1"}, {"epochs", "4"}, {"test", "0.3"}};

class Sweep : public ::testing::Test {
 protected:
  Sweep() {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = ::testing::TempDir() + "gradus_sweep_" + name + "_" + std::to_string(::getpid());
    std::filesystem::remove_all(folder_);
  }
  ~Sweep() override { std::filesystem::remove_all(folder_); }

  std::string csv() const { return read_file(folder_ + "/results.csv"); }
  void write_csv(const std::string& text) const {
    std::filesystem::create_directories(folder_);
    write_file(folder_ + "/results.csv", text);
  }
  SweepOutcome run(const Prepared& s, int threads = 1) const {
    return run_sweep(s.plan, s.source, {.folder = folder_, .threads = threads});
  }
  std::string refusal(const Prepared& s) const {
    const std::string before = csv();
    try {
      run(s);
    } catch (const FileError& error) {
      EXPECT_EQ(csv(), before) << "a file that is refused is left as it is";
      return std::string(error.what()).substr(folder_.size() + 1);
    }
    return "";
  }

  std::string folder_;
};

double relative(double a, double b) { return std::abs(a - b) / (std::abs(b) + 1e-3); }

/// Every run of a sweep against `run_experiment`, result and parameters. A few hundred updates at most: each carries
/// the rounding of the one before on with a factor near 1, so that in double 1e-10 and in float 1e-2 leave ample room,
/// while another split, order or first weight is off by far more.
void expect_single_runs(const std::string& data, Settings settings, bool banked) {
  for (const std::string precision : {"float64", "float32"}) {
    settings.emplace_back("precision", precision);
    const Prepared s = prepare(data, settings, 3);
    const SweepEstimate estimate = estimate_sweep(s.plan, s.source, {.folder = ""});
    EXPECT_EQ(estimate.banked, banked ? estimate.missing : 0) << settings.front().second;
    const SweepOutcome outcome = run_sweep(s.plan, s.source, {.folder = "", .threads = 2});
    std::vector<std::size_t> all(s.plan.runs.size());
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = k;
    const std::vector<Model> models = train_models(s.plan, s.source, all);
    const double tolerance = precision == "float64" ? 1e-10 : 1e-2;
    for (const std::size_t k : all) {
      const ExperimentResult single = run_experiment(s.plan.runs[k].experiment, s.source);
      SCOPED_TRACE(settings.front().second + " run " + std::to_string(k) + " " + precision);
      ASSERT_TRUE(outcome.results[k]);
      const RunResult& r = *outcome.results[k];
      EXPECT_FALSE(r.diverged);
      EXPECT_LE(relative(r.train_loss, single.train_scores.loss), tolerance);
      ASSERT_EQ(r.test_loss.has_value(), single.test_scores.has_value());
      if (r.test_loss) {
        EXPECT_LE(relative(*r.test_loss, single.test_scores->loss), tolerance);
      }
      ASSERT_EQ(r.train_accuracy.has_value(), single.train_scores.accuracy.has_value());
      if (r.train_accuracy && precision == "float64") {
        EXPECT_EQ(*r.train_accuracy, *single.train_scores.accuracy);
      }
      EXPECT_EQ(models[k].scaler, single.model.scaler);
      ASSERT_EQ(models[k].theta.size(), single.model.theta.size());
      for (std::size_t p = 0; p < models[k].theta.size(); ++p)
        ASSERT_LE(relative(models[k].theta[p], single.model.theta[p]), tolerance) << "parameter " << p;
    }
    settings.pop_back();
  }
}

TEST_F(Sweep, ARunIsTheOneOfItsExperiment) {
  const Settings common{{"epochs", "3"}, {"test", "0.3"}};
  const auto with = [&](Settings settings) {
    settings.insert(settings.end(), common.begin(), common.end());
    return settings;
  };
  expect_single_runs(kCircles, with({{"network", "2-{3,4}tanh-2softmax"}, {"lr", "0.05,0.1"}, {"batch", "1"}}), true);
  expect_single_runs(kCircles,
                     with({{"network", "2-5relu-1sigmoid"},
                           {"l2", "0,0.01"},
                           {"batch", "7"},
                           {"scale", "standard"},
                           {"stratify", "true"}}),
                     true);
  expect_single_runs(kCircles,
                     with({{"network", "2-6tanh-dropout0.3-2softmax"},
                           {"momentum", "0.5"},
                           {"batch", "5"},
                           {"order", "draws"},
                           {"init", "he"}}),
                     true);
  expect_single_runs("iris",
                     {{"network", "4-5sigmoid-3softmax"},
                      {"optimizer", "adam"},
                      {"lr", "0.01"},
                      {"batch", "16"},
                      {"epochs", "3"},
                      {"scale", "min-max"}},
                     true);
  expect_single_runs(kCircles,
                     with({{"network", "2-3tanh-2softmax"},
                           {"schedule", "{cosine:epochs=3,constant}"},
                           {"lr", "0.1"},
                           {"l1", "0.001"}}),
                     false);
  expect_single_runs(kCircles, with({{"network", "2-3gelu-2softmax"}, {"optimizer", "rmsprop"}}), false);
}

TEST_F(Sweep, KnowsNothingOfThreadsNorOfWhatWasThereBefore) {
  const Prepared all = prepare(kCircles, kSmall, 21);
  const SweepOutcome whole = run(all);
  EXPECT_EQ(whole.computed, 84);
  EXPECT_EQ(whole.reused, 0);
  const std::string expected = csv();
  EXPECT_EQ(std::count(expected.begin(), expected.end(), '\n'), 85);
  for (const int threads : {2, 3, 8}) {
    std::filesystem::remove_all(folder_);
    run(all, threads);
    EXPECT_EQ(csv(), expected) << threads << " threads";
  }
  // First a part of the seeds, of the networks, of the rates; then the rest, whose banks are filled otherwise.
  std::filesystem::remove_all(folder_);
  run(prepare(kCircles, kSmall, 5));
  Settings part = kSmall;
  part[1].second = "0.2";
  const SweepOutcome more = run(prepare(kCircles, part, 18));
  EXPECT_EQ(more.computed, 2 * 13);
  EXPECT_EQ(more.reused, 2 * 5);
  const SweepOutcome rest = run(all, 2);
  EXPECT_EQ(rest.computed, 84 - 20 - 26);
  EXPECT_EQ(rest.results, whole.results);
  EXPECT_EQ(csv(), expected);
  EXPECT_EQ(run(all).computed, 0);
  EXPECT_EQ(csv(), expected);
}

TEST_F(Sweep, WhatEndsItLosesNoMoreThanTheChunksUnderWay) {
  const Prepared all = prepare(kCircles, kSmall, 40);  // 80 runs of a shape: 10 banks
  run(all);
  const std::string expected = csv();
  std::filesystem::remove_all(folder_);
  SweepOptions options{.folder = folder_, .threads = 2};
  options.progress = [](const SweepProgress& p) { return p.done >= 40 ? Signal::stop : Signal::go_on; };
  const SweepOutcome stopped = run_sweep(all.plan, all.source, options);
  EXPECT_TRUE(stopped.interrupted);
  EXPECT_GE(stopped.computed, 40);
  EXPECT_LT(stopped.computed, 160);
  const std::string half = csv();
  EXPECT_EQ(std::count(half.begin(), half.end(), '\n'), stopped.computed + 1);

  // The power goes while a line is written.
  const std::size_t cut = half.rfind('\n', half.size() - 2) + 20;
  write_csv(half.substr(0, cut));
  const SweepOutcome rest = run(all);
  EXPECT_EQ(rest.reused, stopped.computed - 1);
  EXPECT_EQ(csv(), expected);
}

TEST_F(Sweep, AnErrorOnAThreadIsThrownAndWhatWasDoneIsKept) {
  const Prepared all = prepare(kCircles, kSmall, 40);
  SweepOptions options{.folder = folder_, .threads = 3};
  options.progress = [](const SweepProgress& p) -> Signal {
    if (p.done >= 30) throw ValueError("enough");
    return Signal::go_on;
  };
  EXPECT_THROW(run_sweep(all.plan, all.source, options), ValueError);
  const Index done = run(all).reused;
  EXPECT_GE(done, 30);
  EXPECT_LT(done, 160);
}

TEST_F(Sweep, KeepsTheRunsOfOtherSweeps) {
  Settings other = kSmall;
  other[0].second = "2-3tanh-2softmax";
  other.emplace_back("l2", "0.5,0.25");
  const Prepared first = prepare(kCircles, other, 2);
  const Prepared second = prepare(kCircles, kSmall, 2);
  run(first);
  run(second);
  const std::string both = csv();
  EXPECT_TRUE(both.starts_with("run,network,lr,l2,seed,status,")) << both.substr(0, 80);
  EXPECT_EQ(std::count(both.begin(), both.end(), '\n'), 1 + 8 + 8);
  EXPECT_EQ(run(first).reused, 8);
  EXPECT_EQ(run(second).reused, 8);
}

TEST_F(Sweep, HasItsFolderToItself) {
  const Prepared s = prepare(kCircles, kSmall, 1);
  EXPECT_EQ(run(s).computed, 4);
  std::optional<FolderLock> other(folder_);
  EXPECT_THROW(run(s), FileError);
  EXPECT_THROW(FolderLock{folder_}, FileError);
  other.reset();
  EXPECT_EQ(run(s).reused, 4);
  EXPECT_THROW(FolderLock{folder_ + "/none"}, FileError);
}

TEST_F(Sweep, RefusesAFileThatHoldsNoResults) {
  const Prepared s = prepare(kCircles, kSmall, 1);
  const std::string header = "run,network,lr,seed,status,train_loss,train_accuracy,test_loss,test_accuracy\n";
  write_csv("x,y,label\n1,2,a\n");
  EXPECT_TRUE(refusal(s).starts_with("results.csv:1: expected results of a sweep, with the columns run, "))
      << refusal(s);
  write_csv(header + "0123,2-3tanh-2softmax,0.1,0,done,0.5\n");
  EXPECT_EQ(refusal(s), "results.csv:2: expected 9 cells as in line 1, got 6");
  write_csv(header + "0123,2-3tanh-2softmax,0.1,0,done,half,,,\n");
  EXPECT_EQ(refusal(s), "results.csv:2: column train_loss: expected a number, got 'half'");
  write_csv(header + "0123,2-3tanh-2softmax,0.1,0,finished,0.5,,,\n");
  EXPECT_EQ(refusal(s), "results.csv:2: column status: expected done or diverged, got 'finished'");
  write_csv(header + "0123,\"2-3tanh,0.1,0,done,0.5,,,\n");
  EXPECT_EQ(refusal(s), "results.csv:2: expected a quote that closes the one before");
  write_csv(header + "0123,2-3tanh-2softmax,0.1,0,done,,,,\n");
  EXPECT_EQ(refusal(s), "results.csv:2: column train_loss: expected a number, got nothing");
  for (const char* none : {"\n", "\r\n", "seed,run,status,train_loss,train_accuracy,test_loss,test_accuracy\n",
                           "run,seed,status,train_loss,train_accuracy,test_loss\n"}) {
    write_csv(none);
    EXPECT_TRUE(refusal(s).starts_with("results.csv:1: expected results of a sweep, ")) << refusal(s);
  }
  write_csv("");
  EXPECT_EQ(refusal(s), "");
}

TEST_F(Sweep, ReadsResultsOfOtherLineEndsOfOthersColumnsAndCutOffAtTheirEnd) {
  const Prepared s = prepare(kCircles, kSmall, 1);
  const SweepOutcome whole = run(s);
  const std::string good = csv();
  std::string other;
  for (const char c : good) other += c == '\n' ? std::string("\r\n") : std::string(1, c);
  write_csv(other);
  EXPECT_EQ(run(s).results, whole.results);
  EXPECT_EQ(csv(), good);
  write_csv(good.substr(0, good.size() - 3));  // of the last row
  EXPECT_EQ(run(s).computed, 1);
  EXPECT_EQ(csv(), good);
  write_csv(
      "run,seed,status,train_loss,train_accuracy,test_loss,test_accuracy,note\n0123,0,done,0.5,,,,\"at the end\"\n");
  EXPECT_EQ(run(s).computed, 4);
  EXPECT_NE(csv().find(",at the end,"), std::string::npos) << csv();
  // A row of another's, whose texts hold what ends a cell, from before there were checksums.
  write_csv(
      "run,note,seed,status,train_loss,train_accuracy,test_loss,test_accuracy\n"
      "0123,\"a \"\"b\"\", c\",0,done,0.5,,,\n4567,,1,diverged,,,,\n");
  EXPECT_EQ(run(s).computed, 4);
  EXPECT_TRUE(csv().starts_with("run,network,lr,note,seed,status,")) << csv().substr(0, 60);
  EXPECT_NE(csv().find("\n0123,,,\"a \"\"b\"\", c\",0,done,0.5,,,,"), std::string::npos) << csv();
  EXPECT_EQ(run(s).reused, 4);
}

TEST_F(Sweep, WithoutAFolderKeepsNothing) {
  const Prepared s = prepare(kCircles, kSmall, 1);
  const SweepOutcome outcome = run_sweep(s.plan, s.source, {});
  EXPECT_EQ(outcome.computed, 4);
  EXPECT_EQ(outcome.results, run(s).results);
}

TEST_F(Sweep, NoAlteredRowIsBelieved) {
  const Prepared s = prepare(kCircles, kSmall, 1);
  run(s);
  const std::string good = csv();
  const std::size_t row = good.find('\n') + 1, end = good.find('\n', row);
  for (std::size_t at = row; at < end; ++at) {
    std::string altered = good;
    altered[at] = altered[at] == '1' ? '2' : '1';
    write_csv(altered);
    const std::string message = refusal(s);
    EXPECT_TRUE(message.starts_with("results.csv:2: ")) << at << ": " << message;
    EXPECT_EQ(csv(), altered) << "left as it is";
  }
  write_csv(good);
  EXPECT_EQ(run(s).computed, 0);
}

TEST_F(Sweep, MoreRunsThanAMillionAreRefusedBeforeTheyAreDrawn) {
  Prepared s = prepare(kCircles, {{"network", "2-3tanh-2softmax"}, {"lr", "0.01..0.1"}}, 1, 2);
  s.request.random = 1'000'000'000;
  EXPECT_THROW(plan_sweep(s.request, s.source), ValueError);
  s.request.random = 1000;
  s.request.seeds = 1001;
  EXPECT_THROW(plan_sweep(s.request, s.source), ValueError);
}

TEST_F(Sweep, SomeOfMoreThanAMillionCombinationsAreDrawn) {
  std::string list = "1";
  for (int k = 2; k <= 1001; ++k) list += ',' + std::to_string(k);
  const Settings lists = {{"network", "2-3tanh-2softmax"}, {"epochs", list}, {"batch", list}};
  Prepared s = prepare(kCircles, lists, 1, 7);
  EXPECT_EQ(plan_sweep(s.request, s.source).runs.size(), 7u);
  s.request.random = 0;
  EXPECT_THROW(configuration_count(s.request), ValueError) << "all of them are too many";
}

TEST_F(Sweep, ARunThatDivergesIsOneOfTheResults) {
  const Prepared s =
      prepare(kCircles, {{"network", "2-4relu-1"}, {"loss", "mse"}, {"lr", "0.01,1e6"}, {"batch", "1"}}, 3);
  const SweepOutcome outcome = run(s);
  for (std::size_t k = 0; k < 6; ++k) EXPECT_EQ(outcome.results[k]->diverged, k >= 3) << k;
  ASSERT_TRUE(outcome.best());
  EXPECT_LT(*outcome.best(), 3u);
  EXPECT_EQ(run(s).results, outcome.results) << "read back";
}

TEST(Chunk, ABankScalesALargeTableForFewLanesButForOneAtLeast) {
  ExperimentSource source;
  Experiment e;
  e.scale = Scaler::Kind::standard;
  const auto lanes = [&](Index samples) {
    source.data.x = Matrix<double>(samples, 0);  // 16 numbers each are counted beside the features
    return sweep_detail::lanes_of_bank(e, source);
  };
  const Index width = lanes(100);
  EXPECT_GT(width, 2);
  EXPECT_EQ(lanes(3'125'000), 2);
  EXPECT_EQ(lanes(6'250'000), 1);
  EXPECT_EQ(lanes(Index{1} << 40), 1);
  e.scale.reset();
  EXPECT_EQ(lanes(Index{1} << 40), width) << "one table serves all";
}

TEST_F(Sweep, ARunByItselfThatDivergesInItsFirstUpdateIsOneOfTheResultsToo) {
  const Prepared s = prepare("xor:noise=1e200",
                             {{"network", "2-2"}, {"loss", "mse"}, {"optimizer", "{lbfgs,cg}"}, {"epochs", "3"}}, 2);
  const SweepOutcome outcome = run(s);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_TRUE(outcome.results[k] && outcome.results[k]->diverged) << k;
}

TEST_F(Sweep, TheHashIsOfEverythingThatTheNumbersDependOn) {
  const Prepared s = prepare(kCircles, kSmall, 1);
  const Experiment e = s.plan.runs[0].experiment;
  std::set<std::string> hashes{run_hash(e)};
  const auto differs = [&](auto change) {
    Experiment other = e;
    change(other);
    return hashes.insert(run_hash(other)).second;
  };
  EXPECT_TRUE(differs([](Experiment& x) { x.seed = 7; }));
  EXPECT_TRUE(differs([](Experiment& x) { x.precision = Precision::float32; }));
  EXPECT_TRUE(differs([](Experiment& x) { x.network = "2-3relu-2softmax"; }));
  EXPECT_TRUE(differs([](Experiment& x) { x.regularisation.l2 = 1e-9; }));
  EXPECT_TRUE(differs([](Experiment& x) { x.fingerprint = "fnv1a64:0"; }));
  EXPECT_TRUE(differs([](Experiment& x) { x.optimizer = Adam{}; }));
  EXPECT_TRUE(differs([](Experiment& x) { x.epochs = 5; }));
  EXPECT_FALSE(differs([](Experiment& x) { x.model = "elsewhere"; })) << "a file's name changes nothing";
  EXPECT_FALSE(differs([](Experiment& x) { x.data = "./copy.csv"; })) << "nor does that of the data";
}

TEST_F(Sweep, EstimatesWithoutWriting) {
  const Prepared s = prepare(kCircles, kSmall, 3);
  const SweepEstimate estimate = estimate_sweep(s.plan, s.source, {.folder = folder_, .threads = 2});
  EXPECT_EQ(estimate.missing, 12);
  EXPECT_EQ(estimate.banked, 12);
  EXPECT_GT(estimate.seconds, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_));
  run(s);
  EXPECT_EQ(estimate_sweep(s.plan, s.source, {.folder = folder_}).missing, 0);
  EXPECT_EQ(estimate_sweep(s.plan, s.source, {.folder = folder_}).seconds, 0);
}

TEST_F(Sweep, RefusesAPlanThatCannotBeRun) {
  EXPECT_THROW(prepare(kCircles, {{"network", "{2-3tanh-2softmax,3-2softmax}"}}, 1), ShapeError);
  EXPECT_THROW(prepare(kCircles, {{"network", "2-2softmax"}, {"seed", "4294967295"}}, 2), ValueError);
  EXPECT_NO_THROW(prepare(kCircles, {{"network", "2-2softmax"}, {"seed", "4294967295"}}, 1));
  EXPECT_THROW(prepare(kCircles, {{"network", "2-2softmax"}}, 0), ValueError);
  EXPECT_THROW(prepare(kCircles, {{"network", "2-2softmax"}}, 2000000), ValueError);
  EXPECT_THROW(prepare(kCircles, {{"network", "2-2softmax"}, {"test", "{moons,circles:samples=9}"}}, 1), ValueError);
}

TEST_F(Sweep, ProgressRisesToAllRunsAndTheWholeOfTheWork) {
  for (const Settings& more : {Settings{}, Settings{{"early-stopping", "loss"}}}) {  // in banks, and singly
    Settings settings = kSmall;
    settings.insert(settings.end(), more.begin(), more.end());
    const Prepared s = prepare(kCircles, settings, 3);
    SweepProgress last{};
    Index told = 0;
    const SweepOutcome outcome =
        run_sweep(s.plan, s.source, {.folder = folder_, .threads = 2, .progress = [&](const SweepProgress& p) {
                                       ++told;
                                       EXPECT_EQ(p.runs, 12);
                                       EXPECT_GE(p.done, last.done);
                                       EXPECT_LE(p.done, 12);
                                       EXPECT_GE(p.share, last.share);
                                       EXPECT_LE(p.share, 1 + 1e-9);
                                       last = p;
                                       return Signal::go_on;
                                     }});
    EXPECT_GT(told, 0);
    EXPECT_EQ(last.done, 12);
    EXPECT_NEAR(last.share, 1, 1e-9);
    EXPECT_EQ(outcome.computed, 12);
    EXPECT_EQ(*last.best, outcome.results[*outcome.best()]->merit());
    std::filesystem::remove_all(folder_);
  }
}

TEST_F(Sweep, ResultsWithCommasAndQuotesAreReadBack) {
  const Prepared s =
      prepare(kCircles,
              {{"network", "2-3tanh-2softmax"}, {"optimizer", "{adam,nadam}:beta1=0.8,beta2=0.9"}, {"epochs", "2"}}, 1);
  const SweepOutcome outcome = run(s);
  EXPECT_NE(csv().find(",\"adam:beta1=0.8,beta2=0.9\","), std::string::npos) << csv();
  const SweepOutcome again = run(s);
  EXPECT_EQ(again.reused, 2);
  EXPECT_EQ(again.results, outcome.results);
}

TEST_F(Sweep, AMillionRunsAreNotTooMany) {
  Prepared s = prepare(kCircles, {{"network", "2-3tanh-2softmax"}, {"lr", "0.01..0.1"}}, 1, 2);
  s.request.random = 1'000'000;
  EXPECT_EQ(configuration_count(s.request), 1'000'000);
  s.request.random = 1'000'001;
  EXPECT_THROW(configuration_count(s.request), ValueError);
  s.request.random = 500'000;
  s.request.seeds = 2;
  EXPECT_EQ(configuration_count(s.request), 500'000);
  s.request.seeds = 3;
  EXPECT_THROW(configuration_count(s.request), ValueError);
}

}  // namespace
}  // namespace gradus
