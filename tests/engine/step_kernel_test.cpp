// SPDX-License-Identifier: MIT
#include "src/engine/kernels/step_kernel.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "gradus/engine/instruction_set.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

/// One step from theta = 0, whose second mean has exactly the value v; -theta is rate m / (sqrt(v) + epsilon).
template <class T>
void check_adam(T lowest, T highest, T epsilon) {
  constexpr Index n = 1000 + 7;  // whole vectors and a rest
  RandomState random(5);
  std::vector<T> gradient(n), m(n), v(n), theta(n);
  for (std::size_t k = 0; k < n; ++k) {
    m[k] = static_cast<T>(random.normal());
    v[k] = std::pow(T(10), static_cast<T>(random.uniform(std::log10(lowest), std::log10(highest))));
    if (k % 50 == 3) v[k] = 0;
    if (k % 50 == 7) v[k] = std::numeric_limits<T>::infinity();
  }
  const engine::AdamStep<T> step{.rate = T(0.1), .beta1 = 1, .beta2 = 1, .epsilon = epsilon};
  const std::vector<T> first = m;
  engine::run_step(step, n, gradient.data(), m.data(), v.data(), theta.data());
  for (std::size_t k = 0; k < n; ++k) {
    const T exact = step.rate * first[k] / (std::sqrt(v[k]) + epsilon);
    // A root, a sum and a quotient, each within 1 ULP where they are not rounded rightly.
    ASSERT_NEAR(-theta[k], exact, 3 * std::numeric_limits<T>::epsilon() * std::abs(exact))
        << "m " << first[k] << ", v " << v[k] << " at " << k << ", " << engine::instruction_set();
  }
}

TEST(StepKernel, AdamDividesByTheRootAtAllMagnitudes) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    for (const double epsilon : {1e-8, 1e-3, 1.0}) {
      check_adam<double>(1e-20, 1e3, epsilon);
      check_adam<double>(1e-300, 1e300, epsilon);
      check_adam<float>(1e-20f, 1e3f, static_cast<float>(epsilon));
      check_adam<float>(1e-37f, 1e37f, static_cast<float>(epsilon));
    }
  }
  engine::use_instruction_set("");
}

/// What Adam changes in one step of rate 1 from theta = 0, whose means are exactly m and v: m / (sqrt(v) + epsilon).
std::vector<double> changes(std::vector<double> m, std::vector<double> v, double epsilon) {
  const engine::AdamStep<double> step{.rate = 1, .beta1 = 1, .beta2 = 1, .epsilon = epsilon};
  const std::vector<double> gradient(m.size());
  std::vector<double> theta(m.size());
  engine::run_step(step, static_cast<Index>(m.size()), gradient.data(), m.data(), v.data(), theta.data());
  for (double& t : theta) t = -t;
  return theta;
}

/// x^2 = c modulo 2^64, for c = 1 modulo 8 (Hensel): one bit more is right after each round.
std::uint64_t root_modulo(std::uint64_t c) {
  std::uint64_t x = 1;
  for (int bit = 3; bit < 64; ++bit)
    if (((x * x - c) >> bit & 1) != 0) x += std::uint64_t{1} << (bit - 1);
  return x;
}
std::uint64_t inverse_modulo(std::uint64_t b) {
  std::uint64_t x = b;  // right in 3 bits, twice as many after each round
  for (int round = 0; round < 5; ++round) x *= 2 - b * x;
  return x;
}

/// v whose root lies about |c| / 2^108 of itself from the middle between two doubles, as near as there are any: x odd
/// of 54 bits is such a middle, and x^2 = c modulo 2^j leaves v = (x^2 - c) / 2^j of 53 bits.
std::vector<double> hard_squares(int count) {
  std::vector<double> squares;
  for (std::int64_t c = -8 * std::int64_t{count} + 1; c < 8 * std::int64_t{count}; c += 8)
    for (const int j : {54, 55}) {
      const std::uint64_t mask = (std::uint64_t{1} << j) - 1;
      const std::uint64_t root = root_modulo(static_cast<std::uint64_t>(c));
      for (const std::uint64_t x :
           {root & mask, -root & mask, (root + (mask + 1) / 2) & mask, (-root + (mask + 1) / 2) & mask}) {
        if (x >> 53 != 1) continue;
        __extension__ using Wide = unsigned __int128;
        const Wide v = (Wide{x} * x - static_cast<Wide>(c)) >> j;
        if (v >> 53 == 0 && v >> 52 != 0)
          squares.push_back(std::ldexp(static_cast<double>(static_cast<std::uint64_t>(v)), j % 2 == 0 ? 0 : 1));
      }
    }
  return squares;
}

/// a whose quotient by b lies about |c| / 2^107 of itself from the middle between two doubles.
std::vector<double> hard_dividends(std::uint64_t b, int count) {
  std::vector<double> dividends;
  const std::uint64_t inverse = inverse_modulo(b);
  for (std::int64_t c = 1 - 2 * std::int64_t{count}; c < 2 * std::int64_t{count}; c += 2)
    for (const int j : {53, 54}) {
      const std::uint64_t x = (-static_cast<std::uint64_t>(c) * inverse) & ((std::uint64_t{1} << j) - 1);  // the middle
      if (x >> 53 != 1) continue;
      __extension__ using Wide = unsigned __int128;
      const Wide a = (Wide{b} * x + static_cast<Wide>(c)) >> j;
      if (a >> 53 == 0) dividends.push_back(static_cast<double>(static_cast<std::uint64_t>(a)));
    }
  return dividends;
}

TEST(StepKernel, AdamsRootAndQuotientAreRoundedAsTheDividerDoesWhereThatIsHardest) {
  const std::vector<double> squares = hard_squares(50000);
  ASSERT_GT(squares.size(), 50000U);
  std::vector<std::pair<double, std::vector<double>>> quotients;
  RandomState random(9);
  for (int k = 0; k < 200; ++k) {
    const std::uint64_t b = std::uint64_t{1} << 52 | random.next_uint64() >> 12 | 1;
    quotients.emplace_back(static_cast<double>(b), hard_dividends(b, 500));
  }
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    for (const double m : {1.0, 1.25, 1.0 / 3}) {  // a root that is off by a unit shows in one of the quotients
      const std::vector<double> got = changes(std::vector<double>(squares.size(), m), squares, 0);
      for (std::size_t k = 0; k < got.size(); ++k)
        ASSERT_EQ(got[k], m / std::sqrt(squares[k])) << set << ' ' << squares[k];
    }
    for (const auto& [b, dividends] : quotients) {
      const std::vector<double> got = changes(dividends, std::vector<double>(dividends.size()), b);
      for (std::size_t k = 0; k < got.size(); ++k)
        ASSERT_EQ(got[k], dividends[k] / b) << set << ' ' << dividends[k] << " / " << b;
    }
  }
  engine::use_instruction_set("");
}

}  // namespace
}  // namespace gradus
