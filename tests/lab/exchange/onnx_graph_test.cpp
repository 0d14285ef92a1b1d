// SPDX-License-Identifier: MIT
// A graph of ONNX, computed by its operators alone, answers as the model that it was made of.
#include <gtest/gtest.h>

#include <cmath>

#include "gradus/core/error.hpp"
#include "gradus/lab/exchange/onnx.hpp"
#include "gradus/random/random_state.hpp"
#include "tests/lab/exchange/onnx_runner.hpp"
#include "tests/nn/layer_examples.hpp"

namespace gradus {
namespace {

using onnx::Array;
using onnx::Arrays;
using onnx::ElementType;
using onnx::Ints;

/// The nearest float: what a graph of float32 holds of it is all of it.
double narrow(double x) { return static_cast<double>(static_cast<float>(x)); }

Model model_of(const Network& network, std::uint32_t seed = 4) {
  Model model;
  model.network = network;
  RandomState random(seed);
  for (Index k = 0; k < network.parameter_count(); ++k) model.theta.push_back(narrow(random.uniform(-1, 1)));
  for (Index k = 0; k < network.state_count(); ++k) model.state.push_back(narrow(random.uniform(0.5, 1.5)));
  return model;
}

Matrix<double> inputs_of(const Model& model, Index steps = 1) {
  RandomState random(5);
  Matrix<double> x = random.standard_normal(3, model.network.inputs() * steps);
  for (double& value : x.values()) value = narrow(value);
  return x;
}

Array real(const OnnxOptions& options, Ints shape, std::vector<double> numbers) {
  return {options.precision == Precision::float64 ? ElementType::float64 : ElementType::float32, std::move(shape),
          std::move(numbers)};
}

/// What the graph answers.
Arrays run(const std::string& file, Arrays inputs) {
  return onnx::Runner().run(onnx::decode(file, "net.onnx").graph, std::move(inputs));
}
Arrays run(const Model& model, const OnnxOptions& options, const Matrix<double>& x, Index steps = 1) {
  const Ints shape = model.network.takes_sequences() ? Ints{x.rows(), steps, model.network.inputs()}
                                                     : Ints{x.rows(), model.network.inputs()};
  return run(to_onnx(model, options), {{"x", real(options, shape, x.values())}});
}

/// How far answers may be from each other: numbers of a graph are float32, and of an attribute (a slope, an epsilon)
/// they are so in a graph of float64 too. 2^-24 of it, through sums of some ten such numbers.
void expect_near(const Array& got, const Matrix<double>& expected, const std::string& what, double most = 1e-5) {
  ASSERT_EQ(got.numbers.size(), expected.values().size()) << what;
  for (std::size_t k = 0; k < got.numbers.size(); ++k)
    EXPECT_NEAR(got.numbers[k], expected.values()[k], most * (1 + std::abs(expected.values()[k]))) << what << " " << k;
}

/// As the graph answers for a network: probabilities where its outputs are logarithms of them, of both classes where a
/// single output tells two apart.
Matrix<double> answers(const Model& model, const Matrix<double>& x) {
  Matrix<double> y = model.predict(x);
  const Answers kind = model.network.answers();
  if (kind.kind == Answers::Kind::log_distribution)
    for (double& value : y.values()) value = std::exp(value);
  const bool distribution = kind.kind == Answers::Kind::distribution || kind.kind == Answers::Kind::log_distribution;
  const bool probability = distribution || (!model.class_names.empty() && kind.low >= 0 && kind.high <= 1);
  if (model.network.outputs() > 1 || !probability) return y;
  Matrix<double> both(y.rows(), 2);
  for (Index i = 0; i < y.rows(); ++i) both(i, 0) = 1 - y(i, 0), both(i, 1) = y(i, 0);
  return both;
}

const Array& answer_in(const Arrays& values) {
  return values.contains("prediction") ? values.at("prediction") : values.at("probabilities");
}

TEST(OnnxGraph, OfEveryLayerAnswersAsTheLayerInEveryOpsetAndInBothPrecisions) {
  int computed = 0, refused = 0;
  for_each_example([&](const std::string& name, const Network& network) {
    const Model model = model_of(network);
    const Index steps = network.takes_sequences() ? 3 : 1;
    const Matrix<double> x = inputs_of(model, steps);
    for (const Precision precision : {Precision::float32, Precision::float64})
      for (int opset = onnx_first_opset; opset <= onnx_last_opset; ++opset) try {
          const std::string what = name + " " + to_text(network) + " in opset " + std::to_string(opset);
          const OnnxOptions options{precision, opset};
          expect_near(answer_in(run(model, options, x, steps)), answers(model, x), what);
          ++computed;
        } catch (const ValueError& error) {
          EXPECT_EQ(precision, Precision::float64) << error.what();
          ++refused;
        }
  });
  EXPECT_GT(computed, 1000);
  EXPECT_GT(refused, 100) << "of layers that ONNX Runtime has no float64 kernel for";
}

TEST(OnnxGraph, OfLayersBehindEachOtherLaysTheValueAsEachWants) {
  for (const char* text :
       {"2x6x7-conv4k2s2p1d2g2relu-batchnorm-maxpool2-flatten-3", "2x6x7-conv4k3p1prelu-globalavgpool-2",
        "1x8x8-conv2k3-as2x36-maxpool3-conv3k2g1-5-as5x1-batchnorm-2", "2x9-conv4k3s2p1g2prelu-batchnorm-avgpool2-1",
        "12-as3x4-batchnorm-as12x1-batchnorm-2", "4-as2x2-[conv2k1-conv2k1]+-3", "6-[as2x3-conv2k3p1]+-1",
        "seq3-[3lstm:all]+-4tanh-2elman", "seq2-3gru:all-4tanh-layernorm-3lstm-2softmax",
        "seq2-4lstm:all:remember-3softmax", "seq2-3elman-[3tanh]+-rmsnorm-2logsoftmax"}) {
    const Model model = model_of(parse_network(text));
    const Index steps = model.network.takes_sequences() ? 4 : 1;
    const Matrix<double> x = inputs_of(model, steps);
    expect_near(answer_in(run(model, {}, x, steps)), answers(model, x), text);
  }
}

/// The sum of all differences between two models' answers by their graphs.
double difference(const Model& a, const Model& b, const Matrix<double>& x) {
  const std::vector<double> of_a = answer_in(run(a, {}, x)).numbers, of_b = answer_in(run(b, {}, x)).numbers;
  double sum = 0;
  for (std::size_t k = 0; k < of_a.size(); ++k) sum += std::abs(of_a[k] - of_b[k]);
  return sum;
}

TEST(OnnxGraph, AWrongWeightShows) {  // which the tests above are there for
  const Model model = model_of(parse_network("5-7tanh-3softmax"));
  Model wrong = model;
  wrong.theta[0] += 0.01;
  EXPECT_GT(difference(model, wrong, inputs_of(model)), 1e-4);
}

TEST(OnnxGraph, NamesTheClassThatTheModelChooses) {
  for (const auto& [text, scores] : {std::pair{"4-8tanh-3softmax", "probabilities"},
                                     {"4-5relu-3logsoftmax", "probabilities"},
                                     {"4-6relu-3", "scores"},
                                     {"4-6relu-1sigmoid", "probabilities"},
                                     {"4-1", "scores"}}) {
    Model model = model_of(parse_network(text));
    model.class_names =
        model.network.outputs() == 1 ? std::vector<std::string>{"no", "yes"} : std::vector<std::string>{"a", "b", "c"};
    RandomState random(9);
    const Matrix<double> x = random.standard_normal(40, 4);
    const Arrays values = run(model, {}, x);
    const std::vector<int> chosen = model.classify(x);
    EXPECT_GE(std::count(chosen.begin(), chosen.end(), 0), 1) << text;
    EXPECT_LT(std::count(chosen.begin(), chosen.end(), 0), 40) << text;
    ASSERT_EQ(values.at("label").texts.size(), 40u) << text;
    for (std::size_t i = 0; i < 40; ++i)
      EXPECT_EQ(values.at("label").texts[i], model.class_of(chosen[i])) << text << " sample " << i;
    expect_near(values.at(scores), answers(model, x), text);
  }
}

TEST(OnnxGraph, NamesClassesWithoutNamesByTheirNumbers) {
  const Model model = model_of(parse_network("2-3softmax"));
  const Matrix<double> x = inputs_of(model);
  const Arrays values = run(model, {}, x);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(values.at("label").texts[i], std::to_string(model.classify(x)[i]));
}

TEST(OnnxGraph, ScalesWhatComesInAndWhatGoesOut) {
  Model model = model_of(parse_network("3-4tanh-2"));
  RandomState random(6);
  const Matrix<double> x = random.uniform(0, 4, 5, 3);
  for (const Scaler::Kind kind : {Scaler::Kind::standard, Scaler::Kind::min_max, Scaler::Kind::log})
    for (const Scaler::Kind target : {Scaler::Kind::standard, Scaler::Kind::log}) {
      model.scaler = Scaler{.kind = kind, .shift = {0.5, 1, 0.25}, .scale = {2, 0.5, 4}};
      model.target_scaler = Scaler{.kind = target, .shift = {0.125, 1}, .scale = {0.5, 2}};
      const Arrays values = run(model, {}, x);
      expect_near(values.at("prediction"), model.predict(x), std::string(to_text(kind)));
      EXPECT_TRUE(values.contains("scaler.shift") && values.contains("target_scaler.shift"));
    }
}

TEST(OnnxGraph, FillsGapsOfRowsAndOfEachStep) {
  const double gap = std::nan("");
  Model rows = model_of(parse_network("2-2"));
  rows.filling = {0.25, -1};
  const Matrix<double> x{{gap, 1}, {2, gap}, {gap, gap}};
  expect_near(run(rows, {}, x).at("prediction"), rows.predict(x), "rows");
  Model steps = model_of(parse_network("seq2-3elman-1"));
  steps.feature_names = {"a0", "b0", "a1", "b1", "a2", "b2"};
  steps.filling = {0.5, 1, 1.5, 2, 2.5, 3};
  const Matrix<double> sequences{{gap, 1, 2, gap, 3, 4}, {1, gap, gap, gap, 0, 0.5}};
  expect_near(run(steps, {}, sequences, 3).at("prediction"), steps.predict(sequences), "steps");
  const onnx::Graph graph = onnx::decode(to_onnx(steps), "net.onnx").graph;
  EXPECT_EQ(graph.inputs.at(0).shape.at(1).value, 3) << "what fills a gap depends on the step";
}

TEST(OnnxGraph, CodesTheCategoriesOfATable) {
  Model model = model_of(parse_network("4-3tanh-1"));
  model.columns = {{"size", {"S", "M", "L"}, true}, {"color", {"blue", "red"}}, {"w"}};
  model.filling = {1, 0, 0, 0.5};
  const OnnxOptions options;
  const Arrays inputs{{"size", {ElementType::text, {4, 1}, {}, {"L", "S", "XL", "M"}}},
                      {"color", {ElementType::text, {4, 1}, {}, {"red", "green", "blue", "red"}}},
                      {"w", real(options, {4, 1}, {0.5, std::nan(""), 2, 3})}};
  const double gap = std::nan("");
  const Matrix<double> coded{{2, 0, 1, 0.5}, {0, 0, 0, gap}, {gap, 1, 0, 2}, {1, 0, 1, 3}};
  for (const Precision precision : {Precision::float32, Precision::float64}) {
    Arrays of_type = inputs;
    of_type.at("w").type = precision == Precision::float64 ? ElementType::float64 : ElementType::float32;
    expect_near(run(to_onnx(model, {.precision = precision}), of_type).at("prediction"), model.predict(coded), "table");
  }
}

TEST(OnnxGraph, OfAnOpsetThatHasAnOperatorAsksForIt) {
  const auto has = [](const char* network, int opset, const char* op) {
    const std::string file = to_onnx(model_of(parse_network(network)), {.opset = opset});
    const onnx::ModelProto read = onnx::decode(file, "net.onnx");
    return std::any_of(read.graph.nodes.begin(), read.graph.nodes.end(), [&](auto& node) { return node.op == op; });
  };
  EXPECT_TRUE(!has("2-3gelu", 19, "Gelu") && has("2-3gelu", 20, "Gelu"));
  EXPECT_TRUE(!has("2-3mish", 17, "Mish") && has("2-3mish", 18, "Mish"));
}

TEST(OnnxGraph, HoldsNoNumberThatItsPrecisionDoesNot) {
  Model model = model_of(parse_network("2-1"));
  model.theta[1] = 1e39;
  try {
    to_onnx(model);
    ADD_FAILURE() << "written";
  } catch (const ValueError& error) {
    EXPECT_STREQ(error.what(), "[onnx] expected numbers that float32 holds, got 1e+39 in layer1.weights");
  }
  EXPECT_NO_THROW(to_onnx(model, {.precision = Precision::float64}));
  for (const int opset : {onnx_first_opset - 1, onnx_last_opset + 1})
    EXPECT_THROW(to_onnx(model_of(parse_network("2-1")), {.opset = opset}), ValueError) << opset;
}

}  // namespace
}  // namespace gradus
