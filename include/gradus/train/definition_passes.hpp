// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "gradus/nn/pass.hpp"
#include "gradus/train/check_run.hpp"
#include "gradus/train/passes.hpp"
#include "gradus/train/training.hpp"

/// Training of networks with layers of your own: include this where you call `fit`. For `Network` the library holds it
/// compiled, and train/fit.hpp is enough.
namespace gradus {

/// The residuals whose squares add up to the squared error of a batch and the l2 penalty:
/// sqrt(scale weight) (p - t) for each output, sqrt(l2 / 2) w for each weight. Their Jacobian by one backward pass for
/// each output of each sample.
template <std::floating_point T, class L>
Residuals<T> network_residuals(const BasicNetwork<L>& network, const Loss& loss, ConstMatrixView<T> x,
                               const Targets<T>& targets, Trace<T>& trace, const Regularisation& regularisation,
                               const std::vector<ParameterBlock>& blocks) {
  const Index width = targets.values.cols();
  const double share = regularisation.per_sample ? 1 / targets.count(width) : 1;
  const double scale = loss.scale(targets, network.outputs());
  const auto root = [=](Index sample) {
    return static_cast<T>(std::sqrt(scale * static_cast<double>(targets.weight(sample, width))));
  };
  const T ridge = static_cast<T>(std::sqrt(regularisation.l2 * share / 2));
  return [=, &network, &trace, &blocks](std::span<const T> theta, std::vector<T>& r, Matrix<T>* jacobian) {
    r.clear();
    forward(network, theta, x, trace);
    const Matrix<T>& p = trace.outputs.back();
    for (Index i = 0; i < x.rows(); ++i)
      for (Index k = 0; k < width; ++k) r.push_back(root(i) * (p(i, k) - targets.values(i, k)));
    const auto errors = static_cast<Index>(r.size());
    for (const ParameterBlock& block : blocks)
      for (Index j = 0; ridge > 0 && !block.is_bias && j < block.size(); ++j)
        r.push_back(ridge * theta[static_cast<std::size_t>(block.offset + j)]);
    if (!jacobian) return;
    *jacobian = Matrix<T>(static_cast<Index>(r.size()), static_cast<Index>(theta.size()), T(0));
    Matrix<T> seed(1, width, T(0));
    for (Index i = 0; i < x.rows(); ++i) {
      trace.first_row = i;
      forward(network, theta, x.middle_rows(i, 1), trace);
      for (Index k = 0; k < width; ++k) {
        seed(0, k) = root(i);
        backward(network, theta, x.middle_rows(i, 1), trace, seed.view(), network.size(), jacobian->row(i * width + k));
        seed(0, k) = 0;
      }
    }
    trace.first_row = 0;
    Index row = errors;
    for (const ParameterBlock& block : blocks)
      for (Index j = 0; ridge > 0 && !block.is_bias && j < block.size(); ++j)
        (*jacobian)(row++, block.offset + j) = ridge;
  };
}

/// The passes of nn/pass.hpp, of any layers.
template <std::floating_point T, class L>
class DefinitionPasses final : public Passes<T> {
 public:
  DefinitionPasses(const BasicNetwork<L>& network, const Loss& loss, Hit hit)
      : Passes<T>(facts_of<T>(network)), network_(network), loss_(loss), hit_(hit) {}

  engine::Tally gradient(const PassRequest<T>& request, std::span<T> gradient) override {
    begin(request);
    forward(network_, request.theta, batch_.x, trace_);
    const engine::Tally tally = request.record ? judge(trace_, batch_) : engine::Tally();
    gradient_of_trace(network_, loss_, request.theta, batch_.x, batch_.weighted_targets(), trace_, gradient);
    std::copy(trace_.state.begin(), trace_.state.end(), request.state.begin());
    return tally;
  }

  engine::Tally score(const PassRequest<T>& request) override {
    score_trace_.state.assign(request.state.begin(), request.state.end());
    forward(network_, request.theta, request.set.x, score_trace_);
    return judge(score_trace_, request.set);
  }

  Divergence find_divergence(const DivergedPass<T>& pass) override {
    DivergedPass<T> of_batch = pass;
    of_batch.x = batch_.x;
    of_batch.targets = batch_.targets;
    return gradus::find_divergence<T>(network_, loss_, of_batch, trace_);
  }

  Residuals<T> residuals(const PassRequest<T>& request, const Regularisation& regularisation) override {
    begin(request);
    return network_residuals(network_, loss_, batch_.x, batch_.weighted_targets(), trace_, regularisation,
                             this->facts().blocks);
  }

 private:
  void begin(const PassRequest<T>& request) {
    batch_ = gathered_(request.set, request.rows);
    trace_.mode = Mode::training;
    trace_.seed = request.mask_seed;
    trace_.update = request.update;
    trace_.state.assign(request.state.begin(), request.state.end());
  }

  engine::Tally judge(const Trace<T>& trace, const Samples<T>& set) const {
    const T loss = loss_of_trace(network_, loss_, trace, set.weighted_targets());
    const Index width = network_.outputs();
    return {.loss = static_cast<double>(loss),
            .hits = hit_ == Hit::none ? 0 : count_hits<T>(hit_, trace.outputs.back(), set.targets, width),
            .samples = set.x.rows() * (set.targets.cols() / width)};
  }

  BasicNetwork<L> network_;
  Loss loss_;
  Hit hit_;
  Trace<T> trace_;
  Trace<T> score_trace_;
  Gathered<T> gathered_;
  Samples<T> batch_;  // of the last gradient
};

template <std::floating_point T, class L>
FitResult fit(const BasicNetwork<L>& network, std::span<T> theta, const Samples<T>& train, const FitOptions& options,
              RandomState& random, const std::optional<Samples<T>>& test, const Callbacks<T>& callbacks) {
  if constexpr (std::is_same_v<L, Layer>) {
    return Training<T>(network, theta, train, options, random, test, callbacks).run();
  } else {
    check_sets(network, static_cast<Index>(theta.size()), train, test, options);
    auto passes = std::make_unique<DefinitionPasses<T, L>>(network, options.loss,
                                                           hit_of_run<T>(options, train.targets, network.outputs()));
    return Training<T>(std::move(passes), theta, train, options, random, test, callbacks).run();
  }
}

}  // namespace gradus
