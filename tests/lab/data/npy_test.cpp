// SPDX-License-Identifier: MIT
#include "gradus/lab/data/npy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "gradus/lab/files/file.hpp"
#include "tests/paths.hpp"

namespace gradus {
namespace {

/// A .npy file of the given dictionary and data.
std::string npy(const std::string& dictionary, const std::string& data, char major = 1) {
  std::string length{static_cast<char>(dictionary.size() & 0xff), static_cast<char>(dictionary.size() >> 8)};
  if (major > 1) length += std::string(2, '\0');
  return "\x93NUMPY" + std::string{major, '\0'} + length + dictionary + data;
}

std::string dictionary(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

std::string fault(const std::string& bytes) {
  try {
    parse_npy(bytes, "f.npy");
  } catch (const FileError& error) {
    return error.what();
  }
  return "read";
}

template <class T>
std::string bytes_of(std::vector<T> values, bool big_endian) {
  std::string bytes;
  for (const T value : values) {
    std::string own(sizeof(T), '\0');
    std::memcpy(own.data(), &value, sizeof(T));
    if (big_endian) own.assign(own.rbegin(), own.rend());
    bytes += own;
  }
  return bytes;
}

const Matrix<double> kGolden{{-0.5, -0.25, 0}, {0.25, 0.5, 0.75}};

TEST(Npy, ReadsWhatNumPyWrote) {
  EXPECT_EQ(read_npy(GRADUS_FIXTURES "/matrix_f8.npy").values, kGolden);
  EXPECT_EQ(read_npy(GRADUS_FIXTURES "/fortran_be_f4_v2.npy").values, kGolden);
}

template <class T>
void expect_type(const std::string& type) {
  const Matrix<double> expected{{0, 1, 100}, {2, 3, 4}};
  for (const bool big : {false, true}) {
    const std::string descr = (sizeof(T) == 1 ? "|" : big ? ">" : "<") + type;
    EXPECT_EQ(parse_npy(npy(dictionary(descr, "(2, 3)"), bytes_of<T>({0, 1, 100, 2, 3, 4}, big))).values, expected);
    EXPECT_EQ(parse_npy(npy(dictionary(descr, "(2L, 3L)", "True"), bytes_of<T>({0, 2, 1, 3, 100, 4}, big), 3)).values,
              expected);
  }
}

TEST(Npy, ReadsEveryTypeInEitherByteOrderAndLayout) {
  expect_type<float>("f4");
  expect_type<double>("f8");
  expect_type<std::int8_t>("i1");
  expect_type<std::int16_t>("i2");
  expect_type<std::int32_t>("i4");
  expect_type<std::int64_t>("i8");
  expect_type<std::uint8_t>("u1");
  expect_type<std::uint16_t>("u2");
  expect_type<std::uint32_t>("u4");
  expect_type<std::uint64_t>("u8");
  EXPECT_EQ(parse_npy(npy(dictionary("|b1", "(1, 2)"), std::string("\x01\x00", 2))).values, (Matrix<double>{{1, 0}}));
  EXPECT_EQ(parse_npy(npy(dictionary("<i2", "(1, 1)"), bytes_of<std::int16_t>({-300}, false))).values(0, 0), -300);
}

TEST(Npy, ReadsOneAxisAsAColumnAndEmptyArrays) {
  const NpyArray column = parse_npy(npy(dictionary("<f8", "(2,)"), bytes_of<double>({1, 2}, false)));
  EXPECT_EQ(column.axes, 1);
  EXPECT_EQ(column.values, (Matrix<double>{{1}, {2}}));
  EXPECT_EQ(parse_npy(npy(dictionary("<f8", "(0, 5)"), "")).values.cols(), 5);
  EXPECT_EQ(parse_npy(npy(dictionary("<f8", "(5, 0)", "True"), "")).values.rows(), 5);
}

TEST(Npy, WritesWhatItReadsBackBitForBit) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Index rows : {0, 1, 2, 13})
    for (const Index cols : {0, 1, 7}) {
      Matrix<double> x(rows, cols);
      for (Index k = 0; k < x.size(); ++k) x.values()[static_cast<std::size_t>(k)] = 1.0 / static_cast<double>(k + 3);
      const std::string bytes = to_npy(x.view());
      EXPECT_EQ((bytes.size() - static_cast<std::size_t>(x.size()) * 8) % 64, 0u);
      EXPECT_EQ(parse_npy(bytes).values, x);
      EXPECT_EQ(to_npy(parse_npy(bytes).values.view()), bytes);
    }
  EXPECT_TRUE(std::isnan(parse_npy(to_npy(Matrix<double>{{nan}}.view())).values(0, 0)));
  const Matrix<float> floats{{0.1f, -2.5f}};
  EXPECT_EQ(parse_npy(to_npy(floats.view())).values, (Matrix<double>{{static_cast<double>(0.1f), -2.5}}));
  const std::vector<double> line{1, 2, 3};
  EXPECT_EQ(parse_npy(to_npy(std::span<const double>(line))).axes, 1);
  EXPECT_EQ(to_npy(ConstMatrixView<double>(kGolden)).substr(0, 6), "\x93NUMPY");
}

TEST(Npy, RefusesTypesItDoesNotHold) {
  for (const std::string descr : {"|O", "<f2", "<c16", "|V8", "<U3", "|S8", "<f16", "f8", "=f8", "|b2", "<u3", "<f1",
                                  "<i5", "<M8", "|i4", "", "<f8x"})
    EXPECT_NE(fault(npy(dictionary(descr, "(1, 1)"), std::string(8, '\0'))).find("expected booleans, integers"),
              std::string::npos)
        << descr;
  EXPECT_NE(fault(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", std::string(8, '\0')))
                .find("structured types are refused"),
            std::string::npos);
}

TEST(Npy, RefusesSizesThatTheFileDoesNotHold) {
  const std::string eight(8, '\0');
  for (const std::string shape : {"(2, 1)", "(1, 2)", "(0, 1)", "(4294967296, 4294967296)", "(9223372036854775807, 2)",
                                  "(18446744073709551615, 1)", "(99999999999999999999, 1)", "(-1, 1)", "(1, -1)",
                                  "(1.0, 1)", "()", "(1, 1, 1)", "(0, 18446744073709551615)"})
    EXPECT_NE(fault(npy(dictionary("<f8", shape), eight)), "read") << shape;
  EXPECT_EQ(fault(npy(dictionary("<f8", "(2, 1)"), eight)),
            "f.npy, byte 70: expected 2 x 1 elements of 8 bytes, got 8 bytes to the end of the file");
}

TEST(Npy, CountsBytesByTheirNumber) {
  EXPECT_TRUE(fault(npy(dictionary("|u1", "(3,)"), "12"))
                  .ends_with("expected 3 elements of 1 byte, got 2 bytes to the end of the file"));
  EXPECT_EQ(fault(npy("{\"descr\": \"|u1\", \"fortran_order\": False, \"shape\": (2,)}", "12")), "read")
      << "quotes of either kind";
}

TEST(Npy, OfADatasetHasItsAnswersBehindItsFeatures) {
  Dataset data;
  data.x = Matrix<double>{{1, 2}, {3, 4}};
  data.targets = Matrix<double>{{5, 6}, {7, 8}};
  EXPECT_EQ(parse_npy(to_npy(data)).values, (Matrix<double>{{1, 2, 5, 6}, {3, 4, 7, 8}}));
  data.targets = {};
  data.class_names = {"a", "b"};
  data.labels = {1, 0};
  EXPECT_EQ(parse_npy(to_npy(data)).values, (Matrix<double>{{1, 2, 1}, {3, 4, 0}}));
  EXPECT_TRUE(is_npy_of_ours(to_npy(data)));
  EXPECT_FALSE(is_npy_of_ours(read_file(GRADUS_FIXTURES "/matrix_f8.npy")));
  EXPECT_FALSE(is_npy_of_ours("1,2\n"));
}

TEST(Npy, RefusesIntegersThatADoubleCannotHold) {
  const std::int64_t limit = std::int64_t{1} << 53;
  EXPECT_EQ(parse_npy(npy(dictionary("<i8", "(1,)"), bytes_of<std::int64_t>({-limit}, false))).values(0, 0), -0x1p53);
  EXPECT_NE(fault(npy(dictionary("<i8", "(1,)"), bytes_of<std::int64_t>({limit + 2}, false))).find("2^53"),
            std::string::npos);
}

TEST(Npy, RefusesHeadersThatAreNoHeaders) {
  EXPECT_EQ(fault("PK\x03\x04"), "f.npy, byte 0: expected a .npy file, which opens with \\x93NUMPY");
  EXPECT_EQ(fault(npy("{}", "", 4)), "f.npy, byte 6: expected version 1.0, 2.0 or 3.0, got 4.0");
  EXPECT_EQ(fault(npy(std::string(10001, ' '), "")),
            "f.npy, byte 8: expected a header of at most 10000 bytes, got 10001");
  EXPECT_NE(fault(npy("{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1,)}", std::string(8, '\0')))
                .find("expected True or False in the header"),
            std::string::npos);
  const std::string whole = npy(dictionary("<f8", "(1,)"), "");
  for (const std::size_t left : {0U, 8U, 50U}) {
    const std::string told = fault(whole.substr(0, 10 + left));
    EXPECT_TRUE(told.ends_with(" bytes, got " + std::to_string(left) + " to the end of the file")) << told;
  }
  for (const std::string text :
       {"", "{", "{}", "[]", "{'descr': '<f8'}",
        "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}", "{'descr: (1,)}", "{'shape': (1 1)}",
        "{'descr': '<f8', 'fortran_order': False, 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False}", "{'descr': '<f8', 'shape': (1,)}",
        "{'fortran_order': False, 'shape': (1,)}"})
    EXPECT_NE(fault(npy(text, std::string(8, '\0'))), "read") << text;
}

TEST(Npy, ReadsAnyPrefixAndAnyChangedByteOrSaysWhyNot) {
  for (const std::string name : {"/matrix_f8.npy", "/fortran_be_f4_v2.npy"}) {
    const std::string whole = read_file(GRADUS_FIXTURES + name);
    for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_NE(fault(whole.substr(0, n)), "read") << n;
    EXPECT_NE(fault(whole + '\0'), "read");
    for (std::size_t i = 0; i < whole.size(); ++i)
      for (const char byte : {'\x00', '\x7F', '\x80', '\xFF'}) {
        std::string changed = whole;
        changed[i] = byte;
        EXPECT_EQ(fault(changed).find('\n'), std::string::npos);
      }
  }
}

TEST(NpyDataset, TakesTheLastColumnForTheTarget) {
  const Dataset classes = parse_npy_dataset(to_npy(Matrix<double>{{1, 2, 7}, {3, 4, -1}, {5, 6, 7}}.view()));
  EXPECT_EQ(classes.x, (Matrix<double>{{1, 2}, {3, 4}, {5, 6}}));
  EXPECT_EQ(classes.class_names, (std::vector<std::string>{"-1", "7"}));
  EXPECT_EQ(classes.labels, (std::vector<int>{1, 0, 1}));
  EXPECT_EQ(parse_npy_dataset(to_npy(kGolden.view())).targets, (Matrix<double>{{0}, {0.75}}));
  EXPECT_EQ(parse_npy_dataset(to_npy(kGolden.view()), {.features = 3}).features(), 3);
}

TEST(NpyDataset, NamesTheRowOfABadNumberOrLabel) {
  const auto message = [](const Matrix<double>& x, const TableOptions& options = {}) {
    try {
      parse_npy_dataset(to_npy(x.view()), options, "f.npy");
    } catch (const FileError& error) {
      return std::string(error.what());
    }
    return std::string("read");
  };
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(message({{1, 0}, {inf, 1}}), "f.npy: row 2: column '1': expected a finite number, got 'inf'");
  EXPECT_EQ(message({{1, 0}, {2, 5}}, {.class_names = {"0", "1"}}),
            "f.npy: row 2: column '2': expected one of the known classes (0, 1), got '5'");
  EXPECT_EQ(message(Matrix<double>(0, 3)), "f.npy: expected rows, got none");
  EXPECT_EQ(message({{1}}), "f.npy: expected a feature and the target, got 1 column");
}

}  // namespace
}  // namespace gradus
