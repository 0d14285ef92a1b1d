// SPDX-License-Identifier: MIT
#include "gradus/optim/regularisation.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "gradus/core/elementary.hpp"
#include "gradus/core/number.hpp"

namespace gradus {
namespace {

template <class T>
std::span<T> part(std::span<T> all, const ParameterBlock& block) {
  return all.subspan(static_cast<std::size_t>(block.offset), static_cast<std::size_t>(block.size()));
}

}  // namespace

void check(const Regularisation& r) {
  const auto check_number = [](double x, const char* what) {
    if (!(x >= 0) || !std::isfinite(x))
      throw ValueError(std::string("[fit] expected ") + what + " to be a finite number of at least 0, got " +
                       number_text(x));
  };
  check_number(r.l1, "l1");
  check_number(r.l2, "l2");
  check_number(r.clip_value, "clip_value");
  check_number(r.clip_norm, "clip_norm");
  check_number(r.weight_decay, "weight_decay");
  check_number(r.max_norm, "max_norm");
}

template <std::floating_point T>
T add_penalty(const Regularisation& r, std::span<const ParameterBlock> blocks, double samples, std::span<const T> theta,
              std::span<T> gradient) {
  if (r.l1 == 0 && r.l2 == 0) return 0;
  const double share = r.share(samples);
  const T l1 = static_cast<T>(r.l1 * share);
  const T l2 = static_cast<T>(r.l2 * share);
  T absolute = 0;
  T squares = 0;
  for (const ParameterBlock& block : blocks) {
    if (block.is_bias) continue;
    const std::span<const T> w = part(theta, block);
    const std::span<T> g = part(gradient, block);
    for (std::size_t k = 0; k < w.size(); ++k) {
      absolute += std::abs(w[k]);
      squares += w[k] * w[k];
      g[k] += l2 * w[k] + (w[k] > 0 ? l1 : w[k] < 0 ? -l1 : T(0));
    }
  }
  return l1 * absolute + l2 / 2 * squares;
}

template <std::floating_point T>
void clip(const Regularisation& r, std::span<T> gradient) {
  if (r.clip_value > 0) {
    const T most = static_cast<T>(r.clip_value);
    for (T& g : gradient) g = g > most ? most : g < -most ? -most : g;
  }
  if (r.clip_norm == 0) return;
  T norm = 0;
  for (const T g : gradient) norm = hypot(norm, g);
  if (!(norm > static_cast<T>(r.clip_norm))) return;
  const T factor = static_cast<T>(r.clip_norm) / norm;
  for (T& g : gradient) g *= factor;
}

template <std::floating_point T>
void decay_weights(const Regularisation& r, std::span<const ParameterBlock> blocks, double learning_rate,
                   std::span<T> theta) {
  if (r.weight_decay == 0) return;
  const T share = static_cast<T>(learning_rate * r.weight_decay);
  for (const ParameterBlock& block : blocks)
    if (!block.is_bias)
      for (T& w : part(theta, block)) w -= share * w;
}

template <std::floating_point T>
void limit_norms(const Regularisation& r, std::span<const ParameterBlock> blocks, std::span<T> theta) {
  if (r.max_norm == 0) return;
  const T most = static_cast<T>(r.max_norm);
  for (const ParameterBlock& block : blocks) {
    if (block.is_bias) continue;
    const MatrixView<T> w{part(theta, block).data(), block.rows, block.cols};
    for (Index j = 0; j < w.cols(); ++j) {
      T norm = 0;
      for (Index i = 0; i < w.rows(); ++i) norm = hypot(norm, w(i, j));
      if (!(norm > most)) continue;
      for (Index i = 0; i < w.rows(); ++i) w(i, j) *= most / norm;
    }
  }
}

template double add_penalty(const Regularisation&, std::span<const ParameterBlock>, double, std::span<const double>,
                            std::span<double>);
template float add_penalty(const Regularisation&, std::span<const ParameterBlock>, double, std::span<const float>,
                           std::span<float>);
template void clip(const Regularisation&, std::span<double>);
template void clip(const Regularisation&, std::span<float>);
template void decay_weights(const Regularisation&, std::span<const ParameterBlock>, double, std::span<double>);
template void decay_weights(const Regularisation&, std::span<const ParameterBlock>, double, std::span<float>);
template void limit_norms(const Regularisation&, std::span<const ParameterBlock>, std::span<double>);
template void limit_norms(const Regularisation&, std::span<const ParameterBlock>, std::span<float>);

}  // namespace gradus
