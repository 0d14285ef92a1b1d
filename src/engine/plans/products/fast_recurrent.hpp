// SPDX-License-Identifier: MIT
#pragma once

#include "engine/kernels/row_kernel.hpp"
#include "engine/plans/products/fast_layer.hpp"
#include "gradus/nn/layers/elman.hpp"
#include "gradus/nn/layers/gru.hpp"
#include "gradus/nn/layers/lstm.hpp"

/// Recurrent layers on whole batches. What does not wait for the step before is one product over all steps: x_t W
/// before the first step, dW, dU and dx after the last one. The equations are those of nn/layers/.
namespace gradus::engine {

/// Numbers that belong to each step of each sample: rows of `width`, sample by sample, step by step.
template <class T>
struct StepRows {
  T* data = nullptr;
  Index samples = 0;
  Index steps = 0;
  Index width = 0;

  /// Numbers [first, first + count) of step t, a sample a row.
  MatrixView<T> at(Index t, Index first, Index count) const {
    return {data + t * width + first, samples, count, steps * width};
  }
  /// The same of all steps, a step of a sample a row.
  MatrixView<T> all(Index first, Index count) const { return {data + first, samples * steps, count, width}; }
};

/// What the recurrent layers do alike.
template <class L>
struct FastRecurrent : Fast<L> {
  bool operator==(const FastRecurrent&) const = default;

 protected:
  template <class T>
  StepRows<T> rows(std::vector<T>& numbers, ConstMatrixView<T> x, Index width) const {
    const Index n = this->steps(x.cols());
    numbers.resize(static_cast<std::size_t>(x.rows() * n * width));
    return {numbers.data(), x.rows(), n, width};
  }
  template <class T>
  ConstMatrixView<T> steps_of(ConstMatrixView<T> x) const {
    return {x.data(), x.rows() * this->steps(x.cols()), this->features};
  }

  /// C = A B + D, where D is nothing, one row, or C itself.
  template <class T>
  void multiply(ConstMatrixView<T> a, ConstMatrixView<T> b, MatrixView<T> c, const T* d = nullptr) const {
    this->workshop->template multiply<T>(
        {a.rows(), b.cols(), a.cols(), {a.data(), a.stride()}, {b.data(), b.stride()}, c.data(), c.stride(), d});
  }
  /// C += A B
  template <class T>
  void add_product(ConstMatrixView<T> a, ConstMatrixView<T> b, MatrixView<T> c) const {
    this->workshop->template multiply<T>({a.rows(),
                                          b.cols(),
                                          a.cols(),
                                          {a.data(), a.stride()},
                                          {b.data(), b.stride()},
                                          c.data(),
                                          c.stride(),
                                          c.data(),
                                          c.stride()});
  }
  /// C = A B^T, or C += A B^T
  template <class T>
  void multiply_transposed(ConstMatrixView<T> a, ConstMatrixView<T> b, MatrixView<T> c, bool add) const {
    this->workshop->template multiply<T>({a.rows(),
                                          b.rows(),
                                          a.cols(),
                                          {a.data(), a.stride()},
                                          {b.data(), b.stride(), true},
                                          c.data(),
                                          c.stride(),
                                          add ? c.data() : nullptr,
                                          c.stride()});
  }
  /// C = A^T B
  template <class T>
  void transposed_multiply(ConstMatrixView<T> a, ConstMatrixView<T> b, MatrixView<T> c) const {
    this->workshop->template multiply<T>(
        {a.cols(), b.cols(), a.rows(), {a.data(), a.stride(), true}, {b.data(), b.stride()}, c.data(), c.stride()});
  }

