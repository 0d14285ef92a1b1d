// SPDX-License-Identifier: MIT
// A model is its parts: what comes back of it from a file, what it answers, what it refuses to be saved with.
#include "gradus/model/model.hpp"

#include <cmath>

#include "gradus/nn/pass.hpp"
#include "models.hpp"

namespace gradus {
namespace {

TEST(Model, ComesBackFromItsFileForManyNetworksInBothPrecisions) {
  for (const Precision precision : {Precision::float64, Precision::float32})
    for (const std::string& text : kNetworks) {
      const Model model = model_of(text, precision);
      const std::string bytes = to_model_file(model);
      const Model loaded = parse_model_file(bytes, "f");
      expect_equal(loaded, model);
      EXPECT_EQ(to_model_file(loaded), bytes) << text;
    }
}

TEST(Model, ComesBackWithAllItsParts) {
  const Model model = full_model();
  const std::string bytes = to_model_file(model);
  const Model loaded = parse_model_file(bytes, "f");
  expect_equal(loaded, model);
  EXPECT_EQ(to_model_file(loaded), bytes);

  Model regression = model_of("3-2", Precision::float32);
  regression.loss = parse_loss("mse");
  regression.target_names = {"height", "weight"};
  expect_equal(parse_model_file(to_model_file(regression), "f"), regression);
}

TEST(Model, OfATableWithScaledTargetsComesBackWithItsColumnsAndItsState) {
  Model model = model_of("3-2-batchnorm-1");
  model.loss = parse_loss("mse");
  model.state = {0.5, -1, 2, 0.1};
  model.columns = {{.name = "size", .categories = {}}, {.name = "colour", .categories = {"red", "\"blue\""}}};
  model.target_names = {"price"};
  model.target_scaler = Scaler{.kind = Scaler::Kind::log, .shift = {0}, .scale = {1}};
  expect_equal(parse_model_file(to_model_file(model), "f"), model);
}

TEST(Model, OfSequencesComesBackWithWhatItKnowsOfEachStep) {
  for (const char* text : {"seq2-3elman-1", "seq2-3lstm:all-1"}) {
    Model model = model_of(text);
    model.loss = parse_loss("mse");
    expect_equal(parse_model_file(to_model_file(model), "f"), model);
    model.feature_names = {"a0", "b0", "a1", "b1", "a2", "b2"};
    model.filling = {1, 2, 3, 4, 5, 6};
    model.scaler = Scaler{.kind = Scaler::Kind::min_max, .shift = {0.5, -1}, .scale = {2, 3}};
    const std::string bytes = to_model_file(model);
    EXPECT_EQ(parse_safetensors(bytes, "f").find("test.x")->shape, (std::vector<Index>{4, 6})) << text;
    expect_equal(parse_model_file(bytes, "f"), model);
    EXPECT_NE(refusal(tampered(model, [](SafeTensors& file) { file.metadata["filling"] = "[1,2]"; })), "") << text;
  }
  const std::string unnamed = tampered(full_model(), [](SafeTensors& file) { file.metadata["label_name"] = "[]"; });
  EXPECT_EQ(parse_model_file(unnamed, "f").label_name, "");
}

TEST(Model, WhoseAnswersAreNoNumbersComesBackToo) {
  for (const char* text : {"1-2-1", "1-2elu-1"}) {  // of the one the roundings are bound, of the other measured
    Model model = model_of(text);
    model.theta = {1e308, 1e308, 1e308, 1e308, 1e308, -1e308, 0};
    const std::string bytes = to_model_file(model);
    EXPECT_EQ(to_model_file(parse_model_file(bytes, "f")), bytes) << text;
    EXPECT_NE(refusal(tampered(model, [](SafeTensors& file) { set_number(tensor(file, "test.y"), 0, 1.0); })), "")
        << text;
  }
}

TEST(Model, WhoseRoundingsHaveNoBoundIsReplayedToWhatIsLeft) {
  Model lost = model_of("1-2-1-1-1");  // a difference of 0, whose roundings overflow before they are multiplied by 0
  lost.theta = {1e200, 1e200, 0, 0, 1, -1, 0, 1e200, 0, 0, 0};
  Model step = model_of("1-1step");  // on its edge, where a rounding decides
  step.theta = {0, 0};
  for (const Model& model : {lost, step}) {
    const std::string bytes = to_model_file(model);
    EXPECT_EQ(to_model_file(parse_model_file(bytes, "f")), bytes);
    EXPECT_EQ(refusal(tampered(model, [](SafeTensors& file) { set_number(tensor(file, "test.y"), 0, 0.5); })), "");
  }
}

TEST(Model, NamesItsTensorsAndTheirShapes) {
  const SafeTensors file = parse_safetensors(to_model_file(model_of("2-16tanh-3softmax", Precision::float32)), "f");
  const auto shape = [&](const char* name) { return file.find(name)->shape; };
  ASSERT_EQ(file.tensors.size(), 6u);
  EXPECT_EQ(shape("layer1.weights"), (std::vector<Index>{2, 16}));
  EXPECT_EQ(shape("layer1.bias"), (std::vector<Index>{16}));
  EXPECT_EQ(shape("layer2.weights"), (std::vector<Index>{16, 3}));
  EXPECT_EQ(shape("layer2.bias"), (std::vector<Index>{3}));
  EXPECT_EQ(shape("test.x"), (std::vector<Index>{4, 2}));
  EXPECT_EQ(shape("test.y"), (std::vector<Index>{4, 3}));
  EXPECT_EQ(file.find("layer1.bias")->dtype, DType::f32);
  EXPECT_EQ(file.metadata.at("network"), "2-16tanh-3softmax");
}

TEST(Model, WhoseLossIsNoNumberComesBackWithoutIt) {
  Model model = full_model();
  model.record->train.loss = kNan;
  EXPECT_TRUE(std::isnan(parse_model_file(to_model_file(model), "f").record->train.loss));
}

TEST(Model, RoundsToFloatWhenSavedInFloat32) {
  Model model = model_of("2-3tanh-1");
  model.precision = Precision::float32;
  const Model loaded = parse_model_file(to_model_file(model), "f");
  for (std::size_t i = 0; i < model.theta.size(); ++i)
    EXPECT_EQ(loaded.theta[i], static_cast<double>(static_cast<float>(model.theta[i])));
}

TEST(Model, PredictsOnUnscaledInputs) {
  Model model = model_of("2-3tanh-2softmax");
  const Matrix<double> x{{1, 2}, {3, -4}};
  EXPECT_EQ(model.predict(x), gradus::predict(model.network, model.theta, x.view()));
  model.scaler = Scaler{.kind = Scaler::Kind::standard, .shift = {1, 2}, .scale = {2, 4}};
  const Matrix<double> scaled{{0, 0}, {1, -1.5}};
  EXPECT_EQ(model.predict(x), gradus::predict(model.network, model.theta, scaled.view()));
  EXPECT_EQ(model.predict(Matrix<double>(0, 2)).rows(), 0);
}

TEST(Model, SaysWhatItExpectsOfX) {
  Model model = model_of("2-1");
  const auto message = [&] {
    try {
      model.predict(Matrix<double>(7, 3));
    } catch (const ShapeError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message(), "[model] expected x with 2 columns, got 3 (x is 7 x 3)");
  model.feature_names = {"width", "height"};
  EXPECT_EQ(message(), "[model] expected x with 2 columns (width, height), got 3 (x is 7 x 3)");
}

TEST(Model, ClassifiesByTheLargestOutputOrByOneHalf) {
  Model two = model_of("2-2:nobias");
  two.theta = {1, 0, 0, 1};
  EXPECT_EQ(two.classify(Matrix<double>{{1, 0}, {0, 1}, {3, 3}}), (std::vector<int>{0, 1, 0}));
  Model one = model_of("1-1:nobias");
  one.theta = {1};
  EXPECT_EQ(one.classify(Matrix<double>{{0.4}, {0.5}, {0.6}}), (std::vector<int>{0, 0, 1}));
  EXPECT_THROW(one.classify(Matrix<double>{{kNan}}), ValueError);
  EXPECT_THROW(two.classify(Matrix<double>{{1, 0}, {0, kNan}}), ValueError);
  one.target_names = {"height"};
  EXPECT_THROW(one.classify(Matrix<double>{{1}}), ValueError);
}

TEST(Model, NamesItsClasses) {
  Model model = model_of("2-3softmax");
  EXPECT_EQ(model.class_of(2), "2");
  model.class_names = {"a", "b", "c"};
  EXPECT_EQ(model.class_of(2), "c");
  EXPECT_THROW(model.class_of(3), ValueError);
  EXPECT_THROW(model.class_of(-1), ValueError);
  EXPECT_EQ(model_of("2-1sigmoid").class_of(1), "1");
}

TEST(Model, OfAChainTooLongToBeReadIsNotSaved) {
  Model model;
  model.network = Network(std::vector<Layer>(40'000, Dense{1, 1}));
  model.theta.assign(80'000, 1);
  try {
    to_model_file(model);
    ADD_FAILURE() << "saved";
  } catch (const ValueError& error) {
    EXPECT_STREQ(error.what(), "[model] expected a network's text of at most 65536 bytes");
  }
}

TEST(Model, IsNotSavedIfItsPartsDoNotFit) {
  const auto refused = [](auto change) {
    Model model = full_model();
    change(model);
    EXPECT_THROW(to_model_file(model), Error);
  };
  refused([](Model& m) { m.network = Network(); });
  refused([](Model& m) { m.theta.pop_back(); });
  refused([](Model& m) { m.scaler->shift.pop_back(); });
  refused([](Model& m) { m.scaler->scale[1] = 0; });
  refused([](Model& m) { m.scaler->scale[1] = kNan; });
  refused([](Model& m) { m.scaler->shift[0] = kInf; });
  refused([](Model& m) { m.feature_names.pop_back(); });
  refused([](Model& m) { m.class_names.push_back("c"); });
  refused([](Model& m) { m.target_names = {"a", "b"}; });
  refused([](Model& m) { m.feature_names[0].back() = '\xff'; });
  refused([](Model& m) { m.experiment.back() = '\xff'; });
  refused([](Model& m) { m.columns = {{.name = "\xff"}, {.name = "b"}}; });
}

TEST(Model, WithNonFiniteParametersIsNotSavedAndTheEntryIsNamed) {
  Model model = model_of("2-4tanh-2softmax");
  const auto message = [&] {
    try {
      to_model_file(model);
    } catch (const ValueError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  model.theta[2 * 4 + 4 + 3 * 2 + 1] = kNan;
  EXPECT_EQ(message(), "[model] layer 2 weights[3, 1] is nan; a model is saved with finite parameters only");
  model.theta[2 * 4 + 1] = -kInf;
  EXPECT_EQ(message(), "[model] layer 1 bias[1] is -inf; a model is saved with finite parameters only");
  model = model_of("2-batchnorm-1");
  model.state = {0, kInf, 1, 1};
  EXPECT_EQ(message(), "[model] layer 1 running mean[1] is inf; a model is saved with finite parameters only");
  model = model_of("1-1", Precision::float32);
  model.theta[0] = 1e300;
  EXPECT_EQ(message(), "[model] layer 1 weights[0, 0] is inf in float32; a model is saved with finite parameters only");
}

}  // namespace
}  // namespace gradus
