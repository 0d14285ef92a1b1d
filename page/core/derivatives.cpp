// SPDX-License-Identifier: MIT
// The gradient on trial, and the chain that leads to one of its numbers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gradus/check/explain.hpp"
#include "gradus/check/network_check.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"
#include "page/core/session.hpp"

namespace gradus::page {
namespace {

/// Samples as the network is given them.
struct Batch {
  Matrix<double> x;
  Matrix<double> targets;
};

Batch batch_of(const Model& model, const Dataset& data, Index first, Index count) {
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), first);
  const Dataset taken = data.take(rows);
  return {model.scaled(taken.x), model.scaled_targets(taken)};
}

/// JSON has no word for what is no number.
Json number(const std::vector<double>& values, std::size_t k) {
  return k < values.size() && std::isfinite(values[k]) ? Json(values[k]) : Json();
}

std::string entry_of(const ParameterBlock& block, Index k) {
  return block.rows == 1 && block.is_bias ? fmt::format("{}[{}]", block.label(), k)
                                          : fmt::format("{}[{}, {}]", block.label(), k / block.cols, k % block.cols);
}

Json rows_of(const Model& model, const GradientCheck& check) {
  const auto by = [&](GradientSource source) -> const std::vector<double>& {
    return check.gradients[static_cast<std::size_t>(source)];
  };
  const std::vector<ParameterBlock> blocks = model.network.parameter_blocks();
  Json rows = Json::array();
  for (std::size_t b = 0; b < blocks.size(); ++b)
    for (Index k = 0; k < blocks[b].size(); ++k) {
      const auto at = static_cast<std::size_t>(blocks[b].offset + k);
      const auto verdict = std::find_if(check.blocks.begin(), check.blocks.end(), [&](const BlockCheck& found) {
        return found.block.number > 0 && found.block.offset == blocks[b].offset;
      });
      rows.push_back({{"name", entry_of(blocks[b], k)},
                      {"hand", number(by(GradientSource::hand), at)},
                      {"tape", number(by(GradientSource::tape), at)},
                      {"difference", number(by(GradientSource::ridders), at)},
                      {"verdict", verdict == check.blocks.end() ? "" : name(verdict->verdict)}});
    }
  return rows;
}

}  // namespace

Json proof_of(Session& session) {
  const Model& model = session.model();
  const Dataset& train = session.run().train();
  // As many samples as a person waits for.
  constexpr double patience = 2e8;
  Index samples = std::min<Index>(train.size(), 20);
  Batch batch;
  for (;; samples = (samples + 1) / 2) {
    batch = batch_of(model, train, 0, samples);
    const CheckSubject subject{model.network, model.loss, model.theta, batch.x, batch.targets};
    if (samples == 1 || full_check_operations(subject) < patience) break;
  }
  const CheckSubject subject{model.network, model.loss, model.theta, batch.x, batch.targets};
  if (full_check_operations(subject) >= kFastFromOperations)
    throw ValueError("this network is too large to be proven number by number here: gradus check does it");
  const std::string& plant = session.run().experiment().plant;
  std::optional<PlantedFault> planted;
  if (!plant.empty()) planted = find_fault(plant, subject);
  const GradientCheck check = check_network(subject, {}, planted);
  Json said = Json::array();
  for (const Diagnosis& diagnosis : check.diagnoses) said.push_back(diagnosis.sentence);
  return {{"verdict", name(check.verdict())},
          {"because", check.unproven_because()},
          {"samples", samples},
          {"update", session.run().updates()},
          {"diagnoses", said},
          {"report", check.report()},
          {"rows", rows_of(model, check)}};
}

Json chain_of(Session& session, Index sample, const std::string& weight) {
  const Model& model = session.model();
  const Dataset& train = session.run().train();
  if (sample < 0 || sample >= train.size())
    throw ValueError(fmt::format("expected a sample from 0 to {}, got {}", train.size() - 1, sample));
  const Batch batch = batch_of(model, train, sample, 1);
  const Explanation explained =
      explain(model.network, model.loss, model.theta, batch.x, Targets<double>(batch.targets), weight);
  Json steps = Json::array();
  for (const ChainStep& step : explained.chain)
    steps.push_back({{"formula", step.formula}, {"numbers", step.numbers}, {"value", number_text(step.value)}});
  return {{"weight", explained.weight},
          {"loss", number_text(explained.loss)},
          {"loss_formula", explained.loss_formula},
          {"seed_formula", explained.seed_formula},
          {"steps", steps}};
}

}  // namespace gradus::page
