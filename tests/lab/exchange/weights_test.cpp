// SPDX-License-Identifier: MIT
// What PyTorch saved computes here what it computes there; what is written comes back; what does not fit, or could fit
// twice, is refused by name. The files are from tests/fixtures/torch/make.py.
#include "gradus/lab/exchange/weights.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "gradus/core/error.hpp"
#include "gradus/core/little_endian.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/random/random_state.hpp"
#include "src/lab/exchange/weights/modules.hpp"
#include "tests/lab/exchange/torch_state.hpp"
#include "tests/nn/layer_examples.hpp"
#include "tests/paths.hpp"

namespace gradus {
namespace {

SafeTensors torch_file(const std::string& name) {
  const std::string path = std::string(GRADUS_FIXTURES "/torch/") + name + ".safetensors";
  return parse_safetensors(read_file(path), path);
}

Matrix<double> matrix_of(const Tensor& tensor) {
  Matrix<double> x(tensor.shape[0], tensor.shape[1]);
  for (std::size_t i = 0; i < x.values().size(); ++i)
    x.values()[i] = load_little_endian<double>(tensor.bytes.data() + 8 * i);
  return x;
}

struct TorchCase {
  const char* file;
  const char* network;
  Precision precision = Precision::float32;
};
void PrintTo(const TorchCase& one, std::ostream* out) { *out << one.file; }

class TorchWeights : public testing::TestWithParam<TorchCase> {};

TEST_P(TorchWeights, ComputeWhatPyTorchComputed) {
  const SafeTensors file = torch_file(GetParam().file);
  const ImportedWeights imported = taken(file, GetParam().network);
  EXPECT_EQ(imported.model.precision, GetParam().precision);
  const Matrix<double> expected = matrix_of(*file.find("test.y"));
  const Matrix<double> y = imported.model.predict(matrix_of(*file.find("test.x")));
  ASSERT_EQ(y.rows(), expected.rows());
  ASSERT_EQ(y.cols(), expected.cols());
  // Both compute in float64 what they know to the last bit. Sums here have at most 30 terms, and no more than six
  // layers follow each other: a few hundred roundings of numbers of order 1 (softmax, sigmoid, states) to 10.
  const double tolerance = 300 * std::numeric_limits<double>::epsilon() * 10;
  for (std::size_t i = 0; i < y.values().size(); ++i) EXPECT_NEAR(y.values()[i], expected.values()[i], tolerance);
  EXPECT_EQ(imported.remarks.back(), "no layer takes test.x, test.y: left");
}

INSTANTIATE_TEST_SUITE_P(
    All, TorchWeights,
    testing::Values(TorchCase{"mlp", "3-4tanh-4relu-2softmax"},
                    TorchCase{"mlp64", "3-4tanh-4relu-2softmax", Precision::float64},
                    TorchCase{"mlp16", "3-4tanh-4relu-2softmax"}, TorchCase{"mlpb16", "3-4tanh-4relu-2softmax"},
                    TorchCase{"convolution", "2x5x6-conv4k3g2-batchnorm-prelu-maxpool2-2sigmoid"},
                    TorchCase{"signal", "1x9-conv3k2tanh-2"}, TorchCase{"norms", "3-5-layernorm-tanh-4-rmsnorm-1"},
                    TorchCase{"rnn", "seq2-3elman-1"}, TorchCase{"gru", "seq2-3gru-1"},
                    TorchCase{"lstm", "seq2-3lstm-1"}, TorchCase{"gru_every_step", "seq2-3gru:all-1"}),
    [](const auto& one) { return std::string(one.param.file); });

template <class L>
void every_layer_comes_back() {
  for (const Index n : {1, 3, 4}) {
    for (const Chain& chain : Example<L>::chains(n)) {
      Model model;
      model.network = Network(chain);
      model.loss = {.function = MeanSquaredError{}};
      RandomState random(7);
      for (Index k = 0; k < model.network.parameter_count(); ++k) model.theta.push_back(random.standard_normal());
      for (Index k = 0; k < model.network.state_count(); ++k) model.state.push_back(0.5 + random.random_sample());
      for (std::size_t l = 0; l < chain.size(); ++l) {
        std::vector<bool> named(model.network.slice(std::span<double>(model.theta), l).size());
        for (const exchange::Slot& slot : exchange::torch_slots(chain[l])) {
          if (slot.is_counter) continue;
          if (!slot.is_state)
            for (Index i = 0; i < slot.size(); ++i) named.at(static_cast<std::size_t>(slot.place(i))) = true;
        }
        EXPECT_EQ(std::count(named.begin(), named.end(), false), 0) << L::name << " has numbers without an array";
      }
      const SafeTensors file = to_torch(model, Precision::float64);
      const ImportedWeights back = from_torch(file, model.network, "state");
      EXPECT_EQ(back.model.theta, model.theta) << to_text(model.network);
      EXPECT_EQ(back.model.state, model.state) << to_text(model.network);
    }
  }
}

template <class Variant>
struct EveryLayer;
template <class... L>
struct EveryLayer<std::variant<L...>> {
  static void comes_back() { (every_layer_comes_back<L>(), ...); }
};

TEST(Weights, OfEveryLayerComeBackToTheLastBitAndNoneIsWithoutAnArray) { EveryLayer<Layer>::comes_back(); }

TEST(Weights, OfADenseLayerThatOnlyFitTheOtherWayRoundAreTakenSoAndSquareOnesAreSaid) {
  const SafeTensors file{{}, {numbers("0.weight", {3, 2}, 1), numbers("0.bias", {2})}};
  const ImportedWeights imported = taken(file, "3-2");
  EXPECT_EQ(std::vector<double>(imported.model.theta.begin(), imported.model.theta.begin() + 6),
            (std::vector<double>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(imported.remarks, std::vector<std::string>{
                                  "0.weight is (inputs, outputs), the other way round than PyTorch has it: taken so"});
  const SafeTensors square{{}, {numbers("0.weight", {2, 2}, 1), numbers("0.bias", {2})}};
  EXPECT_EQ(taken(square, "2-2").model.theta[1], 3);
  EXPECT_EQ(taken(square, "2-2").remarks,
            std::vector<std::string>{"0.weight is square, and taken as PyTorch has it, (outputs, inputs)"});
}

TEST(Weights, OneSlopeStandsForAllAndTwoBiasesAreAddedUp) {
  const SafeTensors slope{{}, {numbers("0.weight", {2, 1}), numbers("0.bias", {2}), numbers("1.weight", {1}, 0.5)}};
  const std::vector<double> theta = taken(slope, "1-2prelu").model.theta;
  EXPECT_EQ(std::vector<double>(theta.end() - 2, theta.end()), (std::vector<double>{0.5, 0.5}));
  const SafeTensors cell{{},
                         {numbers("weight_ih_l0", {1, 1}), numbers("weight_hh_l0", {1, 1}),
                          numbers("bias_ih_l0", {1}, 2), numbers("bias_hh_l0", {1}, 3)}};
  const ImportedWeights imported = taken(cell, "seq1-1elman");
  EXPECT_EQ(imported.model.theta.back(), 5);
  EXPECT_EQ(imported.remarks[0], "the two biases of 'l0' are added up");
}

TEST(Weights, OfTheLayersOfOneModuleAreTheLayersOfTheNetwork) {
  SafeTensors file;
  for (const char* layer : {"l1", "l0"}) {
    const double first = layer[1] - '0';
    for (const char* array : {"weight_ih_", "weight_hh_"})
      file.tensors.push_back(numbers(std::string("cell.") + array + layer, {1, 1}, first));
    for (const char* array : {"bias_ih_", "bias_hh_"})
      file.tensors.push_back(numbers(std::string("cell.") + array + layer, {1}, first));
  }
  EXPECT_EQ(taken(file, "seq1-1elman:all-1elman").model.theta, (std::vector<double>{0, 0, 0, 1, 1, 2}));
  file.tensors.push_back(numbers("cell.weight_ih_l0_reverse", {1, 1}));  // of both directions: another network
  EXPECT_NE(refusal(file, "seq1-1elman"), "");
}

TEST(Weights, ThatAreNoNumbersOrWholeAreRefusedByName) {
  SafeTensors file{{}, {numbers("0.weight", {1, 2}), numbers("0.bias", {1})}};
  store_little_endian(std::numeric_limits<double>::quiet_NaN(), file.tensors[0].bytes.data() + 8);
  EXPECT_EQ(refusal(file, "2-1"), "state.safetensors: number 2 of '0.weight' is nan; its training has diverged");
  file.tensors[0] = to_tensor("0.weight", DType::i64, {1, 2}, std::vector<std::int64_t>{1, 2});
  EXPECT_EQ(refusal(file, "2-1"), "state.safetensors: expected '0.weight' of type F16, BF16, F32 or F64, got I64");
}

TEST(Weights, InHalfPrecisionAreReadToTheLastBit) {
  const std::pair<std::uint16_t, double> halves[] = {{0x0000, 0.0},     {0x3c00, 1.0},     {0xc000, -2.0},
                                                     {0x7bff, 65504.0}, {0x0001, 0x1p-24}, {0x83ff, -0x1.ff8p-15}};
  for (const auto& [bits, value] : halves) {
    const SafeTensors file{{},
                           {to_tensor("0.weight", DType::f16, {1, 1}, std::vector<std::uint16_t>{bits}),
                            to_tensor("0.bias", DType::bf16, {1}, std::vector<std::uint16_t>{0xbf80})}};
    EXPECT_EQ(taken(file, "1-1").model.theta, (std::vector<double>{value, -1.0}));
  }
  for (const auto& [bits, name] : {std::pair{0x7c00, "inf"}, {0xfc00, "-inf"}, {0x7e00, "nan"}}) {
    const SafeTensors file{
        {},
        {to_tensor("0.weight", DType::f16, {1, 1}, std::vector<std::uint16_t>{static_cast<std::uint16_t>(bits)}),
         to_tensor("0.bias", DType::f16, {1}, std::vector<std::uint16_t>{0})}};
    EXPECT_EQ(refusal(file, "1-1"),
              std::string("state.safetensors: number 1 of '0.weight' is ") + name + "; its training has diverged");
  }
}

TEST(Weights, OfTypesThatNobodyReadsDoNotSpoilTheOthers) {
  SafeTensors file{{}, {numbers("0.weight", {1, 2}), numbers("0.bias", {1}), numbers("0.scales", {1})}};
  std::string bytes = to_safetensors(file);
  const std::size_t at = bytes.find("\"0.scales\":{\"dtype\":\"F64\"");
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at + 21, 3, "F6_");
  EXPECT_THROW(parse_safetensors(bytes, "f"), FileError);
  const SafeTensors read = parse_safetensors(bytes, "f", ForeignTypes::unread);
  EXPECT_EQ(read.unread, std::vector<std::string>{"0.scales (F6_)"});
  EXPECT_EQ(taken(read, "2-1").remarks, std::vector<std::string>{"no layer takes 0.scales (F6_): left"});
}

TEST(Weights, OfANetworkLargerThanMemoryAreMissingAndNothingIsAllocatedForThem) {
  EXPECT_EQ(refusal({}, "40000-40000-2").substr(0, 72),
            "state.safetensors: expected arrays for layer 1 (dense): weight [40000, 4");
}

TEST(Weights, WrittenAsFloatsComeBackAsTheNearestOfThem) {
  Model model;
  model.network = parse_network("1-1");
  model.loss = {.function = MeanSquaredError{}};
  model.theta = {0.1, -0.5};
  const ImportedWeights back = from_torch(to_torch(model, Precision::float32), model.network, "state");
  EXPECT_EQ(back.model.precision, Precision::float32);
  EXPECT_EQ(back.model.theta, (std::vector<double>{static_cast<double>(0.1F), -0.5}));
}

TEST(Weights, ThatFloatDoesNotHoldAreNotWritten) {
  Model model;
  model.network = parse_network("1-1");
  model.loss = {.function = MeanSquaredError{}};
  model.theta = {1e300, 0};
  EXPECT_THROW(to_torch(model, Precision::float32), ValueError);
  EXPECT_NO_THROW(to_torch(model, Precision::float64));
}

}  // namespace
}  // namespace gradus
