// SPDX-License-Identifier: MIT
#include "gradus/engine/target.hpp"

#include <cstdint>

#include <hwy/highway.h>

#include "engine/targets.hpp"
#include "gradus/core/error.hpp"

namespace gradus::engine {
namespace {

std::int64_t usable() { return hwy::SupportedTargets() & HWY_TARGETS; }

}  // namespace

std::string target_name() { return targets().front(); }

std::vector<std::string> targets() {
  std::vector<std::string> names;
  const std::int64_t mask = usable();
  for (int bit = 0; bit < 63; ++bit)  // lower bits are wider sets
    if (mask >> bit & 1) names.emplace_back(hwy::TargetName(std::int64_t{1} << bit));
  return names;
}

void use_target(std::string_view name) {
  hwy::SetSupportedTargetsForTest(0);
  if (!name.empty()) {
    std::int64_t chosen = 0;
    for (int bit = 0; bit < 63; ++bit) {
      const std::int64_t target = std::int64_t{1} << bit;
      if ((usable() & target) && hwy::TargetName(target) == name) chosen = target;
    }
    if (!chosen) throw ValueError("[engine] expected a target that this machine has, got '" + std::string(name) + "'");
    hwy::SetSupportedTargetsForTest(chosen);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace gradus::engine
