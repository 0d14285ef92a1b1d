// SPDX-License-Identifier: MIT
#include "gradus/lab/model/safetensors.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "gradus/core/error.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

std::string with_length(const std::string& header, const std::string& data = "") {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

/// The message with which the bytes are refused, or "" if they are taken.
std::string refusal(const std::string& bytes) {
  try {
    parse_safetensors(bytes, "f");
    return "";
  } catch (const FileError& error) {
    return error.what();
  }
}

std::string refusal_of_header(const std::string& header, const std::string& data = "") {
  return refusal(with_length(header, data));
}

Tensor tensor_of(std::string name, DType dtype, std::vector<Index> shape) {
  std::size_t size = item_size(dtype);
  for (const Index extent : shape) size *= static_cast<std::size_t>(extent);
  Tensor tensor{std::move(name), dtype, std::move(shape), std::vector<std::byte>(size)};
  for (std::size_t i = 0; i < size; ++i) tensor.bytes[i] = static_cast<std::byte>(i * 7 + 1);
  return tensor;
}

SafeTensors example() {
  return {.metadata = {{"author", "\"q\" \\ \n\t é 漢 😀"}, {"", ""}},
          .tensors = {tensor_of("a", DType::f64, {2, 3}), tensor_of("scalar", DType::f64, {}),
                      tensor_of("none", DType::f32, {0, 5}), tensor_of("b", DType::f32, {7}),
                      tensor_of("flags", DType::boolean, {3})}};
}

TEST(SafeTensors, WritesAndReadsEveryTypeAndShape) {
  for (int type = 0; type <= static_cast<int>(DType::f64); ++type)
    for (const std::vector<Index>& shape : std::vector<std::vector<Index>>{{}, {0}, {1}, {7}, {13, 11}, {2, 0, 3}}) {
      const SafeTensors file{.metadata = {}, .tensors = {tensor_of("t", static_cast<DType>(type), shape)}};
      EXPECT_EQ(parse_safetensors(to_safetensors(file), "f"), file) << type;
    }
}

TEST(SafeTensors, WritesWhatItReadByteForByte) {
  for (const SafeTensors& file : {SafeTensors{}, example()}) {
    const std::string bytes = to_safetensors(file);
    const SafeTensors read = parse_safetensors(bytes, "f");
    EXPECT_EQ(read, file);
    EXPECT_EQ(to_safetensors(read), bytes);
  }
}

TEST(SafeTensors, PutsLargerNumbersFirstAndAlignsEveryTensor) {
  const SafeTensors file{.metadata = {},
                         .tensors = {tensor_of("byte", DType::u8, {3}), tensor_of("float", DType::f32, {3}),
                                     tensor_of("half", DType::f16, {3}), tensor_of("double", DType::f64, {3}),
                                     tensor_of("double2", DType::f64, {1})}};
  const std::string bytes = to_safetensors(file);
  std::vector<std::string> order;
  std::size_t offset = bytes.size();
  const SafeTensors read = parse_safetensors(bytes, "f");
  for (const Tensor& tensor : read.tensors) offset -= tensor.bytes.size();
  EXPECT_EQ(offset % 8, 0u);
  for (const Tensor& tensor : read.tensors) {
    order.push_back(tensor.name);
    EXPECT_EQ(offset % item_size(tensor.dtype), 0u) << tensor.name;
    offset += tensor.bytes.size();
  }
  EXPECT_EQ(order, (std::vector<std::string>{"double", "double2", "float", "half", "byte"}));
}

TEST(SafeTensors, FindsATensorByName) {
  const SafeTensors file = example();
  ASSERT_NE(file.find("b"), nullptr);
  EXPECT_EQ(file.find("b")->shape, std::vector<Index>{7});
  EXPECT_EQ(file.find("c"), nullptr);
}

TEST(SafeTensors, ReadsTensorsInAnyOrderOfTheHeader) {
  const SafeTensors file = parse_safetensors(with_length(R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},)"
                                                         R"("a":{"data_offsets":[0,2],"shape":[2],"dtype":"U8"}} )",
                                                         "xyz"),
                                             "f");
  ASSERT_EQ(file.tensors.size(), 2u);
  EXPECT_EQ(file.tensors[0].name, "a");
  EXPECT_EQ(file.tensors[1].bytes, std::vector<std::byte>{std::byte{'z'}});
}

