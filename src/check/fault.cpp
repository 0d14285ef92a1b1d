// SPDX-License-Identifier: MIT
#include "gradus/check/fault.hpp"

#include <fmt/format.h>

#include "gradus/core/nearest.hpp"

namespace gradus {

std::string_view name(FaultKind kind) {
  for (const FaultKindInfo& info : fault_kinds)
    if (info.kind == kind) return info.name;
  return "none";
}

FaultKind parse_fault_kind(std::string_view name) {
  std::vector<std::string> names;
  for (const FaultKindInfo& info : fault_kinds) {
    if (info.name == name) return info.kind;
    names.emplace_back(info.name);
  }
  throw ValueError(fmt::format("[fault] unknown kind '{}'{}", name, suggestion(name, names)));
}

namespace detail {

std::vector<FaultKind> kinds_for_block(const ParameterBlock& block, Index samples, bool along_time) {
  std::vector<FaultKind> kinds{FaultKind::sign,
                               FaultKind::doubled,
                               FaultKind::halved,
                               FaultKind::missing_gradient,
                               FaultKind::accumulates,
                               FaultKind::unwritten,
                               block.is_bias ? FaultKind::regularised_bias : FaultKind::regularised_weights};
  if (block.size() > 1) {
    kinds.push_back(FaultKind::swapped_entries);
    kinds.push_back(FaultKind::zeroed_entry);
  }
  if (block.rows > 1 && block.cols > 1) kinds.push_back(FaultKind::transpose);
  if (samples > 1) {
    kinds.push_back(FaultKind::dropped_term);
    if (!block.is_bias) kinds.push_back(FaultKind::stale_activation);
  }
  if (along_time && !block.is_bias) kinds.push_back(FaultKind::off_by_one_in_time);
  return kinds;
}

std::vector<FaultKind> kinds_for_inputs(bool is_activation, bool kinked) {
  std::vector<FaultKind> kinds{FaultKind::sign, FaultKind::doubled, FaultKind::missing_dx, FaultKind::unwritten};
  if (is_activation) {
    kinds.push_back(FaultKind::missing_derivative);
    kinds.push_back(FaultKind::derivative_at_output);
  }
  if (kinked) kinds.push_back(FaultKind::wrong_kink);
  return kinds;
}

std::vector<FaultKind> kinds_for_loss(double scale, Index outputs, const Targets<double>& targets) {
  std::vector<FaultKind> kinds{FaultKind::sign, FaultKind::doubled, FaultKind::halved};
  if (scale != 1) kinds.push_back(FaultKind::missing_mean);
  if (outputs > 1) {
    kinds.push_back(FaultKind::divided_by_outputs);
    kinds.push_back(FaultKind::swapped_entries);
  }
  if (targets.values.rows() > 1) kinds.push_back(FaultKind::dropped_term);
  if (!targets.weights.empty()) kinds.push_back(FaultKind::unweighted);
  return kinds;
}

}  // namespace detail

template std::vector<PlantedFault> faults_of(const Network&, const Loss&, const Targets<double>&);

}  // namespace gradus
