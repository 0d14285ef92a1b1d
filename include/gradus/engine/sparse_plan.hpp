// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "gradus/core/sparse_rows.hpp"
#include "gradus/engine/arithmetic.hpp"
#include "gradus/engine/tally.hpp"
#include "gradus/engine/update_made.hpp"
#include "gradus/engine/updater.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/nn/targets.hpp"

/// Sparse samples: the first layer takes them as they are, and what follows is that of dense ones, to the last bit.
/// Only weights that are not finite tell the two apart: times a number that is not there they are not NaN.
namespace gradus::engine {

/// The gradient of a batch of sparse samples, and updates along it that need no gradient as long as theta. What
/// GradientPlan is for dense ones where its plan is one of products; not to be shared by threads.
template <class T>
class SparsePlan {
 public:
  /// Whether there is one: the first layer is dense, and dense samples in batches of so many are taken as products.
  /// Narrower networks are better written out, a batch at a time.
  static bool exists(const Network& network, const Loss& loss, Index batch);
  /// Throws ValueError if there is none for such batches.
  SparsePlan(const Network& network, const Loss& loss, Index batch, Arithmetic arithmetic = Arithmetic::automatic);
  ~SparsePlan();
  SparsePlan(SparsePlan&&) noexcept;
  SparsePlan& operator=(SparsePlan&&) noexcept;

  /// Writes the derivative of the batch's loss by every parameter; as GradientPlan does.
  Tally operator()(std::span<const T> theta, const SparseRows<T>& x, const Targets<T>& targets,
                   std::span<const Index> rows, std::span<T> gradient, bool record = true, Hit hit = Hit::none);
  /// Loss and hits of any number of samples, of the network in use.
  Tally score(std::span<const T> theta, const SparseRows<T>& x, const Targets<T>& targets, Hit hit = Hit::none);

  /// Gradient, penalty and step in one: plain descent moves the rows of the first layer's weights that the batch has
  /// columns for, and all other methods that sweep (Updater::sweeps) go over all weights once. Nothing, and nothing was
  /// done, if a number may turn out not to be finite: to find out is the ordinary way's.
  std::optional<UpdateMade<T>> update(std::span<T> theta, const SparseRows<T>& x, const Targets<T>& targets,
                                      std::span<const Index> rows, Updater<T>& updater, bool record = true,
                                      Hit hit = Hit::none);
  /// Whether the updates of this method can be made so.
  static bool updates(const Updater<T>& updater) { return updater.is_plain_descent() || updater.sweeps(); }

  /// Of dropout, as GradientPlan's.
  void set_masks(std::uint64_t seed, std::uint64_t update);
  /// Bytes of scratch memory.
  std::size_t memory() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

extern template class SparsePlan<float>;
extern template class SparsePlan<double>;

/// Writes the network's outputs for sparse samples, one a row: to the bits of `predict` for more than three dense ones,
/// however many there are. Throws ShapeError, or ValueError if a column is out of range.
template <class T>
void predict(const Network& network, std::span<const T> theta, const SparseRows<T>& x, MatrixView<T> y,
             Arithmetic arithmetic = Arithmetic::automatic);

extern template void predict(const Network&, std::span<const float>, const SparseRows<float>&, MatrixView<float>,
                             Arithmetic);
extern template void predict(const Network&, std::span<const double>, const SparseRows<double>&, MatrixView<double>,
                             Arithmetic);

}  // namespace gradus::engine
