// SPDX-License-Identifier: MIT
// Files that are cut, changed, of another network or cannot be written: each is refused in one line, and nothing is
// lost.
#include "gradus/lab/model/model_file.hpp"

#include <sys/stat.h>

#include <clocale>
#include <cmath>
#include <filesystem>
#include <locale>

#include "gradus/lab/files/file.hpp"
#include "gradus/nn/pass.hpp"
#include "models.hpp"
#include "tests/paths.hpp"

namespace gradus {
namespace {

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
  const std::string scaler =
      "f: metadata scaler: expected {\"kind\":\"standard\",\"shift\":[numbers],\"scale\":[numbers]}";
  for (const char* none : {R"({"kind":"standard","shift":{},"scale":[1,1]})", R"({"colour":"red"})", R"([1])", R"(1)",
                           R"({"kind":["standard"]})", R"({"shift":"x"})", R"({"shift":1})", R"({"shift":[true]})",
                           R"({"shift":[null]})", R"({"kind":"standard"}{})", R"({"shift":[[1]]})", R"({})"})
    EXPECT_EQ(with("scaler", none), scaler) << none;
  EXPECT_EQ(with("scaler", R"({"kind":"standard","shift":[1,2,3],"scale":[1,1]})"),
            "f: metadata scaler: expected at most 2 numbers in a list");
  for (const char* none : {"1", "[1][2]", "[[1]]", "[\"1\"]", "{}", "[1"})
    EXPECT_EQ(with("filling", none), "f: metadata filling: expected a JSON list of numbers") << none;
  EXPECT_EQ(with("filling", "[1,2,3]"), "f: metadata filling: expected at most 2 numbers");
  for (const char* none :
       {"[\"a\"][\"b\"]", "\"a\"", "[[\"a\"]]", "[1]", "[true]", "[null]", "[1.5]", "[-1]", "{}", "[\"a\""})
    EXPECT_EQ(with("class_names", none), "f: metadata class_names: expected a JSON list of strings") << none;
  EXPECT_EQ(with("class_names", R"(["a","b","c"])"), "f: metadata class_names: expected at most 2 names");
  EXPECT_NE(with("class_names", R"(["a"])"), "");
  EXPECT_NE(with("class_names", R"(["a",1])"), "");
  EXPECT_NE(with("class_names", R"("ab")"), "");
  EXPECT_NE(with("class_names", R"(["a",["b"]])"), "");
  EXPECT_NE(with("class_names", R"({"a":"b"})"), "");
  EXPECT_NE(with("class_names", std::string(R"(["a","b"])") + '\0' + "x"), "");
  EXPECT_NE(with("target_names", R"(["a","b"])"), "");  // and class names
  EXPECT_NE(with("feature_names", R"(["a"])"), "");
  const std::string form = "f: metadata columns: expected a JSON list of lists of strings";
  for (const char* columns : {R"([[]])", R"([["a","<"],["b"]])", R"([["a","?","x"],["b"]])", R"(["a"])", R"([[["a"]]])",
                              R"([["a"]][["b"]])", R"([["a",1]])", R"("a")", R"({})"})
    EXPECT_EQ(with("columns", columns), form) << columns;
  EXPECT_EQ(with("columns", R"([["a"],["b"],["c"]])").substr(0, 3), "f: ");
  EXPECT_EQ(with("columns", R"([["a","=","1","2","3","4","5","6","7","8"]])"),
            "f: metadata columns: expected columns of at most 2 inputs");
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
  for (const char* bad : {"",
                          "[]",
                          "3",
                          "{\"epochs\":-1}",
                          "{\"epochs\":1.5}",
                          "{\"train\":3}",
                          "{\"train\":{\"train\":{}}}",
                          "{\"train\":{\"beauty\":1}}",
                          "{\"diagnosis\":[1]}",
                          "{\"diagnosis\":[[]]}",
                          "{\"beauty\":{}}",
                          "{\"epochs\":\"1\"}",
                          "{} {}",
                          "{\"epochs\":null}",
                          "{\"epochs\":1e300}",
                          "{\"diagnosis\":{}}",
                          "{\"train\":[1]}",
                          "{\"train\":{\"samples\":-1}}",
                          "{\"train\":{\"samples\":\"many\"}}",
                          "{\"train\":{\"diagnosis\":[\"x\"]}}",
                          "{\"beauty\":1}",
                          "[[1]]",
                          "{\"train\":{\"loss\":[1]}}",
                          "{\"diagnosis\":\"x\"}"})
    EXPECT_EQ(refusal(bad),
              "f: metadata record: expected a record: {\"epochs\":N,\"updates\":N,\"train\":{\"samples\":N,...},...}")
        << bad;
  const auto lines = [](int count) {
    std::string list;
    for (int k = 0; k < count; ++k) list += (k > 0 ? "," : "") + std::string("\"x\"");
    return "{\"diagnosis\":[" + list + "]}";
  };
  EXPECT_EQ(refusal(lines(64)), "");
  EXPECT_EQ(refusal(lines(65)), "f: metadata record: expected at most 64 lines of diagnosis");
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
  std::string spaced = to_model_file(model_of("1-1"));
  const std::size_t colon = spaced.find("\"gradus.checksum\":") + std::string("\"gradus.checksum\":").size();
  const std::size_t blank = spaced.find("  ", colon);  // behind the header
  ASSERT_LT(blank, spaced.find('\0', 8));
  spaced.erase(blank, 1).insert(colon, " ");
  EXPECT_EQ(refusal(spaced), "f: expected gradus.checksum to be written as 8 plain digits");
  EXPECT_NE(refusal(""), "");
  EXPECT_NE(refusal("x0,x1,label\n1,2,3\n"), "");
  for (const char* none : {"", "12345678", "x0,x1,label\n"}) EXPECT_FALSE(looks_like_model(none)) << none;
  EXPECT_TRUE(looks_like_model(to_model_file(model_of("1-1"))));
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
  // What files of the first version did not have.
  full.record.reset();
  full.label_name.clear();
  full.filling.clear();
  for (const auto& [name, model] : {std::pair{"full", full}, std::pair{"float32", small}}) {
    const std::string file = std::string(GRADUS_FIXTURES) + "/model_v1_" + name + ".safetensors";
    if (std::getenv("GRADUS_WRITE_GOLDEN")) save_model(model, file);
    expect_equal(load_model(file), model);
  }
}

}  // namespace
}  // namespace gradus
