// SPDX-License-Identifier: MIT
// Losses of one's own get every source and every proof, and have their slips named.
#include "gradus/check/own_loss.hpp"

#include <gtest/gtest.h>

#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

enum class Slip { none, sign, halved, wrong_side, no_delta, first_only, unwritten, swapped, kept };

/// Squares within `delta`, straight lines outside; not divided by 2.
struct OwnHuber {
  static constexpr std::string_view name = "own huber";
  Slip slip = Slip::none;
  double delta = 0.7;

  template <Number T>
  T value(std::span<const T> p, std::span<const Scalar<T>> t) const {
    using std::abs;
    const auto d = static_cast<Scalar<T>>(delta);
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < p.size(); ++k) {
      const T e = p[k] - t[k];
      sum += e > d ? d * (Scalar<T>(2) * e - d) : e < -d ? d * (Scalar<T>(-2) * e - d) : e * e;
    }
    return sum;
  }
  template <std::floating_point T>
  void gradient(std::span<const T> p, std::span<const T> t, std::span<T> g) const {
    const auto d = static_cast<T>(delta);
    for (std::size_t k = 0; k < p.size(); ++k) {
      const T e = p[k] - t[k];
      if (slip == Slip::unwritten && k == 1) continue;
      const T was = g[k];
      g[k] = 2 * (e > d ? d : e < -d ? -d : e);
      if (slip == Slip::sign) g[k] = -g[k];
      if (slip == Slip::halved) g[k] /= 2;
      if (slip == Slip::wrong_side) g[k] = 2 * (e > d || e < -d ? e : e > 0 ? d : -d);
      if (slip == Slip::no_delta && (e > d || e < -d)) g[k] /= d;
      if (slip == Slip::first_only && k > 0) g[k] = 0;
      if (slip == Slip::kept) g[k] += was;
    }
    if (slip == Slip::swapped) std::swap(g[0], g[1]);
  }
  bool operator==(const OwnHuber&) const = default;
};

template <std::floating_point T>
GradientCheck check_of(Slip slip, Index samples, Index width) {
  RandomState random(static_cast<std::uint32_t>(samples + width));
  const Matrix<double> p = random.standard_normal(samples, width);
  const Matrix<double> t = random.standard_normal(samples, width);
  const auto in_t = [](const Matrix<double>& wide) {
    Matrix<T> numbers(wide.rows(), wide.cols());
    for (std::size_t k = 0; k < wide.values().size(); ++k) numbers.values()[k] = static_cast<T>(wide.values()[k]);
    return numbers;
  };
  return check_loss(OwnHuber{slip}, in_t(p), in_t(t));
}

TEST(OwnLoss, IsProvenByEverySourceInBothPrecisions) {
  for (const Index samples : {1, 2, 7})
    for (const Index width : {1, 2, 5}) {
      const GradientCheck check = check_of<double>(Slip::none, samples, width);
      EXPECT_EQ(check.verdict(), GradientVerdict::right) << check.report();
      for (std::size_t source = 0; source < kVoters; ++source) EXPECT_TRUE(check.blocks[0].used[source]) << source;
      const GradientCheck narrow = check_of<float>(Slip::none, samples, width);
      EXPECT_EQ(narrow.verdict(), GradientVerdict::right) << narrow.report();
    }
}

TEST(OwnLoss, HasItsSlipsFoundInBothPrecisionsAndNamed) {
  const std::pair<Slip, std::string_view> slips[] = {{Slip::sign, "sign"},
                                                     {Slip::halved, "halved"},
                                                     {Slip::wrong_side, ""},
                                                     {Slip::no_delta, "some-scaled"},
                                                     {Slip::first_only, "some-lost"},
                                                     {Slip::unwritten, "unwritten"},
                                                     {Slip::swapped, "parts-exchanged"},
                                                     {Slip::kept, "accumulates"}};
  for (const auto& [slip, kind] : slips) {
    const GradientCheck check = check_of<double>(slip, 7, 3);
    EXPECT_EQ(check.verdict(), GradientVerdict::wrong) << kind;
    EXPECT_EQ(check_of<float>(slip, 7, 3).verdict(), GradientVerdict::wrong) << kind;
    ASSERT_FALSE(check.diagnoses.empty()) << kind;
    EXPECT_EQ(check.diagnoses[0].kind, kind) << check.diagnoses[0].sentence;
    EXPECT_NE(check.diagnoses[0].sentence.find("own huber"), std::string::npos) << check.diagnoses[0].sentence;
  }
}

TEST(OwnLoss, MustHaveTargetsOfTheShapeOfItsOutputs) {
  EXPECT_THROW(check_loss(OwnHuber{}, Matrix<double>(3, 2), Matrix<double>(3, 1)), ShapeError);
  EXPECT_THROW(check_loss(OwnHuber{}, Matrix<double>(3, 2), Matrix<double>(2, 2)), ShapeError);
}

}  // namespace
}  // namespace gradus
