// SPDX-License-Identifier: MIT
#include "gradus/check/given_gradient.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/check/cases.hpp"

namespace gradus {
namespace {

CheckSubject subject_of(const testing_cases::Case& made) {
  return {made.network, made.loss, made.theta, made.x, {made.targets, made.weights}};
}
std::vector<double> gradient_of(const testing_cases::Case& made) {
  Trace<double> trace;
  std::vector<double> gradient(made.theta.size());
  value_and_gradient(made.network, made.loss, made.theta, made.x, made.targets, trace, std::span(gradient));
  return gradient;
}
std::string kind_of(const GradientCheck& check) { return check.diagnoses.empty() ? "" : check.diagnoses[0].kind; }

TEST(GivenGradient, IsRightInEveryPrecisionItIsGivenIn) {
  for (const char* text : {"3-4tanh-3softmax", "2-5relu-3sigmoid-2softmax", "4-4tanh-4tanh-4softmax"}) {
    const testing_cases::Case made = testing_cases::make_case(text, {CrossEntropy{}}, 5, 1);
    const std::vector<double> gradient = gradient_of(made);
    EXPECT_TRUE(check_given_gradient(subject_of(made), {gradient}).passed()) << text;
    GivenGradient narrow{std::vector<double>(gradient.size())};
    narrow.float32 = true;
    GivenGradient printed = narrow;
    printed.float32 = false;
    for (std::size_t k = 0; k < gradient.size(); ++k) {
      narrow.numbers[k] = static_cast<double>(static_cast<float>(gradient[k]));
      printed.numbers[k] = std::nearbyint(gradient[k] * 1e4) / 1e4;
      printed.half_units.push_back(0.5e-4);
    }
    EXPECT_TRUE(check_given_gradient(subject_of(made), narrow).passed()) << text;
    EXPECT_TRUE(check_given_gradient(subject_of(made), printed).passed()) << text;
    // Neither excuses the other's errors.
    narrow.float32 = false;
    EXPECT_EQ(check_given_gradient(subject_of(made), narrow).verdict(), GradientVerdict::wrong) << text;
    printed.half_units.assign(gradient.size(), 0.5e-6);
    EXPECT_EQ(check_given_gradient(subject_of(made), printed).verdict(), GradientVerdict::wrong) << text;
  }
}

TEST(GivenGradient, OfANetworkWithMasksIsThatOfTheMasksOfANewTrace) {
  const testing_cases::Case made = testing_cases::make_case("3-6tanh-dropout0.4-3softmax", {CrossEntropy{}}, 7, 1);
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{5}}) {
    Trace<double> trace;
    detail::set_mode(trace, seed);
    std::vector<double> gradient(made.theta.size());
    value_and_gradient(made.network, made.loss, made.theta, made.x, made.targets, trace, std::span(gradient));
    EXPECT_EQ(check_given_gradient(subject_of(made), {gradient}).passed(), seed == 0);
    EXPECT_TRUE(check_given_gradient(subject_of(made), {gradient}, seed).passed());
  }
}

TEST(GivenGradient, IsTakenAsOneArrayInItsShapeOrTransposed) {
  const testing_cases::Case made = testing_cases::make_case("3-4tanh-3softmax", {CrossEntropy{}}, 5, 1);
  const std::vector<double> gradient = gradient_of(made);
  for (const ParameterBlock& block : made.network.parameter_blocks()) {
    const auto first = gradient.begin() + block.offset;
    GivenGradient given{{first, first + block.size()}, block.label(), block.rows, block.cols};
    const GradientCheck check = check_given_gradient(subject_of(made), given);
    EXPECT_TRUE(check.passed()) << check.report();
    EXPECT_EQ(check.blocks.size(), 1u);
    if (block.rows < 2) continue;
    GivenGradient turned{std::vector<double>(given.numbers.size()), block.label(), block.cols, block.rows};
    for (Index i = 0; i < block.rows; ++i)
      for (Index j = 0; j < block.cols; ++j)
        turned.numbers[static_cast<std::size_t>(j * block.rows + i)] =
            given.numbers[static_cast<std::size_t>(i * block.cols + j)];
    EXPECT_TRUE(check_given_gradient(subject_of(made), turned).passed());
    std::swap(turned.rows, turned.cols);  // a transposition that the shape hides
    const GradientCheck hidden = check_given_gradient(subject_of(made), turned);
    EXPECT_EQ(hidden.verdict(), GradientVerdict::wrong);
    EXPECT_EQ(kind_of(hidden), "transpose") << hidden.report();
  }
  EXPECT_THROW(check_given_gradient(subject_of(made), {{1, 2}}), ValueError);
  EXPECT_THROW(check_given_gradient(subject_of(made), {{1, 2}, "layer 7 weights"}), ValueError);
  EXPECT_THROW(check_given_gradient(subject_of(made), {{1, 2, 3}, "layer 1 bias", 1, 3}), ValueError);
}

