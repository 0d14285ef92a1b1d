// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// The one of `known` that a word of another program stands for (Keras, scikit-learn, PyTorch, the field's own
/// synonyms), or that is written otherwise only in its case, its hyphens and the like; empty if there is none.
std::string hinted(std::string_view word, const std::vector<std::string>& known);

}  // namespace gradus
