// SPDX-License-Identifier: MIT
#pragma once

#include "engine/plan.hpp"
#include "gradus/engine/buffer.hpp"
#include "gradus/engine/description.hpp"

namespace gradus::engine {

inline constexpr Index kMaxStages = 16;  ///< deeper networks are left to the definition

/// Numbers of scratch memory a pass needs; a bound that holds for every instruction set.
template <class T>
Index batch_work(const Description& net);

/// `work`: batch_work(net) numbers, 64-byte aligned.
void run_batch(const Description& net, float* work, Pass<float>& pass);
void run_batch(const Description& net, double* work, Pass<double>& pass);

/// A lane holds a sample.
template <class T>
class BatchPlan final : public Plan<T> {
 public:
  explicit BatchPlan(const Description& net) : net_(net), work_(static_cast<std::size_t>(batch_work<T>(net))) {}

  PlanKind kind() const override { return PlanKind::batch; }
  void run(Pass<T>& pass) override { run_batch(net_, work_.data(), pass); }
  std::size_t memory() const override { return work_.size() * sizeof(T); }

 private:
  Description net_;
  Buffer<T> work_;
};

}  // namespace gradus::engine
