// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/quiz.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gradus/core/nearest.hpp"
#include "gradus/nn/initializer.hpp"

namespace gradus {
namespace {

constexpr Index kSamples = 20;
constexpr Index kEpochs = 30;

/// One hidden layer, and what the data asks for behind it.
std::string usual_network(const Dataset& data) {
  const std::string start = fmt::format("{}-6tanh-", data.features());
  if (data.is_classification()) return start + fmt::format("{}softmax", data.class_names.size());
  return start + fmt::format("{}", data.targets.cols());
}

Experiment experiment_of(const Quiz::Options& options, const Dataset& data) {
  Experiment experiment;
  experiment.seed = options.seed;
  experiment.data = options.data;
  experiment.network = options.network.empty() ? usual_network(data) : options.network;
  experiment.scale = Scaler::Kind::standard;
  experiment.optimizer = Sgd{.learning_rate = 0.1};
  experiment.batch = 10;
  experiment.epochs = kEpochs;
  return experiment;
}

/// A bar for each loss, the longest for the largest.
std::string bar(double loss, double most) {
  if (!std::isfinite(loss)) return "not finite";
  return std::string(static_cast<std::size_t>(std::lround(30 * std::min(loss / most, 1.0))), '#');
}

}  // namespace

Quiz::Quiz(const Options& options) {
  const ExperimentSource source = load_source([&] {
    Experiment wanted;
    wanted.data = options.data;
    return wanted;
  }());
  experiment_ = experiment_of(options, source.data);
  const ExperimentResult sound = run_experiment(experiment_, source);
  losses_without_ = sound.fit.history.loss;

  model_ = untrained_model(experiment_, source.data, {});
  model_.fit_scaler(*experiment_.scale, source.data.x);
  RandomState random(experiment_.seed);
  model_.theta = initial_parameters(model_.network, parse_initializer(experiment_.init), random);
  std::vector<Index> rows(static_cast<std::size_t>(std::min(kSamples, source.data.size())));
  std::iota(rows.begin(), rows.end(), Index{0});
  const Dataset first = source.data.take(rows);
  x_ = model_.scaled(first.x);
  targets_ = network_targets(first, model_.network.outputs());
  weights_ = first.weights;

  for (const PlantedFault& fault : faults_of(model_.network, model_.loss, subject().targets))
    if (shows(fault, subject())) choices_.push_back(fault);
  if (choices_.empty())
    throw ValueError("[quiz] expected data and a network with a gradient to spoil, got one that is zero throughout");
  planted_ = static_cast<std::size_t>(mixed(experiment_.seed, 1)) % choices_.size();
  Experiment spoilt = experiment_;
  spoilt.plant = choices_[planted_].label();
  losses_ = run_experiment(spoilt, source).fit.history.loss;
  check_ = check_network(subject(), {.complex = false, .plain = false}, choices_[planted_]);
  if (!check_.diagnoses.empty()) diagnosis_ = check_.diagnoses.front().sentence;
  check_.diagnoses.clear();
}

std::vector<std::string> Quiz::choices() const {
  std::vector<std::string> labels;
  for (const PlantedFault& fault : choices_) labels.push_back(fault.label());
  return labels;
}

std::string Quiz::question() const {
  std::string text =
      fmt::format("A fault hides in the backward pass of {}, which learned {}.\n\n{:>5}  {:>10}  {:>10}\n",
                  experiment_.network, experiment_.data, "epoch", "its loss", "without");
  double most = 0;
  for (const std::vector<double>* losses : {&losses_, &losses_without_})
    for (const double loss : *losses) most = std::max(most, std::isfinite(loss) ? loss : 0);
  for (std::size_t epoch = 0; epoch < losses_without_.size(); epoch += epoch < 4 ? 1 : 5) {
    const double loss = epoch < losses_.size() ? losses_[epoch] : std::numeric_limits<double>::infinity();
    text += fmt::format("{:>5}  {:>10.4g}  {:>10.4g}  {}\n", epoch + 1, loss, losses_without_[epoch], bar(loss, most));
  }
  text += fmt::format("\nThe gradient at its first parameters, on {} samples:\n\n{}\n", x_.rows(), check_.report());
  text += "Which fault is it? Answer KIND:WHERE; it may be\n";
  for (const FaultKindInfo& info : fault_kinds) {
    std::vector<std::string> places;
    for (const PlantedFault& fault : choices_)
      if (fault.kind == info.kind) places.push_back(fault.place.label);
    if (!places.empty()) text += fmt::format("  {}:{}\n      {}\n", info.name, fmt::join(places, "|"), info.what);
  }
  return text;
}

Quiz::Verdict Quiz::answer(std::string_view text) const {
  const PlantedFault& planted = choices_[planted_];
  const std::vector<std::string> labels = choices();
  const auto found = std::find(labels.begin(), labels.end(), text);
  if (found == labels.end())
    throw ValueError(fmt::format("[quiz] expected one of the faults listed, as KIND:WHERE, got '{}'{}", text,
                                 suggestion(text, labels)));
  const PlantedFault& named = choices_[static_cast<std::size_t>(found - labels.begin())];
  Verdict verdict{gives_same_gradient(named, planted, subject()), planted.label(), ""};
  if (named.label() == planted.label())
    verdict.why = "That is it.";
  else if (verdict.right)
    verdict.why = fmt::format("It was {}, which gives the same gradient here.", planted.label());
  else
    verdict.why = fmt::format("It was {}; {} would give another gradient.", planted.label(), named.label());
  if (!diagnosis_.empty()) verdict.why += " The check says: " + diagnosis_;
  return verdict;
}

}  // namespace gradus
