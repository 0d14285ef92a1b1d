// SPDX-License-Identifier: MIT
#include <optional>

#include "engine/plans/online/online_plan.hpp"
#include "gradus/engine/trainer.hpp"
#include "gradus/train/definition_passes.hpp"

namespace gradus {
namespace {

/// The engine's passes; the definition's have the last word.
template <std::floating_point T>
class EnginePasses final : public Passes<T> {
 public:
  EnginePasses(const Network& network, const FitOptions& options, Index batch, Hit hit)
      : Passes<T>(facts_of<T>(network)),
        plan_(network, options.loss, batch, engine::PlanKind::automatic, options.threads),
        definition_(network, options.loss, hit),
        hit_(hit) {
    if (batch == 1 && engine::OnlinePlan<T>::exists(network, options.loss.function))
      online_.emplace(network, options.loss);
  }

  engine::Tally gradient(const PassRequest<T>& request, std::span<T> gradient) override {
    std::copy(request.state.begin(), request.state.end(), plan_.state().begin());
    plan_.set_masks(request.mask_seed, request.update);
    const engine::Tally tally = plan_(request.theta, request.set.x, request.set.weighted_targets(), request.rows,
                                      gradient, request.record, hit_);
    std::copy_n(plan_.state().begin(), request.state.size(), request.state.begin());
    return tally;
  }
  engine::Tally score(const PassRequest<T>& request) override {
    std::copy(request.state.begin(), request.state.end(), plan_.state().begin());
    return plan_.score(request.theta, request.set.x, request.set.weighted_targets(), hit_);
  }

  Passes<T>& definition() override { return definition_; }
  Divergence find_divergence(const DivergedPass<T>& pass) override { return definition_.find_divergence(pass); }
  Residuals<T> residuals(const PassRequest<T>& request, const Regularisation& regularisation) override {
    return definition_.residuals(request, regularisation);
  }

  bool goes_online() const override { return online_.has_value(); }
  void online(std::span<T> theta, const Samples<T>& set, std::span<const Index> rows, double rate, bool record,
              OnlineSums& sums) override {
    online_->set_parameters(theta);
    online_->run(set.x, set.weighted_targets(), rows.data(), static_cast<Index>(rows.size()), rate, record, hit_,
                 sums.loss, sums.hits);
    online_->parameters(theta);
  }
  double online_loss(const OnlineSums& sums, Index samples) const override {
    return online_->reduced(sums.loss, samples);
  }
  engine::Workshop* workshop() override { return &plan_.workshop(); }

 private:
  engine::GradientPlan<T> plan_;
  DefinitionPasses<T, Layer> definition_;
  Hit hit_;
  std::optional<engine::OnlinePlan<T>> online_;
};

}  // namespace

template <std::floating_point T>
std::unique_ptr<Passes<T>> make_passes(const Network& network, const FitOptions& options, const Samples<T>& train) {
  const Hit hit = hit_of_run<T>(options, train.targets, network.outputs());
  const bool full = options.batch == 0 || !stepping_method(options.optimizer);
  const Index batch = full ? train.x.rows() : std::min(options.batch, train.x.rows());
  if (options.engine != Engine::definition && batch > 0)
    return std::make_unique<EnginePasses<T>>(network, options, batch, hit);
  return std::make_unique<DefinitionPasses<T, Layer>>(network, options.loss, hit);
}

template std::unique_ptr<Passes<double>> make_passes(const Network&, const FitOptions&, const Samples<double>&);
template std::unique_ptr<Passes<float>> make_passes(const Network&, const FitOptions&, const Samples<float>&);

}  // namespace gradus
