// SPDX-License-Identifier: MIT
// Layers of one's own with the slips of people in their backward passes: found, placed in the right layer, and named,
// in full and in fast checks.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gradus/check/gradient_check.hpp"
#include "gradus/check/projection.hpp"
#include "gradus/check/thorough.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

/// x exp(-x^2 / 2), whose derivative is (1 - x^2) exp(-x^2 / 2), number by number.
struct Wavelet {
  static constexpr std::string_view name = "wavelet";
  static constexpr bool is_activation = true;
  Index width = 0;
  std::string_view slip{};

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return 0; }
  std::vector<ParameterBlock> parameter_blocks() const { return {}; }
  template <Number T>
  void forward(std::span<const T>, ConstMatrixView<T> x, MatrixView<T> y) const {
    using std::exp;
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < width; ++j) y(i, j) = x(i, j) * exp(-x(i, j) * x(i, j) / Scalar<T>(2));
  }
  template <std::floating_point T>
  static T slope(T x) {
    return (1 - x * x) * std::exp(-x * x / 2);
  }
  template <std::floating_point T>
  void backward(std::span<const T>, ConstMatrixView<T> x, ConstMatrixView<T> y, ConstMatrixView<T> dy, MatrixView<T> dx,
                std::span<T>) const {
    for (Index i = 0; i < dx.rows(); ++i)
      for (Index j = 0; j < width; ++j) {
        const T before = dx(i, j);
        dx(i, j) = slope(x(i, j)) * dy(i, j);
        if (slip == "sign") dx(i, j) = -dx(i, j);
        if (slip == "doubled") dx(i, j) *= 2;
        if (slip == "missing-derivative") dx(i, j) = dy(i, j);
        if (slip == "derivative-at-output") dx(i, j) = slope(y(i, j)) * dy(i, j);
        if (slip == "twice") dx(i, j) *= slope(x(i, j));
        if (slip == "activated-delta") dx(i, j) = dy(i, j) * std::exp(-dy(i, j) * dy(i, j) / 2);
        if (slip == "activated-delta of slope") dx(i, j) = slope(dy(i, j)) * dy(i, j);
        if (slip == "delta-rectified") dx(i, j) = std::max(dx(i, j), T(0));
        if (slip == "other-derivative") dx(i, j) = y(i, j) * (1 - y(i, j)) * dy(i, j);
        if (slip == "other-derivative of tanh") dx(i, j) = (1 - y(i, j) * y(i, j)) * dy(i, j);
        if (slip == "stale-activation") dx(i, j) = slope(x((i + x.rows() - 1) % x.rows(), j)) * dy(i, j);
        if (slip == "dropped-term" && i + 1 == x.rows()) dx(i, j) = 0;
        if (slip == "one-sample" && i > 0) dx(i, j) = 0;
        if (slip == "accumulates") dx(i, j) += before;
        if (slip == "unwritten" && j == 0) dx(i, j) = before;
        if (slip == "clipped") dx(i, j) = std::clamp(dx(i, j), T(-0.02), T(0.02));
        if (slip == "absolute-values") dx(i, j) = std::abs(dx(i, j));
        if (slip == "mean-for-sum") dx(i, j) /= static_cast<T>(x.rows());
        if (slip == "part-lost" && j == 2) dx(i, j) = 0;
        if (slip == "far" && x(i, j) > 6) dx(i, j) = 0;
        if (slip == "tied" && j > 0 && x(i, j) == x(i, j - 1)) dx(i, j) = 0;
        if (slip == "columns-shifted") dx(i, j) = slope(x(i, (j + 1) % width)) * dy(i, (j + 1) % width);
      }
  }
  bool operator==(const Wavelet&) const = default;
};

/// Y = X W + b, written again.
struct Affine {
  static constexpr std::string_view name = "affine";
  static constexpr bool is_activation = false;
  Index from = 0, to = 0;
  std::string_view slip{};

