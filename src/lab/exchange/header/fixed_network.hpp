// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gradus/lab/exchange/header.hpp"

/// A chain of dense layers in integers, and how far its answers may lie from the network's.
///
/// A number v is held as the integer nearest to v 2^f; f is its fraction. Between layers integers have 16 bits (q15) or
/// 8 (int8), weights likewise; a layer's sums have 64 or 32 bits, and are rounded to 16 before its function, which is
/// read off a table of 257 places with straight lines between them.
namespace gradus::header {

struct FixedLayer {
  enum class Kind { identity, relu, table, softmax };

  Index inputs = 0, outputs = 0;
  std::vector<std::int32_t> weights{};  ///< an output's together
  std::vector<std::int64_t> bias{};     ///< with the fraction of the sums
  int sum_shift = 0;                    ///< from the sums' fraction to that of 16 bits
  Kind kind = Kind::identity;
  int shift = 0;  ///< from what the function gives to the fraction of what leaves
  std::vector<std::int32_t> table{};
  std::int64_t factor = 0;  ///< of a softmax: log2(e), to its place in a table of powers of 2
  int factor_shift = 0;
};

struct FixedNetwork {
  int bits = 16;                      ///< of what lies between layers, and of weights
  std::vector<double> shift, factor;  ///< of inputs: the integer nearest to (x - shift) factor
  std::vector<FixedLayer> layers;
  int output_fraction = 0;
  std::vector<double> output_scale, output_shift;  ///< y = integer 2^-fraction scale + shift
  std::vector<double> bounds;                      ///< of every answer: how far it may be off, in its own units

  std::int32_t largest() const { return (std::int32_t{1} << (bits - 1)) - 1; }
  /// The network's answers, computed as the header does.
  std::vector<std::int32_t> predict(const std::vector<std::int32_t>& x) const;
  std::vector<std::int32_t> quantised(std::span<const double> x) const;
  std::vector<double> values(const std::vector<std::int32_t>& y) const;
};

/// The network of a model, for inputs no larger than those of `calibration` (rows as `Model::predict` takes them), with
/// sums no larger than they make. For these rows every answer is within `bounds` of the model's. Throws ValueError for
/// a model that has no such network, naming what it cannot have, and for data without a row or with a number that is
/// not finite.
FixedNetwork fixed_network(const Model& model, FixedPoint kind, const Matrix<double>& calibration);

}  // namespace gradus::header
