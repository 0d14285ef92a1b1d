// SPDX-License-Identifier: MIT
#include "test_vector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <variant>

#include "gradus/nn/pass.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

constexpr double kRoundoff = std::numeric_limits<double>::epsilon() / 2;
constexpr Index kTestRows = 4;

using Row = std::span<const double>;

std::vector<double> error_after(const Dense& layer, std::span<const double> theta, Row x, Row /*y*/, Row error) {
  std::vector<double> out(static_cast<std::size_t>(layer.out), 0.0);
  const double growth = static_cast<double>(layer.in + 2) * kRoundoff;
  for (std::size_t k = 0; k < x.size(); ++k)
    for (std::size_t j = 0; j < out.size(); ++j)
      out[j] += std::abs(theta[k * out.size() + j]) * (error[k] + growth * std::abs(x[k]));
  if (layer.bias)
    for (std::size_t j = 0; j < out.size(); ++j) out[j] += growth * std::abs(theta[x.size() * out.size() + j]);
  return out;
}

/// Activations whose slope is at most 1.
template <class F>
inline constexpr bool is_bounded = detail::is_one_of<
    F, std::variant<activation::Identity, activation::Step, activation::Sigmoid, activation::Tanh, activation::Relu>>;

template <class F>
requires is_bounded<F> std::vector<double> error_after(const Elementwise<F>&, std::span<const double>, Row z, Row y,
                                                       Row error) {
  std::vector<double> out(error.begin(), error.end());
  for (std::size_t j = 0; j < out.size(); ++j) {
    if constexpr (std::is_same_v<F, activation::Step>)
      out[j] = std::abs(z[j]) <= error[j] ? 1.0 : 0.0;
    else
      out[j] += 8 * kRoundoff * (1 + std::abs(y[j]));
  }
  return out;
}

std::vector<double> error_after(const Softmax&, std::span<const double>, Row, Row y, Row error) {
  double worst = 0;
  for (const double e : error) worst = std::max(worst, e);
  const double growth = static_cast<double>(y.size() + 8) * kRoundoff;
  return std::vector<double>(y.size(), 2 * worst + growth);
}

template <class L>
concept HasErrorBound = requires(const L layer, Row row) {
  error_after(layer, row, row, row, row);
};

bool has_error_bound(const Network& network) {
  bool all = true;
  for (std::size_t l = 0; l < network.size(); ++l)
    network.visit(l, [&]<class L>(const L&) { all = all && HasErrorBound<L>; });
  return all;
}

/// Where a layer has no bound: how far the outputs move if parameters and inputs are off by as much as the roundings of
/// a sum behind them could put them, in a few random trials; times a margin for what the trials did not find.
Matrix<double> measured_tolerance(const Model& model, const Matrix<double>& x) {
  constexpr int kTrials = 4;
  constexpr double kMargin = 64;
  double longest = static_cast<double>(x.cols());
  for (std::size_t l = 0; l < model.network.size(); ++l)
    longest = std::max(longest, static_cast<double>(model.network.inputs(l) + model.network.outputs(l)));
  const double size = longest * kRoundoff;
  const Matrix<double> y = predict(model.network, model.theta, x, model.state);
  Matrix<double> tolerance(y.rows(), y.cols());
  RandomState random(21);
  const auto shake = [&](std::vector<double>& values) {
    for (double& value : values) value *= 1 + size * random.uniform(-1, 1);
  };
  for (int trial = 0; trial < kTrials; ++trial) {
    Model shaken = model;
    Matrix<double> inputs = x;
    shake(shaken.theta);
    shake(inputs.values());
    const Matrix<double> moved = predict(shaken.network, shaken.theta, inputs, shaken.state);
    for (std::size_t k = 0; k < tolerance.values().size(); ++k) {
      const double bound =
          kMargin * (std::abs(moved.values()[k] - y.values()[k]) + size * (1 + std::abs(y.values()[k])));
      double& worst = tolerance.values()[k];
      worst = std::isnan(bound) ? std::numeric_limits<double>::infinity() : std::max(worst, bound);
    }
  }
  return tolerance;
}

}  // namespace

Index test_width(const Model& model) {
  return model.filling.empty() ? model.network.inputs() : static_cast<Index>(model.filling.size());
}

Matrix<double> test_inputs(const Model& model) {
  RandomState random(20);
  Matrix<double> x = random.uniform(-1, 1, kTestRows, test_width(model));
  if (!model.scaler) return x;
  // Standard scaling puts the data within about two units of 0, min-max scaling within [0, 1].
  const bool standard = model.scaler->kind == Scaler::Kind::standard;
  for (Index i = 0; i < kTestRows; ++i)
    for (Index j = 0; j < x.cols(); ++j) {
      const auto column = static_cast<std::size_t>(j % model.network.inputs());  // each step is scaled alike
      const double scaled = standard ? 2 * x(i, j) : (x(i, j) + 1) / 2;
      x(i, j) = model.scaler->shift[column] + model.scaler->scale[column] * scaled;
    }
  return x;
}

Matrix<double> replay_tolerance(const Model& model, ConstMatrixView<double> x) {
  const Network& network = model.network;
  const Matrix<double> scaled = model.scaled(x);
  if (!has_error_bound(network)) return measured_tolerance(model, scaled);
  Trace<double> trace;
  forward(network, std::span<const double>(model.theta), scaled, trace);
  Matrix<double> tolerance(x.rows(), network.outputs());
  for (Index i = 0; i < x.rows(); ++i) {
    std::vector<double> error(static_cast<std::size_t>(x.cols()));
    for (std::size_t j = 0; j < error.size(); ++j) {
      error[j] = 2 * kRoundoff * std::abs(scaled(i, static_cast<Index>(j)));
      if (model.scaler) {
        const double reach = std::abs(x(i, static_cast<Index>(j))) + std::abs(model.scaler->shift[j]);
        error[j] += 2 * kRoundoff * reach / model.scaler->scale[j];
      }
    }
    for (std::size_t l = 0; l < network.size(); ++l) {
      const Row in = l > 0 ? Row(trace.outputs[l - 1].row(i)) : Row(scaled.row(i));
      const Row out = trace.outputs[l].row(i);
      const auto theta = network.slice(std::span<const double>(model.theta), l);
      network.visit(l, [&]<class L>(const L& layer) {
        if constexpr (HasErrorBound<L>) error = error_after(layer, theta, in, out, error);
      });
    }
    for (std::size_t j = 0; j < error.size(); ++j) {
      const double bound = 2 * error[j];
      tolerance(i, static_cast<Index>(j)) = std::isnan(bound) ? std::numeric_limits<double>::infinity() : bound;
    }
  }
  return tolerance;
}

}  // namespace gradus
