// SPDX-License-Identifier: MIT
#include "lab/sweep/chunk.hpp"

#include <algorithm>
#include <map>

#include "gradus/nn/initializer.hpp"
#include "gradus/train/bank_training.hpp"

namespace gradus::sweep_detail {
namespace {

using engine::Bank;

/// Parameters up to which a bank was seen to be faster than the plans for single networks: those read a weight once for
/// all samples of a batch, a bank once for each or, of a batch, for four. From 32 x 32 weights in a layer on a single
/// run that needs a gradient may take products, which add up in another order: a row of the table would be another run
/// than its model.
constexpr Index kMostOnline = 4096;
constexpr Index kMostInSmallBatches = 32 * 32 - 1;
constexpr Index kMostInBatches = 512;
constexpr double kMostTableNumbers = 1e8;  // the samples of a bank, once for each way to scale them

/// What runs of one bank have in common, as a hash.
std::string bank_of(Experiment e) {
  e.seed = 0;
  e.regularisation.l2 = e.regularisation.l2 > 0 ? 1 : 0;
  set_learning_rate(e.optimizer, 1);
  return run_hash(e);
}

Index training_samples(const Experiment& e, const ExperimentSource& source) {
  return static_cast<Index>(split_source(e, source).train.size());
}

// -------------------------------------------------------------------------------------------------- banks

/// Samples as the networks of a bank are given them. Where features are scaled, each seed, which has a training set of
/// its own, has a copy of its own.
template <class T>
class Table {
 public:
  Table(const ExperimentSource& source, Index outputs) : source_(source) {
    targets_ = network_targets(source.data, outputs);
    if (source.test.size() > 0) test_targets_ = network_targets(source.test, outputs);
  }

  /// Where the copy scaled so begins. Without a scaler there is one copy.
  Index add(const std::optional<Scaler>& scaler) {
    if (!scaler && rows_ > 0) return 0;
    const Index first = rows_;
    append(source_.data.x, targets_, scaler);
    if (source_.test.size() > 0) append(source_.test.x, test_targets_, scaler);
    return first;
  }
  Matrix<T> x() const { return {rows_, source_.data.features(), x_}; }
  Matrix<T> targets() const { return {rows_, targets_.cols(), t_}; }

 private:
  void append(const Matrix<double>& x, const Matrix<double>& targets, const std::optional<Scaler>& scaler) {
    const Matrix<double> scaled = scaler ? scaler->transform(x) : x;
    x_.insert(x_.end(), scaled.values().begin(), scaled.values().end());
    t_.insert(t_.end(), targets.values().begin(), targets.values().end());
    rows_ += x.rows();
  }

