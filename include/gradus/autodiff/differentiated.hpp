// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "gradus/autodiff/tape.hpp"
#include "gradus/nn/layer_like.hpp"

namespace gradus {

/// A layer whose backward pass is its forward pass, run again on a tape: for a layer of your own, before (or in place
/// of) a backward by hand.
///
///     struct Swirl { ... forward<T>(theta, x, y) ... };                  // shape, name, parameters, forward; no
///     backward using MyLayer = std::variant<Dense, Differentiated<Swirl>, Softmax>; const BasicNetwork<MyLayer>
///     network({Dense{2, 8}, Differentiated<Swirl>{{8}}, Dense{8, 2}, Softmax{2}});
///
/// Exact to rounding; in double, also for a network in float. Slower than a hand-written backward by a factor of ten or
/// more, and it allocates.
template <class L>
struct Differentiated : L {
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> y, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta) const requires ForwardsLightly<L, Var> {
    differentiate<T>(theta, x, y, dy, dx, dtheta,
                     [&](std::span<const Var> p, ConstMatrixView<Var> in, MatrixView<Var> out) {
                       L::template forward<Var>(p, in, out);
                     });
  }

  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> y, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta,
                LayerMemory<T>& memory) const requires ForwardsWithMemory<L, Var> {
    std::vector<double> state(memory.state.begin(), memory.state.end());
    LayerMemory<Var> taped;
    taped.state = state;
    taped.mode = memory.mode;
    taped.seed = memory.seed;
    taped.first_row = memory.first_row;
    differentiate<T>(theta, x, y, dy, dx, dtheta,
                     [&](std::span<const Var> p, ConstMatrixView<Var> in, MatrixView<Var> out) {
                       L::template forward<Var>(p, in, out, taped);
                     });
  }

  bool operator==(const Differentiated&) const = default;

 private:
  ///     dtheta, dX = derivatives of sum_ij dY[i, j] Y[i, j]
  template <std::floating_point T, class Forward>
  static void differentiate(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> y, ConstMatrixView<T> dy,
                            MatrixView<T> dx, std::span<T> dtheta, Forward forward) {
    Tape tape;
    const auto lift = [&](T value) { return tape.variable(static_cast<double>(value)); };
    std::vector<Var> parameters(theta.size());
    std::transform(theta.begin(), theta.end(), parameters.begin(), lift);
    Matrix<Var> in(x.rows(), x.cols());
    for (Index i = 0; i < x.rows(); ++i) std::transform(x.row(i).begin(), x.row(i).end(), in.row(i).begin(), lift);
    Matrix<Var> out(y.rows(), y.cols());
    forward(parameters, in.view(), out.view());
    Var sum;
    for (Index i = 0; i < y.rows(); ++i)
      for (Index j = 0; j < y.cols(); ++j) sum += out(i, j) * static_cast<double>(dy(i, j));
    tape.differentiate(sum);
    const auto derivative = [&](const Var& variable) { return static_cast<T>(tape.derivative(variable)); };
    std::transform(parameters.begin(), parameters.end(), dtheta.begin(), derivative);
    for (Index i = 0; i < dx.rows(); ++i)
      std::transform(in.row(i).begin(), in.row(i).end(), dx.row(i).begin(), derivative);
  }
};

}  // namespace gradus