  /// Outputs of step t from the states h, if it has any.
  template <class T>
  void put_out(ConstMatrixView<T> h, Index t, Index n, MatrixView<T> y) const {
    if (!this->every_step && t + 1 < n) return;
    const Index first = this->every_step ? t * this->units : 0;
    for (Index i = 0; i < h.rows(); ++i) std::copy_n(h.row(i).begin(), this->units, y.row(i).begin() + first);
  }
  /// dh += the derivative by the outputs of step t, if it has any.
  template <class T>
  void take_in(ConstMatrixView<T> dy, Index t, Index n, MatrixView<T> dh) const {
    if (!this->every_step && t + 1 < n) return;
    const Index first = this->every_step ? t * this->units : 0;
    for (Index i = 0; i < dh.rows(); ++i)
      for (Index j = 0; j < this->units; ++j) dh(i, j) += dy(i, first + j);
  }
  /// dU = sum over samples and steps of h_{t-1}^T d_t, where d_0 counts as 0: it is overwritten so.
  template <class T>
  void recurrent_gradient(const StepRows<T>& kept, Index h, const StepRows<T>& d, Index first, MatrixView<T> du) const {
    const MatrixView<T> start = d.at(0, first, du.cols());
    for (Index i = 0; i < start.rows(); ++i) std::fill_n(start.row(i).begin(), start.cols(), T(0));
    const Index rows = kept.samples * kept.steps;
    const ConstMatrixView<T> before = kept.all(h, this->units);
    const ConstMatrixView<T> all = d.all(first, du.cols());
    transposed_multiply<T>(before.middle_rows(0, rows - 1), all.middle_rows(1, rows - 1), du);
  }
  template <class T>
  static void clear(MatrixView<T> x) {
    for (Index i = 0; i < x.rows(); ++i) std::fill_n(x.row(i).begin(), x.cols(), T(0));
  }
};

struct FastElman : FastRecurrent<Elman> {
  template <std::floating_point T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    const ConstMatrixView<T> w(theta.data(), features, units), u(theta.data() + features * units, units, units);
    const StepRows<T> kept = rows(memory.numbers, x, units);
    multiply<T>(steps_of(x), w, kept.all(0, units), theta.data() + (features + units) * units);
    for (Index t = 0; t < kept.steps; ++t) {
      const MatrixView<T> h = kept.at(t, 0, units);
      if (t > 0) add_product<T>(kept.at(t - 1, 0, units), u, h);
      apply_function(Function::tanh, h, h);
      put_out<T>(h, t, kept.steps, y);
    }
  }

  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta, LayerMemory<T>& memory) const {
    const ConstMatrixView<T> w(theta.data(), features, units), u(theta.data() + features * units, units, units);
    const MatrixView<T> dw(dtheta.data(), features, units), du(dtheta.data() + features * units, units, units);
    const StepRows<T> kept = rows(memory.numbers, x, units);
    const StepRows<T> da = rows(memory.work, x, units);
    for (Index t = kept.steps; t-- > 0;) {
      const MatrixView<T> d = da.at(t, 0, units);
      if (t + 1 < kept.steps && !is_cut(t + 1, kept.steps))
        multiply_transposed<T>(da.at(t + 1, 0, units), u, d, false);
      else
        clear(d);
      take_in<T>(dy, t, kept.steps, d);
      apply_derivative(Function::tanh, kept.at(t, 0, units), d, d);
    }
    transposed_multiply<T>(steps_of(x), da.all(0, units), dw);
    sum_rows(da.all(0, units), dtheta.data() + (features + units) * units);
    if (!dx.empty()) multiply_transposed<T>(da.all(0, units), w, {dx.data(), x.rows() * kept.steps, features}, false);
    recurrent_gradient<T>(kept, 0, da, 0, du);
  }

  bool operator==(const FastElman&) const = default;
};

