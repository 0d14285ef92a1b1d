// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "gradus/engine/arithmetic.hpp"
#include "gradus/engine/buffer.hpp"
#include "gradus/nn/network.hpp"

namespace gradus::engine {

template <class T>
struct ForwardStage;

/// A network with its parameters, laid out for prediction. Const and shared by threads: a call locks nothing and takes
/// its scratch memory from the stack, so that it may run in a real-time thread. Agrees with the definition to rounding.
template <class T>
class Predictor {
 public:
  /// The widest layer a predictor takes: its scratch memory, 2 x 4096 numbers, lies on the stack.
  static constexpr Index max_width = 4096;

  /// Whether the network has a plan: dense layers no wider than max_width, each with an elementwise activation or none,
  /// or softmax or its logarithm at the end; dropout before them changes nothing here. All others would need memory
  /// from the heap: they have GradientPlan::score and `predict`.
  static bool exists(const Network& network);
  /// Throws ValueError if there is no plan, ShapeError if theta does not fit.
  Predictor(const Network& network, std::span<const T> theta, Arithmetic arithmetic = Arithmetic::automatic);
  ~Predictor();
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;

  Index inputs() const { return inputs_; }
  Index outputs() const { return outputs_; }
  /// One sample: x holds `inputs()` numbers, y takes `outputs()`. Throws ShapeError; allocates nothing else.
  void operator()(std::span<const T> x, std::span<T> y) const;
  /// Samples, one a row.
  void operator()(ConstMatrixView<T> x, MatrixView<T> y) const;

 private:
  void run(const T* x, T* y) const;
  void run_stages(const T* x, T* y) const;

  Index inputs_ = 0;
  Index outputs_ = 0;
  Buffer<T> packed_;
  std::vector<ForwardStage<T>> stages_;  // kernels and where in packed_ they find their numbers
};

extern template class Predictor<float>;
extern template class Predictor<double>;

/// Writes the outputs of any network for samples, one a row, by what is fastest for so many: a Predictor, a SIMD lane
/// for each sample, or the definition, where there is nothing faster. Agrees with it to rounding. `state`: running
/// statistics, of a network that has them. Throws ShapeError.
template <class T>
void predict(const Network& network, std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y,
             std::span<const T> state = {}, Arithmetic arithmetic = Arithmetic::automatic);

extern template void predict(const Network&, std::span<const float>, ConstMatrixView<float>, MatrixView<float>,
                             std::span<const float>, Arithmetic);
extern template void predict(const Network&, std::span<const double>, ConstMatrixView<double>, MatrixView<double>,
                             std::span<const double>, Arithmetic);

}  // namespace gradus::engine
