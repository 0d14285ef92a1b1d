// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gradus/check/detail/sources.hpp"

namespace gradus::detail {

/// Derivatives of sum(dy * y) for one layer, by the tape.
template <class L>
class LayerDerivative {
 public:
  struct Result {
    std::vector<double> theta;
    Matrix<double> x;
  };

  LayerDerivative(const LossOfBatch<L>& f, std::uint64_t seed) : f_(f), theta_(f.theta.begin(), f.theta.end()) {
    set_mode(trace_, seed);
    Matrix<Var> x(f.x.rows(), f.x.cols());
    for (Index i = 0; i < f.x.rows(); ++i) std::copy(f.x.row(i).begin(), f.x.row(i).end(), x.row(i).begin());
    forward(f.network, theta_, x, trace_);
  }

  Result operator()(std::size_t l, ConstMatrixView<double> in, ConstMatrixView<double> dy) { return but(l, in, dy, 0); }
  /// The same where every number that `uses` others are made of counts as a constant; 0: none.
  Result but(std::size_t l, ConstMatrixView<double> in, ConstMatrixView<double> dy, std::uint32_t uses) {
    const bool closes = f_.network.visit(l, [](const auto& layer) {
      return requires { layer.closes_block; };
    });
    if (closes) return {{}, Matrix<double>(dy)};  // what the other end adds is a constant here
    tape_.clear();
    const std::span<Var> own = f_.network.slice(std::span<Var>(theta_), l);
    const std::span<const double> values = f_.network.slice(f_.theta, l);
    for (std::size_t k = 0; k < own.size(); ++k) own[k] = tape_.variable(values[k]);
    Matrix<Var> x(in.rows(), in.cols());
    for (Index i = 0; i < in.rows(); ++i)
      for (Index j = 0; j < in.cols(); ++j) x(i, j) = tape_.variable(in(i, j));
    forward_layer<Var>(f_.network, l, theta_, x.view(), trace_);
    const Matrix<Var>& y = trace_.outputs[l];
    Var sum = 0;
    for (Index i = 0; i < y.rows(); ++i)
      for (Index j = 0; j < y.cols(); ++j) sum += dy(i, j) * y(i, j);
    uses_ = tape_.uses();
    tape_.differentiate_but(std::span<const Var>(&sum, 1), [&](std::size_t i) { return uses > 0 && uses_[i] == uses; });
    Result result{{}, Matrix<double>(in.rows(), in.cols())};
    for (const Var& w : own) result.theta.push_back(tape_.derivative(w));
    for (std::size_t k = 0; k < x.values().size(); ++k) result.x.values()[k] = tape_.derivative(x.values()[k]);
    for (std::size_t k = 0; k < own.size(); ++k) own[k] = Var(values[k]);
    return result;
  }

  /// Of the last derivative: how often numbers are used, if more than once; not more than some of these counts.
  std::vector<std::uint32_t> shared_counts() const {
    std::vector<std::uint32_t> counts(uses_);
    std::sort(counts.begin(), counts.end());
    counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
    counts.erase(counts.begin(), std::find_if(counts.begin(), counts.end(), [](std::uint32_t n) { return n > 1; }));
    if (counts.size() > 12) counts.resize(12);
    return counts;
  }

  /// The layer's outputs for other inputs, with its parameters moved by `step` times `direction`, if there is one.
  Matrix<double> outputs(std::size_t l, ConstMatrixView<double> in, double step = 0,
                         std::span<const double> direction = {}) {
    const std::span<Var> own = f_.network.slice(std::span<Var>(theta_), l);
    const std::span<const double> values = f_.network.slice(f_.theta, l);
    for (std::size_t k = 0; k < direction.size(); ++k) own[k] = Var(values[k] + step * direction[k]);
    Matrix<Var> x(in.rows(), in.cols());
    for (Index i = 0; i < in.rows(); ++i) std::copy(in.row(i).begin(), in.row(i).end(), x.row(i).begin());
    forward_layer<Var>(f_.network, l, theta_, x.view(), trace_);
    for (std::size_t k = 0; k < direction.size(); ++k) own[k] = Var(values[k]);
    Matrix<double> y(trace_.outputs[l].rows(), trace_.outputs[l].cols());
    for (std::size_t k = 0; k < y.values().size(); ++k) y.values()[k] = trace_.outputs[l].values()[k].value();
    return y;
  }

 private:
  LossOfBatch<L> f_;
  std::vector<std::uint32_t> uses_;
  Tape tape_;
  std::vector<Var> theta_;
  Trace<Var> trace_;
};

}  // namespace gradus::detail
