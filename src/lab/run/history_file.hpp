// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "gradus/train/history.hpp"

namespace gradus {

/// A header, then a row for every update after which there is a record or a look at the test set; what is not known is
/// left empty.
std::string history_csv(const History& history);

}  // namespace gradus
