// SPDX-License-Identifier: MIT
// Whether a second thread ever costs time: an update of w-w-w-10 networks, w from 4 to 1024, batches of 32 and 128,
// with one thread and with two, turn by turn. Nothing else should run beside it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "gradus/nn/initializer.hpp"
#include "gradus/random/random_state.hpp"
#include "gradus/train/training.hpp"

namespace {

using namespace gradus;

template <class T>
void measure(Index width, Index batch) {
  const std::string w = std::to_string(width);
  const Network network = parse_network(w + "-" + w + "relu-" + w + "relu-10softmax");
  RandomState random(1);
  const std::vector<T> first = initial_parameters<T>(network, parse_initializer("glorot"), random);
  Matrix<T> x(batch, network.inputs()), targets(batch, network.outputs());
  for (T& value : x.values()) value = static_cast<T>(random.uniform(-1, 1));
  for (Index i = 0; i < batch; ++i) targets(i, i % 10) = 1;

  const Samples<T> set{x, targets};
  std::vector<T> theta[2] = {first, first};
  std::vector<Training<T>> trainings;
  for (const int threads : {1, 2}) {
    FitOptions options;
    options.optimizer = Adam{};
    options.batch = batch;
    options.epochs = std::numeric_limits<Index>::max();
    options.record_every = -1;
    options.threads = threads;
    trainings.emplace_back(network, theta[threads - 1], set, options, random);
  }
  double best[2] = {1e9, 1e9};
  for (double spent = 0; spent < 0.4;)
    for (std::size_t k = 0; k < 2; ++k) {
      const auto start = std::chrono::steady_clock::now();
      trainings[k].begin_epoch(set);
      trainings[k].advance(1);
      const double time = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      best[k] = std::min(best[k], time);
      spent += time;
    }
  std::printf("  %4td %4td  %-6s  %9.1f us  %9.1f us  x %.2f\n", width, batch, sizeof(T) == 4 ? "float" : "double",
              best[0] * 1e6, best[1] * 1e6, best[0] / best[1]);
}

}  // namespace

int main() {
  std::printf("  width batch           one thread         two\n");
  for (const Index width : {4, 8, 16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024})
    for (const Index batch : {32, 128}) {
      measure<float>(width, batch);
      measure<double>(width, batch);
    }
}
