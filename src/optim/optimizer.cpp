// SPDX-License-Identifier: MIT
#include "gradus/optim/optimizer.hpp"

#include <cmath>

namespace gradus {

void Sgd::check() const {
  if (!(learning_rate >= 0) || !std::isfinite(learning_rate))
    throw ValueError("[sgd] expected a finite learning rate >= 0, got " + std::to_string(learning_rate));
  if (!(momentum >= 0 && momentum < 1))
    throw ValueError("[sgd] expected a momentum from 0 to below 1, got " + std::to_string(momentum));
  if (nesterov && momentum == 0) throw ValueError("[sgd] expected a momentum above 0 with nesterov, got 0");
}

std::string_view name(const OptimizerMethod& method) {
  return std::visit([](const auto& m) { return std::string_view(m.name); }, method);
}

}  // namespace gradus
