// SPDX-License-Identifier: MIT
// A smooth curve learned twice: by Adam, and by Levenberg-Marquardt, which is made for sums of squares.
#include <cmath>
#include <cstdio>
#include <gradus/nn/initializer.hpp>
#include <gradus/train/fit.hpp>

namespace {

double mean_squared_error_after(const char* method, gradus::Index epochs) {
  using namespace gradus;
  Matrix<double> x(50, 1), t(50, 1);
  for (Index i = 0; i < 50; ++i) {
    x(i, 0) = -2 + 4 * static_cast<double>(i) / 49;
    t(i, 0) = std::exp(-x(i, 0)) * std::sin(3 * x(i, 0));
  }
  const Network network = parse_network("1-12tanh-1");
  RandomState random(1);
  std::vector<double> theta = initial_parameters(network, parse_initializer("standard-normal"), random);

  FitOptions options;
  options.loss = parse_loss("mse");
  options.optimizer = parse_training_method(method);  // `lm` takes the full batch: an epoch is one iteration
  options.batch = 0;
  options.epochs = epochs;
  return fit(network, theta, {x, t}, options, random).history.loss.back();
}

}  // namespace

int main() {
  const double adam = mean_squared_error_after("adam:lr=0.01", 5000);
  const double lm = mean_squared_error_after("lm", 300);
  std::printf("Adam, 5000 epochs:               below 1e-1: %s\n", adam < 1e-1 ? "yes" : "no");
  std::printf("Levenberg-Marquardt, 300 epochs: below 1e-7: %s\n", lm < 1e-7 ? "yes" : "no");
  std::printf("more than 1000 times less:       %s\n", lm < adam / 1000 ? "yes" : "no");
}
