// SPDX-License-Identifier: MIT
#include "gradus/core/matrix.hpp"

#include <gtest/gtest.h>

#include "gradus/core/shape.hpp"

namespace gradus {
namespace {

template <class F>
std::string refusal(F&& f) {
  try {
    f();
    return "";
  } catch (const ShapeError& error) {
    return error.what();
  }
}

TEST(Matrix, IsFilledRowByRow) {
  const Matrix<double> x{{1, 2, 3}, {4, 5, 6}};
  EXPECT_EQ(x.rows(), 2);
  EXPECT_EQ(x.cols(), 3);
  EXPECT_EQ(x.values(), (std::vector<double>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(x(1, 0), 4);
  EXPECT_EQ(Matrix<double>(2, 3, std::vector<double>{1, 2, 3, 4, 5, 6}), x);
}

TEST(Matrix, MayBeEmptyInEitherDirection) {
  EXPECT_TRUE(Matrix<double>().empty());
  EXPECT_TRUE(Matrix<double>(0, 5).empty());
  EXPECT_TRUE(Matrix<double>(5, 0).empty());
  EXPECT_EQ(Matrix<double>(0, 5).cols(), 5);
  EXPECT_EQ(Matrix<double>(5, 0).rows(), 5);
  EXPECT_NE(Matrix<double>(0, 5), Matrix<double>(5, 0));
  EXPECT_TRUE(Matrix<double>(std::initializer_list<std::initializer_list<double>>{}).empty());
}

TEST(Matrix, RefusesNumbersThatDoNotFillIt) {
  EXPECT_EQ(refusal([] { Matrix<double>(2, 3, std::vector<double>(5)); }),
            "[matrix] expected 6 numbers for 2 x 3, got 5");
  EXPECT_EQ(refusal([] { Matrix<double>{{1, 2}, {3}}; }), "[matrix] expected rows of 2 numbers, got one of 1");
}

TEST(MatrixView, LooksThroughItsStride) {
  std::vector<double> numbers{1, 2, -1, 3, 4, -1, 5, 6, -1};
  const MatrixView<double> view(numbers.data(), 3, 2, 3);
  EXPECT_EQ(Matrix<double>(view), (Matrix<double>{{1, 2}, {3, 4}, {5, 6}}));
  EXPECT_EQ(Matrix<double>(view.middle_rows(1, 2)), (Matrix<double>{{3, 4}, {5, 6}}));
  EXPECT_EQ(view.middle_rows(3, 0).rows(), 0);
  EXPECT_EQ(view.row(2).size(), 2u);
  view(1, 1) = 40;
  EXPECT_EQ(numbers[4], 40);
}

TEST(Matrix, KeepsItsMemoryWhenItShrinks) {
  Matrix<double> x(7, 5, 1.0);
  const double* data = x.data();
  x.resize(3, 5);
  x.resize(7, 5);
  EXPECT_EQ(x.data(), data);
  EXPECT_EQ(x.size(), 35);
}

TEST(Matrix, GivesRowsInTheOrderAsked) {
  const Matrix<double> x{{1, 2}, {3, 4}, {5, 6}};
  EXPECT_EQ(take_rows(x, std::vector<Index>{2, 0, 2}), (Matrix<double>{{5, 6}, {1, 2}, {5, 6}}));
  EXPECT_EQ(take_rows(x, std::vector<Index>{}).cols(), 2);
}

TEST(Shape, ErrorsSayWhatWasExpectedWhatCameAndWhere) {
  const Matrix<double> x(7, 2);
  EXPECT_EQ(refusal([&] { check_cols("dense", "x", x, 3); }), "[dense] expected x with 3 columns, got 2 (x is 7 x 2)");
  EXPECT_EQ(refusal([&] { check_cols("dense", "x", x, 1); }), "[dense] expected x with 1 column, got 2 (x is 7 x 2)");
  EXPECT_EQ(refusal([&] { check_rows("loss", "targets", x, 1); }),
            "[loss] expected targets with 1 row, got 7 (targets is 7 x 2)");
  EXPECT_EQ(refusal([&] { check_length("network", "theta", 4, 5); }), "[network] expected theta of length 5, got 4");
  EXPECT_EQ(refusal([&] {
              check_cols("dense", "x", x, 2);
              check_rows("dense", "x", x, 7);
              check_length("dense", "x", 0, 0);
            }),
            "");
}

}  // namespace
}  // namespace gradus
