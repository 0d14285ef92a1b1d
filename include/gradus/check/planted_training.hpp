// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "gradus/check/fault.hpp"
#include "gradus/train/training.hpp"

/// Training by a gradient with a fault in it: to see what a slip does to learning, and how little of it a loss curve
/// may show.
namespace gradus {

/// The fault that `KIND` or `KIND:WHERE` names, as `find_fault` finds it at these parameters in the first hundred
/// samples.
template <std::floating_point T>
PlantedFault find_fault_in(std::string_view text, const Network& network, const Loss& loss, std::span<const T> theta,
                           const Samples<T>& train);

/// Passes of the definition whose gradient is spoilt by the fault. What a buffer held at the last update it still
/// holds, for a gradient that is added to it (`accumulates`) or never written. They know no residuals, for lm.
template <std::floating_point T>
std::unique_ptr<Passes<T>> make_planted_passes(const Network& network, const PlantedFault& planted,
                                               const FitOptions& options, const Samples<T>& train);

/// `fit` by these. Throws what `fit` throws, and ValueError for lm.
template <std::floating_point T>
FitResult fit_planted(const Network& network, const PlantedFault& planted, std::span<T> theta, const Samples<T>& train,
                      const FitOptions& options, RandomState& random,
                      const std::optional<Samples<T>>& test = std::nullopt, const Callbacks<T>& callbacks = {});

}  // namespace gradus
