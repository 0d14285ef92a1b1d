// SPDX-License-Identifier: MIT
#pragma once

#include "engine/threads/workshop.hpp"

namespace gradus::engine {

/// A layer of the definition and the tools of the trade: the base of its fast form.
template <class L>
struct Fast : L {
  Workshop* workshop = nullptr;

  bool operator==(const Fast&) const = default;
};

}  // namespace gradus::engine
