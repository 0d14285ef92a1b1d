// SPDX-License-Identifier: MIT
// What an earlier program wrote still loads, predicts and is repeated. tests/fixtures/release_0.1/make.sh says how its
// files were made.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gradus/lab/model/model_file.hpp"
#include "tests/cli/cli_test.hpp"

namespace gradus {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// The data that each model of the release was trained on.
const std::pair<std::string, std::string> kModels[] = {
    {"classes", "flowers.csv"}, {"numbers", "prices.csv"}, {"sequences", "steps.csv"}, {"pictures", "steps.csv"},
    {"residual", "iris"},       {"early", "flowers.csv"},  {"whole", "prices.csv"},    {"definition", "xor"}};

/// Trainings as short as these magnify the rounding of other instructions or another C library by less than this; it is
/// what `gradus run` accepts as the same.
constexpr double kRounding = 1e-6;

class Release : public CliTest {
 protected:
  Release() { fs::copy(fs::path(GRADUS_FIXTURES) / "release_0.1", path(""), fs::copy_options::recursive); }

  /// Holds two CSV files against each other: words equal, numbers to rounding.
  void expect_same_table(const std::string& got, const std::string& expected) const {
    std::istringstream one(got), other(expected);
    std::string a, b;
    while (std::getline(other, b)) {
      ASSERT_TRUE(std::getline(one, a)) << "missing: " << b;
      std::istringstream x(a), y(b);
      for (std::string p, q; std::getline(y, q, ',');) {
        ASSERT_TRUE(std::getline(x, p, ',')) << a;
        char* end = nullptr;
        const double value = std::strtod(q.c_str(), &end);
        if (end == q.c_str() || *end != '\0')
          EXPECT_EQ(p, q) << a;
        else
          EXPECT_NEAR(std::strtod(p.c_str(), nullptr), value, kRounding * std::max(1.0, std::abs(value))) << a;
      }
    }
    EXPECT_FALSE(std::getline(one, a)) << "too many rows: " << a;
  }
};

TEST_F(Release, EveryModelLoadsAndPredictsWhatItDid) {
  for (const auto& [name, data] : kModels) {
    SCOPED_TRACE(name);
    const Outcome outcome = run({"predict", name + ".model", data, "-q"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    expect_same_table(outcome.out, read(name + ".predicted.csv"));
    EXPECT_EQ(run({"show", name + ".model", "--weights"}).status, 0);
  }
}

TEST_F(Release, EveryModelRepeatsItsTraining) {
  for (const auto& [name, data] : kModels) {
    const Outcome outcome = run({"run", name + ".model", "--json"});
    ASSERT_EQ(outcome.status, 0) << name << ": " << outcome.err << outcome.out;
    EXPECT_LE(json::parse(outcome.out)["repeated"]["largest_difference"], kRounding) << name;
  }
}

TEST_F(Release, EveryExperimentGivesItsModel) {
  for (const auto& [name, data] : kModels) {
    SCOPED_TRACE(name);
    const Outcome outcome = run({"run", name + ".toml", "-q", "-o", "again.model"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const Model first = load_model(path(name + ".model")), again = load_model(path("again.model"));
    ASSERT_EQ(again.theta.size(), first.theta.size());
    for (std::size_t k = 0; k < first.theta.size(); ++k)
      EXPECT_NEAR(again.theta[k], first.theta[k], kRounding * std::max(1.0, std::abs(first.theta[k])));
  }
}

TEST_F(Release, ASweepGoesOnFromItsResults) {
  const std::string before = read("sweep/results.csv");
  // sweep.sh, with one seed more.
  const Outcome outcome =
      run({"sweep", "flowers.csv", "--network", "2-{3,5}tanh-3softmax", "--lr", "0.1,0.5", "--epochs", "6", "--test",
           "0.25", "--seeds", "3", "--scale", "standard", "--threads", "1", "--json", "-o", "sweep"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["reused"], 8);
  EXPECT_EQ(json::parse(outcome.out)["computed"], 4);
  std::istringstream rows(before);
  const std::string after = read("sweep/results.csv");
  for (std::string row; std::getline(rows, row);) EXPECT_NE(after.find(row), std::string::npos) << "lost: " << row;
}

}  // namespace
}  // namespace gradus
