// SPDX-License-Identifier: MIT
#include "gradus/train/sparse_passes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/plans/online/online_plan.hpp"
#include "engine/sparse/sparse_batch.hpp"
#include "gradus/train/definition_passes.hpp"

namespace gradus {
namespace {

Index batch_of(const FitOptions& options, Index samples) {
  const bool full = options.batch == 0 || !stepping_method(options.optimizer);
  return full ? samples : std::min(options.batch, samples);
}

/// Whether a training on dense samples would step from one to the next without a gradient.
template <std::floating_point T>
bool goes_online(const Network& network, const FitOptions& options, Index batch) {
  const std::optional<OptimizerMethod> method = stepping_method(options.optimizer);
  if (batch != 1 || !method || !engine::OnlinePlan<T>::exists(network, options.loss.function)) return false;
  return Updater<T>(*method, options.regularisation, network.parameter_blocks(), network.parameter_count())
      .is_plain_descent();
}

/// The definition's passes, of rows that are written out: to say where a training has gone wrong.
template <std::floating_point T>
class WrittenOutPasses final : public Passes<T> {
 public:
  WrittenOutPasses(const Network& network, const Loss& loss, Hit hit, const SparseRows<T>& x)
      : Passes<T>(facts_of<T>(network)), passes_(network, loss, hit), x_(x) {}

  engine::Tally gradient(const PassRequest<T>& request, std::span<T> gradient) override {
    return passes_.gradient(written_out(request), gradient);
  }
  engine::Tally score(const PassRequest<T>& request) override { return passes_.score(written_out(request)); }
  Divergence find_divergence(const DivergedPass<T>& pass) override { return passes_.find_divergence(pass); }
  Residuals<T> residuals(const PassRequest<T>& request, const Regularisation& regularisation) override {
    return passes_.residuals(written_out(request), regularisation);
  }

 private:
  PassRequest<T> written_out(const PassRequest<T>& request) {
    const Samples<T>& set = request.set;
    engine::SparseBatch<T> batch;
    if (request.rows.empty()) {
      batch.take(x_, 0, x_.rows());
    } else {
      batch.take(x_, request.rows);
    }
    rows_.resize(batch.rows(), x_.cols());
    batch.write(rows_);
    const Samples<T> others =
        gathered_({ConstMatrixView<T>(nullptr, set.targets.rows(), 0), set.targets, set.weights}, request.rows);
    PassRequest<T> dense = request;
    dense.set = {rows_, others.targets, others.weights};
    dense.rows = {};
    return dense;
  }

  DefinitionPasses<T, Layer> passes_;
  const SparseRows<T>& x_;
  Matrix<T> rows_;
  Gathered<T> gathered_;
};

}  // namespace

template <std::floating_point T>
bool SparsePasses<T>::exist(const Network& network, const FitOptions& options, Index samples) {
  const Index batch = batch_of(options, samples);
  return options.engine != Engine::definition && batch > 0 &&
         engine::SparsePlan<T>::exists(network, options.loss, batch) && !goes_online<T>(network, options, batch);
}

template <std::floating_point T>
SparsePasses<T>::SparsePasses(const Network& network, const FitOptions& options, const SparseRows<T>& x,
                              ConstMatrixView<T> targets)
    : Passes<T>(facts_of<T>(network)),
      plan_(network, options.loss, batch_of(options, x.rows()), options.arithmetic),
      x_(x),
      hit_(hit_of_run<T>(options, targets, network.outputs())),
      definition_(std::make_unique<WrittenOutPasses<T>>(network, options.loss, hit_, x_)),
      first_weights_(this->facts().blocks.front().size()),
      flushes_(engine::resolved(options.arithmetic) == Arithmetic::fused) {
  if (!exist(network, options, x.rows()))
    throw ValueError("[fit] expected sparse samples in larger batches, or by another method than plain descent");
  x_.check_columns();
}

template <std::floating_point T>
void SparsePasses<T>::set_samples(const SparseRows<T>& x) {
  check_length("fit", "columns of sparse samples", x.cols(), x_.cols());
  x.check_columns();
  x_ = x;
  is_new_ = true;
}

template <std::floating_point T>
void SparsePasses<T>::begin(const PassRequest<T>& request) {
  if (request.rows.empty() && request.set.targets.rows() != x_.rows())
    throw ValueError("[fit] expected an order of the sparse samples, or all of them in one batch");
  plan_.set_masks(request.mask_seed, request.update);
}

template <std::floating_point T>
engine::Tally SparsePasses<T>::gradient(const PassRequest<T>& request, std::span<T> gradient) {
  begin(request);
  return plan_(request.theta, x_, request.set.weighted_targets(), request.rows, gradient, request.record, hit_);
}

template <std::floating_point T>
engine::Tally SparsePasses<T>::score(const PassRequest<T>& request) {
  begin(request);
  return plan_.score(request.theta, x_, request.set.weighted_targets(), hit_);
}

template <std::floating_point T>
std::optional<engine::UpdateMade<T>> SparsePasses<T>::update(const PassRequest<T>& request, std::span<T> theta,
                                                             Updater<T>& updater) {
  begin(request);
  std::optional<engine::UpdateMade<T>> made =
      plan_.update(theta, x_, request.set.weighted_targets(), request.rows, updater, request.record, hit_);
  if (made && is_new_ && flushes_ && updater.is_plain_descent()) flush_weights(theta);
  is_new_ = false;
  return made;
}

/// A dense step makes 0 of weights that are too small, wherever they are; once is enough, for no other step makes any.
template <std::floating_point T>
void SparsePasses<T>::flush_weights(std::span<T> theta) {
  for (T& weight : theta.first(static_cast<std::size_t>(first_weights_)))
    if (std::abs(weight) < std::numeric_limits<T>::min()) weight = std::copysign(T(0), weight);
}

template class SparsePasses<float>;
template class SparsePasses<double>;

}  // namespace gradus
