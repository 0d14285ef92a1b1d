// SPDX-License-Identifier: MIT
#include "gradus/nn/loss.hpp"

namespace gradus {

Loss parse_loss(std::string_view text, Reduction reduction) {
  return {parse_variant<LossFunction>("loss", text), reduction};
}

std::string to_text(const Loss& loss) { return named_options_text(loss.function); }

}  // namespace gradus
