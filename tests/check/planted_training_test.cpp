// SPDX-License-Identifier: MIT
// A fault that is planted in training leads it the way of the wrong gradient, and changes nothing else.
#include "gradus/check/planted_training.hpp"

#include <gtest/gtest.h>

#include "gradus/check/network_check.hpp"
#include "tests/check/cases.hpp"

namespace gradus {
namespace {

testing_cases::Case subject() { return testing_cases::make_case("3-4tanh-3softmax", {CrossEntropy{}}, 6, 1); }

FitOptions one_step_at(double rate, Index updates) {
  FitOptions options;
  options.loss = Loss{CrossEntropy{}};
  options.optimizer = Sgd{.learning_rate = rate};
  options.batch = 0;
  options.updates = updates;
  options.engine = Engine::definition;
  return options;
}

template <std::floating_point T>
std::vector<T> trained(const PlantedFault& planted, const FitOptions& options) {
  const testing_cases::Case made = subject();
  std::vector<T> theta(made.theta.begin(), made.theta.end());
  const Matrix<T> x(made.x.rows(), made.x.cols(), std::vector<T>(made.x.values().begin(), made.x.values().end()));
  const Matrix<T> targets(made.targets.rows(), made.targets.cols(),
                          std::vector<T>(made.targets.values().begin(), made.targets.values().end()));
  RandomState random(1);
  fit_planted<T>(made.network, planted, std::span<T>(theta), {x, targets}, options, random);
  return theta;
}

TEST(PlantedTraining, WithNothingPlantedIsTrainingByTheDefinitionToTheLastBit) {
  const testing_cases::Case made = subject();
  std::vector<double> theta = made.theta;
  FitOptions options = one_step_at(0.1, 20);
  options.batch = 4;
  RandomState random(1);
  fit<double>(made.network, theta, {made.x, made.targets}, options, random);
  EXPECT_EQ(trained<double>({}, options), theta);
}

TEST(PlantedTraining, StepsAlongTheGradientThatTheFaultMakes) {
  const testing_cases::Case made = subject();
  const PlantedFault sign = find_fault("sign:1.weights", {made.network, made.loss, made.theta, made.x, made.targets});
  const std::vector<double> sound = trained<double>({}, one_step_at(0.5, 1));
  const std::vector<double> spoilt = trained<double>(sign, one_step_at(0.5, 1));
  const ParameterBlock weights = made.network.parameter_blocks()[0];
  for (std::size_t k = 0; k < sound.size(); ++k) {
    const bool of_weights = static_cast<Index>(k) < weights.size();
    const double step = sound[k] - made.theta[k];
    // The same numbers, but for the rounding of two additions to theta.
    EXPECT_NEAR(spoilt[k] - made.theta[k], of_weights ? -step : step, 4e-16 * (1 + std::abs(made.theta[k]))) << k;
  }
}

TEST(PlantedTraining, KeepsFromUpdateToUpdateWhatAGradientIsAddedTo) {
  const testing_cases::Case made = subject();
  const CheckSubject s{made.network, made.loss, made.theta, made.x, made.targets};
  const PlantedFault adds = find_fault("accumulates:2.bias", s);
  const PlantedFault lost = find_fault("unwritten:2.bias", s);
  const auto bias = static_cast<std::size_t>(made.network.parameter_blocks()[3].offset);
  // So small a rate that theta, and with it the gradient, stays where it is: 1 + 2 + 3 gradients instead of 3.
  const double rate = 1e-6;
  const double sound = trained<double>({}, one_step_at(rate, 3))[bias] - made.theta[bias];
  EXPECT_NEAR((trained<double>(adds, one_step_at(rate, 3))[bias] - made.theta[bias]) / sound, 2, 1e-4);
  EXPECT_EQ(trained<double>(lost, one_step_at(rate, 3))[bias], made.theta[bias]);
  EXPECT_NE(trained<float>(adds, one_step_at(0.1, 3)), trained<float>({}, one_step_at(0.1, 3)));
}

TEST(PlantedTraining, RefusesAMethodThatAsksForNoGradient) {
  FitOptions options = one_step_at(0.1, 2);
  options.loss = Loss{MeanSquaredError{}};
  options.optimizer = parse_training_method("lm");
  EXPECT_THROW(trained<double>({}, options), ValueError);
}

TEST(PlantedTraining, IsOfAFaultThatShowsInItsOwnSamples) {
  const testing_cases::Case made = subject();
  const Samples<double> samples{made.x, made.targets};
  EXPECT_EQ(find_fault_in<double>("transpose", made.network, made.loss, made.theta, samples).label(),
            "transpose:1.weights");
  EXPECT_THROW(find_fault_in<double>("unweighted", made.network, made.loss, made.theta, samples), ValueError);
  EXPECT_THROW(find_fault_in<double>("sign:9.weights", made.network, made.loss, made.theta, samples), ValueError);
}

}  // namespace
}  // namespace gradus
