// SPDX-License-Identifier: MIT
#pragma once

#include "engine/packing.hpp"

namespace gradus::engine {

/// A stage of a packed network with the kernel that suits it: for its width, its function and the machine at hand.
template <class T>
struct ForwardStage {
  using Run = void (*)(const ForwardStage& stage, const T* x, T* y);
  using Finish = void (*)(const ForwardStage& stage, T* y);

  PackedStage shape;
  const T* weights = nullptr;
  const T* bias = nullptr;
  std::size_t stages = 1;   ///< that `run` goes through: this one, or the next one too
  Run run = nullptr;        ///< y = f(x W + b), of which the first `outputs` numbers are written
  Finish finish = nullptr;  ///< or none: applies f where `run` does not; y must have room for whole vectors
};

/// `packed` must outlive the stages.
std::vector<ForwardStage<float>> forward_stages(const Packing<float>& packing, const float* packed);
std::vector<ForwardStage<double>> forward_stages(const Packing<double>& packing, const double* packed);

}  // namespace gradus::engine
