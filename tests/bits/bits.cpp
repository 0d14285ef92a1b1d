// SPDX-License-Identifier: MIT
// Prints one line for everything whose bits are promised to be the same on every machine: a name and the SHA-256 of
// what is computed or drawn. tests/bits/hashes.txt has the answers; scripts/bits asks other compilers and processors.
// Every layer, loss, method and schedule is trained with in both precisions, by the definition and by the engine in its
// two arithmetics, those with every instruction set that the machine has: or this does not end well.
#include <cmath>
#include <cstdio>
#include <set>
#include <utility>

#include "gradus/core/elementary.hpp"
#include "gradus/core/sha256.hpp"
#include "gradus/data/linspace.hpp"
#include "gradus/data/makers.hpp"
#include "gradus/data/scaler.hpp"
#include "gradus/data/split.hpp"
#include "gradus/engine/bank.hpp"
#include "gradus/engine/instruction_set.hpp"
#include "gradus/engine/predictor.hpp"
#include "gradus/metrics/metrics.hpp"
#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/train/fit.hpp"

namespace gradus {
namespace {

void print(const std::string& name, std::span<const double> numbers) {
  std::printf("%s  %s\n", sha256(numbers).c_str(), name.c_str());
}
void print(const std::string& name, std::span<const float> numbers) {
  std::printf("%s  %s\n", sha256(numbers).c_str(), name.c_str());
}

// ------------------------------------------------------------------------------------------------ elementary functions

/// Numbers of every size, and where networks have theirs. (Emscripten 3.1.6 has no std::bit_cast.)
template <class T>
std::vector<T> arguments() {
  RandomState random(11);
  std::vector<T> x;
  while (x.size() < 4000) {
    T any;
    if constexpr (sizeof(T) == 8)
      any = __builtin_bit_cast(T, random.next_uint64());
    else
      any = __builtin_bit_cast(T, random.next_uint32());
    if (std::isfinite(any)) x.push_back(any);
    x.push_back(static_cast<T>(random.uniform(-40, 40)));
    x.push_back(static_cast<T>(random.uniform(-2, 2)));
    x.push_back(static_cast<T>(1 + random.uniform(-0.01, 0.01)));
  }
  return x;
}

/// NaN has many bits, which are not promised.
template <class T>
T one_nan(T x) {
  return x != x ? T(-12345) : x;
}

template <class T, class F>
void print_function(const std::string& name, F f) {
  std::vector<T> y;
  for (const T x : arguments<T>()) y.push_back(one_nan(f(x)));
  print(name + (sizeof(T) == 8 ? " float64" : " float32"), std::span<const T>(y));
}

template <class T>
void print_functions() {
  print_function<T>("exp", [](T x) { return exp(x); });
  print_function<T>("expm1", [](T x) { return expm1(x); });
  print_function<T>("log", [](T x) { return log(std::abs(x)); });
  print_function<T>("log1p", [](T x) { return log1p(x); });
  print_function<T>("log10", [](T x) { return log10(std::abs(x)); });
  print_function<T>("tanh", [](T x) { return tanh(x); });
  print_function<T>("sin", [](T x) { return sin(x); });
  print_function<T>("cos", [](T x) { return cos(x); });
  print_function<T>("erf", [](T x) { return erf(x); });
  print_function<T>("erfc", [](T x) { return erfc(x); });
  print_function<T>("pow", [](T x) { return pow(std::abs(x), T(2.75)); });
  print_function<T>("hypot", [](T x) { return hypot(x, T(1.375)); });
}

// ------------------------------------------------------------------------------------------------- what is drawn

void print_drawn() {
  RandomState random(7);
  print("uniforms", random.uniform(-3, 5, 1000));
  print("normals", random.normal(1, 2, 200000));
  std::vector<double> whole;
  for (const Index i : random.permutation(1000)) whole.push_back(static_cast<double>(i));
  for (const Index i : random.choice(1000, 500)) whole.push_back(static_cast<double>(i));
  const std::vector<double> p{0.125, 0.25, 0.5, 0.125};
  for (const Index i : random.choice(p, 500)) whole.push_back(static_cast<double>(i));
  print("permutations and choices", whole);
}

void print(const std::string& name, const Dataset& data) {
  std::vector<double> numbers(data.x.values().begin(), data.x.values().end());
  numbers.insert(numbers.end(), data.targets.values().begin(), data.targets.values().end());
  numbers.insert(numbers.end(), data.labels.begin(), data.labels.end());
  print(name, numbers);
}

void print_makers() {
  RandomState random(7);
  print("blobs", make_blobs({.samples = 200, .features = 3, .cluster_std = 1.5}, random));
  print("moons", make_moons({.samples = 201, .noise = 0.2}, random));
  print("circles", make_circles({.samples = 201, .noise = 0.1, .factor = 0.4}, random));
  print("spirals", make_spirals({.samples = 201, .arms = 3, .noise = 0.1}, random));
  print("xor", make_xor({.samples = 40, .noise = 0.1}, random));
  print("gaussian", make_gaussian({.samples = 201, .noise = 0.01}, random));
  const Dataset blobs = make_blobs({.samples = 100}, random);
  std::vector<double> rows;
  for (const Split& split : {split_rows(blobs, 0.3, random), split_rows(blobs, 0.3, random, true)})
    for (const auto& side : {split.train, split.test}) rows.insert(rows.end(), side.begin(), side.end());
  for (const Split& split : stratified_k_fold(blobs.labels, 4, random))
    rows.insert(rows.end(), split.test.begin(), split.test.end());
  print("splits", rows);
  print("linspace", linspace(-1, 2, 1001));
  for (const char* kind : {"standard", "min-max"})
    print(std::string("scaling ") + kind,
          Scaler::fit(parse_scaler_kind(kind), blobs.x.view()).transform(blobs.x).values());
}

void print_initialisers() {
  const Network network = parse_network("1x6x6-conv3k3relu-16tanh-3softmax");
  for (const char* text :
       {"standard-normal", "uniform:0.5", "glorot-uniform", "glorot-normal", "he-uniform", "he-normal"}) {
    RandomState random(3);
    print(std::string("initialiser ") + text, initial_parameters(network, parse_initializer(text), random));
  }
}

// ----------------------------------------------------------------------------------------------------------- training

enum class Answers { one_hot, zero_or_one, counts, numbers };

template <class T>
Matrix<T> drawn_targets(Answers answers, Index rows, Index cols, RandomState& random) {
  Matrix<T> t(rows, cols, T(0));
  for (Index i = 0; i < rows; ++i) {
    if (answers == Answers::one_hot) {
      t(i, static_cast<Index>(random.randint(0, cols))) = 1;
      continue;
    }
    for (Index j = 0; j < cols; ++j)
      t(i, j) = answers == Answers::numbers ? static_cast<T>(random.standard_normal())
                                            : static_cast<T>(random.randint(0, answers == Answers::counts ? 5 : 2));
  }
  return t;
}

struct Training {
  std::string name;
  std::string network;
  Answers answers = Answers::one_hot;
  FitOptions options{};
  Index samples = 23;
  Index batch = 5;
};

std::set<std::size_t> layers_seen;

/// What was learned, and what it predicts: for the engine by its Predictor or by lanes.
template <class T>
struct Trained {
  std::vector<T> theta;
  std::vector<double> losses;
  std::vector<T> outputs{};
};

template <class T>
Trained<T> train(const Training& training, Engine engine, Arithmetic arithmetic) {
  const Network network = parse_network(training.network);
  for (const Layer& layer : network.layers()) layers_seen.insert(layer.index());
  RandomState random(5);
  const Index samples = training.samples;
  Matrix<T> x(samples, network.takes_sequences() ? 4 * network.inputs() : network.inputs(), T(0));
  for (T& value : x.values()) value = static_cast<T>(random.standard_normal());
  const Matrix<T> targets = drawn_targets<T>(training.answers, samples, network.outputs(), random);
  std::vector<T> theta = initial_parameters<T>(network, parse_initializer("glorot"), random);
  FitOptions options = training.options;
  options.engine = engine;
  options.arithmetic = arithmetic;
  options.batch = training.batch;
  options.epochs = 6;
  const FitResult result = fit(network, theta, {x, targets}, options, random);
  Trained<T> trained{theta, result.history.loss};
  if (engine == Engine::definition) return trained;
  Matrix<T> y(samples, targets.cols(), T(0));
  const std::vector<T> state(result.state.begin(), result.state.end());
  for (const Index rows : {samples, Index{1}}) {
    engine::predict<T>(network, theta, x.view().middle_rows(0, rows), y.view().middle_rows(0, rows), state, arithmetic);
    trained.outputs.insert(trained.outputs.end(), y.values().begin(), y.values().end());
  }
  return trained;
}

template <class T>
void train_by_definition(const Training& training) {
  const Trained<T> trained = train<T>(training, Engine::definition, Arithmetic::automatic);
  const std::string name = training.name + (sizeof(T) == 8 ? " float64" : " float32");
  print(name, std::span<const T>(trained.theta));
  print(name + " history", trained.losses);
}

template <class T>
std::string engine_hash(const Training& training, Arithmetic arithmetic) {
  const Trained<T> trained = train<T>(training, Engine::automatic, arithmetic);
  return sha256(std::span<const T>(trained.theta)) + sha256(std::span<const double>(trained.losses)) +
         sha256(std::span<const T>(trained.outputs));
}

/// One line an arithmetic, if all instruction sets agree.
template <class Hash>
void print_engine(const std::string& name, Hash hash) {
  for (const Arithmetic arithmetic : {Arithmetic::fused, Arithmetic::plain}) {
    std::set<std::string> hashes;
    for (const std::string& set : engine::instruction_sets()) {
      engine::use_instruction_set(set);
      hashes.insert(sha256(hash(arithmetic)));
    }
    engine::use_instruction_set("");
    for (const std::string& one : hashes)
      std::printf("%s  %s: %s\n", one.c_str(), std::string(to_text(arithmetic)).c_str(), name.c_str());
  }
}

void train_by_engine(const Training& training) {
  print_engine(training.name, [&](Arithmetic arithmetic) {
    return engine_hash<double>(training, arithmetic) + engine_hash<float>(training, arithmetic);
  });
}

std::vector<Training> trainings;

void train_both(const Training& training) {
  train_by_definition<double>(training);
  train_by_definition<float>(training);
  trainings.push_back(training);
}

/// f of a default value of each alternative.
template <class Variant, class F>
void for_each_alternative(F f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) { (f(Variant(std::in_place_index<I>)), ...); }
  (std::make_index_sequence<std::variant_size_v<Variant>>());
}

void train_layers() {
  for (const char* activation :
       {"", "sigmoid", "tanh", "relu", "leakyrelu", "prelu", "hardsigmoid", "elu", "selu", "softplus", "softsign",
        "gelu", "silu", "mish", "hardswish", "exponential", "softmax", "logsoftmax"}) {
    const std::string text = activation;
    train_both({"layer " + (text.empty() ? "dense" : text), "4-6" + text + "-3softmax"});
  }
  train_both({"layer identity", "4-6-layernorm-identity-3softmax"});
  for (const char* text :
       {"1x6x6-conv3k3relu-maxpool2-3softmax", "1x6x6-conv2k3tanh-avgpool2-flatten-3softmax",
        "2x9-conv3k3tanh-maxpool2-3softmax", "2x9-conv3k3relu-avgpool2-3softmax",
        "1x6x6-conv3k3relu-batchnorm-globalavgpool-3softmax", "4-6tanh-dropout0.3-3softmax",
        "4-6relu-layernorm-3softmax", "4-6tanh-rmsnorm-3softmax", "4-6-batchnorm-tanh-3softmax",
        "4-6tanh-[6relu-6]+-3softmax", "seq2-4elman-3softmax", "seq2-4gru-3softmax", "seq2-4lstm:remember-3softmax"})
    train_both({std::string("network ") + text, text});
}

void train_losses() {
  for_each_alternative<LossFunction>([](const LossFunction& function) {
    Training t{"loss " + std::string(Loss{function}.name()), "4-5tanh-2", Answers::numbers, {.loss = {function}}};
    if (std::holds_alternative<CrossEntropy>(function) || std::holds_alternative<KlDivergence>(function))
      t.network = "4-5tanh-3softmax", t.answers = Answers::one_hot;
    if (std::holds_alternative<NegativeLogLikelihood>(function))
      t.network = "4-5tanh-3logsoftmax", t.answers = Answers::one_hot;
    if (std::holds_alternative<Hinge>(function)) t.network = "4-5tanh-3", t.answers = Answers::one_hot;
    if (std::holds_alternative<BinaryCrossEntropy>(function))
      t.network = "4-5tanh-1sigmoid", t.answers = Answers::zero_or_one;
    if (std::holds_alternative<MultiLabelCrossEntropy>(function))
      t.network = "4-5tanh-3sigmoid", t.answers = Answers::zero_or_one;
    if (std::holds_alternative<PerceptronCriterion>(function)) t.network = "4-1step", t.answers = Answers::zero_or_one;
    if (std::holds_alternative<Poisson>(function)) t.network = "4-5tanh-2exponential", t.answers = Answers::counts;
    train_both(t);
  });
  train_both({"loss with smoothing",
              "4-5tanh-3softmax",
              Answers::one_hot,
              {.loss = parse_loss("cross-entropy:smoothing=0.1")}});
}

void train_methods() {
  for_each_alternative<TrainingMethod>([](const TrainingMethod& method) {
    train_both({"method " + std::string(name(method)),
                "4-5tanh-2",
                Answers::numbers,
                {.loss = parse_loss("mse"), .optimizer = method}});
  });
  train_both({"method sgd with nesterov",
              "4-5tanh-2softmax",
              Answers::one_hot,
              {.loss = {}, .optimizer = parse_training_method("sgd:lr=0.1,momentum=0.9,nesterov")}});
  for_each_alternative<Schedule>([](Schedule schedule) {
    if (auto* steps = std::get_if<StepSchedule>(&schedule)) steps->every = 2;
    train_both(
        {"schedule " + to_text(schedule), "4-5tanh-2softmax", Answers::one_hot, {.loss = {}, .schedule = schedule}});
  });
  const Regularisation all{
      .l1 = 0.001, .l2 = 0.01, .clip_value = 0.5, .clip_norm = 0.4, .weight_decay = 0.1, .max_norm = 0.9};
  train_both({"regularisation", "4-5tanh-2softmax", Answers::one_hot, {.loss = {}, .regularisation = all}});
  train_both({"subnormal moments",
              "4-5relu-2softmax",
              Answers::one_hot,
              {.loss = {}, .optimizer = parse_training_method("adam:lr=1e-37,beta1=0.1,beta2=0.1")}});
}

// ---------------------------------------------------------------------------------------------------- the engine alone

/// The plans that `fit` chooses from, where pieces and lines end.
void train_plans() {
  const FitOptions online{.loss = {}, .optimizer = Sgd{.learning_rate = 0.05}};
  const FitOptions adam{.loss = {}, .optimizer = Adam{.learning_rate = 0.01}};
  for (const char* network : {"4-2softmax", "4-5relu-3softmax", "4-33tanh-20sigmoid-3softmax"})
    train_by_engine({std::string("online ") + network, network, Answers::one_hot, online, 23, 1});
  for (const Index batch : {1, 16, 17, 257, 300})
    train_by_engine({"batches of " + std::to_string(batch), "4-6tanh-3softmax", Answers::one_hot, adam, 301, batch});
  train_by_engine({"products", "12-130relu-3softmax", Answers::one_hot, adam, 40, 20});
}

template <class T>
std::string bank_hash(Index batch, Arithmetic arithmetic) {
  const Network network = parse_network("4-6tanh-3softmax");
  RandomState random(5);
  Matrix<T> x(37, 4, T(0));
  for (T& value : x.values()) value = static_cast<T>(random.standard_normal());
  const Matrix<T> targets = drawn_targets<T>(Answers::one_hot, x.rows(), 3, random);
  std::vector<std::vector<T>> thetas;
  std::vector<engine::BankLane<T>> lanes;
  for (std::uint32_t k = 0; k < 5; ++k)
    thetas.push_back(initial_parameters<T>(network, parse_initializer("glorot"), random));
  for (std::uint32_t k = 0; k < 5; ++k)
    lanes.push_back({.theta = thetas[k], .random = RandomState(k), .learning_rate = 0.01 * (k + 1), .l2 = 0.001 * k});
  engine::Bank<T> bank(network, x, targets, {.batch = batch, .arithmetic = arithmetic}, lanes);
  bank.train(5 * bank.updates_per_epoch());
  std::string hashes;
  for (Index k = 0; k < bank.lanes(); ++k) {
    bank.parameters(k, thetas[static_cast<std::size_t>(k)]);
    hashes += sha256(std::span<const T>(thetas[static_cast<std::size_t>(k)]));
  }
  return hashes;
}

void print_banks() {
  for (const Index batch : {1, 7})
    print_engine("bank with batches of " + std::to_string(batch), [&](Arithmetic arithmetic) {
      return bank_hash<double>(batch, arithmetic) + bank_hash<float>(batch, arithmetic);
    });
}

int print_all() {
  print_functions<double>();
  print_functions<float>();
  print_drawn();
  print_makers();
  print_initialisers();
  train_layers();
  train_losses();
  train_methods();
  for (const Training& training : trainings) train_by_engine(training);
  train_plans();
  print_banks();
  std::string sets;
  for (const std::string& set : engine::instruction_sets()) sets += (sets.empty() ? "engine with " : ", ") + set;
  std::fprintf(stderr, "%s\n", sets.c_str());
  // The step trains with the perceptron's criterion only, which train_losses does.
  if (layers_seen.size() == std::variant_size_v<Layer>) return 0;
  std::fprintf(stderr, "bits: expected all %zu kinds of layers to be trained, got %zu\n", std::variant_size_v<Layer>,
               layers_seen.size());
  for (std::size_t i = 0; i < std::variant_size_v<Layer>; ++i)
    if (!layers_seen.contains(i)) std::fprintf(stderr, "bits: layer %zu is missing\n", i);
  return 1;
}

}  // namespace
}  // namespace gradus

int main() { return gradus::print_all(); }
