// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "gradus/check/fault.hpp"
#include "gradus/core/number.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/nn/initializer.hpp"
#include "key_values.hpp"
#include "src/core/text.hpp"

namespace gradus {
namespace {

using namespace keys;

constexpr Choices<TableOptions::Task, 3> kTasks{{{"detect", TableOptions::Task::detect},
                                                 {"classification", TableOptions::Task::classification},
                                                 {"regression", TableOptions::Task::regression}}};
constexpr Choices<Engine, 2> kEngines{{{"automatic", Engine::automatic}, {"definition", Engine::definition}}};
constexpr Choices<Arithmetic, 3> kArithmetics{
    {{"auto", Arithmetic::automatic}, {"fused", Arithmetic::fused}, {"plain", Arithmetic::plain}}};
constexpr Choices<Order, 2> kOrders{{{"shuffle", Order::shuffle}, {"draws", Order::draws}}};
using Metric = EarlyStopping::Metric;
constexpr Choices<Metric, 5> kMetrics{{{"none", Metric::none},
                                       {"loss", Metric::loss},
                                       {"accuracy", Metric::accuracy},
                                       {"test-loss", Metric::test_loss},
                                       {"test-accuracy", Metric::test_accuracy}}};
constexpr Choices<Reduction, 2> kReductions{{{"mean", Reduction::mean}, {"sum", Reduction::sum}}};
constexpr Choices<Precision, 2> kPrecisions{{{"float64", Precision::float64}, {"float32", Precision::float32}}};
constexpr Choices<std::optional<Scaler::Kind>, 3> kScales{
    {{"none", std::nullopt}, {"standard", Scaler::Kind::standard}, {"min-max", Scaler::Kind::min_max}}};
constexpr Choices<std::optional<Scaler::Kind>, 4> kTargetScales{{{"none", std::nullopt},
                                                                 {"standard", Scaler::Kind::standard},
                                                                 {"min-max", Scaler::Kind::min_max},
                                                                 {"log", Scaler::Kind::log}}};
using Missing = ReadingOptions::Missing;
constexpr Choices<Missing, 4> kMissing{
    {{"refuse", Missing::refuse}, {"drop", Missing::drop}, {"mean", Missing::mean}, {"median", Missing::median}}};

/// "sgd, adam, ...": the names of a variant's members.
template <class Variant>
std::string list_of() {
  return fmt::format("{}", fmt::join(variant_names<Variant>(), ", "));
}

/// The method's text less what has keys of its own.
Maybe get_method(const Experiment& e) {
  TrainingMethod method = e.optimizer;
  if (std::holds_alternative<Sgd>(method)) return std::string(Sgd::name);
  if (learning_rate(method)) set_learning_rate(method, *learning_rate(parse_training_method(name(method))));
  return to_text(method);
}

void set_rate(Experiment& e, const Value& value) {
  set_learning_rate(e.optimizer, number(value, [](double x) { return x > 0; }));
}

Maybe unless_unsaid(const std::optional<bool>& value) { return value ? Maybe{*value} : Maybe{}; }

/// A character of a dialect, by its name where it has one.
Maybe character_name(const std::optional<char>& value, char none = '\1') {
  if (!value) return {};
  if (*value == none) return "none";
  const std::string name = separator_name(*value);
  return name.starts_with('\'') ? std::string(1, *value) : name;
}

char separator(const Value& value) {
  try {
    return parse_separator(text(value));
  } catch (const ValueError&) {
    throw Refused{};
  }
}

constexpr std::string_view kFromZero = "a number of at least 0";

/// A number of the regularisation; left out of a file where it is 0.
template <double Regularisation::*part>
Maybe get_part(const Experiment& e) {
  return e.regularisation.*part == 0 ? Maybe{} : Maybe{e.regularisation.*part};
}
template <double Regularisation::*part>
void set_part(Experiment& e, const Value& value) {
  e.regularisation.*part = number(value, [](double x) { return x >= 0; });
}

Sgd& sgd(Experiment& e, std::string_view key) {
  if (auto* method = std::get_if<Sgd>(&e.optimizer)) return *method;
  throw ValueError(fmt::format("{} belongs to sgd, not to {}, whose own options follow its name, as in adam:beta1=0.9",
                               key, name(e.optimizer)));
}
const Sgd* sgd(const Experiment& e) { return std::get_if<Sgd>(&e.optimizer); }

Maybe get_test(const Experiment& e) {
  if (!e.test_data.empty()) return e.test_data;
  return e.test == 0 ? Maybe{} : Maybe{e.test};
}

void set_test(Experiment& e, const Value& value) {
  e.test = 0;
  e.test_data.clear();
  if (std::holds_alternative<std::string>(value))
    e.test_data = text_unless_empty(value);
  else
    e.test = number(value, [](double x) { return x >= 0 && (x < 1 || x == std::floor(x)); });
}

Maybe get_batch(const Experiment& e) { return e.batch == 0 ? Maybe{"full"} : Maybe{std::int64_t{e.batch}}; }

void set_batch(Experiment& e, const Value& value) { e.batch = value == Value{"full"} ? 0 : whole(value, 1); }

using E = Experiment;

// Why a key is idle; see ExperimentKey::idle. What would be wrong and not only idle is refused where it is used.
std::string not_of_made_data(const E& e) {
  return is_file(e.data) || is_file(e.test_data)
             ? ""
             : fmt::format("{} is no file, and says itself what it has", in_quotes(e.data));
}
std::string not_without_share(const E& e) {
  return e.test > 0 && e.test_data.empty() ? "" : "no share of the samples is held out (test)";
}
std::string not_without_test(const E& e) { return e.test > 0 || !e.test_data.empty() ? "" : "there is no test set"; }
std::string not_without_momentum(const E& e) {
  return sgd(e) && sgd(e)->momentum > 0 ? "" : "there is no momentum to look ahead along";
}
std::string not_without_stopping(const E& e) {
  return e.early_stopping.metric != Metric::none ? "" : "no metric stops training early (early-stopping)";
}
std::string not_beside_updates(const E& e) { return e.updates == 0 ? "" : "updates says how long to train"; }
std::string not_of_minimisers(const E& e) {
  return stepping_method(e.optimizer) ? "" : fmt::format("{} takes all samples at once", name(e.optimizer));
}

std::string not_going_on(const E& e) {
  return e.from.empty() ? "" : fmt::format("the model {} brings its own", in_quotes(e.from));
}

/// "1,2"
std::string layers_text(const std::vector<Index>& layers) { return fmt::format("{}", fmt::join(layers, ",")); }

std::vector<Index> parse_layers(std::string_view list) {
  std::vector<Index> layers;
  while (!list.empty()) {
    const std::string_view word = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), word.size() + 1));
    const std::optional<double> number = parse_number(word);
    if (!number || *number < 1 || *number > 1e6 || *number != std::floor(*number)) throw Refused{};
    layers.push_back(static_cast<Index>(*number));
  }
  if (layers.empty()) throw Refused{};
  return layers;
}

