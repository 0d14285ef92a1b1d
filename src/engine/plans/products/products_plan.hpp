// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "engine/plan.hpp"
#include "engine/threads/workshop.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"

namespace gradus::engine {

/// Whole batches through layers with kernels, matrix products foremost; a layer without a kernel takes part as it is
/// defined. Every network has this plan. `batch`: the most samples a pass brings; nothing is allocated afterwards, but
/// for sequences by the first pass of so many steps. The workshop must outlive the plan.
template <class T>
std::unique_ptr<Plan<T>> make_products_plan(const Network& network, const Loss& loss, Index batch, Workshop& workshop);

extern template std::unique_ptr<Plan<float>> make_products_plan(const Network&, const Loss&, Index, Workshop&);
extern template std::unique_ptr<Plan<double>> make_products_plan(const Network&, const Loss&, Index, Workshop&);

}  // namespace gradus::engine
