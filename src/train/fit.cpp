// SPDX-License-Identifier: MIT
#include "gradus/train/fit.hpp"

#include "gradus/core/number.hpp"
#include "gradus/train/training.hpp"

namespace gradus {

std::string Divergence::message() const {
  return where + " went non-finite in epoch " + std::to_string(epoch) + ", update " + std::to_string(update) +
         " (last finite loss " + number_text(last_finite_loss) + ")";
}

template FitResult fit(const Network&, std::span<double>, const Samples<double>&, const FitOptions&, RandomState&,
                       const std::optional<Samples<double>>&, const Callbacks<double>&);
template FitResult fit(const Network&, std::span<float>, const Samples<float>&, const FitOptions&, RandomState&,
                       const std::optional<Samples<float>>&, const Callbacks<float>&);

}  // namespace gradus
