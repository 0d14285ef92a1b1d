// SPDX-License-Identifier: MIT
// Gradus: what a user of the library writes, nothing tuned by hand.
#include <array>
#include <atomic>
#include <limits>
#include <memory>
#include <numeric>
#include <thread>

#include "../contender.hpp"
#include "gradus/engine/bank.hpp"
#include "gradus/engine/predictor.hpp"
#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/train/training.hpp"

namespace {

using namespace gradus;
using bench::Run;
using bench::Task;

/// Classes as targets of 0 and 1.
template <class T>
struct Set {
  explicit Set(const bench::Data& data) : x(data.rows, data.features), targets(data.rows, data.classes, T(0)) {
    std::copy(data.x.begin(), data.x.end(), x.values().begin());
    for (Index i = 0; i < x.rows(); ++i) targets(i, data.labels[static_cast<std::size_t>(i)]) = 1;
  }
  Samples<T> samples() const { return {x, targets}; }

  Matrix<T> x;
  Matrix<T> targets;
};

template <class T>
std::vector<T> first_parameters(const Network& network) {
  RandomState random(1);
  return initial_parameters<T>(network, parse_initializer("glorot"), random);
}

/// As many epochs as are asked for, no loss on record.
FitOptions endless(const TrainingMethod& method, Index batch, int threads = 1) {
  FitOptions options;
  options.optimizer = method;
  options.batch = batch;
  options.epochs = std::numeric_limits<Index>::max();
  options.record_every = -1;
  options.threads = threads;
  return options;
}

/// Epochs in the samples' own order.
template <class T>
class Learner {
 public:
  Learner(const bench::Data& data, const std::string& network, const FitOptions& options)
      : set_(data),
        network_(parse_network(network)),
        theta_(first_parameters<T>(network_)),
        loss_(options.loss),
        full_(options.batch == 0),
        training_(network_, theta_, set_.samples(), options, unused_) {}

  void learn(long epochs) {
    if (full_) training_.advance(epochs);
    for (long e = 0; e < epochs && !full_; ++e) {
      training_.begin_epoch(set_.samples());
      training_.advance(training_.updates_per_epoch());
    }
  }
  double loss() const {
    Trace<T> trace;
    return static_cast<double>(loss_value<T>(network_, loss_, theta_, set_.x.view(), set_.targets.view(), trace));
  }

 private:
  Set<T> set_;
  Network network_;
  std::vector<T> theta_;
  Loss loss_;
  bool full_;  // an epoch is an update
  RandomState unused_;
  Training<T> training_;
};

template <class T>
Run training(const bench::Data& data, const std::string& network, const FitOptions& options, long learn, double units) {
  const auto learner = std::make_shared<Learner<T>>(data, network, options);
  return {[=](long epochs) { learner->learn(epochs); }, units, learn, [=] { return learner->loss(); }};
}

template <class T>
Run predicting(const char* data, const char* text) {
  const auto samples = std::make_shared<Set<T>>(bench::load(data));
  const Network network = parse_network(text);
  const auto predictor = std::make_shared<engine::Predictor<T>>(network, first_parameters<T>(network));
  const auto y = std::make_shared<std::vector<T>>(network.outputs());
  return {[=](long passes) {
            for (long p = 0; p < passes; ++p)
              for (Index i = 0; i < samples->x.rows(); ++i) (*predictor)(std::as_const(samples->x).row(i), *y);
          },
          static_cast<double>(samples->x.rows()), 1, [=] { return static_cast<double>((*y)[0]); }};
}

/// Seven widths, 20 seeds each, as jobs that threads take in turn: a bank a width.
template <class T>
Run sweep(int threads) {
  const auto samples = std::make_shared<Set<T>>(bench::load("circles"));
  constexpr std::array widths{50, 20, 15, 10, 5, 2};
  const auto accuracy = std::make_shared<std::array<double, widths.size()>>();
  const auto train = [=](std::size_t job) {
    const Network network = parse_network("2-" + std::to_string(widths[job]) + "tanh-2softmax");
    std::vector<std::vector<T>> theta;
    std::vector<engine::BankLane<T>> lanes;
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
      RandomState random(seed);
      theta.push_back(initial_parameters<T>(network, parse_initializer("glorot"), random));
      lanes.push_back({.theta = theta.back(), .random = random, .learning_rate = 0.05});
    }
    engine::Bank<T> bank(network, samples->x, samples->targets, {}, lanes);
    bank.train(20000);
    std::vector<Index> all(static_cast<std::size_t>(samples->x.rows()));
    std::iota(all.begin(), all.end(), 0);
    const std::vector<std::span<const Index>> rows(lanes.size(), all);
    double hits = 0;
    for (const engine::Tally& tally : bank.score(rows, Hit::argmax)) hits += tally.accuracy();
    (*accuracy)[job] = hits / static_cast<double>(lanes.size());
  };
  return {[=](long items) {
            for (long k = 0; k < items; ++k) {
              std::atomic<std::size_t> next = 0;
              const auto work = [&] {
                for (std::size_t job = next++; job < widths.size(); job = next++) train(job);
              };
              std::vector<std::jthread> team;
              for (int t = 1; t < threads; ++t) team.emplace_back(work);
              work();
            }
          },
          20.0 * widths.size(), 1,
          [=] {
            double sum = 0;
            for (const double a : *accuracy) sum += a / widths.size();
            return sum;
          }};
}

