// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gradus/nn/initializer.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/trace.hpp"
#include "gradus/random/random_state.hpp"
#include "tests/nn/layer_examples.hpp"

/// Networks with a loss and a batch, for tests of the gradient checker.
namespace gradus::testing_cases {

struct Case {
  std::string text;
  Network network;
  Loss loss;
  std::vector<double> theta;
  Matrix<double> x;
  Matrix<double> targets;
  std::vector<double> weights{};  ///< of the samples; empty: each counts once
};

/// Targets that every loss accepts: one-hot rows (for one output: 0 or 1).
inline Matrix<double> random_targets(Index samples, Index outputs, RandomState& random) {
  Matrix<double> targets(samples, outputs);
  for (Index i = 0; i < samples; ++i) {
    if (outputs == 1)
      targets(i, 0) = static_cast<double>(random.randint(0, 2));
    else
      targets(i, random.randint(0, outputs)) = 1;
  }
  return targets;
}

inline Case make_case(const std::string& text, const Loss& loss, Index samples, std::uint32_t seed) {
  RandomState random(seed);
  Case made{text + " " + std::string(loss.name()), parse_network(text), loss, {}, {}, {}};
  made.theta = initial_parameters(made.network, {.kind = Initializer::Kind::standard_normal}, random);
  made.x = random.standard_normal(samples, made.network.inputs());
  made.targets = random_targets(samples, made.network.outputs(), random);
  return made;
}

inline Case make_case(std::string text, Network network, const Loss& loss, Index samples, Index steps,
                      RandomState& random) {
  Case made{std::move(text), std::move(network), loss, {}, {}, {}};
  made.theta = initial_parameters(made.network, {.kind = Initializer::Kind::standard_normal}, random);
  made.x = random.standard_normal(samples, made.network.inputs() * steps);
  const Index cols = made.network.output_cols(made.x.cols());
  const Index width = made.network.outputs();
  const Matrix<double> rows = random_targets(samples * (cols / width), width, random);
  made.targets = Matrix<double>(samples, cols, rows.values());
  return made;
}

/// Every layer as a hidden one, and some losses, for faults to be planted in.
inline std::vector<Case> fault_cases() {
  std::vector<Case> cases{make_case("3-4tanh-3softmax", {CrossEntropy{}}, 5, 1),
                          make_case("2-5relu-3sigmoid", {BinaryCrossEntropy{}}, 7, 2),
                          make_case("3-4sigmoid-3relu-2", {MeanSquaredError{}, Reduction::sum}, 5, 3)};
  std::uint32_t seed = 10;
  for_each_alternative<Layer>([&]<class L>(L) {
    for (const Chain& chain : Example<L>::chains(3)) {
      RandomState random(++seed);
      const Network inner(chain);
      Chain layers{Dense{3, inner.inputs()}};
      layers.insert(layers.end(), chain.begin(), chain.end());
      layers.emplace_back(Dense{inner.outputs(), 3});
      layers.emplace_back(Softmax{3});
      cases.push_back(make_case(std::string(L::name), Network(layers), {CrossEntropy{}}, 6,
                                inner.takes_sequences() ? 4 : 1, random));
    }
  });
  return cases;
}

/// The chain in words.
inline std::string chain_text(const Network& network) {
  std::string text = std::to_string(network.inputs());
  for (std::size_t l = 0; l < network.size(); ++l)
    text += " > " + std::string(network.name(l)) + " " + std::to_string(network.outputs(l));
  return text;
}

/// What there was when the seeds that random_networks_test.cpp remembers were found: another list makes other networks
/// of them.
using LayersThen =
    TypeList<Dense, Elementwise<activation::Identity>, Elementwise<activation::Step>, Elementwise<activation::Sigmoid>,
             Elementwise<activation::Tanh>, Elementwise<activation::Relu>, Elementwise<activation::LeakyRelu>, Prelu,
             Elementwise<activation::HardSigmoid>, Elementwise<activation::Elu>, Elementwise<activation::Selu>,
             Elementwise<activation::Softplus>, Elementwise<activation::Softsign>, Elementwise<activation::Gelu>,
             Elementwise<activation::Silu>, Elementwise<activation::Mish>, Elementwise<activation::Exponential>,
             Softmax, LogSoftmax, Conv1d, Conv2d, MaxPool1d, MaxPool2d, AveragePool1d, AveragePool2d, Flatten, Elman,
             Gru, Lstm, Dropout, LayerNorm, BatchNorm, ResidualBegin, ResidualAdd>;
using LossesThen =
    TypeList<CrossEntropy, BinaryCrossEntropy, MeanSquaredError, PerceptronCriterion, MultiLabelCrossEntropy,
             MeanAbsoluteError, Huber, Poisson, Hinge, KlDivergence, NegativeLogLikelihood>;

/// A network, loss and batch of any kind, from a seed.
template <class Layers = AlternativesOf<Layer>, class Losses = AlternativesOf<LossFunction>>
class RandomCase {
 public:
  explicit RandomCase(std::uint32_t seed) : random_(seed) {}

