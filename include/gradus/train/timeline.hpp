// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "gradus/train/training.hpp"

namespace gradus {

/// Which of the states of a training, kept after these updates (in order), are to stay: the first, the last, and of
/// those between so many that one which lies n updates back has a neighbour within n / 2. Of m evenly spaced ones some
/// 3.5 log2(m) stay, however often it is asked.
std::vector<Index> thinned(std::span<const Index> updates);

/// States of a training, from which it goes back to any of its updates, or on from there in another way:
///
///     Timeline<double> timeline;
///     do timeline.keep(training.state()); while (training.advance(100));
///     timeline.seek(training, 4711);      // the nearest state before, and on from there: to the same bits
///
/// The training must be over the same network, samples and options as those whose states are kept; what callbacks are
/// told while it makes its updates again is theirs to know.
template <std::floating_point T>
class Timeline {
 public:
  /// In any order; of two after one update the later stays. Older ones are thinned out.
  void keep(TrainingState<T> state);
  /// After which updates a state is kept, in order.
  std::vector<Index> updates() const;
  /// The last state kept after at most so many updates; null if there is none.
  const TrainingState<T>* before(Index update) const;
  /// Takes the training to where it was after so many updates. Throws ValueError if nothing is kept before, or the
  /// training ends earlier.
  void seek(Training<T>& training, Index update) const;
  /// Forgets what came after so many updates.
  void forget_after(Index update);

 private:
  std::vector<TrainingState<T>> states_;  // by updates
};

extern template class Timeline<float>;
extern template class Timeline<double>;

}  // namespace gradus
