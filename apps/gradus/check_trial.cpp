// SPDX-License-Identifier: MIT
#include "apps/gradus/check_trial.hpp"

#include <fmt/format.h>

#include <numeric>

#include "apps/gradus/model_data.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/lab/exchange/open_model.hpp"
#include "gradus/lab/experiment/keys.hpp"
#include "gradus/lab/experiment/run.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/nn/initializer.hpp"

namespace gradus::cli {
namespace {

struct Subject {
  Model model;
  Dataset data;
  std::string name;
};

/// A network as it is before training.
Subject fresh_network(const Experiment& experiment, const std::string& data_text) {
  Subject subject;
  subject.name = "network " + experiment.network;
  Experiment asked = experiment;
  asked.data = data_text;
  subject.data = load_data(data_text, table_options(asked));
  subject.model.network = parse_network(experiment.network);
  subject.model.loss = loss_of(experiment, subject.model.network);
  check_fits(subject.model.network, subject.name, subject.data, data_text);
  asked = decided(asked, subject.data);
  if (asked.scale) subject.model.fit_scaler(*asked.scale, subject.data.x);
  RandomState random(experiment.seed);
  subject.model.theta = initial_parameters(subject.model.network, parse_initializer(experiment.init), random);
  return subject;
}

Subject trained_model(const CheckOptions& options) {
  Subject subject;
  subject.name = options.words[0];
  subject.model = open_model(options.words[0]);
  subject.data = answered(load_for_model(subject.model, {options.words[0], options.words[1], ""}).data);
  if (subject.data.size() == 0)
    throw ValueError(options.words[1] +
                     ": expected data with its answers (labels or targets), without which there is no loss");
  return subject;
}

}  // namespace

Trial make_trial(const Experiment& experiment, const CheckOptions& options) {
  Subject subject = experiment.network.empty() ? trained_model(options) : fresh_network(experiment, options.words[0]);
  const Index samples = std::min<Index>(subject.data.size(), options.samples);
  std::vector<Index> rows(static_cast<std::size_t>(samples));
  std::iota(rows.begin(), rows.end(), Index{0});
  const Dataset data = subject.data.take(rows);
  Trial trial;
  trial.x = subject.model.scaled(data.x);
  trial.targets = subject.model.scaled_targets(data);
  subject.data.weights = sample_weights(subject.data, experiment.class_weight);
  trial.weights = subject.data.take(rows).weights;
  trial.precision = experiment.network.empty() ? subject.model.precision : experiment.precision;
  trial.repeat = "gradus check";
  for (const std::string& word : options.words) trial.repeat += " " + word;
  const Experiment plain;
  for (const ExperimentKey& key : experiment_keys()) {
    const auto value = key.flag.empty() ? std::nullopt : key.get(experiment);
    if (value && value != key.get(plain) && key.form != KeyForm::flag)
      trial.repeat +=
          fmt::format(" --{} {}", key.flag,
                      std::holds_alternative<std::string>(*value) ? std::get<std::string>(*value) : to_text(*value));
  }
  if (options.samples != 20) trial.repeat += fmt::format(" --samples {}", options.samples);
  if (options.fast) trial.repeat += " --fast";
  if (options.taylor) trial.repeat += " --taylor";
  if (!options.plant.empty()) trial.repeat += " --plant " + options.plant;
  trial.name = std::move(subject.name);
  trial.model = std::move(subject.model);
  return trial;
}

}  // namespace gradus::cli
