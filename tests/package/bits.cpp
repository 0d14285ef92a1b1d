// SPDX-License-Identifier: MIT
// Trains, both ways and in both precisions, and prints what was learned to the last bit. `bits own` computes
// itself: those bits are the user's compiler's.
#include <cstdio>
#include <gradus/nn/initializer.hpp>
#include <gradus/nn/pass.hpp>
#include <gradus/train/fit.hpp>

namespace {

template <class T>
void learn(gradus::Engine engine, const char* optimizer) {
  using namespace gradus;
  RandomState random(7);
  const Network network = parse_network("3-5tanh-4gelu-2softmax");
  std::vector<T> theta;
  for (const double value : initial_parameters(network, parse_initializer("glorot"), random))
    theta.push_back(static_cast<T>(value));
  Matrix<T> x(20, 3), targets(20, 2);
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index j = 0; j < 3; ++j) x(i, j) = static_cast<T>(random.uniform() - 0.5);
    targets(i, i % 2) = 1;
  }
  FitOptions options;
  options.optimizer = parse_training_method(optimizer);
  options.batch = 7;
  options.epochs = 30;
  options.engine = engine;
  options.regularisation.l2 = 1e-3;
  const FitResult result = fit<T>(network, theta, {x, targets}, options, random);
  std::printf("%a", result.history.loss.back());
  for (const T value : theta) std::printf(" %a", static_cast<double>(value));
  std::vector<T> gradient(theta.size());
  Trace<T> trace;
  const T loss = value_and_gradient<T>(network, options.loss, theta, x, Targets<T>(targets), trace, gradient);
  std::printf(" %a", static_cast<double>(loss));
  for (const T value : gradient) std::printf(" %a", static_cast<double>(value));
  std::printf("\n");
}

/// What the rounding of a product leaves: nothing, unless product and difference are one operation.
void round_own() {
  gradus::RandomState random(7);
  const volatile double a = random.uniform();
  const volatile double square = a * a;
  std::printf("%a\n", a * a - square);
}

}  // namespace

int main(int count, char**) {
  if (count > 1) {
    round_own();
    return 0;
  }
  for (const char* optimizer : {"sgd:momentum=0.9", "adam", "rmsprop", "nadam"})
    for (const gradus::Engine engine : {gradus::Engine::definition, gradus::Engine::automatic}) {
      learn<double>(engine, optimizer);
      learn<float>(engine, optimizer);
    }
}
