// SPDX-License-Identifier: MIT
#include "gradus/nn/loss.hpp"

#include <string>

namespace gradus {
namespace {

template <std::size_t I = 0>
LossFunction loss_called(std::string_view name) {
  if constexpr (I < std::variant_size_v<LossFunction>) {
    using F = std::variant_alternative_t<I, LossFunction>;
    if (F::name == name) return F{};
    return loss_called<I + 1>(name);
  } else {
    throw ValueError("[loss] unknown loss '" + std::string(name) +
                     "' (known: cross-entropy, binary-cross-entropy, mse, perceptron)");
  }
}

}  // namespace

Loss parse_loss(std::string_view name, Reduction reduction) { return {loss_called(name), reduction}; }

}  // namespace gradus
