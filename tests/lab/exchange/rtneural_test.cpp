// SPDX-License-Identifier: MIT
// Networks in RTNeural's JSON answer here as RTNeural does, frame by frame; what has no counterpart is refused. The
// files are from tests/fixtures/rtneural/make.py, the answers from RTNeural itself (answer.cpp there).
#include <gtest/gtest.h>

#include <limits>

#include "gradus/core/error.hpp"
#include "gradus/lab/exchange/weights.hpp"
#include "gradus/lab/files/file.hpp"
#include "tests/paths.hpp"

namespace gradus {
namespace {

std::string file(const std::string& name) { return read_file(GRADUS_FIXTURES "/rtneural/" + name); }

std::string refusal(const std::string& text) {
  try {
    from_rtneural(text, "a.json");
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}

/// A file of one layer of one unit for one input.
std::string one_layer(const std::string& rest) {
  return R"({"in_shape": [null, null, 1], "layers": [{"shape": [null, null, 1], )" + rest + "}]}";
}

constexpr double kTolerance = 200 * std::numeric_limits<double>::epsilon();  // roundings of numbers of order 1

TEST(Rtneural, RecurrentNetworksAnswerFrameByFrameAsTheyDoThere) {
  const ImportedWeights imported = from_rtneural(file("recurrent.json"), "recurrent.json");
  EXPECT_EQ(to_text(imported.model.network), "seq2-3tanh-4gru:all-3lstm:all-2sigmoid");
  Matrix<double> x(1, 10);
  for (Index t = 1; t <= 5; ++t) {
    x(0, 2 * t - 2) = 0.1 * static_cast<double>(t);
    x(0, 2 * t - 1) = -0.2 * static_cast<double>(t);
  }
  const double expected[] = {0.42214673264262881, 0.66408349097961228, 0.41686333517010521, 0.66932310942630657,
                             0.4175727208559003,  0.67236188139421615, 0.41660742521626054, 0.67468940854053794,
                             0.41648770676490271, 0.67650635455146435};
  const Matrix<double> y = imported.model.predict(x);
  for (Index k = 0; k < 10; ++k) EXPECT_NEAR(y(0, k), expected[k], kTolerance);
}

TEST(Rtneural, DenseNetworksWithNormsAndSlopesAnswerAsTheyDoThere) {
  const ImportedWeights imported = from_rtneural(file("dense.json"), "dense.json");
  EXPECT_EQ(to_text(imported.model.network), "2-4-batchnorm:epsilon0.001-relu-3elu:nobias-prelu-2softmax");
  Matrix<double> x(5, 2);
  for (Index t = 0; t < 5; ++t) {
    x(t, 0) = 0.1 * static_cast<double>(t + 1);
    x(t, 1) = -0.2 * static_cast<double>(t + 1);
  }
  const double expected[] = {0.54322327505422463, 0.45677672494577548, 0.5432858742876896,  0.4567141257123104,
                             0.54334843076093153, 0.45665156923906836, 0.54341094450576843, 0.45658905549423162,
                             0.5434734155539972,  0.4565265844460028};
  const Matrix<double> y = imported.model.predict(x);
  for (Index k = 0; k < 10; ++k) EXPECT_NEAR(y(k / 2, k % 2), expected[k], kTolerance);
}

TEST(Rtneural, WhatHasNoCounterpartIsRefusedByItsLayer) {
  EXPECT_EQ(
      refusal(file("conv.json")),
      "a.json: layer 1 (conv1d): there is no such layer here that goes along a stream: there are dense, gru, lstm, "
      "prelu, batchnorm and activation");
  EXPECT_EQ(refusal(one_layer(R"("type": "dense", "activation": "swish", "weights": [[[1.0]], [0.5]])")),
            "a.json: layer 1 (dense): expected the activation tanh, relu, sigmoid, softmax or elu, got 'swish'");
  EXPECT_EQ(refusal(one_layer(R"("type": "gru", "activation": "relu", "weights": [])")),
            "a.json: layer 1 (gru): expected the activation tanh, got 'relu'");
}

TEST(Rtneural, WeightsOfAnotherShapeAreRefused) {
  EXPECT_EQ(refusal(one_layer(R"("type": "dense", "weights": [[[1.0, 2.0]], [0.5]])")),
            "a.json: layer 1 (dense): expected array 1 of its weights to have 1 x 1 numbers, got 1 x 2");
  EXPECT_EQ(refusal(one_layer(R"("type": "dense", "weights": [[[1.0], [2.0, 3.0]], [0.5]])")),
            "a.json: layer 1 (dense): expected rows of equal length, got 1 and 2");
  EXPECT_EQ(refusal(one_layer(R"("type": "dense", "weights": [1.0])")),
            "a.json: layer 1 (dense): expected arrays of weights, got a number");
  for (const char* object : {R"({"a": [[1.0]]})", R"([{"a": [[1.0]]}])", R"([[{"a": [1.0]}]])"})
    EXPECT_EQ(refusal(one_layer(R"("type": "dense", "weights": )" + std::string(object))),
              "a.json: layer 1 (dense): expected arrays of weights, got an object");
  EXPECT_EQ(refusal(one_layer(R"("type": "lstm", "weights": [[[1.0, 1.0, 1.0, 1.0]]])")),
            "a.json: layer 1 (lstm): expected at least 2 arrays of weights, got 1");
  EXPECT_EQ(refusal(one_layer(R"("type": "batchnorm", "weights": [[1.0], [1.0]])")),
            "a.json: layer 1 (batchnorm): expected an epsilon above 0");
}

TEST(Rtneural, WhatALayerMayNotHaveIsRefusedByTheLayer) {
  const auto shaped = [](const std::string& shape, const std::string& rest) {
    return R"({"in_shape": [null, 1], "layers": [{"shape": [null, )" + shape + R"(], "type": )" + rest + "}]}";
  };
  for (const char* shape : {"1.5", "0", "2000000"})
    EXPECT_NE(refusal(shaped(shape, R"("dense", "weights": [[[1.0]], [0.5]])"))
                  .find("expected the shape of layer 1 to end in a whole number from 1 to 1000000"),
              std::string::npos);
  EXPECT_EQ(refusal(shaped("1", R"("dense", "weights": [[[1.0]], [0.5], [0.5]])")),
            "a.json: layer 1 (dense): expected at most 2 arrays of weights, got 3");
  EXPECT_EQ(refusal(shaped("2", R"("activation", "activation": "tanh")")),
            "a.json: layer 1 (activation): expected a shape of 1, as the layer before, got 2");
  EXPECT_EQ(refusal(one_layer(R"("type": "batchnorm", "epsilon": 0, "weights": [[1.0], [1.0]])")),
            "a.json: layer 1 (batchnorm): expected an epsilon above 0");
  EXPECT_EQ(refusal(one_layer(R"("type": "dense", "weights": [[1.0, [2.0]]])")),
            "a.json: layer 1 (dense): expected rows of numbers alone");
  EXPECT_EQ(refusal(one_layer(R"("type": ")" + std::string(201, 'x') + '"')),
            "a.json: expected words of at most 200 bytes");
  std::string many = R"({"in_shape": [1], "layers": [{})";
  for (int k = 0; k < 10'000; ++k) many += ",{}";
  EXPECT_EQ(refusal(many + "]}"), "a.json: expected at most 10000 layers");
  std::string digits = "1";
  for (int k = 0; k < 1000; ++k) digits += ",1";
  EXPECT_EQ(refusal(one_layer(R"("type": "dense", "weights": [[[)" + digits + "]]]")),
            "a.json: expected weights of more than a digit each");
}

TEST(Rtneural, ALayerThatDoesNothingIsLeftOut) {
  const std::string dense = R"({"shape": [null, 1], "type": "dense", "weights": [[[1.5]], [0.5]]})";
  const std::string nothing = R"({"shape": [null, 1], "type": "activation", "activation": ""})";
  const ImportedWeights imported =
      from_rtneural(R"({"in_shape": [null, 1], "layers": [)" + dense + "," + nothing + "]}", "a.json");
  EXPECT_EQ(to_text(imported.model.network), "1-1");
}

TEST(Rtneural, TextThatIsNoSuchFileIsRefused) {
  EXPECT_EQ(refusal(""), "a.json, byte 0: this is no valid JSON");
  EXPECT_EQ(refusal("{"), "a.json, byte 1: this is no valid JSON");
  EXPECT_EQ(refusal("{}"), "a.json: expected in_shape to end in a whole number from 1 to 1000000, got 0");
  EXPECT_EQ(refusal(std::string(100000, '[')), "a.json: expected lists and objects in at most 16 others");
}

TEST(Rtneural, EveryPrefixAndEveryChangedByteIsReadOrRefused) {
  const std::string golden = file("conv.json");
  const auto reads = [](const std::string& text) {
    try {
      from_rtneural(text, "a.json").model.check();
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  const std::string dense = one_layer(R"("type": "dense", "activation": "tanh", "weights": [[[1.5]], [0.5]])");
  ASSERT_TRUE(reads(dense));
  for (const std::string& whole : {golden, dense})
    for (std::size_t n = 0; n < whole.size(); ++n) {
      EXPECT_FALSE(reads(whole.substr(0, n)));
      for (const char byte : {'\0', '\x7f', '\x80', '\xff', '[', '9', '"'}) {
        std::string text = whole;
        text[n] = byte;
        reads(text);
      }
    }
}

}  // namespace
}  // namespace gradus
