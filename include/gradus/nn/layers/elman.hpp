// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "gradus/core/elementary.hpp"
#include "gradus/nn/layer_memory.hpp"
#include "gradus/nn/layers/recurrent.hpp"
#include "gradus/nn/parameter_block.hpp"

namespace gradus {

/// Elman's recurrent layer (1990), with tanh
///
///     h_t = tanh(x_t W + h_{t-1} U + b),   h_0 = 0
///
/// x_t is (features), h_t (units); rows and outputs as in `Recurrent`. Parameters: W (features, units), U (units,
/// units), b (units).
struct Elman : Recurrent {
  static constexpr std::string_view name = "elman";
  static constexpr Formulas formulas() {
    return {"h_t = tanh(x_t W + h_(t-1) U + b)", "da_t = (1 - h_t^2) dh_t, dx_t = da_t W^T, dh_(t-1) += da_t U^T"};
  }

  Index parameter_count() const { return (features + units + 1) * units; }
  std::vector<ParameterBlock> parameter_blocks() const {
    return {{.name = "weights", .rows = features, .cols = units, .offset = 0, .derivative = by_weights},
            {.name = "recurrent weights",
             .rows = units,
             .cols = units,
             .offset = features * units,
             .derivative = by_recurrent},
            {.name = "bias",
             .rows = 1,
             .cols = units,
             .offset = (features + units) * units,
             .is_bias = true,
             .derivative = by_bias}};
  }

  template <Number T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    const auto [w, u, b] = parts(theta);
    const Index n = steps(x.cols());
    memory.numbers.resize(static_cast<std::size_t>(x.rows() * n * units));
    memory.work.assign(static_cast<std::size_t>(units), T(Scalar<T>(0)));
    const std::span<T> before(memory.work);  // h_{t-1}
    for (Index i = 0; i < x.rows(); ++i) {
      std::fill(before.begin(), before.end(), T(Scalar<T>(0)));
      for (Index t = 0; t < n; ++t) {
        if (is_cut(t, n)) detail::detach(before);
        const std::span<T> h = detail::piece(std::span<T>(memory.numbers), (i * n + t) * units, units);
        std::copy(b.begin(), b.end(), h.begin());
        detail::add_product<T>(detail::piece(x.row(i), t * features, features), w, h);
        detail::add_product<T>(before, u, h);
        for (T& value : h) value = tanh(value);
        std::copy(h.begin(), h.end(), before.begin());
        if (every_step) std::copy(h.begin(), h.end(), y.row(i).begin() + t * units);
      }
      if (!every_step) std::copy(before.begin(), before.end(), y.row(i).begin());
    }
  }

  ///     da_t = (dh_t + da_{t+1} U^T) * (1 - h_t^2),   with dh_t the derivative by the output of step t, if it has any
  ///     dW = sum_t x_t^T da_t,   dU = sum_t h_{t-1}^T da_t,   db = sum_t da_t,   dx_t = da_t W^T
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta, LayerMemory<T>& memory) const {
    const auto [w, u, b] = parts(theta);
    const auto [dw, du, db] = parts(dtheta);
    const Index n = steps(x.cols());
    std::fill(dtheta.begin(), dtheta.end(), T(0));
    memory.work.assign(static_cast<std::size_t>(3 * units), T(0));
    const std::span<T> work(memory.work);
    const std::span<T> dh = detail::piece(work, 0, units);
    const std::span<T> da = detail::piece(work, units, units);
    const std::span<T> zero = detail::piece(work, 2 * units, units);
    for (Index i = 0; i < x.rows(); ++i) {
      if (every_step)
        std::fill(dh.begin(), dh.end(), T(0));
      else
        std::copy_n(dy.row(i).begin(), units, dh.begin());
      for (Index t = n; t-- > 0;) {
        const std::span<T> h = detail::piece(std::span<T>(memory.numbers), (i * n + t) * units, units);
        for (std::size_t j = 0; j < h.size(); ++j) {
          if (every_step) dh[j] += dy(i, t * units + static_cast<Index>(j));
          da[j] = dh[j] * (1 - h[j] * h[j]);
          db[j] += da[j];
        }
        std::fill(dh.begin(), dh.end(), T(0));
        const std::span<T> before = t > 0 ? std::span<T>(h.data() - units, h.size()) : zero;
        detail::add_product_derivative<T>(before, u, da, is_cut(t, n) ? std::span<T>{} : dh, du);
        const std::span<T> dxt = dx.empty() ? std::span<T>{} : detail::piece(dx.row(i), t * features, features);
        std::fill(dxt.begin(), dxt.end(), T(0));
        detail::add_product_derivative<T>(detail::piece(x.row(i), t * features, features), w, da, dxt, dw);
      }
    }
  }

  bool operator==(const Elman&) const = default;

 private:
  template <class T>
  struct Parts {
    MatrixView<T> w, u;
    std::span<T> b;
  };
  template <class T>
  Parts<T> parts(std::span<T> theta) const {
    return {{theta.data(), features, units},
            {theta.data() + features * units, units, units},
            detail::piece(theta, (features + units) * units, units)};
  }
};

}  // namespace gradus
