// SPDX-License-Identifier: MIT
// The data of the documents: tests/fixtures/seeds.json holds what NumPy 1.24 and scikit-learn 1.2 gave.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gradus/data/makers.hpp"
#include "gradus/data/split.hpp"
#include "gradus/lab/files/file.hpp"
#include "tests/paths.hpp"

namespace gradus {
namespace {

using nlohmann::json;

const json& seeds() {
  static const json seeds = json::parse(read_file(GRADUS_FIXTURES "/seeds.json"));
  return seeds;
}

/// The documents' data is promised to 1e-12.
void expect_rows(ConstMatrixView<double> x, const json& rows) {
  ASSERT_GE(x.rows(), std::ssize(rows));
  for (Index i = 0; i < std::ssize(rows); ++i)
    for (Index j = 0; j < x.cols(); ++j)
      ASSERT_NEAR(x(i, j), rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)].get<double>(), 1e-12) << i;
}

void expect_data(const Dataset& data, const json& reference) {
  EXPECT_EQ(data.labels, reference.at("y").get<std::vector<int>>());
  EXPECT_EQ(data.x.rows(), std::ssize(reference.at("X")));
  expect_rows(data.x, reference.at("X"));
}

/// What a training run of the perceptron documents takes from the stream: its weights, then its samples.
void draw_as_training(RandomState& random, Index weights, const json& indexes) {
  random.seed(42);
  random.standard_normal(weights);
  const std::vector<std::int64_t> drawn = random.randint(0, 300, 1000);
  if (!indexes.is_null()) {
    EXPECT_EQ(drawn, indexes.get<std::vector<std::int64_t>>());
  }
}

TEST(Seeds, PerceptronDataComesFromOneStreamThroughAllTrainingRuns) {
  const json& reference = seeds().at("000_001_perceptrons");
  RandomState random(7);
  const Dataset blobs = make_blobs({.samples = 500}, random);
  expect_data(blobs, reference.at("blobs"));
  RandomState split_random(42);
  const TrainTest parts = split(blobs, 0.4, split_random);
  EXPECT_EQ(parts.train.size(), 300);
  EXPECT_EQ(parts.test.size(), 200);
  expect_rows(parts.train.x, reference.at("blobs").at("X_train_head"));
  expect_rows(parts.test.x, reference.at("blobs").at("X_test_head"));

  draw_as_training(random, 3 + 2 * 3, reference.at("blobs_one_layer").at("indexes"));
  expect_data(make_moons({.samples = 500, .noise = 0.2}, random), reference.at("moons"));

  draw_as_training(random, 2 + 2 * 2, reference.at("moons_one_layer").at("indexes"));
  draw_as_training(random, 16 + 2 * 16 + 2 + 16 * 2, nullptr);
  expect_data(make_circles({.samples = 500, .noise = 0.2, .factor = 0.4}, random), reference.at("circles"));
}

TEST(Seeds, TwoBlobsOfTheClassificationDocument) {
  const json& reference = seeds().at("004_cs109a").at("blobs");
  RandomState random(0);
  const Dataset blobs = make_blobs({.samples = 500, .centers = 2}, random);
  expect_data(blobs, reference);
  RandomState split_random(42);
  const TrainTest parts = split(blobs, 0.2, split_random);
  expect_rows(parts.test.x, reference.at("X_test_head"));
  EXPECT_EQ(parts.test.labels, reference.at("y_test").get<std::vector<int>>());
}

}  // namespace
}  // namespace gradus
