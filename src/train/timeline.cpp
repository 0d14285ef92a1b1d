// SPDX-License-Identifier: MIT
#include "gradus/train/timeline.hpp"

#include <algorithm>
#include <string>

#include "gradus/core/error.hpp"

namespace gradus {
namespace {

template <std::floating_point T>
Index made(const TrainingState<T>& state) {
  return state.position.updates;
}

}  // namespace

std::vector<Index> thinned(std::span<const Index> updates) {
  std::vector<Index> kept;
  for (std::size_t k = 0; k < updates.size(); ++k) {
    const bool between = k > 0 && k + 1 < updates.size();
    if (between && updates[k + 1] - kept.back() <= (updates.back() - updates[k + 1]) / 2) continue;
    kept.push_back(updates[k]);
  }
  return kept;
}

template <std::floating_point T>
void Timeline<T>::keep(TrainingState<T> state) {
  const auto at = std::lower_bound(states_.begin(), states_.end(), made(state),
                                   [](const auto& kept, Index update) { return made(kept) < update; });
  if (at != states_.end() && made(*at) == made(state)) {
    *at = std::move(state);
    return;
  }
  states_.insert(at, std::move(state));
  const std::vector<Index> stay = thinned(updates());
  std::erase_if(states_, [&](const auto& kept) { return !std::binary_search(stay.begin(), stay.end(), made(kept)); });
}

template <std::floating_point T>
std::vector<Index> Timeline<T>::updates() const {
  std::vector<Index> all;
  for (const TrainingState<T>& state : states_) all.push_back(made(state));
  return all;
}

template <std::floating_point T>
const TrainingState<T>* Timeline<T>::before(Index update) const {
  const auto after = std::upper_bound(states_.begin(), states_.end(), update,
                                      [](Index wanted, const auto& kept) { return wanted < made(kept); });
  return after == states_.begin() ? nullptr : &*std::prev(after);
}

template <std::floating_point T>
void Timeline<T>::seek(Training<T>& training, Index update) const {
  const TrainingState<T>* from = before(update);
  if (!from)
    throw ValueError("[timeline] expected an update from " +
                     (states_.empty() ? "a state that is kept on" : std::to_string(made(states_.front())) + " on") +
                     ", got " + std::to_string(update));
  training.set_state(*from);
  training.advance(update - made(*from));
  if (training.updates() < update)
    throw ValueError("[timeline] expected at most update " + std::to_string(training.updates()) +
                     ", where the training ends, got " + std::to_string(update));
}

template <std::floating_point T>
void Timeline<T>::forget_after(Index update) {
  std::erase_if(states_, [&](const auto& kept) { return made(kept) > update; });
}

template class Timeline<float>;
template class Timeline<double>;

}  // namespace gradus
