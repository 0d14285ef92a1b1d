// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "core/text.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/lab/experiment/diagnosis.hpp"
#include "gradus/lab/experiment/figures.hpp"
#include "gradus/lab/experiment/keys.hpp"
#include "gradus/lab/model/applied.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/nn/fitting.hpp"
#include "lab/experiment/prepared.hpp"

namespace gradus {
namespace {

/// Turns what `fit` tells into what a person wants to know.
template <std::floating_point T>
class Reporter {
 public:
  Reporter(const Experiment& experiment, Index samples, ProgressCallback callback) : callback_(std::move(callback)) {
    const bool full = experiment.batch == 0 || !stepping_method(experiment.optimizer);
    const Index batch = full ? samples : experiment.batch;
    per_epoch_ = (samples + batch - 1) / batch;
    progress_.epochs = experiment.updates > 0 ? 0 : experiment.epochs;
    progress_.updates = experiment.updates > 0 ? experiment.updates : experiment.epochs * per_epoch_;
  }

  Callbacks<T> callbacks() {
    if (!callback_) return {};
    Callbacks<T> callbacks;
    callbacks.after_updates = [this](const UpdatesEvent& event) { return after_updates(event); };
    callbacks.after_epoch = [this](const EpochEvent<T>& event) { return after_epoch(event); };
    return callbacks;
  }

 private:
  Signal after_updates(const UpdatesEvent& event) {
    progress_.epoch = event.epoch + 1;
    progress_.update = event.updates;
    progress_.learning_rate = event.learning_rate;
    if (!recorded_) progress_.loss = event.loss;
    // The last update of an epoch is told by after_epoch, which knows what the epoch came to.
    return event.updates % per_epoch_ == 0 ? Signal::go_on : tell();
  }

  Signal after_epoch(const EpochEvent<T>& event) {
    const History& history = event.history;
    recorded_ = !history.loss.empty();
    if (recorded_) progress_.loss = history.loss.back();
    if (!history.accuracy.empty()) progress_.accuracy = history.accuracy.back();
    if (!history.test_accuracy.empty()) progress_.test_accuracy = history.test_accuracy.back();
    return progress_.update == told_ ? Signal::go_on : tell();
  }

  Signal tell() {
    told_ = progress_.update;
    return callback_(progress_);
  }

