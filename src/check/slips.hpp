// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/check/network_check.hpp"

namespace gradus::detail {

/// A slip, as words, and the whole gradient that it would give.
struct SlipGradient {
  std::string kind;
  std::string sentence;
  std::vector<double> gradient;
};

/// Every slip that is known, made in a pass through this network whose right gradient is `right`.
std::vector<SlipGradient> slip_gradients(const CheckSubject& subject, std::uint64_t seed,
                                         const std::vector<double>& right);

/// Those of them that lie outside the backward pass.
std::vector<SlipGradient> whole_slips(const CheckSubject& subject, std::uint64_t seed,
                                      const std::vector<double>& right);

}  // namespace gradus::detail
