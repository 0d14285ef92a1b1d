// SPDX-License-Identifier: MIT
#include "gradus/data/split.hpp"
#include "tests/parity/reference.hpp"

namespace gradus {
namespace {

using nlohmann::json;

std::vector<Split> our_splits(const json& step, const std::vector<int>& labels, RandomState& random) {
  const std::string kind = step.at("kind");
  const Index n = std::ssize(labels);
  if (kind == "plain") return {train_test_split(n, parity::exact(step.at("test_size")), random)};
  if (kind == "stratified") return {stratified_split(labels, parity::exact(step.at("test_size")), random)};
  const Index folds = step.at("folds");
  const bool shuffle = step.at("shuffle");
  if (kind == "k_fold") return shuffle ? k_fold(n, folds, random) : k_fold(n, folds);
  return shuffle ? stratified_k_fold(labels, folds, random) : stratified_k_fold(labels, folds);
}

TEST(SplitParity, TakesTheRowsThatScikitLearnTakesAndRefusesWhatItRefuses) {
  int settings = 0;
  for (const json& setting : parity::reference("splits")) {
    ++settings;
    const std::vector<int> labels = setting.at("labels");
    RandomState random(setting.at("seed").get<std::uint32_t>());
    for (const json& step : setting.at("steps")) {
      SCOPED_TRACE(std::to_string(labels.size()) + " samples: " + step.dump().substr(0, 300));
      if (step.at("splits").is_null()) {
        EXPECT_THROW(our_splits(step, labels, random), ValueError);
        break;
      }
      const std::vector<Split> splits = our_splits(step, labels, random);
      ASSERT_EQ(splits.size(), step.at("splits").size());
      for (std::size_t i = 0; i < splits.size(); ++i) {
        EXPECT_EQ(splits[i].train, step.at("splits")[i][0].get<std::vector<Index>>());
        EXPECT_EQ(splits[i].test, step.at("splits")[i][1].get<std::vector<Index>>());
      }
    }
  }
  EXPECT_EQ(settings, 200);
}

}  // namespace
}  // namespace gradus
