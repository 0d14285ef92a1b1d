// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "gradus/check/fault.hpp"
#include "gradus/check/projection.hpp"
#include "gradus/check/thorough.hpp"

/// The checks of check/gradient_check.hpp and check/projection.hpp for networks of the layers that come with Gradus,
/// compiled once. With a planted fault, it is a copy with that fault that is on trial.
namespace gradus {

struct CheckSubject {
  const Network& network;
  const Loss& loss;
  std::span<const double> theta;
  ConstMatrixView<double> x;
  Targets<double> targets;
};

GradientCheck check_network(const CheckSubject& subject, const GradientCheckOptions& options = {},
                            const std::optional<PlantedFault>& planted = std::nullopt);
/// In float: theta, x and targets are rounded to it first.
GradientCheck check_network_float(const CheckSubject& subject, const GradientCheckOptions& options = {},
                                  const std::optional<PlantedFault>& planted = std::nullopt);
/// At several points of its own making, too.
ThoroughCheck check_network_thoroughly(const CheckSubject& subject, const GradientCheckOptions& options = {},
                                       const std::optional<PlantedFault>& planted = std::nullopt);
FastCheck check_network_fast(const CheckSubject& subject, std::uint64_t seed = 1,
                             const std::optional<PlantedFault>& planted = std::nullopt);
std::vector<TaylorCheck> check_network_taylor(const CheckSubject& subject, std::uint64_t seed = 1,
                                              const std::optional<PlantedFault>& planted = std::nullopt);
/// Multiplications that the full check takes, about: 8 forward passes a parameter, of 2 a parameter, sample and step.
double full_check_operations(const CheckSubject& subject);
/// From so many on a check is fast unless told otherwise, on any machine: on one of today some ten seconds.
inline constexpr double kFastFromOperations = 1e10;

/// The fault that `KIND` or `KIND:WHERE` names: without WHERE, the first that shows in this batch. Throws ValueError on
/// an unknown kind, and if it would change nothing there; the places that it fits are listed.
PlantedFault find_fault(std::string_view text, const CheckSubject& subject);
/// Whether two faults spoil the gradient of this batch alike, but for rounding.
bool gives_same_gradient(const PlantedFault& a, const PlantedFault& b, const CheckSubject& subject,
                         std::uint64_t seed = 1);
/// Whether the fault changes the gradient in this batch by more than rounding.
bool shows(const PlantedFault& planted, const CheckSubject& subject, std::uint64_t seed = 1);

/// Plants every fault that fits, one after the other, and asks the checker about each that can be seen.
struct PlantedResult {
  PlantedFault planted;
  bool visible = true;  ///< whether it changes the gradient of this batch at all; else nothing was asked
  bool caught = false;
  bool named = false;      ///< by its kind, or one that gives the very same numbers here, in its own layer
  std::string sentence{};  ///< of the first diagnosis
};
std::vector<PlantedResult> plant_all(const CheckSubject& subject, std::uint64_t seed = 1);

/// Whether the check's first diagnosis is this fault.
bool is_named(const GradientCheck& check, const PlantedFault& planted);

}  // namespace gradus
