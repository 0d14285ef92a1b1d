// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bit_cast.hpp"
#include "gradus/core/matrix.hpp"

namespace gradus {

/// FNV-1a, 64 bits (Fowler, Noll and Vo; RFC 9923): xor a byte, multiply by a prime. Fed byte by byte from the lowest,
/// so that it is the same on every machine. Against accidents, not against an adversary.
class Fnv {
 public:
  void add(std::uint64_t word) {
    for (int shift = 0; shift < 64; shift += 8) {
      hash_ ^= word >> shift & 0xFF;
      hash_ *= 0x100000001B3u;
    }
  }
  void add(const Matrix<double>& x) {
    add(static_cast<std::uint64_t>(x.rows()));
    add(static_cast<std::uint64_t>(x.cols()));
    for (const double value : x.values()) add(bit_cast<std::uint64_t>(value));
  }
  void add(const std::vector<std::string>& names) {
    add(names.size());
    for (const std::string& name : names) {
      add(name.size());
      add(std::string_view(name));
    }
  }
  void add(std::string_view text) {
    for (const char c : text) add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
  }
  std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xCBF29CE484222325u;
};

}  // namespace gradus