  Case make() {
    Loss loss{pick_loss(), random_.randint(0, 2) ? Reduction::mean : Reduction::sum};
    Network network = make_network(loss.function);
    const Index steps = network.takes_sequences() ? random_.randint(1, 5) : 1;
    const Index samples = random_.randint(1, 12);
    std::string text = chain_text(network) + ", " + std::string(loss.name());
    Case made = make_case(std::move(text), std::move(network), loss, samples, steps, random_);
    const double size = random_.uniform(0.2, 1.2);  // of the parameters, some saturated, some nearly linear
    for (double& w : made.theta) w *= size;
    if (random_.randint(0, 3) == 0)
      for (Index i = 0; i < samples; ++i)
        made.weights.push_back(random_.randint(0, 5) == 0 ? 0 : random_.uniform(0, 3));
    return made;
  }

 private:
  /// Chains that no network may have, a sequence where only its last step is left for example, are drawn again.
  Network make_network(const LossFunction& loss) {
    for (;;) try {
        layers_.clear();
        width_ = random_.randint(1, 7);
        for (std::int64_t count = random_.randint(0, 4); count-- > 0;) add_stage();
        end_in_what_fits(loss);
        return Network(layers_);
      } catch (const Error&) {
        continue;
      }
  }

  void adapt(Index inputs) {
    if (inputs != width_) layers_.emplace_back(Dense{width_, inputs, random_.randint(0, 4) > 0});
    width_ = inputs;
  }

  void add_stage() {
    const auto chosen = static_cast<std::size_t>(random_.randint(0, static_cast<std::int64_t>(Layers::size)));
    const Index n = random_.randint(1, 8);
    std::size_t number = 0;
    if (layers_.empty()) adapt(random_.randint(1, 8));
    Layers::for_each([&]<class L>(L) {
      if (number++ != chosen) return;
      const std::vector<Chain> chains = Example<L>::chains(n);
      const Chain& chain =
          chains[static_cast<std::size_t>(random_.randint(0, static_cast<std::int64_t>(chains.size())))];
      const Network inner(chain);
      adapt(inner.inputs());
      layers_.insert(layers_.end(), chain.begin(), chain.end());
      width_ = inner.outputs();
    });
  }

  LossFunction pick_loss() {
    LossFunction loss;
    const auto chosen = static_cast<std::size_t>(random_.randint(0, static_cast<std::int64_t>(Losses::size)));
    std::size_t number = 0;
    Losses::for_each([&](auto f) {
      if (number++ == chosen) loss = f;
    });
    return loss;
  }

  /// Half of the time the loss's own link; else a sigmoid, whose outputs every loss takes.
  void end_in_what_fits(const LossFunction& loss) {
    const Index outputs = random_.randint(1, 5);
    layers_.emplace_back(Dense{width_, outputs});
    const bool linked = random_.randint(0, 2) == 0;
    std::visit(
        [&]<class F>(const F&) {
          if constexpr (requires { typename F::Link; })
            if constexpr (detail::is_one_of<typename F::Link, Layer>)
              if (linked) return static_cast<void>(layers_.emplace_back(typename F::Link{outputs}));
          layers_.emplace_back(Elementwise<activation::Sigmoid>{outputs});
        },
        loss);
  }