struct FastLstm : FastRecurrent<Lstm> {
  // Kept of a step: i, f, g, o, c, tanh(c), h.
  template <std::floating_point T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    const Index m = units;
    const ConstMatrixView<T> w(theta.data(), features, 4 * m), u(theta.data() + 4 * features * m, m, 4 * m);
    const StepRows<T> kept = rows(memory.numbers, x, 7 * m);
    multiply<T>(steps_of(x), w, kept.all(0, 4 * m), theta.data() + 4 * (features + m) * m);
    for (Index t = 0; t < kept.steps; ++t) {
      if (t > 0) add_product<T>(kept.at(t - 1, 6 * m, m), u, kept.at(t, 0, 4 * m));
      for (const auto& [first, count, f] :
           {Piece{0, 2 * m, Function::sigmoid}, Piece{2 * m, m, Function::tanh}, Piece{3 * m, m, Function::sigmoid}})
        apply_function(f, kept.at(t, first, count), kept.at(t, first, count));
      for (Index i = 0; i < kept.samples; ++i) {
        T* k = kept.at(t, 0, 7 * m).row(i).data();
        const T* before = t > 0 ? kept.at(t - 1, 4 * m, m).row(i).data() : nullptr;
        for (Index j = 0; j < m; ++j) k[4 * m + j] = (before ? k[m + j] * before[j] : T(0)) + k[j] * k[2 * m + j];
      }
      apply_function(Function::tanh, kept.at(t, 4 * m, m), kept.at(t, 5 * m, m));
      for (Index i = 0; i < kept.samples; ++i) {
        T* k = kept.at(t, 0, 7 * m).row(i).data();
        for (Index j = 0; j < m; ++j) k[6 * m + j] = k[3 * m + j] * k[5 * m + j];
      }
      put_out<T>(kept.at(t, 6 * m, m), t, kept.steps, y);
    }
  }

  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta, LayerMemory<T>& memory) const {
    const Index m = units;
    const ConstMatrixView<T> w(theta.data(), features, 4 * m), u(theta.data() + 4 * features * m, m, 4 * m);
    const MatrixView<T> dw(dtheta.data(), features, 4 * m), du(dtheta.data() + 4 * features * m, m, 4 * m);
    const StepRows<T> kept = rows(memory.numbers, x, 7 * m);
    const StepRows<T> d = rows(memory.work, x, 6 * m);  // da, dh, dc
    for (Index t = kept.steps; t-- > 0;) {
      const bool carried = t + 1 < kept.steps && !is_cut(t + 1, kept.steps);
      const MatrixView<T> dh = d.at(t, 4 * m, m);
      if (carried)
        multiply_transposed<T>(d.at(t + 1, 0, 4 * m), u, dh, false);
      else
        clear(dh);
      take_in<T>(dy, t, kept.steps, dh);
      for (Index i = 0; i < kept.samples; ++i)
        step_back(kept.at(t, 0, 7 * m).row(i).data(), t > 0 ? kept.at(t - 1, 4 * m, m).row(i).data() : nullptr,
                  carried ? d.at(t + 1, 5 * m, m).row(i).data() : nullptr, d.at(t, 0, 6 * m).row(i).data());
    }
    transposed_multiply<T>(steps_of(x), d.all(0, 4 * m), dw);
    sum_rows(d.all(0, 4 * m), dtheta.data() + 4 * (features + m) * m);
    if (!dx.empty()) multiply_transposed<T>(d.all(0, 4 * m), w, {dx.data(), x.rows() * kept.steps, features}, false);
    recurrent_gradient<T>(kept, 6 * m, d, 0, du);
  }

  bool operator==(const FastLstm&) const = default;

 private:
  struct Piece {
    Index first, count;
    Function f;
  };

  /// da and dc f, the derivative by c_{t-1}, of one sample, from dh and that of the step after, if it comes this far.
  template <class T>
  void step_back(const T* k, const T* c_before, const T* dc_after, T* d) const {
    const Index m = units;
    const T* dh = d + 4 * m;
    for (Index j = 0; j < m; ++j) {
      const T i = k[j], f = k[m + j], g = k[2 * m + j], o = k[3 * m + j], tanh_c = k[5 * m + j];
      const T dc = (dc_after ? dc_after[j] : T(0)) + dh[j] * o * (1 - tanh_c * tanh_c);
      d[j] = dc * g * i * (1 - i);
      d[m + j] = c_before ? dc * c_before[j] * f * (1 - f) : T(0);
      d[2 * m + j] = dc * i * (1 - g * g);
      d[3 * m + j] = dh[j] * tanh_c * o * (1 - o);
      d[5 * m + j] = dc * f;
    }
  }
};

