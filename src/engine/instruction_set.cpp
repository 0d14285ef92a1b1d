// SPDX-License-Identifier: MIT
#include "gradus/engine/instruction_set.hpp"

#include <cstdint>

#include "engine/instruction_sets.hpp"  // before Highway's own choice
#include "gradus/core/error.hpp"

#include <hwy/highway.h>

namespace gradus::engine {
namespace {

// Where one set alone is compiled in (WebAssembly), nothing is chosen at run time, and Highway needs no library for it.
#if (HWY_TARGETS & (HWY_TARGETS - 1)) == 0
std::int64_t usable() { return HWY_TARGETS; }
void choose(std::int64_t) {}
#else
std::int64_t usable() { return hwy::SupportedTargets() & HWY_TARGETS; }
/// One of the usable sets; 0: whatever the machine has.
void choose(std::int64_t set) {
  hwy::SetSupportedTargetsForTest(set);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}
#endif

/// The usable sets; lower bits are wider ones.
std::vector<std::int64_t> sets() {
  std::vector<std::int64_t> found;
  for (int bit = 0; bit < 63; ++bit)
    if (usable() >> bit & 1) found.push_back(std::int64_t{1} << bit);
  return found;
}

}  // namespace

std::string instruction_set() { return instruction_sets().front(); }

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const std::int64_t set : sets()) names.emplace_back(hwy::TargetName(set));
  return names;
}

void use_instruction_set(std::string_view name) {
  choose(0);
  if (name.empty()) return;
  for (const std::int64_t set : sets())
    if (hwy::TargetName(set) == name) return choose(set);
  throw ValueError("[engine] expected an instruction set that this machine has, got '" + std::string(name) + "'");
}

}  // namespace gradus::engine
