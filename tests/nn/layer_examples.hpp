// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "gradus/nn/network.hpp"

/// Small examples of every layer, for tests that go through all of them. A layer without one does not compile there.
namespace gradus {

using Chain = std::vector<Layer>;

/// `chains(n)`: a few chains around a width n, each with the layer in it.
template <class L>
struct Example {};

template <>
struct Example<Dense> {
  static std::vector<Chain> chains(Index n) { return {{Dense{n, n + 1}}, {Dense{n, 2 * n, false}}}; }
};
template <class F>
struct Example<Elementwise<F>> {
  static std::vector<Chain> chains(Index n) { return {{Elementwise<F>{n}}}; }
};
template <>
struct Example<Softmax> {
  static std::vector<Chain> chains(Index n) { return {{Softmax{n}}}; }
};
template <>
struct Example<LogSoftmax> {
  static std::vector<Chain> chains(Index n) { return {{LogSoftmax{n}}}; }
};
template <>
struct Example<Prelu> {
  static std::vector<Chain> chains(Index n) { return {{Prelu{n, n}}, {Prelu{2 * n, 2}}, {Prelu{n, 1}}}; }
};
template <>
struct Example<Flatten> {
  static std::vector<Chain> chains(Index n) { return {{Flatten{n}}}; }
};
template <>
struct Example<Conv1d> {
  static std::vector<Chain> chains(Index n) {
    return {{Conv1d{{.channels = 1, .size = {1, n}, .kernel = {1, 1}}, 2}},
            {Conv1d{{.channels = 2, .size = {1, n + 2}, .kernel = {1, 3}, .stride = {1, 2}, .padding = {0, 1}}, 3}},
            {Conv1d{{.channels = 2, .size = {1, n + 4}, .kernel = {1, 3}, .dilation = {1, 2}}, 4, 2, false}}};
  }
};
template <>
struct Example<Conv2d> {
  static std::vector<Chain> chains(Index n) {
    return {
        {Conv2d{{.channels = 1, .size = {n, n + 1}, .kernel = {1, 2}}, 2}},
        {Conv2d{{.channels = 2, .size = {n + 1, 4}, .kernel = {2, 3}, .stride = {2, 1}, .padding = {1, 2}}, 3}},
        {Conv2d{
            {.channels = 4, .size = {5, n + 2}, .kernel = {3, 2}, .padding = {0, 1}, .dilation = {2, 1}}, 2, 2, false}},
        {Conv2d{{.channels = 3, .size = {2, n}, .kernel = {2, 1}, .stride = {3, 3}}, 3, 3}}};
  }
};
template <class P>
struct PoolExample1d {
  static std::vector<Chain> chains(Index n) {
    return {{P{{{.channels = 2, .size = {1, n + 1}, .kernel = {1, 2}, .stride = {1, 2}}}}},
            {P{{{.channels = 1, .size = {1, n + 2}, .kernel = {1, 3}, .padding = {0, 1}}}}},
            {P{{global_window(3, {1, n})}}}};
  }
};
template <class P>
struct PoolExample2d {
  static std::vector<Chain> chains(Index n) {
    return {{P{{{.channels = 2, .size = {n + 1, 4}, .kernel = {2, 2}, .stride = {2, 2}}}}},
            {P{{{.channels = 1, .size = {3, n + 2}, .kernel = {2, 3}, .stride = {2, 1}, .padding = {1, 1}}}}},
            {P{{global_window(2, {2, n})}}}};
  }
};
template <>
struct Example<MaxPool1d> : PoolExample1d<MaxPool1d> {};
template <>
struct Example<AveragePool1d> : PoolExample1d<AveragePool1d> {};
template <>
struct Example<MaxPool2d> : PoolExample2d<MaxPool2d> {};
template <>
struct Example<AveragePool2d> : PoolExample2d<AveragePool2d> {};

template <class L>
struct RecurrentExample {
  static std::vector<Chain> chains(Index n) {
    return {{L{{.features = n, .units = 3}}},
            {L{{.features = 2, .units = n, .every_step = true}}},
            {Dense{n, 2}, L{{.features = 2, .units = 2, .every_step = true}}, L{{.features = 2, .units = n}}},
            {L{{.features = n, .units = 2, .truncation = 2}}},
            {L{{.features = 1, .units = n, .every_step = true, .truncation = 3}}}};
  }
};
template <>
struct Example<Elman> : RecurrentExample<Elman> {};
template <>
struct Example<Gru> : RecurrentExample<Gru> {};
template <>
struct Example<Lstm> : RecurrentExample<Lstm> {};

template <>
struct Example<Dropout> {
  static std::vector<Chain> chains(Index n) { return {{Dropout{n, 0.4}}, {Dropout{n, 0}}}; }
};
template <>
struct Example<LayerNorm> {
  static std::vector<Chain> chains(Index n) { return {{LayerNorm{n}}, {LayerNorm{n, 0.1}}}; }
};
template <>
struct Example<RmsNorm> {
  static std::vector<Chain> chains(Index n) { return {{RmsNorm{n}}, {RmsNorm{n, 0.1}}}; }
};
template <>
struct Example<BatchNorm> {
  static std::vector<Chain> chains(Index n) { return {{BatchNorm{n}}, {BatchNorm{2, n, 0.3, 0.01}}}; }
};
template <>
struct Example<ResidualBegin> {
  static std::vector<Chain> chains(Index n) {
    return {{ResidualBegin{{n}}, Dense{n, n}, ResidualAdd{{n}}},
            {ResidualBegin{{n}}, Dense{n, 2}, ResidualBegin{{2}}, Elementwise<activation::Tanh>{2}, ResidualAdd{{2}},
             Dense{2, n}, ResidualAdd{{n}}}};
  }
};
template <>
struct Example<ResidualAdd> {
  static std::vector<Chain> chains(Index n) {
    return {{ResidualBegin{{n}}, Gru{{.features = n, .units = n, .every_step = true}}, ResidualAdd{{n}}}};
  }
};

template <class Variant, std::size_t I = 0, class F>
void for_each_alternative(F f) {
  if constexpr (I < std::variant_size_v<Variant>) {
    f(std::variant_alternative_t<I, Variant>{});
    for_each_alternative<Variant, I + 1>(f);
  }
}

/// Calls f(name, network) for every example of every layer around the widths 1, 2, 3, 7, 8 and 9.
template <class F>
void for_each_example(F f) {
  for_each_alternative<Layer>([&]<class L>(L) {
    for (const Index n : {1, 2, 3, 7, 8, 9})
      for (const Chain& chain : Example<L>::chains(n))
        f(std::string(L::name) + " around " + std::to_string(n), Network(chain));
  });
}

}  // namespace gradus
