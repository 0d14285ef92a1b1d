// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "core/bit_cast.hpp"
#include "gradus/lab/experiment/run.hpp"
#include "lab/experiment/fnv.hpp"

namespace gradus {

std::string fingerprint(const Dataset& data) {
  Fnv fnv;
  fnv.add(data.x);
  fnv.add(data.labels.size());
  for (const int label : data.labels) fnv.add(static_cast<std::uint64_t>(label));
  fnv.add(data.targets);
  fnv.add(data.feature_names);
  fnv.add(data.class_names);
  fnv.add(data.target_names);
  for (const double weight : data.weights) fnv.add(bit_cast<std::uint64_t>(weight));
  return fmt::format("fnv1a64:{:016x}", fnv.hash());
}

}  // namespace gradus
