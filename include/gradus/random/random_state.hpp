// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gradus/core/matrix.hpp"
#include "gradus/random/shuffle.hpp"

namespace gradus {

/// NumPy's legacy random stream (`numpy.random.RandomState`, frozen by NEP 19), bit for bit: the Mersenne Twister
/// MT19937 of Matsumoto and Nishimura (1998) with NumPy's own rules for turning its words into numbers. A notebook's
/// seed gives the notebook's numbers. Integers, uniforms and shuffles are NumPy's everywhere; normals are, on every
/// machine, those that NumPy draws on one with fused multiply-add and the GNU C library (elsewhere NumPy itself draws
/// some 40 others in a million, one unit in the last place away).
///
/// A value: copying it forks the stream.
class RandomState {
 public:
  /// Everything the stream remembers; what a checkpoint saves. Includes the second normal of a pair not yet handed out.
  struct State {
    std::array<std::uint32_t, 624> key{};
    int position = 624;
    std::optional<double> cached_gaussian;
    bool operator==(const State&) const = default;
  };

  explicit RandomState(std::uint32_t seed = 5489) { this->seed(seed); }

  /// Starts the stream anew, as `np.random.seed(seed)`; forgets the cached normal.
  void seed(std::uint32_t seed);
  const State& state() const { return state_; }
  /// Throws ValueError unless 0 <= position <= 624.
  void set_state(const State& state);

  /// The next 32 bits of the generator.
  std::uint32_t next_uint32();
  /// Two words, the first one high.
  std::uint64_t next_uint64();

  /// Uniform on [0, 1) with 53 random bits.
  double random_sample();
  /// Uniform on [low, high): low + (high - low) * random_sample(). Throws ValueError if the range is not finite.
  double uniform(double low = 0, double high = 1);
  /// Normal with mean 0 and variance 1, by Marsaglia's polar method; the pair's second number is kept for the next
  /// call.
  double standard_normal();
  /// loc + scale * standard_normal(). Throws ValueError unless scale >= 0.
  double normal(double loc = 0, double scale = 1);
  /// Uniform integer in [low, high), by masked rejection. Throws ValueError unless low < high.
  std::int64_t randint(std::int64_t low, std::int64_t high);
  /// Uniform integer in [0, max], by masked rejection; max = 0 draws nothing.
  std::uint64_t interval(std::uint64_t max);

  std::vector<double> random_sample(Index n);
  std::vector<double> uniform(double low, double high, Index n);
  std::vector<double> standard_normal(Index n);
  std::vector<double> normal(double loc, double scale, Index n);
  std::vector<std::int64_t> randint(std::int64_t low, std::int64_t high, Index n);
  /// Rows x cols, drawn row by row.
  Matrix<double> standard_normal(Index rows, Index cols);
  Matrix<double> normal(double loc, double scale, Index rows, Index cols);
  Matrix<double> uniform(double low, double high, Index rows, Index cols);

  /// In place; of fewer than 2^32 values.
  template <class T>
  void shuffle(std::span<T> values) {
    gradus::shuffle([this] { return next_uint32(); }, values);
  }
  template <class T>
  void shuffle(std::vector<T>& values) {
    shuffle(std::span<T>(values));
  }
  /// Rows in a new order, each row whole.
  template <class T>
  void shuffle_rows(Matrix<T>& x) {
    for (Index i = x.rows(); i-- > 1;) {
      const Index j = static_cast<Index>(interval(static_cast<std::uint64_t>(i)));
      if (i != j)
        for (Index c = 0; c < x.cols(); ++c) std::swap(x(i, c), x(j, c));
    }
  }
  /// 0..n-1, shuffled.
  std::vector<Index> permutation(Index n);

  /// `size` indices below n. With replacement: randint. Without: the head of a permutation; throws ValueError if
  /// size > n.
  std::vector<Index> choice(Index n, Index size, bool replace = true);
  /// `size` indices drawn with probabilities p, which must be non-negative and sum to 1 within sqrt(eps). Without
  /// replacement, NumPy's rejection of repeats. Throws ValueError otherwise.
  std::vector<Index> choice(std::span<const double> p, Index size, bool replace = true);

 private:
  void refill();

  State state_;
};

}  // namespace gradus
