// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

#include "gradus/core/error.hpp"

namespace gradus::cli {

/// The command line itself is wrong. `pointer` may show where, on two lines.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message, std::string pointer = "")
      : Error(message), pointer_(std::move(pointer)) {}
  const std::string& pointer() const { return pointer_; }

 private:
  std::string pointer_;
};

}  // namespace gradus::cli
