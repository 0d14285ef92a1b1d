// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/engine/description.hpp"

namespace gradus::engine {

/// The loss of some samples by its own definition (nn/losses/), for Head::defined. Arrays lie unit by unit: unit u of
/// sample s at u * stride + s.
template <class T>
struct DefinedLoss {
  const Description* net = nullptr;
  Index stride = 0;
  Index samples = 0;
  const T* logits = nullptr;   ///< z of the last stage
  const T* outputs = nullptr;  ///< p
  const T* slopes = nullptr;   ///< f'(z), where Description::keeps_slope
  const T* targets = nullptr;
  const T* weights = nullptr;  ///< one a sample
  T scale = 1;
  T* work = nullptr;   ///< 4 numbers an output
  T* delta = nullptr;  ///< written: scale * weight * derivative of the loss by z; null: not wanted
  bool record = false;
};

/// Returns the weighted sum of the losses, 0 unless they are recorded.
template <class T>
double run_defined_loss(const DefinedLoss<T>& pass);

extern template double run_defined_loss(const DefinedLoss<float>&);
extern template double run_defined_loss(const DefinedLoss<double>&);

}  // namespace gradus::engine
