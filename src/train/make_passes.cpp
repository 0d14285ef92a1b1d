// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "engine/plans/online/online_plan.hpp"
#include "gradus/engine/gradient_plan.hpp"
#include "gradus/train/definition_passes.hpp"

namespace gradus {
namespace {

using engine::PlanKind;

/// The engine's passes; the definition's have the last word.
template <std::floating_point T>
class EnginePasses final : public Passes<T> {
 public:
  EnginePasses(const Network& network, const FitOptions& options, Index batch, Hit hit, PlanKind kind)
      : Passes<T>(facts_of<T>(network)),
        plan_(network, options.loss, batch, kind == PlanKind::online ? PlanKind::automatic : kind, options.threads,
              options.arithmetic),
        definition_(network, options.loss, hit),
        hit_(hit),
        flushes_(engine::resolved(options.arithmetic) == Arithmetic::fused) {
    if (kind == PlanKind::online && batch != 1)
      throw ValueError("[fit] expected batches of 1 with the online plan, got " + std::to_string(batch));
    const bool may = batch == 1 && kind == PlanKind::automatic;
    if (kind == PlanKind::online || (may && engine::OnlinePlan<T>::exists(network, options.loss.function)))
      online_.emplace(network, options.loss, options.arithmetic);
  }

  engine::Tally gradient(const PassRequest<T>& request, std::span<T> gradient) override {
    take_state(request);
    plan_.set_masks(request.mask_seed, request.update);
    const engine::Tally tally = plan_(request.theta, request.set.x, request.set.weighted_targets(), request.rows,
                                      gradient, request.record, hit_);
    if (!request.state.empty()) std::copy_n(plan_.state().begin(), request.state.size(), request.state.begin());
    return tally;
  }
  engine::Tally score(const PassRequest<T>& request) override {
    take_state(request);
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
    // Packed already, unless they were moved by other steps since.
    if (packed_.empty() || std::memcmp(packed_.data(), theta.data(), theta.size_bytes()) != 0)
      online_->set_parameters(theta);
    online_->run(set.x, set.weighted_targets(), rows.empty() ? nullptr : rows.data(), set.count(rows), rate, record,
                 hit_, sums.loss, sums.hits);
    online_->parameters(theta);
    packed_.assign(theta.begin(), theta.end());
  }
  double online_loss(const OnlineSums& sums, Index samples) const override {
    return online_->reduced(sums.loss, samples);
  }
  engine::Workshop* workshop() override { return &plan_.workshop(); }
  bool flushes_denormals() const override { return flushes_; }

 private:
  void take_state(const PassRequest<T>& request) {
    if (!request.state.empty()) std::copy(request.state.begin(), request.state.end(), plan_.state().begin());
  }

  engine::GradientPlan<T> plan_;
  DefinitionPasses<T, Layer> definition_;
  Hit hit_;
  bool flushes_;
  std::optional<engine::OnlinePlan<T>> online_;
  std::vector<T> packed_;  // as online_ has them
};

}  // namespace

template <std::floating_point T>
std::unique_ptr<Passes<T>> make_passes(const Network& network, const FitOptions& options, const Samples<T>& train,
                                       engine::PlanKind kind) {
  const Hit hit = hit_of_run<T>(options, train.targets, network.outputs());
  const bool full = options.batch == 0 || !stepping_method(options.optimizer);
  const Index batch = full ? train.x.rows() : std::min(options.batch, train.x.rows());
  if (options.engine != Engine::definition && batch > 0)
    return std::make_unique<EnginePasses<T>>(network, options, batch, hit, kind);
  return std::make_unique<DefinitionPasses<T, Layer>>(network, options.loss, hit);
}

template std::unique_ptr<Passes<double>> make_passes(const Network&, const FitOptions&, const Samples<double>&,
                                                     PlanKind);
template std::unique_ptr<Passes<float>> make_passes(const Network&, const FitOptions&, const Samples<float>&, PlanKind);

}  // namespace gradus
