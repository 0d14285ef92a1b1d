// SPDX-License-Identifier: MIT
// Prediction of sparse samples: the first stage by what is there, the others by the plan whose lanes are samples.
#include <algorithm>

#include "engine/arithmetic_scope.hpp"
#include "engine/kernels/row_kernel.hpp"
#include "engine/plans/batch/batch_kernel.hpp"
#include "engine/sparse/sparse_batch.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/engine/predictor.hpp"
#include "gradus/engine/sparse_plan.hpp"

namespace gradus::engine {
namespace {

/// The stages, if sparse samples can go through them as they are.
std::optional<Description> stages_for_sparse(const Network& network) {
  std::optional<Description> net = describe(network);
  const bool fits = net && std::ssize(net->stages) <= kMaxStages &&
                    (net->stages.size() > 1 || net->stages.front().function != Function::log_softmax);
  return fits ? net : std::nullopt;
}

/// So many rows at a time: what the first stage leaves of them stays in the first caches, and most of the second is
/// left to its weights.
constexpr Index kRows = 64;

template <class T>
class SparsePredictor {
 public:
  SparsePredictor(Description net, std::span<const T> theta) : theta_(theta), first_(net.stages.front()) {
    net.stages.erase(net.stages.begin());
    rest_ = std::move(net);
    if (!rest_.stages.empty()) plan_.emplace(rest_, kRows);
    z_.resize(static_cast<std::size_t>(kRows * first_.outputs) + 64 / sizeof(T));
  }

  void operator()(const SparseRows<T>& x, MatrixView<T> y) {
    for (Index at = 0; at < x.rows(); at += kRows) {
      const Index count = std::min(kRows, x.rows() - at);
      batch_.take(x, at, count);
      const MatrixView<T> z(z_.data(), count, first_.outputs);
      first_stage(z);
      if (plan_) {
        run_rest(z, y.middle_rows(at, count));
      } else {
        for (Index i = 0; i < count; ++i) std::copy_n(z.row(i).begin(), z.cols(), y.row(at + i).begin());
      }
    }
  }

 private:
  void first_stage(MatrixView<T> z) {
    const T* w = theta_.data() + first_.offset;
    sparse_product({.a = batch_.by_rows(),
                    .depth = first_.inputs,
                    .cols = first_.outputs,
                    .b = w,
                    .b_stride = first_.outputs,
                    .d = first_.bias ? w + first_.weights() : nullptr,
                    .c = z.data(),
                    .c_stride = z.stride(),
                    .order = SumOrder::lanes,
                    .far = true});
    if (first_.function == Function::softmax) return softmax_rows(ConstMatrixView<T>(z), z);
    activate(first_.function, z.size(), z.data());
  }
  void run_rest(ConstMatrixView<T> x, MatrixView<T> y) {
    Pass<T> pass;
    pass.theta = theta_;
    pass.x = x;
    pass.count = x.rows();
    pass.outputs = y;
    plan_->run(pass);
  }

  std::span<const T> theta_;
  Stage first_;
  Description rest_;
  std::optional<BatchPlan<T>> plan_;
  SparseBatch<T> batch_;
  Buffer<T> z_;
};

/// Rows that are written out, as many at a time as hold a million numbers.
template <class T>
void predict_written_out(const Network& network, std::span<const T> theta, const SparseRows<T>& x, MatrixView<T> y,
                         Arithmetic arithmetic) {
  constexpr Index numbers = 1 << 20;
  const Index most = std::max<Index>(4, numbers / std::max<Index>(1, x.cols()));
  SparseBatch<T> batch;
  Matrix<T> dense;
  for (Index at = 0; at < x.rows(); at += most) {
    const Index count = std::min(most, x.rows() - at);
    batch.take(x, at, count);
    dense.resize(count, x.cols());
    batch.write(dense);
    predict(network, theta, ConstMatrixView<T>(dense), y.middle_rows(at, count), {}, arithmetic);
  }
}

}  // namespace

template <class T>
void predict(const Network& network, std::span<const T> theta, const SparseRows<T>& x, MatrixView<T> y,
             Arithmetic arithmetic) {
  network.check_input("predict", x.rows(), x.cols());
  check_length("predict", "theta", std::ssize(theta), network.parameter_count());
  check_cols("predict", "y", y, network.outputs());
  check_rows("predict", "y", y, x.rows());
  std::optional<Description> net = stages_for_sparse(network);
  if (!net) return predict_written_out(network, theta, x, y, arithmetic);
  const ArithmeticScope scope(arithmetic);
  SparsePredictor<T>(*std::move(net), theta)(x, y);
}

template void predict(const Network&, std::span<const float>, const SparseRows<float>&, MatrixView<float>, Arithmetic);
template void predict(const Network&, std::span<const double>, const SparseRows<double>&, MatrixView<double>,
                      Arithmetic);

}  // namespace gradus::engine
