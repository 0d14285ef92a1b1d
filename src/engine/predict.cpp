// SPDX-License-Identifier: MIT
// Prediction of tables: by the plan that suits.
#include <algorithm>

#include "engine/arithmetic_scope.hpp"
#include "engine/plans/batch/batch_kernel.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/engine/predictor.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus::engine {
namespace {

template <class T>
void predict_by_lanes(const Description& net, std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y) {
  Pass<T> pass;
  pass.theta = theta;
  pass.x = x;
  pass.count = x.rows();
  pass.outputs = y;
  BatchPlan<T>(net, 1).run(pass);
}

}  // namespace

template <class T>
void predict(const Network& network, std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y,
             std::span<const T> state, Arithmetic arithmetic) {
  constexpr Index few = 3;  // up to here a Predictor, made for the call, takes about as long (4-16-3, 64-100-10)
  const std::optional<Description> net = describe(network);
  if (net && x.rows() > few && static_cast<Index>(net->stages.size()) <= kMaxStages) {
    network.check_input("predict", x.rows(), x.cols());
    check_length("predict", "theta", static_cast<Index>(theta.size()), network.parameter_count());
    check_cols("predict", "y", y, net->outputs());
    check_rows("predict", "y", y, x.rows());
    const ArithmeticScope scope(arithmetic);
    return predict_by_lanes(*net, theta, x, y);
  }
  if (net && Predictor<T>::exists(network)) return Predictor<T>(network, theta, arithmetic)(x, y);
  const Matrix<T> outputs = gradus::predict(network, theta, x, state);
  check_cols("predict", "y", y, outputs.cols());
  check_rows("predict", "y", y, outputs.rows());
  for (Index i = 0; i < y.rows(); ++i) std::copy_n(outputs.row(i).data(), y.cols(), y.row(i).data());
}

template void predict(const Network&, std::span<const float>, ConstMatrixView<float>, MatrixView<float>,
                      std::span<const float>, Arithmetic);
template void predict(const Network&, std::span<const double>, ConstMatrixView<double>, MatrixView<double>,
                      std::span<const double>, Arithmetic);

}  // namespace gradus::engine
