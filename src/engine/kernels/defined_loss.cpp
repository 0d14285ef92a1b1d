// SPDX-License-Identifier: MIT
#include "engine/kernels/defined_loss.hpp"

#include <cmath>

#include "gradus/core/elementary.hpp"

namespace gradus::engine {
namespace {

/// The derivative by z from that by the outputs y, in place; the formulas of softmax.hpp, log_softmax.hpp and
/// elementwise.hpp.
template <class T>
void through_function(Function f, std::span<const T> y, std::span<const T> slopes, std::span<T> d) {
  if (f == Function::softmax) {
    T mean = 0;
    for (std::size_t k = 0; k < d.size(); ++k) mean += d[k] * y[k];
    for (std::size_t k = 0; k < d.size(); ++k) d[k] = y[k] * (d[k] - mean);
  } else if (f == Function::log_softmax) {
    T sum = 0;
    for (const T value : d) sum += value;
    for (std::size_t k = 0; k < d.size(); ++k) d[k] -= exp(y[k]) * sum;
  } else {
    for (std::size_t k = 0; k < d.size(); ++k) d[k] *= slopes[k];
  }
}

/// Sample s of an array, as a row of its own.
template <class T>
std::span<const T> row_of(const DefinedLoss<T>& pass, const T* from, Index s, T* to) {
  const Index outputs = pass.net->outputs();
  for (Index u = 0; u < outputs; ++u) to[u] = from[u * pass.stride + s];
  return {to, static_cast<std::size_t>(outputs)};
}

}  // namespace

template <class T>
double run_defined_loss(const DefinedLoss<T>& pass) {
  const Description& net = *pass.net;
  const Index outputs = net.outputs();
  const Function function = net.stages.back().function;
  double sum = 0;
  std::visit(
      [&](const auto& loss) {
        for (Index s = 0; s < pass.samples; ++s) {
          const std::span<const T> p = row_of(pass, pass.outputs, s, pass.work);
          const std::span<const T> t = row_of(pass, pass.targets, s, pass.work + outputs);
          T* third = pass.work + 2 * outputs;
          const std::span<const T> z = net.fused ? row_of(pass, pass.logits, s, third) : std::span<const T>();
          if (pass.record) {
            const T value = net.fused ? loss.template value_from_logits<T>(z, t) : loss.template value<T>(p, t);
            sum += static_cast<double>(pass.weights[s] * value);
          }
          if (!pass.delta) continue;
          const std::span<T> d(pass.work + 3 * outputs, static_cast<std::size_t>(outputs));
          if (net.fused) {
            loss.template gradient_from_logits<T>(z, p, t, d);
          } else {
            loss.template gradient<T>(p, t, d);
            const bool rows = !is_elementwise(function);
            through_function<T>(function, p, rows ? std::span<const T>() : row_of(pass, pass.slopes, s, third), d);
          }
          for (Index u = 0; u < outputs; ++u)
            pass.delta[u * pass.stride + s] = pass.scale * pass.weights[s] * d[static_cast<std::size_t>(u)];
        }
      },
      net.loss);
  return sum;
}

template double run_defined_loss(const DefinedLoss<float>&);
template double run_defined_loss(const DefinedLoss<double>&);

}  // namespace gradus::engine
