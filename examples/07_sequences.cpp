// SPDX-License-Identifier: MIT
// What a recurrent network must remember: which of two signals came last, however long ago. Trained on sequences of 12
// steps, it is asked about much longer ones.
#include <cstdio>
#include <gradus/metrics/metrics.hpp>
#include <gradus/nn/initializer.hpp>
#include <gradus/nn/pass.hpp>
#include <gradus/train/fit.hpp>

namespace {

using namespace gradus;

struct Signals {
  Matrix<double> x;  ///< (sequences, steps): now and then a 1 or a -1, else small noise
  Matrix<double> t;  ///< (sequences, steps): 1 while the last signal was a 1, else 0
};

Signals signals(Index sequences, Index steps, RandomState& random) {
  Signals made{random.standard_normal(sequences, steps), Matrix<double>(sequences, steps)};
  for (Index i = 0; i < sequences; ++i) {
    double last = 0;
    for (Index s = 0; s < steps; ++s) {
      made.x(i, s) *= 0.1;
      if (s == 0 || random.uniform(0, 1) < 0.2) made.x(i, s) = last = random.randint(0, 2) ? 1 : -1;
      made.t(i, s) = last > 0 ? 1 : 0;
    }
  }
  return made;
}

/// The share of the steps answered rightly.
double share_right(const Network& network, const std::vector<double>& theta, const Signals& set) {
  const Matrix<double> p = predict(network, theta, set.x);
  double right = 0;
  for (std::size_t k = 0; k < p.values().size(); ++k) right += (p.values()[k] > 0.5) == (set.t.values()[k] > 0.5);
  return right / static_cast<double>(p.size());
}

}  // namespace

int main() {
  std::printf("%-24s %10s %8s %8s %8s\n", "steps answered rightly", "parameters", "12", "60", "300");
  for (const char* text : {"seq1-6elman:all-1sigmoid", "seq1-6gru:all-1sigmoid", "seq1-6lstm:all-1sigmoid"}) {
    RandomState random(1);
    const Signals training = signals(200, 12, random);
    const Network network = parse_network(text);
    std::vector<double> theta = initial_parameters(network, {}, random);
    FitOptions options;
    options.loss = parse_loss("binary-cross-entropy");
    options.optimizer = parse_training_method("adam:lr=0.02");
    options.batch = 20;
    options.epochs = 60;
    fit(network, theta, {training.x, training.t}, options, random);
    std::printf("%-24s %10td", text, network.parameter_count());
    for (const Index steps : {12, 60, 300})
      std::printf("%8s%%", share_right(network, theta, signals(100, steps, random)) >= 0.995 ? "> 99.5" : "less");
    std::printf("\n");
  }
}
