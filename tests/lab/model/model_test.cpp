// SPDX-License-Identifier: MIT
#include "gradus/lab/model/model_file.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <clocale>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <locale>

#include "gradus/lab/files/crc32.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/safetensors.hpp"
#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"
#include "tests/paths.hpp"

namespace gradus {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Model model_of(const std::string& text, Precision precision = Precision::float64, std::uint32_t seed = 3) {
  Model model;
  model.network = parse_network(text);
  RandomState random(seed);
  // Uniform draws are exact on every machine, so that golden files can be compared number for number.
  model.theta = initial_parameters(model.network, parse_initializer("uniform:2"), random);
  model.precision = precision;
  if (precision == Precision::float32)
    for (double& value : model.theta) value = static_cast<float>(value);
  return model;
}

/// A model with every part filled in.
Model full_model() {
  Model model = model_of("2-3tanh-2softmax");
  model.loss = parse_loss("cross-entropy", Reduction::sum);
  model.scaler = Scaler{.kind = Scaler::Kind::min_max, .shift = {0.1, -1e-300}, .scale = {1.0 / 3, 1e17}};
  model.feature_names = {"sepal length (cm)", "größe \"x\""};
  model.class_names = {"setosa", ""};
  model.experiment = "[data]\nkind = \"moons\"\n# \t\x01 é\n";
  model.interrupted = true;
  TrainingRecord& record = model.record.emplace();
  record.epochs = 3;
  record.updates = 12;
  record.train.samples = 40;
  record.train.loss = 0.125;
  for (const ScoreField& field : stored_score_fields()) record.train.*field.value = 1.0 / 3;
  Scores& test = record.test.emplace();
  test.samples = 7;
  test.loss = 1e-300;
  test.accuracy = 0.5;
  record.diagnosis = {"the loss swings: \"from\" 1 to 2", "é"};
  record.history.update = {4, 8, 12};
  record.history.loss = {1, kNan, 0.1};
  record.history.test_update = {12};
  record.history.test_loss = {0.3};
  return model;
}

/// Every number of a record in all its digits, NaN alike.
std::string record_text(const TrainingRecord& record) {
  std::string text = fmt::format("{} {} {}", record.epochs, record.updates, fmt::join(record.diagnosis, "|"));
  for (const Scores* scores : {&record.train, record.test ? &*record.test : nullptr}) {
    if (!scores) continue;
    text += fmt::format("\n{} {}", scores->samples, scores->loss);
    for (const ScoreField& field : stored_score_fields())
      text += (scores->*field.value) ? fmt::format(" {} {}", field.name, *(scores->*field.value)) : "";
  }
  const History& h = record.history;
  return text + fmt::format("\n{} {} {} {} {} {}", fmt::join(h.update, ","), fmt::join(h.loss, ","),
                            fmt::join(h.accuracy, ","), fmt::join(h.test_update, ","), fmt::join(h.test_loss, ","),
                            fmt::join(h.test_accuracy, ","));
}

void expect_equal(const Model& a, const Model& b) {
  EXPECT_EQ(a.network, b.network);
  EXPECT_EQ(a.theta, b.theta);
  EXPECT_EQ(a.precision, b.precision);
  EXPECT_EQ(a.loss.name(), b.loss.name());
  EXPECT_EQ(a.loss.reduction, b.loss.reduction);
  EXPECT_EQ(a.scaler, b.scaler);
  EXPECT_EQ(a.feature_names, b.feature_names);
  EXPECT_EQ(a.class_names, b.class_names);
  EXPECT_EQ(a.target_names, b.target_names);
  EXPECT_EQ(a.experiment, b.experiment);
  EXPECT_EQ(a.interrupted, b.interrupted);
  ASSERT_EQ(a.record.has_value(), b.record.has_value());
  if (a.record) {
    EXPECT_EQ(record_text(*a.record), record_text(*b.record));
  }
}

/// Puts the right checksum into a file that was tampered with, so that the checks behind it are reached.
std::string resealed(std::string bytes) {
  const std::string entry = "\"gradus.checksum\":\"";
  const std::size_t at = bytes.find(entry) + entry.size();
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 8, '0');
  const std::string digits = fmt::format("{:08x}", crc32(bytes));
  std::copy(digits.begin(), digits.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  return bytes;
}

/// The model's file after a change of its contents, under a right checksum.
template <class F>
std::string tampered(const Model& model, F&& change) {
  SafeTensors file = parse_safetensors(to_model_file(model), "f");
  change(file);
  return resealed(to_safetensors(file));
}

std::string refusal(const std::string& bytes, const LoadOptions& options = {}) {
  try {
    parse_model_file(bytes, "f", options);
    return "";
  } catch (const FileError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
}

Tensor& tensor(SafeTensors& file, const std::string& name) {
  for (Tensor& candidate : file.tensors)
    if (candidate.name == name) return candidate;
  throw std::logic_error("no tensor " + name);
}

template <class T>
void set_number(Tensor& stored, std::size_t i, T value) {
  std::memcpy(stored.bytes.data() + i * sizeof(T), &value, sizeof(T));
}

class ModelFolder : public testing::Test {
 protected:
  ModelFolder() {
    std::string pattern = testing::TempDir() + "gradus_model_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ModelFolder() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
};

const std::vector<std::string> kNetworks = {"1-1",
                                            "1-1step",
                                            "2-16tanh-2softmax",
                                            "4-8sigmoid-3softmax",
                                            "7-5relu-3identity",
                                            "13-11relu-7tanh-5-3softmax",
                                            "2-3sigmoid:nobias-1sigmoid:nobias",
                                            "2-3:nobias-1",
                                            "1-1tanh-1tanh-1tanh-1tanh",
                                            "97-1sigmoid",
                                            "1-97softmax"};

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
  model = model_of("1-1", Precision::float32);
  model.theta[0] = 1e300;
  EXPECT_EQ(message(), "[model] layer 1 weights[0, 0] is inf in float32; a model is saved with finite parameters only");
}

TEST(ModelFile, WithNonFiniteParametersIsTakenOnRequestOnly) {
  const Model model = model_of("2-4tanh-2softmax");
  const std::string bytes =
      tampered(model, [](SafeTensors& file) { set_number(tensor(file, "layer2.weights"), 7, kNan); });
  EXPECT_EQ(refusal(bytes), "f: layer 2 weights[3, 1] is nan; its training has diverged");
  EXPECT_TRUE(std::isnan(parse_model_file(bytes, "f", {.allow_non_finite = true}).theta[2 * 4 + 4 + 7]));
}

TEST(ModelFile, CutAtAnyLengthIsRefused) {
  const std::string bytes = to_model_file(full_model());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_NE(refusal(bytes.substr(0, length)), "") << length;
}

TEST(ModelFile, WithAnyByteChangedIsRefused) {
  for (const Model& model : {full_model(), model_of("2-3:nobias-1", Precision::float32)}) {
    const std::string bytes = to_model_file(model);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      for (const int value : {0x00, 0x7F, 0x80, 0xFF, bytes[i] ^ 1, bytes[i] ^ 32}) {
        std::string changed = bytes;
        changed[i] = static_cast<char>(value);
        if (changed[i] == bytes[i]) continue;
        EXPECT_NE(refusal(changed), "") << "byte " << i << " to " << value;
      }
  }
}

TEST(ModelFile, IsRefusedIfItsTestVectorDoesNotComeOut) {
  // No ReLU and no step: a unit that is off would hide the change.
  for (const std::string text : {"1-1", "2-16tanh-2softmax", "4-8sigmoid-3softmax", "2-3sigmoid:nobias-1sigmoid:nobias",
                                 "2-3:nobias-1", "1-1tanh-1tanh-1tanh-1tanh", "97-1sigmoid"}) {
    const std::string bytes = tampered(model_of(text), [](SafeTensors& file) {
      Tensor& weights = tensor(file, "layer1.weights");
      double value = 0;
      std::memcpy(&value, weights.bytes.data(), sizeof value);
      set_number(weights, 0, value * (1 + 1e-9));
    });
    EXPECT_NE(refusal(bytes).find("test vector"), std::string::npos) << text << refusal(bytes);
  }
}

// Another C library may round exp and tanh otherwise; the last bits of the stored outputs do not matter.
TEST(ModelFile, IsTakenIfItsTestVectorDiffersInTheLastBitsOnly) {
  for (const std::string& text : kNetworks) {
    const std::string bytes = tampered(model_of(text), [&](SafeTensors& file) {
      Tensor& y = tensor(file, "test.y");
      double value = 0;
      std::memcpy(&value, y.bytes.data(), sizeof value);
      if (text != "1-1step") set_number(y, 0, std::nextafter(std::nextafter(value, kInf), kInf));
    });
    EXPECT_EQ(refusal(bytes), "") << text;
  }
}

TEST(ModelFile, ForAnotherNetworkIsRefusedAndToldWhatItIs) {
  const Model model = full_model();
  const auto message = [&](auto change) { return refusal(tampered(model, change)); };
  const auto with = [&](const char* key, const std::string& text) {
    return message([&](SafeTensors& file) { file.metadata[key] = text; });
  };
  EXPECT_EQ(with("network", "2-4tanh-2softmax"), "f: expected layer1.weights of shape [2, 4], got [2, 3]");
  EXPECT_EQ(with("network", "2-3tanh-2softmax-2"), "f: expected a tensor layer3.weights, which is missing");
  EXPECT_EQ(with("network", "2-3tanh:nobias-2softmax"), "f: tensor 'layer1.bias' belongs to no layer of the network");
  EXPECT_TRUE(with("network", "2-3tahn-2softmax")
                  .starts_with("f: metadata network: network '2-3tahn-2softmax', character 4: unknown activation 'tahn'"
                               ", did you mean tanh? (known: identity, step, sigmoid, tanh, relu, "));
  EXPECT_NE(with("network", "2-3\n"), "");
  EXPECT_NE(with("network", ""), "");
  EXPECT_NE(with("network", "2-1000000-1000000-1000000"), "");
  EXPECT_NE(with("network", "1000000-1000"), "");
  EXPECT_NE(with("network", std::string(70'000, '1')), "");
  EXPECT_NE(with("network", "2-3sigmoid-2softmax").find("test vector"), std::string::npos);
  EXPECT_EQ(with("precision", "float32"), "f: expected layer1.weights of type F32, got F64");
  EXPECT_EQ(with("precision", "float16"), "f: [model] unknown precision 'float16' (known: float64, float32)");
  EXPECT_NE(with("loss", "crossentropy").find("unknown loss 'crossentropy'"), std::string::npos);
  EXPECT_EQ(with("reduction", "max"), "f: unknown reduction 'max' (known: mean, sum)");
  EXPECT_NE(with("gradus.version", "2").find("another version"), std::string::npos);
  EXPECT_EQ(with("surprise", "x"), "f: unknown metadata 'surprise'");
  EXPECT_NE(with("interrupted", "yes"), "");
}

TEST(ModelFile, WithPartsThatDoNotFitIsRefused) {
  const Model model = full_model();
  const auto with = [&](const char* key, const std::string& text) {
    return refusal(tampered(model, [&](SafeTensors& file) { file.metadata[key] = text; }));
  };
  EXPECT_NE(with("scaler", R"({"kind":"standard","shift":[1],"scale":[1]})"), "");
  EXPECT_NE(with("scaler", R"({"kind":"standard","shift":[1,2,3],"scale":[1,2,3]})"), "");
  EXPECT_NE(with("scaler", R"({"kind":"standard","shift":[1,2],"scale":[1,0]})"), "");
  EXPECT_NE(with("scaler", R"({"kind":"standard","shift":[1,2],"scale":[1,1e999]})"), "");
  EXPECT_NE(with("scaler", R"({"kind":"robust","shift":[1,2],"scale":[1,1]})"), "");
  EXPECT_NE(with("scaler", R"({"kind":"standard","shift":[1,2]})"), "");
  EXPECT_NE(with("scaler", R"({"kind":"standard","shift":[1,[2]],"scale":[1,1]})"), "");
  EXPECT_NE(with("scaler", R"({"kind":"standard","shift":[1,2],"shift":[1,2],"scale":[1,1]})"), "");
  EXPECT_NE(with("scaler", R"({"kind":"standard","shift":[1,2],"scale":[1,1]}x)"), "");
  EXPECT_NE(with("scaler", R"([1,2])"), "");
  EXPECT_NE(with("scaler", ""), "");
  EXPECT_NE(with("scaler", std::string(100'000, '[')), "");
  EXPECT_NE(with("class_names", R"(["a","b","c"])"), "");
  EXPECT_NE(with("class_names", R"(["a"])"), "");
  EXPECT_NE(with("class_names", R"(["a",1])"), "");
  EXPECT_NE(with("class_names", R"("ab")"), "");
  EXPECT_NE(with("class_names", R"(["a",["b"]])"), "");
  EXPECT_NE(with("class_names", R"({"a":"b"})"), "");
  EXPECT_NE(with("class_names", std::string(R"(["a","b"])") + '\0' + "x"), "");
  EXPECT_NE(with("target_names", R"(["a","b"])"), "");  // and class names
  EXPECT_NE(with("feature_names", R"(["a"])"), "");
  for (const char* key : {"gradus.version", "network", "loss", "reduction", "precision"})
    EXPECT_NE(refusal(tampered(model, [&](SafeTensors& file) { file.metadata.erase(key); })), "") << key;
}

TEST(ModelFile, WithARecordThatIsNoneIsRefused) {
  const Model model = full_model();
  const std::string good = parse_safetensors(to_model_file(model), "f").metadata.at("record");
  const auto refusal = [&](const std::string& record) -> std::string {
    try {
      parse_model_file(tampered(model, [&](SafeTensors& file) { file.metadata["record"] = record; }), "f");
    } catch (const FileError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal(good), "");
  for (const char* bad :
       {"", "[]", "3", "{\"epochs\":-1}", "{\"epochs\":1.5}", "{\"train\":3}", "{\"train\":{\"train\":{}}}",
        "{\"train\":{\"beauty\":1}}", "{\"diagnosis\":[1]}", "{\"diagnosis\":[[]]}", "{\"beauty\":{}}",
        "{\"epochs\":\"1\"}", "{} {}", "{\"epochs\":null}", "{\"epochs\":1e300}"})
    EXPECT_NE(refusal(bad), "") << bad;
  const std::string short_column = tampered(model, [](SafeTensors& file) {
    for (Tensor& tensor : file.tensors)
      if (tensor.name == "history.loss") tensor.shape[0] -= 1, tensor.bytes.resize(tensor.bytes.size() - 8);
  });
  EXPECT_THROW(parse_model_file(short_column, "f"), FileError);
  const std::string without = tampered(model, [](SafeTensors& file) { file.metadata.erase("record"); });
  EXPECT_THROW(parse_model_file(without, "f"), FileError) << "its history belongs to nothing";
}

TEST(ModelFile, WithTensorsThatDoNotFitIsRefused) {
  const Model model = full_model();
  const std::vector<std::string> names = {"layer1.weights", "layer1.bias", "layer2.weights",
                                          "layer2.bias",    "test.x",      "test.y"};
  for (const std::string& name : names) {
    EXPECT_NE(refusal(tampered(model, [&](SafeTensors& file) { tensor(file, name).name += "x"; })), "") << name;
    EXPECT_NE(refusal(tampered(model, [&](SafeTensors& file) { tensor(file, name).dtype = DType::i64; })), "") << name;
    EXPECT_NE(refusal(tampered(model, [&](SafeTensors& file) { tensor(file, name).shape.push_back(1); })), "") << name;
    EXPECT_NE(refusal(tampered(model, [&](SafeTensors& file) { std::erase(file.tensors, tensor(file, name)); })), "");
  }
  EXPECT_EQ(refusal(tampered(model,
                             [](SafeTensors& file) {
                               file.tensors.push_back({"extra", DType::u8, {0}, {}});
                             })),
            "f: tensor 'extra' belongs to no layer of the network");
}

TEST(ModelFile, ThatIsNoModelSaysSo) {
  EXPECT_EQ(refusal(to_safetensors({})), "f: expected metadata gradus.checksum, which is missing; no model of gradus");
  EXPECT_NE(refusal(to_safetensors({.metadata = {{"gradus.checksum", "1234"}}, .tensors = {}})), "");
  EXPECT_NE(refusal(to_safetensors({.metadata = {{"gradus.checksum", ""}}, .tensors = {}})), "");
  EXPECT_NE(refusal(resealed(to_safetensors({.metadata = {{"gradus.checksum", "00000000"}}, .tensors = {}}))), "");
  EXPECT_NE(refusal(""), "");
  EXPECT_NE(refusal("x0,x1,label\n1,2,3\n"), "");
}

TEST_F(ModelFolder, SavesAndLoads) {
  save_model(full_model(), path("m.safetensors"));
  expect_equal(load_model(path("m.safetensors")), full_model());
  EXPECT_EQ(read_file(path("m.safetensors")), to_model_file(full_model()));
}

TEST_F(ModelFolder, KeepsTheOldFileIfASaveFails) {
  const std::string file = path("m.safetensors");
  save_model(full_model(), file);
  Model bad = full_model();
  bad.theta[0] = kNan;
  EXPECT_THROW(save_model(bad, file), ValueError);
  expect_equal(load_model(file), full_model());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(ModelFolder, IsRefusedWithTheFileNamedIfItCannotBeWrittenOrRead) {
  EXPECT_THROW(save_model(full_model(), path("no/such/folder/m")), FileError);
  EXPECT_THROW(save_model(full_model(), folder_), FileError);
  EXPECT_THROW(load_model(folder_), FileError);
  try {
    load_model(path("none"));
    FAIL();
  } catch (const FileError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with(path("none") + ": cannot read"));
  }
  EXPECT_THROW(load_model("/dev/null"), FileError);
}

TEST(ModelFile, OnAFullDiskIsAnError) {
  struct stat info {};
  if (::stat("/dev/full", &info) != 0) GTEST_SKIP() << "no /dev/full here";
  EXPECT_THROW(save_model(full_model(), "/dev/full"), FileError);
}

/// Sets the process's locale, and puts the old one back.
class ScopedLocale {
 public:
  explicit ScopedLocale(const char* name)
      : old_(std::setlocale(LC_ALL, nullptr)), set_(std::setlocale(LC_ALL, name) != nullptr) {}
  ~ScopedLocale() { std::setlocale(LC_ALL, old_.c_str()); }
  bool set() const { return set_; }

 private:
  std::string old_;
  bool set_;
};

TEST(ModelFile, IsTheSameUnderALocaleWithDecimalCommas) {
  const std::string bytes = to_model_file(full_model());
  const ScopedLocale locale("de_DE.UTF-8");
  if (!locale.set()) GTEST_SKIP() << "the locale de_DE.UTF-8 is not installed";
  char comma[8];
  std::snprintf(comma, sizeof comma, "%.1f", 0.5);
  ASSERT_STREQ(comma, "0,5");
  EXPECT_EQ(to_model_file(full_model()), bytes);
  expect_equal(parse_model_file(bytes, "f"), full_model());
}

// Files of format version 1 must be readable for ever. To write them anew after a new format version:
// GRADUS_WRITE_GOLDEN=1 gradus_tests --gtest_filter='*Golden*'
TEST(ModelFile, GoldenFilesKeepLoading) {
  Model small = model_of("2-3relu-1sigmoid", Precision::float32);
  small.loss = parse_loss("binary-cross-entropy");
  Model full = full_model();
  full.record.reset();  // which files of the first version did not have
  for (const auto& [name, model] : {std::pair{"full", full}, std::pair{"float32", small}}) {
    const std::string file = std::string(GRADUS_FIXTURES) + "/model_v1_" + name + ".safetensors";
    if (std::getenv("GRADUS_WRITE_GOLDEN")) save_model(model, file);
    expect_equal(load_model(file), model);
  }
}

}  // namespace
}  // namespace gradus
