// SPDX-License-Identifier: MIT
#include "gradus/engine/predictor.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "gradus/engine/instruction_set.hpp"
#include "tests/engine/plan_cases.hpp"

namespace gradus {
namespace {

using namespace engine_test;

template <class T>
void check_predictions(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const Problem<T> p(c, 7, 5);
    const engine::Predictor<T> predictor(p.network, p.theta);
    const Matrix<T> expected = predict(p.network, p.theta, p.x);
    Matrix<T> got(7, p.network.outputs(), std::numeric_limits<T>::quiet_NaN());
    predictor(p.x, got);
    SCOPED_TRACE(c.network + " " + engine::instruction_set());
    // Sums of up to 70 terms, each rounded once, and activations of slope at most 1.
    const double tolerance = 100 * static_cast<double>(std::numeric_limits<T>::epsilon());
    EXPECT_LE(distance(got.values(), expected.values()), tolerance * (1 + norm(expected.values())));
    std::vector<T> one(static_cast<std::size_t>(p.network.outputs()));
    predictor(p.x.row(3), one);
    for (Index j = 0; j < p.network.outputs(); ++j) EXPECT_EQ(one[static_cast<std::size_t>(j)], got(3, j));
  }
}

template <class T>
void check_infinite_inputs() {
  for (const char* activation : {"tanh", "sigmoid"})
    for (const int units : {1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33})
      for (const char* end : {"2softmax", "3", "1sigmoid"}) {
        const Network network = parse_network("2-" + std::to_string(units) + activation + "-" + end);
        RandomState random(7);
        const std::vector<T> theta = initial_parameters<T>(network, parse_initializer("glorot"), random);
        const Matrix<T> x(2, 2,
                          {std::numeric_limits<T>::infinity(), T(0.5), T(0.25), -std::numeric_limits<T>::infinity()});
        Matrix<T> got(2, network.outputs());
        engine::Predictor<T>(network, theta)(x, got);
        const Matrix<T> expected = predict(network, theta, x);
        EXPECT_LE(distance(got.values(), expected.values()),
                  100 * static_cast<double>(std::numeric_limits<T>::epsilon()))
            << to_text(network) << " " << engine::instruction_set();
      }
}

TEST(Predictor, AnInfiniteInputSaturatesItsUnitsAndSpoilsNothing) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    check_infinite_inputs<float>();
    check_infinite_inputs<double>();
  }
  engine::use_instruction_set("");
}

TEST(Predictor, PredictsWhatTheDefinitionPredicts) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    check_predictions<float>(cases());
    check_predictions<double>(cases());
    check_predictions<float>(further_cases());
    check_predictions<double>(further_cases());
  }
  engine::use_instruction_set("");
}

template <class T>
void check_any_number(const Case& c) {
  for (const Index rows : {0, 1, 3, 4, 7, 8, 9, 16, 17, 31, 33, 64, 65, 200}) {
    const Problem<T> p(c, std::max<Index>(rows, 1), 5);
    const ConstMatrixView<T> x = p.x.view().middle_rows(0, rows);
    const Matrix<T> expected = predict(p.network, p.theta, x);
    Matrix<T> got(rows, p.network.outputs(), std::numeric_limits<T>::quiet_NaN());
    engine::predict<T>(p.network, p.theta, x, got.view());
    SCOPED_TRACE(c.network + " " + std::to_string(rows) + " rows " + engine::instruction_set());
    const double tolerance = 100 * static_cast<double>(std::numeric_limits<T>::epsilon());
    EXPECT_LE(distance(got.values(), expected.values()), tolerance * (1 + norm(expected.values())));
  }
}

TEST(Predictor, PredictsAnyNumberOfSamplesOfAnyNetwork) {
  std::vector<Case> all = cases();
  for (const Case& c : further_cases()) all.push_back(c);
  all.push_back({"6-3logsoftmax", "nll"});
  all.push_back({"1x4x4-conv2k3relu-3softmax", "cross-entropy"});
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    for (const Case& c : all) {
      check_any_number<float>(c);
      check_any_number<double>(c);
    }
  }
  engine::use_instruction_set("");
  const Network network = parse_network("2-3tanh-1");
  const std::vector<double> theta(13);
  Matrix<double> y(5, 2);
  EXPECT_THROW(engine::predict<double>(network, theta, Matrix<double>(5, 2), y), ShapeError);
  EXPECT_THROW(engine::predict<double>(network, theta, Matrix<double>(5, 3), y), ShapeError);
  EXPECT_THROW(engine::predict<double>(network, std::span(theta).first(12), Matrix<double>(5, 2), y), ShapeError);
}

TEST(Predictor, IsSharedByThreads) {
  const Problem<double> p({"5-7relu-3softmax", "cross-entropy"}, 64, 9);
  const engine::Predictor<double> predictor(p.network, p.theta);
  Matrix<double> expected(64, 3);
  predictor(p.x, expected);
  std::vector<Matrix<double>> results(4, Matrix<double>(64, 3));
  std::vector<std::thread> threads;
  for (Matrix<double>& result : results) threads.emplace_back([&] { predictor(p.x, result); });
  for (std::thread& thread : threads) thread.join();
  for (const Matrix<double>& result : results) EXPECT_EQ(result, expected);
}

TEST(Predictor, CarriesNaN) {
  const Problem<float> p({"2-16tanh-2softmax", "cross-entropy"}, 1, 9);
  const engine::Predictor<float> predictor(p.network, p.theta);
  std::vector<float> x{0.5F, std::numeric_limits<float>::quiet_NaN()}, y(2);
  predictor(x, y);
  EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[1]));
}

TEST(Predictor, RefusesWhatDoesNotFit) {
  const Network network = parse_network("2-3tanh-2softmax");
  const std::vector<double> theta(static_cast<std::size_t>(network.parameter_count()));
  EXPECT_THROW(engine::Predictor<double>(network, std::span(theta).first(4)), ShapeError);
  const engine::Predictor<double> predictor(network, theta);
  std::vector<double> x(3), y(2);
  EXPECT_THROW(predictor(x, y), ShapeError);
  const Network wide = parse_network("2-5000tanh-2softmax");
  EXPECT_FALSE(engine::Predictor<double>::exists(wide));
}

}  // namespace
}  // namespace gradus
