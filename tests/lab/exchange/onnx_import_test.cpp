// SPDX-License-Identifier: MIT
// What to_onnx writes comes back as the model it was; what others write, in small graphs written out here, becomes the
// network that computes the same; all else is refused by node, operator and reason.
#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "gradus/core/error.hpp"
#include "gradus/lab/exchange/onnx.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/random/random_state.hpp"
#include "src/lab/exchange/onnx/external.hpp"
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

// ------------------------------------------------------------------------------------------------ graphs of others

using onnx::Attribute;
using onnx::AttributeType;
using onnx::ElementType;
using onnx::Node;

onnx::Tensor numbers(const std::string& name, std::vector<std::int64_t> dims, const std::vector<float>& values) {
  return {.name = name, .type = ElementType::float32, .dims = std::move(dims), .floats = values};
}
onnx::Tensor integers(const std::string& name, const std::vector<std::int64_t>& values) {
  return {
      .name = name, .type = ElementType::int64, .dims = {static_cast<std::int64_t>(values.size())}, .integers = values};
}
onnx::Tensor integer(const std::string& name, std::int64_t value) {
  return {.name = name, .type = ElementType::int64, .dims = {}, .integers = {value}};
}
Attribute whole(const std::string& name, std::int64_t value) {
  return {.name = name, .type = AttributeType::integer, .integer = value};
}
Attribute wholes(const std::string& name, std::vector<std::int64_t> values) {
  return {.name = name, .type = AttributeType::integers, .integers = std::move(values)};
}

/// A graph from x to y, whose nodes hand on what comes out of the one before.
class Written {
 public:
  explicit Written(std::vector<std::int64_t> shape, std::int64_t opset = 18) {
    file_.ir_version = 8;
    file_.opsets = {{.domain = "", .version = opset}, {.domain = "ai.onnx.ml", .version = 3}};
    onnx::Value x{.name = "x", .type = ElementType::float32};
    for (const std::int64_t size : shape) x.shape.push_back({.value = size, .name = size > 0 ? "" : "n"});
    file_.graph.inputs = {x};
    file_.graph.outputs = {{.name = "y", .type = ElementType::float32}};
  }
  Written& give(onnx::Tensor tensor) {
    file_.graph.initializers.push_back(std::move(tensor));
    return *this;
  }
  /// Its inputs are texts apart by blanks.
  Written& node(const std::string& op, const std::string& inputs, const std::string& outputs,
                std::vector<Attribute> attributes = {}) {
    const auto words = [](const std::string& text) {
      std::vector<std::string> all(1);
      for (const char c : text) c == ' ' ? void(all.emplace_back()) : void(all.back() += c);
      for (std::string& word : all)
        if (word == "_") word.clear();
      return all;
    };
    file_.graph.nodes.push_back({.name = op + "_" + std::to_string(file_.graph.nodes.size()),
                                 .op = op,
                                 .inputs = words(inputs),
                                 .outputs = words(outputs),
                                 .attributes = std::move(attributes)});
    return *this;
  }
  Written& made_by(const std::string& producer) {
    file_.producer_name = producer;
    return *this;
  }
  std::string bytes() const {
    onnx::ModelProto raw = file_;  // `encode` writes numbers as bytes
    const auto pack = [](onnx::Tensor& tensor) {
      for (const float value : tensor.floats) tensor.bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
      for (const std::int64_t value : tensor.integers)
        tensor.bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
      tensor.floats.clear();
      tensor.integers.clear();
    };
    for (onnx::Tensor& tensor : raw.graph.initializers) pack(tensor);
    return encode(raw);
  }
  ImportedWeights read() const { return from_onnx(bytes(), "net.onnx"); }
  std::string refusal() const {
    try {
      return "read as " + to_text(read().model.network);
    } catch (const FileError& error) {
      return error.what();
    }
  }

 private:
  onnx::ModelProto file_;
};

/// y = g(x W + b) for one sample.
double answer(const Model& model, std::vector<double> x) {
  Matrix<double> row(1, static_cast<Index>(x.size()));
  std::copy(x.begin(), x.end(), row.values().begin());
  return model.predict(row)(0, 0);
}

