// SPDX-License-Identifier: MIT
#include "gradus/train/fit.hpp"

#include "gradus/train/definition_passes.hpp"

namespace gradus {

template FitResult fit(const Network&, std::span<double>, const Samples<double>&, const FitOptions&, RandomState&,
                       const std::optional<Samples<double>>&, const Callbacks<double>&);
template FitResult fit(const Network&, std::span<float>, const Samples<float>&, const FitOptions&, RandomState&,
                       const std::optional<Samples<float>>&, const Callbacks<float>&);

}  // namespace gradus