std::string not_of_definition(const E& e) {
  return e.engine == Engine::definition ? "the definition has an arithmetic of its own" : "";
}

const std::string kLossHelp =
    "auto (by the last layer), " + list_of<LossFunction>() + ", with options as in huber:delta=1.5";
const std::string kScheduleHelp =
    "of the learning rate: " + list_of<Schedule>() + ", with options as in cosine:epochs=100";
const std::string kOptimizerHelp = list_of<TrainingMethod>() + ", with options as in adam:beta1=0.9";

const std::array kKeys = std::to_array<ExperimentKey>({
    {"", "seed", "seed", "of the split, and afresh of the first weights and the order of samples",
     "a whole number from 0 to 4294967295", KeyForm::number, [](const E& e) -> Maybe { return std::int64_t{e.seed}; },
     [](E& e, const Value& v) {
       const double seed = number(v, [](double n) { return n == std::floor(n) && n >= 0 && n <= 4294967295.0; });
       e.seed = static_cast<std::uint32_t>(seed);
     }},
    {"", "precision", "precision", "the number type to train in: float64 or float32", "float64 or float32",
     KeyForm::text, [](const E& e) { return choice_name(e.precision, kPrecisions); },
     [](E& e, const Value& v) { e.precision = choice(v, kPrecisions); }},

    {"data", "source", "", "a CSV or .npy file, iris, digits, or a maker",
     "a file, a real set or a maker of data, in UTF-8", KeyForm::text, [](const E& e) -> Maybe { return e.data; },
     [](E& e, const Value& v) { e.data = text_unless_empty(v); }, true},
    {"data", "target", "target", "the target column of a file, or several, a,b, if it is not label, target, y or the last one",
     "the name of a column", KeyForm::text, [](const E& e) { return unless_empty(e.target); },
     [](E& e, const Value& v) { e.target = text(v); }, false, not_of_made_data},
    {"data", "task", "task", "what a file's target column holds: classification, regression or detect",
     "detect, classification or regression", KeyForm::text, [](const E& e) { return choice_name(e.task, kTasks); },
     [](E& e, const Value& v) { e.task = choice(v, kTasks); }, false, not_of_made_data},
    {"data", "sample_weight", "sample-weight", "the column of a file that says how much each sample counts in training",
     "the name of a column", KeyForm::text, [](const E& e) { return unless_empty(e.sample_weight); },
     [](E& e, const Value& v) { e.sample_weight = text(v); }},
    {"data", "test", "test", "a share of the samples to test on, their number, or other data",
     "a share from 0 to 1, a whole number of samples, or data to test on", KeyForm::number_or_text, get_test, set_test, true},
    {"data", "stratify", "stratify", "give each class its share of the test set", "true or false", KeyForm::flag,
     [](const E& e) -> Maybe { return e.stratify; }, [](E& e, const Value& v) { e.stratify = flag(v); }, false, not_without_share},
    {"data", "scale", "scale",
     "of the features, fitted on the training samples: none, standard, min-max, or auto (standard where they need it)",
     "none, standard, min-max or auto", KeyForm::text,
     [](const E& e) { return e.scale_by_spread ? Maybe{"auto"} : choice_name(e.scale, kScales); },
     [](E& e, const Value& v) {
       const bool by_spread = text(v) == "auto";
       e.scale = by_spread ? std::nullopt : choice(v, kScales);
       e.scale_by_spread = by_spread;
     },
     false, not_going_on},
    {"data", "scale_target", "scale-target",
     "of a regression's targets, fitted on the training samples; answers stay in their own units: none, standard, min-max, "
     "log (of 1 + y, then standard), or auto",
     "none, standard, min-max, log or auto", KeyForm::text,
     [](const E& e) {
       if (e.scale_target_by_spread) return Maybe{"auto"};
       return e.scale_target ? choice_name(e.scale_target, kTargetScales) : Maybe{};
     },
     [](E& e, const Value& v) {
       const bool by_spread = text(v) == "auto";
       e.scale_target = by_spread ? std::nullopt : choice(v, kTargetScales);
       e.scale_target_by_spread = by_spread;
     },
     false, not_going_on},
    {"data", "fingerprint", "", "of the data this was trained on; other data is refused", "a fingerprint",
     KeyForm::text, [](const E& e) { return unless_empty(e.fingerprint); },
     [](E& e, const Value& v) { e.fingerprint = text(v); }},

    {"reading", "separator", "separator", "between cells: comma, semicolon, tab, bar, blank or a character [recognised]",
     "comma, semicolon, tab, bar, blank or one other character", KeyForm::text,
     [](const E& e) { return character_name(e.reading.dialect.separator); },
     [](E& e, const Value& v) { e.reading.dialect.separator = separator(v); }, false, not_of_made_data},
    {"reading", "decimal", "decimal", "before the fraction of a number: point or comma [recognised]", "point or comma",
     KeyForm::text,
     [](const E& e) -> Maybe {
       if (!e.reading.dialect.decimal) return {};
       return *e.reading.dialect.decimal == ',' ? "comma" : "point";
     },
     [](E& e, const Value& v) {
       const std::string& given = text(v);
       if (given != "point" && given != "comma" && given != "." && given != ",") throw Refused{};
       e.reading.dialect.decimal = given == "comma" || given == "," ? ',' : '.';
     },
     false, not_of_made_data},
    {"reading", "comment", "comment", "a line that begins with it is passed over: a character, or none [recognised]",
     "one character, or none", KeyForm::text,
     [](const E& e) { return character_name(e.reading.dialect.comment, '\0'); },
     [](E& e, const Value& v) {
       if (text(v) != "none" && text(v).size() != 1) throw Refused{};
       e.reading.dialect.comment = text(v) == "none" ? '\0' : text(v)[0];
     },
     false, not_of_made_data},
    {"reading", "header", "header", "whether the first row names the columns [recognised]", "true or false", KeyForm::flag,
     [](const E& e) { return unless_unsaid(e.reading.dialect.header); },
     [](E& e, const Value& v) { e.reading.dialect.header = flag(v); }, false, not_of_made_data, true},

    {"reading", "features", "features", "the columns to learn from, a,b,c* [all that are nothing else]",
     "names of columns", KeyForm::text, [](const E& e) { return unless_empty(e.reading.features); },
     [](E& e, const Value& v) { e.reading.features = text(v); }, false, not_of_made_data},
    {"reading", "drop", "drop", "columns to leave out, id,date", "names of columns", KeyForm::text,
     [](const E& e) { return unless_empty(e.reading.drop); },
     [](E& e, const Value& v) { e.reading.drop = text(v); }, false, not_of_made_data},
    {"reading", "encode", "encode",
     "words as numbers: one-hot (of every column with words), or columns, as in color,size:small<middle<large",
     "one-hot, or names of columns", KeyForm::text, [](const E& e) { return unless_empty(e.reading.encode); },
     [](E& e, const Value& v) { e.reading.encode = text(v); }, false, not_of_made_data},
    {"reading", "missing", "missing",
     "what becomes of gaps (empty, NA, NaN, ?): refuse; drop the row; mean or median of the training samples [refuse]",
     "refuse, drop, mean or median", KeyForm::text,
     [](const E& e) { return e.reading.missing == Missing::refuse ? Maybe{} : choice_name(e.reading.missing, kMissing); },
     [](E& e, const Value& v) { e.reading.missing = choice(v, kMissing); }, false, not_of_made_data},

    {"network", "layers", "network", "the number of inputs, then width and activation of each layer",
     "a network such as 2-16tanh-2softmax", KeyForm::text, [](const E& e) -> Maybe { return e.network; },
     [](E& e, const Value& v) {
       parse_network(text(v));
       e.network = text(v);
     }},
    {"network", "init", "init", "the first weights: glorot, he, uniform, standard-normal, ...",
     "an initializer such as glorot", KeyForm::text, [](const E& e) { return e.from.empty() ? Maybe{e.init} : Maybe{}; },
     [](E& e, const Value& v) {
       parse_initializer(text(v));
       e.init = text(v);
     },
     false, not_going_on},
    {"network", "from", "from", "go on from a model: its parameters, scaling, columns, classes and, unless given, network and loss",
     "a model file", KeyForm::text, [](const E& e) { return unless_empty(e.from); },
     [](E& e, const Value& v) { e.from = text(v); }, true},
    {"network", "from_parameters", "", "the sha256 of that model's parameters; others are refused", "a sha256", KeyForm::text,
     [](const E& e) { return unless_empty(e.from_parameters); }, [](E& e, const Value& v) { e.from_parameters = text(v); }},

    {"loss", "function", "loss", kLossHelp, "auto or a loss, as in huber:delta=1.5", KeyForm::text,
     [](const E& e) -> Maybe { return e.loss; },
     [](E& e, const Value& v) {
       if (text(v) != "auto") parse_loss(text(v));
       e.loss = text(v);
     }},
    {"loss", "reduction", "reduction", "how the losses of a batch become one: mean or sum", "mean or sum",
     KeyForm::text, [](const E& e) { return choice_name(e.reduction, kReductions); },
     [](E& e, const Value& v) { e.reduction = choice(v, kReductions); }},
    {"loss", "class_weight", "class-weight",
     "how much each class counts in training: none, balanced, or a number for each in turn, as in 1,2.5",
     "none, balanced, or a number for each class", KeyForm::text,
     [](const E& e) { return e.class_weight == ClassWeights{} ? Maybe{} : Maybe{to_text(e.class_weight)}; },
     [](E& e, const Value& v) { e.class_weight = parse_class_weights(text(v)); }},

    {"optimizer", "method", "optimizer", kOptimizerHelp, "an optimizer, as in adam:beta1=0.9", KeyForm::text, get_method,
     [](E& e, const Value& v) { e.optimizer = parse_training_method(text(v)); }},
    {"optimizer", "learning_rate", "lr", "the learning rate, if not the optimizer's own", "a number above 0",
     KeyForm::number,
     [](const E& e) {
       const std::optional<double> rate = learning_rate(e.optimizer);
       return rate ? Maybe{*rate} : Maybe{};
     },
     set_rate},
    {"optimizer", "momentum", "momentum", "of sgd: how much of the last step to keep", "a number from 0 to below 1",
     KeyForm::number, [](const E& e) { return sgd(e) ? Maybe{sgd(e)->momentum} : Maybe{}; },
     [](E& e, const Value& v) {
       const double momentum = number(v, [](double x) { return x >= 0 && x < 1; });
       sgd(e, "momentum").momentum = momentum;
     }},
    {"optimizer", "nesterov", "nesterov", "of sgd: take the gradient's step where momentum leads", "true or false",
     KeyForm::flag, [](const E& e) { return sgd(e) ? Maybe{sgd(e)->nesterov} : Maybe{}; },
     [](E& e, const Value& v) {
       const bool nesterov = flag(v);
       sgd(e, "nesterov").nesterov = nesterov;
     }, false, not_without_momentum},
    {"optimizer", "schedule", "schedule", kScheduleHelp, "a schedule, as in cosine:epochs=100", KeyForm::text,
     [](const E& e) { return e.schedule == Schedule{} ? Maybe{} : Maybe{to_text(e.schedule)}; },
     [](E& e, const Value& v) { e.schedule = parse_schedule(text(v)); }},

    {"regularisation", "l1", "l1", "adds this times the sum of |w| to the loss; biases are free of all this", kFromZero,
     KeyForm::number, get_part<&Regularisation::l1>, set_part<&Regularisation::l1>},
    {"regularisation", "l2", "l2", "adds half of this times the sum of w^2 to the loss", kFromZero, KeyForm::number,
     get_part<&Regularisation::l2>, set_part<&Regularisation::l2>},
    {"regularisation", "weight_decay", "weight-decay", "shrinks the weights by this times the learning rate a step",
     kFromZero, KeyForm::number, get_part<&Regularisation::weight_decay>, set_part<&Regularisation::weight_decay>},
    {"regularisation", "max_norm", "max-norm", "the largest norm of the weights into a unit; 0: any", kFromZero,
     KeyForm::number, get_part<&Regularisation::max_norm>, set_part<&Regularisation::max_norm>},
    {"regularisation", "clip_norm", "clip-norm", "the largest norm of the gradient; 0: any", kFromZero,
     KeyForm::number, get_part<&Regularisation::clip_norm>, set_part<&Regularisation::clip_norm>},
    {"regularisation", "clip_value", "clip-value", "the largest number of the gradient; 0: any", kFromZero,
     KeyForm::number, get_part<&Regularisation::clip_value>, set_part<&Regularisation::clip_value>},

    {"early_stopping", "metric", "early-stopping",
     "stop once it no longer improves, and keep the best: none, loss, accuracy, test-loss, test-accuracy",
     "none, loss, accuracy, test-loss or test-accuracy", KeyForm::text,
     [](const E& e) {
       return e.early_stopping == EarlyStopping{} ? Maybe{} : choice_name(e.early_stopping.metric, kMetrics);
     },
     [](E& e, const Value& v) { e.early_stopping.metric = choice(v, kMetrics); }},
    {"early_stopping", "patience", "patience", "epochs without improvement to wait", "a whole number of at least 0",
     KeyForm::number,
     [](const E& e) {
       return e.early_stopping == EarlyStopping{} ? Maybe{} : Maybe{std::int64_t{e.early_stopping.patience}};
     },
     [](E& e, const Value& v) { e.early_stopping.patience = whole(v, 0); }, false, not_without_stopping},
    {"early_stopping", "min_delta", "min-delta", "the least that counts as an improvement", kFromZero, KeyForm::number,
     [](const E& e) { return e.early_stopping == EarlyStopping{} ? Maybe{} : Maybe{e.early_stopping.min_delta}; },
     [](E& e, const Value& v) { e.early_stopping.min_delta = number(v, [](double x) { return x >= 0; }); }, false, not_without_stopping},

    {"training", "epochs", "epochs", "times that every training sample is taken", "a whole number of at least 0",
     KeyForm::number, [](const E& e) -> Maybe { return std::int64_t{e.epochs}; },
     [](E& e, const Value& v) { e.epochs = whole(v, 0); }, false, not_beside_updates},
    {"training", "updates", "updates", "updates to make, whatever epochs says; 0: as many as epochs asks",
     "a whole number of at least 0", KeyForm::number, [](const E& e) -> Maybe { return std::int64_t{e.updates}; },
     [](E& e, const Value& v) { e.updates = whole(v, 0); }},
    {"training", "batch", "batch", "samples an update, or full", "a whole number of at least 1, or full",
     KeyForm::number_or_text, get_batch, set_batch, false, not_of_minimisers},
    {"training", "order", "order", "of samples: shuffle each epoch anew, or draws with replacement", "shuffle or draws",
     KeyForm::text, [](const E& e) { return choice_name(e.order, kOrders); },
     [](E& e, const Value& v) { e.order = choice(v, kOrders); }},
    {"training", "min_change", "min-change", "stop once an update moves theta by no more than this",
     "a number of at least 0", KeyForm::number,
     [](const E& e) { return e.min_change < 0 ? Maybe{} : Maybe{e.min_change}; },
     [](E& e, const Value& v) { e.min_change = number(v, [](double x) { return x >= 0; }); }},
    {"training", "record_every", "record-every", "updates a record of the loss; 0: one an epoch",
     "a whole number of at least 0", KeyForm::number, [](const E& e) -> Maybe { return std::int64_t{e.record_every}; },
     [](E& e, const Value& v) { e.record_every = whole(v, 0); }},
    {"training", "test_every", "test-every", "updates between two looks at the test set; 0: one an epoch",
     "a whole number of at least 0", KeyForm::number, [](const E& e) -> Maybe { return std::int64_t{e.test_every}; },
     [](E& e, const Value& v) { e.test_every = whole(v, 0); }, false, not_without_test},
    {"training", "engine", "engine",
     "who computes: automatic, or definition: slow, and the same bits whatever instructions the processor has",
     "automatic or definition", KeyForm::text,
     [](const E& e) { return e.engine == Engine::automatic ? Maybe{} : choice_name(e.engine, kEngines); },
     [](E& e, const Value& v) { e.engine = choice(v, kEngines); }},
    {"training", "arithmetic", "arithmetic",
     "how the engine adds up products: fused or plain, each with the same bits everywhere; auto: fused where the "
     "processor can",
     "auto, fused or plain", KeyForm::text,
     [](const E& e) { return e.arithmetic == Arithmetic::automatic ? Maybe{} : choice_name(e.arithmetic, kArithmetics); },
     [](E& e, const Value& v) { e.arithmetic = choice(v, kArithmetics); }, false, not_of_definition},
    {"training", "freeze", "freeze", "layers that stay as they are, as in 1,2: the others learn",
     "numbers of layers, from 1, as in 1,2", KeyForm::number_or_text,
     [](const E& e) { return e.freeze.empty() ? Maybe{} : Maybe{layers_text(e.freeze)}; },
     [](E& e, const Value& v) {
       const auto* words = std::get_if<std::string>(&v);
       e.freeze = words ? parse_layers(*words) : std::vector<Index>{whole(v, 1, 1000000)};
     }},
    {"training", "plant", "plant", "spoil the gradient by a fault, to see what it does to learning: KIND or KIND:WHERE",
     "a fault, as in sign:1.weights (gradus check --plant list names the kinds)", KeyForm::text,
     [](const E& e) { return unless_empty(e.plant); },
     [](E& e, const Value& v) {
       if (!text(v).empty()) parse_fault_kind(std::string_view(text(v)).substr(0, text(v).find(':')));
       e.plant = text(v);
     }},

    {"start", "run", "", "the folder of the run that this one was branched from", "the name of a folder, in UTF-8",
     KeyForm::text, [](const E& e) { return unless_empty(e.start_run); },
     [](E& e, const Value& v) { e.start_run = text(v); }},
    {"start", "update", "", "after how many of its updates", "a whole number of at least 0", KeyForm::number,
     [](const E& e) { return e.start_run.empty() ? Maybe{} : Maybe{std::int64_t{e.start_update}}; },
     [](E& e, const Value& v) { e.start_update = whole(v, 0); }},

    {"output", "model", "", "the file to save the model in", "the name of a file, in UTF-8", KeyForm::text,
     [](const E& e) { return unless_empty(e.model); }, [](E& e, const Value& v) { e.model = text(v); }},
});

}  // namespace

