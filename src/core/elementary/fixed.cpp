// SPDX-License-Identifier: MIT
#include "core/elementary/fixed.hpp"

#include <algorithm>
#include <bit>

#include "core/bit_cast.hpp"

namespace gradus::detail {
namespace {

int compare(const Fixed::Limbs& a, const Fixed::Limbs& b) {
  for (std::size_t i = a.size(); i-- > 0;)
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}

Fixed::Limbs sum(const Fixed::Limbs& a, const Fixed::Limbs& b) {
  Fixed::Limbs out;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    carry += std::uint64_t{a[i]} + b[i];
    out[i] = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  return out;
}

/// Given a >= b.
Fixed::Limbs difference(const Fixed::Limbs& a, const Fixed::Limbs& b) {
  Fixed::Limbs out;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::uint64_t d = std::uint64_t{a[i]} - b[i] - borrow;
    out[i] = static_cast<std::uint32_t>(d);
    borrow = d >> 63;
  }
  return out;
}

}  // namespace

Fixed::Fixed(double x) : negative_(bit_cast<std::uint64_t>(x) >> 63) {
  const std::uint64_t bits = bit_cast<std::uint64_t>(x);
  const int exponent = static_cast<int>(bits >> 52 & 0x7ff);
  const std::uint64_t mantissa = (bits & 0xfffffffffffff) | (exponent ? std::uint64_t{1} << 52 : 0);
  magnitude_[0] = static_cast<std::uint32_t>(mantissa);
  magnitude_[1] = static_cast<std::uint32_t>(mantissa >> 32);
  *this = shifted(std::max(exponent, 1) - 1075 + fraction_bits);
}

bool Fixed::is_zero() const { return magnitude_ == Limbs{}; }

int Fixed::top_bit() const {
  for (int i = limbs; i-- > 0;)
    if (const std::uint32_t limb = magnitude_[static_cast<std::size_t>(i)]) return 32 * i + 31 - std::countl_zero(limb);
  return -1;
}

bool Fixed::any_bit_below(int position) const {
  for (int i = 0; i < position / 32; ++i)
    if (magnitude_[static_cast<std::size_t>(i)] != 0) return true;
  const std::uint32_t below = (std::uint32_t{1} << (position % 32)) - 1;
  return below != 0 && (magnitude_[static_cast<std::size_t>(position / 32)] & below) != 0;
}

Fixed operator+(const Fixed& a, const Fixed& b) {
  if (a.negative_ == b.negative_) return Fixed(sum(a.magnitude_, b.magnitude_), a.negative_);
  const int order = compare(a.magnitude_, b.magnitude_);
  if (order >= 0) return Fixed(difference(a.magnitude_, b.magnitude_), a.negative_ && order > 0);
  return Fixed(difference(b.magnitude_, a.magnitude_), b.negative_);
}

Fixed operator*(const Fixed& a, const Fixed& b) {
  std::array<std::uint32_t, 2 * Fixed::limbs> product{};
  for (std::size_t i = 0; i < Fixed::limbs; ++i) {
    if (a.magnitude_[i] == 0) continue;
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < Fixed::limbs; ++j) {
      carry += std::uint64_t{a.magnitude_[i]} * b.magnitude_[j] + product[i + j];
      product[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    product[i + Fixed::limbs] = static_cast<std::uint32_t>(carry);
  }
  Fixed::Limbs out;
  std::copy_n(product.begin() + Fixed::fraction_bits / 32, Fixed::limbs, out.begin());
  return Fixed(out, a.negative_ != b.negative_);
}

Fixed operator/(const Fixed& a, const Fixed& b) {
  constexpr Fixed two = Fixed::whole(2);
  Fixed reciprocal(1 / b.approximately());
  for (int i = 0; i < 3; ++i) reciprocal = reciprocal * (two - b * reciprocal);  // 50, 100, 200 bits, then all (Newton)
  return a * reciprocal;
}

Fixed Fixed::times(std::uint32_t n) const {
  Fixed out;
  out.negative_ = negative_;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < limbs; ++i) {
    carry += std::uint64_t{magnitude_[i]} * n;
    out.magnitude_[i] = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  return out;
}

Fixed Fixed::over(std::uint32_t n) const {
  Fixed out;
  out.negative_ = negative_;
  std::uint64_t rest = 0;
  for (std::size_t i = limbs; i-- > 0;) {
    rest = rest << 32 | magnitude_[i];
    out.magnitude_[i] = static_cast<std::uint32_t>(rest / n);
    rest %= n;
  }
  return out;
}

Fixed Fixed::shifted(int bits) const {
  Fixed out;
  out.negative_ = negative_;
  const int whole = bits >= 0 ? bits / 32 : -((-bits + 31) / 32);
  const int part = bits - 32 * whole;  // 0 to 31, to the left
  for (int i = 0; i < limbs; ++i) {
    const int from = i - whole;
    const std::uint64_t high = from >= 0 && from < limbs ? magnitude_[static_cast<std::size_t>(from)] : 0;
    const std::uint64_t low = from >= 1 && from <= limbs ? magnitude_[static_cast<std::size_t>(from - 1)] : 0;
    out.magnitude_[static_cast<std::size_t>(i)] = static_cast<std::uint32_t>((high << 32 | low) >> (32 - part));
  }
  return out;
}

Fixed Fixed::rounded_at(int position) const {
  if (position <= 0) return *this;
  Fixed half;
  half.magnitude_[static_cast<std::size_t>((position - 1) / 32)] = std::uint32_t{1} << ((position - 1) % 32);
  half.negative_ = negative_;
  return (*this + half).shifted(-position).shifted(position);
}

double Fixed::approximately() const { return rounded(*this, 0); }

double rounded(const Fixed& value, int k) {
  const std::uint64_t sign = value.negative() ? std::uint64_t{1} << 63 : 0;
  const int top = value.top_bit();
  if (top < 0) return bit_cast<double>(sign);
  const int exponent = top - Fixed::fraction_bits + k;
  if (exponent > 1023) return bit_cast<double>(sign | std::uint64_t{0x7ff} << 52);
  const int digits = std::min(53, exponent + 1075);  // fewer below the normal numbers
  if (digits < 0) return bit_cast<double>(sign);
  const int last = top + 1 - digits;  // the lowest position that is kept
  std::uint64_t mantissa = 0;
  for (int p = top; p >= std::max(last, 0); --p) mantissa = mantissa << 1 | (value.bit(p) ? 1 : 0);
  if (last < 0) mantissa <<= -last;
  if (last > 0 && value.bit(last - 1) && (value.any_bit_below(last - 1) || (mantissa & 1))) ++mantissa;
  // A mantissa that has grown to 2^53, or out of the subnormal numbers, carries into the exponent as it should.
  const std::uint64_t biased = exponent >= -1022 ? static_cast<std::uint64_t>(exponent + 1022) << 52 : 0;
  return bit_cast<double>(sign | (biased + mantissa));
}

}  // namespace gradus::detail
