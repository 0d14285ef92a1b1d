// SPDX-License-Identifier: MIT
// Compiled with -ffp-contract=off (see CMakeLists.txt): a fused multiply-add would change the last bit of a draw.
#include "gradus/random/random_state.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "random/legacy_log.hpp"

namespace gradus {
namespace {

constexpr int kWords = 624;
constexpr int kShift = 397;

std::uint32_t twist(std::uint32_t upper, std::uint32_t lower) {
  const std::uint32_t mixed = (upper & 0x80000000u) | (lower & 0x7fffffffu);
  return (mixed >> 1) ^ ((lower & 1u) ? 0x9908b0dfu : 0u);
}

/// Running sums of p divided by the last one.
std::vector<double> cumulative(std::span<const double> p) {
  std::vector<double> cdf(p.size());
  std::partial_sum(p.begin(), p.end(), cdf.begin());
  const double total = cdf.back();
  for (double& c : cdf) c /= total;
  return cdf;
}

Index draw_from(const std::vector<double>& cdf, double u) {
  return std::upper_bound(cdf.begin(), cdf.end(), u) - cdf.begin();
}

/// Kahan's compensated sum, so that a long p is judged by its own rounding only.
double compensated_sum(std::span<const double> p) {
  double sum = 0;
  double lost = 0;
  for (const double value : p) {
    const double y = value - lost;
    const double t = sum + y;
    lost = (t - sum) - y;
    sum = t;
  }
  return sum;
}

template <class Draw>
auto draw_many(Index n, Draw draw) {
  if (n < 0) throw ValueError("[random] expected a number of draws >= 0, got " + std::to_string(n));
  std::vector<decltype(draw())> values(static_cast<std::size_t>(n));
  for (auto& value : values) value = draw();
  return values;
}

}  // namespace

void RandomState::seed(std::uint32_t seed) {
  for (int i = 0; i < kWords; ++i) {
    state_.key[static_cast<std::size_t>(i)] = seed;
    seed = 1812433253u * (seed ^ (seed >> 30)) + static_cast<std::uint32_t>(i) + 1u;
  }
  state_.position = kWords;
  state_.cached_gaussian.reset();
}

void RandomState::set_state(const State& state) {
  if (state.position < 0 || state.position > kWords)
    throw ValueError("[random] expected a state position from 0 to 624, got " + std::to_string(state.position));
  state_ = state;
}

void RandomState::refill() {
  auto& key = state_.key;
  for (std::size_t i = 0; i < kWords - kShift; ++i) key[i] = key[i + kShift] ^ twist(key[i], key[i + 1]);
  for (std::size_t i = kWords - kShift; i < kWords - 1; ++i)
    key[i] = key[i + kShift - kWords] ^ twist(key[i], key[i + 1]);
  key[kWords - 1] = key[kShift - 1] ^ twist(key[kWords - 1], key[0]);
  state_.position = 0;
}

std::uint32_t RandomState::next_uint32() {
  if (state_.position == kWords) refill();
  std::uint32_t y = state_.key[static_cast<std::size_t>(state_.position++)];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

std::uint64_t RandomState::next_uint64() {
  const std::uint64_t high = next_uint32();
  return high << 32 | next_uint32();
}

double RandomState::random_sample() {
  const std::uint32_t a = next_uint32() >> 5;
  const std::uint32_t b = next_uint32() >> 6;
  return (a * 67108864.0 + b) / 9007199254740992.0;
}

double RandomState::uniform(double low, double high) {
  const double range = high - low;
  if (!std::isfinite(range)) throw ValueError("[random] expected a finite range for uniform");
  return low + range * random_sample();
}

double RandomState::standard_normal() {
  if (state_.cached_gaussian) {
    const double cached = *state_.cached_gaussian;
    state_.cached_gaussian.reset();
    return cached;
  }
  double x1;
  double x2;
  double r2;
  do {
    x1 = 2.0 * random_sample() - 1.0;
    x2 = 2.0 * random_sample() - 1.0;
    r2 = x1 * x1 + x2 * x2;
  } while (r2 >= 1.0 || r2 == 0.0);
  const double f = std::sqrt(-2.0 * detail::legacy_log(r2) / r2);
  state_.cached_gaussian = f * x1;
  return f * x2;
}

double RandomState::normal(double loc, double scale) {
  if (!(scale >= 0) || std::signbit(scale))
    throw ValueError("[random] expected a scale >= 0 for normal, got " + std::to_string(scale));
  return loc + scale * standard_normal();
}

std::uint64_t RandomState::interval(std::uint64_t max) {
  if (max == 0) return 0;
  const std::uint64_t mask = ~std::uint64_t{0} >> std::countl_zero(max);
  std::uint64_t value;
  if (max <= 0xffffffffu) {
    while ((value = next_uint32() & mask) > max) {
    }
  } else {
    while ((value = next_uint64() & mask) > max) {
    }
  }
  return value;
}

std::int64_t RandomState::randint(std::int64_t low, std::int64_t high) {
  if (low >= high)
    throw ValueError("[random] expected low < high for randint, got " + std::to_string(low) + " and " +
                     std::to_string(high));
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) - 1;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + interval(range));
}

