// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/experiment_options.hpp"
#include "apps/gradus/model_data.hpp"
#include "gradus/check/gradient_check.hpp"
#include "gradus/data/source.hpp"
#include "gradus/experiment/run.hpp"
#include "gradus/nn/initializer.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CheckOptions {
  std::vector<std::string> words;  ///< MODEL DATA, or DATA with --network
  std::int64_t samples = 20;
};

struct Subject {
  Model model;
  Dataset data;
  std::string name;
};

/// A network as it is before training.
Subject fresh_network(const Experiment& experiment, const std::string& data_text) {
  Subject subject;
  subject.name = "network " + experiment.network;
  subject.data = load_data(data_text);
  subject.model.network = parse_network(experiment.network);
  subject.model.loss = loss_of(experiment, subject.model.network);
  check_fits(subject.model.network, subject.name, subject.data, data_text);
  if (experiment.scale) subject.model.scaler = Scaler::fit(*experiment.scale, subject.data.x);
  RandomState random(experiment.seed);
  subject.model.theta = initial_parameters(subject.model.network, parse_initializer(experiment.init), random);
  return subject;
}

Subject trained_model(const CheckOptions& options) {
  Subject subject;
  subject.name = options.words[0];
  subject.model = open_model(options.words[0]);
  subject.data = load_for_model(subject.model, {options.words[0], options.words[1], ""});
  if (!has_answers(subject.data))
    throw ValueError(options.words[1] +
                     ": expected data with its answers (labels or targets), without which there is no loss");
  return subject;
}

Json check_json(const GradientCheck& check, Index samples) {
  Json json = {{"passed", check.passed()}, {"samples", samples}, {"loss", check.loss}, {"blocks", Json::array()}};
  for (const BlockCheck& block : check.blocks) {
    Json errors;
    for (std::size_t s = 1; s < gradient_source_names.size(); ++s)
      errors[std::string(gradient_source_names[s])] = {{"relative_error", block.relative_error[s]},
                                                       {"agrees", block.agrees[s]}};
    json["blocks"].push_back({{"name", block.block.label()},
                              {"rows", block.block.rows},
                              {"cols", block.block.cols},
                              {"norm", block.norm},
                              {"verdict", block.verdict == GradientVerdict::right   ? "right"
                                          : block.verdict == GradientVerdict::wrong ? "wrong"
                                                                                    : "unproven"},
                              {"against", errors}});
  }
  return json;
}

int check_gradients_of(const Console& console, const Subject& subject, Index most) {
  const Index samples = std::min<Index>(subject.data.size(), most);
  std::vector<Index> rows(static_cast<std::size_t>(samples));
  std::iota(rows.begin(), rows.end(), Index{0});
  const Dataset data = subject.data.take(rows);
  const Model& model = subject.model;
  const Matrix<double> x = model.scaler ? model.scaler->transform(data.x) : data.x;
  const GradientCheck check =
      check_gradients(model.network, model.loss, model.theta, x, network_targets(data, model.network.outputs()));
  console.summary(fmt::format("{}, {} ({}), {} samples, loss {:.6g}\n\n", subject.name, to_text(model.loss),
                              model.loss.reduction == Reduction::mean ? "mean" : "sum", samples, check.loss));
  console.summary(check.table());
  console.summary(check.passed() ? "\nThe gradient is right.\n" : "\nThe gradient is WRONG.\n");
  console.machine(check_json(check, samples));
  return check.passed() ? Exit::success : Exit::failure;
}

int run_check(const Console& console, const Experiment& experiment, const CheckOptions& options) {
  const bool fresh = !experiment.network.empty();
  if (options.words.size() != (fresh ? 1u : 2u))
    throw UsageError(fresh ? "expected one word beside --network: DATA"
                           : "expected MODEL DATA, or --network TEXT DATA");
  const Subject subject = fresh ? fresh_network(experiment, options.words[0]) : trained_model(options);
  return check_gradients_of(console, subject, options.samples);
}

}  // namespace

void add_check_command(Program& program) {
  const auto experiment = std::make_shared<Experiment>();
  const auto options = std::make_shared<CheckOptions>();
  CLI::App& command =
      program.add("check", "compare the gradient by hand with tape, duals and finite differences",
                  "gradus check iris.model iris\n  gradus check --network 4-8tanh-3softmax iris",
                  [experiment, options](const Console& console) { return run_check(console, *experiment, *options); });
  command.add_option("MODEL DATA", options->words, "a model file, unless --network is given, and data");
  add_experiment_options(command, experiment, {"network", "loss", "reduction", "seed", "init", "scale"});
  add_count(command, "--samples", options->samples, "of the data to use, from its start [20]", 1);
}

}  // namespace gradus::cli
