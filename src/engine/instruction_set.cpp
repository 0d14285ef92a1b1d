// SPDX-License-Identifier: MIT
#include "gradus/engine/instruction_set.hpp"

#include <atomic>
#include <cstdint>

// All that kernels of either arithmetic are compiled for.
#define HWY_DISABLED_TARGETS GRADUS_LEFT_OUT
#include "engine/arithmetic_scope.hpp"
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
/// Some of the usable sets; 0: whatever the machine has.
void choose(std::int64_t sets) {
  hwy::SetSupportedTargetsForTest(sets);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}
#endif

#if HWY_ARCH_X86
constexpr std::int64_t kFused = HWY_AVX2 | HWY_AVX3;
#elif HWY_ARCH_ARM_A64
constexpr std::int64_t kFused = HWY_NEON;
#else
constexpr std::int64_t kFused = 0;
#endif

/// Asking the processor takes long. `automatic`: not known yet.
std::atomic<Arithmetic> native{Arithmetic::automatic};

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
  native = Arithmetic::automatic;
  if (name.empty()) return;
  for (const std::int64_t set : sets())
    if (hwy::TargetName(set) == name) return choose(usable() & ~(set - 1));  // kernels without it take a narrower one
  throw ValueError("[engine] expected an instruction set that this machine has, got '" + std::string(name) + "'");
}

Arithmetic resolved(Arithmetic arithmetic) {
  if (arithmetic != Arithmetic::automatic) return arithmetic;
  Arithmetic here = native.load(std::memory_order_relaxed);
  if (here == Arithmetic::automatic) {
    here = (usable() & kFused) != 0 ? Arithmetic::fused : Arithmetic::plain;
    native.store(here, std::memory_order_relaxed);
  }
  return here;
}

bool is_native(Arithmetic arithmetic) {
  return resolved(arithmetic) == Arithmetic::plain || resolved(Arithmetic::automatic) == Arithmetic::fused;
}

namespace detail {
constinit thread_local Arithmetic arithmetic_of_thread = Arithmetic::automatic;
}

}  // namespace gradus::engine

namespace gradus {

std::string_view to_text(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::fused: return "fused";
    case Arithmetic::plain: return "plain";
    default: return "auto";
  }
}

Arithmetic parse_arithmetic(std::string_view name) {
  for (const Arithmetic arithmetic : {Arithmetic::automatic, Arithmetic::fused, Arithmetic::plain})
    if (name == to_text(arithmetic)) return arithmetic;
  throw ValueError("[engine] expected the arithmetic auto, fused or plain, got '" + std::string(name) + "'");
}

}  // namespace gradus
