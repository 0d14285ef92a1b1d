// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "gradus/core/elementary.hpp"
#include "gradus/nn/activation.hpp"
#include "gradus/nn/layer_memory.hpp"
#include "gradus/nn/layers/recurrent.hpp"
#include "gradus/nn/parameter_block.hpp"

namespace gradus {

/// Gated recurrent unit (Cho et al., 2014), the reset gate after the recurrent product as in cuDNN
///
///     r_t = sigmoid(x_t W_r + h_{t-1} U_r + b_r)
///     z_t = sigmoid(x_t W_z + h_{t-1} U_z + b_z)
///     q_t = h_{t-1} U_n + c
///     n_t = tanh(x_t W_n + b_n + r_t * q_t)
///     h_t = (1 - z_t) * n_t + z_t * h_{t-1},   h_0 = 0
///
/// x_t is (features), the others (units); rows and outputs as in `Recurrent`. Parameters, gates side by side in the
/// order r, z, n: W (features, 3 units), U (units, 3 units), b (3 units), c (units).
struct Gru : Recurrent {
  static constexpr std::string_view name = "gru";
  static constexpr Formulas formulas() {
    return {"h_t = (1 - z) n + z h_(t-1), r, z = sigmoid, n = tanh(x_t W + r q)",
            "dn = (1 - z) dh, dz = (h_(t-1) - n) dh, dh_(t-1) = z dh + ..."};
  }

  Index parameter_count() const { return 3 * (features + units) * units + 4 * units; }
  std::vector<ParameterBlock> parameter_blocks() const {
    const Index w = 3 * features * units;
    const Index u = 3 * units * units;
    return {{.name = "weights",
             .rows = features,
             .cols = 3 * units,
             .offset = 0,
             .fan_out = units,
             .derivative = by_weights},
            {.name = "recurrent weights",
             .rows = units,
             .cols = 3 * units,
             .offset = w,
             .fan_out = units,
             .derivative = by_recurrent},
            {.name = "bias", .rows = 1, .cols = 3 * units, .offset = w + u, .is_bias = true, .derivative = by_bias},
            {.name = "recurrent bias",
             .rows = 1,
             .cols = units,
             .offset = w + u + 3 * units,
             .is_bias = true,
             .derivative = by_bias}};
  }

  template <Number T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    const auto [w, u, b, c] = parts(theta);
    const Index n = steps(x.cols());
    memory.numbers.resize(static_cast<std::size_t>(x.rows() * n * 5 * units));
    memory.work.resize(static_cast<std::size_t>(7 * units));
    const std::span<T> work(memory.work);
    const std::span<T> before = detail::piece(work, 0, units);         // h_{t-1}
    const std::span<T> a = detail::piece(work, units, 3 * units);      // x_t W + b
    const std::span<T> s = detail::piece(work, 4 * units, 3 * units);  // h_{t-1} U, + c in its last part
    for (Index i = 0; i < x.rows(); ++i) {
      std::fill(before.begin(), before.end(), T(Scalar<T>(0)));
      for (Index t = 0; t < n; ++t) {
        if (is_cut(t, n)) detail::detach(before);
        std::copy(b.begin(), b.end(), a.begin());
        detail::add_product<T>(detail::piece(x.row(i), t * features, features), w, a);
        std::fill(s.begin(), s.begin() + 2 * units, T(Scalar<T>(0)));
        std::copy(c.begin(), c.end(), s.begin() + 2 * units);
        detail::add_product<T>(before, u, s);
        step<T>(a, s, before, saved(memory, i * n + t));
        if (every_step) std::copy(before.begin(), before.end(), y.row(i).begin() + t * units);
      }
      if (!every_step) std::copy(before.begin(), before.end(), y.row(i).begin());
    }
  }

