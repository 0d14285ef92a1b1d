// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "gradus/engine/sparse_plan.hpp"
#include "gradus/train/fit.hpp"
#include "gradus/train/passes.hpp"

namespace gradus {

/// Passes over sparse samples, for a Training, whose own samples then have targets and weights, and an x that is not
/// looked at but for its size:
///
///     auto passes = std::make_unique<SparsePasses<double>>(network, options, x, targets);
///     const Samples<double> set{passes->outline(), targets};
///     Training<double> training(std::move(passes), theta, set, options, random);
///
/// The bits are those of a training on dense samples.
template <std::floating_point T>
class SparsePasses final : public Passes<T> {
 public:
  /// Whether there are any for so many samples: the engine takes dense ones as matrix products, and not one by one.
  static bool exist(const Network& network, const FitOptions& options, Index samples);
  /// Throws ValueError if there are none. What x looks at must outlive the passes, or be followed by other rows.
  SparsePasses(const Network& network, const FitOptions& options, const SparseRows<T>& x, ConstMatrixView<T> targets);

  /// Goes on with these, of as many columns.
  void set_samples(const SparseRows<T>& x);
  /// A matrix as large as x, without numbers.
  ConstMatrixView<T> outline() const { return {nullptr, x_.rows(), x_.cols()}; }

  engine::Tally gradient(const PassRequest<T>& request, std::span<T> gradient) override;
  engine::Tally score(const PassRequest<T>& request) override;
  bool makes_updates(const Updater<T>& updater) const override { return engine::SparsePlan<T>::updates(updater); }
  std::optional<engine::UpdateMade<T>> update(const PassRequest<T>& request, std::span<T> theta,
                                              Updater<T>& updater) override;
  bool flushes_denormals() const override { return flushes_; }
  /// Of the batch as it is written out.
  Passes<T>& definition() override { return *definition_; }
  Divergence find_divergence(const DivergedPass<T>& pass) override { return definition_->find_divergence(pass); }
  Residuals<T> residuals(const PassRequest<T>& request, const Regularisation& regularisation) override {
    return definition_->residuals(request, regularisation);
  }

 private:
  void begin(const PassRequest<T>& request);
  void flush_weights(std::span<T> theta);

  engine::SparsePlan<T> plan_;
  SparseRows<T> x_;
  Hit hit_;
  std::unique_ptr<Passes<T>> definition_;
  Index first_weights_;
  bool flushes_;
  bool is_new_ = true;  // whether weights of nobody's columns may still be too small for a full mantissa
};

extern template class SparsePasses<float>;
extern template class SparsePasses<double>;

}  // namespace gradus
