// SPDX-License-Identifier: MIT
#include "gradus/check/gradient_check.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "gradus/nn/initializer.hpp"
#include "tests/nn/layer_examples.hpp"

namespace gradus {
namespace {

/// Targets that every loss accepts: one-hot rows (for one output: 0 or 1).
Matrix<double> random_targets(Index samples, Index outputs, RandomState& random) {
  Matrix<double> targets(samples, outputs);
  for (Index i = 0; i < samples; ++i) {
    if (outputs == 1)
      targets(i, 0) = static_cast<double>(random.randint(0, 2));
    else
      targets(i, random.randint(0, outputs)) = 1;
  }
  return targets;
}

template <class L>
GradientCheck check_of(const BasicNetwork<L>& network, const Loss& loss, Index samples, std::uint32_t seed,
                       double size = 1) {
  RandomState random(seed);
  auto theta = initial_parameters(network, {.kind = Initializer::Kind::standard_normal}, random);
  for (double& value : theta) value *= size;
  const Matrix<double> x = random.standard_normal(samples, network.inputs());
  return check_gradients(network, loss, theta, x, random_targets(samples, network.outputs(), random));
}

/// As values: a loop over them is compiled once, not once a loss.
std::vector<LossFunction> all_losses() {
  std::vector<LossFunction> losses;
  for_each_alternative<LossFunction>([&](auto f) { losses.emplace_back(f); });
  return losses;
}

TEST(GradientCheck, PassesEveryLayerAsAHiddenOneUnderEveryLossThatTakesItsOutputs) {
  for_each_alternative<Layer>([&]<class L>(L) {
    for (const Index n : {1, 3, 8})
      for (const Chain& chain : Example<L>::chains(n)) {
        // Sigmoid at the end keeps p in (0, 1), where all losses are smooth.
        const Network inner(chain);
        Chain layers{Dense{2, inner.inputs()}};
        layers.insert(layers.end(), chain.begin(), chain.end());
        layers.push_back(Dense{inner.outputs(), 3});
        layers.push_back(Elementwise<activation::Sigmoid>{3});
        const Network network(layers);
        for (const LossFunction& f : all_losses())
          for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
            const Loss loss{f, reduction};
            // Half the usual size keeps the sigmoid out of saturation, where 1 - p is all rounding.
            const GradientCheck check = check_of(network, loss, 5, static_cast<std::uint32_t>(n), 0.5);
            EXPECT_TRUE(check.passed()) << L::name << " " << loss.name() << " n = " << n << "\n" << check.table();
          }
      }
  });
}

TEST(GradientCheck, PassesEveryLossFusedWithItsLink) {
  for (const char* text : {"2-5tanh-3softmax", "2-1sigmoid", "3-4relu-3sigmoid", "2-4tanh-2identity", "2-3", "4-2step"})
    for (const LossFunction& f : all_losses()) {
      const Network network = parse_network(text);
      if (!is_fused(network, f)) continue;
      for (const Index samples : {1, 2, 13}) {
        // Where all margins are met, or every unit is right, as with one sample, there is no gradient to prove.
        const GradientCheck check = check_of(network, {f, Reduction::mean}, samples, 3);
        EXPECT_TRUE(check.passed() || (samples < 13 && check.verdict() == GradientVerdict::unproven))
            << text << " " << Loss{f}.name() << "\n"
            << check.table();
      }
    }
}

TEST(GradientCheck, ReportsAGradientThatIsZeroThroughoutAsUnproven) {
  // Nothing passes back through a step.
  const GradientCheck check = check_of(parse_network("2-3step-2softmax"), {CrossEntropy{}}, 4, 1);
  EXPECT_EQ(check.blocks[0].verdict, GradientVerdict::unproven);
  EXPECT_EQ(check.blocks[2].verdict, GradientVerdict::right);
}

/// A layer whose backward is spoilt after the good one has run.
enum class Fault { sign, scale, transpose, stale_bias, dropped_entry, missing_dx, nan };

template <class Good>
struct Planted : Good {
  static constexpr std::string_view name = Good::name;
  Fault fault{};

  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> y, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta) const {
    Good::template backward<T>(theta, x, y, dy, dx, dtheta);
    const auto weights = dtheta.size() - static_cast<std::size_t>(this->outputs());
    if (fault == Fault::sign)
      for (T& d : dtheta) d = -d;
    if (fault == Fault::scale)
      for (T& d : dtheta) d *= T(1.0001);
    if (fault == Fault::transpose) std::swap(dtheta[1], dtheta[static_cast<std::size_t>(this->outputs())]);
    if (fault == Fault::stale_bias) dtheta[weights] *= 2;
    if (fault == Fault::dropped_entry) dtheta[weights - 1] = 0;
    if (fault == Fault::missing_dx && !dx.empty()) dx(0, 0) = 0;
    if (fault == Fault::nan) dtheta[0] = std::numeric_limits<T>::quiet_NaN();
  }
  bool operator==(const Planted&) const = default;
};

