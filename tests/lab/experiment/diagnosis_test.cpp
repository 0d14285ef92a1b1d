// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/diagnosis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/experiment/proposal.hpp"

namespace gradus {
namespace {

/// The words on a run of such data; the experiment's own data is not read.
std::string words_on(const Experiment& experiment, const Dataset& data) {
  std::string words;
  for (const std::string& line : diagnose(run_experiment(experiment, {data, {}, "fnv"}))) words += line + '\n';
  return words;
}

Experiment training(const std::string& network, double rate = 0.05, Index epochs = 60) {
  Experiment e;
  e.data = "made";
  e.network = network;
  e.optimizer = Adam{.learning_rate = rate};
  e.epochs = epochs;
  return e;
}

/// Two classes of which the second feature, of another scale, tells nothing.
Dataset scaled_apart(double scale) {
  std::string text = "a,b,label\n";
  for (int i = 0; i < 80; ++i)
    text += std::to_string(i % 2 + 0.01 * (i % 7)) + "," + std::to_string(scale * (i % 11 + 1)) + "," +
            std::to_string(i % 2) + "\n";
  return parse_csv(text);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Diagnosis, NamesFeaturesOfVeryDifferentScale) {
  const std::string words = words_on(training("2-4tanh-2softmax"), scaled_apart(1e4));
  EXPECT_TRUE(has(words, "features of very different scale: b spreads by 3.1")) << words;
  const std::string small = words_on(training("2-4tanh-2softmax"), scaled_apart(1e-4));
  EXPECT_TRUE(has(small, "features of very different scale: a spreads by 0.5")) << small;
  Experiment scaled = training("2-4tanh-2softmax");
  scaled.scale = Scaler::Kind::standard;
  EXPECT_EQ(words_on(scaled, scaled_apart(1e4)), "");
}

TEST(Diagnosis, NamesDeadUnitsAndOneAnswerForAll) {
  Experiment dead = training("2-6relu-2softmax", 0.3);
  dead.optimizer = Sgd{.learning_rate = 1.0};
  const std::string words = words_on(dead, scaled_apart(300));
  EXPECT_TRUE(has(words, "units of layer 1 (relu) are never active")) << words;
  EXPECT_TRUE(has(words, "all 80 training samples are answered with '")) << words;
}

TEST(Diagnosis, NamesSaturatedUnits) {
  const std::string words = words_on(training("2-6tanh-2softmax", 0.001, 5), scaled_apart(1e5));
  EXPECT_TRUE(has(words, "units of layer 1 (tanh) are saturated on all training samples")) << words;
}

TEST(Diagnosis, NamesUnitsThatBeganAlike) {
  ExperimentResult alike = run_experiment(training("2-5tanh-2softmax"), {scaled_apart(1), {}, "fnv"});
  for (const std::size_t row : std::vector<std::size_t>{0, 5, 10})
    for (std::size_t j = 1; j < 5; ++j) alike.model.theta[row + j] = alike.model.theta[row];
  std::string words;
  for (const std::string& line : diagnose(alike)) words += line;
  EXPECT_TRUE(has(words, "all 5 units of layer 1 (tanh) are equal")) << words;
}

TEST(Diagnosis, NamesAnswersNoBetterThanTheMajorityOrTheMean) {
  std::string text = "a,label\n", numbers = "a,y\n";
  for (int i = 0; i < 200; ++i) {
    text += std::to_string(i % 13 / 6.0) + (i % 20 == 3 ? ",rare\n" : ",often\n");
    numbers += std::to_string(i % 13 / 6.0) + "," + std::to_string(i * 7919 % 101 / 100.0 + 0.0001) + "\n";
  }
  EXPECT_TRUE(has(words_on(training("1-2softmax", 0.01, 5), parse_csv(text)), "'often'"));
  EXPECT_TRUE(has(words_on(training("1-1", 0.05, 30), parse_csv(numbers)), "no better than the mean: R2 "));
}

TEST(Diagnosis, NamesALossThatDoesNotComeDown) {
  Experiment wild = training("2-8tanh-1");
  wild.optimizer = Sgd{.learning_rate = 0.6};
  wild.epochs = 40;
  std::string text = "a,b,y\n";
  for (int i = 0; i < 60; ++i)
    text +=
        std::to_string(i % 7 * 3.3) + "," + std::to_string(i % 5 * 2.1) + "," + std::to_string(std::sin(i) * 20) + "\n";
  const std::string words = words_on(wild, parse_csv(text));
  EXPECT_TRUE(has(words, "the loss is no lower than at first") || has(words, "the loss swings")) << words;
}

TEST(Diagnosis, NamesALossThatWasStillFalling) {
  Experiment slow = training("2-4tanh-2softmax", 1e-4, 40);
  slow.optimizer = Sgd{.learning_rate = 1e-3};
  EXPECT_TRUE(has(words_on(slow, scaled_apart(0.1)), "the loss was still falling"))
      << words_on(slow, scaled_apart(0.1));
}

TEST(Diagnosis, NamesAChainOfLinearLayers) {
  EXPECT_TRUE(has(words_on(training("2-4-2softmax"), scaled_apart(1)), "the 2 layers of 2-4-2softmax are linear"));
  EXPECT_FALSE(has(words_on(training("2-2softmax"), scaled_apart(1)), "linear"));
}

TEST(Diagnosis, NamesTrainingFarAboveTheTest) {
  std::string text = "a,b,c,d,label\n";
  RandomState random(1);
  for (int i = 0; i < 80; ++i) {
    for (int j = 0; j < 4; ++j) text += std::to_string(random.standard_normal()) + ",";
    text += random.uniform(0, 1) < 0.5 ? "no\n" : "yes\n";
  }
  Experiment noise = training("4-32tanh-2softmax", 0.02, 300);
  noise.test = 0.4;
  EXPECT_TRUE(has(words_on(noise, parse_csv(text)), "training is far above the test: accuracy"))
      << words_on(noise, parse_csv(text));
}

TEST(Diagnosis, IsSilentOnTwoHundredSoundRuns) {
  const std::vector<std::string> data{"moons:samples=120,noise=0.1", "blobs:samples=150,center-box=[-9,9]",
                                      "circles:samples=120,noise=0.05,factor=0.5", "gaussian:samples=80,range=[-2,2]",
                                      "iris"};
  RandomState random(7);
  for (int k = 0; k < 200; ++k) {
    Experiment e;
    e.data = data[static_cast<std::size_t>(k) % data.size()] + (k % 5 == 4 ? "" : ",seed=" + std::to_string(k));
    e.seed = static_cast<std::uint32_t>(k);
    const ExperimentSource source = load_source(e);
    const Experiment sound = propose(e, {}, source).experiment;
    std::string words;
    for (const std::string& line : diagnose(run_experiment(sound, source))) words += line + '\n';
    EXPECT_EQ(words, "") << e.data << " seed " << k;
  }
}

}  // namespace
}  // namespace gradus
