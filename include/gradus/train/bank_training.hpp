// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gradus/engine/bank.hpp"
#include "gradus/optim/stall.hpp"
#include "gradus/train/fit.hpp"

namespace gradus {

/// Why a bank cannot make of many networks what `fit` makes of each by itself, as the end of "no bank: ..."; nothing if
/// it can. All is known but what is looked at along the way: a bank has no history. `weighted`: whether samples have
/// weights.
std::optional<std::string> why_no_bank(const Network& network, const FitOptions& options, bool weighted);

/// When the lanes of a bank end, each by itself.
struct BankEnd {
  Index updates = std::numeric_limits<Index>::max();  ///< a lane makes no more
  std::optional<StallRule> rule{};  ///< looks at each epoch, of a bank that records; none: all lanes make all updates
  /// What the rule looks at; none: the loss of the pass.
  std::function<double(const engine::Tally&)> loss{};
};

/// What became of a lane.
template <class T>
struct LaneOutcome {
  std::vector<double> losses;  ///< that the rule has looked at, an epoch each
  Stall stall;
  bool has_ended = false;
  std::vector<T> theta;  ///< these when it has ended
  OptimizerState<T> optimizer;
  RandomState random;
};

/// The loop over the updates of a bank: many networks at once, each of which ends by a rule of its own. A lane that has
/// ended is kept as it was then, and dropped.
template <class T>
class BankTraining {
 public:
  explicit BankTraining(engine::Bank<T> bank, BankEnd end = {});

  /// So many updates more, or fewer where all lanes end before. Whether any has not.
  bool advance(Index updates);
  bool is_over() const { return ended_ == static_cast<Index>(lanes_.size()); }
  /// All lanes that have not ended do so now.
  void end();

  /// Made.
  Index updates() const { return updates_; }
  const LaneOutcome<T>& lane(Index k) const { return lanes_.at(static_cast<std::size_t>(k)); }
  const engine::Bank<T>& bank() const { return bank_; }

 private:
  void look_at_epoch();
  void keep(Index k);

  engine::Bank<T> bank_;
  BankEnd end_;
  std::vector<LaneOutcome<T>> lanes_;
  Index updates_ = 0;
  Index ended_ = 0;
};

extern template class BankTraining<float>;
extern template class BankTraining<double>;

}  // namespace gradus
