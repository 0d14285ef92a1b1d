// SPDX-License-Identifier: MIT
// Trains xor by the engine, shows the loss going down, and fails unless all four points are right and the definition
// has the same loss.
#include <cmath>
#include <cstdio>

#include "gradus/engine/instruction_set.hpp"
#include "gradus/metrics/metrics.hpp"
#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/train/fit.hpp"

namespace {

int train() {
  using namespace gradus;
  const Matrix<double> x{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  const Matrix<double> targets{{1, 0}, {0, 1}, {0, 1}, {1, 0}};
  const std::vector<int> labels{0, 1, 1, 0};

  const Network network = parse_network("2-4tanh-2softmax");
  RandomState random(7);
  std::vector<double> theta = initial_parameters(network, parse_initializer("uniform:1.0"), random);
  std::vector<double> defined = theta;

  FitOptions options;
  options.optimizer = Sgd{.learning_rate = 0.5};
  options.batch = 4;
  options.epochs = 400;
  RandomState again = random;
  const FitResult result = fit(network, theta, {x, targets}, options, random);
  options.engine = Engine::definition;
  const double expected = fit(network, defined, {x, targets}, options, again).history.loss.back();

  const std::vector<double>& loss = result.history.loss;
  for (std::size_t epoch = 0; epoch < loss.size(); epoch += 50)
    std::printf("epoch %3zu  loss %.6f\n", epoch + 1, loss[epoch]);
  std::printf("epoch %3zu  loss %.6f\n", loss.size(), loss.back());

  const Matrix<double> p = predict(network, theta, x);
  for (Index i = 0; i < x.rows(); ++i) std::printf("%g xor %g: P(1) = %.3f\n", x(i, 0), x(i, 1), p(i, 1));
  const bool right = predicted_classes(p) == labels && loss.back() < 0.1 * loss.front();
  std::printf(right ? "all four points are right\n" : "xor was not learned\n");
  // 400 updates of a rate of 0.5 magnify a rounding of 2^-53 by far less than 10^6.
  const bool alike = std::abs(loss.back() - expected) < 1e-9 * expected;
  std::printf("engine (%s) and definition: loss %.12f and %.12f\n", engine::instruction_set().c_str(), loss.back(),
              expected);
  return right && alike ? 0 : 1;
}

/// An error of the library crosses to its caller as an exception, in WebAssembly too.
int throw_and_catch() {
  try {
    gradus::parse_network("2-4tahn-2softmax");
  } catch (const gradus::ParseError& error) {
    return error.position() == 3 ? 0 : 1;
  }
  return 1;
}

}  // namespace

int main() { return train() + throw_and_catch(); }