TEST(SafeTensors, ReadsEscapesAndRefusesBrokenText) {
  EXPECT_EQ(parse_safetensors(with_length(R"({"__metadata__":{"k":"\u00e9\ud83d\ude00\u0000"}})"), "f").metadata["k"],
            std::string("é😀\0", 7));
  EXPECT_NE(refusal_of_header("{\"__metadata__\":{\"k\":\"\xff\"}}"), "");
  EXPECT_NE(refusal_of_header("{\"__metadata__\":{\"k\":\"\xc0\x80\"}}"), "");
  EXPECT_NE(refusal_of_header(R"({"__metadata__":{"k":"\ud800"}})"), "");
  EXPECT_NE(refusal_of_header("{\"__metadata__\":{\"k\":\"\n\"}}"), "");
}

TEST(SafeTensors, RefusesEveryPrefixAndEveryExtraByte) {
  const std::string bytes = to_safetensors(example());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_NE(refusal(bytes.substr(0, length)), "") << length;
  EXPECT_NE(refusal(bytes + '\0'), "");
}

TEST(SafeTensors, NamesTheByteAndTheFault) {
  EXPECT_EQ(refusal("1234567"), "f: expected a safetensors file of at least 8 bytes, got 7");
  EXPECT_EQ(refusal(std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10)),
            "f, byte 0: expected a header of at most 100000000 bytes, got 18446744073709551615");
  EXPECT_EQ(refusal(std::string("\x03\0\0\0\0\0\0\0{}", 10)),
            "f, byte 0: the header should have 3 bytes, but only 2 follow");
  EXPECT_EQ(refusal_of_header(""), "f, byte 8: expected a header that begins with {");
  EXPECT_EQ(refusal_of_header(" {}"), "f, byte 8: expected a header that begins with {");
  EXPECT_EQ(refusal_of_header("[]"), "f, byte 8: expected a header that begins with {");
  EXPECT_EQ(refusal_of_header("{}\n"), "f, byte 10: expected the header to end with } and spaces only");
  EXPECT_EQ(refusal_of_header(std::string("{}\0}", 4)), "f, byte 10: the header is no valid JSON");
  EXPECT_EQ(refusal_of_header("{}", "x"), "f, byte 10: 1 bytes belong to no tensor");
  EXPECT_EQ(refusal_of_header("{}}"), "f, byte 10: the header is no valid JSON");
  EXPECT_EQ(refusal_of_header(R"({"a":1})"), "f, byte 14: expected 'a' to be an object, got a number");
  EXPECT_EQ(refusal_of_header(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})"),
            "f, byte 61: tensor 'a' ends at data byte 1, but the file has only 0");
}

/// One tensor `a` with the fields given.
std::string one(const std::string& fields) { return "{\"a\":{" + fields + "}}"; }

