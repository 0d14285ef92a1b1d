// SPDX-License-Identifier: MIT
#include "gradus/train/check_run.hpp"

namespace gradus::detail {

void check_fit_options(const FitOptions& options, Index samples) {
  const auto check_count = [](Index value, const char* what) {
    if (value < 0) throw ValueError(std::string("[fit] expected ") + what + " >= 0, got " + std::to_string(value));
  };
  check_count(options.batch, "a batch size");
  check_count(options.epochs, "a number of epochs");
  check_count(options.updates, "a number of updates");
  check_count(options.test_every, "test_every");
  if (options.engine == Engine::definition && options.arithmetic != Arithmetic::automatic)
    throw ValueError("[fit] expected Arithmetic::automatic with Engine::definition, which has one of its own, got " +
                     std::string(to_text(options.arithmetic)));
  if (!stepping_method(options.optimizer) && options.order != Order::shuffle)
    throw ValueError("[fit] expected Order::shuffle with " + std::string(name(options.optimizer)) +
                     ", which takes all samples at once");
  if (options.order != Order::given) return;
  if (options.given.empty()) throw ValueError("[fit] expected sample indices with Order::given, got none");
  for (const Index i : options.given)
    if (i < 0 || i >= samples)
      throw ValueError("[fit] expected given sample indices from 0 to " + std::to_string(samples - 1) + ", got " +
                       std::to_string(i));
}

void check_early_stopping(const FitOptions& options, bool has_test, bool has_metric, bool listens, bool knows_hits) {
  using Metric = EarlyStopping::Metric;
  const EarlyStopping& early = options.early_stopping;
  const auto expect = [](bool good, const char* what) {
    if (!good) throw ValueError(std::string("[fit] expected ") + what);
  };
  expect(early.patience >= 0 && early.min_delta >= 0, "early stopping with a patience and min_delta of at least 0");
  const bool of_test = early.metric == Metric::test_loss || early.metric == Metric::test_accuracy;
  const bool of_hits = early.metric == Metric::accuracy || early.metric == Metric::test_accuracy;
  expect(!of_test || has_test, "a test set, on which early stopping is to look");
  expect(!of_hits || knows_hits, "classes or a loss for them, for early stopping by accuracy");
  expect(early.metric != Metric::custom || has_metric, "a callback that gives the metric for early stopping");
  const bool of_pass = early.metric == Metric::loss || early.metric == Metric::accuracy || listens;
  expect(options.record_every >= 0 || !of_pass,
         "a loss on record (record_every of at least 0) for early stopping or the adaptive schedule");
}

}  // namespace gradus::detail