  /// With dh the derivative by h_t, from its output and from step t + 1, and da_r, da_z, da_n those by what stands in
  /// the brackets of r, z, n:
  ///
  ///     da_n = dh * (1 - z) * (1 - n^2),   dq = da_n * r
  ///     da_r = da_n * q * r * (1 - r),     da_z = dh * (h_{t-1} - n) * z * (1 - z)
  ///     dW = sum_t x_t^T [da_r, da_z, da_n],       db = sum_t [da_r, da_z, da_n]
  ///     dU = sum_t h_{t-1}^T [da_r, da_z, dq],     dc = sum_t dq
  ///     dx_t = [da_r, da_z, da_n] W^T,             dh_{t-1} = dh * z + [da_r, da_z, dq] U^T
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta, LayerMemory<T>& memory) const {
    const auto [w, u, b, c] = parts(theta);
    const auto [dw, du, db, dc] = parts(dtheta);
    const Index n = steps(x.cols());
    std::fill(dtheta.begin(), dtheta.end(), T(0));
    memory.work.assign(static_cast<std::size_t>(8 * units), T(0));
    const std::span<T> work(memory.work);
    const std::span<T> dh = detail::piece(work, 0, units);
    const std::span<T> da = detail::piece(work, units, 3 * units);
    const std::span<T> ds = detail::piece(work, 4 * units, 3 * units);  // [da_r, da_z, dq]
    const std::span<T> zero = detail::piece(work, 7 * units, units);
    for (Index i = 0; i < x.rows(); ++i) {
      if (every_step)
        std::fill(dh.begin(), dh.end(), T(0));
      else
        std::copy_n(dy.row(i).begin(), units, dh.begin());
      for (Index t = n; t-- > 0;) {
        const std::span<T> before = t > 0 ? detail::piece(saved(memory, i * n + t - 1), 4 * units, units) : zero;
        for (std::size_t j = 0; every_step && j < dh.size(); ++j) dh[j] += dy(i, t * units + static_cast<Index>(j));
        step_derivative<T>(saved(memory, i * n + t), before, dh, da, ds);
        for (std::size_t j = 0; j < db.size(); ++j) db[j] += da[j];
        for (std::size_t j = 0; j < dc.size(); ++j) dc[j] += ds[2 * dc.size() + j];
        if (is_cut(t, n)) std::fill(dh.begin(), dh.end(), T(0));
        detail::add_product_derivative<T>(before, u, ds, is_cut(t, n) ? std::span<T>{} : dh, du);
        const std::span<T> dxt = dx.empty() ? std::span<T>{} : detail::piece(dx.row(i), t * features, features);
        std::fill(dxt.begin(), dxt.end(), T(0));
        detail::add_product_derivative<T>(detail::piece(x.row(i), t * features, features), w, da, dxt, dw);
      }
    }
  }

  bool operator==(const Gru&) const = default;

 private:
  template <class T>
  struct Parts {
    MatrixView<T> w, u;
    std::span<T> b, c;
  };
  template <class T>
  Parts<T> parts(std::span<T> theta) const {
    const Index w = 3 * features * units;
    const Index u = 3 * units * units;
    return {{theta.data(), features, 3 * units},
            {theta.data() + w, units, 3 * units},
            detail::piece(theta, w + u, 3 * units),
            detail::piece(theta, w + u + 3 * units, units)};
  }

  /// What is kept of one step: r, z, n, q, h.
  template <class T>
  std::span<T> saved(LayerMemory<T>& memory, Index step) const {
    return detail::piece(std::span<T>(memory.numbers), step * 5 * units, 5 * units);
  }

  /// The gates and the new state, which also replaces h.
  template <Number T>
  void step(std::span<const T> a, std::span<const T> s, std::span<T> h, std::span<T> keep) const {
    const std::size_t m = h.size();
    for (std::size_t j = 0; j < m; ++j) {
      const T r = activation::Sigmoid::value(a[j] + s[j]);
      const T z = activation::Sigmoid::value(a[m + j] + s[m + j]);
      const T q = s[2 * m + j];
      const T n = tanh(a[2 * m + j] + r * q);
      h[j] = (Scalar<T>(1) - z) * n + z * h[j];
      keep[j] = r;
      keep[m + j] = z;
      keep[2 * m + j] = n;
      keep[3 * m + j] = q;
      keep[4 * m + j] = h[j];
    }
  }

  /// From dh, what is written above for one step; dh becomes dh * z.
  template <std::floating_point T>
  void step_derivative(std::span<const T> keep, std::span<const T> before, std::span<T> dh, std::span<T> da,
                       std::span<T> ds) const {
    const std::size_t m = dh.size();
    for (std::size_t j = 0; j < m; ++j) {
      const T r = keep[j], z = keep[m + j], n = keep[2 * m + j], q = keep[3 * m + j];
      const T da_n = dh[j] * (1 - z) * (1 - n * n);
      da[2 * m + j] = da_n;
      ds[2 * m + j] = da_n * r;
      ds[j] = da[j] = da_n * q * r * (1 - r);
      ds[m + j] = da[m + j] = dh[j] * (before[j] - n) * z * (1 - z);
      dh[j] *= z;
    }
  }
};

}  // namespace gradus
