// SPDX-License-Identifier: MIT
#include "gradus/optim/training_method.hpp"

namespace gradus {

TrainingMethod parse_training_method(std::string_view text) { return parse_variant<TrainingMethod>("optimizer", text); }

std::string to_text(const TrainingMethod& method) { return named_options_text(method); }

std::string_view name(const TrainingMethod& method) {
  return std::visit([](const auto& m) { return std::string_view(m.name); }, method);
}

std::optional<OptimizerMethod> stepping_method(const TrainingMethod& method) {
  return std::visit(
      [](const auto& m) -> std::optional<OptimizerMethod> {
        if constexpr (OptimizerMethodLike<std::decay_t<decltype(m)>>) return m;
        return std::nullopt;
      },
      method);
}

std::optional<double> learning_rate(const TrainingMethod& method) {
  const std::optional<OptimizerMethod> stepping = stepping_method(method);
  return stepping ? std::optional(learning_rate(*stepping)) : std::nullopt;
}

void set_learning_rate(TrainingMethod& method, double rate) {
  std::visit(
      [&](auto& m) {
        if constexpr (requires { m.learning_rate; })
          m.learning_rate = rate;
        else
          throw ValueError(std::string(m.name) + " finds its own steps and takes no learning rate");
      },
      method);
}

}  // namespace gradus
