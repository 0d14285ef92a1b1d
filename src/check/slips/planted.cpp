// SPDX-License-Identifier: MIT
// The slips that a backward pass of ours can be spoilt by, wherever they fit.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "check/slips/slips.hpp"

namespace gradus::detail {
namespace {

using Numbers = std::vector<double>;

/// "..., it is what comes out when <clause>": some kinds are clauses of their own.
std::string clause_of(FaultKind kind) {
  std::string_view what;
  for (const FaultKindInfo& info : fault_kinds)
    if (info.kind == kind) what = info.what;
  const std::string_view head = what.substr(0, what.find(','));
  const auto has = [&](std::string_view verb) { return head.find(verb) != std::string_view::npos; };
  return (has(" is ") || has(" are ") || has(" change ") ? "" : "it is ") + std::string(what);
}

Numbers gradient_with(const BackwardWalk& walk, const PlantedFault& fault) {
  const CheckSubject& s = walk.subject();
  Trace<double> trace = walk.trace();
  Numbers gradient(s.theta.size());
  suspect_gradient<double>(FaultyNetwork<Layer>(s.network, fault), s.loss, s.theta, s.x, s.targets, trace,
                           std::span(gradient), {});
  return gradient;
}

/// The same fault in several layers, at most one in each.
Numbers gradient_with(const BackwardWalk& walk, const std::vector<PlantedFault>& faults) {
  const CheckSubject& s = walk.subject();
  std::vector<FaultyVariant<Layer>> layers;
  for (std::size_t l = 0; l < s.network.size(); ++l)
    s.network.visit(l, [&]<class Kind>(const Kind& layer) {
      Fault own;
      for (const PlantedFault& fault : faults)
        if (fault.place.layer == l) own = {fault.kind, fault.place.block};
      layers.emplace_back(Faulty<Kind>(layer, own));
    });
  Trace<double> trace = walk.trace();
  Numbers gradient(s.theta.size());
  suspect_gradient<double>(BasicNetwork<FaultyVariant<Layer>>(std::move(layers)), s.loss, s.theta, s.x, s.targets,
                           trace, std::span(gradient), {});
  return gradient;
}

/// What a place is called in every layer: "weights", "dx", "tanh".
std::string name_of_place(const PlantedFault& fault) {
  return fault.place.label.substr(fault.place.label.find('.') + 1);
}

}  // namespace

void try_planted_slips(BackwardWalk& walk, const SlipSink& sink) {
  const CheckSubject& s = walk.subject();
  std::map<std::pair<FaultKind, std::string>, std::vector<PlantedFault>> alike;
  for (const PlantedFault& fault : faults_of(s.network, s.loss, s.targets)) {
    if (fault.kind == FaultKind::accumulates || fault.kind == FaultKind::unwritten) continue;
    if (fault.place.layer < s.network.size()) alike[{fault.kind, name_of_place(fault)}].push_back(fault);
    sink({std::string(name(fault.kind)),
          fmt::format("It is what comes out when, at {}, {}.", fault.place.label, clause_of(fault.kind)),
          gradient_with(walk, fault)});
  }
  for (const auto& [slip, faults] : alike)
    if (faults.size() > 1)
      sink({std::string(name(slip.first)),
            fmt::format("It is what comes out when, at the {} of every layer that has them, {}.", slip.second,
                        clause_of(slip.first)),
            gradient_with(walk, faults)});
}

}  // namespace gradus::detail
