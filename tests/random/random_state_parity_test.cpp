// SPDX-License-Identifier: MIT
#include <numeric>

#include "gradus/random/random_state.hpp"
#include "tests/parity/reference.hpp"
#include "tests/random/numpy_processor.hpp"

namespace gradus {
namespace {

using nlohmann::json;
using parity::exact;
using parity::exact_list;

void expect_step(RandomState& random, const json& step) {
  const std::string method = step.at("method");
  const Index n = step.at("n");
  // NumPy's normals go through the C library's log: 4 ULP on a processor that has another one. Scaling and shifting
  // adds half an ULP of each operand.
  const double ulps = numpy_draws_with_fused_multiply_add() ? 0 : 4;
  if (method == "seed") {
    random.seed(step.at("seed").get<std::uint32_t>());
  } else if (method == "random_sample") {
    EXPECT_EQ(random.random_sample(n), exact_list(step.at("values")));
  } else if (method == "uniform") {
    EXPECT_EQ(random.uniform(exact(step.at("low")), exact(step.at("high")), n), exact_list(step.at("values")));
  } else if (method == "standard_normal") {
    EXPECT_TRUE(parity::near(random.standard_normal(n), exact_list(step.at("values")), {0, ulps * parity::kUlp}));
  } else if (method == "normal") {
    const double loc = exact(step.at("loc"));
    const double scale = exact(step.at("scale"));
    EXPECT_TRUE(parity::near(random.normal(loc, scale, n), exact_list(step.at("values")),
                             {ulps * 1.25 * parity::kUlp * (std::abs(loc) + 10 * scale), 0}));
  } else if (method == "randint") {
    EXPECT_EQ(random.randint(step.at("low"), step.at("high"), n), step.at("values").get<std::vector<std::int64_t>>());
  } else if (method == "shuffle") {
    std::vector<Index> values(static_cast<std::size_t>(n));
    std::iota(values.begin(), values.end(), Index{0});
    random.shuffle(values);
    EXPECT_EQ(values, step.at("values").get<std::vector<Index>>());
  } else if (method == "shuffle_rows") {
    Matrix<Index> rows(n, 2);
    std::iota(rows.values().begin(), rows.values().end(), Index{0});
    random.shuffle_rows(rows);
    EXPECT_EQ(rows.values(), step.at("values").get<std::vector<Index>>());
  } else if (method == "permutation") {
    EXPECT_EQ(random.permutation(n), step.at("values").get<std::vector<Index>>());
  } else if (method == "choice") {
    if (n > 0) {
      EXPECT_EQ(random.choice(n, step.at("size").get<Index>(), step.at("replace").get<bool>()),
                step.at("values").get<std::vector<Index>>());
    }
  } else if (method == "choice_p") {
    EXPECT_EQ(random.choice(exact_list(step.at("p")), step.at("size").get<Index>(), step.at("replace").get<bool>()),
              step.at("values").get<std::vector<Index>>());
  } else {
    ADD_FAILURE() << "no such method here: " << method;
  }
}

RandomState::State state_of(const json& reference) {
  RandomState::State state;
  state.key = reference.at("key").get<std::array<std::uint32_t, 624>>();
  state.position = reference.at("position");
  if (!reference.at("gauss").is_null()) state.cached_gaussian = exact(reference.at("gauss"));
  return state;
}

TEST(RandomStateParity, GivesWhatNumPyGivesForEveryMethodInAnyOrder) {
  int run = 0;
  for (const json& reference : parity::reference("random")) {
    SCOPED_TRACE("run " + std::to_string(run++));
    RandomState random(reference.at("seed").get<std::uint32_t>());
    for (const json& step : reference.at("steps")) {
      SCOPED_TRACE(step.dump().substr(0, 300));
      expect_step(random, step);
    }
    // What is left behind is NumPy's state, with the Gaussian cache; a stream set to NumPy's goes on as ours does.
    const RandomState::State theirs = state_of(reference.at("state"));
    EXPECT_EQ(random.state().key, theirs.key);
    EXPECT_EQ(random.state().position, theirs.position);
    ASSERT_EQ(random.state().cached_gaussian.has_value(), theirs.cached_gaussian.has_value());
    RandomState restored;
    restored.set_state(theirs);
    EXPECT_TRUE(parity::near(random.standard_normal(3), restored.standard_normal(3), {0, 4 * parity::kUlp}));
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_EQ(run, 200);
}

}  // namespace
}  // namespace gradus
