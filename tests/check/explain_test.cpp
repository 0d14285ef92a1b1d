// SPDX-License-Identifier: MIT
#include "gradus/check/explain.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "gradus/check/network_check.hpp"
#include "gradus/check/thorough.hpp"
#include "gradus/nn/pass.hpp"
#include "tests/check/cases.hpp"

namespace gradus {
namespace {

TEST(Explain, ShowsTheVeryGradientOfEveryLayer) {
  for (const testing_cases::Case& made : testing_cases::fault_cases()) {
    const Explanation e = explain(made.network, made.loss, made.theta, made.x, Targets<double>(made.targets));
    Trace<double> trace;
    trace.mode = Mode::training;
    std::vector<double> gradient(made.theta.size());
    EXPECT_EQ(e.loss, value_and_gradient(made.network, made.loss, made.theta, made.x, made.targets, trace,
                                         std::span(gradient)));
    std::size_t seen = 0;
    for (const ExplainedLayer& layer : e.layers) {
      EXPECT_FALSE(layer.formula.empty());
      for (const ExplainedBlock& block : layer.blocks)
        for (Index k = 0; k < block.block.size(); ++k, ++seen)
          EXPECT_EQ(block.derivative.values()[static_cast<std::size_t>(k)],
                    gradient[static_cast<std::size_t>(block.block.offset + k)])
              << made.text;
    }
    EXPECT_EQ(seen, gradient.size()) << made.text;
  }
}

TEST(Explain, LeadsFromTheLossToAWeightByNumbersThatMultiplyOut) {
  const testing_cases::Case made = testing_cases::make_case("2-3tanh-2softmax", {CrossEntropy{}}, 1, 1);
  const std::string weight = "layer 1 weights[1, 2]";
  const Explanation e = explain(made.network, made.loss, made.theta, made.x, Targets<double>(made.targets), weight);
  ASSERT_FALSE(e.chain.empty());
  const ExplainedLayer& first = e.layers[0];
  EXPECT_EQ(e.chain.back().value, first.blocks[0].derivative(1, 2));
  EXPECT_NEAR(e.chain.back().value, first.inputs(0, 1) * first.by_outputs(0, 2), 1e-16);
  // p - t, where it begins
  EXPECT_EQ(e.chain.front().value, e.layers[2].by_outputs(0, 0));
  for (const std::string& text : {e.text(), e.markdown(), e.html()}) {
    EXPECT_NE(text.find(weight), std::string::npos);
    EXPECT_NE(text.find("y = x W + b"), std::string::npos);
    EXPECT_NE(text.find("dL/d(layer 2 bias)"), std::string::npos);
  }
}

TEST(Explain, KeepsColumnsApartHoweverLongTheirNumbersAre) {
  testing_cases::Case made = testing_cases::make_case("3-4tanh-3softmax", {CrossEntropy{}}, 2, 1);
  const double long_ones[] = {-1.80339e-06, -0.000498701, -1.23456e-106, 1.23456e+106, -123456, 0};
  for (std::size_t k = 0; k < made.x.values().size(); ++k) made.x.values()[k] = long_ones[k];
  const Explanation e = explain(made.network, made.loss, made.theta, made.x, Targets<double>(made.targets));
  for (const std::string& text : {e.text(), e.markdown(), e.html()}) {
    std::string first;
    std::string second;
    for (std::size_t k = 0; k < 6; ++k) (k < 3 ? first : second) += fmt::format(" {:>12.6g}", long_ones[k]);
    EXPECT_NE(text.find(first + "\n"), std::string::npos) << text;
    EXPECT_NE(text.find(second + "\n"), std::string::npos);
    EXPECT_EQ(first.find("-0.000498701-"), std::string::npos);
  }
}

TEST(Explain, RefusesAParameterThatIsNotThere) {
  const Network network = parse_network("2-3tanh-2softmax");
  EXPECT_EQ(find_parameter(network, "layer 2 bias[1]").col, 1);
  for (const char* text : {"layer 2 bias[2]", "layer 3 weights[0, 0]", "layer 1 weights[2, 0]", "layer 1 weights[0]",
                           "layer 1 weights", "layer 1 weights[-1, 0]", "layer 1 weights[a, b]", ""})
    EXPECT_THROW(find_parameter(network, text), ValueError) << text;
}

TEST(ThoroughCheck, SeesWhatOnePointHides) {
  // Units that are off for every sample hide what is wrong in them; biases of 0 a penalty on them.
  testing_cases::Case made = testing_cases::make_case("2-4relu-3softmax", {CrossEntropy{}}, 4, 1);
  for (double& value : made.x.values()) value = std::abs(value);
  std::fill_n(made.theta.begin(), 8, -1.0);  // all units off
  for (const ParameterBlock& block : made.network.parameter_blocks())
    if (block.is_bias) std::fill_n(made.theta.begin() + block.offset, block.size(), 0.0);
  const CheckSubject subject{made.network, made.loss, made.theta, made.x, made.targets};
  EXPECT_TRUE(check_network_thoroughly(subject).passed());
  for (const PlantedFault& fault :
       {PlantedFault{FaultKind::sign, {0, 0, "1.weights"}}, {FaultKind::regularised_bias, {2, 1, "2.bias"}}}) {
    EXPECT_NE(check_network(subject, {}, fault).verdict(), GradientVerdict::wrong) << fault.label();
    const ThoroughCheck check = check_network_thoroughly(subject, {}, fault);
    EXPECT_EQ(check.verdict(), GradientVerdict::wrong) << fault.label() << "\n" << check.report();
  }
  const GradientCheck plain = check_network(subject);
  EXPECT_NE(plain.report().find("branches went one way only"), std::string::npos) << plain.report();
  EXPECT_NE(plain.report().find("is all 0"), std::string::npos) << plain.report();
}

}  // namespace
}  // namespace gradus