  ProgressCallback callback_;
  Progress progress_;
  Index per_epoch_ = 1;
  Index told_ = 0;  ///< the last update that was
  bool recorded_ = false;
};

template <std::floating_point T>
void train(ExperimentResult& result, const ProgressCallback& progress, Driver* driver) {
  Model& model = result.model;
  Reporter<T> reporter(result.experiment, result.train.size(), progress);
  const auto start = std::chrono::steady_clock::now();
  PreparedTraining<T> prepared(result, options_of_run(result), reporter.callbacks(), driver != nullptr);
  if (driver)
    driver->drive(prepared.training());
  else
    prepared.training().advance_to_end();
  result.fit = prepared.training().finish();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  model.theta.assign(prepared.theta().begin(), prepared.theta().end());
  model.state = result.fit.state;
}

/// What a model remembers of its making: nothing that names a file to write.
std::string remembered(Experiment experiment, const FitResult& fit) {
  experiment.model.clear();
  experiment.figures.clear();
  if (fit.reason == StopReason::callback) experiment.updates = fit.updates;
  return to_toml(experiment);
}

/// Records of the history that a model keeps: as many as a curve can show, in some tens of kilobytes.
constexpr std::size_t kMostRecords = 1000;

TrainingRecord record_of(const ExperimentResult& result) {
  return {result.fit.epochs,
          result.fit.updates,
          result.train_scores,
          result.test_scores,
          thinned(result.fit.history, kMostRecords),
          diagnose(result)};
}

/// Whether a loss is of classes, and not of numbers too.
bool asks_for_classes(const LossFunction& loss) {
  return std::visit(
      []<class F>(const F&) {
        return F::targets == TargetsNeeded::decisions || F::targets == TargetsNeeded::distribution ||
               F::targets == TargetsNeeded::one_hot;
      },
      loss);
}

/// What network and loss say of the targets.
void hear_network(const Experiment& experiment, TableOptions& options) {
  const Network network = parse_network(experiment.network);
  const Answers answers = network.answers();
  options.outputs = network.outputs();
  options.bounded_outputs =
      answers.kind == Answers::Kind::decisions || answers == between(0, 1) || answers == from_to(0, 1);
  if (answers.kind == Answers::Kind::distribution || answers.kind == Answers::Kind::log_distribution)
    options.because = fmt::format("the network {} ends in probabilities of classes", experiment.network);
  else if (experiment.loss != "auto" && asks_for_classes(parse_loss(experiment.loss).function))
    options.because = fmt::format("{} is a loss of classes", experiment.loss);
  if (!options.because.empty()) options.task = TableOptions::Task::classification;
}

}  // namespace

TableOptions table_options(const Experiment& experiment) {
  TableOptions options;
  options.reading = experiment.reading;
  options.task = experiment.task;
  options.target = experiment.target;
  options.weights = experiment.sample_weight;
  if (options.task == TableOptions::Task::detect && !experiment.network.empty()) hear_network(experiment, options);
  return options;
}

FitOptions fit_options(const Experiment& experiment, const Loss& loss) {
  FitOptions options;
  options.loss = loss;
  options.optimizer = experiment.optimizer;
  options.schedule = experiment.schedule;
  options.regularisation = experiment.regularisation;
  options.early_stopping = experiment.early_stopping;
  options.batch = experiment.batch;
  options.epochs = experiment.epochs;
  options.updates = experiment.updates;
  options.min_change = experiment.min_change;
  options.order = experiment.order;
  options.record_every = experiment.record_every;
  options.test_every = experiment.test_every;
  options.frozen = experiment.freeze;
  options.engine = experiment.engine;
  options.arithmetic = experiment.arithmetic;
  return options;
}

Arithmetic arithmetic_of(const Experiment& experiment) {
  return experiment.engine == Engine::definition ? experiment.arithmetic : engine::resolved(experiment.arithmetic);
}

namespace {

/// How data is read that a model is to go on learning from: by the columns and classes that it knows.
TableOptions options_to_go_on(const Experiment& experiment, const Model& start) {
  if (start.class_names.empty() && start.target_names.empty()) return table_options(experiment);
  TableOptions options = options_for(start);
  options.answers_are_optional = false;
  options.target = experiment.target;
  options.weights = experiment.sample_weight;
  options.reading.dialect = experiment.reading.dialect;
  if (start.filling.empty()) options.reading.missing = experiment.reading.missing;
  return options;
}

}  // namespace

ExperimentSource load_source(const Experiment& experiment) {
  const std::optional<Model> start = experiment.from.empty() ? std::nullopt : std::optional(start_of(experiment));
  TableOptions options = start ? options_to_go_on(experiment, *start) : table_options(experiment);
  Reading reading = read_data(experiment.data, options);
  if (start && !start->class_names.empty()) use_classes(reading.data, start->class_names, experiment.data);
  ExperimentSource source{std::move(reading.data), {}, {}, std::move(reading.words)};
  const Dataset& data = source.data;
  check_trainable(data, fills_gaps(experiment) || (start && !start->filling.empty()));
  if (data.is_classification() ? data.labels.empty() : data.targets.empty())
    throw ValueError(fmt::format("{}: expected a target to learn, got features only", experiment.data));
  if (!experiment.sample_weight.empty() && data.weights.empty())
    throw ValueError(fmt::format("{}: expected a column '{}' of sample weights, got none", experiment.data,
                                 experiment.sample_weight));
  source.fingerprint = fingerprint(data);
  if (!experiment.test_data.empty()) {
    options = options_to_apply(columns_of(data), answers_of(data), data.class_names);
    options.reading = experiment.reading;
    options.weights = experiment.sample_weight;
    Reading test = read_data(experiment.test_data, options);
    source.test = std::move(test.data);
    for (const std::string& line : test.words)
      source.words.push_back(fmt::format("{}: {}", experiment.test_data, line));
    use_classes(source.test, data.class_names, experiment.test_data);
    source.fingerprint += "+" + fingerprint(source.test);
  }
  if (!experiment.fingerprint.empty() && experiment.fingerprint != source.fingerprint)
    throw ValueError(fmt::format("{}: the data has changed since it was trained on (expected {}, got {})",
                                 experiment.data, experiment.fingerprint, source.fingerprint));
  return source;
}

Split split_source(const Experiment& experiment, const ExperimentSource& source) {
  if (experiment.test > 0 && experiment.test_data.empty()) {
    RandomState random(experiment.seed);
    return split_rows(source.data, experiment.test, random, experiment.stratify);
  }
  Split all;
  all.train.resize(static_cast<std::size_t>(source.data.size()));
  std::iota(all.train.begin(), all.train.end(), Index{0});
  return all;
}

namespace {

ExperimentData split_data(const Experiment& experiment, const ExperimentSource& source) {
  const Split rows = split_source(experiment, source);
  return {source.data.take(rows.train), rows.test.empty() ? source.test : source.data.take(rows.test),
          source.fingerprint};
}

}  // namespace

ExperimentData load_experiment_data(const Experiment& experiment) {
  return split_data(experiment, load_source(experiment));
}

namespace {

/// Takes over what a model that is gone on from has learned, and how it takes its inputs.
void go_on_from(Model start, const Experiment& experiment, Model& model) {
  if (!(start.network == model.network))
    throw ValueError(fmt::format("expected the network of {}, which is {}, to go on from it, got {}", experiment.from,
                                 to_text(start.network), experiment.network));
  if (experiment.scale || experiment.scale_target)
    throw ValueError(fmt::format("expected no scaling beside that of {}, which is gone on from, got {}",
                                 experiment.from,
                                 to_text(experiment.scale ? *experiment.scale : *experiment.scale_target)));
  model.theta = std::move(start.theta);
  model.state = std::move(start.state);
  model.scaler = std::move(start.scaler);
  model.filling = std::move(start.filling);
  model.target_scaler = std::move(start.target_scaler);
  if (!start.columns.empty()) model.columns = std::move(start.columns);
}

}  // namespace

Model untrained_model(const Experiment& experiment, const Dataset& train, const Dataset& test) {
  check(experiment);
  Model model;
  model.network = parse_network(experiment.network);
  model.precision = experiment.precision;
  model.loss = loss_of(experiment, model.network);
  model.label_name = train.label_name;
  model.columns = train.columns;
  check_fits(model.network, "network " + experiment.network, train, experiment.data);
  if (test.size() > 0) check_fits(model.network, "network " + experiment.network, test, experiment.test_data);
  if (!experiment.from.empty()) go_on_from(start_of(experiment), experiment, model);
  if (experiment.scale_target && train.is_classification())
    throw ValueError("[experiment] scale-target has no effect here: the targets are classes");
  if (fills_gaps(experiment) && experiment.from.empty())
    model.filling = filling_of(
        experiment.reading.missing == ReadingOptions::Missing::mean ? Filling::mean : Filling::median, train.x);
  if (experiment.scale_target) model.target_scaler = Scaler::fit(*experiment.scale_target, train.targets);
  check_fitting("fit", model.network, model.loss.function, ConstMatrixView<double>(model.scaled_targets(train)));
  model.feature_names = train.feature_names;
  model.class_names = train.class_names;
  model.target_names = train.target_names;
  return model;
}

ExperimentResult before_training(const Experiment& experiment, const ExperimentSource& source) {
  ExperimentResult result;
  result.experiment = decided(experiment, source.data);
  ExperimentData data = split_data(experiment, source);
  result.experiment.fingerprint = data.fingerprint;
  result.words = source.words;
  result.experiment.arithmetic = arithmetic_of(experiment);
  if (!experiment.from.empty()) result.experiment.from_parameters = parameters_sha256(start_of(experiment));
  result.train = std::move(data.train);
  result.test = std::move(data.test);
  result.model = untrained_model(result.experiment, result.train, result.test);
  if (result.experiment.scale) result.model.fit_scaler(*result.experiment.scale, result.train.x);
  return result;
}

ExperimentResult run_experiment(const Experiment& experiment, const ProgressCallback& progress, Driver* driver) {
  check(experiment);
  return run_experiment(experiment, load_source(experiment), progress, driver);
}

ExperimentResult run_experiment(const Experiment& experiment, const ExperimentSource& source,
                                const ProgressCallback& progress, Driver* driver) {
  check(experiment);
  if (!experiment.start_run.empty() && !driver)
    throw ValueError(
        fmt::format("expected an experiment that can be carried out from its beginning, got one that was "
                    "branched from the run {} after {} updates (`gradus resume` goes on with a branch)",
                    one_line(experiment.start_run), experiment.start_update));
  ExperimentResult result = before_training(experiment, source);
  Model& model = result.model;
  if (experiment.precision == Precision::float32)
    train<float>(result, progress, driver);
  else
    train<double>(result, progress, driver);
  model.interrupted = result.fit.reason == StopReason::callback;
  model.experiment = remembered(result.experiment, result.fit);
  result.train_scores = score(model, result.train);
  if (result.test.size() > 0) result.test_scores = score(model, result.test);
  model.record = record_of(result);
  return result;
}

void write_outputs(const ExperimentResult& result) {
  if (result.fit.reason == StopReason::diverged)
    throw ValueError("[experiment] training diverged, nothing is written: " + result.fit.divergence.message());
  if (!result.experiment.model.empty()) save_model(result.model, result.experiment.model);
  for (const FigureRequest& figure : result.experiment.figures)
    save_figure(result_figure(figure.kind, result), figure.file);
}

}  // namespace gradus