struct FastGru : FastRecurrent<Gru> {
  // Kept of a step: r, z, n, q, h.
  template <std::floating_point T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    const Index m = units;
    const Parts<const T> p(theta.data(), features, m);
    const StepRows<T> kept = rows(memory.numbers, x, 5 * m);
    multiply<T>(steps_of(x), p.w, kept.all(0, 3 * m), p.b);
    for (Index t = 0; t < kept.steps; ++t) {
      const MatrixView<T> gates = kept.at(t, 0, 2 * m), q = kept.at(t, 3 * m, m);
      if (t > 0) {
        add_product<T>(kept.at(t - 1, 4 * m, m), p.u_gates, gates);
        multiply<T>(kept.at(t - 1, 4 * m, m), p.u_new, q, p.c);
      } else {
        for (Index i = 0; i < q.rows(); ++i) std::copy_n(p.c, m, q.row(i).begin());
      }
      apply_function(Function::sigmoid, gates, gates);
      for (Index i = 0; i < kept.samples; ++i) {
        T* k = kept.at(t, 0, 5 * m).row(i).data();
        for (Index j = 0; j < m; ++j) k[2 * m + j] += k[j] * k[3 * m + j];
      }
      apply_function(Function::tanh, kept.at(t, 2 * m, m), kept.at(t, 2 * m, m));
      for (Index i = 0; i < kept.samples; ++i) {
        T* k = kept.at(t, 0, 5 * m).row(i).data();
        const T* before = t > 0 ? kept.at(t - 1, 4 * m, m).row(i).data() : nullptr;
        for (Index j = 0; j < m; ++j)
          k[4 * m + j] = (1 - k[m + j]) * k[2 * m + j] + (before ? k[m + j] * before[j] : T(0));
      }
      put_out<T>(kept.at(t, 4 * m, m), t, kept.steps, y);
    }
  }

  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta, LayerMemory<T>& memory) const {
    const Index m = units;
    const Parts<const T> p(theta.data(), features, m);
    const Parts<T> dp(dtheta.data(), features, m);
    const StepRows<T> kept = rows(memory.numbers, x, 5 * m);
    const StepRows<T> d = rows(memory.work, x, 5 * m);  // da_r, da_z, da_n, dq, dh
    for (Index t = kept.steps; t-- > 0;) {
      const MatrixView<T> dh = d.at(t, 4 * m, m);
      if (t + 1 < kept.steps && !is_cut(t + 1, kept.steps)) {
        for (Index i = 0; i < kept.samples; ++i)
          for (Index j = 0; j < m; ++j) dh(i, j) = d.at(t + 1, 4 * m, m)(i, j) * kept.at(t + 1, m, m)(i, j);
        multiply_transposed<T>(d.at(t + 1, 0, 2 * m), p.u_gates, dh, true);
        multiply_transposed<T>(d.at(t + 1, 3 * m, m), p.u_new, dh, true);
      } else {
        clear(dh);
      }
      take_in<T>(dy, t, kept.steps, dh);
      for (Index i = 0; i < kept.samples; ++i)
        step_back(kept.at(t, 0, 5 * m).row(i).data(), t > 0 ? kept.at(t - 1, 4 * m, m).row(i).data() : nullptr,
                  d.at(t, 0, 5 * m).row(i).data());
    }
    transposed_multiply<T>(steps_of(x), d.all(0, 3 * m), dp.w);
    sum_rows(d.all(0, 3 * m), dp.b);
    sum_rows(d.all(3 * m, m), dp.c);
    if (!dx.empty()) multiply_transposed<T>(d.all(0, 3 * m), p.w, {dx.data(), x.rows() * kept.steps, features}, false);
    recurrent_gradient<T>(kept, 4 * m, d, 0, dp.u_gates);
    recurrent_gradient<T>(kept, 4 * m, d, 3 * m, dp.u_new);
  }

  bool operator==(const FastGru&) const = default;

 private:
  /// U in its two parts, for r and z and for n.
  template <class T>
  struct Parts {
    Parts(T* theta, Index features, Index m)
        : w(theta, features, 3 * m),
          u_gates(theta + 3 * features * m, m, 2 * m, 3 * m),
          u_new(theta + (3 * features + 2) * m, m, m, 3 * m),
          b(theta + 3 * (features + m) * m),
          c(b + 3 * m) {}
    MatrixView<T> w, u_gates, u_new;
    T* b;
    T* c;
  };

  /// The derivatives of one sample, from dh.
  template <class T>
  void step_back(const T* k, const T* before, T* d) const {
    const Index m = units;
    const T* dh = d + 4 * m;
    for (Index j = 0; j < m; ++j) {
      const T r = k[j], z = k[m + j], n = k[2 * m + j], q = k[3 * m + j];
      const T da_n = dh[j] * (1 - z) * (1 - n * n);
      d[2 * m + j] = da_n;
      d[3 * m + j] = da_n * r;
      d[j] = da_n * q * r * (1 - r);
      d[m + j] = dh[j] * ((before ? before[j] : T(0)) - n) * z * (1 - z);
    }
  }
};

}  // namespace gradus::engine
