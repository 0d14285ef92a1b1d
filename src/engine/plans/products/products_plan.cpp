// SPDX-License-Identifier: MIT
#include "engine/plans/products/products_plan.hpp"

#include "engine/definition_plan.hpp"
#include "engine/plans/products/fast_layers.hpp"

namespace gradus::engine {
namespace {

template <class T>
class ProductsPlan final : public Plan<T> {
 public:
  ProductsPlan(const Network& network, const Loss& loss, Index batch, Workshop& workshop)
      : passes_(fast_network(network, workshop), loss) {
    if (!network.takes_sequences()) grow(network, batch);
  }

  PlanKind kind() const override { return PlanKind::products; }
  void run(Pass<T>& pass) override { passes_.run(pass); }
  std::span<T> state() override { return passes_.state(); }
  std::size_t memory() const override { return passes_.memory(); }

 private:
  /// Everything reaches its size in a pass of as many samples as there will ever be.
  void grow(const Network& network, Index batch) {
    const auto count = static_cast<std::size_t>(network.parameter_count());
    std::vector<T> theta(count), gradient(count);
    const Matrix<T> x(batch, network.inputs()), targets(batch, network.outputs());
    const std::vector<Index> rows(static_cast<std::size_t>(batch));
    const std::vector<T> weights(rows.size());
    Pass<T> pass;
    pass.theta = theta;
    pass.x = x;
    pass.targets = {targets, weights};
    pass.rows = rows.data();
    pass.count = batch;
    pass.gradient = gradient.data();
    passes_.run(pass);
    const std::vector<T> state = network.template initial_state<T>();
    std::copy(state.begin(), state.end(), passes_.state().begin());
  }

  DefinitionPlan<T, FastNetwork> passes_;
};

}  // namespace

template <class T>
std::unique_ptr<Plan<T>> make_products_plan(const Network& network, const Loss& loss, Index batch, Workshop& workshop) {
  return std::make_unique<ProductsPlan<T>>(network, loss, batch, workshop);
}

template std::unique_ptr<Plan<float>> make_products_plan(const Network&, const Loss&, Index, Workshop&);
template std::unique_ptr<Plan<double>> make_products_plan(const Network&, const Loss&, Index, Workshop&);

}  // namespace gradus::engine
