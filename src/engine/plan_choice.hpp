// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "gradus/engine/tally.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"

namespace gradus::engine {

/// What PlanKind::automatic is for batches of so many samples: on which the bits depend.
PlanKind kind_of_plan(const Network& network, const LossFunction& loss, Index batch);

/// Throws ValueError unless these are rows of so many samples.
void check_rows_of(Index samples, std::span<const Index> rows);

}  // namespace gradus::engine
