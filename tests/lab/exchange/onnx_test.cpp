// SPDX-License-Identifier: MIT
// What is written can be read, and whatever else a file holds is refused in one line. (That ONNX Runtime computes the
// same is python/tests/test_onnx.py's.)
#include "gradus/lab/exchange/onnx.hpp"

#include <gtest/gtest.h>

#include "gradus/core/error.hpp"
#include "src/lab/exchange/onnx/message.hpp"

namespace gradus {
namespace {

Model small_model() {
  Model model;
  model.network = parse_network("2-3tanh-2softmax");
  for (int k = 0; k < 17; ++k) model.theta.push_back(k / 8.0 - 1);
  model.class_names = {"a", "b"};
  return model;
}

TEST(Onnx, WhatWasWrittenIsReadBackPartByPart) {
  const std::string bytes = to_onnx(small_model());
  const onnx::ModelProto read = onnx::decode(bytes, "net.onnx");
  EXPECT_EQ(read.ir_version, 8);
  EXPECT_EQ(read.producer_name, "gradus");
  ASSERT_EQ(read.graph.nodes.size(), 6U);
  EXPECT_EQ(read.graph.nodes[0].op, "Gemm");
  EXPECT_EQ(read.graph.nodes[0].inputs, (std::vector<std::string>{"x", "layer1.weights", "layer1.bias"}));
  EXPECT_EQ(read.graph.initializers[0].dims, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(read.graph.initializers[0].raw.size(), 24U);
  EXPECT_EQ(read.graph.initializers.back().texts, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(read.graph.outputs[1].name, "label");
}

TEST(Onnx, EveryPrefixAndEveryChangedByteIsReadOrRefused) {
  const std::string golden = to_onnx(small_model());
  int refused = 0;
  const auto reads = [&](const std::string& bytes) {
    try {
      onnx::decode(bytes, "net.onnx");
    } catch (const FileError&) {
      ++refused;
    }
  };
  for (std::size_t n = 0; n < golden.size(); ++n) reads(golden.substr(0, n));
  EXPECT_GT(refused, static_cast<int>(golden.size()) / 2);
  for (std::size_t k = 0; k < golden.size(); ++k)
    for (const char value : {'\x00', '\x7f', '\x80', '\xff'}) {
      std::string bytes = golden;
      bytes[k] = value;
      reads(bytes);
    }
}

TEST(Onnx, ANumberWhereBytesBelongIsRefusedWithItsByte) {
  try {
    onnx::decode(std::string("\x10\x05", 2), "net.onnx");  // producer_name as a varint
    FAIL() << "expected a FileError";
  } catch (const FileError& error) {
    EXPECT_EQ(std::string(error.what()),
              "net.onnx, byte 2: expected an ONNX model: a field of another type than it has");
  }
}

TEST(Onnx, AFileOfNothingButEmptyPartsIsRefused) {
  std::string nodes;
  for (std::size_t k = 0; k <= onnx::kMostParts; ++k) nodes += std::string("\x0a\x00", 2);
  std::string file = "\x3a";  // the graph, its length as a varint of three bytes
  const std::size_t n = nodes.size();
  file += static_cast<char>((n & 127) | 128);
  file += static_cast<char>((n >> 7 & 127) | 128);
  file += static_cast<char>(n >> 14);
  EXPECT_THROW(onnx::decode(file + nodes, "net.onnx"), FileError);
}

}  // namespace
}  // namespace gradus