TEST(OnnxImport, AProductOfMatricesInEveryOrientationIsADenseLayer) {
  const std::vector<float> w{1, 2, 3, 4, 5, 6}, turned{1, 4, 2, 5, 3, 6};  // (2, 3), and (3, 2)
  const auto theta = [](Written graph) { return graph.read().model.theta; };
  const std::vector<double> expected{1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(
      theta(
          Written({0, 2}).give(numbers("w", {2, 3}, w)).give(numbers("b", {3}, {7, 8, 9})).node("Gemm", "x w b", "y")),
      expected);
  EXPECT_EQ(theta(Written({0, 2})
                      .give(numbers("w", {3, 2}, turned))
                      .give(numbers("b", {3}, {3.5, 4, 4.5}))
                      .node("Gemm", "x w b", "y",
                            {whole("transB", 1), {.name = "beta", .type = AttributeType::real, .real = 2}})),
            expected);
  for (const char* sum : {"h b", "b h"})
    EXPECT_EQ(theta(Written({0, 2})
                        .give(numbers("w", {2, 3}, w))
                        .give(numbers("b", {1, 3}, {7, 8, 9}))
                        .node("MatMul", "x w", "h")
                        .node("Add", sum, "y")),
              expected);
  EXPECT_EQ(theta(Written({0, 0})  // as many inputs as the weights take
                      .give(numbers("w", {3, 2}, turned))
                      .node("Transpose", "w", "t", {wholes("perm", {1, 0})})
                      .node("Cast", "x", "c", {whole("to", 1)})
                      .node("MatMul", "c t", "y")),
            (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

TEST(OnnxImport, ActivationsAreKnownAsExportersWriteThemOut) {
  struct Form {
    const char* activation;
    std::vector<std::array<const char*, 3>> nodes;  // op, inputs, output; the last gives y
  };
  const std::vector<Form> forms{
      {"softplus", {{"Exp", "h", "a"}, {"Add", "a one", "b"}, {"Log", "b", "y"}}},
      {"softsign", {{"Abs", "h", "a"}, {"Add", "a one", "b"}, {"Div", "h b", "y"}}},
      {"silu", {{"Sigmoid", "h", "a"}, {"Mul", "h a", "y"}}},
      {"silu", {{"Sigmoid", "h", "a"}, {"Mul", "a h", "y"}}},
      {"mish", {{"Softplus", "h", "a"}, {"Tanh", "a", "b"}, {"Mul", "h b", "y"}}},
      {"mish", {{"Exp", "h", "a"}, {"Add", "a one", "b"}, {"Log", "b", "c"}, {"Tanh", "c", "d"}, {"Mul", "h d", "y"}}},
      {"gelu",
       {{"Div", "h root", "a"}, {"Erf", "a", "b"}, {"Add", "b one", "c"}, {"Mul", "h c", "d"}, {"Mul", "d half", "y"}}},
      {"gelu",
       {{"Div", "h root", "a"}, {"Erf", "a", "b"}, {"Add", "b one", "c"}, {"Mul", "h half", "d"}, {"Mul", "d c", "y"}}},
      {"gelu",
       {{"Mul", "h over", "a"}, {"Erf", "a", "b"}, {"Add", "b one", "c"}, {"Mul", "c half", "d"}, {"Mul", "h d", "y"}}},
      {"hardsigmoid", {{"Add", "h three", "a"}, {"Clip", "a zero six", "b"}, {"Div", "b six", "y"}}},
      {"hardswish", {{"Add", "h three", "a"}, {"Clip", "a zero six", "b"}, {"Div", "b six", "c"}, {"Mul", "h c", "y"}}},
      {"hardswish", {{"Add", "h three", "a"}, {"Clip", "a zero six", "b"}, {"Mul", "h b", "c"}, {"Div", "c six", "y"}}},
      {"leakyrelu", {{"Mul", "h slope", "a"}, {"Max", "h a", "y"}}},
      {"exponential", {{"Exp", "h", "y"}}},
  };
  for (const Form& form : forms) {
    Written graph({0, 2});
    graph.give(numbers("w", {2, 1}, {1, -2})).give(numbers("bias", {1}, {0.25})).node("Gemm", "x w bias", "h");
    for (const auto& [name, value] : std::vector<std::pair<const char*, float>>{{"one", 1},
                                                                                {"half", 0.5},
                                                                                {"three", 3},
                                                                                {"six", 6},
                                                                                {"zero", 0},
                                                                                {"root", 1.41421356F},
                                                                                {"over", 0.70710678F},
                                                                                {"slope", 0.01F}})
      graph.give(numbers(name, {}, {value}));
    for (const auto& [op, inputs, output] : form.nodes) graph.node(op, inputs, output);
    EXPECT_EQ(graph.refusal(), std::string("read as 2-1") + form.activation);
  }
}

TEST(OnnxImport, ConstantsAroundLayersGoIntoTheirWeights) {
  // A norm that was folded: scaled and shifted between a dense layer and its activation, and before another one.
  const Model model = Written({0, 1})
                          .give(numbers("w", {1, 2}, {1, -1}))
                          .give(numbers("v", {2, 1}, {0.5, 2}))
                          .give(numbers("s", {2}, {3, 4}))
                          .give(numbers("t", {2}, {-1, 0.5}))
                          .node("MatMul", "x w", "a")
                          .node("Mul", "a s", "b")
                          .node("Add", "b t", "c")
                          .node("Tanh", "c", "d")
                          .node("Mul", "d s", "e")
                          .node("Sub", "e t", "f")
                          .node("MatMul", "f v", "y")
                          .read()
                          .model;
  EXPECT_EQ(to_text(model.network), "1-2tanh-1");
  for (const double x : {-1.0, 0.25, 2.0})
    EXPECT_NEAR(answer(model, {x}), 0.5 * (std::tanh(x * 3 - 1) * 3 + 1) + 2 * (std::tanh(-x * 4 + 0.5) * 4 - 0.5),
                1e-14);
}

TEST(OnnxImport, ScalersAndTargetsKeepTheirUnits) {
  Written graph({0, 2});
  graph.give(numbers("w", {2, 1}, {1, -2}))
      .give(numbers("k", {1}, {100}))
      .give(numbers("l", {1}, {7}))
      .node("Scaler", "x", "s",
            {{.name = "offset", .type = AttributeType::reals, .reals = {1, 2}},
             {.name = "scale", .type = AttributeType::reals, .reals = {0.5, 4}}})
      .node("Gemm", "s w", "h")
      .node("Mul", "h k", "m")
      .node("Add", "m l", "y");
  const Model model = graph.read().model;
  ASSERT_TRUE(model.scaler && model.target_scaler);
  EXPECT_EQ(model.scaler->shift, (std::vector<double>{1, 2}));
  EXPECT_EQ(model.scaler->scale, (std::vector<double>{2, 0.25}));
  EXPECT_EQ(model.target_scaler->scale, (std::vector<double>{100}));
  EXPECT_EQ(answer(model, {3, 2.5}), 100 * ((3 - 1) * 0.5 - 2 * (2.5 - 2) * 4) + 7);
}

/// As PyTorch writes a recurrent layer with batch_first: turned before and after, zeros of a computed shape to begin
/// with.
Written recurrent(const std::string& op, std::int64_t gates) {
  const std::int64_t units = 2, features = 3;
  Written graph({0, 0, features}, 20);
  std::vector<float> w, r, b;
  for (std::int64_t k = 0; k < gates * units * features; ++k) w.push_back(static_cast<float>(k % 7) / 8 - 0.4F);
  for (std::int64_t k = 0; k < gates * units * units; ++k) r.push_back(static_cast<float>(k % 5) / 8 - 0.2F);
  for (std::int64_t k = 0; k < 2 * gates * units; ++k) b.push_back(static_cast<float>(k % 3) / 16);
  graph.give(numbers("w", {1, gates * units, features}, w))
      .give(numbers("r", {1, gates * units, units}, r))
      .give(numbers("b", {1, 2 * gates * units}, b))
      .give(numbers("nothing", {}, {0}))
      .give(integer("first", 0))
      .give(integers("one", {1}))
      .give(integers("units", {units}))
      .give(integers("zero", {0}))
      .node("Shape", "x", "shape")
      .node("Gather", "shape first", "n")
      .node("Unsqueeze", "n zero", "batch")
      .node("Concat", "one batch units", "start", {whole("axis", 0)})
      .node("Expand", "nothing start", "h0")
      .node("Transpose", "x", "t", {wholes("perm", {1, 0, 2})})
      .node(op, op == "LSTM" ? "t w r b _ h0 h0" : "t w r b _ h0", "all last",
            {whole("hidden_size", units), whole("linear_before_reset", 1)})
      .node("Squeeze", "all one", "steps")
      .node("Transpose", "steps", "rows", {wholes("perm", {1, 0, 2})});
  return graph;
}

TEST(OnnxImport, RecurrentLayersOfPyTorchAreReadWithTheirTurns) {
  for (const auto& [op, gates, text] : std::vector<std::tuple<std::string, std::int64_t, std::string>>{
           {"RNN", 1, "elman"}, {"GRU", 3, "gru"}, {"LSTM", 4, "lstm"}}) {
    Written every = recurrent(op, gates);
    EXPECT_EQ(every.node("Identity", "rows", "y").refusal(), "read as seq3-2" + text + ":all");
    Written sliced = recurrent(op, gates);
    sliced.give(integers("minus", {-1})).give(integers("end", {INT64_MAX}));
    sliced.node("Slice", "rows minus end one", "cut").node("Squeeze", "cut one", "y");
    EXPECT_EQ(sliced.refusal(), "read as seq3-2" + text);
    Written gathered = recurrent(op, gates);
    EXPECT_EQ(gathered.give(integer("back", -1)).node("Gather", "rows back", "y", {whole("axis", 1)}).refusal(),
              "read as seq3-2" + text);
    Written state = recurrent(op, gates);
    state.give(numbers("v", {2, 1}, {1, 2})).node("Squeeze", "last zero", "h").node("MatMul", "h v", "y");
    EXPECT_EQ(state.refusal(), "read as seq3-2" + text + "-1:nobias");
    EXPECT_EQ(sliced.read().model.theta, gathered.read().model.theta);
  }
}

TEST(OnnxImport, AGruThatResetsBeforeIsRefusedAndPyTorchsWarnedOf) {
  Written graph({0, 0, 1}, 20);
  graph.give(numbers("w", {1, 3, 1}, {1, 2, 3})).give(numbers("r", {1, 3, 1}, {1, 2, 3}));
  graph.node("Transpose", "x", "t", {wholes("perm", {1, 0, 2})}).node("GRU", "t w r", "a y", {whole("hidden_size", 1)});
  EXPECT_EQ(
      graph.refusal(),
      "net.onnx: node 'GRU_1' (GRU): expected linear_before_reset 1, where the reset gate acts on the product, got 0");
  EXPECT_NE(graph.made_by("pytorch").refusal().find("some versions of its exporter wrote so by mistake"),
            std::string::npos);
}

TEST(OnnxImport, WhatIsNoPartOfANetworkIsRefusedByNodeOperatorAndReason) {
  const auto dense = [](Written graph) {
    return graph.give(numbers("w", {2, 2}, {1, 2, 3, 4})).node("MatMul", "x w", "h");
  };
  EXPECT_EQ(dense(Written({0, 2})).node("Sin", "h", "y").refusal(),
            "net.onnx: node 'Sin_1' (Sin): expected an operator that networks here have, got one of another kind");
  EXPECT_EQ(dense(Written({0, 2})).node("Sqrt", "h", "y").refusal(),
            "net.onnx: node 'Sqrt_1' (Sqrt): expected a layer, or together with its neighbours an activation; alone it "
            "is none");
  EXPECT_EQ(dense(Written({0, 2})).node("Relu", "later", "y").refusal(),
            "net.onnx: node 'Relu_1' (Relu): expected its input 'later' to come before it, or to be of a kind that is "
            "read here");
  EXPECT_EQ(dense(Written({0, 3})).refusal(),
            "net.onnx: node 'MatMul_0' (MatMul): expected weights for 3 numbers, got them for 2");
  EXPECT_EQ(dense(Written({0, 2})).node("Tanh", "h", "z").refusal(),
            "net.onnx: expected a node that gives the output 'y'");
  EXPECT_EQ(dense(Written({0, 2}, 99)).node("Tanh", "h", "y").refusal(),
            "net.onnx: expected opset 7 to 28 of ai.onnx, got 99");
  EXPECT_EQ(dense(Written({0, 2})).node("Tanh", "h", "h").refusal(),
            "net.onnx: node 'Tanh_1' (Tanh): expected one value 'h', got a second");
  EXPECT_EQ(dense(Written({0, 2}))
                .node("Elu", "h", "y", {{.name = "alpha", .type = AttributeType::real, .real = 2}})
                .refusal(),
            "net.onnx: node 'Elu_1' (Elu): expected alpha 1, got 2");
  EXPECT_EQ(Written({0, 2}).give(numbers("w", {2, 3}, {1, 2})).node("MatMul", "x w", "y").refusal(),
            "net.onnx: expected as many numbers in 'w' as its shape (2 x 3) has, got 2");
  EXPECT_EQ(Written({0, 2}).give(numbers("w", {1 << 30, 1 << 30}, {1, 2})).node("MatMul", "x w", "y").refusal(),
            "net.onnx: expected as many numbers in 'w' as its shape (1073741824 x 1073741824) has, got 2");
  EXPECT_EQ(Written({0, 2})
                .give(numbers("none", {0}, {}))
                .give(numbers("one", {}, {1}))
                .node("Add", "one none", "c")
                .node("Mul", "x c", "y")
                .refusal(),
            "net.onnx: node 'Mul_1' (Mul): expected one number, or one of each of a sample's, got 0 of them");
  EXPECT_EQ(Written({0, 0}).give(numbers("w", {0, 3}, {})).node("MatMul", "x w", "y").refusal(),
            "net.onnx: node 'MatMul_0' (MatMul): expected weights of inputs and outputs, got none");
  EXPECT_EQ(Written({0, 0}).node("Tanh", "x", "y").refusal(),
            "net.onnx: node 'Tanh_0' (Tanh): expected the graph's input to say how many numbers a sample has");
  Written norm({0, 0});
  for (const char* name : {"s", "b", "m", "v"}) norm.give(numbers(name, {2}, {1, 2}));
  EXPECT_EQ(norm.node("BatchNormalization", "x s b m v", "y").refusal(), "read as 2-batchnorm");
  EXPECT_EQ(Written({0, 2}).node("Identity", "x", "y").refusal(),
            "net.onnx: expected an output that comes of the input by layers");
}

/// Whatever computes something else than the network would is refused, however much it looks like one.
TEST(OnnxImport, WhatOnlyLooksLikeALayerIsRefused) {
  const auto dense = [](std::int64_t outputs) {
    Written graph({0, 2});
    graph.give(numbers("w", {2, outputs}, std::vector<float>(static_cast<std::size_t>(2 * outputs), 0.5F)));
    return graph.node("MatMul", "x w", "h");
  };
  EXPECT_EQ(Written({3, 2})
                .give(numbers("w", {2, 3}, {1, 2, 3, 4, 5, 6}))
                .give(numbers("b", {3, 1}, {1, 2, 3}))
                .node("Gemm", "x w b", "y")
                .refusal(),
            "net.onnx: node 'Gemm_0' (Gemm): expected 3 of a bias, got 3");
  EXPECT_EQ(Written({0, 2, 2, 2}).give(numbers("s", {2}, {1, 2})).node("PRelu", "x s", "y").refusal(),
            "net.onnx: node 'PRelu_0' (PRelu): expected one number, or one of each of a sample's, got 2 of them");
  EXPECT_EQ(
      dense(1)
          .give(numbers("t", {}, {0.25}))
          .node("Greater", "h t", "g")
          .node("Cast", "g", "y", {whole("to", 7)})
          .refusal(),
      "net.onnx: node 'Cast_2' (Cast): expected the second of two classes where a single probability is above 0.5");
  onnx::Tensor yes = integer("yes", 1);
  EXPECT_EQ(dense(2).give(numbers("rate", {}, {0.5})).give(std::move(yes)).node("Dropout", "h rate yes", "y").refusal(),
            "net.onnx: node 'Dropout_1' (Dropout): expected a network in use, which drops nothing");
  Written lengths = recurrent("GRU", 3);
  lengths.give(integers("lengths", {0, 0}))
      .node("GRU", "t w r b lengths", "z y", {whole("hidden_size", 2), whole("linear_before_reset", 1)});
  EXPECT_NE(lengths.refusal().find("expected no lengths of sequences"), std::string::npos);
}

TEST(OnnxImport, TheScalesOfANormAreMultiplied) {
  const Model model = Written({0, 2}, 23)
                          .give(numbers("s", {2}, {2, 3}))
                          .give(numbers("t", {2}, {5, 7}))
                          .node("RMSNormalization", "x s", "h")
                          .node("Mul", "h t", "m")
                          .node("Mul", "m t", "n")
                          .give(numbers("w", {2, 1}, {1, 1}))
                          .node("MatMul", "n w", "y")
                          .read()
                          .model;
  EXPECT_EQ(model.theta, (std::vector<double>{50, 147, 1, 1}));
}

/// Steps that were rows by themselves for a while keep their order: where time came first, a second turn is one too
/// many.
TEST(OnnxImport, RowsOfASequenceStayInTheirOrder) {
  Written graph = recurrent("GRU", 3);
  graph.give(integers("flat", {-1, 2})).give(integers("apart", {-1, 0, 2}));
  graph.node("Reshape", "steps flat", "f").node("Tanh", "f", "g");
  graph.give(integers("shape3", {-1, -1, 2})).node("Reshape", "g shape3", "again");
  Written good = graph, bad = graph;
  good.node("Transpose", "again", "y", {wholes("perm", {1, 0, 2})});
  EXPECT_EQ(good.refusal(), "read as seq3-2gru:all-tanh");
  bad.give(numbers("r2", {1, 6, 2}, std::vector<float>(12, 0.1F)))
      .node("Transpose", "again", "turned", {wholes("perm", {1, 0, 2})})
      .node("GRU", "turned r2 r2", "y", {whole("hidden_size", 2), whole("linear_before_reset", 1)});
  EXPECT_NE(bad.refusal().find("expected (time, batch, numbers)"), std::string::npos);
}

TEST(OnnxImport, DataInOtherFilesAreReadOnlyOnRequestAndOnlyFromTheModelsFolder) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("onnx_external_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder / "inner");
  const std::vector<float> values{9, 1, 2};
  std::ofstream(folder / "net.data", std::ios::binary).write(reinterpret_cast<const char*>(values.data()), 12);
  std::filesystem::remove(folder / "link.data");
  std::filesystem::create_symlink(folder / "net.data", folder / "link.data");
  const auto read = [&](const std::string& location, const std::string& offset, bool asked) -> std::string {
    onnx::Tensor w;
    w.name = "w";
    w.external = {{"location", location}, {"offset", offset}, {"length", "8"}, {"checksum", "of no interest"}};
    onnx::ExternalFiles files((folder / "net.onnx").string(), asked);
    try {
      return std::string(files.bytes_of(w));
    } catch (const ValueError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(read("net.data", "4", true), std::string(reinterpret_cast<const char*>(&values[1]), 8));
  EXPECT_NE(read("net.data", "4", false).find("give --external-data"), std::string::npos);
  EXPECT_EQ(read("net.data", "8", true), "expected the numbers of 'w' within the 12 bytes of 'net.data'");
  EXPECT_EQ(read("net.data", "99999999999999999999", true), "expected a whole number as the offset of 'w'");
  for (const std::string outside : {"../net.data", "inner/../net.data", "/etc/hostname", "..", ""})
    EXPECT_EQ(read(outside, "4", true), "expected a file in the model's own folder, got '" + outside + "'");
  EXPECT_EQ(read("link.data", "4", true), "expected 'link.data' in the model's own folder, a file and no link");
  EXPECT_EQ(read("inner", "4", true), "expected 'inner' in the model's own folder, a file and no link");
}

TEST(OnnxImport, EveryPrefixAndEveryChangedByteIsReadOrRefused) {
  Model model = model_of("2x4x4-conv2k2-batchnorm-maxpool2-[4tanh-2]+-3softmax", 4);
  model.network = parse_network("2-3tanh-[3relu-3]+-2softmax");
  model.theta.resize(static_cast<std::size_t>(model.network.parameter_count()), 0.5);
  model.state.clear();
  model.class_names = {"a", "b"};
  for (const std::string& golden : {to_onnx(model), to_onnx(model_of("seq2-2gru:all-2lstm-1", 2)),
                                    to_onnx(model_of("1x4x4-conv2k2-batchnorm-prelu-maxpool2-2softmax", 3))}) {
    int refused = 0;
    const auto reads = [&](const std::string& bytes) {
      try {
        from_onnx(bytes, "net.onnx");
      } catch (const FileError&) {
        ++refused;
      }
    };
    for (std::size_t n = 0; n < golden.size(); n += 3) reads(golden.substr(0, n));
    EXPECT_GT(refused, 10);
    for (std::size_t k = 0; k < golden.size(); ++k)
      for (const char value : {'\x00', '\x7f', '\x80', '\xff'}) {
        std::string bytes = golden;
        bytes[k] = value;
        reads(bytes);
      }
  }
}

}  // namespace
}  // namespace gradus
