// SPDX-License-Identifier: MIT
#include "gradus/check/thorough.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace gradus {
namespace {

bool is_finite(const GradientCheck& check) {
  return check.diagnoses.empty() || check.diagnoses.front().kind != "not-finite";
}

}  // namespace

GradientVerdict ThoroughCheck::verdict() const {
  bool right = false;
  for (const Point& point : points) {
    if (!is_finite(point.check)) continue;
    if (point.check.verdict() == GradientVerdict::wrong) return GradientVerdict::wrong;
    right = right || point.check.passed();
  }
  return right ? GradientVerdict::right : GradientVerdict::unproven;
}

std::string ThoroughCheck::report() const {
  std::string text = fmt::format("{:<44}  {:>7}  {:>12}  verdict\n", "point", "arrays", "loss");
  const Point* first_wrong = nullptr;
  for (const Point& point : points) {
    const GradientVerdict verdict = point.check.verdict();
    const auto right = std::count_if(point.check.blocks.begin(), point.check.blocks.end(), [](const BlockCheck& block) {
      return block.verdict == GradientVerdict::right || block.verdict == GradientVerdict::kink;
    });
    if (is_finite(point.check) && verdict == GradientVerdict::wrong && !first_wrong) first_wrong = &point;
    text += fmt::format("{:<44}  {:>7}  {:>12.6g}  {}\n", point.what,
                        fmt::format("{}/{}", right, point.check.blocks.size()), point.check.loss,
                        !is_finite(point.check)             ? "- (not finite)"
                        : verdict == GradientVerdict::wrong ? "WRONG"
                                                            : name(verdict));
  }
  if (!never_proven.empty()) {
    text += "\nproven at no point: ";
    for (std::size_t k = 0; k < never_proven.size(); ++k) text += (k > 0 ? ", " : "") + never_proven[k];
    text += "\n";
  }
  if (first_wrong) text += "\nAt the point '" + first_wrong->what + "':\n\n" + first_wrong->check.report();
  return text;
}

namespace detail {

std::vector<std::string> never_proven(const std::vector<ThoroughCheck::Point>& points) {
  std::set<std::string> proven;
  for (const ThoroughCheck::Point& point : points)
    for (const BlockCheck& block : point.check.blocks)
      if (block.verdict == GradientVerdict::right || block.verdict == GradientVerdict::kink)
        proven.insert(block.label());
  std::vector<std::string> missing;
  if (points.empty()) return missing;
  for (const BlockCheck& block : points.front().check.blocks)
    if (!proven.contains(block.label())) missing.push_back(block.label());
  return missing;
}

std::vector<MadePoint> points_around(std::span<const double> theta, ConstMatrixView<double> x,
                                     const Targets<double>& targets, std::uint64_t seed) {
  const std::vector<double> weights(targets.weights.begin(), targets.weights.end());
  std::vector<MadePoint> points{
      {"as given", {theta.begin(), theta.end()}, Matrix<double>(x), Matrix<double>(targets.values), weights}};
  if (x.rows() == 0) return points;
  const double spread = std::max(root_mean_square(Matrix<double>(x).values()), 1e-3);
  std::uint64_t draws = 0;
  const auto drawn = [&](std::size_t n, double size) {
    std::vector<double> numbers = random_normals(n, mixed(seed, ++draws));
    for (double& number : numbers) number *= size;
    return numbers;
  };
  // So many samples, drawn anew, with the targets and weights of those given in turn.
  const auto batch = [&](std::string what, Index rows, double size) {
    MadePoint point{std::move(what),
                    drawn(theta.size(), size),
                    Matrix<double>(rows, x.cols(), drawn(static_cast<std::size_t>(rows * x.cols()), spread)),
                    Matrix<double>(rows, targets.values.cols()),
                    {}};
    for (Index i = 0; i < rows; ++i) {
      const auto row = targets.values.row(i % x.rows());
      std::copy(row.begin(), row.end(), point.targets.row(i).begin());
      if (!weights.empty()) point.weights.push_back(std::max(weights[static_cast<std::size_t>(i % x.rows())], 0.25));
    }
    return point;
  };
  points.push_back(batch("one sample, parameters drawn anew", 1, 0.7));
  points.push_back(batch("two samples, small parameters", 2, 0.2));
  points.push_back(batch("seven samples, parameters drawn anew", 7, 0.7));
  points.push_back(batch("five samples, large parameters", 5, 1.5));
  MadePoint other = batch("everything with the other sign", std::min<Index>(x.rows(), 6), 0.7);
  for (std::size_t k = 0; k < theta.size(); ++k) other.theta[k] = -theta[k];
  for (Index i = 0; i < other.x.rows(); ++i)
    for (Index j = 0; j < x.cols(); ++j) other.x(i, j) = -x(i, j);
  points.push_back(std::move(other));
  MadePoint grown = batch("seven samples, each three times the last", 7, 0.7);
  double size = 0.1;
  for (Index i = 0; i < grown.x.rows(); ++i, size *= 3)
    for (double& number : grown.x.row(i)) number *= size;
  points.push_back(std::move(grown));
  MadePoint ties = batch("numbers that tie", 4, 0.7);
  for (double& w : ties.theta) w = std::nearbyint(2 * w) / 2;
  for (double& number : ties.x.values()) number = std::clamp(std::nearbyint(number / spread), -1.0, 1.0);
  points.push_back(std::move(ties));
  return points;
}

}  // namespace detail
}  // namespace gradus
