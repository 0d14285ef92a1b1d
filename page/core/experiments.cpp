// SPDX-License-Identifier: MIT
// Experiments as the page's fields say them, and what may be said.
#include <fmt/format.h>

#include <algorithm>

#include "gradus/check/fault.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/options.hpp"
#include "gradus/core/version.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/lab/experiment/words.hpp"
#include "gradus/nn/activations.hpp"
#include "page/core/session.hpp"

namespace gradus::page {
namespace {

/// Keys that the page has fields for: they are told even where they are what they are by themselves.
bool has_field(const ExperimentKey& key) {
  constexpr std::string_view fields[] = {
      "seed",          "data.source",      "network.layers",          "network.init",
      "loss.function", "optimizer.method", "optimizer.learning_rate", "training.batch"};
  return std::find(std::begin(fields), std::end(fields), key.path()) != std::end(fields);
}

template <class... F>
Json names_in(TypeList<F...>) {
  return Json::array({F::name...});
}

}  // namespace

Experiment experiment_of(const Json& keys) {
  Experiment experiment;
  for (const auto& item : keys.items()) {
    const std::string& path = item.key();
    if (std::none_of(experiment_keys().begin(), experiment_keys().end(), [&](auto& key) { return key.path() == path; }))
      throw FieldError{path, fmt::format("expected a key of an experiment, got '{}'", path)};
  }
  for (const ExperimentKey& key : experiment_keys()) {
    const auto said = keys.find(key.path());
    if (said == keys.end()) continue;
    try {
      if (!said->is_string()) throw ValueError("expected a text");
      set_key(experiment, key, parse_key_value(key, said->get<std::string>()), key.name);
    } catch (const ParseError& error) {
      throw FieldError{key.path(), error.what(), static_cast<std::int64_t>(error.position())};
    } catch (const Error& error) {
      throw FieldError{key.path(), error.what()};
    }
  }
  return experiment;
}

Json keys_of(const Experiment& experiment) {
  const Experiment plain;
  Json keys = Json::object();
  for (const ExperimentKey& key : experiment_keys()) {
    if (key.section == "output" || key.path() == "data.fingerprint" || key.path() == "training.arithmetic") continue;
    const std::optional<KeyValue> value = key.get(experiment);
    if (value && (has_field(key) || value != key.get(plain))) keys[key.path()] = plain_text(*value);
  }
  return keys;
}

std::string command_of(const Experiment& experiment) {
  std::string command = "gradus train " + shell_word(experiment.data);
  const Experiment plain;
  for (const ExperimentKey& key : experiment_keys()) {
    const std::optional<KeyValue> value = key.flag.empty() ? std::nullopt : key.get(experiment);
    if (!value || (!has_field(key) && value == key.get(plain)) || key.path() == "training.epochs") continue;
    if (key.form != KeyForm::flag)
      command += fmt::format(" --{} {}", key.flag, shell_word(plain_text(*value)));
    else if (std::get<bool>(*value))
      command += fmt::format(" --{}", key.flag);
  }
  return command;
}

Json offer() {
  Json data = Json::array();
  for (const MakerSpec& maker : makers()) {
    Json parameters = Json::array();
    for (const ParameterSpec& parameter : maker.parameters)
      parameters.push_back({{"name", parameter.name}, {"fallback", parameter.fallback}, {"help", parameter.help}});
    data.push_back({{"name", maker.name}, {"help", maker.help}, {"parameters", parameters}});
  }
  data.push_back({{"name", "iris"}, {"help", "150 irises of three species"}, {"parameters", Json::array()}});
  data.push_back({{"name", "digits"}, {"help", "1797 handwritten digits, 8 x 8"}, {"parameters", Json::array()}});
  Json faults = Json::array();
  for (const FaultKindInfo& info : fault_kinds)
    if (info.kind != FaultKind::accumulates) faults.push_back({{"name", info.name}, {"help", info.what}});
  Json rates = Json::object();
  for (const std::string& method : variant_names<TrainingMethod>()) {
    const std::optional<double> rate = learning_rate(parse_training_method(method));
    rates[method] = rate ? Json(to_text(KeyValue(*rate))) : Json();
  }
  return {{"version", version()},
          {"data", data},
          {"losses", variant_names<LossFunction>()},
          {"rates", rates},
          {"activations", names_in(Activations{})},
          {"faults", faults}};
}

}  // namespace gradus::page
