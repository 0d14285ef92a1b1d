// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "gradus/nn/pass.hpp"
#include "gradus/train/history.hpp"

/// Where a number first went non-finite, and why. Called once, when training has diverged: it may take its time.
namespace gradus {

/// What is known of the pass that went wrong. The forward pass is in the trace; the gradient may be unfinished.
template <std::floating_point T>
struct DivergedPass {
  std::span<const T> theta;
  std::span<const T> gradient;
  ConstMatrixView<T> x;
  ConstMatrixView<T> targets;
  T loss;  ///< NaN if it was not recorded
  bool recorded = true;
  double first_loss = 0;        ///< of the first update
  double last_loss = 0;         ///< the last finite one
  double largest_gradient = 0;  ///< of the update before
};

namespace detail {

/// What points at a cause.
struct DivergenceSigns {
  bool bad_input = false;
  bool bad_target = false;
  bool bad_parameter = false;
  bool in_exp = false;    // a layer that takes the exponential of its input as it is
  bool overflow = false;  // infinite, where NaN would come of it later
  /// What the loss takes logarithms of, if one of them was of 0.
  Logarithms of_zero = Logarithms::none;
  bool in_loss = false;
  bool first_update = false;
  double growth = 1;  // of the loss, from the first to the last finite one
  double largest_gradient = 0;
  double largest_parameter = 0;
  Index column = -1;  // of the bad input
};
std::string likely_cause(const DivergenceSigns& signs);

template <class T>
bool find_non_finite(ConstMatrixView<T> x, Index& row, Index& col) {
  for (Index i = 0; i < x.rows(); ++i)
    for (Index j = 0; j < x.cols(); ++j)
      if (!std::isfinite(x(i, j))) {
        row = i;
        col = j;
        return true;
      }
  return false;
}

template <class T>
bool all_finite(std::span<const T> values) {
  return std::all_of(values.begin(), values.end(), [](T value) { return std::isfinite(value); });
}

template <class T>
double largest_magnitude(std::span<const T> values) {
  double most = 0;
  for (const T value : values)
    if (std::isfinite(value)) most = std::max(most, std::abs(static_cast<double>(value)));
  return most;
}

/// The first row of the batch whose loss takes the logarithm of 0; -1 if none does.
template <std::floating_point T, class L>
Index log_of_zero(const BasicNetwork<L>& network, const LossFunction& loss, ConstMatrixView<T> targets,
                  const Trace<T>& trace) {
  const ConstMatrixView<T> outputs = trace.outputs.back().view();
  const Index width = network.outputs();
  const auto is_spoilt = [&]<class F>(const F& f) {
    if (F::logarithms == Logarithms::none || is_fused(network, loss)) return Index{-1};
    std::vector<T> derivative(static_cast<std::size_t>(width));
    for (Index i = 0; i < outputs.rows(); ++i)
      for (Index first = 0; first < outputs.cols(); first += width) {
        const auto part = [&](ConstMatrixView<T> of) {
          return of.row(i).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(width));
        };
        const std::span<const T> p = part(outputs);
        f.template gradient<T>(p, part(targets), derivative);
        const bool finite = std::isfinite(f.template value<T>(p, part(targets))) && all_finite<T>(derivative);
        if (!finite && all_finite<T>(p)) return i;
      }
    return Index{-1};
  };
  return std::visit(is_spoilt, loss);
}

}  // namespace detail

/// Fills in everything but epoch, batch, update and the sample's place in the training set: `sample` is the batch's
/// row.
template <std::floating_point T, class L>
Divergence find_divergence(const BasicNetwork<L>& network, const Loss& loss, const DivergedPass<T>& pass,
                           const Trace<T>& trace) {
  Divergence found;
  found.last_finite_loss = pass.last_loss;
  found.largest_gradient = pass.largest_gradient;
  detail::DivergenceSigns signs;
  signs.growth = std::abs(pass.last_loss) / std::max(std::abs(pass.first_loss), 1e-300);
  signs.largest_gradient = pass.largest_gradient;
  signs.largest_parameter = detail::largest_magnitude(pass.theta);
  Index row = -1;
  Index col = -1;
  signs.bad_input = detail::find_non_finite<T>(pass.x, row, col);
  if (signs.bad_input)
    signs.column = col;
  else
    signs.bad_target = detail::find_non_finite<T>(pass.targets, row, col);
  const auto name_block = [&](std::span<const T> values, const char* prefix, auto blocks) {
    for (const ParameterBlock& block : blocks)
      for (Index k = 0; k < block.size(); ++k)
        if (!std::isfinite(values[static_cast<std::size_t>(block.offset + k)])) {
          found.where = prefix + block.label();
          found.entry = k;
          return true;
        }
    return false;
  };
  std::vector<ParameterBlock> blocks = network.parameter_blocks();
  if (name_block(pass.theta, "", blocks)) {
    signs.bad_parameter = true;
  } else {
    for (std::size_t l = 0; l < network.size() && found.where.empty(); ++l) {
      if (!detail::find_non_finite<T>(trace.outputs[l], found.sample, found.unit)) continue;
      found.where = network.label(l) + " outputs";
      const T value = trace.outputs[l](found.sample, found.unit);
      signs.overflow = std::isinf(value);
      signs.in_exp = network.exponentials(l) == Exponentials::unbounded;
    }
    if (found.where.empty() && pass.recorded && !std::isfinite(pass.loss)) {
      found.where = "the loss";
      signs.in_loss = true;
      signs.overflow = std::isinf(pass.loss);
    }
    if (found.where.empty()) {
      std::reverse(blocks.begin(), blocks.end());
      if (!name_block(pass.gradient, "the gradient of ", blocks)) found.where = "the gradient";
    }
    // A logarithm of 0 spoils the loss, and with its derivative the gradient.
    if (found.where.find("outputs") == std::string::npos)
      if (const Index sample = detail::log_of_zero<T>(network, loss.function, pass.targets, trace); sample >= 0) {
        signs.of_zero = std::visit([](const auto& f) { return f.logarithms; }, loss.function);
        found.sample = sample;
      }
  }
  if (signs.bad_input || signs.bad_target) found.sample = row;
  signs.first_update = pass.largest_gradient == 0;
  found.cause = detail::likely_cause(signs);
  return found;
}

}  // namespace gradus
