// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>

#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"

/// Training at the machine's limit. A plan is chosen once for (network, loss, rule, batch, precision); afterwards
/// nothing is allocated. Results agree with the definition (nn/pass.hpp) to rounding, and repeat to the last bit on
/// machines with the same instruction set.
namespace gradus::engine {

/// What a SIMD lane holds.
enum class PlanKind {
  automatic,
  online,    ///< units of a layer; batches of 1, plain descent
  batch,     ///< samples of the batch
  products,  ///< tiles of matrix products; large networks
};

/// How parameters follow the gradient g.
struct Rule {
  enum class Kind {
    descent,  ///< v <- momentum v - rate g; theta <- theta + v, with nesterov theta + momentum v - rate g
    adam,     ///< Kingma and Ba (2015), as in scikit-learn: epsilon stands outside the bias correction
  };
  Kind kind = Kind::descent;
  double learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

/// What counts as a hit: the largest output is the largest target; every output is on its target's side of 1/2.
enum class Match : unsigned char { none, largest, sides };

/// Of the samples seen, before the steps they caused. Zero unless asked for.
struct Tally {
  double loss = 0;  ///< sum over samples, not yet divided by anything
  Index hits = 0;
  Index samples = 0;
};

/// The gradient of a batch, faster than nn/pass.hpp. Not to be shared by threads: it owns the scratch memory of a
/// batch.
template <class T>
class GradientPlan {
 public:
  /// Whether (network, loss) has a plan: dense layers, each with an elementwise activation or none, a last layer that
  /// the loss fits, at most 16 stages.
  static bool exists(const Network& network, const LossFunction& loss);

  /// Throws ValueError if there is none. `batch`: the most samples a call will bring.
  GradientPlan(const Network& network, const Loss& loss, Index batch, PlanKind kind = PlanKind::automatic,
               int threads = 1);
  ~GradientPlan();
  GradientPlan(GradientPlan&&) noexcept;
  GradientPlan& operator=(GradientPlan&&) noexcept;

  /// Writes the derivative of the batch's loss by every parameter. The batch is rows `rows` of x (samples, inputs) and
  /// targets (samples, outputs), or all rows if `rows` is empty. Throws ShapeError if something does not fit.
  Tally operator()(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> targets,
                   std::span<const Index> rows, std::span<T> gradient, bool record = true, Match match = Match::none);
  PlanKind kind() const;
  /// Bytes of scratch memory.
  std::size_t memory() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

extern template class GradientPlan<float>;
extern template class GradientPlan<double>;

struct TrainerOptions {
  Loss loss = {};
  Rule rule = {};
  Index batch = 32;     ///< samples an update; the last of an epoch may be smaller
  bool record = false;  ///< whether epochs sum up loss and hits
  Match match = Match::none;
  PlanKind plan = PlanKind::automatic;
  int threads = 1;  ///< at most; used only where they pay
};

/// A network at training: parameters, optimizer and plan in one place.
template <class T>
class Trainer {
 public:
  /// Throws ValueError if there is no plan (GradientPlan::exists) or an option is out of range, ShapeError if theta
  /// does not fit.
  Trainer(const Network& network, const TrainerOptions& options, std::span<const T> theta);
  ~Trainer();
  Trainer(Trainer&&) noexcept;
  Trainer& operator=(Trainer&&) noexcept;

  /// Updates on the samples `order`, batch after batch; all samples in turn if it is empty. Allocates nothing.
  Tally epoch(ConstMatrixView<T> x, ConstMatrixView<T> targets, std::span<const Index> order = {});

  /// The parameters, in the network's order.
  void parameters(std::span<T> theta) const;
  void set_parameters(std::span<const T> theta);
  PlanKind kind() const;
  /// Bytes held: parameters, optimizer slots, one gradient, scratch.
  std::size_t memory() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

extern template class Trainer<float>;
extern template class Trainer<double>;

}  // namespace gradus::engine
