// SPDX-License-Identifier: MIT
#include "gradus/engine/bank.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "engine/arithmetic_scope.hpp"
#include "engine/plans/bank/bank_kernel.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/engine/buffer.hpp"

namespace gradus::engine {
namespace {

constexpr std::size_t size(Index n) { return static_cast<std::size_t>(n); }

/// Why there is no kernel for what a network is described as; dropout is no reason.
std::optional<std::string> why_no_kernel(const std::optional<Description>& net) {
  if (!net) return "it takes dense layers, dropout before them, and activations";
  if (static_cast<Index>(net->stages.size()) > kMaxStages)
    return "it takes at most " + std::to_string(kMaxStages) + " layers";
  for (const Stage& s : net->stages)
    if (!is_simple(s.function) && s.function != Function::softmax)
      return "of activations it knows step, sigmoid, tanh and relu, softmax at the end";
  if (net->head == Head::defined) return "the loss does not fit the last layer as one of its kernels does";
  return std::nullopt;
}

}  // namespace

/// `width` networks, or as many of their kind as are left, and what is theirs.
template <class T>
struct Block {
  Index lanes = 0;
  Buffer<T> theta, gradient;
  std::array<Buffer<T>, 2> slots;
  Buffer<std::int32_t> rows;   // where each lane's samples begin, lane after lane; in shuffled order
  Buffer<std::int32_t> order;  // the same for the epoch under way, sample after sample
  std::array<RandomState, bank_width<T>> random;
  std::array<double, bank_width<T>> rates{};
  std::array<std::uint64_t, bank_width<T>> seeds{};
  std::array<double, bank_width<T>> l2{};
  std::array<double, bank_width<T>> losses{};  // of the last epoch
  std::array<double, bank_width<T>> penalties{};
  std::array<bool, bank_width<T>> dropped{};

  std::size_t bytes() const {
    return (theta.size() + gradient.size() + slots[0].size() + slots[1].size()) * sizeof(T) +
           (order.size() + rows.size()) * sizeof(std::int32_t) + sizeof(*this);
  }
};

template <class T>
struct Bank<T>::State {
  Description net;
  BankOptions options;
  Index lanes = 0;
  Index samples = 0;  // a lane
  Index stride = 0;
  Index total = 0;     // samples in the table
  bool alike = false;  // whether all lanes see all samples in their order
  Buffer<T> table;     // a sample is its inputs, then its targets
  mutable Buffer<T> work;
  std::vector<Block<T>> blocks;
  std::vector<std::size_t> places;  // of lanes: width times their block, and where in it they lie
  Index updates = 0;                // made

  Index batch() const { return options.batch == 0 ? samples : options.batch; }
  Index updates_per_epoch() const { return (samples + batch() - 1) / batch(); }
  /// Plain descent on single samples needs no gradient of its own, unless there are masks or penalties.
  bool online(bool shrinks) const {
    const auto* sgd = std::get_if<Sgd>(&options.method);
    const bool masked =
        std::any_of(net.stages.begin(), net.stages.end(), [](const Stage& s) { return s.mask.rate > 0; });
    return sgd && sgd->momentum == 0 && batch() == 1 && !masked && !shrinks;
  }
  std::size_t slots() const {
    return std::visit([](const auto& m) { return m.slot_count(); }, options.method);
  }
  /// Throws ValueError if there is no such lane.
  std::size_t place_of(Index lane) const {
    if (lane < 0 || lane >= lanes)
      throw ValueError("[bank] expected a lane from 0 to " + std::to_string(lanes - 1) + ", got " +
                       std::to_string(lane));
    return places[size(lane)];
  }
  const Block<T>& block_of(Index lane) const { return blocks[place_of(lane) / size(width)]; }
  std::size_t slot_of(Index lane) const { return place_of(lane) % size(width); }

