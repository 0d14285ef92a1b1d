// SPDX-License-Identifier: MIT
// Layers of one's own, with the slips that a check at one point by one source does not show.
#include <gtest/gtest.h>

#include <cmath>

#include "gradus/check/gradient_check.hpp"
#include "gradus/check/projection.hpp"
#include "gradus/nn/initializer.hpp"

namespace gradus {
namespace {

/// Y = X - m, m the mean of the row, which `detached` takes for a constant, here as in backward.
struct Centred {
  static constexpr std::string_view name = "centred";
  static constexpr bool is_activation = false;
  Index width = 0;
  bool detached = false;

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return 0; }
  std::vector<ParameterBlock> parameter_blocks() const { return {}; }
  template <Number T>
  void forward(std::span<const T>, ConstMatrixView<T> x, MatrixView<T> y) const {
    for (Index i = 0; i < x.rows(); ++i) {
      T mean(Scalar<T>(0));
      for (Index j = 0; j < width; ++j) mean += x(i, j) / static_cast<Scalar<T>>(width);
      if (detached) mean = T(value_of(mean));
      for (Index j = 0; j < width; ++j) y(i, j) = x(i, j) - mean;
    }
  }
  template <std::floating_point T>
  void backward(std::span<const T>, ConstMatrixView<T> x, ConstMatrixView<T>, ConstMatrixView<T> dy, MatrixView<T> dx,
                std::span<T>) const {
    for (Index i = 0; i < dx.rows(); ++i) {
      T mean = 0;
      for (Index j = 0; j < width; ++j) mean += dy(i, j) / static_cast<T>(width);
      for (Index j = 0; j < width; ++j) dx(i, j) = detached ? dy(i, j) : dy(i, j) - mean;
    }
    static_cast<void>(x);
  }
  bool operator==(const Centred&) const = default;
};

enum class Slip { none, early_return, unlisted, listed_twice };

/// Y = X a, number by number.
struct Scaled {
  static constexpr std::string_view name = "scaled";
  static constexpr bool is_activation = false;
  Index width = 0;
  Slip slip = Slip::none;
  Index truncation = 0;  ///< which means nothing here

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return width; }
  std::vector<ParameterBlock> parameter_blocks() const {
    std::vector<ParameterBlock> blocks{
        {.name = "factors", .rows = 1, .cols = slip == Slip::unlisted ? width - 1 : width}};
    if (slip == Slip::listed_twice) blocks.push_back({.name = "again", .rows = 1, .cols = 1, .offset = 1});
    return blocks;
  }
  template <Number T>
  void forward(std::span<const T> a, ConstMatrixView<T> x, MatrixView<T> y) const {
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < width; ++j) y(i, j) = x(i, j) * a[static_cast<std::size_t>(j)];
  }
  template <std::floating_point T>
  void backward(std::span<const T> a, ConstMatrixView<T> x, ConstMatrixView<T>, ConstMatrixView<T> dy, MatrixView<T> dx,
                std::span<T> da) const {
    std::fill(da.begin(), da.end(), T(0));
    if (slip == Slip::early_return && dx.empty()) return;
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < width; ++j) {
        da[static_cast<std::size_t>(j)] += x(i, j) * dy(i, j);
        if (!dx.empty()) dx(i, j) = dy(i, j) * a[static_cast<std::size_t>(j)];
      }
    if (slip == Slip::unlisted) da.back() *= 2;
  }
  bool operator==(const Scaled&) const = default;
};

/// Y = exp(X) / sum exp(X), not shifted, whose backward forgets the sum if it is `wrong`.
struct Quotient {
  static constexpr std::string_view name = "quotient";
  static constexpr bool is_activation = false;
  Index width = 0;
  bool wrong = false;

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return 0; }
  std::vector<ParameterBlock> parameter_blocks() const { return {}; }
  template <Number T>
  void forward(std::span<const T>, ConstMatrixView<T> x, MatrixView<T> y) const {
    using std::exp;
    for (Index i = 0; i < x.rows(); ++i) {
      T sum(Scalar<T>(0));
      for (Index j = 0; j < width; ++j) sum += y(i, j) = exp(x(i, j));
      for (Index j = 0; j < width; ++j) y(i, j) = y(i, j) / sum;
    }
  }
  template <std::floating_point T>
  void backward(std::span<const T>, ConstMatrixView<T>, ConstMatrixView<T> y, ConstMatrixView<T> dy, MatrixView<T> dx,
                std::span<T>) const {
    for (Index i = 0; i < dx.rows(); ++i) {
      T mean = 0;
      for (Index k = 0; k < width; ++k) mean += dy(i, k) * y(i, k);
      for (Index j = 0; j < width; ++j) dx(i, j) = y(i, j) * (dy(i, j) - (wrong ? T(0) : mean));
    }
  }
  bool operator==(const Quotient&) const = default;
};

using OwnLayer = std::variant<Dense, Elementwise<activation::Tanh>, Centred, Scaled, Quotient>;
using OwnNetwork = BasicNetwork<OwnLayer>;

