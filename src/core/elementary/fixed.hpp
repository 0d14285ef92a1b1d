// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

namespace gradus::detail {

/// A number in sign and magnitude with 32 bits before and 224 behind the point, by integers of 32 bits only. Results
/// are cut off, so each operation errs by less than 2^-223; those whose magnitude reaches 2^32 are not to be had.
class Fixed {
 public:
  static constexpr int limbs = 8;
  static constexpr int fraction_bits = 224;
  using Limbs = std::array<std::uint32_t, limbs>;  ///< the lowest first

  constexpr Fixed() = default;
  explicit constexpr Fixed(const Limbs& magnitude, bool negative = false)
      : magnitude_(magnitude), negative_(negative) {}
  static constexpr Fixed whole(std::uint32_t n) { return Fixed(Limbs{0, 0, 0, 0, 0, 0, 0, n}); }
  /// x without what lies below 2^-224, given |x| < 2^32.
  explicit Fixed(double x);

  bool negative() const { return negative_; }
  bool is_zero() const;
  /// Position of the highest 1, where 2^-224 has position 0; -1 for zero.
  int top_bit() const;
  bool bit(int position) const { return (magnitude_[static_cast<std::size_t>(position / 32)] >> (position % 32)) & 1; }
  bool any_bit_below(int position) const;

  Fixed operator-() const { return Fixed(magnitude_, !negative_); }
  friend Fixed operator+(const Fixed& a, const Fixed& b);
  friend Fixed operator-(const Fixed& a, const Fixed& b) { return a + -b; }
  friend Fixed operator*(const Fixed& a, const Fixed& b);
  /// Given 2^-30 < |b|.
  friend Fixed operator/(const Fixed& a, const Fixed& b);
  Fixed times(std::uint32_t n) const;
  Fixed over(std::uint32_t n) const;
  /// times 2^bits.
  Fixed shifted(int bits) const;
  /// Rounded to the nearest multiple of 2^(position - 224).
  Fixed rounded_at(int position) const;
  /// About the value, by its highest 53 bits.
  double approximately() const;

 private:
  Limbs magnitude_{};
  bool negative_ = false;
};

/// value 2^k, rounded once to the nearest double, of two equally near ones to the even one.
double rounded(const Fixed& value, int k);

}  // namespace gradus::detail