  std::int32_t place(Index row) const { return static_cast<std::int32_t>(row * stride); }
  void copy_samples(ConstMatrixView<T> x, ConstMatrixView<T> targets);
  void add_lanes(std::span<const BankLane<T>> given, bool masks);
  void add_block(std::span<const BankLane<T>> given, bool masks, bool shrinks);
  void start_epoch(Block<T>& block) const;
  void run(Block<T>& block, Index made, Index count) const;
};

template <class T>
void Bank<T>::State::copy_samples(ConstMatrixView<T> x, ConstMatrixView<T> targets) {
  total = x.rows();
  stride = x.cols() + targets.cols();
  if (total > std::numeric_limits<std::int32_t>::max() / stride)
    throw ValueError("[bank] expected fewer than 2^31 numbers in the samples, got " + std::to_string(total) + " x " +
                     std::to_string(stride));
  table.resize(size(total * stride));
  for (Index i = 0; i < total; ++i) {
    const auto end = std::copy(x.row(i).begin(), x.row(i).end(), table.begin() + i * stride);
    std::copy(targets.row(i).begin(), targets.row(i).end(), end);
  }
}

/// Where lanes without penalties go online, those with them have blocks of their own: what one does is not to depend on
/// another.
template <class T>
void Bank<T>::State::add_lanes(std::span<const BankLane<T>> given, bool masks) {
  places.resize(given.size());
  for (const bool shrinks : {false, true}) {
    std::vector<BankLane<T>> kind;
    const std::size_t first = blocks.size() * size(width);
    for (std::size_t k = 0; k < given.size(); ++k)
      if ((online(false) && given[k].l2 != 0) == shrinks) {
        places[k] = first + kind.size();
        kind.push_back(given[k]);
      }
    for (std::size_t k = 0; k < kind.size(); k += size(width))
      add_block(std::span(kind).subspan(k, std::min(size(width), kind.size() - k)), masks, shrinks);
  }
}

template <class T>
void Bank<T>::State::add_block(std::span<const BankLane<T>> given, bool masks, bool shrinks) {
  constexpr Index n = bank_width<T>;
  const Index parameters = net.parameters;
  Block<T>& block = blocks.emplace_back();
  block.lanes = static_cast<Index>(given.size());
  block.theta.resize(size(parameters * n));
  if (!online(shrinks)) block.gradient.resize(size(parameters * n * bank_gradients<T>(batch())));
  for (std::size_t k = 0; k < slots(); ++k) block.slots[k].resize(size(parameters * n));
  block.rows.resize(size(samples * n));
  block.order.resize(size(samples * n));
  for (std::size_t k = 0; k < given.size(); ++k) {
    const BankLane<T>& lane = given[k];
    check_length("bank", "theta", static_cast<Index>(lane.theta.size()), parameters);
    if (!(lane.learning_rate >= 0) || !std::isfinite(lane.learning_rate) || !(lane.l2 >= 0) || !std::isfinite(lane.l2))
      throw ValueError("[bank] expected a finite learning rate and l2 >= 0, got " + std::to_string(lane.learning_rate) +
                       " and " + std::to_string(lane.l2));
    for (Index p = 0; p < parameters; ++p) block.theta[size(p * n) + k] = lane.theta[size(p)];
    for (Index s = 0; s < samples; ++s) {
      const Index row = lane.rows.empty() ? s : lane.rows[size(s)];
      if (row < 0 || row >= total)
        throw ValueError("[bank] expected rows from 0 to " + std::to_string(total - 1) + ", got " +
                         std::to_string(row));
      block.rows[k * size(samples) + size(s)] = place(row);
    }
    block.rates[k] = lane.learning_rate;
    block.l2[k] = lane.l2;
    block.random[k] = lane.random;
    if (masks) block.seeds[k] = block.random[k].interval(0xffffffff);
  }
}

/// Shuffles compound from epoch to epoch, as those of `fit`.
template <class T>
void Bank<T>::State::start_epoch(Block<T>& block) const {
  block.losses.fill(0);
  block.penalties.fill(0);
  const auto rows = [&](std::size_t k) { return std::span(block.rows).subspan(k * size(samples), size(samples)); };
  const auto lane_count = size(block.lanes);
  std::int32_t* order = block.order.data();
  if (options.draws) {
    for (std::size_t k = 0; k < lane_count; ++k)
      for (std::size_t s = 0; s < size(samples); ++s)
        order[s * width + k] = rows(k)[static_cast<std::size_t>(block.random[k].interval(size(samples) - 1))];
    return;
  }
  if (options.batch > 0)
    for (std::size_t k = 0; k < lane_count; ++k) block.random[k].shuffle(rows(k));
  // Square by square: in one sweep a lane, every number written would fetch another cache line.
  for (std::size_t first = 0; first < size(samples); first += width)
    for (std::size_t k = 0; k < lane_count; ++k)
      for (std::size_t s = first; s < std::min(first + width, size(samples)); ++s) order[s * width + k] = rows(k)[s];
}

/// Update number `made` and the `count` - 1 after it, all of one pass.
template <class T>
void Bank<T>::State::run(Block<T>& block, Index made, Index count) const {
  const Index first = made % updates_per_epoch() * batch();
  run_bank(BankPass<T>{.net = &net,
                       .lanes = block.lanes,
                       .theta = block.theta.data(),
                       .gradient = block.gradient.empty() ? nullptr : block.gradient.data(),
                       .slots = {block.slots[0].data(), block.slots[1].data()},
                       .work = work.data(),
                       .samples = table.data(),
                       .order = block.order.data() + first * bank_width<T>,
                       .alike = alike,
                       .count = std::min(count * batch(), samples - first),
                       .batch = batch(),
                       .steps = made,
                       .rates = block.rates.data(),
                       .l2 = block.l2.data(),
                       .seeds = block.seeds.data(),
                       .loss = options.loss,
                       .method = options.method,
                       .per_sample = options.per_sample,
                       .losses = options.record ? block.losses.data() : nullptr,
                       .penalties = block.penalties.data()});
}

template <class T>
std::optional<std::string> Bank<T>::why_not(const Network& network, const LossFunction& loss,
                                            const OptimizerMethod& method) {
  if (!std::holds_alternative<Sgd>(method) && !std::holds_alternative<Adam>(method)) return "it steps by sgd or adam";
  return why_no_kernel(describe(network, loss));
}

template <class T>
Bank<T>::Bank(const Network& network, ConstMatrixView<T> x, ConstMatrixView<T> targets, const BankOptions& options,
              std::span<const BankLane<T>> lanes)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  if (const std::optional<std::string> reason = why_not(network, options.loss.function, options.method))
    throw ValueError("[bank] expected dense layers whose last one fits the loss, and sgd or adam, got " +
                     to_text(network) + " with " + std::string(name(options.method)) + ": " + *reason);
  std::visit([](const auto& m) { m.check(); }, options.method);
  if (options.batch < 0) throw ValueError("[bank] expected a batch >= 0, got " + std::to_string(options.batch));
  if (lanes.empty()) throw ValueError("[bank] expected at least one lane, got none");
  s.net = *describe(network, options.loss.function);
  s.options = options;
  s.options.arithmetic = resolved(options.arithmetic);
  s.lanes = static_cast<Index>(lanes.size());
  check_cols("bank", "x", x, s.net.inputs());
  check_cols("bank", "targets", targets, s.net.outputs());
  check_rows("bank", "targets", targets, x.rows());
  const auto samples_of = [&](const BankLane<T>& lane) {
    return lane.rows.empty() ? x.rows() : static_cast<Index>(lane.rows.size());
  };
  s.samples = samples_of(lanes.front());
  if (s.samples == 0) throw ValueError("[bank] expected at least one sample, got none");
  for (const BankLane<T>& lane : lanes) check_length("bank", "rows", samples_of(lane), s.samples);
  s.alike = options.batch == 0 && !options.draws &&
            std::all_of(lanes.begin(), lanes.end(), [](const BankLane<T>& lane) { return lane.rows.empty(); });
  s.copy_samples(x, targets);
  s.work.resize(size(bank_work<T>(s.net)));
  s.add_lanes(lanes, network.uses_masks());
}
template <class T>
Bank<T>::~Bank() = default;
template <class T>
Bank<T>::Bank(Bank&&) noexcept = default;
template <class T>
Bank<T>& Bank<T>::operator=(Bank&&) noexcept = default;