  Index inputs() const { return from; }
  Index outputs() const { return to; }
  Index parameter_count() const { return (from + 1) * to; }
  std::vector<ParameterBlock> parameter_blocks() const {
    return {{.name = "weights", .rows = from, .cols = to},
            {.name = "bias", .rows = 1, .cols = to, .offset = from * to, .is_bias = true}};
  }
  template <class T>
  ConstMatrixView<T> weights(std::span<const T> theta) const {
    return {theta.data(), from, to};
  }
  template <Number T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y) const {
    for (Index i = 0; i < x.rows(); ++i)
      for (Index k = 0; k < to; ++k) {
        y(i, k) = theta[static_cast<std::size_t>(from * to + k)];
        for (Index j = 0; j < from; ++j) y(i, k) += x(i, j) * weights(theta)(j, k);
      }
  }
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T>, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> gradient) const {
    if (slip != "accumulates" && slip != "unwritten") std::fill(gradient.begin(), gradient.end(), T(0));
    const MatrixView<T> dw(gradient.data(), from, to);
    const std::span<T> db = gradient.subspan(static_cast<std::size_t>(from * to));
    for (Index i = 0; i < x.rows(); ++i)
      for (Index k = 0; k < to; ++k) {
        if (slip == "dropped-term" && i + 1 == x.rows()) continue;
        const Index other = slip == "stale-activation" ? (i + x.rows() - 1) % x.rows() : i;
        for (Index j = 0; j < from; ++j) {
          const bool turned = slip == "transpose" && from == to;
          (turned ? dw(k, j) : dw(j, k)) += x(other, j) * dy(i, k);
        }
        if (slip != "one-sample" || i == 0) db[static_cast<std::size_t>(k)] += dy(i, k);
      }
    spoil(theta, gradient, static_cast<T>(x.rows()));
    for (Index i = 0; i < dx.rows(); ++i)
      for (Index j = 0; j < from; ++j) {
        dx(i, j) = 0;
        for (Index k = 0; k < to; ++k)
          dx(i, j) += dy(i, k) * (slip == "untransposed" && from == to ? weights(theta)(k, j) : weights(theta)(j, k));
        if (slip == "missing-dx") dx(i, j) = 0;
      }
  }
  template <std::floating_point T>
  void spoil(std::span<const T> theta, std::span<T> gradient, T samples) const {
    const std::size_t weights = static_cast<std::size_t>(from * to);
    for (std::size_t k = 0; k < gradient.size(); ++k) {
      T& g = gradient[k];
      if (slip == "sign" && k < weights) g = -g;
      if (slip == "mean-for-sum" && k >= weights) g /= samples;
      if (slip == "missing-gradient" && k >= weights) g = 0;
      if (slip == "regularised-weights" && k < weights) g += T(0.01) * theta[k];
      if (slip == "regularised-bias" && k >= weights) g += T(0.3) * theta[k];
      if (slip == "l1-penalty" && k < weights) g += T(0.01) * (theta[k] > 0 ? T(1) : T(-1));
      if (slip == "part-lost" && k < weights && static_cast<Index>(k) / to == from - 1) g = 0;
      if (slip == "some-lost" && (k == 1 || k == 6)) g = 0;
      if (slip == "zeroed-entry" && k == 3) g = 0;
      if (slip == "constant-added" && k < weights) g += T(0.125);
      if (slip == "unwritten" && k == weights) g = 1;
    }
    if (slip == "swapped-entries") std::swap(gradient[0], gradient[4]);
  }
  bool operator==(const Affine&) const = default;
};

using Layers = std::variant<Affine, Wavelet>;

struct Tally {
  int planted = 0, named = 0, misnamed = 0;
};

/// Checks a network whose layer `at` has the slip.
void look_at(std::vector<Layers> layers, std::size_t at, std::string_view slip, Tally& tally) {
  std::visit([&](auto& layer) { layer.slip = slip; }, layers[at]);
  const BasicNetwork<Layers> network(layers);
  RandomState random(11);
  const Matrix<double> x = random.standard_normal(6, network.inputs());
  const Matrix<double> targets = random.standard_normal(6, network.outputs());
  std::vector<double> theta = random.standard_normal(network.parameter_count());
  const Loss loss{MeanSquaredError{}};
  const std::string what = fmt::format("{} in layer {} of {}", slip, at, layers.size());
  const GradientCheck check = check_gradients(network, loss, theta, x, Targets<double>(targets));
  EXPECT_EQ(check.verdict(), GradientVerdict::wrong) << what;
  ASSERT_FALSE(check.diagnoses.empty()) << what;
  EXPECT_EQ(check.diagnoses[0].layer, at) << what << ": " << check.diagnoses[0].sentence;
  const FastCheck fast = check_fast(network, network, loss, theta, x, Targets<double>(targets));
  EXPECT_EQ(fast.verdict(), GradientVerdict::wrong) << what;
  ASSERT_FALSE(fast.diagnoses.empty()) << what;
  EXPECT_EQ(fast.diagnoses[0].sentence, check.diagnoses[0].sentence) << what;
  ++tally.planted;
  const Diagnosis& first = check.diagnoses[0];
  const std::string kind(slip.substr(0, slip.find(' ')));
  const bool named = first.kind == kind || std::find(first.also.begin(), first.also.end(), kind) != first.also.end();
  tally.named += named;
  tally.misnamed += !named && !first.kind.empty();
  EXPECT_TRUE(named) << what << ": " << first.kind << ": " << first.sentence;
}

