// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include "engine/plan.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus::engine {

/// The passes of nn/pass.hpp in a plan's place: every network has it, of the definition's layers or of layers with
/// kernels.
template <class T, class Net = Network>
class DefinitionPlan final : public Plan<T> {
 public:
  DefinitionPlan(Net network, const Loss& loss) : network_(std::move(network)), loss_(loss) {
    trace_.state = network_.template initial_state<T>();
  }

  PlanKind kind() const override { return PlanKind::definition; }
  std::span<T> state() override { return trace_.state; }

  void run(Pass<T>& pass) override {
    const ConstMatrixView<T> x = gather(pass, pass.x, x_);
    const ConstMatrixView<T> values = gather(pass, pass.targets.values, targets_);
    weights_.clear();
    if (!pass.targets.weights.empty())
      for (Index i = 0; i < pass.count; ++i) weights_.push_back(static_cast<T>(pass.weight(i)));
    const Targets<T> targets(values, weights_);
    trace_.mode = pass.gradient ? Mode::training : Mode::inference;
    trace_.seed = pass.seed;
    trace_.update = pass.update;
    forward(network_, pass.theta, x, trace_);
    if (pass.record) {
      const Loss sum{loss_.function, Reduction::sum};
      pass.loss = static_cast<double>(loss_of_trace(network_, sum, trace_, targets));
      pass.hits =
          pass.hit == Hit::none ? 0 : count_hits<T>(pass.hit, trace_.outputs.back(), values, network_.outputs());
    }
    if (!pass.gradient) return;
    const std::span<T> gradient(pass.gradient, pass.theta.size());
    gradient_of_trace(network_, loss_, pass.theta, x, targets, trace_, gradient);  // which scales by itself
  }

  std::size_t memory() const override {
    const auto bytes = [](const auto& v) { return v.capacity() * sizeof(v[0]); };
    std::size_t sum = bytes(x_.values()) + bytes(targets_.values()) + bytes(weights_) + bytes(trace_.state);
    for (const Matrix<T>& outputs : trace_.outputs) sum += bytes(outputs.values());
    for (const Matrix<T>& derivative : trace_.derivative) sum += bytes(derivative.values());
    for (const LayerMemory<T>& memory : trace_.memory)
      sum += bytes(memory.numbers) + bytes(memory.indices) + bytes(memory.work);
    return sum + bytes(trace_.packed.values());
  }

 private:
  /// The pass's samples, copied together unless they lie together.
  static ConstMatrixView<T> gather(const Pass<T>& pass, ConstMatrixView<T> from, Matrix<T>& to) {
    if (!pass.rows) return from.middle_rows(0, pass.count);
    to.resize(pass.count, from.cols());
    for (Index i = 0; i < pass.count; ++i) std::copy_n(from.row(pass.rows[i]).begin(), from.cols(), to.row(i).begin());
    return to.view();
  }

  Net network_;
  Loss loss_;
  Trace<T> trace_;
  Matrix<T> x_;
  Matrix<T> targets_;
  std::vector<T> weights_;
};

extern template class DefinitionPlan<float>;
extern template class DefinitionPlan<double>;

}  // namespace gradus::engine
