// SPDX-License-Identifier: MIT
// Compiled with -ffp-contract=off (see CMakeLists.txt): a fused multiply-add would change the last bit of a sample.
#include "gradus/data/makers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>
#include <string_view>

#include "gradus/core/elementary.hpp"
#include "gradus/data/linspace.hpp"

namespace gradus {
namespace {

constexpr double kPi = std::numbers::pi;
/// No maker fills more numbers than this (2 GiB): a slip of the keyboard is told, not swapped to disk.
constexpr Index kMostNumbers = Index{1} << 28;
constexpr Index kMostClasses = 1'000'000;  // each of which has a name

[[noreturn]] void refuse(std::string_view maker, const std::string& message) {
  throw ValueError(fmt::format("[{}] {}", maker, message));
}

void check_count(std::string_view maker, std::string_view what, Index count, Index most) {
  if (count < 1 || count > most) refuse(maker, fmt::format("expected {} from 1 to {}, got {}", what, most, count));
}

/// The number of samples of each class.
std::vector<Index> shares(std::string_view maker, const SampleCounts& samples, Index classes, Index features) {
  Index total = 0;
  for (const Index count : samples.values) {
    if (count < 0 || count > kMostNumbers)
      refuse(maker, fmt::format("expected samples from 1 to {}, got {}", kMostNumbers, count));
    total += count;
    if (total > kMostNumbers / features)
      refuse(maker, fmt::format("expected at most {} numbers in all, got more", kMostNumbers));
  }
  if (total < 1) refuse(maker, fmt::format("expected samples >= 1, got {}", total));
  if (samples.many) {
    if (static_cast<Index>(samples.values.size()) != classes)
      refuse(maker, fmt::format("expected {} sample counts, one a class, got {}", classes, samples.values.size()));
    return samples.values;
  }
  std::vector<Index> counts(static_cast<std::size_t>(classes), total / classes);
  for (Index i = 0; i < total % classes; ++i) ++counts[static_cast<std::size_t>(i)];
  return counts;
}

/// A total is split as n / 2 and the rest: an odd sample belongs to class 1.
std::vector<Index> halves(std::string_view maker, const SampleCounts& samples) {
  std::vector<Index> counts = shares(maker, samples, 2, 2);
  if (!samples.many && counts[0] > counts[1]) std::swap(counts[0], counts[1]);
  return counts;
}

void check_noise(std::string_view maker, const std::optional<double>& noise) {
  if (noise && !(std::isfinite(*noise) && *noise >= 0 && !std::signbit(*noise)))
    refuse(maker, fmt::format("expected noise >= 0, got {}", *noise));
}

Dataset empty_classes(Index samples, Index features, Index classes) {
  Dataset data;
  data.x = Matrix<double>(samples, features);
  data.labels.reserve(static_cast<std::size_t>(samples));
  for (Index j = 0; j < features; ++j) data.feature_names.push_back(fmt::format("x{}", j));
  for (Index c = 0; c < classes; ++c) data.class_names.push_back(fmt::format("{}", c));
  return data;
}

void append_point(Dataset& data, double x0, double x1, int label) {
  const Index row = static_cast<Index>(data.labels.size());
  data.x(row, 0) = x0;
  data.x(row, 1) = x1;
  data.labels.push_back(label);
}

void add_noise(Matrix<double>& x, const std::optional<double>& noise, RandomState& random) {
  if (!noise) return;
  for (double& value : x.values()) value += random.normal(0, *noise);
}

/// scikit-learn orders the samples first and adds the noise after.
Dataset shuffled_with_noise(Dataset data, bool shuffle, const std::optional<double>& noise, RandomState& random) {
  if (shuffle) data = data.take(random.permutation(data.size()));
  add_noise(data.x, noise, random);
  return data;
}

Matrix<double> blob_centers(const BlobOptions& options, RandomState& random) {
  if (const auto* given = std::get_if<Matrix<double>>(&options.centers)) {
    if (given->rows() < 1 || given->cols() < 1)
      refuse("blobs", fmt::format("expected at least one centre, got {} x {}", given->rows(), given->cols()));
    for (const double value : given->values())
      if (!std::isfinite(value)) refuse("blobs", fmt::format("expected finite centers, got {}", value));
    if (options.features) refuse("blobs", "expected no features beside given centers, which bring their own");
    if (options.center_box) refuse("blobs", "expected no center box beside given centers, which are not drawn");
    return *given;
  }
  const Index listed = options.samples.many ? static_cast<Index>(options.samples.values.size()) : 3;
  const Index* asked = std::get_if<Index>(&options.centers);
  const Index count = asked ? *asked : listed;
  const Index features = options.features.value_or(2);
  const auto [low, high] = options.center_box.value_or(std::array{-10., 10.});
  check_count("blobs", "features", features, kMostNumbers);
  check_count("blobs", "centers", count, std::min(kMostClasses, kMostNumbers / features));
  if (options.samples.many && count != listed)
    refuse("blobs", fmt::format("expected {} sample counts, one a centre, got {}", count, listed));
  if (!std::isfinite(high - low))  // in either direction, as NumPy draws
    refuse("blobs", fmt::format("expected a center box of finite length, got {} to {}", low, high));
  return random.uniform(low, high, count, features);
}

std::vector<double> blob_deviations(const BlobOptions& options, Index centers) {
  std::vector<double> deviations = options.cluster_std.values;
  if (!options.cluster_std.many) deviations.assign(static_cast<std::size_t>(centers), deviations.front());
  if (static_cast<Index>(deviations.size()) != centers)
    refuse("blobs", fmt::format("expected {} cluster deviations, one a centre, got {}", centers, deviations.size()));
  for (const double value : deviations)
    if (!(std::isfinite(value) && value >= 0 && !std::signbit(value)))
      refuse("blobs", fmt::format("expected a cluster deviation >= 0, got {}", value));
  return deviations;
}

}  // namespace

Dataset make_blobs(const BlobOptions& options, RandomState& random) {
  const Matrix<double> centers = blob_centers(options, random);
  const std::vector<double> deviations = blob_deviations(options, centers.rows());
  const std::vector<Index> counts = shares("blobs", options.samples, centers.rows(), centers.cols());
  Dataset data = empty_classes(std::reduce(counts.begin(), counts.end()), centers.cols(), centers.rows());
  for (Index c = 0; c < centers.rows(); ++c)
    for (Index n = 0; n < counts[static_cast<std::size_t>(c)]; ++n) {
      const Index row = static_cast<Index>(data.labels.size());
      for (Index j = 0; j < centers.cols(); ++j)
        data.x(row, j) = random.normal(centers(c, j), deviations[static_cast<std::size_t>(c)]);
      data.labels.push_back(static_cast<int>(c));
    }
  return shuffled_with_noise(std::move(data), options.shuffle, std::nullopt, random);
}

Dataset make_moons(const MoonOptions& options, RandomState& random) {
  check_noise("moons", options.noise);
  const std::vector<Index> counts = halves("moons", options.samples);
  Dataset data = empty_classes(counts[0] + counts[1], 2, 2);
  for (const double angle : linspace(0, kPi, counts[0])) append_point(data, cos(angle), sin(angle), 0);
  for (const double angle : linspace(0, kPi, counts[1])) append_point(data, 1 - cos(angle), 1 - sin(angle) - 0.5, 1);
  return shuffled_with_noise(std::move(data), options.shuffle, options.noise, random);
}

Dataset make_circles(const CircleOptions& options, RandomState& random) {
  check_noise("circles", options.noise);
  const double factor = options.factor;
  if (!(factor >= 0 && factor < 1)) refuse("circles", fmt::format("expected 0 <= factor < 1, got {}", factor));
  const std::vector<Index> counts = halves("circles", options.samples);
  Dataset data = empty_classes(counts[0] + counts[1], 2, 2);
  for (const double angle : linspace(0, 2 * kPi, counts[0], false)) append_point(data, cos(angle), sin(angle), 0);
  for (const double angle : linspace(0, 2 * kPi, counts[1], false))
    append_point(data, cos(angle) * factor, sin(angle) * factor, 1);
  return shuffled_with_noise(std::move(data), options.shuffle, options.noise, random);
}

Dataset make_spirals(const SpiralOptions& options, RandomState& random) {
  check_noise("spirals", options.noise);
  check_count("spirals", "arms", options.arms, 1000);
  if (!std::isfinite(options.turns)) refuse("spirals", fmt::format("expected finite turns, got {}", options.turns));
  const std::vector<Index> counts = shares("spirals", options.samples, options.arms, 2);
  Dataset data = empty_classes(std::reduce(counts.begin(), counts.end()), 2, options.arms);
  for (Index arm = 0; arm < options.arms; ++arm) {
    const Index count = counts[static_cast<std::size_t>(arm)];
    const double start = static_cast<double>(arm) / static_cast<double>(options.arms);
    for (Index i = 0; i < count; ++i) {
      const double t = static_cast<double>(i + 1) / static_cast<double>(count);
      const double angle = 2 * kPi * (options.turns * t + start);
      append_point(data, t * cos(angle), t * sin(angle), static_cast<int>(arm));
    }
  }
  return shuffled_with_noise(std::move(data), options.shuffle, options.noise, random);
}

Dataset make_xor(const XorOptions& options, RandomState& random) {
  check_noise("xor", options.noise);
  check_count("xor", "samples", options.samples, kMostNumbers / 2);
  Dataset data = empty_classes(options.samples, 2, 2);
  for (Index i = 0; i < options.samples; ++i) {
    const int a = static_cast<int>(i / 2 % 2);
    const int b = static_cast<int>(i % 2);
    append_point(data, a, b, a ^ b);
  }
  add_noise(data.x, options.noise, random);
  return data;
}

Dataset make_gaussian(const GaussianOptions& options, RandomState& random) {
  check_noise("gaussian", options.noise);
  const auto [low, high] = options.range;
  check_count("gaussian", "samples", options.samples, kMostNumbers);
  if (!std::isfinite(high - low) || low > high)
    refuse("gaussian", fmt::format("expected a range from low to high, got {} to {}", low, high));
  Dataset data;
  data.x = {options.samples, 1, linspace(low, high, options.samples)};
  data.targets = Matrix<double>(options.samples, 1);
  for (Index i = 0; i < options.samples; ++i) data.targets(i, 0) = exp(-(data.x(i, 0) * data.x(i, 0)));
  add_noise(data.targets, options.noise, random);
  data.feature_names = {"x0"};
  data.target_names = {"y"};
  return data;
}

}  // namespace gradus
