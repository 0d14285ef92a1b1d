// SPDX-License-Identifier: MIT
#include "gradus/data/makers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "gradus/data/linspace.hpp"

namespace gradus {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();
const double kInfinity = std::numeric_limits<double>::infinity();

std::vector<Index> class_sizes(const Dataset& data) {
  std::vector<Index> sizes(data.class_names.size());
  for (const int label : data.labels) ++sizes[static_cast<std::size_t>(label)];
  return sizes;
}

TEST(Linspace, EndsExactlyAtItsStopAndBearsSmallCounts) {
  for (const Index n : {2, 3, 7, 50, 499}) EXPECT_EQ(linspace(0.1, 0.7, n).back(), 0.7) << n;
  EXPECT_TRUE(linspace(0, 1, 0).empty());
  EXPECT_EQ(linspace(2, 5, 1), (std::vector<double>{2}));
  EXPECT_EQ(linspace(0, 4, 4, false), (std::vector<double>{0, 1, 2, 3}));
  EXPECT_EQ(linspace(2, 2, 1), (std::vector<double>{2})) << "of no step and no interval";
  EXPECT_THROW(linspace(0, 1, -1), ValueError);
}

TEST(Linspace, MultipliesByItsStepButWhereThatWouldBeZero) {
  const std::vector<double> tenths = linspace(0, 1, 11, true);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(tenths[i], static_cast<double>(i) * 0.1) << i;
  EXPECT_NE(tenths[3], 3.0 / 10) << "which division would give";
  const double tiny = std::numeric_limits<double>::denorm_min();
  EXPECT_EQ(linspace(0, 3 * tiny, 8), (std::vector<double>{0, 0, tiny, tiny, 2 * tiny, 2 * tiny, 3 * tiny, 3 * tiny}));
}

TEST(Makers, NameTheirFeaturesAndClasses) {
  RandomState random(1);
  const Dataset blobs = make_blobs({.samples = {2, 3}, .features = 3}, random);
  EXPECT_EQ(blobs.feature_names, (std::vector<std::string>{"x0", "x1", "x2"}));
  EXPECT_EQ(blobs.class_names, (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(class_sizes(blobs), (std::vector<Index>{2, 3}));
  EXPECT_EQ(class_sizes(make_blobs({.samples = 11, .centers = 4}, random)), (std::vector<Index>{3, 3, 3, 2}));
  EXPECT_EQ(class_sizes(make_moons({.samples = 11}, random)), (std::vector<Index>{5, 6}));
  EXPECT_EQ(class_sizes(make_circles({.samples = {4, 1}}, random)), (std::vector<Index>{4, 1}));
  EXPECT_EQ(class_sizes(make_spirals({.samples = 11, .arms = 3}, random)), (std::vector<Index>{4, 4, 3}));
}

TEST(Makers, SitOnTheirCentresWithoutDeviation) {
  RandomState random(1);
  const Matrix<double> centers{{0, 1}, {-2, 3}};
  const Dataset data = make_blobs({.samples = 9, .centers = centers, .cluster_std = {0, 0}}, random);
  for (Index i = 0; i < data.size(); ++i)
    for (Index j = 0; j < 2; ++j) EXPECT_EQ(data.x(i, j), centers(data.labels[static_cast<std::size_t>(i)], j));
}

TEST(Makers, DrawNothingThatIsNotAskedFor) {
  for (int seed = 0; seed < 3; ++seed) {
    RandomState random(static_cast<std::uint32_t>(seed));
    const RandomState::State before = random.state();
    make_moons({.samples = 10, .shuffle = false}, random);
    make_circles({.samples = 10, .shuffle = false}, random);
    make_spirals({.samples = 10, .shuffle = false}, random);
    make_xor({}, random);
    make_gaussian({}, random);
    EXPECT_EQ(random.state(), before);
    make_moons({.samples = 10, .shuffle = false, .noise = 0.0}, random);  // noise of zero is drawn, as in scikit-learn
    EXPECT_NE(random.state(), before);
  }
}

TEST(Makers, WindSpiralsAsTheirFormulaSays) {
  RandomState random(1);
  const Dataset data = make_spirals({.samples = {4, 8}, .turns = 0.5, .shuffle = false}, random);
  EXPECT_NEAR(data.x(3, 0), -1, 1e-15);  // arm 0 ends half a turn on, at radius 1
  EXPECT_NEAR(data.x(3, 1), 0, 1e-15);
  EXPECT_NEAR(data.x(11, 0), 1, 1e-15);  // arm 1 began opposite
  for (Index i = 0; i < 4; ++i) {
    EXPECT_NEAR(std::hypot(data.x(i, 0), data.x(i, 1)), static_cast<double>(i + 1) / 4, 1e-15);
    EXPECT_NEAR(data.x(i, 0), -data.x(4 + 2 * i + 1, 0), 1e-15);  // the same arm, turned by half a circle
  }
}

TEST(Makers, GiveTheTruthTableOfXorOverAndOver) {
  RandomState random(1);
  const Dataset four = make_xor({}, random);
  EXPECT_EQ(four.x, (Matrix<double>{{0, 0}, {0, 1}, {1, 0}, {1, 1}}));
  EXPECT_EQ(four.labels, (std::vector<int>{0, 1, 1, 0}));
  const Dataset many = make_xor({.samples = 1000, .noise = 0.1}, random);
  for (Index i = 0; i < many.size(); ++i)  // six deviations
    for (Index j = 0; j < 2; ++j) EXPECT_NEAR(many.x(i, j), four.x(i % 4, j), 0.6);
  EXPECT_NE(many.x(0, 0), 0);
}

TEST(Makers, GiveTheGaussianCurveAsARegression) {
  RandomState random(1);
  const Dataset curve = make_gaussian({.samples = 5, .range = {-2, 2}}, random);
  EXPECT_EQ(curve.x, (Matrix<double>{{-2}, {-1}, {0}, {1}, {2}}));
  EXPECT_EQ(curve.targets(2, 0), 1);
  EXPECT_DOUBLE_EQ(curve.targets(3, 0), 1 / std::numbers::e);
  EXPECT_FALSE(curve.is_classification());
  EXPECT_NE(make_gaussian({.noise = 0.1}, random).targets, make_gaussian({}, random).targets);
}

TEST(Makers, ABoxOfCentresMayBeGivenFromItsUpperEnd) {
  // low + (high - low) u, as NumPy draws: a centre of [a, b] and one of [b, a] lie at equal distances from the two
  // ends.
  const auto centre = [](double low, double high) {
    RandomState random(3);
    const Dataset data = make_blobs(
        {.samples = 1, .centers = Index{1}, .cluster_std = 0.0, .center_box = std::array{low, high}}, random);
    return data.x(0, 0);
  };
  EXPECT_DOUBLE_EQ(centre(8, -2) + centre(-2, 8), 6);
  EXPECT_NE(centre(8, -2), centre(-2, 8));
}

TEST(Makers, RefuseParametersTheyCannotUse) {
  RandomState random(1);
  for (const Index samples : {Index{0}, Index{-1}, std::numeric_limits<Index>::max()}) {
    EXPECT_THROW(make_blobs({.samples = samples}, random), ValueError);
    EXPECT_THROW(make_moons({.samples = samples}, random), ValueError);
    EXPECT_THROW(make_circles({.samples = samples}, random), ValueError);
    EXPECT_THROW(make_spirals({.samples = samples}, random), ValueError);
    EXPECT_THROW(make_xor({.samples = samples}, random), ValueError);
    EXPECT_THROW(make_gaussian({.samples = samples}, random), ValueError);
    EXPECT_THROW(make_blobs({.features = samples}, random), ValueError);
    EXPECT_THROW(make_blobs({.centers = samples}, random), ValueError);
    EXPECT_THROW(make_spirals({.arms = samples}, random), ValueError);
  }
  for (const double noise : {-0.1, kNan, kInfinity}) {
    EXPECT_THROW(make_moons({.noise = noise}, random), ValueError);
    EXPECT_THROW(make_circles({.noise = noise}, random), ValueError);
    EXPECT_THROW(make_spirals({.noise = noise}, random), ValueError);
    EXPECT_THROW(make_xor({.noise = noise}, random), ValueError);
    EXPECT_THROW(make_gaussian({.noise = noise}, random), ValueError);
    EXPECT_THROW(make_blobs({.cluster_std = noise}, random), ValueError);
  }
  for (const double factor : {-0.1, 1.0, kNan}) EXPECT_THROW(make_circles({.factor = factor}, random), ValueError);
  EXPECT_THROW(make_moons({.samples = {1, 2, 3}}, random), ValueError);
  EXPECT_THROW(make_moons({.samples = {0, 0}}, random), ValueError);
  EXPECT_THROW(make_moons({.samples = {5, -1}}, random), ValueError);
  EXPECT_THROW(make_blobs({.samples = {1, 2}, .centers = 3}, random), ValueError);
  EXPECT_THROW(make_blobs({.centers = 3, .cluster_std = {1, 2}}, random), ValueError);
  EXPECT_THROW(make_blobs({.centers = Matrix<double>()}, random), ValueError);
  EXPECT_THROW(make_blobs({.centers = Matrix<double>{{0, kNan}}}, random), ValueError);
  EXPECT_THROW(make_blobs({.center_box = std::array{0., kInfinity}}, random), ValueError);
  EXPECT_THROW(make_gaussian({.range = {1, -1}}, random), ValueError);
  EXPECT_THROW(make_spirals({.turns = kNan}, random), ValueError);
}

}  // namespace
}  // namespace gradus