template <class T>
Index Bank<T>::parameters() const {
  return state_->net.parameters;
}

template <class T>
Index Bank<T>::lanes() const {
  return state_->lanes;
}

template <class T>
Index Bank<T>::updates_per_epoch() const {
  return state_->updates_per_epoch();
}

template <class T>
void Bank<T>::train(Index updates) {
  State& s = *state_;
  const TrainingScope scope(s.options.arithmetic);
  const Index end = s.updates + std::max<Index>(updates, 0);
  const Index epoch = s.updates_per_epoch();
  for (Block<T>& block : s.blocks) {
    if (std::all_of(block.dropped.begin(), block.dropped.begin() + block.lanes, [](bool is) { return is; })) continue;
    for (Index made = s.updates; made < end;) {
      if (made % epoch == 0) s.start_epoch(block);
      const Index count = std::min(end - made, epoch - made % epoch);
      s.run(block, made, count);
      made += count;
    }
  }
  s.updates = end;
}

template <class T>
void Bank<T>::drop(Index lane) {
  const std::size_t place = state_->place_of(lane);
  state_->blocks[place / size(width)].dropped[place % size(width)] = true;
}

template <class T>
void Bank<T>::parameters(Index lane, std::span<T> theta) const {
  const State& s = *state_;
  check_length("bank", "theta", static_cast<Index>(theta.size()), s.net.parameters);
  const T* from = s.block_of(lane).theta.data() + s.slot_of(lane);
  for (std::size_t p = 0; p < theta.size(); ++p) theta[p] = from[p * size(width)];
}

