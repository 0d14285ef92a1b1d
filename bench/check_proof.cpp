// SPDX-License-Identifier: MIT
// How long it takes to prove a gradient: the complete check of a 2-16-2 network (82 parameters: by hand, by the tape,
// by dual numbers, by extrapolated differences), and how the cost of the full and of the fast check grows with the
// network.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "gradus/check/projection.hpp"
#include "gradus/nn/initializer.hpp"

namespace {

using namespace gradus;

/// The best of many runs, in milliseconds: what else the machine does only ever adds.
template <class F>
double milliseconds(F f, int runs) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (int k = 0; k < runs; ++k) {
    const auto start = Clock::now();
    f();
    best = std::min(best, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  return best;
}

void measure(const char* text, Index samples, int runs) {
  const Network network = parse_network(text);
  const Loss loss{CrossEntropy{}};
  RandomState random(1);
  const std::vector<double> theta = initial_parameters(network, {}, random);
  const Matrix<double> x = random.standard_normal(samples, network.inputs());
  Matrix<double> targets(samples, network.outputs());
  for (Index i = 0; i < samples; ++i) targets(i, random.randint(0, network.outputs())) = 1;

  GradientChecker<Layer> checker({.complex = false, .plain = false, .input = false, .proofs = false});
  GradientChecker<Layer> everything;
  Trace<double> trace;
  std::vector<double> gradient(theta.size());
  const double pass = milliseconds(
      [&] { value_and_gradient(network, loss, theta, x, targets, trace, std::span<double>(gradient)); }, runs);
  const double four = milliseconds([&] { checker.check(network, loss, theta, x, targets); }, runs);
  const double all = milliseconds([&] { everything.check(network, loss, theta, x, targets); }, std::max(runs / 4, 3));
  const double fast =
      milliseconds([&] { check_fast(network, network, loss, theta, x, targets); }, std::max(runs / 4, 3));
  std::printf("%-28s %8td %8td %12.4f %12.4f %12.4f %12.4f\n", text, network.parameter_count(), samples, pass, four,
              all, fast);
}

}  // namespace

int main() {
  std::printf("%-28s %8s %8s %12s %12s %12s %12s\n", "network", "params", "samples", "one gradient", "4 sources", "all",
              "fast");
  std::printf("%-28s %8s %8s %12s %12s %12s %12s\n", "", "", "", "ms", "ms", "ms", "ms");
  measure("2-16tanh-2softmax", 1, 2000);
  measure("2-16tanh-2softmax", 20, 200);
  measure("8-32tanh-32tanh-4softmax", 1, 100);
  measure("16-64tanh-64tanh-8softmax", 1, 20);
  measure("32-128tanh-128tanh-16softmax", 1, 3);
}