TEST(OwnSlips, AreFoundPlacedAndNamedAtEveryDepth) {
  constexpr std::string_view of_activations[] = {"sign",
                                                 "doubled",
                                                 "missing-derivative",
                                                 "derivative-at-output",
                                                 "twice",
                                                 "activated-delta",
                                                 "activated-delta of slope",
                                                 "delta-rectified",
                                                 "other-derivative",
                                                 "other-derivative of tanh",
                                                 "stale-activation",
                                                 "dropped-term",
                                                 "one-sample",
                                                 "accumulates",
                                                 "unwritten",
                                                 "clipped",
                                                 "absolute-values",
                                                 "mean-for-sum",
                                                 "part-lost",
                                                 "columns-shifted"};
  constexpr std::string_view of_dense[] = {
      "sign",       "dropped-term", "stale-activation", "one-sample",          "transpose",        "untransposed",
      "missing-dx", "mean-for-sum", "missing-gradient", "regularised-weights", "regularised-bias", "l1-penalty",
      "part-lost",  "some-lost",    "zeroed-entry",     "constant-added",      "swapped-entries",  "accumulates"};
  Tally tally;
  for (const int depth : {1, 3}) {
    std::vector<Layers> layers{Affine{3, 4}};
    for (int l = 0; l < depth; ++l) {
      layers.emplace_back(Wavelet{4});
      layers.emplace_back(Affine{4, 4});
    }
    for (const std::string_view slip : of_activations) look_at(layers, 1, slip, tally);
    for (const std::string_view slip : of_dense) look_at(layers, 2, slip, tally);
  }
  EXPECT_GE(tally.planted, 70);
  EXPECT_GE(tally.named, 68);
  EXPECT_LE(tally.misnamed, 1);
}

/// Where one point shows nothing, others do.
TEST(OwnSlips, ThatOnePointHidesAreSeenAtOthers) {
  struct Trap {
    std::string_view slip;
    std::size_t at;
    Index samples;
    double size;  // of the parameters; biases are 0
  };
  for (const Trap& trap : {Trap{"mean-for-sum", 0, 1, 1},
                           {"stale-activation", 0, 1, 1},
                           {"regularised-bias", 0, 5, 1},
                           {"transpose", 2, 5, 0},
                           {"far", 1, 5, 0.1},
                           {"tied", 1, 5, 1},
                           {"one-sample", 1, 1, 1},
                           {"mean-for-sum", 1, 1, 1}}) {
    std::vector<Layers> layers{Affine{3, 4}, Wavelet{4}, Affine{4, 4}};
    const BasicNetwork<Layers> good(layers);
    std::visit([&](auto& layer) { layer.slip = trap.slip; }, layers[trap.at]);
    const BasicNetwork<Layers> bad(layers);
    RandomState random(5);
    const Matrix<double> x = random.standard_normal(trap.samples, 3);
    const Matrix<double> targets = trap.slip == "transpose" ? Matrix<double>(5, 4, std::vector<double>(20, 1.0))
                                                            : random.standard_normal(trap.samples, 4);
    std::vector<double> theta = random.standard_normal(good.parameter_count());
    for (double& w : theta) w = trap.size == 0 ? 0.25 : w * trap.size;
    for (const ParameterBlock& block : good.parameter_blocks())
      if (block.is_bias) std::fill_n(theta.begin() + block.offset, block.size(), 0.0);
    const Loss loss{MeanSquaredError{}};
    EXPECT_NE(check_gradients(bad, loss, theta, x, Targets<double>(targets)).verdict(), GradientVerdict::wrong)
        << trap.slip << ": no trap";
    EXPECT_EQ(check_thoroughly(bad, bad, loss, theta, x, Targets<double>(targets)).verdict(), GradientVerdict::wrong)
        << trap.slip << " in layer " << trap.at;
    EXPECT_EQ(check_thoroughly(good, good, loss, theta, x, Targets<double>(targets)).verdict(), GradientVerdict::right)
        << trap.slip;
  }
}

}  // namespace
}  // namespace gradus
