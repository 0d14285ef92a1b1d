// SPDX-License-Identifier: MIT
#include "gradus/lab/run/snapshot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "gradus/core/error.hpp"
#include "gradus/lab/model/safetensors.hpp"
#include "src/lab/model/sealed.hpp"
#include "tests/train/training_plans.hpp"

namespace gradus {
namespace {

using namespace training_plans;

/// At every update, through bytes, into a training of another stream and other first parameters.
template <class T>
void check_every_stop(const Plan& run) {
  SCOPED_TRACE(run.name + (sizeof(T) == 4 ? " (float)" : " (double)"));
  const Outcome<T> expected = Bench<T>(run).finish();
  Bench<T> original(run);
  Index made = 0;
  do {
    const std::string bytes = to_snapshot(original.training->state());
    const TrainingState<T> state = parse_snapshot<T>(bytes, "s.snapshot");
    ASSERT_EQ(to_snapshot(state), bytes) << "after " << made << " stops";
    Bench<T> again(run, 99);
    again.training->set_state(state);
    ASSERT_TRUE(again.finish() == expected) << "after " << made << " stops";
    ++made;
  } while (original.training->advance(1));
}

TEST(Snapshot, OfAnyUpdateGoesOnToTheSameBits) {
  for (const Plan& run : plans()) {
    check_every_stop<double>(run);
    check_every_stop<float>(run);
  }
}

/// Of a training under way.
std::string some_snapshot() {
  const Plan run("adam", [](Plan& r) { r.options.optimizer = Adam{}, r.test = true; });
  Bench<double> bench(run);
  bench.training->advance(5);
  return to_snapshot(bench.training->state());
}

TEST(Snapshot, NoticesEveryChangedByteAndEveryCut) {
  const std::string bytes = some_snapshot();
  for (std::size_t k = 0; k < bytes.size(); ++k) {
    std::string changed = bytes;
    changed[k] = static_cast<char>(changed[k] ^ 0x20);
    ASSERT_THROW(parse_snapshot<double>(changed, "s"), FileError) << "byte " << k;
    ASSERT_THROW(parse_snapshot<double>(bytes.substr(0, k), "s"), FileError) << "cut at " << k;
  }
}

TEST(Snapshot, MissesEveryPartThatIsLeftOut) {
  const SafeTensors whole = parse_safetensors(some_snapshot(), "s");
  ASSERT_GT(whole.tensors.size(), 50u);
  for (std::size_t k = 0; k < whole.tensors.size(); ++k) {
    SafeTensors file = whole;
    file.tensors.erase(file.tensors.begin() + static_cast<std::ptrdiff_t>(k));
    EXPECT_THROW(parse_snapshot<double>(to_sealed(file), "s"), FileError) << whole.tensors[k].name;
  }
  for (const auto& [key, text] : whole.metadata) {
    if (key == "gradus.checksum") continue;
    SafeTensors file = whole;
    file.metadata.erase(key);
    EXPECT_THROW(parse_snapshot<double>(to_sealed(file), "s"), FileError) << key;
  }
  SafeTensors more = whole;
  more.metadata["unheard"] = "of";
  EXPECT_THROW(parse_snapshot<double>(to_sealed(more), "s"), FileError);
}

/// The message with which a snapshot is refused after a change of its content.
template <class F>
std::string refusal(F change) {
  SafeTensors file = parse_safetensors(some_snapshot(), "s");
  change(file);
  try {
    parse_snapshot<double>(to_sealed(std::move(file)), "s");
  } catch (const FileError& error) {
    return error.what();
  }
  return "read";
}
Tensor& tensor_in(SafeTensors& file, const std::string& name) {
  return *std::find_if(file.tensors.begin(), file.tensors.end(), [&](const Tensor& t) { return t.name == name; });
}

TEST(Snapshot, NoticesEveryTensorOfAnotherTypeOrShape) {
  const SafeTensors whole = parse_safetensors(some_snapshot(), "s");
  for (const Tensor& tensor : whole.tensors) {
    const std::string quoted = "s: tensor '" + tensor.name + "'";
    EXPECT_TRUE(refusal([&](SafeTensors& file) {
                  Tensor& other = tensor_in(file, tensor.name);
                  other.dtype = other.dtype == DType::f64 ? DType::i64 : DType::f64;
                  other.bytes.resize(other.bytes.size() / item_size(tensor.dtype) * 8);
                }).starts_with(quoted))
        << tensor.name;
    EXPECT_NE(refusal([&](SafeTensors& file) {
                Tensor& other = tensor_in(file, tensor.name);
                if (other.shape.size() == 2)
                  other.shape = {other.shape[0] * other.shape[1]};
                else
                  other.shape.push_back(1);
              }),
              "read")
        << tensor.name;
  }
  EXPECT_EQ(refusal([](SafeTensors& file) {
              file.tensors.push_back({"zzz", DType::u8, {0}, {}});
            }),
            "s: tensor 'zzz' belongs to no part of a state");
}

TEST(Snapshot, RefusesNumbersThatCannotBeMeant) {
  const auto with = [](const std::string& name, std::int64_t value) {
    return refusal([&](SafeTensors& file) { std::memcpy(tensor_in(file, name).bytes.data(), &value, sizeof value); });
  };
  const SafeTensors whole = parse_safetensors(some_snapshot(), "s");
  ASSERT_NE(whole.find("reason"), nullptr);
  for (const std::int64_t reason : {std::int64_t{-1}, std::int64_t{99}})
    EXPECT_EQ(with("reason", reason), "s: reason is out of range");
  for (const std::int64_t none : {std::int64_t{1} << 40, -(std::int64_t{1} << 40)})
    EXPECT_EQ(with("reason", none), "s: reason holds a number too large for this machine");
  EXPECT_EQ(refusal([](SafeTensors& file) {
              Tensor& gaussian = tensor_in(file, "random.cached_gaussian");
              gaussian.shape = {2};
              gaussian.bytes.resize(16);
            }),
            "s: random.cached_gaussian has more than one number");
  EXPECT_EQ(refusal([](SafeTensors& file) { file.metadata["gradus.snapshot"] = "7"; }),
            "s: expected a snapshot of version 1, got '7'");
}

TEST(Snapshot, OfAnotherPrecisionOrKindIsRefused) {
  EXPECT_THROW(parse_snapshot<float>(some_snapshot(), "s"), FileError);
  EXPECT_THROW(parse_snapshot<double>(to_sealed(SafeTensors{}), "s"), FileError);
  EXPECT_THROW(parse_snapshot<double>("", "s"), FileError);
}

TEST(Snapshot, KeepsNumbersThatAreNoNumbers) {
  TrainingState<double> state;
  state.theta = {std::nan(""), -INFINITY, -0.0, 5e-324};
  state.divergence.where = "layer 1 \"weights\"\n";
  const std::string bytes = to_snapshot(state);
  EXPECT_EQ(to_snapshot(parse_snapshot<double>(bytes, "s")), bytes);
}

/// Whatever no training of today leaves there: every part comes back, whether or not a test of trainings would miss it.
TEST(Snapshot, KeepsEveryFieldOfEveryPart) {
  TrainingState<float> state;
  RandomState random(5);
  random.standard_normal();  // of a pair, of which the other is kept
  state.random = random.state();
  ASSERT_TRUE(state.random.cached_gaussian);
  state.optimizer = {.slots = {{1, 2}, {3}}, .steps = 7, .decays = {1, 0, 1}};
  state.descent = {.steps = {{1}}, .changes = {{2, 3}}, .direction = {4}, .gradient = {5}, .gain = 6, .evaluations = 8};
  state.squares = {.damping = 1,
                   .growth = 3,
                   .residuals = {2},
                   .scale = {4, 5},
                   .jacobian = Matrix<float>{{1, 2, 3}, {4, 5, 6}},
                   .last_change = 6,
                   .evaluations = 7};
  state.schedule = {.factor = 0.5, .stall = {.best = 2, .bad = 3}};
  state.divergence = {"here", 1, 2, 3, 4, 5, 6, 7.5, 8.5, "so"};
  state.history = {{1}, {2}, {3}, {4}, {5}, {6}, {{7, 8}, {9}}};
  const TrainingState<float> back = parse_snapshot<float>(to_snapshot(state), "s");
  EXPECT_EQ(back.random, state.random);
  EXPECT_EQ(back.optimizer, state.optimizer);
  EXPECT_EQ(back.descent, state.descent);
  EXPECT_EQ(back.schedule, state.schedule);
  const auto fields = [](const TrainingState<float>& of) {
    const LeastSquaresState<float>& q = of.squares;
    const Divergence& d = of.divergence;
    const History& h = of.history;
    return std::tuple(q.damping, q.growth, q.residuals, q.scale, q.jacobian, q.last_change, q.evaluations, d.where,
                      d.epoch, d.batch, d.update, d.sample, d.unit, d.entry, d.last_finite_loss, d.largest_gradient,
                      d.cause, h.update, h.loss, h.accuracy, h.test_update, h.test_loss, h.test_accuracy, h.gradients);
  };
  EXPECT_TRUE(fields(back) == fields(state));
}

}  // namespace
}  // namespace gradus