  const ExperimentSource& source_;
  Matrix<double> targets_;
  Matrix<double> test_targets_;
  std::vector<T> x_;
  std::vector<T> t_;
  Index rows_ = 0;
};

/// One run of a bank: its parameters, and its rows of the table.
template <class T>
struct Lane {
  std::vector<T> theta;
  RandomState random;
  Model model;
  std::vector<Index> train;
  std::vector<Index> test;
};

/// What runs with one seed and the same rows have in common: scaling and first parameters depend on nothing else.
template <class T>
Lane<T> make_lane(const Experiment& e, Split rows, const ExperimentSource& source, const Model& model,
                  Table<T>& table) {
  Lane<T> lane{{}, RandomState(e.seed), model, {}, {}};
  lane.theta = initial_parameters<T>(model.network, parse_initializer(e.init), lane.random);
  if (e.scale) lane.model.fit_scaler(*e.scale, take_rows(source.data.x, std::span<const Index>(rows.train)));
  if (source.test.size() > 0)
    for (Index i = 0; i < source.test.size(); ++i) rows.test.push_back(source.data.size() + i);
  const Index first = table.add(lane.model.scaler);
  for (std::vector<Index>* part : {&rows.train, &rows.test})
    for (Index& row : *part) row += first;
  lane.train = std::move(rows.train);
  lane.test = std::move(rows.test);
  return lane;
}

template <class T>
void score_lanes(const Bank<T>& bank, const std::vector<const Lane<T>*>& lanes, Hit hit,
                 std::vector<Trained>& trained) {
  const Model& model = trained.front().model;
  const auto score = [&](auto part, auto put) {
    std::vector<std::span<const Index>> rows;
    for (const Lane<T>* lane : lanes) rows.emplace_back(lane->*part);
    if (rows.front().empty()) return;
    const auto count = static_cast<Index>(rows.front().size());
    const double scale = Loss{model.loss.function}.scale(count, model.network.outputs()) /
                         model.loss.scale(count, model.network.outputs());
    const std::vector<engine::Tally> tallies = bank.score(rows, hit);
    for (std::size_t k = 0; k < trained.size(); ++k)
      put(trained[k].result, tallies[k].loss * scale,
          hit == Hit::none ? std::nullopt : std::optional(tallies[k].accuracy()));
  };
  score(&Lane<T>::train, [](RunResult& r, double loss, std::optional<double> accuracy) {
    r.train_loss = loss;
    r.train_accuracy = accuracy;
  });
  score(&Lane<T>::test, [](RunResult& r, double loss, std::optional<double> accuracy) {
    r.test_loss = loss;
    r.test_accuracy = accuracy;
  });
}

template <class T>
std::optional<std::vector<Trained>> train_bank_in(std::span<const BankRun> runs, const ExperimentSource& source,
                                                  bool scored, const GoOn& go_on, Index updates) {
  const Experiment& e = *runs.front().experiment;
  const Model model = untrained_model(e, source.data, source.test);
  Table<T> table(source, model.network.outputs());
  std::map<const Split*, Lane<T>> by_rows;
  std::vector<const Lane<T>*> lanes;
  std::vector<engine::BankLane<T>> bank_lanes;
  for (const BankRun& run : runs) {
    const Experiment& own = *run.experiment;
    const Split* rows = run.rows.get();
    if (!by_rows.contains(rows)) by_rows.emplace(rows, make_lane<T>(own, *rows, source, model, table));
    const Lane<T>& lane = by_rows.at(rows);
    lanes.push_back(&lane);
    bank_lanes.push_back({lane.theta, lane.random, *learning_rate(own.optimizer), own.regularisation.l2, lane.train});
  }
  Bank<T> untrained(model.network, table.x(), table.targets(),
                    {.loss = model.loss,
                     .method = *stepping_method(e.optimizer),
                     .batch = e.batch,
                     .draws = e.order == Order::draws,
                     .arithmetic = e.arithmetic},
                    bank_lanes);
  const Index total = updates >= 0 ? updates : updates_of(e, static_cast<Index>(lanes.front()->train.size()));
  const Index batch = e.batch == 0 ? static_cast<Index>(lanes.front()->train.size()) : e.batch;
  const Index slice = std::max<Index>(1, 2000000 / (model.network.parameter_count() * batch));  // some milliseconds
  BankTraining<T> training(std::move(untrained), {.updates = total});
  while (!training.is_over()) {
    if (!go_on(static_cast<double>(training.updates()) / static_cast<double>(total))) return std::nullopt;
    training.advance(slice);
  }
  const Bank<T>& bank = training.bank();
  std::vector<Trained> trained(runs.size());
  for (std::size_t k = 0; k < trained.size(); ++k) {
    const std::vector<T>& theta = training.lane(static_cast<Index>(k)).theta;
    trained[k].model = lanes[k]->model;
    trained[k].model.theta.assign(theta.begin(), theta.end());
  }
  if (scored) score_lanes(bank, lanes, hit_of(model.network, source.data).value_or(Hit::none), trained);
  for (std::size_t k = 0; k < trained.size(); ++k)
    if (!bank.is_finite(static_cast<Index>(k))) trained[k].result = {.diverged = true};
  return trained;
}

// -------------------------------------------------------------------------------------------------- single runs

std::optional<std::vector<Trained>> train_single(const Experiment& given, const ExperimentSource& source,
                                                 const GoOn& go_on, Index updates) {
  Experiment e = given;
  if (updates >= 0) e.updates = std::max<Index>(updates, 1);
  bool stopped = false;
  ExperimentResult result = run_experiment(e, source, [&](const Progress& progress) {
    stopped = !go_on(static_cast<double>(progress.update) / static_cast<double>(std::max<Index>(progress.updates, 1)));
    return stopped ? Signal::stop : Signal::go_on;
  });
  if (stopped) return std::nullopt;
  std::vector<Trained> trained(1);
  trained[0].model = std::move(result.model);
  RunResult& r = trained[0].result;
  if (result.fit.reason == StopReason::diverged) {
    r.diverged = true;
    return trained;
  }
  r.train_loss = result.train_scores.loss;
  r.train_accuracy = result.train_scores.accuracy;
  if (!result.test_scores) return trained;
  r.test_loss = result.test_scores->loss;
  r.test_accuracy = result.test_scores->accuracy;
  return trained;
}

}  // namespace

std::optional<std::string> why_no_bank(const Experiment& e, const Network& network, const Loss& loss) {
  // What `train_bank` makes of it, and what `fit_options` says to the bank; all else must be at its default.
  Experiment known;
  known.seed = e.seed;
  known.precision = e.precision;
  known.data = e.data;
  known.target = e.target;
  known.task = e.task;
  known.reading = e.reading;
  if (fills_gaps(e)) known.reading.missing = ReadingOptions::Missing::refuse;
  known.sample_weight = e.sample_weight;
  known.test = e.test;
  known.test_data = e.test_data;
  known.stratify = e.stratify;
  known.scale = e.scale;
  known.fingerprint = e.fingerprint;
  known.network = e.network;
  known.init = e.init;
  known.loss = e.loss;
  known.reduction = e.reduction;
  known.class_weight = e.class_weight;
  known.optimizer = e.optimizer;
  known.schedule = e.schedule;
  known.regularisation = e.regularisation;
  known.early_stopping = e.early_stopping;
  known.epochs = e.epochs;
  known.updates = e.updates;
  known.batch = e.batch;
  known.order = e.order;
  known.min_change = e.min_change;
  known.record_every = e.record_every;
  known.test_every = e.test_every;
  known.engine = e.engine;
  known.arithmetic = e.arithmetic;
  known.model = e.model;
  known.figures = e.figures;
  if (known != e) return "the experiment has a key that banks do not know";
  const bool weighted = !e.sample_weight.empty() || e.class_weight != ClassWeights{};
  if (std::optional<std::string> reason = gradus::why_no_bank(network, fit_options(e, loss), weighted)) return reason;
  const auto* sgd = std::get_if<Sgd>(&e.optimizer);
  const bool online = e.batch == 1 && sgd && sgd->momentum == 0 && e.regularisation.l2 == 0 && !network.uses_masks();
  const Index most = online ? kMostOnline : e.batch >= 1 && e.batch <= 4 ? kMostInSmallBatches : kMostInBatches;
  if (network.parameter_count() > most)
    return "of more than " + std::to_string(most) + " parameters, networks are trained sooner one by one";
  return std::nullopt;
}

Index updates_of(const Experiment& e, Index samples) {
  if (e.updates > 0) return e.updates;
  const bool full = e.batch == 0 || !stepping_method(e.optimizer);
  return e.epochs * (full ? 1 : (samples + e.batch - 1) / e.batch);
}

Index lanes_of_bank(const Experiment& e, const ExperimentSource& source) {
  const double numbers = static_cast<double>((source.data.size() + source.test.size()) * (source.data.x.cols() + 16));
  const Index width = e.precision == Precision::float32 ? Bank<float>::width : Bank<double>::width;
  return !e.scale ? width : std::clamp<Index>(static_cast<Index>(kMostTableNumbers / numbers), 1, width);
}

std::vector<Chunk> chunks_of(const SweepPlan& plan, const ExperimentSource& source,
                             const std::vector<std::size_t>& runs) {
  std::vector<Chunk> chunks;
  std::map<std::string, std::size_t> open;  // the last chunk of each bank's kind
  std::vector<std::string> kinds;           // by configuration; empty: trained singly, unset: not known yet
  std::vector<double> works(plan.configurations.size(), -1);
  kinds.resize(plan.configurations.size());
  for (const std::size_t run : runs) {
    const std::size_t c = plan.runs[run].configuration;
    const Experiment& e = plan.runs[run].experiment;
    if (works[c] < 0) {
      const Model model = untrained_model(e, source.data, source.test);
      const Index samples = training_samples(e, source);
      const Index batch = e.batch == 0 || !stepping_method(e.optimizer) ? samples : e.batch;
      works[c] = static_cast<double>(model.network.parameter_count() + 20) *  // 20: what an update costs beside
                 static_cast<double>(updates_of(e, samples)) * static_cast<double>(batch);
      if (!why_no_bank(e, model.network, model.loss)) kinds[c] = bank_of(e);
    }
    if (kinds[c].empty()) {
      chunks.push_back({{run}, false, 10 * works[c]});
      continue;
    }
    const Index lanes = lanes_of_bank(e, source);
    const auto at = open.find(kinds[c]);
    if (at == open.end() || static_cast<Index>(chunks[at->second].runs.size()) == lanes) {
      open[kinds[c]] = chunks.size();
      chunks.push_back({{}, true, works[c]});
    }
    chunks[open[kinds[c]]].runs.push_back(run);
  }
  std::stable_sort(chunks.begin(), chunks.end(), [](const Chunk& a, const Chunk& b) { return a.work > b.work; });
  return chunks;
}

std::optional<std::vector<Trained>> train_chunk(const SweepPlan& plan, const ExperimentSource& source,
                                                const Chunk& chunk, const GoOn& go_on, Index updates) {
  const Experiment& e = plan.runs[chunk.runs.front()].experiment;
  if (!chunk.bank) return train_single(e, source, go_on, updates);
  std::map<std::uint32_t, std::shared_ptr<const Split>> rows;  // depend on the seed alone
  std::vector<BankRun> runs;
  for (const std::size_t run : chunk.runs) {
    const Experiment& own = plan.runs[run].experiment;
    std::shared_ptr<const Split>& shared = rows[own.seed];
    if (!shared) shared = std::make_shared<const Split>(split_source(own, source));
    runs.push_back({&own, shared});
  }
  return train_bank(runs, source, true, go_on, updates);
}

std::optional<std::vector<Trained>> train_bank(std::span<const BankRun> runs, const ExperimentSource& source,
                                               bool scored, const GoOn& go_on, Index updates) {
  if (runs.front().experiment->precision == Precision::float32)
    return train_bank_in<float>(runs, source, scored, go_on, updates);
  return train_bank_in<double>(runs, source, scored, go_on, updates);
}

}  // namespace gradus::sweep_detail
