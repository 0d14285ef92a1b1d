// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "apps/gradus/check_trial.hpp"
#include "apps/gradus/program.hpp"
#include "gradus/check/given_gradient.hpp"

/// Each way of checking a gradient, carried out and told: the table, JSON, the conclusion, and the exit status.
namespace gradus::cli {

/// Every source for every parameter.
int check_full(const Console& console, const Trial& trial, const std::optional<PlantedFault>& planted);
int check_along_directions(const Console& console, const Trial& trial, const std::optional<PlantedFault>& planted);
int check_remainders(const Console& console, const Trial& trial, const std::optional<PlantedFault>& planted);
int check_at_many_points(const Console& console, const Trial& trial, const std::optional<PlantedFault>& planted);
int check_given(const Console& console, const Trial& trial, const GivenGradient& given);
/// Every fault by itself, wherever it fits.
int plant_every_fault(const Console& console, const Trial& trial);

}  // namespace gradus::cli
