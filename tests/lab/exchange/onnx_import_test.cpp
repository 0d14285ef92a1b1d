// SPDX-License-Identifier: MIT
// What to_onnx writes comes back as the model it was; what others write, in small graphs written out here, becomes the
// network that computes the same; all else is refused by node, operator and reason.
#include <gtest/gtest.h>

#include <cmath>

#include "gradus/core/error.hpp"
#include "gradus/lab/exchange/onnx.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/random/random_state.hpp"
#include "src/lab/exchange/onnx/message.hpp"

namespace gradus {
namespace {

Model model_of(const std::string& text, std::uint32_t seed, Precision precision = Precision::float32) {
  Model model;
  model.network = parse_network(text);
  model.precision = precision;
  RandomState random(seed);
  for (Index k = 0; k < model.network.parameter_count(); ++k)
    model.theta.push_back(static_cast<double>(static_cast<float>(random.normal())));
  for (Index k = 0; k < model.network.state_count(); ++k)
    model.state.push_back(static_cast<double>(static_cast<float>(std::abs(random.normal()) + 0.5)));
  model.loss = {.function = usual_loss(model.network)};
  return model;
}

Model round_trip(const Model& model, const OnnxOptions& options = {}) {
  return from_onnx(to_onnx(model, options), "net.onnx").model;
}

void expect_same(const Model& got, const Model& model) {
  EXPECT_EQ(to_text(got.network), to_text(model.network));
  EXPECT_EQ(got.theta, model.theta);
  EXPECT_EQ(got.state, model.state);
  EXPECT_EQ(got.scaler, model.scaler);
  EXPECT_EQ(got.target_scaler, model.target_scaler);
  EXPECT_EQ(got.class_names, model.class_names);
  EXPECT_EQ(got.columns, model.columns);
  EXPECT_EQ(got.filling, model.filling);
  EXPECT_EQ(to_text(got.loss), to_text(model.loss));
}

TEST(OnnxImport, EveryLayerComesBackWithItsParameters) {
  for (const char* text : {"2-3tanh-2softmax",
                           "5-7:nobias-3logsoftmax",
                           "4-1sigmoid",
                           "3-2",
                           "3-4relu:nobias-1",
                           "6-8-batchnorm-3softmax",
                           "6-8-layernorm-relu-3softmax",
                           "6-8-rmsnorm-4tanh-2",
                           "5-7-[3tanh-7]+-2softmax",
                           "5-6-[[6relu]+-6]+-1",
                           "5-dropout0.3-7relu-dropout0.5-3softmax",
                           "2x6x7-conv4k3p1relu-maxpool2-flatten-3softmax",
                           "2x6x7-conv4k2x3s2d1g2:nobias-batchnorm-prelu-avgpool2-5tanh-2softmax",
                           "2x9-conv4k3s2p1g2relu-maxpool2-3softmax",
                           "1x8x8-conv3k3-globalavgpool-2softmax",
                           "1x8x8-conv3k3-globalmaxpool-2softmax",
                           "seq3-4elman-2softmax",
                           "seq3-4gru:all-5gru-1",
                           "seq3-4lstm:all-tanh-2",
                           "seq2-3lstm:remember-2softmax",
                           "seq3-4gru:all-layernorm-3softmax"})
    for (const int opset : {17, 18, 20, 22}) {
      SCOPED_TRACE(std::string(text) + " at opset " + std::to_string(opset));
      const Model model = model_of(text, 3);
      expect_same(round_trip(model, {.opset = opset}), model);
    }
}

TEST(OnnxImport, EveryActivationComesBackInBothPrecisions) {
  for (const char* name : {"sigmoid", "hardsigmoid", "tanh", "relu", "leakyrelu", "prelu", "elu", "selu", "softplus",
                           "softsign", "gelu", "silu", "mish", "exponential", "hardswish", "step"})
    for (const int opset : {17, 18, 20})
      for (const Precision precision : {Precision::float32, Precision::float64}) {
        SCOPED_TRACE(std::string(name) + " at opset " + std::to_string(opset) + " in " +
                     std::string(to_text(precision)));
        const Model model = model_of("3-4" + std::string(name) + "-2softmax", 5, precision);
        std::string bytes;
        try {
          bytes = to_onnx(model, {.precision = precision, .opset = opset});
        } catch (const ValueError&) {
          continue;  // the runtime has no kernel for it
        }
        const Model got = from_onnx(bytes, "net.onnx").model;
        expect_same(got, model);
        EXPECT_EQ(got.precision, precision);
      }
}

TEST(OnnxImport, ScalingNamesGapsAndCategoriesComeBack) {
  Model classes = model_of("3-4tanh-2softmax", 1);
  classes.scaler = Scaler{.shift = {1, 2, 3}, .scale = {0.5, 4, 8}};
  classes.class_names = {"no", "yes"};
  classes.feature_names = {"a", "b", "c"};
  classes.filling = {1, 2, 3};
  classes.label_name = "answer";
  expect_same(round_trip(classes), classes);
  EXPECT_EQ(round_trip(classes).feature_names, classes.feature_names);
  EXPECT_EQ(round_trip(classes).label_name, "answer");

  Model single = model_of("2-1sigmoid", 2);
  single.class_names = {"no", "yes"};
  expect_same(round_trip(single), single);

  for (const Scaler::Kind kind : {Scaler::Kind::standard, Scaler::Kind::log}) {
    Model prices = model_of("2-3relu-2", 3);
    prices.scaler = Scaler{.kind = kind, .shift = {1, 2}, .scale = {0.5, 4}};
    prices.target_scaler = Scaler{.kind = kind, .shift = {100, 3}, .scale = {16, 2}};
    Model got = round_trip(prices);
    expect_same(got, prices);
  }

  Model table = model_of("4-3tanh-1", 4);
  table.columns = {{.name = "height"},
                   {.name = "colour", .categories = {"red", "blue"}},
                   {.name = "size", .categories = {"s", "m", "l"}, .ordered = true}};
  expect_same(round_trip(table), table);

  Model steps = model_of("seq2-3gru-2softmax", 6);
  steps.feature_names = {"a1", "b1", "a2", "b2"};
  steps.filling = {1, 2, 3, 4};
  expect_same(round_trip(steps), steps);
}

}  // namespace
}  // namespace gradus
