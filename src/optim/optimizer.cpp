// SPDX-License-Identifier: MIT
#include "gradus/optim/optimizer.hpp"

namespace gradus {
namespace {

template <class Variant>
inline constexpr bool all_methods = false;
template <class... M>
inline constexpr bool all_methods<std::variant<M...>> = (OptimizerMethodLike<M> && ...);
static_assert(all_methods<OptimizerMethod>);

}  // namespace

void Sgd::check() const {
  check_options(*this);
  if (nesterov && momentum == 0) throw ValueError("[sgd] expected a momentum above 0 with nesterov, got 0");
}

std::string_view name(const OptimizerMethod& method) {
  return std::visit([](const auto& m) { return std::string_view(m.name); }, method);
}

double learning_rate(const OptimizerMethod& method) {
  return std::visit([](const auto& m) { return m.learning_rate; }, method);
}

void set_learning_rate(OptimizerMethod& method, double rate) {
  std::visit([&](auto& m) { m.learning_rate = rate; }, method);
}

OptimizerMethod parse_optimizer(std::string_view text) { return parse_variant<OptimizerMethod>("optimizer", text); }

std::string to_text(const OptimizerMethod& method) { return named_options_text(method); }

}  // namespace gradus