TEST(SafeTensors, RefusesHeadersThatSayWhatTheFormatForbids) {
  const std::string good = R"("dtype":"U8","shape":[2],"data_offsets":[0,2])";
  EXPECT_EQ(refusal_of_header(one(good), "xy"), "");
  for (
      const std::string& header : std::vector<std::string>{
          one(R"("dtype":"U8","shape":[2])"),
          one(R"("dtype":"U8","data_offsets":[0,2])"),
          one(R"("shape":[2],"data_offsets":[0,2])"),
          one(R"("dtype":"U9","shape":[2],"data_offsets":[0,2])"),
          one(R"("dtype":7,"shape":[2],"data_offsets":[0,2])"),
          one(R"("dtype":["U8"],"shape":[2],"data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":"2","data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":[[2]],"data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":{"0":2},"data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":[-2],"data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":[2.0],"data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":[null],"data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":[true],"data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":["2"],"data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":[3],"data_offsets":[0,2])"),
          one(R"("dtype":"U16","shape":[2],"data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":[99999999999999999999999],"data_offsets":[0,2])"),
          one(R"("dtype":"U16","shape":[9223372036854775807,2],"data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":[4294967296,4294967296,2],"data_offsets":[0,2])"),
          one(R"("dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0])"),
          one(R"("dtype":"U8","shape":[2],"data_offsets":[0])"),
          one(R"("dtype":"U8","shape":[2],"data_offsets":[])"),
          one(R"("dtype":"U8","shape":[2],"data_offsets":[0,2,2])"),
          one(R"("dtype":"U8","shape":[2],"data_offsets":[2,0])"),
          one(R"("dtype":"U8","shape":[2],"data_offsets":[-1,1])"),
          one(R"("dtype":"U8","shape":[2],"data_offsets":[0,18446744073709551615])"),
          one(R"("dtype":"U8","shape":[2],"data_offsets":[18446744073709551614,0])"),
          one(R"("dtype":"U8","shape":[1],"data_offsets":[1,2])"),
          one(good + R"(,"shape":[2])"),
          one(good + R"(,"dtype":"U8")"),
          one(good + R"(,"extra":1)"),
          "{" + one(good).substr(1, one(good).size() - 2) + "," + one(good).substr(1),
          R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
          R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
          R"({"__metadata__":{"k":1}})",
          R"({"__metadata__":{"k":null}})",
          R"({"__metadata__":{"k":{}}})",
          R"({"__metadata__":{"k":["v"]}})",
          R"({"__metadata__":{"k":"v","k":"v"}})",
          R"({"__metadata__":{},"__metadata__":{}})",
          R"({"__metadata__":"v"})",
          R"({"__metadata__":[]})",
          R"({"a":null})",
          R"({"a":[]})",
          R"({"a":{}})",
          R"({,})",
          R"({"a")",
          R"({"a":})",
          R"({a:1})",
      }) {
    const std::string message = refusal_of_header(header, "xy");
    EXPECT_TRUE(message.starts_with("f, byte ") || message.starts_with("f: ")) << header << "\n" << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(SafeTensors, NamesTheKindOfValueThatStandsInAWrongPlace) {
  const auto ends = [](const std::string& header, const std::string& words) {
    const std::string message = refusal_of_header(header, "xy");
    EXPECT_TRUE(message.ends_with(words)) << header << ": " << message;
  };
  const std::string whole = " that are whole and not negative, got ";
  ends(R"({"a":{"shape":["x"]}})", "tensor 'a': expected dimensions" + whole + "a string");
  ends(R"({"a":{"data_offsets":["x"]}})", "tensor 'a': expected data_offsets" + whole + "a string");
  ends(R"({"a":{"data_offsets":[{}]}})", "tensor 'a': expected data_offsets" + whole + "an object");
  ends(R"({"a":{"data_offsets":[[]]}})", "tensor 'a': expected data_offsets" + whole + "a list");
  ends(R"({"a":{"dtype":[]}})", "tensor 'a': expected another kind of dtype, got a list");
  ends(R"({"a":{"dtype":7}})", "tensor 'a': expected another kind of dtype, got a number");
  ends(R"({"a":{"shape":"x"}})", "tensor 'a': expected another kind of shape, got a string");
  ends(R"({"a":"x"})", "expected 'a' to be an object, got a string");
  ends(R"({"__metadata__":{"k":[]}})", "expected metadata 'k' to be a string, got a list");
  ends(R"({"__metadata__":{"k":7}})", "expected metadata 'k' to be a string, got a number");
  ends(R"({"a":{"extra":7}})", "tensor 'a': unknown key 'extra'");
  ends(R"({"a":{"data_offsets":[0]}})", "tensor 'a': expected 2 data_offsets, got 1");
  ends(R"({"a":{"dtype":"U8"}})", "tensor 'a': expected dtype, shape and data_offsets");
}

TEST(SafeTensors, PassesOverTypesOfOthersWhereItIsAsked) {
  const std::string bytes = with_length(R"({"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]},)"
                                        R"("b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                                        "xy");
  EXPECT_NE(refusal(bytes).find("unknown dtype 'F4'"), std::string::npos);
  const SafeTensors file = parse_safetensors(bytes, "f", ForeignTypes::unread);
  EXPECT_EQ(file.unread, (std::vector<std::string>{"a (F4)"}));
  ASSERT_EQ(file.tensors.size(), 1u);
  EXPECT_EQ(file.tensors[0].name, "b");
}

TEST(SafeTensors, NamesTheFieldThatIsTooLong) {
  EXPECT_EQ(refusal_of_header(one(R"("dtype":"U8","shape":[2],"data_offsets":[0,2,2])"), "xy"),
            "f, byte 60: tensor 'a': expected 2 data_offsets, got more");
}

TEST(SafeTensors, RefusesATensorGivenTwiceEvenWhereItsBytesFit) {
  EXPECT_EQ(refusal_of_header(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                              R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                              "xy"),
            "f: tensor 'a' is given twice");
}

TEST(SafeTensors, RefusesDeepNestingWithoutFollowingIt) {
  const std::string deep(1'000'000, '[');
  EXPECT_NE(refusal_of_header("{\"a\":" + deep + "}"), "");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_NE(refusal_of_header(objects + "}"), "");
  EXPECT_NE(refusal_of_header(one("\"shape\":" + deep)), "");
}

