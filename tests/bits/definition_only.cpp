// SPDX-License-Identifier: MIT
// In place of src/train/make_passes.cpp where scripts/bits compiles the definition without the engine.
#include <algorithm>

#include "gradus/train/definition_passes.hpp"
#include "gradus/train/training.hpp"

namespace gradus {

template <std::floating_point T>
std::unique_ptr<Passes<T>> make_passes(const Network& network, const FitOptions& options, const Samples<T>& train,
                                       engine::PlanKind) {
  return std::make_unique<DefinitionPasses<T, Layer>>(network, options.loss,
                                                      hit_of_run<T>(options, train.targets, network.outputs()));
}

template std::unique_ptr<Passes<double>> make_passes(const Network&, const FitOptions&, const Samples<double>&,
                                                     engine::PlanKind);
template std::unique_ptr<Passes<float>> make_passes(const Network&, const FitOptions&, const Samples<float>&,
                                                    engine::PlanKind);

}  // namespace gradus
