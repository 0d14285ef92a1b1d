// SPDX-License-Identifier: MIT
#include "gradus/data/scaler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

using Kind = Scaler::Kind;

TEST(Scaler, GivesMeanZeroAndDeviationOne) {
  RandomState random(1);
  for (const Index rows : {2, 7, 100}) {
    const Matrix<double> x = random.normal(30, 5, rows, 3);
    const Matrix<double> scaled = Scaler::fit(Kind::standard, x).transform(x);
    for (Index j = 0; j < 3; ++j) {
      double sum = 0;
      double squares = 0;
      for (Index i = 0; i < rows; ++i) {
        sum += scaled(i, j);
        squares += scaled(i, j) * scaled(i, j);
      }
      const double n = static_cast<double>(rows);
      EXPECT_NEAR(sum / n, 0, 1e-13);  // the mean is 30 and the deviation 5: some 10 ULP of 30 / 5
      EXPECT_NEAR(squares / n, 1, 1e-13);
    }
  }
}

TEST(Scaler, GivesTheRangeFromZeroToOneExactly) {
  RandomState random(2);
  const Matrix<double> x = random.uniform(-7, 3, 50, 1);
  const Matrix<double> scaled = Scaler::fit(Kind::min_max, x).transform(x);
  EXPECT_EQ(*std::min_element(scaled.values().begin(), scaled.values().end()), 0);
  EXPECT_EQ(*std::max_element(scaled.values().begin(), scaled.values().end()), 1);
}

TEST(Scaler, LeavesAConstantColumnItsSize) {
  for (const Kind kind : {Kind::standard, Kind::min_max})
    for (const double constant : {0.0, 0.1, -1e9, 1e-30}) {
      const Matrix<double> x(13, 2, constant);
      const Scaler scaler = Scaler::fit(kind, x);
      EXPECT_EQ(scaler.scale, (std::vector<double>{1, 1})) << constant;
      EXPECT_NEAR(scaler.transform(x)(5, 1), 0, 1e-15 * std::abs(constant));
    }
}

TEST(Scaler, UndoesItself) {
  RandomState random(3);
  const Matrix<double> x = random.normal(0, 3, 20, 4);
  for (const Kind kind : {Kind::standard, Kind::min_max}) {
    const Scaler scaler = Scaler::fit(kind, x);
    const Matrix<double> again = scaler.inverse_transform(scaler.transform(x));
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < x.cols(); ++j) EXPECT_NEAR(again(i, j), x(i, j), 1e-14);  // three roundings of numbers < 20
  }
}

TEST(Scaler, RefusesNoSamplesOtherColumnsAndNumbersThatAreNone) {
  EXPECT_THROW(Scaler::fit(Kind::standard, Matrix<double>(0, 2)), ValueError);
  EXPECT_THROW(Scaler::fit(Kind::standard, Matrix<double>{{1, std::numeric_limits<double>::quiet_NaN()}}), ValueError);
  const Scaler scaler = Scaler::fit(Kind::standard, Matrix<double>{{1, 2}});
  EXPECT_THROW(scaler.transform(Matrix<double>(1, 3)), ShapeError);
  EXPECT_THROW(scaler.inverse_transform(Matrix<double>(1, 1)), ShapeError);
}

TEST(Scaler, NamesItsKinds) {
  for (const Kind kind : {Kind::standard, Kind::min_max}) EXPECT_EQ(parse_scaler_kind(to_text(kind)), kind);
  EXPECT_THROW(parse_scaler_kind("minmax"), ValueError);
}

TEST(Scaler, CorrectsWhatRoundingTheMeanDoesToTheVariance) {
  // Around 1e9 doubles lie `step` apart: the mean, 25.75 steps above it, is none of them. What is left of the sum once
  // the rounded mean is taken off says how far it is off; without it the variance in steps, 1887.6875, would be
  // greater by at least 1 / 16.
  const double step = 0x1p-23;
  const std::vector<double> offsets{0, 1, 1, 101};
  Matrix<double> x(4, 2, 1e9);
  for (Index i = 0; i < 4; ++i)
    for (Index j = 0; j < 2; ++j) x(i, j) += offsets[static_cast<std::size_t>(i)] * step;
  const Scaler scaler = Scaler::fit(Kind::standard, x);
  for (const double scale : scaler.scale) EXPECT_NEAR(scale / step, std::sqrt(1887.6875), 1e-12);
}

}  // namespace
}  // namespace gradus