TEST(SafeTensors, RefusesTextThatIsTooLongAndEntriesThatAreTooMany) {
  using Limits = SafeTensorsLimits;
  EXPECT_NE(refusal_of_header("{\"__metadata__\":{\"k\":\"" + std::string(Limits::text + 9, 'x') + "\"}}"), "");
  EXPECT_NE(refusal_of_header("{" + std::string(Limits::text + 9, ' ') + "}"), "");
  EXPECT_NE(refusal_of_header(one("\"shape\":[" + std::string(Limits::text + 9, '1') + "]")), "");
  std::string shape = "1";
  for (std::size_t i = 0; i < Limits::rank; ++i) shape += ",1";
  EXPECT_NE(refusal_of_header(one(R"("dtype":"U8","data_offsets":[0,1],"shape":[)" + shape + "]"), "x"), "");
  std::string entries;
  for (std::size_t i = 0; i <= Limits::entries; ++i) entries += ",\"" + std::to_string(i) + "\":\"\"";
  EXPECT_NE(refusal_of_header("{\"__metadata__\":{" + entries.substr(1) + "}}"), "");
}

TEST(SafeTensors, WritesNoMoreEntriesThanItReadsAndNoLongerHeader) {
  SafeTensors many;
  for (std::size_t i = 0; i <= SafeTensorsLimits::entries; ++i) many.metadata[std::to_string(i)];
  EXPECT_THROW(to_safetensors(many), ValueError);
  many.metadata.erase("0");
  EXPECT_EQ(parse_safetensors(to_safetensors(many), "f").metadata.size(), SafeTensorsLimits::entries);
  std::string tensors;
  for (std::size_t i = 0; i <= SafeTensorsLimits::entries; ++i)
    tensors += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_NE(refusal_of_header("{" + tensors + "}").find("expected at most 65536 tensors"), std::string::npos);
  SafeTensors wide;
  for (const char* key : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l",
                          "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x"})
    wide.metadata[key] = std::string(SafeTensorsLimits::text - 2, 'x');
  EXPECT_THROW(to_safetensors(wide), ValueError) << "of 24 texts of 4 MiB";
}

TEST(SafeTensors, TakesTheLongestTextThatItWrites) {
  const SafeTensors file{.metadata = {{"k", std::string(SafeTensorsLimits::text - 2, 'x')}}, .tensors = {}};
  EXPECT_EQ(parse_safetensors(to_safetensors(file), "f"), file);
}

TEST(SafeTensors, WritesNothingThatItWouldNotRead) {
  EXPECT_THROW(to_safetensors({.metadata = {{"k", "\xff"}}, .tensors = {}}), ValueError);
  EXPECT_THROW(to_safetensors({.metadata = {{"k", std::string(SafeTensorsLimits::text, 'x')}}, .tensors = {}}),
               ValueError);
  const Tensor good = tensor_of("a", DType::f32, {2});
  EXPECT_THROW(to_safetensors({.metadata = {}, .tensors = {good, good}}), ValueError);
  const auto expect_refused = [&](auto change) {
    Tensor bad = good;
    change(bad);
    EXPECT_THROW(to_safetensors({.metadata = {}, .tensors = {bad}}), ValueError);
  };
  expect_refused([](Tensor& t) { t.name = "__metadata__"; });
  expect_refused([](Tensor& t) { t.name = "\x80"; });
  expect_refused([](Tensor& t) { t.shape = {3}; });
  expect_refused([](Tensor& t) { t.shape = {-2, -1}; });
  expect_refused([](Tensor& t) { t.shape.resize(SafeTensorsLimits::rank + 1, 1); });
}

// Whatever a header is turned into, it is taken or refused with a FileError of one line, and what is taken can be
// written and read again.
TEST(SafeTensors, SurvivesRandomChangesOfTheHeader) {
  const std::string original = to_safetensors(example());
  const std::string alphabet = "{}[]\",:0123456789-.eE\\u __metadata__dtypeshape\x7f\x80\xff" + std::string(1, '\0');
  RandomState random(1);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random.interval(n - 1)); };
  int taken = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::uint64_t length = 0;
    std::memcpy(&length, original.data(), 8);
    std::string header = original.substr(8, length);
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
      const std::size_t at = below(header.size());
      switch (below(4)) {
        case 0: header[at] = alphabet[below(alphabet.size())]; break;
        case 1: header.erase(at, 1 + below(5)); break;
        case 2: header.insert(at, 1, alphabet[below(alphabet.size())]); break;
        default: header.insert(at, header.substr(below(header.size()), below(40)));
      }
    }
    const std::string bytes = with_length(header, original.substr(8 + length));
    try {
      const SafeTensors file = parse_safetensors(bytes, "f");
      EXPECT_EQ(parse_safetensors(to_safetensors(file), "f"), file);
      ++taken;
    } catch (const FileError& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
  }
  EXPECT_GT(taken, 0);  // some changes touch a name or a text only
  EXPECT_LT(taken, 10'000);
}

}  // namespace
}  // namespace gradus
