// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <bit>
#include <cstdint>

#include "gradus/experiment/run.hpp"

namespace gradus {
namespace {

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
    for (const double value : x.values()) add(std::bit_cast<std::uint64_t>(value));
  }
  void add(const std::vector<std::string>& names) {
    add(names.size());
    for (const std::string& name : names) {
      add(name.size());
      for (const char c : name) add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
    }
  }
  std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xCBF29CE484222325u;
};

}  // namespace

std::string fingerprint(const Dataset& data) {
  Fnv fnv;
  fnv.add(data.x);
  fnv.add(data.labels.size());
  for (const int label : data.labels) fnv.add(static_cast<std::uint64_t>(label));
  fnv.add(data.targets);
  fnv.add(data.feature_names);
  fnv.add(data.class_names);
  fnv.add(data.target_names);
  for (const double weight : data.weights) fnv.add(std::bit_cast<std::uint64_t>(weight));
  return fmt::format("fnv1a64:{:016x}", fnv.hash());
}

}  // namespace gradus
