// SPDX-License-Identifier: MIT
// Arrays as PyTorch saves them, a few numbers each, and what becomes of them.
#pragma once

#include <string>
#include <vector>

#include "gradus/core/error.hpp"
#include "gradus/lab/exchange/weights.hpp"
#include "src/lab/model/sealed.hpp"

namespace gradus {

inline Tensor numbers(std::string name, std::vector<Index> shape, double first = 0.25) {
  Index count = 1;
  for (const Index extent : shape) count *= extent;
  std::vector<double> values;
  for (Index i = 0; i < count; ++i) values.push_back(first + static_cast<double>(i));
  return to_tensor(std::move(name), DType::f64, std::move(shape), values);
}

inline ImportedWeights taken(const SafeTensors& file, const std::string& network) {
  return from_torch(file, parse_network(network), "state.safetensors");
}

inline std::string refusal(const SafeTensors& file, const std::string& network) {
  try {
    taken(file, network);
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}

}  // namespace gradus