std::vector<double> RandomState::random_sample(Index n) {
  return draw_many(n, [&] { return random_sample(); });
}

std::vector<double> RandomState::uniform(double low, double high, Index n) {
  return draw_many(n, [&] { return uniform(low, high); });
}

std::vector<double> RandomState::standard_normal(Index n) {
  return draw_many(n, [&] { return standard_normal(); });
}

std::vector<double> RandomState::normal(double loc, double scale, Index n) {
  return draw_many(n, [&] { return normal(loc, scale); });
}

std::vector<std::int64_t> RandomState::randint(std::int64_t low, std::int64_t high, Index n) {
  return draw_many(n, [&] { return randint(low, high); });
}

Matrix<double> RandomState::standard_normal(Index rows, Index cols) {
  return {rows, cols, standard_normal(rows * cols)};
}

Matrix<double> RandomState::normal(double loc, double scale, Index rows, Index cols) {
  return {rows, cols, normal(loc, scale, rows * cols)};
}

Matrix<double> RandomState::uniform(double low, double high, Index rows, Index cols) {
  return {rows, cols, uniform(low, high, rows * cols)};
}

std::vector<Index> RandomState::permutation(Index n) {
  if (n < 0) throw ValueError("[random] expected a length >= 0 for permutation, got " + std::to_string(n));
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  shuffle(order);
  return order;
}

std::vector<Index> RandomState::choice(Index n, Index size, bool replace) {
  if (n <= 0 && size > 0) throw ValueError("[random] expected something to choose from, got n = " + std::to_string(n));
  if (replace) return draw_many(size, [&] { return static_cast<Index>(randint(0, n)); });
  if (size < 0 || size > n)
    throw ValueError("[random] expected 0 to n = " + std::to_string(n) + " draws without replacement, got " +
                     std::to_string(size));
  std::vector<Index> order = permutation(n);
  order.resize(static_cast<std::size_t>(size));
  return order;
}

std::vector<Index> RandomState::choice(std::span<const double> p, Index size, bool replace) {
  if (p.empty()) throw ValueError("[random] expected at least one probability");
  for (const double value : p)
    if (!(value >= 0)) throw ValueError("[random] expected probabilities >= 0, got " + std::to_string(value));
  if (!(std::abs(compensated_sum(p) - 1) <= std::sqrt(std::numeric_limits<double>::epsilon())))
    throw ValueError("[random] expected probabilities that sum to 1, got a sum of " +
                     std::to_string(compensated_sum(p)));
  if (replace) {
    const std::vector<double> cdf = cumulative(p);
    return draw_many(size, [&] { return draw_from(cdf, random_sample()); });
  }
  if (std::count_if(p.begin(), p.end(), [](double value) { return value > 0; }) < size)
    throw ValueError("[random] expected at least as many non-zero probabilities as draws without replacement");
  // Draw what is still missing, keep each newcomer's first appearance, strike it out, repeat.
  std::vector<double> left(p.begin(), p.end());
  std::vector<Index> found;
  while (static_cast<Index>(found.size()) < size) {
    const std::vector<double> u = random_sample(size - static_cast<Index>(found.size()));
    const std::vector<double> cdf = cumulative(left);
    for (const double value : u) {
      const Index drawn = draw_from(cdf, value);
      if (left[static_cast<std::size_t>(drawn)] == 0) continue;
      left[static_cast<std::size_t>(drawn)] = 0;
      found.push_back(drawn);
    }
  }
  return found;
}

}  // namespace gradus