struct Batch {
  Matrix<double> x, targets;
};
Batch batch_for(const OwnNetwork& network, double shift = 0) {
  RandomState random(2);
  Batch batch{random.standard_normal(5, network.inputs()), random.standard_normal(5, network.outputs())};
  for (double& value : batch.x.values()) value += shift;
  return batch;
}
std::vector<double> theta_of(const OwnNetwork& network) {
  RandomState random(3);
  const Matrix<double> drawn = random.standard_normal(1, network.parameter_count());
  return drawn.values();
}
GradientCheck check_of(const OwnNetwork& network, double shift = 0) {
  const Batch batch = batch_for(network, shift);
  return check_gradients(network, {MeanSquaredError{}}, theta_of(network), batch.x, Targets<double>(batch.targets));
}

TEST(OwnLayers, ThatTakeAStatisticForAConstantInBothPassesAreFoundByTheDifferencesAndNamed) {
  for (const bool detached : {false, true}) {
    const OwnNetwork network({Dense{3, 4}, Centred{4, detached}, Elementwise<activation::Tanh>{4}, Dense{4, 2}});
    const GradientCheck check = check_of(network);
    EXPECT_EQ(check.verdict(), detached ? GradientVerdict::wrong : GradientVerdict::right) << check.report();
    if (!detached) continue;
    EXPECT_TRUE(check.blocks[0].cut);  // before the layer
    EXPECT_FALSE(check.blocks[0].culprit);
    EXPECT_EQ(check.blocks[2].verdict, GradientVerdict::right);  // behind it
    ASSERT_FALSE(check.diagnoses.empty());
    EXPECT_EQ(check.diagnoses[0].kind, "constant");
    EXPECT_EQ(check.diagnoses[0].layer, 1u);
    const Batch batch = batch_for(network);
    const FastCheck fast =
        check_fast(network, network, {MeanSquaredError{}}, theta_of(network), batch.x, Targets<double>(batch.targets));
    EXPECT_EQ(fast.verdict(), GradientVerdict::wrong) << fast.report();
    EXPECT_TRUE(fast.cut);
  }
}

TEST(OwnLayers, ThatReturnEarlyWhereTheInputsDerivativeIsNotAskedForAreFound) {
  const OwnNetwork good({Scaled{3}, Dense{3, 2}});
  EXPECT_TRUE(check_of(good).passed()) << check_of(good).report();
  const GradientCheck check = check_of(OwnNetwork({Scaled{3, Slip::early_return}, Dense{3, 2}}));
  EXPECT_EQ(check.verdict(), GradientVerdict::wrong);
  ASSERT_FALSE(check.diagnoses.empty());
  EXPECT_NE(check.report().find("training, which asks for none"), std::string::npos) << check.report();
}

TEST(OwnLayers, HaveEveryParameterJudgedListedOrNot) {
  const GradientCheck unlisted = check_of(OwnNetwork({Scaled{3, Slip::unlisted}, Dense{3, 2}}));
  const auto found = std::find_if(unlisted.blocks.begin(), unlisted.blocks.end(),
                                  [](const BlockCheck& block) { return block.block.name == "unlisted"; });
  ASSERT_NE(found, unlisted.blocks.end()) << unlisted.report();
  EXPECT_EQ(found->verdict, GradientVerdict::wrong);
  EXPECT_EQ(found->block.offset, 2);
  const GradientCheck twice = check_of(OwnNetwork({Scaled{3, Slip::listed_twice}, Dense{3, 2}}));
  EXPECT_EQ(twice.verdict(), GradientVerdict::wrong);
  EXPECT_NE(twice.report().find("numbers 1 to 1 of theta are in 2 of its arrays"), std::string::npos) << twice.report();
}

TEST(OwnLayers, WithAMemberCalledTruncationAreStillComparedWithDifferences) {
  const GradientCheck check = check_of(OwnNetwork({Scaled{3, Slip::none, 7}, Dense{3, 2}}));
  EXPECT_TRUE(check.blocks[0].used[static_cast<std::size_t>(GradientSource::ridders)]);
  EXPECT_LT(check.blocks[0].relative_error[static_cast<std::size_t>(GradientSource::ridders)], 1e-6);
}

TEST(OwnLayers, WithQuotientsOfTinyExponentialsAreNotExcused) {
  for (const double shift : {0.0, -20.0, -40.0})
    for (const bool wrong : {false, true}) {
      const OwnNetwork network({Scaled{3}, Quotient{3, wrong}, Dense{3, 2}});
      const Batch batch = batch_for(network, shift);
      std::vector<double> theta = theta_of(network);
      std::fill_n(theta.begin(), 3, 1.0);
      const GradientCheck check =
          check_gradients(network, {MeanSquaredError{}}, theta, batch.x, Targets<double>(batch.targets));
      EXPECT_EQ(check.verdict(), wrong ? GradientVerdict::wrong : GradientVerdict::right) << shift << "\n"
                                                                                          << check.report();
    }
}

}  // namespace
}  // namespace gradus