/// "cost:WIDTH:DEPTH:BATCH": updates of DEPTH hidden layers of WIDTH units on 16 inputs.
template <class T>
Run cost(const Task& task) {
  int width = 0, depth = 0, batch = 0;
  std::sscanf(task.workload.c_str(), "cost:%d:%d:%d", &width, &depth, &batch);
  std::string text = "16";
  for (int l = 0; l < depth; ++l) text += "-" + std::to_string(width) + "relu";
  const Index rows = std::max(256, batch);
  bench::Data data{rows, 16, 4, {}, {}};
  RandomState random(1);
  data.x = random.standard_normal(rows * 16);
  for (Index i = 0; i < rows; ++i) data.labels.push_back(i % 4);
  return training<T>(data, text + "-4softmax", endless(Sgd{.learning_rate = 1e-3}, batch, task.threads), 0,
                     static_cast<double>((rows + batch - 1) / batch));
}

template <class T>
std::optional<Run> start(const Task& task) {
  const std::string& w = task.workload;
  using bench::load;
  const auto sgd = [](double rate, Index batch) { return endless(Sgd{.learning_rate = rate}, batch); };
  const auto adam = [&](Index batch) { return endless(Adam{.learning_rate = 1e-3}, batch, task.threads); };
  if (w == "A-relu") return training<T>(load("circles"), "2-16relu-2softmax", sgd(0.05, 1), 20, 500);
  if (w == "A-tanh") return training<T>(load("circles"), "2-16tanh-2softmax", sgd(0.05, 1), 20, 500);
  if (w == "B") return training<T>(load("circles"), "2-16tanh-2softmax", sgd(0.1, 32), 50, 16);
  if (w == "C") return training<T>(load("iris"), "4-8sigmoid-3softmax", sgd(0.1, 0), 5000, 1);
  if (w == "D") return training<T>(load("digits"), "64-100relu-10softmax", adam(200), 20, 1);
  if (w == "E") return training<T>(load("wide"), "784-512relu-512relu-10softmax", adam(128), 5, 1024);
  if (w == "F-tanh") return predicting<T>("circles", "2-16tanh-2softmax");
  if (w == "F-relu") return predicting<T>("wide32", "32-64relu-64relu-8");
  if (w == "G-conv")
    return training<T>(load("digits"), "1x8x8-conv8k3relu-maxpool2-32relu-10softmax", adam(64), 5, 1797);
  for (const std::string cell : {"elman", "gru", "lstm"})
    if (w == "R-" + cell) return training<T>(load("digits"), "seq8-32" + cell + "-10softmax", adam(64), 5, 1797);
  if (w == "H") return sweep<T>(task.threads);
  if (w.starts_with("cost:")) return cost<T>(task);
  return std::nullopt;
}

}  // namespace

int main() {
  return bench::serve([](const Task& task) { return task.single ? start<float>(task) : start<double>(task); });
}
