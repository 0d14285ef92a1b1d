// SPDX-License-Identifier: MIT
#include "src/engine/kernels/gemm.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "gradus/engine/buffer.hpp"
#include "gradus/engine/instruction_set.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

using engine::Buffer;
using engine::Product;

struct Shape {
  Index rows, cols, depth;
};

/// Empty, 1, primes, around lanes (4, 8, 16), tiles (6, 14 rows; 2 vectors), blocks of rows (126) and of depth (128,
/// 256).
const std::vector<Shape> shapes{{1, 1, 1},     {0, 3, 2},     {3, 0, 2},    {3, 2, 0},     {1, 17, 3},    {2, 4, 5},
                                {5, 3, 7},     {6, 8, 16},    {7, 9, 17},   {13, 31, 11},  {14, 32, 128}, {15, 33, 129},
                                {28, 64, 4},   {29, 65, 2},   {126, 16, 3}, {127, 15, 31}, {128, 10, 64}, {253, 7, 5},
                                {3, 130, 257}, {17, 40, 300}, {2, 2, 513}};

/// A factor whose matrix lies in memory with gaps of NaN between its rows.
template <class T>
struct Stored {
  Stored(Index rows, Index cols, bool transposed, RandomState& random)
      : stride((transposed ? rows : cols) + 3),
        values(static_cast<std::size_t>((transposed ? cols : rows) * stride), std::numeric_limits<T>::quiet_NaN()),
        factor{values.data(), stride, transposed} {
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < cols; ++j) values[at(i, j)] = static_cast<T>(random.uniform(-1, 1));
  }
  std::size_t at(Index i, Index j) const {
    return static_cast<std::size_t>(factor.transposed ? j * stride + i : i * stride + j);
  }
  double operator()(Index i, Index j) const { return static_cast<double>(values[at(i, j)]); }

  Index stride;
  std::vector<T> values;
  engine::Factor<T> factor;
};

enum class Plus { nothing, itself, a_row };

template <class T>
void check_products(bool a_transposed, bool b_transposed, Plus plus) {
  RandomState random(3);
  Buffer<T> work(static_cast<std::size_t>(engine::kGemmWork<T>));
  for (const Shape& s : shapes) {
    SCOPED_TRACE(std::to_string(s.rows) + " x " + std::to_string(s.depth) + " x " + std::to_string(s.cols) + " " +
                 engine::instruction_set());
    Stored<T> a(s.rows, s.depth, a_transposed, random), b(s.depth, s.cols, b_transposed, random);
    const Index stride = s.cols + 2;
    const T untouched = T(77);
    std::vector<T> c(static_cast<std::size_t>(s.rows * stride), untouched);
    std::vector<T> row(static_cast<std::size_t>(s.cols));
    for (T& value : row) value = static_cast<T>(random.uniform(-1, 1));
    for (Index i = 0; i < s.rows; ++i)
      for (Index j = 0; j < s.cols; ++j)
        c[static_cast<std::size_t>(i * stride + j)] =
            plus == Plus::itself ? static_cast<T>(random.uniform(-1, 1)) : std::numeric_limits<T>::quiet_NaN();
    const std::vector<T> before = c;
    std::fill(work.begin(), work.end(), std::numeric_limits<T>::quiet_NaN());
    Product<T> product{s.rows, s.cols, s.depth, a.factor, b.factor, c.data(), stride};
    if (plus == Plus::itself) product.d = c.data(), product.d_stride = stride;
    if (plus == Plus::a_row) product.d = row.data();
    engine::gemm(product, work.data());
    for (Index i = 0; i < s.rows; ++i)
      for (Index j = 0; j < stride; ++j) {
        const T got = c[static_cast<std::size_t>(i * stride + j)];
        if (j >= s.cols) {
          EXPECT_EQ(got, untouched);
          continue;
        }
        double sum = 0;
        if (plus == Plus::itself) sum = static_cast<double>(before[static_cast<std::size_t>(i * stride + j)]);
        if (plus == Plus::a_row) sum = static_cast<double>(row[static_cast<std::size_t>(j)]);
        double size = std::abs(sum);
        for (Index k = 0; k < s.depth; ++k) {
          sum += a(i, k) * b(k, j);
          size += std::abs(a(i, k) * b(k, j));
        }
        // A rounding a product and a sum, the reference's own included.
        const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
        EXPECT_NEAR(static_cast<double>(got), sum, 2 * eps * static_cast<double>(s.depth + 2) * size);
      }
  }
}

TEST(Gemm, MultipliesAnyShapeAnyWayRound) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    for (const bool a_transposed : {false, true})
      for (const bool b_transposed : {false, true})
        for (const Plus plus : {Plus::nothing, Plus::itself, Plus::a_row}) {
          check_products<float>(a_transposed, b_transposed, plus);
          check_products<double>(a_transposed, b_transposed, plus);
        }
  }
  engine::use_instruction_set("");
}

TEST(Gemm, GivesAPartTheBitsOfTheWhole) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    RandomState random(5);
    const Index rows = 131, cols = 70, depth = 300;
    Stored<float> a(rows, depth, false, random), b(depth, cols, true, random);
    Buffer<float> work(static_cast<std::size_t>(engine::kGemmWork<float>));
    std::vector<float> whole(static_cast<std::size_t>(rows * cols)), parts(whole.size());
    engine::gemm({rows, cols, depth, a.factor, b.factor, whole.data(), cols}, work.data());
    for (const Index row : {Index{0}, Index{50}})
      for (const Index col : {Index{0}, Index{33}}) {
        const Index m = row == 0 ? 50 : rows - 50, n = col == 0 ? 33 : cols - 33;
        engine::gemm({m,
                      n,
                      depth,
                      {a.factor.data + row * a.stride, a.stride, false},
                      {b.factor.data + col * b.stride, b.stride, true},
                      parts.data() + row * cols + col,
                      cols},
                     work.data());
      }
    EXPECT_EQ(parts, whole) << set;
  }
  engine::use_instruction_set("");
}

TEST(Gemm, CarriesNaNOfEitherFactorIntoItsRowOrColumnAlone) {
  RandomState random(7);
  Stored<double> a(20, 30, false, random), b(30, 40, false, random);
  Buffer<double> work(static_cast<std::size_t>(engine::kGemmWork<double>));
  std::vector<double> c(20 * 40);
  a.values[a.at(7, 11)] = std::numeric_limits<double>::quiet_NaN();
  engine::gemm({20, 40, 30, a.factor, b.factor, c.data(), 40}, work.data());
  for (Index i = 0; i < 20; ++i)
    for (Index j = 0; j < 40; ++j) EXPECT_EQ(std::isnan(c[static_cast<std::size_t>(i * 40 + j)]), i == 7);
}

}  // namespace
}  // namespace gradus
