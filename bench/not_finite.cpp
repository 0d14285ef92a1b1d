// SPDX-License-Identifier: MIT
// What it costs that training notices the first number that is not finite: the scan of a gradient (or, online, of the
// parameters once a run of updates) beside the update it is part of, in turns.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>

#include "gradus/engine/math.hpp"
#include "gradus/nn/initializer.hpp"
#include "gradus/train/training.hpp"

namespace {

using namespace gradus;

template <class F>
double nanoseconds(int times, F f) {
  const auto start = std::chrono::steady_clock::now();
  for (int k = 0; k < times; ++k) f();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / times;
}

/// The least of many turns; `scans` an epoch.
template <class T>
void measure(const char* text, Index samples, Index batch, int scans) {
  const Network network = parse_network(text);
  RandomState random(1);
  std::vector<T> theta = initial_parameters<T>(network, {}, random);
  Matrix<T> x(samples, network.inputs()), targets(samples, network.outputs(), T(0));
  for (T& value : x.values()) value = static_cast<T>(random.standard_normal());
  for (Index i = 0; i < samples; ++i) targets(i, i % network.outputs()) = 1;
  FitOptions options;
  options.optimizer = Sgd{.learning_rate = 1e-4};
  options.batch = batch;
  options.epochs = options.record_every = std::numeric_limits<Index>::max();
  const Samples<T> set{x, targets};
  Training<T> training(network, theta, set, options, random);
  const auto run_epoch = [&] {
    training.begin_epoch(set);
    training.advance(training.updates_per_epoch());
  };
  volatile T kept = 0;
  double epoch = 1e18, scan = 1e18;
  for (int turn = 0; turn < 200; ++turn) {
    epoch = std::min(epoch, nanoseconds(5, run_epoch));
    scan = std::min(scan, nanoseconds(200, [&] { kept = engine::largest_magnitude(std::span<const T>(theta)); }));
  }
  std::printf("%-24s %8s %6td %12.0f %12.0f %8.2f %%\n", text, sizeof(T) == 4 ? "float32" : "float64", batch,
              epoch / scans, scan, 100 * scans * scan / epoch);
}

template <class T>
void measure_all() {
  measure<T>("2-16tanh-2softmax", 500, 1, 1);  // a run of updates is scanned once
  measure<T>("2-16tanh-2softmax", 512, 32, 16);
  measure<T>("64-64relu-10softmax", 512, 32, 16);
  measure<T>("64-100relu-10softmax", 1000, 200, 5);
  measure<T>("784-128relu-10softmax", 256, 128, 2);
}

}  // namespace

int main() {
  std::printf("%-24s %8s %6s %12s %12s %10s\n", "network", "", "batch", "work, ns", "a scan, ns", "share");
  measure_all<float>();
  measure_all<double>();
}
