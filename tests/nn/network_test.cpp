// SPDX-License-Identifier: MIT
#include "gradus/nn/network.hpp"

#include <gtest/gtest.h>

#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus {
namespace {

TEST(Network, ReadsAndWritesItsText) {
  for (const char* text :
       {"2-16tanh-2softmax",
        "4-8sigmoid-3softmax",
        "1-1",
        "2-3sigmoid:nobias-1sigmoid:nobias",
        "2-3:nobias-1",
        "7-5relu-3identity",
        "2-1step",
        "1x8x8-conv8k3relu-maxpool2-32relu-dropout0.2-10softmax",
        "3x9x7-conv6k3x2s2x1p1x0d1x2g3:nobias-globalavgpool-2logsoftmax",
        "1x64-conv4k5s2p2prelu-avgpool2s1-flatten-3",
        "2x5x5-conv4k2gelu:nobias-batchnorm-globalmaxpool-3softmax",
        "seq3-16lstm-1",
        "seq3-16lstm:all:remember-1",
        "seq2-4tanh-5gru:all:truncate3-6elman:truncate2-2softmax",
        "2-8-batchnorm:epsilon0.001:momentum0.2-relu-1",
        "4-layernorm:epsilon1e-07-3",
        "2-8relu-[16relu-8]+-2softmax",
        "2-[2-[2tanh]+-relu]+-1",
        "3-as3-tanh-2",
        "2x3-as2x3-prelu-1",
        "2-[tanh]+-1",
        "2-3leakyrelu-3prelu-3hardsigmoid-3elu-3selu-3softplus-3softsign-3gelu-3silu-3mish-3exponential",
        "64-64relu-as1x8x8-conv2k3-as72-batchnorm-3",
        "1x8x8-dropout0.5-batchnorm-conv2k3-2:nobias",
        "2x3-as2x3-prelu-batchnorm-1",
        "12-12-as3x4-prelu-1",
        "4-16tanh:nobias-relu-1"})
    EXPECT_EQ(to_text(parse_network(text)), text);
}

TEST(Network, ReadsAndWritesEveryLayerThatIsMadeByItsName) {
  AlternativesOf<Layer>::for_each([]<class L>(const L&) {
    if constexpr (MadeByItsName<L>) {
      const std::string name(L::name);
      for (const std::string& text : {"4-6-" + name + "-1", "2x3-as2x3-" + name + "-1", "3-2tanh-" + name}) {
        const Network network = parse_network(text);
        EXPECT_TRUE(parse_network(to_text(network)) == network) << text;
        EXPECT_NE(to_text(network).find(name), std::string::npos) << text;
        EXPECT_THROW(parse_network(text + ":nothing1"), ParseError) << text;
      }
      L layer = L::on(6, 2);
      if constexpr (requires { layer.visit_options([](auto&&...) {}); }) {
        for (const Option& option : options_of(layer)) **std::get_if<double*>(&option.value) /= 2;
        const Network network({Dense{2, 6}, layer, Dense{6, 1}});
        const std::string shaped = "2-6-as2x3-" + to_text(network).substr(to_text(network).find(name));
        EXPECT_NE(to_text(network), "2-6-" + name + "-1") << "options are written";
        EXPECT_TRUE(parse_network(to_text(network)) == network || parse_network(shaped) == network) << shaped;
      }
    }
  });
}

TEST(Network, TextHasOneCanonicalForm) {
  const auto canonical = [](const char* text, const char* expected) {
    const Network network = parse_network(text);
    EXPECT_EQ(to_text(network), expected);
    EXPECT_TRUE(parse_network(expected) == network) << expected;
  };
  canonical("2-16-tanh-2-softmax", "2-16tanh-2softmax");
  canonical("1x4x4-maxpool4-1", "1x4x4-globalmaxpool-1");
  canonical("1x8x8-conv2k3x3s1p0d1g1-1", "1x8x8-conv2k3-1");
  canonical("1x8x8-maxpool2s2-1", "1x8x8-maxpool2-1");
  canonical("1x8x8-32relu-1", "64-32relu-1");
  canonical("2x4-layernorm-1", "8-layernorm-1");
  canonical("2-batchnorm:momentum0.10-1", "2-batchnorm-1");
  canonical("2-dropout1e-1-1", "2-dropout0.1-1");
}

TEST(Network, TextErrorsPointAtTheCharacter) {
  const auto position = [](const char* text) {
    try {
      parse_network(text);
    } catch (const ParseError& error) {
      return static_cast<int>(error.position());
    }
    return -1;
  };
  EXPECT_EQ(position(""), 0);
  EXPECT_EQ(position("2"), 1);
  EXPECT_EQ(position("2-"), 2);
  EXPECT_EQ(position("2-16tahn-2softmax"), 4);
  EXPECT_EQ(position("2-0tanh"), 2);
  EXPECT_EQ(position("2--3tanh"), 2);
  EXPECT_EQ(position("2-tahn"), 2);
  EXPECT_EQ(position("2-tanh"), 2);
  EXPECT_EQ(position("x-3"), 0);
  EXPECT_EQ(position("2x-3"), 2);
  EXPECT_EQ(position("2-3tanh:nobais"), 8);
  EXPECT_EQ(position("2-99999999999999999999"), 2);
  EXPECT_EQ(position("-2-3"), 0);
  EXPECT_EQ(position("64-conv8k3"), 3);
  EXPECT_EQ(position("1x8x8-conv8"), 11);
  EXPECT_EQ(position("1x8x8-conv8k9"), 6);
  EXPECT_EQ(position("1x8x8-conv8k3g3"), 6);
  EXPECT_EQ(position("1x8x8-conv8k3q2"), 13);
  EXPECT_EQ(position("1x8x8-maxpool"), 13);
  EXPECT_EQ(position("1x8x8-maxpool2p2"), 6);
  EXPECT_EQ(position("1000x1000x1000-1"), 0);
  EXPECT_EQ(position("2-dropout"), 9);
  EXPECT_EQ(position("2-dropout1"), 9);
  EXPECT_EQ(position("2-layernorm:epsilon0"), 2);
  EXPECT_EQ(position("2-batchnorm:momentum2"), 2);
  EXPECT_EQ(position("2-layernorm:momentum1"), 12);
  EXPECT_EQ(position("3-16lstm-1"), 2);
  EXPECT_EQ(position("seq3-16lstm-16lstm"), 12);
  EXPECT_EQ(position("seq3-16tanh"), 0);
  EXPECT_EQ(position("seq3-16lstm:al"), 12);
  EXPECT_EQ(position("2-[3-2]"), 7);
  EXPECT_EQ(position("2-[3]+"), 4);
  EXPECT_EQ(position("2-[2"), 2);
  EXPECT_EQ(position("2-2]+"), 3);
  EXPECT_EQ(position("2-[]+"), 3);
  EXPECT_EQ(position("seq3-[3lstm]+-1"), 11);
  for (const auto& [text, place] :
       std::vector<std::pair<const char*, int>>{{"2-3 -2", 3},  // a character that begins nothing
                                                {"2-3:nobias\u00e4", 10},
                                                {"1000000-conv2k1", 8},
                                                {"1x1000000-conv2k1", 10},  // too many outputs
                                                {"1x1000000-maxpool2s1p1", 10},
                                                {"1x9-conv2k3:nobais", 12},
                                                {"1x9-maxpool3q1", 12},
                                                {"1x8x8-maxpool2x", 15},
                                                {"1x8-maxpool2x2", 12},  // of a signal a window has one side
                                                {"9-as-2", 2},
                                                {"9-as[", 2},
                                                {"9-[as3x3]+", 8},
                                                {"2-softmax3", 2},
                                                {"seq3-4gru:remember", 10},
                                                {"seq3-4lstm:truncate0", 19},
                                                {"2-rmsnorm:epsilon", 17}})
    EXPECT_EQ(position(text), place) << text;
  EXPECT_EQ(position("8-as3x3-2"), 2);
  EXPECT_EQ(position("9-as3x3"), 7);
}

TEST(Network, TextErrorsListWhatMayStandThere) {
  const auto message = [](const char* text) -> std::string {
    try {
      parse_network(text);
    } catch (const ParseError& error) {
      return error.what();
    }
    return "read";
  };
  const auto lists = [](const std::string& text, const char* name) { return text.find(name) != std::string::npos; };
  const std::string activation = message("2-3qqqqqq"), layer = message("2-3-qqqqqq");
  for (const char* both : {"tanh", "softmax"}) EXPECT_TRUE(lists(activation, both) && lists(layer, both)) << both;
  for (const char* alone : {"batchnorm", "flatten", "conv"})
    EXPECT_TRUE(!lists(activation, alone) && lists(layer, alone)) << alone;
  EXPECT_TRUE(lists(activation, "lstm") && !lists(layer, "lstm")) << "needs a width";
}

TEST(Network, AnyPartOfATextIsReadOrRefusedWithoutACrash) {
  const std::string text =
      "seq3-[4lstm:all:remember-3]+-as1x1x3-conv2k1s1p0d1g1relu:nobias-batchnorm:momentum0.1-2softmax";
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    for (const char* end : {"", "-", "0", "99999999", ":", "]+", "[", "k", "e", "\xff"}) try {
        const Network network = parse_network(text.substr(0, cut) + end);
        EXPECT_TRUE(parse_network(to_text(network)) == network) << text.substr(0, cut) + end;
      } catch (const ParseError& error) {
        EXPECT_LE(error.position(), cut + std::string(end).size());
      }
}

TEST(Network, RefusesAChainThatDoesNotHoldTogether) {
  EXPECT_THROW(Network({Dense{2, 3}, Dense{4, 1}}), ShapeError);
  EXPECT_THROW(Network(std::vector<Layer>{}), ValueError);
  EXPECT_THROW(Network({ResidualBegin{{2}}, Dense{2, 3}, ResidualAdd{{3}}}), ShapeError);
  EXPECT_THROW(Network({ResidualBegin{{2}}, ResidualAdd{{2}}}), ValueError);
  EXPECT_THROW(Network({ResidualBegin{{2}}, Dense{2, 2}}), ValueError);
  EXPECT_THROW(Network({Dense{2, 2}, ResidualAdd{{2}}}), ValueError);
  EXPECT_THROW(Network({ResidualBegin{{2}}, Lstm{{2, 2}}, ResidualAdd{{2}}}), ShapeError);
  EXPECT_THROW(Network({Lstm{{2, 2}}, Gru{{2, 2}}}), ValueError);
  EXPECT_THROW(Network({Dropout{2, 1.0}}), ValueError);
  EXPECT_THROW(Network({Conv2d{{.channels = 1, .size = {2, 2}, .kernel = {3, 3}}, 1}}), ValueError);
}

TEST(Network, TakesSequencesOfAnyLengthAndNamesWhatDoesNotFit) {
  const Network network = parse_network("seq3-4tanh-5gru:all-2softmax");
  EXPECT_EQ(network.output_cols(3), 2);
  EXPECT_EQ(network.output_cols(21), 14);
  EXPECT_EQ(parse_network("seq3-4tanh-5gru-2softmax").output_cols(21), 2);
  Trace<double> trace;
  const std::vector<double> theta(static_cast<std::size_t>(network.parameter_count()), 0.1);
  try {
    forward(network, theta, Matrix<double>(2, 7), trace);
    FAIL();
  } catch (const ShapeError& error) {
    EXPECT_STREQ(error.what(), "[network] expected x with a multiple of 3 columns (3 a time step), got 7 (x is 2 x 7)");
  }
  EXPECT_THROW(forward(network, theta, Matrix<double>(2, 0), trace), ShapeError);
}

TEST(Initializer, DrawsAsWideAsItsKindSays) {
  const Network network = parse_network("100-300");
  for (const auto& [kind, deviation] :
       std::vector<std::pair<const char*, double>>{{"standard-normal", 1},
                                                   {"uniform:0.5", 0.5 / std::sqrt(3)},
                                                   {"glorot", std::sqrt(2.0 / 400)},
                                                   {"glorot-normal", std::sqrt(2.0 / 400)},
                                                   {"he-uniform", std::sqrt(2.0 / 100)},
                                                   {"he", std::sqrt(2.0 / 100)}}) {
    RandomState random(1);
    const std::vector<double> theta = initial_parameters(network, parse_initializer(kind), random);
    double squares = 0;
    for (std::size_t k = 0; k < 30'000; ++k) squares += theta[k] * theta[k];
    // Of 30000 draws the deviation is known to 1 / sqrt(60000), a two hundred and fiftieth: five of these.
    EXPECT_NEAR(std::sqrt(squares / 30'000), deviation, 0.02 * deviation) << kind;
    const bool drawn = std::string(kind).starts_with("standard") || std::string(kind).starts_with("uniform");
    EXPECT_EQ(std::count(theta.begin() + 30'000, theta.end(), 0.0), drawn ? 0 : 300) << kind << ": its biases";
  }
}

TEST(Initializer, OfAKindThatIsNoneIsRefused) {
  RandomState random(1);
  const Network network = parse_network("2-3");
  EXPECT_THROW(initial_parameters(network, {.kind = static_cast<Initializer::Kind>(99)}, random), ValueError);
  for (const char* text : {"glorot:0.5", "uniform:0", "uniform:-1", "uniform:inf", "uniform:x", "uniform:", "glorat",
                           "", "uniform:1:biases"})
    EXPECT_THROW(parse_initializer(text), ParseError) << text;
  for (const char* text : {"uniform:0.5", "uniform:0.5:biases-first", "he-normal:biases-first", "standard-normal"})
    EXPECT_EQ(to_text(parse_initializer(text)), text);
}

TEST(Initializer, TakesItsFansFromTheConnectionsAndItsStartsFromTheLayer) {
  const Network network = parse_network("4x6x6-conv8k3g2-batchnorm-as8x4x4-globalavgpool-2");
  const std::vector<ParameterBlock> blocks = network.parameter_blocks();
  EXPECT_EQ(blocks[0].fan_in, 2 * 9);
  EXPECT_EQ(blocks[0].fan_out, 4 * 9);
  RandomState random(1);
  const std::vector<double> theta = initial_parameters(network, {.kind = Initializer::Kind::glorot_uniform}, random);
  const double limit = std::sqrt(6.0 / (2 * 9 + 4 * 9));
  double largest = 0;
  for (Index k = 0; k < blocks[0].size(); ++k)
    largest = std::max(largest, std::abs(theta[static_cast<std::size_t>(k)]));
  EXPECT_LE(largest, limit);
  EXPECT_GT(largest, 0.9 * limit);                                  // of 144 draws
  EXPECT_EQ(theta[static_cast<std::size_t>(blocks[2].offset)], 1);  // scale
  EXPECT_EQ(theta[static_cast<std::size_t>(blocks[3].offset)], 0);  // shift
  for (const bool remember : {false, true}) {
    const Network lstm({Lstm{{3, 5}, remember}});
    const auto start = initial_parameters(lstm, {.kind = Initializer::Kind::he_normal}, random);
    EXPECT_EQ(start[static_cast<std::size_t>(lstm.parameter_blocks()[3].offset)], remember ? 1 : 0);
  }
}

}  // namespace
}  // namespace gradus
