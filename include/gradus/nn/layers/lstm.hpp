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

/// Long short-term memory (Hochreiter and Schmidhuber, 1997; with the forget gate of Gers et al., 2000)
///
///     i_t = sigmoid(x_t W_i + h_{t-1} U_i + b_i)        f_t, o_t likewise
///     g_t = tanh(x_t W_g + h_{t-1} U_g + b_g)
///     c_t = f_t * c_{t-1} + i_t * g_t,   h_t = o_t * tanh(c_t),   c_0 = h_0 = 0
///
/// x_t is (features), the others (units); rows and outputs as in `Recurrent`, with h the outputs. Parameters, gates
/// side by side in the order i, f, g, o: W (features, 4 units), U (units, 4 units), then the four biases. With
/// `remember` the biases of the forget gate start at 1 (Jozefowicz, Zaremba and Sutskever, 2015).
struct Lstm : Recurrent {
  static constexpr std::string_view name = "lstm";
  static constexpr Formulas formulas() {
    return {"c_t = f c_(t-1) + i g, h_t = o tanh(c_t)", "dc_t += o (1 - tanh(c_t)^2) dh_t, dc_(t-1) = f dc_t"};
  }

  bool remember = false;

  Index parameter_count() const { return 4 * (features + units + 1) * units; }
  std::vector<ParameterBlock> parameter_blocks() const {
    std::vector<ParameterBlock> blocks{{.name = "weights",
                                        .rows = features,
                                        .cols = 4 * units,
                                        .offset = 0,
                                        .fan_out = units,
                                        .derivative = by_weights},
                                       {.name = "recurrent weights",
                                        .rows = units,
                                        .cols = 4 * units,
                                        .offset = 4 * features * units,
                                        .fan_out = units,
                                        .derivative = by_recurrent}};
    Index offset = 4 * (features + units) * units;
    for (const char* bias : {"input gate bias", "forget gate bias", "cell bias", "output gate bias"}) {
      blocks.push_back(
          {.name = bias, .rows = 1, .cols = units, .offset = offset, .is_bias = true, .derivative = by_bias});
      offset += units;
    }
    if (remember) blocks[3].start = 1.0;
    return blocks;
  }

