// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gradus/core/error.hpp"
#include "gradus/engine/tally.hpp"
#include "gradus/engine/update_made.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/optim/minimize.hpp"
#include "gradus/optim/regularisation.hpp"
#include "gradus/train/autopsy.hpp"
#include "gradus/train/samples.hpp"

namespace gradus {

template <std::floating_point T>
class Updater;

namespace engine {
class Workshop;
}

/// A pass over samples, as a training asks for it: they fit the network, and rows are rows of them.
template <std::floating_point T>
struct PassRequest {
  std::span<const T> theta;
  std::span<T> state;  ///< the network's running statistics, which a gradient changes
  Samples<T> set;
  std::span<const Index> rows{};  ///< of the set: the batch; none: all of it
  std::uint64_t mask_seed = 0;    ///< of dropout, whose masks depend on it and on the update
  std::uint64_t update = 0;
  bool record = true;  ///< whether loss and hits are wanted
};

/// What a training must know of a network beside its passes.
template <std::floating_point T>
struct NetworkFacts {
  Index parameters = 0;
  Index outputs = 1;
  std::vector<ParameterBlock> blocks;
  std::vector<T> state;  ///< running statistics at first
  bool uses_masks = false;
  std::vector<ParameterBlock> state_blocks{};  ///< what of `state` belongs to which layer
};

template <std::floating_point T, class L>
NetworkFacts<T> facts_of(const BasicNetwork<L>& network) {
  return {network.parameter_count(),           network.outputs(),    network.parameter_blocks(),
          network.template initial_state<T>(), network.uses_masks(), network.state_blocks()};
}

/// Sums of online updates: of the samples' losses as the kernel adds them up, and of hits.
struct OnlineSums {
  double loss = 0;
  Index hits = 0;

  bool operator==(const OnlineSums&) const = default;
};

/// Who computes what a training needs of a network and its loss: the definition, whatever the layers are
/// (train/definition_passes.hpp), the engine, or whoever stands before one of them to share the samples among machines.
/// All that a pass depends on is in its request; here is nothing but scratch memory. Not to be shared by threads.
template <std::floating_point T>
class Passes {
 public:
  explicit Passes(NetworkFacts<T> facts) : facts_(std::move(facts)) {}
  virtual ~Passes() = default;

  const NetworkFacts<T>& facts() const { return facts_; }

  /// Writes the derivative of the batch's loss by every parameter, of the network in training.
  virtual engine::Tally gradient(const PassRequest<T>& request, std::span<T> gradient) = 0;
  /// Loss and hits of the whole set, of the network in use.
  virtual engine::Tally score(const PassRequest<T>& request) = 0;

  /// Who has the last word on a number that is not finite, and knows where it came from.
  virtual Passes& definition() { return *this; }
  /// Where the pass that was made last went non-finite. What Passes of your own cannot tell is "the gradient".
  virtual Divergence find_divergence(const DivergedPass<T>& /*pass*/) { return {.where = "the gradient"}; }
  /// The residuals whose squares add up to the squared error of a batch and its l2 penalty, for Levenberg and
  /// Marquardt; valid while request and passes are.
  virtual Residuals<T> residuals(const PassRequest<T>& /*request*/, const Regularisation& /*regularisation*/) {
    throw ValueError("[fit] expected passes that know residuals, for lm");
  }

  /// Whether runs of plain descent on single samples can be made at once, by `online`.
  virtual bool goes_online() const { return false; }
  /// theta <- theta - rate * gradient for each row in turn, or for each sample if there are no rows; adds to the sums.
  /// Their loss as Loss reduces it is `online_loss`.
  virtual void online(std::span<T> /*theta*/, const Samples<T>& /*set*/, std::span<const Index> /*rows*/,
                      double /*rate*/, bool /*record*/, OnlineSums& /*sums*/) {}
  virtual double online_loss(const OnlineSums& /*sums*/, Index /*samples*/) const { return 0; }

  /// Whether updates by this method can be made whole, by `update`.
  virtual bool makes_updates(const Updater<T>& /*updater*/) const { return false; }
  /// Gradient, penalty and step in one, to the bits of one after the other. Nothing, and nothing was done, if a number
  /// may turn out not to be finite.
  virtual std::optional<engine::UpdateMade<T>> update(const PassRequest<T>& /*request*/, std::span<T> /*theta*/,
                                                      Updater<T>& /*updater*/) {
    return std::nullopt;
  }

  /// Threads that the step after a gradient may use; none: it is made by one.
  virtual engine::Workshop* workshop() { return nullptr; }
  /// Whether numbers too small for a full mantissa count as 0 in these passes. If so, and if nobody is called back in
  /// between, a training sets the processor to that for many updates at once.
  virtual bool flushes_denormals() const { return false; }

 private:
  NetworkFacts<T> facts_;
};

}  // namespace gradus