std::span<const ExperimentKey> experiment_keys() { return kKeys; }

std::string ExperimentKey::path() const {
  return section.empty() ? std::string(name) : fmt::format("{}.{}", section, name);
}

KeyValue parse_key_value(const ExperimentKey& key, std::string_view text) {
  if (key.form == KeyForm::flag && (text == "true" || text == "false")) return text == "true";
  if (key.form == KeyForm::number || key.form == KeyForm::number_or_text)
    if (const std::optional<double> value = parse_number(text)) return *value;
  return std::string(text);
}

std::string why_idle(const ExperimentKey& key, std::span<const Experiment> experiments) {
  std::string why;
  if (!key.idle) return why;
  for (const Experiment& experiment : experiments)
    if (why = key.idle(experiment); why.empty()) break;
  return why;
}

std::string to_text(const KeyValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
  if (const auto* real = std::get_if<double>(&value)) return number_text(*real);
  return fmt::format("'{}'", std::get<std::string>(value));
}

void set_key(Experiment& experiment, const ExperimentKey& key, const KeyValue& value, std::string_view name) {
  try {
    key.set(experiment, value);
  } catch (const Refused&) {
    const auto* words = std::get_if<std::string>(&value);
    throw ValueError(
        fmt::format("{}: expected {}, got {}", name, key.expected, words ? in_quotes(*words) : to_text(value)));
  }
}

void check(const Experiment& experiment) {
  Experiment copy = experiment;
  for (const ExperimentKey& key : kKeys)
    if (const std::optional<KeyValue> value = key.get(experiment))
      set_key(copy, key, *value, "[experiment] " + key.path());
  if (experiment.arithmetic != Arithmetic::automatic)
    if (const std::string why = not_of_definition(experiment); !why.empty())
      throw ValueError(fmt::format("[experiment] training.arithmetic: expected auto, got {}: {}",
                                   to_text(experiment.arithmetic), why));
}

}  // namespace gradus
