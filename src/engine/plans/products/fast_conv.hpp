// SPDX-License-Identifier: MIT
#pragma once

#include "engine/plans/products/fast_layer.hpp"
#include "gradus/nn/layers/conv.hpp"
#include "gradus/nn/layers/pool.hpp"

namespace gradus::engine {

/// Calls f(cell, input, place, count) for every cell of the window in turn and every row of places where it lies inside
/// the picture: places `place` + k meet inputs `input` + k * stride, k < count. For the first channel.
template <class F>
void for_each_run(const Window& w, F f) {
  const Index across = w.places().width;
  for (Index ky = 0; ky < w.kernel.height; ++ky)
    for (Index kx = 0; kx < w.kernel.width; ++kx) {
      const CellRange rows = w.rows_under(ky);
      const CellRange cols = w.cols_under(kx);
      if (cols.first == cols.last) continue;
      for (Index py = rows.first; py < rows.last; ++py)
        f(ky * w.kernel.width + kx, w.input_row(py, ky) * w.size.width + w.input_col(cols.first, kx),
          py * across + cols.first, cols.last - cols.first);
    }
}

/// The convolution as a matrix product (Chellapilla, Puri and Simard, 2006). What lies under the window's cells is
/// unfolded into U (cells, places), one sample at a time, with a row of ones below it for the bias, which lies below
/// the weights: then, for each group of filters,
///
///     Y_i = [W; b]^T [U_i; 1],   [dW; db] = sum_i [U_i; 1] dY_i^T,   dU_i = W dY_i, folded back into dX_i
template <int dims>
struct FastConv : Fast<Conv<dims>> {
  template <std::floating_point T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    memory.work.resize(static_cast<std::size_t>(this->workshop->threads() * unfolded()));
    each_sample(x.rows(), [&](Index i, int member) {
      T* u = memory.work.data() + member * unfolded();
      for (Index g = 0; g < this->groups; ++g) {
        unfold(g, x.data() + i * x.stride(), u);
        this->workshop->template multiply_alone<T>(member,
                                                   {.rows = group_filters(),
                                                    .cols = places(),
                                                    .depth = depth(),
                                                    .a = {theta.data() + g * group_filters(), this->filters, true},
                                                    .b = {u, places()},
                                                    .c = part(y, i, g),
                                                    .c_stride = places()});
      }
    });
  }

  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta, LayerMemory<T>& memory) const {
    std::fill(dtheta.begin(), dtheta.end(), T(0));
    T* u = memory.work.data();
    for (Index i = 0; i < x.rows(); ++i)
      for (Index g = 0; g < this->groups; ++g) {
        unfold(g, x.data() + i * x.stride(), u);
        T* dw = dtheta.data() + g * group_filters();
        this->workshop->template multiply<T>({.rows = depth(),
                                              .cols = group_filters(),
                                              .depth = places(),
                                              .a = {u, places()},
                                              .b = {part(dy, i, g), places(), true},
                                              .c = dw,
                                              .c_stride = this->filters,
                                              .d = dw,
                                              .d_stride = this->filters});
      }
    if (dx.empty()) return;
    each_sample(x.rows(), [&](Index i, int member) {
      T* du = memory.work.data() + member * unfolded();
      T* to = dx.data() + i * dx.stride();
      std::fill_n(to, dx.cols(), T(0));
      for (Index g = 0; g < this->groups; ++g) {
        this->workshop->template multiply_alone<T>(member, {.rows = this->cells(),
                                                            .cols = places(),
                                                            .depth = group_filters(),
                                                            .a = {theta.data() + g * group_filters(), this->filters},
                                                            .b = {part(dy, i, g), places()},
                                                            .c = du,
                                                            .c_stride = places()});
        fold(g, du, to);
      }
    });
  }

  bool operator==(const FastConv&) const = default;

 private:
  Index places() const { return this->window.places().size(); }
  Index channels() const { return this->window.channels / this->groups; }  // of a group
  Index group_filters() const { return this->filters / this->groups; }
  Index depth() const { return this->cells() + (this->bias ? 1 : 0); }
  Index unfolded() const { return depth() * places(); }
  /// A sample's outputs of group g: (filters of the group, places).
  template <class T>
  T* part(MatrixView<T> y, Index i, Index g) const {
    return y.data() + i * y.stride() + g * group_filters() * places();
  }

  template <class F>
  void each_sample(Index samples, const F& f) const {
    this->workshop->share(samples, unfolded() * group_filters() * this->groups / 16,
                          [&](Index first, Index count, int member) {
                            for (Index i = first; i < first + count; ++i) f(i, member);
                          });
  }

  template <class T>
  void unfold(Index g, const T* x, T* u) const {
    const Index inside = this->cells() * places();
    if (this->window.padding != Extent{0, 0}) std::fill_n(u, inside, T(0));
    const Index stride = this->window.stride.width;
    for_each_channel(g, [&](Index row, Index input, Index place, Index count) {
      const T* from = x + input;
      T* to = u + row * places() + place;
      if (stride == 1 && count >= kLongRun) {
        std::copy_n(from, count, to);
      } else {
        for (Index k = 0; k < count; ++k) to[k] = from[k * stride];
      }
    });
    if (this->bias) std::fill_n(u + inside, places(), T(1));
  }
  template <class T>
  void fold(Index g, const T* du, T* dx) const {
    const Index stride = this->window.stride.width;
    for_each_channel(g, [&](Index row, Index input, Index place, Index count) {
      const T* from = du + row * places() + place;
      T* to = dx + input;
      for (Index k = 0; k < count; ++k) to[k * stride] += from[k];
    });
  }
  /// Numbers from which on a call to copy them pays.
  static constexpr Index kLongRun = 32;
  template <class F>
  void for_each_channel(Index g, F f) const {
    const Index size = this->window.size.size();
    for (Index c = 0; c < channels(); ++c)
      for_each_run(this->window, [&](Index cell, Index input, Index place, Index count) {
        f(c * this->window.kernel.size() + cell, (g * channels() + c) * size + input, place, count);
      });
  }
};

