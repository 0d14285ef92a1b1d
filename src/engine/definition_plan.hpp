// SPDX-License-Identifier: MIT
#pragma once

#include "engine/plan.hpp"
#include "gradus/nn/trace.hpp"

namespace gradus::engine {

/// The definition in a plan's place: every network has it.
template <class T>
class DefinitionPlan final : public Plan<T> {
 public:
  DefinitionPlan(const Network& network, const Loss& loss);

  PlanKind kind() const override { return PlanKind::definition; }
  void run(Pass<T>& pass) override;
  std::span<T> state() override { return trace_.state; }
  std::size_t memory() const override;

 private:
  /// The pass's samples, copied together unless they lie together.
  ConstMatrixView<T> gather(const Pass<T>& pass, ConstMatrixView<T> from, Matrix<T>& to) const;

  Network network_;
  Loss loss_;
  Trace<T> trace_;
  Matrix<T> x_;
  Matrix<T> targets_;
  std::vector<T> weights_;
};

extern template class DefinitionPlan<float>;
extern template class DefinitionPlan<double>;

}  // namespace gradus::engine