TEST(GivenGradient, HasItsFactorNamed) {
  const testing_cases::Case made = testing_cases::make_case("3-4tanh-3softmax", {CrossEntropy{}}, 7, 1);
  const std::vector<double> gradient = gradient_of(made);
  const std::pair<double, const char*> factors[] = {{-1, "sign"},   {7, "missing-mean"}, {1.0 / 7, "mean-twice"},
                                                    {2, "doubled"}, {0.5, "halved"},     {3, "times-outputs"}};
  for (const auto& [factor, kind] : factors) {
    std::vector<double> scaled = gradient;
    for (double& d : scaled) d *= factor;
    const GradientCheck check = check_given_gradient(subject_of(made), {scaled});
    EXPECT_EQ(check.verdict(), GradientVerdict::wrong);
    EXPECT_EQ(kind_of(check), kind) << check.report();
  }
}

TEST(GivenGradient, IsToldWhatIsWrongOutsideItsPass) {
  const testing_cases::Case made = testing_cases::make_case("3-4tanh-3softmax", {CrossEntropy{}}, 7, 1);
  const std::vector<double> gradient = gradient_of(made);
  const auto named = [&](const std::vector<double>& wrong) {
    const GradientCheck check = check_given_gradient(subject_of(made), {wrong});
    EXPECT_EQ(check.verdict(), GradientVerdict::wrong);
    return kind_of(check);
  };
  std::vector<double> step = gradient;
  std::vector<double> near = gradient;
  std::vector<double> sizes = gradient;
  for (double& d : step) d *= -0.01;
  for (std::size_t k = 0; k < near.size(); ++k) near[k] *= 1 + (k % 2 == 0 ? 1e-6 : -1e-6);
  for (double& d : sizes) d = std::abs(d);
  EXPECT_EQ(named(step), "factor");
  EXPECT_EQ(named(near), "approximate");
  EXPECT_EQ(named(sizes), "absolute-values");
  // The second layer's 15 numbers first.
  std::vector<double> order(gradient.begin() + 16, gradient.end());
  order.insert(order.end(), gradient.begin(), gradient.begin() + 16);
  EXPECT_EQ(named(order), "other-order");
  testing_cases::Case some = made;
  some.x = Matrix<double>(made.x.view().middle_rows(0, 3));
  some.targets = Matrix<double>(made.targets.view().middle_rows(0, 3));
  EXPECT_EQ(named(gradient_of(some)), "some-samples");
  // What is wrong in one small array is not near.
  std::vector<double> one = gradient;
  std::swap(one[12], one[13]);
  EXPECT_EQ(named(one), "swapped-entries");
}

TEST(GivenGradient, IsToldOfSlipsThatLieInOtherFunctionsOfTheSameNetwork) {
  // What another network, loss or batch gives, where the gradient asked for is the first's.
  const auto named = [](const testing_cases::Case& right, const testing_cases::Case& other,
                        Mode mode = Mode::training) {
    Trace<double> trace;
    detail::set_mode(trace, 1);
    trace.mode = mode;
    std::vector<double> gradient(other.theta.size());
    value_and_gradient(other.network, other.loss, other.theta, other.x, other.targets, trace, std::span(gradient));
    const GradientCheck check = check_given_gradient(subject_of(right), {gradient});
    EXPECT_EQ(check.verdict(), GradientVerdict::wrong);
    return kind_of(check);
  };
  for (const char* unit : {"elman", "gru", "lstm"}) {
    const auto of_steps = [&](const std::string& text) {
      RandomState random(4);
      return testing_cases::make_case(text, parse_network(text), {CrossEntropy{}}, 5, 6, random);
    };
    const std::string text = fmt::format("seq2-4{}-3softmax", unit);
    testing_cases::Case cut = of_steps(text);
    std::vector<Layer> layers = cut.network.layers();
    std::visit(
        [](auto& layer) {
          if constexpr (requires { layer.truncation; }) layer.truncation = 2;
        },
        layers[0]);
    cut.network = Network(layers);
    EXPECT_EQ(named(of_steps(text), cut), "truncated") << unit;
  }
  const testing_cases::Case made = testing_cases::make_case("3-4tanh-3softmax", {CrossEntropy{}}, 7, 1);
  testing_cases::Case other = made;
  other.loss = {MeanSquaredError{}};
  EXPECT_EQ(named(made, other), "other-loss");
  other.loss = {MultiLabelCrossEntropy{}};
  other.loss.factor = 0.3;
  EXPECT_EQ(named(made, other), "other-loss");  // and that so many times
  other = made;
  for (Index i = 0; i < 7; ++i) other.targets.row(i)[0] = 1 - other.targets.row(i)[0];
  EXPECT_NE(named(made, other), "targets-inverted");  // of one column only: no slip that is known
  const testing_cases::Case masked = testing_cases::make_case("3-6tanh-dropout0.4-3softmax", {CrossEntropy{}}, 7, 1);
  EXPECT_EQ(named(masked, masked, Mode::inference), "no-mask");
}