/// The cells of each place in turn; the largest is chosen, not branched to: which one it is cannot be foretold.
template <int dims>
struct FastMaxPool : Fast<MaxPool<dims>> {
  template <std::floating_point T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    const Window& w = this->window;
    memory.indices.resize(static_cast<std::size_t>(y.size()));
    this->workshop->share(x.rows(), y.cols() * w.kernel.size(), [&](Index first, Index count, int) {
      for (Index i = first; i < first + count; ++i)
        pool(x.row(i).data(), y.row(i).data(), memory.indices.data() + i * y.cols());
    });
  }

  bool operator==(const FastMaxPool&) const = default;

 private:
  /// One sample.
  template <std::floating_point T>
  void pool(const T* x, T* y, Index* largest) const {
    const Window& w = this->window;
    const Extent places = w.places();
    const auto inside = [](Index at, Index kernel, Index size) {
      return CellRange{std::max<Index>(-at, 0), std::min(kernel, size - at)};
    };
    for (Index c = 0; c < w.channels; ++c)
      for (Index py = 0; py < places.height; ++py) {
        const Index row = c * w.size.height + w.input_row(py, 0);
        const CellRange down = inside(w.input_row(py, 0), w.kernel.height, w.size.height);
        for (Index px = 0; px < places.width; ++px) {
          const Index col = w.input_col(px, 0);
          const CellRange across = inside(col, w.kernel.width, w.size.width);
          Index best = (row + down.first) * w.size.width + col + across.first;
          T most = x[best];
          for (Index ky = down.first; ky < down.last; ++ky)
            for (Index kx = across.first; kx < across.last; ++kx) {
              const Index at = (row + ky) * w.size.width + col + kx;
              const bool taken = (x[at] > most) | (x[at] != x[at]);  // NOLINT(misc-redundant-expression): a NaN
              best = taken ? at : best;
              most = taken ? x[at] : most;
            }
          *largest++ = best;
          *y++ = most;
        }
      }
  }
};

template <int dims>
struct FastAveragePool : Fast<AveragePool<dims>> {
  template <std::floating_point T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    const Window& w = this->window;
    const Index stride = w.stride.width;
    const std::vector<T>& cells = counts(memory);
    each_channel(x.rows(), [&](Index i, Index from, Index to) {
      const T* in = x.data() + i * x.stride() + from;
      T* out = y.data() + i * y.stride() + to;
      std::fill_n(out, cells.size(), T(0));
      for_each_run(w, [&](Index, Index input, Index place, Index n) {
        for (Index k = 0; k < n; ++k) out[place + k] += in[input + k * stride];
      });
      for (std::size_t p = 0; p < cells.size(); ++p) out[p] /= cells[p];
    });
  }

  template <std::floating_point T>
  void backward(std::span<const T> /*theta*/, ConstMatrixView<T> /*x*/, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> /*dtheta*/, LayerMemory<T>& memory) const {
    if (dx.empty()) return;
    const Window& w = this->window;
    const Index stride = w.stride.width;
    const std::vector<T>& cells = counts(memory);
    each_channel(dx.rows(), [&](Index i, Index to, Index from) {
      const T* in = dy.data() + i * dy.stride() + from;
      T* out = dx.data() + i * dx.stride() + to;
      std::fill_n(out, w.size.size(), T(0));
      for_each_run(w, [&](Index, Index input, Index place, Index n) {
        for (Index k = 0; k < n; ++k)
          out[input + k * stride] += in[place + k] / cells[static_cast<std::size_t>(place + k)];
      });
    });
  }

  bool operator==(const FastAveragePool&) const = default;

 private:
  /// How many cells of the window lie inside the picture, place by place.
  template <class T>
  const std::vector<T>& counts(LayerMemory<T>& memory) const {
    memory.numbers.assign(static_cast<std::size_t>(this->window.places().size()), T(0));
    for_each_run(this->window, [&](Index, Index, Index place, Index n) {
      for (Index k = 0; k < n; ++k) memory.numbers[static_cast<std::size_t>(place + k)] += 1;
    });
    return memory.numbers;
  }
  /// f(sample, first number of a channel's picture, of its places)
  template <class F>
  void each_channel(Index samples, const F& f) const {
    const Window& w = this->window;
    this->workshop->share(samples, this->outputs() * w.kernel.size(), [&](Index first, Index count, int) {
      for (Index i = first; i < first + count; ++i)
        for (Index c = 0; c < w.channels; ++c) f(i, c * w.size.size(), c * w.places().size());
    });
  }
};

}  // namespace gradus::engine
