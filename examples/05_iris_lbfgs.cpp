// SPDX-License-Identifier: MIT
// Iris by L-BFGS: no learning rate to choose, a small l2 penalty, early stopping on held-out flowers.
#include <cstdio>
#include <gradus/data/dataset.hpp>
#include <gradus/data/scaler.hpp>
#include <gradus/data/split.hpp>
#include <gradus/lab/data/source.hpp>
#include <gradus/metrics/metrics.hpp>
#include <gradus/nn/initializer.hpp>
#include <gradus/nn/pass.hpp>
#include <gradus/train/fit.hpp>

int main() {
  using namespace gradus;
  RandomState random(0);
  const TrainTest parts = split(load_data("iris"), 0.3, random, true);
  const Scaler scaler = Scaler::fit(Scaler::Kind::standard, parts.train.x);
  const Matrix<double> x = scaler.transform(parts.train.x);
  const Matrix<double> x_test = scaler.transform(parts.test.x);
  const Matrix<double> t = one_hot(parts.train.labels, 3);
  const Matrix<double> t_test = one_hot(parts.test.labels, 3);

  const Network network = parse_network("4-8tanh-3softmax");
  std::vector<double> theta = initial_parameters(network, {}, random);
  FitOptions options;
  options.optimizer = Lbfgs{};
  options.epochs = 200;
  options.regularisation.l2 = 1e-3;
  options.early_stopping = {.metric = EarlyStopping::Metric::test_loss, .patience = 10};
  const FitResult result = fit(network, theta, {x, t}, options, random, Samples<double>{x_test, t_test});

  const auto hits = [&](const Matrix<double>& inputs, const std::vector<int>& labels) {
    return accuracy(predicted_classes(predict(network, theta, inputs)), labels) * static_cast<double>(labels.size());
  };
  std::printf("training: %.0f of %zu right\n", hits(x, parts.train.labels), parts.train.labels.size());
  std::printf("test:     %.0f of %zu right\n", hits(x_test, parts.test.labels), parts.test.labels.size());
  std::printf("stopped early: %s\n", result.reason == StopReason::early ? "yes" : "no");
}
