// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/proposal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

constexpr Index kFewest = 20;  ///< samples of which a fifth can be spared
constexpr Index kUpdates = 1500;
constexpr Index kUpdatesOfGiven = 3000;  ///< of a network that is given: it may be small, and is not regularised
constexpr Index kEpochs = 50;
constexpr Index kMany = 20'000;  ///< samples of which an epoch is long

class Proposer {
 public:
  Proposer(const Experiment& experiment, std::span<const ExperimentKey* const> given, const ExperimentSource& source)
      : experiment_(experiment), given_(given), data_(source.data) {}

  Proposal proposal() {
    const bool whole = experiment_.network.empty();
    if (whole) {
      choose("network.layers", network());
      if (is_open("network.init")) choose("network.init", "he");
      hold_out();
      if (is_open("data.scale")) choose("data.scale", "auto");
      if (!data_.targets.empty() && is_open("data.scale_target")) choose("data.scale_target", "auto");
    }
    const bool open = is_open("optimizer.method") && is_open("optimizer.learning_rate") &&
                      is_open("optimizer.momentum") && is_open("optimizer.nesterov");
    if (open) {
      choose("optimizer.method", "adam");
      choose("optimizer.learning_rate", 0.01);
    }
    const bool steps = stepping_method(experiment_.optimizer).has_value();
    if (open && is_open("training.epochs") && is_open("training.updates") && steps)
      choose("training.epochs", std::int64_t{epochs(whole ? kUpdates : kUpdatesOfGiven)});
    if (open && whole && is_open("regularisation.l2"))
      choose("regularisation.l2", data_.is_classification() ? 0.003 : 0.01);
    return {std::move(experiment_), std::move(flags_)};
  }

 private:
  bool is_open(std::string_view path) const {
    return std::none_of(given_.begin(), given_.end(), [&](auto* key) { return key->path() == path; });
  }

  void choose(std::string_view path, const KeyValue& value) {
    const auto keys = experiment_keys();
    const auto key = std::find_if(keys.begin(), keys.end(), [&](auto& k) { return k.path() == path; });
    set_key(experiment_, *key, value, key->flag);
    flags_ += fmt::format("{}--{}", flags_.empty() ? "" : " ", key->flag);
    if (const auto* text = std::get_if<std::string>(&value))
      flags_ += ' ' + *text;
    else if (!std::holds_alternative<bool>(value))
      flags_ += ' ' + to_text(value);
  }

  std::string network() const {
    const bool classes = data_.is_classification();
    return fmt::format("{}-32relu-32relu-{}", data_.features(),
                       classes ? fmt::format("{}softmax", data_.classes()) : fmt::format("{}", data_.targets.cols()));
  }

  void hold_out() {
    if (!is_open("data.test") || experiment_.test > 0 || !experiment_.test_data.empty() || data_.size() < kFewest)
      return;
    choose("data.test", 0.2);
    if (!is_open("data.stratify") || !data_.is_classification()) return;
    std::vector<Index> samples(static_cast<std::size_t>(data_.classes()));
    for (const int label : data_.labels) ++samples[static_cast<std::size_t>(label)];
    const Index rarest = *std::min_element(samples.begin(), samples.end());
    const double held_out = std::ceil(0.2 * static_cast<double>(data_.size()));
    if (rarest >= 2 && held_out >= static_cast<double>(data_.classes())) choose("data.stratify", true);
  }

  Index epochs(Index wanted) const {
    const Index samples =
        data_.size() - static_cast<Index>(experiment_.test < 1 ? experiment_.test * static_cast<double>(data_.size())
                                                               : experiment_.test);
    const Index batch = experiment_.batch > 0 ? experiment_.batch : samples;
    const Index updates = std::max<Index>(1, (samples + batch - 1) / batch);
    return std::max((wanted + updates - 1) / updates, samples <= kMany ? kEpochs : 5);
  }

  Experiment experiment_;
  std::span<const ExperimentKey* const> given_;
  const Dataset& data_;
  std::string flags_;
};

}  // namespace

Proposal propose(const Experiment& experiment, std::span<const ExperimentKey* const> given,
                 const ExperimentSource& source) {
  return Proposer(experiment, given, source).proposal();
}

Experiment filled_from_start(Experiment experiment, std::span<const ExperimentKey* const> given) {
  if (experiment.from.empty()) return experiment;
  const Model start = start_of(experiment);
  const auto is_open = [&](std::string_view path) {
    return std::none_of(given.begin(), given.end(), [&](auto* key) { return key->path() == path; });
  };
  if (is_open("network.layers")) experiment.network = to_text(start.network);
  if (is_open("loss.function")) experiment.loss = to_text(start.loss);
  if (is_open("loss.reduction")) experiment.reduction = start.loss.reduction;
  if (is_open("precision")) experiment.precision = start.precision;
  return experiment;
}

}  // namespace gradus
