// SPDX-License-Identifier: MIT
// The smallest network worth training: four points that no straight line separates.
#include <cstdio>
#include <gradus/data/dataset.hpp>
#include <gradus/metrics/metrics.hpp>
#include <gradus/nn/initializer.hpp>
#include <gradus/nn/pass.hpp>
#include <gradus/train/fit.hpp>

int main() {
  using namespace gradus;
  const Matrix<double> x{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  const std::vector<int> labels{0, 1, 1, 0};

  // A network is a shape; its parameters are one vector that we own.
  const Network network = parse_network("2-4tanh-2softmax");
  RandomState random(7);
  std::vector<double> theta = initial_parameters(network, parse_initializer("glorot"), random);
  std::printf("%s: %zu parameters\n", to_text(network).c_str(), theta.size());

  FitOptions options;  // the loss is cross-entropy unless told otherwise
  options.optimizer = Sgd{.learning_rate = 0.5};
  options.batch = 4;
  options.epochs = 300;
  const FitResult result = fit(network, theta, {x, one_hot(labels, 2)}, options, random);
  std::printf("mean loss: %.2f at first, %.2f after %d epochs\n\n", result.history.loss.front(),
              result.history.loss.back(), static_cast<int>(result.epochs));

  const Matrix<double> p = predict(network, theta, x);
  for (Index i = 0; i < x.rows(); ++i) std::printf("%g xor %g = 1 with probability %.2f\n", x(i, 0), x(i, 1), p(i, 1));
  std::printf("accuracy %.2f\n", accuracy(predicted_classes(p), labels));
}