  template <Number T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    const auto [w, u, b] = parts(theta);
    const Index n = steps(x.cols());
    memory.numbers.resize(static_cast<std::size_t>(x.rows() * n * 7 * units));
    memory.work.resize(static_cast<std::size_t>(6 * units));
    const std::span<T> work(memory.work);
    const std::span<T> h = detail::piece(work, 0, units);
    const std::span<T> c = detail::piece(work, units, units);
    const std::span<T> a = detail::piece(work, 2 * units, 4 * units);
    for (Index i = 0; i < x.rows(); ++i) {
      std::fill(h.begin(), h.end(), T(Scalar<T>(0)));
      std::fill(c.begin(), c.end(), T(Scalar<T>(0)));
      for (Index t = 0; t < n; ++t) {
        if (is_cut(t, n)) {
          detail::detach(h);
          detail::detach(c);
        }
        std::copy(b.begin(), b.end(), a.begin());
        detail::add_product<T>(detail::piece(x.row(i), t * features, features), w, a);
        detail::add_product<T>(h, u, a);
        step<T>(a, h, c, saved(memory, i * n + t));
        if (every_step) std::copy(h.begin(), h.end(), y.row(i).begin() + t * units);
      }
      if (!every_step) std::copy(h.begin(), h.end(), y.row(i).begin());
    }
  }

  /// With dh and dc the derivatives by h_t and c_t, from the output of step t and from step t + 1, and da_i, ... those
  /// by what stands in the brackets:
  ///
  ///     dc <- dc + dh * o * (1 - tanh(c_t)^2)
  ///     da_o = dh * tanh(c_t) * o (1 - o),   da_i = dc * g * i (1 - i)
  ///     da_f = dc * c_{t-1} * f (1 - f),     da_g = dc * i * (1 - g^2)
  ///     dW = sum_t x_t^T da,   dU = sum_t h_{t-1}^T da,   db = sum_t da
  ///     dx_t = da W^T,   dh_{t-1} = da U^T,   dc_{t-1} = dc * f
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta, LayerMemory<T>& memory) const {
    const auto [w, u, b] = parts(theta);
    const auto [dw, du, db] = parts(dtheta);
    const Index n = steps(x.cols());
    std::fill(dtheta.begin(), dtheta.end(), T(0));
    memory.work.assign(static_cast<std::size_t>(7 * units), T(0));
    const std::span<T> work(memory.work);
    const std::span<T> dh = detail::piece(work, 0, units);
    const std::span<T> dc = detail::piece(work, units, units);
    const std::span<T> da = detail::piece(work, 2 * units, 4 * units);
    const std::span<T> zero = detail::piece(work, 6 * units, units);
    for (Index i = 0; i < x.rows(); ++i) {
      std::fill(dc.begin(), dc.end(), T(0));
      if (every_step)
        std::fill(dh.begin(), dh.end(), T(0));
      else
        std::copy_n(dy.row(i).begin(), units, dh.begin());
      for (Index t = n; t-- > 0;) {
        const std::span<T> before = t > 0 ? saved(memory, i * n + t - 1) : std::span<T>{};
        const std::span<T> h_before = t > 0 ? detail::piece(before, 6 * units, units) : zero;
        const std::span<T> c_before = t > 0 ? detail::piece(before, 4 * units, units) : zero;
        for (std::size_t j = 0; every_step && j < dh.size(); ++j) dh[j] += dy(i, t * units + static_cast<Index>(j));
        step_derivative<T>(saved(memory, i * n + t), c_before, dh, dc, da);
        for (std::size_t j = 0; j < db.size(); ++j) db[j] += da[j];
        std::fill(dh.begin(), dh.end(), T(0));
        if (is_cut(t, n)) std::fill(dc.begin(), dc.end(), T(0));
        detail::add_product_derivative<T>(h_before, u, da, is_cut(t, n) ? std::span<T>{} : dh, du);
        const std::span<T> dxt = dx.empty() ? std::span<T>{} : detail::piece(dx.row(i), t * features, features);
        std::fill(dxt.begin(), dxt.end(), T(0));
        detail::add_product_derivative<T>(detail::piece(x.row(i), t * features, features), w, da, dxt, dw);
      }
    }
  }

  bool operator==(const Lstm&) const = default;

 private:
  template <class T>
  struct Parts {
    MatrixView<T> w, u;
    std::span<T> b;
  };
  template <class T>
  Parts<T> parts(std::span<T> theta) const {
    return {{theta.data(), features, 4 * units},
            {theta.data() + 4 * features * units, units, 4 * units},
            detail::piece(theta, 4 * (features + units) * units, 4 * units)};
  }

  /// What is kept of one step: i, f, g, o, c, tanh(c), h.
  template <class T>
  std::span<T> saved(LayerMemory<T>& memory, Index step) const {
    return detail::piece(std::span<T>(memory.numbers), step * 7 * units, 7 * units);
  }

  /// The gates; h and c become those of the step.
  template <Number T>
  void step(std::span<const T> a, std::span<T> h, std::span<T> c, std::span<T> keep) const {
    const std::size_t m = h.size();
    for (std::size_t j = 0; j < m; ++j) {
      const T i = activation::Sigmoid::value(a[j]);
      const T f = activation::Sigmoid::value(a[m + j]);
      const T g = tanh(a[2 * m + j]);
      const T o = activation::Sigmoid::value(a[3 * m + j]);
      c[j] = f * c[j] + i * g;
      const T tanh_c = tanh(c[j]);
      h[j] = o * tanh_c;
      keep[j] = i;
      keep[m + j] = f;
      keep[2 * m + j] = g;
      keep[3 * m + j] = o;
      keep[4 * m + j] = c[j];
      keep[5 * m + j] = tanh_c;
      keep[6 * m + j] = h[j];
    }
  }

  /// From dh and dc, what is written above for one step; dc becomes that by c_{t-1}.
  template <std::floating_point T>
  void step_derivative(std::span<const T> keep, std::span<const T> c_before, std::span<const T> dh, std::span<T> dc,
                       std::span<T> da) const {
    const std::size_t m = dh.size();
    for (std::size_t j = 0; j < m; ++j) {
      const T i = keep[j], f = keep[m + j], g = keep[2 * m + j], o = keep[3 * m + j], tanh_c = keep[5 * m + j];
      dc[j] += dh[j] * o * (1 - tanh_c * tanh_c);
      da[j] = dc[j] * g * i * (1 - i);
      da[m + j] = dc[j] * c_before[j] * f * (1 - f);
      da[2 * m + j] = dc[j] * i * (1 - g * g);
      da[3 * m + j] = dh[j] * tanh_c * o * (1 - o);
      dc[j] *= f;
    }
  }
};

}  // namespace gradus