template <class T>
OptimizerState<T> Bank<T>::optimizer_state(Index lane) const {
  const State& s = *state_;
  const Block<T>& block = s.block_of(lane);
  OptimizerState<T> state;
  state.steps = s.updates;
  for (std::size_t k = 0; k < s.slots(); ++k) {
    std::vector<T>& slot = state.slots.emplace_back(size(s.net.parameters));
    for (std::size_t p = 0; p < slot.size(); ++p) slot[p] = block.slots[k][p * size(width) + s.slot_of(lane)];
  }
  return state;
}

template <class T>
const RandomState& Bank<T>::random(Index lane) const {
  return state_->block_of(lane).random[state_->slot_of(lane)];
}

template <class T>
Tally Bank<T>::tally(Index lane) const {
  const State& s = *state_;
  const Block<T>& block = s.block_of(lane);
  if (!s.options.record || s.updates == 0) return {};
  const Index made = (s.updates - 1) % s.updates_per_epoch() + 1;
  const Index seen = std::min(made * s.batch(), s.samples);
  const double penalty = block.penalties[s.slot_of(lane)];
  return RunSums{.loss = block.losses[s.slot_of(lane)] + penalty, .penalty = penalty, .samples = seen}.mean();
}

template <class T>
bool Bank<T>::is_finite(Index lane) const {
  std::vector<T> theta(size(state_->net.parameters));
  parameters(lane, theta);
  return std::all_of(theta.begin(), theta.end(), [](T value) { return std::isfinite(value); });
}

template <class T>
std::vector<Tally> Bank<T>::score(std::span<const std::span<const Index>> rows, Hit hit) const {
  const State& s = *state_;
  const TrainingScope scope(s.options.arithmetic);
  check_length("bank", "rows", static_cast<Index>(rows.size()), s.lanes);
  const Index count = static_cast<Index>(rows.front().size());
  const double scale = scale_of(s.options.loss, s.net.outputs(), static_cast<double>(count));
  Buffer<std::int32_t> order(size(count * width));
  std::vector<Tally> tallies(rows.size());
  std::vector<std::size_t> lane_at(s.blocks.size() * size(width));
  for (std::size_t lane = 0; lane < rows.size(); ++lane) lane_at[s.places[lane]] = lane;
  for (std::size_t b = 0; b < s.blocks.size(); ++b) {
    const Block<T>& block = s.blocks[b];
    const std::size_t* lane_of = lane_at.data() + b * size(width);
    for (std::size_t k = 0; k < size(block.lanes); ++k) {
      const std::span<const Index> own = rows[lane_of[k]];
      check_length("bank", "rows", static_cast<Index>(own.size()), count);
      for (std::size_t i = 0; i < own.size(); ++i) {
        if (own[i] < 0 || own[i] >= s.total)
          throw ValueError("[bank] expected rows from 0 to " + std::to_string(s.total - 1) + ", got " +
                           std::to_string(own[i]));
        order[i * size(width) + k] = s.place(own[i]);
      }
    }
    std::array<double, size(width)> losses{};
    std::array<double, size(width)> hits{};
    run_bank_score(BankScore<T>{.net = &s.net,
                                .lanes = block.lanes,
                                .theta = block.theta.data(),
                                .work = s.work.data(),
                                .samples = s.table.data(),
                                .order = order.data(),
                                .count = count,
                                .hit = hit,
                                .losses = losses.data(),
                                .hits = hits.data()});
    for (std::size_t k = 0; k < size(block.lanes); ++k)
      tallies[lane_of[k]] = {scale * losses[k], static_cast<Index>(hits[k]), count};
  }
  return tallies;
}

template <class T>
std::size_t Bank<T>::memory() const {
  const State& s = *state_;
  std::size_t bytes = (s.table.size() + s.work.size()) * sizeof(T);
  for (const Block<T>& block : s.blocks) bytes += block.bytes();
  return bytes;
}

template class Bank<float>;
template class Bank<double>;

}  // namespace gradus::engine
