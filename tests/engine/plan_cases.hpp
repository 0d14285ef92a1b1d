// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/random/random_state.hpp"

/// Networks, data and tolerances for tests of the engine against the definition.
namespace gradus::engine_test {

struct Case {
  std::string network;
  std::string loss;
};

/// Every function and head that is part of every kernel; widths 1, primes, around multiples of the lanes; depths 1 to
/// 5; without bias.
inline std::vector<Case> cases() {
  return {{"2-16tanh-2softmax", "cross-entropy"},
          {"2-16relu-2softmax", "cross-entropy"},
          {"4-8sigmoid-3softmax", "cross-entropy"},
          {"3-5softmax", "cross-entropy"},
          {"1-1tanh-1", "mse"},
          {"2-2sigmoid-1sigmoid", "mse"},
          {"3-17sigmoid-1sigmoid", "binary-cross-entropy"},
          {"5-7relu-3sigmoid", "binary-cross-entropy"},
          {"2-33tanh-4", "mse"},
          {"7-13tanh-11relu-5", "mse"},
          {"6-64relu-64tanh-10softmax", "cross-entropy"},
          {"31-19-4softmax", "cross-entropy"},
          {"2-1step", "perceptron"},
          {"4-6sigmoid-2step", "perceptron"},
          {"3-9tanh:nobias-2softmax:nobias", "cross-entropy"},
          {"70-3sigmoid-65tanh-2softmax", "cross-entropy"},
          {"2-4tanh-4sigmoid-4relu-3tanh-2", "mse"}};
}

/// The names of the activations f for which want(f).
template <class Want>
std::vector<std::string> activation_names(Want want) {
  std::vector<std::string> names;
  Activations::for_each([&](const auto& f) {
    if (want(f)) names.emplace_back(f.name);
  });
  return names;
}

/// What the batch plan takes besides: every other activation, loss and last layer, and dropout.
inline std::vector<Case> further_cases() {
  std::vector<Case> all;
  for (const std::string& name : activation_names([](const auto&) { return true; }))
    all.push_back({"3-4relu-5" + name + "-2", "mse"});
  AlternativesOf<LossFunction>::for_each([&]<class F>(const F&) {
    all.push_back({"3-5tanh-4" + std::string(F::Link::name), std::string(F::name)});
    all.push_back({"3-5tanh-4sigmoid", std::string(F::name)});
  });
  const std::vector<Case> chosen{{"3-17leakyrelu-2softmax", "cross-entropy"},
                                 {"3-9hardsigmoid-2softmax", "cross-entropy"},
                                 {"5-8elu-3softmax", "cross-entropy"},
                                 {"5-8selu-3", "huber:delta=0.5"},
                                 {"3-11softplus-2softplus", "mse"},
                                 {"3-4softsign-4gelu-1", "mae"},
                                 {"2-7silu-5mish-3softmax", "cross-entropy:smoothing=0.1"},
                                 {"2-6tanh-2exponential", "poisson"},
                                 {"2-6tanh-2softplus", "poisson"},
                                 {"4-5exponential-3softmax", "kl-divergence"},
                                 {"4-5relu-3logsoftmax", "nll"},
                                 {"4-5relu-3", "hinge"},
                                 {"4-5relu-1", "hinge"},
                                 {"3-5tanh-4sigmoid", "multi-label-cross-entropy"},
                                 {"3-5tanh-4sigmoid", "binary-cross-entropy:cut"},
                                 {"3-5tanh-3softmax", "cross-entropy:cut"},
                                 {"3-5tanh-4sigmoid", "mae"},
                                 {"3-5tanh-4softmax", "mse"},
                                 {"3-5tanh-4logsoftmax", "mse"},
                                 {"3-5tanh-4tanh", "huber"},
                                 {"3-dropout0.2-17relu-dropout0.5-9gelu-dropout0.1-3softmax", "cross-entropy"},
                                 {"3-dropout0.4-2sigmoid", "mae"}};
  all.insert(all.end(), chosen.begin(), chosen.end());
  return all;
}

template <class T>
struct Problem {
  Problem(const Case& c, Index samples, std::uint32_t seed)
      : network(parse_network(c.network)), loss(parse_loss(c.loss)) {
    RandomState random(seed);
    theta = initial_parameters<T>(network, {.kind = Initializer::Kind::uniform, .limit = 0.7}, random);
    x = Matrix<T>(samples, network.inputs());
    for (T& value : x.values()) value = static_cast<T>(random.uniform(-1.5, 1.5));
    targets = Matrix<T>(samples, network.outputs());
    for (Index i = 0; i < samples; ++i) {
      if (c.loss == "cross-entropy" && i % 3 != 2) {
        targets(i, random.randint(0, network.outputs())) = 1;
        continue;
      }
      for (Index j = 0; j < network.outputs(); ++j)  // distributions that sum to anything, targets between 0 and 1
        targets(i, j) = static_cast<T>(c.loss == "perceptron" ? std::round(random.uniform()) : random.uniform());
    }
  }

  /// With targets that `fit` takes: distributions that sum to 1.
  Problem as_fit_takes_it() const {
    Problem p = *this;
    const bool shares =
        std::visit([](const auto& f) { return f.targets == TargetsNeeded::distribution; }, loss.function);
    for (Index i = 0; shares && i < targets.rows(); ++i) {
      T sum = 0;
      for (const T t : targets.row(i)) sum += t;
      for (T& t : p.targets.row(i)) t /= sum;
    }
    return p;
  }

  Network network;
  Loss loss;
  std::vector<T> theta;
  Matrix<T> x;
  Matrix<T> targets;
};

template <class T>
double norm(const std::vector<T>& v) {
  double sum = 0;
  for (const T value : v) sum += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(sum);
}

template <class T>
double distance(const std::vector<T>& a, const std::vector<T>& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double difference = static_cast<double>(a[k]) - static_cast<double>(b[k]);
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

}  // namespace gradus::engine_test
