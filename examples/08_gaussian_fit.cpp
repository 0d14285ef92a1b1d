// SPDX-License-Identifier: MIT
// A bell curve of two sigmoids: f(x) = exp(-x^2) on 500 points, learned one point at a time, then by
// Levenberg-Marquardt.
#include <cmath>
#include <cstdio>
#include <gradus/data/makers.hpp>
#include <gradus/metrics/metrics.hpp>
#include <gradus/nn/pass.hpp>
#include <gradus/train/fit.hpp>

int main() {
  using namespace gradus;
  RandomState random(0);
  const Dataset bell = make_gaussian({.samples = 500}, random);
  const Network network = parse_network("1-2sigmoid-1");
  std::vector<double> theta{1, -1, 1, 1, 1, -1, 1};  // two soft steps, one up and one down

  FitOptions online;
  online.loss = parse_loss("mse");
  online.optimizer = Sgd{.learning_rate = 0.01};
  online.order = Order::draws;  // with replacement
  online.batch = 1;
  online.updates = 50000;
  online.record_every = -1;
  fit(network, theta, {bell.x, bell.targets}, online, random);
  const double drawn = mean_squared_error(predict(network, theta, bell.x), bell.targets);

  FitOptions at_once = online;
  at_once.optimizer = LevenbergMarquardt{};  // takes all points; an epoch is one iteration
  at_once.order = Order::shuffle;
  at_once.updates = 0;
  at_once.epochs = 100;
  fit(network, theta, {bell.x, bell.targets}, at_once, random);
  const double best = mean_squared_error(predict(network, theta, bell.x), bell.targets);

  std::printf("50000 points drawn one by one: mean squared error %.4f\n", drawn);
  std::printf("100 iterations by lm:          mean squared error %.6f\n", best);
  std::printf("%6s %10s %8s\n", "x", "exp(-x^2)", "network");
  const Matrix<double> x{{-2}, {-1}, {0}, {1}, {2}};
  const Matrix<double> y = predict(network, theta, x);
  for (Index i = 0; i < x.rows(); ++i)
    std::printf("%6.1f %10.2f %8.2f\n", x(i, 0), std::exp(-x(i, 0) * x(i, 0)), y(i, 0));
}
