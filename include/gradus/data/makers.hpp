// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "gradus/data/dataset.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {

/// Makers of data sets. Blobs, moons and circles draw and order exactly as scikit-learn 1.2 does from the same stream:
/// labels, order and blobs are equal, moons and circles within 1e-12; the bits are the same everywhere. Every maker
/// throws ValueError, naming itself, on a parameter it cannot use. Classes are named "0", "1", ..., features x0, x1,
/// ...

/// One value for all classes, or one for each: `500` or `{100, 200, 200}`.
template <class T>
struct OneOrMany {
  std::vector<T> values;
  bool many = false;

  OneOrMany(T one) : values{one} {}
  OneOrMany(std::initializer_list<T> each) : values(each), many(true) {}
  OneOrMany(std::vector<T> each) : values(std::move(each)), many(true) {}
};

/// Samples in all, or of each class.
using SampleCounts = OneOrMany<Index>;

/// Isotropic normal clouds around centres.
struct BlobOptions {
  SampleCounts samples = 100;       ///< a total is shared evenly, the first clusters taking what is left over
  std::optional<Index> features{};  ///< of drawn centres, 2 unless said; given centres bring their own
  /// How many centres to draw, or the centres, one a row; nothing: as many as `samples` lists, else 3.
  std::variant<std::monostate, Index, Matrix<double>> centers{};
  OneOrMany<double> cluster_std = 1.0;  ///< standard deviation, of all clusters or of each
  /// Centres are drawn uniformly from [low, high) in each feature, -10 to 10 unless said.
  std::optional<std::array<double, 2>> center_box{};
  bool shuffle = true;
};
Dataset make_blobs(const BlobOptions& options, RandomState& random);

/// Two half circles that interlock: class 0 the upper one around (0, 0), class 1 the lower one around (1, 0.5).
struct MoonOptions {
  SampleCounts samples = 100;  ///< in all (an odd one goes to class 1), or of the upper and the lower moon
  bool shuffle = true;
  std::optional<double> noise{};  ///< standard deviation added to both features; absent draws nothing
};
Dataset make_moons(const MoonOptions& options, RandomState& random);

/// Two circles around (0, 0): class 0 of radius 1, class 1 of radius `factor`.
struct CircleOptions {
  SampleCounts samples = 100;  ///< in all (an odd one goes to class 1), or of the outer and the inner circle
  bool shuffle = true;
  std::optional<double> noise{};  ///< standard deviation added to both features; absent draws nothing
  double factor = 0.8;            ///< in [0, 1)
};
Dataset make_circles(const CircleOptions& options, RandomState& random);

/// Arms wound around (0, 0), one a class. Point i of the n on arm a has t = (i + 1) / n, radius t and angle
/// 2 pi (turns * t + a / arms). Shuffled first, noise added after, as moons are.
struct SpiralOptions {
  SampleCounts samples = 200;  ///< in all, the first arms taking what is left over, or of each arm
  Index arms = 2;
  double turns = 1.5;
  bool shuffle = true;
  std::optional<double> noise{};  ///< standard deviation added to both features; absent draws nothing
};
Dataset make_spirals(const SpiralOptions& options, RandomState& random);

/// Exclusive or: the corners (0, 0), (0, 1), (1, 0), (1, 1) in this order, over and over, of class 0, 1, 1, 0.
struct XorOptions {
  Index samples = 4;
  std::optional<double> noise{};  ///< standard deviation added to both features; absent draws nothing
};
Dataset make_xor(const XorOptions& options, RandomState& random);

/// A regression: y = exp(-x^2) at evenly spaced x, both ends included.
struct GaussianOptions {
  Index samples = 500;
  std::array<double, 2> range = {-5., 5.};
  std::optional<double> noise{};  ///< standard deviation added to y; absent draws nothing
};
Dataset make_gaussian(const GaussianOptions& options, RandomState& random);

}  // namespace gradus
