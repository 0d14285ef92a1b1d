// SPDX-License-Identifier: MIT
// What FANN saved answers here as it answers there; what has no counterpart is refused with its line. The files, and
// the answers, are from tests/fixtures/fann/make.c.
#include <gtest/gtest.h>

#include "gradus/core/error.hpp"
#include "gradus/lab/exchange/weights.hpp"
#include "gradus/lab/files/file.hpp"
#include "tests/paths.hpp"

namespace gradus {
namespace {

std::string file(const std::string& name) { return read_file(GRADUS_FIXTURES "/fann/" + name); }

std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string refusal(const std::string& text) {
  try {
    from_fann(text, "a.net");
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}

TEST(Fann, NetworksAnswerAsTheyDoThere) {
  const Matrix<double> x(1, 2, {static_cast<double>(0.3F), static_cast<double>(-0.7F)});
  struct Case {
    const char* name;
    const char* network;
    std::vector<double> answers;
  };
  const Case cases[] = {{"layers.net", "2-3tanh-4softsign-2sigmoid", {0.344878972, 0.512081206}},
                        {"linear.net", "2-3tanh-4softsign-2", {-0.320813209, 0.0241671689}},
                        {"sparse.net", "2-4sigmoid-1sigmoid", {0.69582963}}};
  for (const Case& one : cases) {
    const ImportedWeights imported = from_fann(file(one.name), one.name);
    EXPECT_EQ(to_text(imported.model.network), one.network);
    EXPECT_EQ(imported.model.precision, Precision::float64);
    EXPECT_EQ(imported.remarks[0], "steepness is multiplied into weights and biases");
    const Matrix<double> y = imported.model.predict(x);
    // FANN computes in float: three sums of at most five terms with their products, three functions, slopes of at most
    // 1: fewer than 40 roundings of numbers of order 1, and the ninth digit of what it printed.
    for (Index k = 0; k < y.cols(); ++k) EXPECT_NEAR(y(0, k), one.answers[static_cast<std::size_t>(k)], 40 * 0x1p-24);
  }
}

TEST(Fann, ConnectionsThatAreMissingAreZerosAndSaid) {
  const ImportedWeights imported = from_fann(file("sparse.net"), "sparse.net");
  EXPECT_EQ(imported.remarks.size(), 2U);
  EXPECT_NE(imported.remarks[1].find("connections are missing: zeros here"), std::string::npos);
}

TEST(Fann, WhatIsNoChainOfLayersHereIsRefusedWithItsLine) {
  EXPECT_EQ(refusal(file("shortcut.net")),
            "a.net:5: expected a network of layers, got one with shortcuts between them");
  const std::string layers = file("layers.net");
  EXPECT_EQ(refusal(changed(layers, "(3, 5, 5.0", "(3, 7, 5.0")),
            "a.net:35: expected one function in layer 1, got FANN_GAUSSIAN and FANN_SIGMOID_SYMMETRIC");
  const std::string linear = file("linear.net");
  std::string stepwise = linear;
  for (std::size_t at; (at = stepwise.find(", 11, ")) != std::string::npos;) stepwise.replace(at, 6, ", 4, ");
  EXPECT_EQ(refusal(stepwise).substr(0, 80),
            "a.net:35: layer 2 has FANN_SIGMOID_STEPWISE, which is no activation here; there ");
  EXPECT_EQ(refusal(changed(layers, "(3, 5, 5.0", "(99, 5, 5.0")).substr(0, 58),
            "a.net:36: expected more connections: neuron 3 has 99, of w");
  EXPECT_EQ(refusal(changed(layers, "weight)=(0, ", "weight)=(99, ")),
            "a.net:36: expected connections from neurons below 15, got 99");
  EXPECT_EQ(refusal(changed(layers, "weight)=(0, ", "weight)=(3, ")),
            "a.net:36: expected neuron 3 to be connected with the layer before, got neuron 3");
}

TEST(Fann, NumbersOutOfRangeAreRefusedWithTheirLine) {
  const std::string linear = file("linear.net");
  const auto told = [&](const std::string& from, const std::string& to, const std::string& words) {
    const std::string message = refusal(changed(linear, from, to));
    EXPECT_NE(message.find(words), std::string::npos) << message;
  };
  for (const char* wrong : {"x", "-1", "1e10", "1.5", "nan"})
    told("num_layers=4", std::string("num_layers=") + wrong, "a.net:2: expected num_layers to be a whole number");
  told("num_layers=4", "num_layers=3", "a.net:33: expected 3 layers, at least 2, got 4");
  told("layer_sizes=3 4 5 3", "layer_sizes=3", "a.net:33: expected 4 layers, at least 2, got 1");
  told("layer_sizes=3 4 5 3", "layer_sizes=3 4 5 1",
       "expected layers of at least 2 neurons, the bias one of them, got '1'");
  told("layer_sizes=3 4 5 3", "layer_sizes=3 4 5 x",
       "expected layers of at least 2 neurons, the bias one of them, got 'x'");
  told("layer_sizes=3 4 5 3", "layer_sizes=3 4 5 4", "expected 16 neurons, got 15");
  for (const char* wrong : {"(-1, 5, ", "(1e10, 5, ", "(3, -1, ", "(3, 18, "})
    told("(3, 5, ", wrong, "expected neuron 3 to have a function below 18");
  for (const char* wrong : {"weight)=(-1, ", "weight)=(15, "})
    told("weight)=(0, ", wrong, "expected connections from neurons below 15");
  for (const char* wrong : {"weight)=(inf, ", "weight)=(0 ", "weight)=(0,5, ", "weight)=(0) (0, ", "weight)=(0, 1, "})
    told("weight)=(0, ", wrong, "expected 2 numbers with points for decimals");
  told("weight)=(", "weight)=((", "expected 2 numbers");
  told("weight)=(0, ", "weight)=)(0, ", "expected connections in brackets");
  const std::string last = linear.substr(linear.rfind('('));
  told(last, last.substr(0, last.find(')') + 1) + " " + last, " connections, got ");
  told(last, "(0, 1.0) " + last, "expected neuron 13 to be connected with the layer before, got neuron 0");
  EXPECT_EQ(from_fann(changed(linear, "scale_included=0", "scale_included=1"), "a.net").remarks.back(),
            "its scaling is left, which fann_run does not apply either");
}

TEST(Fann, AnotherFileOrAnotherLocaleIsRefused) {
  EXPECT_EQ(refusal("FANN_FIX_2.0\n"), "a.net:1: expected FANN_FLO_2.1");
  EXPECT_EQ(refusal(""), "a.net:1: expected FANN_FLO_2.1");
  EXPECT_EQ(refusal("FANN_FLO_2.1\n"), "a.net: expected a line network_type=...");
  EXPECT_EQ(refusal(changed(file("layers.net"), "weight)=(0, ", "weight)=(0, 0,")).substr(0, 65),
            "a.net:36: expected 2 numbers with points for decimals, got (0, 0,");
}

TEST(Fann, EveryPrefixAndEveryChangedByteIsReadOrRefused) {
  const std::string golden = file("sparse.net");
  int refused = 0;
  const auto reads = [&](const std::string& text) {
    try {
      from_fann(text, "a.net").model.check();
    } catch (const Error&) {
      ++refused;
    }
  };
  for (std::size_t n = 0; n < golden.size(); ++n) reads(golden.substr(0, n));
  EXPECT_GT(refused, static_cast<int>(golden.size()) * 9 / 10);
  for (std::size_t n = 0; n < golden.size(); ++n)
    for (const char byte : {'\0', '\x7f', '\x80', '\xff', '9', '(', ' '}) {
      std::string text = golden;
      text[n] = byte;
      reads(text);
    }
}

}  // namespace
}  // namespace gradus
