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

// ------------------------------------------------------------------------------------------- messages, byte by byte

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7) bytes += static_cast<char>((value & 127) | 128);
  return bytes + static_cast<char>(value);
}
/// A field that holds a number, and one that holds a text, a message or packed numbers.
std::string number(int field, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(field) << 3) + varint(value);
}
std::string bytes(int field, const std::string& content) {
  return varint(static_cast<std::uint64_t>(field) << 3 | 2) + varint(content.size()) + content;
}
/// As the content of a message within messages: {7, 1} is a node (1) of the graph (7).
std::string inside(const std::vector<int>& path, std::string content) {
  for (std::size_t k = path.size(); k-- > 0;) content = bytes(path[k], content);
  return content;
}
std::string refusal(const std::string& file) {
  try {
    onnx::decode(file, "net.onnx");
  } catch (const FileError& error) {
    return error.what();
  }
  return "read";
}

TEST(Onnx, ANumberInPlaceOfAnyTextOrListIsRefused) {
  using Path = std::vector<int>;
  for (const auto& [path, fields] :
       std::vector<std::pair<Path, std::vector<int>>>{{{}, {2, 3, 8, 14}},            // producer, opsets, metadata
                                                      {{14}, {1, 2}},                 // an entry
                                                      {{8}, {1}},                     // an opset
                                                      {{7}, {1, 2, 5, 11, 12}},       // the graph
                                                      {{7, 1}, {1, 2, 3, 4, 5, 7}},   // a node
                                                      {{7, 1, 5}, {1, 4, 9}},         // an attribute
                                                      {{7, 1, 5, 5}, {6, 8, 9, 13}},  // its tensor
                                                      {{7, 5}, {6, 8, 9, 13}},        // a tensor
                                                      {{7, 5, 13}, {1, 2}},           // where in another file it is
                                                      {{7, 11}, {1}},                 // an input
                                                      {{7, 11, 2, 1, 2}, {1}},        // its shape
                                                      {{7, 11, 2, 1, 2, 1}, {2}}})    // a dimension
    for (const int field : fields) {
      EXPECT_TRUE(refusal(inside(path, number(field, 5))).starts_with("net.onnx, byte "))
          << path.size() << ": " << field;
      EXPECT_EQ(refusal(inside(path, number(field, 5)).substr(0, 1)).substr(0, 8), "net.onnx") << "cut off";
    }
}

TEST(Onnx, NumbersOfEveryKindAreReadTogetherAndOneByOne) {
  const std::string one("\0\0\x80\x3f", 4), two("\0\0\0\0\0\0\0\x40", 8);  // 1 as a float32, 2 as a float64
  const auto fixed = [](int field, int type, const std::string& content) {
    return varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(type)) + content;
  };
  const std::string minus_two = varint(static_cast<std::uint64_t>(-2));
  const std::string file = inside({7, 5}, bytes(1, varint(3) + varint(4)) + number(1, 5) + bytes(4, one + one) +
                                              fixed(4, 5, one) + bytes(5, minus_two) + number(7, 9) + bytes(10, two) +
                                              fixed(10, 1, two) + bytes(7, "") + bytes(4, ""));
  const onnx::ModelProto model = onnx::decode(file, "net.onnx");
  const onnx::Tensor& tensor = model.graph.initializers.at(0);
  EXPECT_EQ(tensor.dims, (std::vector<std::int64_t>{3, 4, 5}));
  EXPECT_EQ(tensor.floats, (std::vector<float>{1, 1, 1}));
  EXPECT_EQ(tensor.integers, (std::vector<std::int64_t>{-2, 9}));
  EXPECT_EQ(tensor.doubles, (std::vector<double>{2, 2}));
  for (const std::string& cut : {bytes(1, "\x80"), bytes(4, one + "\x01"), bytes(10, one), bytes(7, "\xff\xff")})
    EXPECT_TRUE(refusal(inside({7, 5}, cut)).starts_with("net.onnx, byte ")) << "a number that is cut off";
}

TEST(Onnx, ATensorSaysWhetherItsNumbersAreInAnotherFile) {
  const auto read = [](const std::string& tensor) {
    return onnx::decode(inside({7, 5}, tensor), "net.onnx").graph.initializers.at(0);
  };
  EXPECT_TRUE(read(number(14, 1) + bytes(13, bytes(1, "location") + bytes(2, "f"))).is_external);
  EXPECT_EQ(read(bytes(13, bytes(1, "location") + bytes(2, "f"))).external.at(0).value, "f");
  for (const std::string& here : {std::string(), number(14, 0), number(14, 2)}) EXPECT_FALSE(read(here).is_external);
}

TEST(Onnx, AnInputSaysItsTypeAndItsShapeIfItHasOne) {
  const auto read = [](const std::string& type) {
    return onnx::decode(inside({7, 11}, bytes(1, "x") + inside({2, 1}, type)), "net.onnx").graph.inputs.at(0);
  };
  const onnx::Value whole = read(number(1, 1) + bytes(2, bytes(1, bytes(2, "batch")) + bytes(1, number(1, 7))));
  EXPECT_EQ(whole.type, onnx::ElementType::float32);
  ASSERT_TRUE(whole.has_shape && whole.shape.size() == 2);
  EXPECT_EQ(whole.shape[0].name, "batch");
  EXPECT_EQ(whole.shape[1].value, 7);
  EXPECT_FALSE(read(number(1, 1)).has_shape);
}

TEST(Onnx, WithoutAGraphOrWithMoreThanTheGraphIsRefusedOrPassedOver) {
  EXPECT_EQ(refusal(""), "net.onnx: expected an ONNX model, got a file without a graph");
  EXPECT_EQ(refusal(number(1, 8)), "net.onnx: expected an ONNX model, got a file without a graph");
  EXPECT_EQ(refusal(bytes(7, "") + bytes(99, "of a later version") + number(98, 1)), "read");
  EXPECT_TRUE(refusal(bytes(7, "").substr(0, 1)).starts_with("net.onnx, byte 1: expected an ONNX model: "));
}

TEST(Onnx, TooManyPartsOfAnyKindAreRefused) {
  const auto repeated = [](const std::string& part, std::size_t count) {
    std::string all;
    for (std::size_t k = 0; k < count; ++k) all += part;
    return all;
  };
  const std::string most = "net.onnx: expected an ONNX model of at most 16384 parts";
  for (const auto& [path, part] : std::vector<std::pair<std::vector<int>, std::string>>{{{7}, bytes(1, "")},
                                                                                        {{7, 1}, bytes(1, "")},
                                                                                        {{7, 5}, number(1, 1)},
                                                                                        {{7, 5}, bytes(6, "")},
                                                                                        {{}, bytes(14, "")}}) {
    const std::size_t above = path.size() > 1 ? 1 : 0;  // a node or tensor is a part of its own
    const std::string graph = path.empty() ? bytes(7, "") : "";
    EXPECT_EQ(refusal(graph + inside(path, repeated(part, onnx::kMostParts - above))), "read");
    EXPECT_TRUE(refusal(graph + inside(path, repeated(part, onnx::kMostParts - above + 1))).starts_with(most));
  }
}

}  // namespace
}  // namespace gradus