GradientCheck check_planted(Fault fault) {
  using Bad = Planted<Dense>;
  using Net = BasicNetwork<std::variant<Bad, Dense, Elementwise<activation::Tanh>, Softmax>>;
  const Net network({Dense{2, 4}, Elementwise<activation::Tanh>{4}, Bad{{4, 3}, fault},
                     Elementwise<activation::Tanh>{3}, Dense{3, 3}, Softmax{3}});
  return check_of(network, {CrossEntropy{}}, 6, 5);
}

TEST(GradientCheck, CatchesEveryPlantedFaultInTheLayerThatHoldsIt) {
  const auto caught = [](const GradientCheck& check, std::size_t block) {
    return check.blocks[block].verdict == GradientVerdict::wrong;
  };
  EXPECT_TRUE(caught(check_planted(Fault::sign), 2));
  EXPECT_TRUE(caught(check_planted(Fault::scale), 2));
  EXPECT_TRUE(caught(check_planted(Fault::transpose), 2));
  EXPECT_TRUE(caught(check_planted(Fault::stale_bias), 3));
  EXPECT_FALSE(caught(check_planted(Fault::stale_bias), 2));
  EXPECT_TRUE(caught(check_planted(Fault::dropped_entry), 2));
  EXPECT_TRUE(caught(check_planted(Fault::nan), 2));
  const GradientCheck missing = check_planted(Fault::missing_dx);
  EXPECT_TRUE(caught(missing, 0));  // shows before the layer, not in it
  EXPECT_FALSE(caught(missing, 2));
}

TEST(GradientCheck, DoesNotCryWolfOverRandomNetworks) {
  const char* activations[] = {"sigmoid", "tanh", "relu", "identity"};
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    RandomState random(seed);
    std::string text = fmt::format("{}", random.randint(1, 6));
    for (std::int64_t layer = random.randint(0, 3); layer-- > 0;)
      text += fmt::format("-{}{}", random.randint(1, 9), activations[random.randint(0, 4)]);
    text += random.randint(0, 2) ? "-3softmax" : "-2sigmoid";
    const Network network = parse_network(text);
    const Loss loss{random.randint(0, 2) ? LossFunction{CrossEntropy{}} : LossFunction{MeanSquaredError{}}};
    const GradientCheck check = check_of(network, loss, random.randint(1, 20), seed);
    EXPECT_TRUE(check.passed()) << "seed " << seed << " " << text << "\n" << check.table();
  }
}

TEST(GradientCheck, PrintsAnAlignedTable) {
  const std::string table = check_of(parse_network("2-3tanh-2softmax"), {CrossEntropy{}}, 4, 1).table();
  std::vector<std::size_t> verdicts;
  std::size_t start = 0;
  for (std::size_t end; (end = table.find('\n', start)) != std::string::npos; start = end + 1)
    verdicts.push_back(table.substr(start, end - start).find(start == 0 ? "verdict" : "right"));
  ASSERT_EQ(verdicts.size(), 6u);
  for (const std::size_t column : verdicts) EXPECT_EQ(column, verdicts.front()) << table;
}

TEST(GradientCheck, IsEndedByWhatIsThrownBetweenItsPasses) {
  const Network network = parse_network("2-3tanh-1");
  const std::vector<double> theta(static_cast<std::size_t>(network.parameter_count()), 0.5);
  const Matrix<double> x{{1, 2}, {3, 4}}, targets{{1}, {0}};
  const Loss loss = parse_loss("mse");
  struct Enough {};
  for (const int most : {0, 1, 20}) {
    int calls = 0;
    GradientCheckOptions options;
    options.between_passes = [&] {
      if (calls++ == most) throw Enough{};
    };
    EXPECT_THROW(check_gradients(network, loss, theta, x, Targets<double>(targets), options), Enough);
    EXPECT_EQ(calls, most + 1);
  }
}

}  // namespace
}  // namespace gradus
