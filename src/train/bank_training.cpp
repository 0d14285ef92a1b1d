// SPDX-License-Identifier: MIT
#include "gradus/train/bank_training.hpp"

#include <algorithm>

namespace gradus {

std::optional<std::string> why_no_bank(const Network& network, const FitOptions& options, bool weighted) {
  // Each option by its name: one that is added does not compile before it is said here what a bank makes of it.
  const auto& [loss, optimizer, batch, epochs, updates, min_change, order, given, record_every, test_every, hit,
               keep_gradients, schedule, regularisation, early_stopping, frozen, state, engine, arithmetic, threads,
               mask_seed] = options;
  const std::optional<OptimizerMethod> method = stepping_method(optimizer);
  if (!method) return std::string(name(optimizer)) + " finds its own steps";
  if (std::optional<std::string> reason = engine::Bank<double>::why_not(network, loss.function, *method)) return reason;
  Regularisation unknown = regularisation;
  unknown.l2 = 0;
  unknown.per_sample = false;
  if (unknown != Regularisation{}) return "of penalties and limits it knows l2 alone";
  if (weighted) return "samples have weights";
  if (engine != Engine::automatic) return "the definition is asked for";
  if (schedule != Schedule{}) return "the learning rate has a schedule";
  if (early_stopping != EarlyStopping{}) return "training may stop early";
  if (min_change >= 0) return "training stops once an update is small";
  if (order == Order::given || !given.empty()) return "the order of the samples is given";
  if (keep_gradients) return "gradients are kept";
  if (!frozen.empty()) return "layers are frozen";
  if (!state.empty()) return "running statistics are given";
  if (mask_seed) return "the masks of dropout are given";
  return std::nullopt;
}

template <class T>
BankTraining<T>::BankTraining(engine::Bank<T> bank, BankEnd end)
    : bank_(std::move(bank)), end_(std::move(end)), lanes_(static_cast<std::size_t>(bank_.lanes())) {
  if (end_.updates <= 0) this->end();
}

template <class T>
bool BankTraining<T>::advance(Index updates) {
  while (updates > 0 && !is_over()) {
    const Index epoch = bank_.updates_per_epoch();
    Index n = std::min(updates, end_.updates - updates_);
    if (end_.rule) n = std::min(n, epoch - updates_ % epoch);
    bank_.train(n);
    updates_ += n;
    updates -= n;
    if (end_.rule && updates_ % epoch == 0) look_at_epoch();
    if (updates_ == end_.updates) end();
  }
  return !is_over();
}

template <class T>
void BankTraining<T>::end() {
  for (Index k = 0; k < bank_.lanes(); ++k)
    if (!lane(k).has_ended) keep(k);
}

template <class T>
void BankTraining<T>::look_at_epoch() {
  for (Index k = 0; k < bank_.lanes(); ++k) {
    LaneOutcome<T>& lane = lanes_[static_cast<std::size_t>(k)];
    if (lane.has_ended) continue;
    const engine::Tally tally = bank_.tally(k);
    lane.losses.push_back(end_.loss ? end_.loss(tally) : tally.loss);
    lane.stall.look(*end_.rule, lane.losses.back());
    if (lane.stall.is_over(*end_.rule)) keep(k);
  }
}

template <class T>
void BankTraining<T>::keep(Index k) {
  LaneOutcome<T>& lane = lanes_[static_cast<std::size_t>(k)];
  lane.has_ended = true;
  lane.optimizer = bank_.optimizer_state(k);
  lane.random = bank_.random(k);
  lane.theta.resize(static_cast<std::size_t>(bank_.parameters()));
  bank_.parameters(k, lane.theta);
  bank_.drop(k);
  ++ended_;
}

template class BankTraining<float>;
template class BankTraining<double>;

}  // namespace gradus
