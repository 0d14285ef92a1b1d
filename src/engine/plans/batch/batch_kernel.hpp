// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "engine/plan.hpp"
#include "gradus/engine/buffer.hpp"
#include "gradus/engine/description.hpp"

namespace gradus::engine {

/// Where a pass puts what it computes.
template <class T>
struct BatchWork {
  T* memory = nullptr;  ///< `units` numbers for each sample, 64-byte aligned
  Index units = 0;
  Index samples = 0;                           ///< kept at once; for a gradient, a whole piece or all there are
  T* rows = nullptr;                           ///< scratch of a defined loss
  std::array<bool, kMaxStages> keeps_slope{};  ///< Description::keeps_slope of each stage
};

void run_batch(const Description& net, const BatchWork<float>& work, Pass<float>& pass);
void run_batch(const Description& net, const BatchWork<double>& work, Pass<double>& pass);

/// A lane holds a sample.
template <class T>
class BatchPlan final : public Plan<T> {
 public:
  /// For batches of any size; best for those of up to `batch` samples.
  BatchPlan(const Description& net, Index batch);

  PlanKind kind() const override { return PlanKind::batch; }
  void run(Pass<T>& pass) override;
  std::size_t memory() const override { return memory_.size() * sizeof(T); }

 private:
  void grow(Index batch);

  Description net_;
  Buffer<T> memory_;
  BatchWork<T> work_;
};

extern template class BatchPlan<float>;
extern template class BatchPlan<double>;

}  // namespace gradus::engine
