// SPDX-License-Identifier: MIT
#include "gradus/engine/math.hpp"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "gradus/core/error.hpp"
#include "gradus/engine/instruction_set.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

using std::numeric_limits;

/// Of the value in T nearest to `exact`: the distance of `got` from it in units of the last place of T at `exact`.
template <class T>
double ulps(T got, long double exact) {
  if (std::isnan(exact)) return std::isnan(got) ? 0 : 1e9;
  const T nearest = static_cast<T>(exact);
  if (got == nearest) return 0;
  if (!std::isfinite(got) || !std::isfinite(nearest)) {
    // Just over the largest number either answer is within rounding.
    const long double max = numeric_limits<T>::max();
    return std::isfinite(got)                  ? std::abs(static_cast<long double>(got) - exact) > 1e-6L * max ? 1e9 : 1
           : std::abs(exact) < 0.999999L * max ? 1e9
                                               : 1;
  }
  const int exponent = std::max(std::ilogb(nearest), numeric_limits<T>::min_exponent - 1);
  const long double unit = std::ldexp(
      1.0L, (nearest == 0 ? numeric_limits<T>::min_exponent - 1 : exponent) - (numeric_limits<T>::digits - 1));
  return static_cast<double>(std::abs(static_cast<long double>(got) - exact) / unit);
}

template <class T>
struct Function {
  const char* name;
  void (*ours)(std::span<const T>, std::span<T>);
  long double (*exact)(long double);
};

long double exact_sigmoid(long double x) {
  if (x < 0) return std::exp(x) / (1 + std::exp(x));
  return 1 / (1 + std::exp(-x));
}

template <class T>
std::vector<Function<T>> functions() {
  return {{"exp", engine::exp, [](long double x) { return std::exp(x); }},
          {"log", engine::log, [](long double x) { return std::log(x); }},
          {"tanh", engine::tanh, [](long double x) { return std::tanh(x); }},
          {"sigmoid", engine::sigmoid, exact_sigmoid},
          {"expm1", engine::expm1, [](long double x) { return std::expm1(x); }},
          {"log1p", engine::log1p, [](long double x) { return std::log1p(x); }}};
}

template <class T>
double worst_ulps(const Function<T>& function, std::vector<T> x, T* at = nullptr) {
  std::vector<T> y(x.size(), T(7));
  function.ours(x, y);
  double worst = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double error = ulps<T>(y[k], function.exact(x[k]));
    if (error > worst) {
      worst = error;
      if (at) *at = x[k];
    }
  }
  return worst;
}

/// Every `stride`-th bit pattern of float, signs, subnormals, infinities and NaN included.
void sweep_floats(std::uint64_t stride) {
  for (const Function<float>& function : functions<float>()) {
    double worst = 0;
    float where = 0;
    std::vector<float> x;
    for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32; bits += stride) {
      x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
      if (x.size() < 65536 && bits + stride < std::uint64_t{1} << 32) continue;
      float at = 0;
      const double error = worst_ulps(function, x, &at);
      if (error > worst) {
        worst = error;
        where = at;
      }
      x.clear();
    }
    EXPECT_LE(worst, 4) << function.name << " at " << where;
    ::testing::Test::RecordProperty(engine::instruction_set() + function.name, std::to_string(worst));
  }
}

TEST(EngineMath, IsWithinFourUlpOnEveryKindOfFloat) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    SCOPED_TRACE(set);
    sweep_floats(5003);
  }
  engine::use_instruction_set("");
}

TEST(EngineMath, IsWithinFourUlpOnAllFloats) {
  if (!std::getenv("GRADUS_LONG_TESTS")) GTEST_SKIP() << "takes minutes; set GRADUS_LONG_TESTS";
  sweep_floats(1);
}

TEST(EngineMath, IsWithinFourUlpOnDenseDoubles) {
  RandomState random(1);
  for (const Function<double>& function : functions<double>()) {
    std::vector<double> x;
    for (int k = 0; k < 40000; ++k) {
      x.push_back(random.uniform(-750, 720));
      x.push_back(random.uniform(-1, 1));
      x.push_back(random.uniform(0.5, 2));
      x.push_back(std::ldexp(random.uniform(-1, 1), static_cast<int>(random.randint(-1074, 1024))));
    }
    double where = 0;
    const double worst = worst_ulps(function, x, &where);
    EXPECT_LE(worst, 4) << function.name << " at " << where;
    ::testing::Test::RecordProperty(std::string("double_") + function.name, std::to_string(worst));
  }
}

template <class T>
void check_edges() {
  using L = numeric_limits<T>;
  for (const Function<T>& function : functions<T>()) {
    for (const T x : {T(0),
                      -T(0),
                      L::denorm_min(),
                      -L::denorm_min(),
                      L::min(),
                      -L::min(),
                      L::max(),
                      L::lowest(),
                      L::infinity(),
                      -L::infinity(),
                      L::quiet_NaN(),
                      -L::quiet_NaN(),
                      T(1),
                      T(-1),
                      std::nextafter(T(1), T(0)),
                      std::nextafter(T(1), T(2)),
                      L::epsilon(),
                      T(88.72283),
                      T(88.72284),
                      T(-87.33655),
                      T(-103.97208),
                      T(709.782712893384),
                      T(709.7827128933841),
                      T(-708.3964185322641),
                      T(-745.1332191019412)}) {
      std::vector<T> in(1, x), out(1, T(7));
      function.ours(in, out);
      EXPECT_LE(ulps<T>(out[0], function.exact(x)), 4) << function.name << " of " << x << " is " << out[0];
      if (x == 0 && function.name == std::string("tanh")) {
        EXPECT_EQ(std::signbit(out[0]), std::signbit(x));
      }
    }
  }
}

TEST(EngineMath, KeepsEdges) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    SCOPED_TRACE(set);
    check_edges<float>();
    check_edges<double>();
  }
  engine::use_instruction_set("");
}

template <class T>
void check_largest_magnitude() {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  EXPECT_EQ(engine::largest_magnitude(std::span<const T>()), 0);
  for (std::size_t n = 1; n < 140; ++n)
    for (std::size_t place : {std::size_t{0}, n / 2, n - 1}) {
      std::vector<T> x(n, T(-0.5));
      x[place] = -2;
      EXPECT_EQ(engine::largest_magnitude(std::span<const T>(x)), 2) << n << " " << place;
      x[n / 3] = -infinity;
      EXPECT_EQ(engine::largest_magnitude(std::span<const T>(x)), infinity) << n << " " << place;
      x[place] = -nan;
      EXPECT_TRUE(std::isnan(engine::largest_magnitude(std::span<const T>(x)))) << n << " " << place;
    }
}

TEST(EngineMath, FindsTheLargestMagnitudeAtEveryPlaceAndLosesNoNaN) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    check_largest_magnitude<float>();
    check_largest_magnitude<double>();
  }
  engine::use_instruction_set("");
}

TEST(EngineMath, TreatsEveryPlaceOfAnArrayAlike) {
  for (std::size_t n = 0; n < 70; ++n) {
    std::vector<float> x(n, 0.7F), y(n + 1, -5.0F);
    engine::tanh(x, std::span<float>(y).first(n));
    for (std::size_t k = 0; k < n; ++k) EXPECT_EQ(y[k], y[0]);
    EXPECT_EQ(y[n], -5.0F);
  }
  std::vector<float> x(3), y(2);
  EXPECT_THROW(engine::exp(x, y), ShapeError);
}

}  // namespace
}  // namespace gradus
