// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "gradus/engine/arithmetic.hpp"
#include "gradus/engine/tally.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/optim/optimizer.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus::engine {

struct BankOptions {
  Loss loss = {};
  OptimizerMethod method = Sgd{};  ///< Sgd or Adam; in place of its learning rate stands that of each lane
  Index batch = 1;                 ///< samples an update, the last of an epoch may be smaller; 0: all, in their order
  bool draws = false;              ///< samples are drawn with replacement; else each epoch shuffles them anew
  bool per_sample = false;         ///< l2 is divided by the samples of the batch, as by Regularisation::per_sample
  bool record = false;             ///< for `tally`
  Arithmetic arithmetic = Arithmetic::automatic;
};

/// One network of a bank, before training.
template <class T>
struct BankLane {
  std::span<const T> theta;  ///< first parameters
  RandomState random{};      ///< of dropout's masks and of the order of samples, drawn as `fit` draws them
  double learning_rate = 0.01;
  double l2 = 0;                  ///< as Regularisation::l2
  std::span<const Index> rows{};  ///< the samples to learn from, equally many for each lane; empty: all
};

/// Networks of one shape, trained together: a SIMD lane each. What a lane does depends on nothing but itself, so that
/// its bits are the same in any bank, at any place: those of `fit` by the online or the batch plan. A number that goes
/// non-finite spoils its own lane only.
///
/// Parameters of `width` lanes lie together, one cache line for each parameter. Not to be shared by threads: give each
/// thread banks of its own.
template <class T>
class Bank {
 public:
  /// Lanes trained at once; a bank of a multiple of them leaves none idle.
  static constexpr Index width = 64 / static_cast<Index>(sizeof(T));

  /// Why there is no plan, in words that go on from "no bank: "; nothing if there is one. It takes dense layers, each
  /// with step, sigmoid, tanh, ReLU or nothing, a last layer that the loss fits (softmax or sigmoid with cross-entropy,
  /// step with the perceptron's, any but softmax with mse), at most 16 of them; dropout before a dense layer; plain
  /// descent, momentum or Adam.
  static std::optional<std::string> why_not(const Network& network, const LossFunction& loss,
                                            const OptimizerMethod& method);

  /// Copies the samples. Throws ValueError if there is no plan, a number is out of range or there are no lanes or
  /// samples, ShapeError if something does not fit.
  Bank(const Network& network, ConstMatrixView<T> x, ConstMatrixView<T> targets, const BankOptions& options,
       std::span<const BankLane<T>> lanes);
  ~Bank();
  Bank(Bank&&) noexcept;
  Bank& operator=(Bank&&) noexcept;

  Index lanes() const;
  /// Of each.
  Index parameters() const;
  /// Updates in one epoch.
  Index updates_per_epoch() const;
  /// So many updates more of every lane. Allocates nothing.
  void train(Index updates);

  /// No more of the lane is wanted: where that holds for all that share its instructions, they are trained no more.
  void drop(Index lane);

  void parameters(Index lane, std::span<T> theta) const;
  /// What the optimizer remembers of the lane.
  OptimizerState<T> optimizer_state(Index lane) const;
  /// The lane's stream, as far as it has been drawn from.
  const RandomState& random(Index lane) const;
  /// The means of RunSums over the updates made of the epoch under way or, between two, of the last. Zero unless
  /// recorded.
  Tally tally(Index lane) const;
  /// Whether every parameter of the lane is a finite number; one that went non-finite stays so.
  bool is_finite(Index lane) const;
  /// Loss and hits of each lane on samples of its own: `rows[lane]`, equally many for each, none of them dropped out.
  std::vector<Tally> score(std::span<const std::span<const Index>> rows, Hit hit) const;
  /// Bytes held: samples, parameters, optimizer slots, orders, scratch.
  std::size_t memory() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

extern template class Bank<float>;
extern template class Bank<double>;

}  // namespace gradus::engine