  RandomState random_;
  Index width_ = 1;
  std::vector<Layer> layers_;
};

/// A sound case made odd, as people's are: at a minimum, where numbers tie, of one sample, saturated, of all zeros, of
/// tiny weights on huge inputs, ... Of more kinds other seeds make other cases, so seeds are remembered with their
/// number.
inline Case make_odd(std::uint32_t seed, std::int64_t kinds = 18) {
  RandomState random(seed + 1'000'000);
  Case made = RandomCase(seed).make();
  const auto each = [](std::vector<double>& numbers, auto f) {
    for (double& number : numbers) number = f(number);
  };
  const auto halves = [](double v) { return std::nearbyint(2 * v) / 2; };
  switch (random.randint(0, kinds)) {
    case 0: {  // no residual, where the loss takes its own outputs for targets
      if (made.loss.name() == "hinge" || made.loss.name() == "nll") break;
      Trace<double> trace;
      trace.mode = Mode::training;
      trace.seed = 1;
      made.targets = Matrix<double>(forward(made.network, made.theta, made.x, trace));
      made.text += ", no residual";
      break;
    }
    case 1:
      each(made.theta, halves);
      each(made.x.values(), [](double v) { return std::clamp(std::nearbyint(v), -1.0, 1.0); });
      made.text += ", tied";
      break;
    case 2:
      each(made.x.values(), [&](double v) { return random.randint(0, 2) ? 0 : v; });
      made.text += ", zeros in x";
      break;
    case 3:
      each(made.theta, [](double v) { return v * 1e-6; });
      each(made.x.values(), [](double v) { return v * 1e6; });
      made.text += ", tiny weights on huge inputs";
      break;
    case 4:
      for (Index i = 1; i < made.x.rows(); ++i)
        std::copy(made.x.row(0).begin(), made.x.row(0).end(), made.x.row(i).begin());
      made.text += ", the same sample again and again";
      break;
    case 5:
      each(made.theta, [](double v) { return 5 * v; });
      made.text += ", saturated";
      break;
    case 6:
      std::fill(made.theta.begin(), made.theta.end(), 0.5);
      made.text += ", all parameters alike";
      break;
    case 7:
      for (const ParameterBlock& block : made.network.parameter_blocks())
        if (block.is_bias) std::fill_n(made.theta.begin() + block.offset, block.size(), 0.0);
      made.text += ", biases 0";
      break;
    case 8:
      std::fill(made.theta.begin(), made.theta.end(), 0.0);
      made.text += ", parameters 0";
      break;
    case 9:
      each(made.x.values(), [](double v) { return v * 1e-7; });
      made.text += ", tiny inputs";
      break;
    case 10:
      each(made.x.values(), [](double v) { return 100 + v; });
      made.text += ", inputs far from 0";
      break;
    case 12:
      each(made.theta, [&](double v) { return random.randint(0, 2) ? 0 : v; });
      made.text += ", half of the parameters 0";
      break;
    case 13:
      for (const ParameterBlock& block : made.network.parameter_blocks()) {
        const double size = std::pow(10.0, random.uniform(-3, 3));
        for (Index k = block.offset; k < block.offset + block.size(); ++k)
          made.theta[static_cast<std::size_t>(k)] *= size;
      }
      made.text += ", arrays of very different size";
      break;
    case 14:
      for (Index i = 0; i < made.x.rows(); ++i) made.x(i, 0) = made.x(i, made.x.cols() - 1) = 1;
      made.text += ", columns of 1";
      break;
    case 15:
      made.weights.assign(static_cast<std::size_t>(made.x.rows()), 0.0);
      made.weights.back() = 1;
      made.text += ", only the last sample has a weight";
      break;
    case 16:
      each(made.theta, [](double v) { return v * 1e-80; });
      made.text += ", parameters of 1e-80";
      break;
    case 17:
      each(made.theta, [](double v) { return std::nearbyint(v); });
      each(made.x.values(), [](double v) { return std::nearbyint(2 * v); });
      made.text += ", all whole numbers";
      break;
    default: break;
  }
  return made;
}

}  // namespace gradus::testing_cases