TEST(GivenGradient, HasWhatIsFittedToItTold) {
  const testing_cases::Case made = testing_cases::make_case("3-4tanh-3softmax", {CrossEntropy{}}, 7, 1);
  const std::vector<double> right = gradient_of(made);
  const auto told = [&](const std::vector<double>& wrong, const char* kind, const char* words) {
    const GradientCheck check = check_given_gradient(subject_of(made), {wrong});
    EXPECT_EQ(check.verdict(), GradientVerdict::wrong);
    ASSERT_FALSE(check.diagnoses.empty());
    EXPECT_EQ(check.diagnoses[0].kind, kind) << check.diagnoses[0].sentence;
    EXPECT_NE(check.diagnoses[0].sentence.find(words), std::string::npos) << check.diagnoses[0].sentence;
  };
  const auto changed = [&](auto f) {
    std::vector<double> wrong = right;
    for (std::size_t k = 0; k < wrong.size(); ++k) wrong[k] = f(wrong[k], made.theta[k]);
    return wrong;
  };
  told(changed([](double g, double) { return std::clamp(g, -0.05, 0.05); }), "clipped", "larger than 0.05,");
  told(changed([](double g, double w) { return g + 0.02 * w; }), "regularised-all", "0.02 times");
  told(changed([](double g, double w) { return g + std::copysign(0.02, w); }), "l1-penalty", "0.02 times");
  told(changed([](double g, double w) { return w - 0.5 * g; }), "updated-parameters", "-0.5 times");
  told(changed([](double g, double) { return 3 * g * g; }), "squared", "3 times");
  told(changed([](double g, double) { return std::nearbyint(g * 1e5) / 1e5; }), "rounded", "5 digits");
  // The third sample counts twice.
  testing_cases::Case twice = made;
  twice.weights.assign(7, 1.0);
  twice.weights[2] = 2;
  Trace<double> trace;
  std::vector<double> weighted(right.size());
  const Loss sum{CrossEntropy{}, Reduction::sum};
  value_and_gradient(made.network, sum, made.theta, made.x, Targets<double>(made.targets, twice.weights), trace,
                     std::span(weighted));
  for (double& g : weighted) g /= 7;
  told(weighted, "samples-weighted", "1, 1, 2, 1, 1, 1, 1 times");
}

TEST(GivenGradient, HasEveryPlantedSlipOfItsPassNamed) {
  const testing_cases::Case made = testing_cases::make_case("3-4tanh-5sigmoid-3softmax", {CrossEntropy{}}, 7, 1);
  std::size_t tried = 0;
  for (const PlantedFault& fault : faults_of(made.network, made.loss, made.targets)) {
    if (fault.kind == FaultKind::accumulates || fault.kind == FaultKind::unwritten || !shows(fault, subject_of(made)))
      continue;
    const FaultyNetwork<Layer> suspect(made.network, fault);
    Trace<double> trace;
    detail::set_mode(trace, 1);
    std::vector<double> gradient(made.theta.size());
    forward(suspect, made.theta, made.x, trace);
    detail::suspect_gradient<double>(suspect, made.loss, made.theta, made.x, Targets<double>(made.targets), trace,
                                     std::span(gradient), {});
    const std::vector<double> right = gradient_of(made);
    if (gradient == right) continue;  // seen in the input's derivative only
    ++tried;
    const GradientCheck check = check_given_gradient(subject_of(made), {gradient});
    EXPECT_EQ(check.verdict(), GradientVerdict::wrong) << fault.label();
    ASSERT_FALSE(check.diagnoses.empty()) << fault.label();
    const Diagnosis& first = check.diagnoses[0];
    EXPECT_TRUE(first.kind == name(fault.kind) ||
                std::find(first.also.begin(), first.also.end(), name(fault.kind)) != first.also.end())
        << fault.label() << ": " << first.sentence;
  }
  EXPECT_GT(tried, 60u);
}

}  // namespace
}  // namespace gradus
