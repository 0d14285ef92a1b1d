// SPDX-License-Identifier: MIT
#include "engine/definition_plan.hpp"

#include "gradus/nn/pass.hpp"

namespace gradus::engine {
namespace {

template <class T>
Index hits(Match match, ConstMatrixView<T> outputs, ConstMatrixView<T> targets, Index width) {
  const ConstMatrixView<T> p = detail::rows_of(outputs, width);
  Index sum = 0;
  for (Index i = 0; i < p.rows(); ++i) sum += is_match<T>(match, p.row(i), detail::step_row(targets, i, width));
  return sum;
}

}  // namespace

template <class T>
DefinitionPlan<T>::DefinitionPlan(const Network& network, const Loss& loss)
    : network_(network), loss_(loss) {
  trace_.state = network.initial_state<T>();
}

template <class T>
ConstMatrixView<T> DefinitionPlan<T>::gather(const Pass<T>& pass, ConstMatrixView<T> from, Matrix<T>& to) const {
  if (!pass.rows) return from.middle_rows(0, pass.count);
  to.resize(pass.count, from.cols());
  for (Index i = 0; i < pass.count; ++i) std::copy_n(from.row(pass.rows[i]).begin(), from.cols(), to.row(i).begin());
  return to.view();
}

template <class T>
void DefinitionPlan<T>::run(Pass<T>& pass) {
  const ConstMatrixView<T> x = gather(pass, pass.x, x_);
  const ConstMatrixView<T> targets = gather(pass, pass.targets.values, targets_);
  trace_.mode = pass.gradient ? Mode::training : Mode::inference;
  trace_.seed = pass.seed;
  trace_.update = pass.update;
  forward(network_, pass.theta, x, trace_);
  if (pass.record) {
    const Loss sum{loss_.function, Reduction::sum};
    pass.loss = static_cast<double>(loss_of_trace(network_, sum, trace_, targets));
    pass.hits = hits<T>(pass.match, trace_.outputs.back(), targets, network_.outputs());
  }
  if (!pass.gradient) return;
  const std::span<T> gradient(pass.gradient, pass.theta.size());
  gradient_of_trace(network_, loss_, pass.theta, x, targets, trace_, gradient);  // which scales by itself
}

template <class T>
std::size_t DefinitionPlan<T>::memory() const {
  const auto bytes = [](const auto& v) { return v.capacity() * sizeof(v[0]); };
  std::size_t sum = bytes(x_.values()) + bytes(targets_.values()) + bytes(weights_) + bytes(trace_.state);
  for (const Matrix<T>& outputs : trace_.outputs) sum += bytes(outputs.values());
  for (const Matrix<T>& derivative : trace_.derivative) sum += bytes(derivative.values());
  for (const LayerMemory<T>& memory : trace_.memory)
    sum += bytes(memory.numbers) + bytes(memory.indices) + bytes(memory.work);
  return sum + bytes(trace_.packed.values());
}

template class DefinitionPlan<float>;
template class DefinitionPlan<double>;

}  // namespace gradus::engine
