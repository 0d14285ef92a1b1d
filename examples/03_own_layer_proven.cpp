// SPDX-License-Identifier: MIT
// A layer of your own: its forward written once, for every number type, and its backward by hand. The checker proves
// the backward, or says what is wrong with it.
#include <cstdio>
#include <gradus/check/gradient_check.hpp>
#include <gradus/nn/initializer.hpp>
#include <gradus/train/definition_passes.hpp>

using namespace gradus;

/// Y = s X^2, number by number, with one factor s for each column.
template <bool slip>
struct Square {
  static constexpr std::string_view name = "square";
  static constexpr bool is_activation = false;

  Index width = 0;

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return width; }
  std::vector<ParameterBlock> parameter_blocks() const { return {{.name = "factors", .rows = 1, .cols = width}}; }

  template <Number T>
  void forward(std::span<const T> s, ConstMatrixView<T> x, MatrixView<T> y) const {
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < width; ++j) y(i, j) = s[static_cast<std::size_t>(j)] * x(i, j) * x(i, j);
  }

  ///     ds_j = sum_i X[i, j]^2 dY[i, j],   dX = 2 s X dY
  template <std::floating_point T>
  void backward(std::span<const T> s, ConstMatrixView<T> x, ConstMatrixView<T>, ConstMatrixView<T> dy, MatrixView<T> dx,
                std::span<T> ds) const {
    for (Index j = 0; j < width; ++j) {
      const auto k = static_cast<std::size_t>(j);
      ds[k] = 0;
      for (Index i = 0; i < x.rows(); ++i) {
        ds[k] += x(i, j) * x(i, j) * dy(i, j);
        if (!dx.empty()) dx(i, j) = (slip ? 1 : 2) * s[k] * x(i, j) * dy(i, j);  // the slip: a forgotten 2
      }
    }
  }

  bool operator==(const Square&) const = default;
};

template <bool slip>
GradientCheck check_own(std::vector<double>& theta, const Matrix<double>& x, const Matrix<double>& targets) {
  using Own = std::variant<Dense, Square<slip>>;
  const BasicNetwork<Own> network({Dense{2, 3}, Square<slip>{3}, Dense{3, 1}});
  RandomState random(1);
  theta = initial_parameters(network, parse_initializer("uniform:0.5"), random);
  return check_gradients(network, Loss{MeanSquaredError{}}, theta, x, targets);
}

int main() {
  RandomState random(2);
  const Matrix<double> x = random.standard_normal(20, 2);
  Matrix<double> targets(20, 1);
  for (Index i = 0; i < 20; ++i) targets(i, 0) = x(i, 0) * x(i, 1);

  std::vector<double> theta;
  const GradientCheck bad = check_own<true>(theta, x, targets);
  std::printf("with a slip: %s\n", bad.passed() ? "right" : "wrong");
  std::printf("  %s\n", bad.diagnoses.front().sentence.c_str());

  const GradientCheck good = check_own<false>(theta, x, targets);
  std::printf("without:     %s, in %zu arrays by %zu sources\n\n", good.passed() ? "right" : "wrong",
              good.blocks.size(), kVoters);

  // What is proven can be trained: a product is a difference of squares.
  const BasicNetwork<std::variant<Dense, Square<false>>> network({Dense{2, 3}, Square<false>{3}, Dense{3, 1}});
  FitOptions options;
  options.loss = Loss{MeanSquaredError{}};
  options.optimizer = Sgd{.learning_rate = 0.05};
  options.epochs = 500;
  const FitResult result = fit(network, theta, {x, targets}, options, random);
  std::printf("mean squared error of x0 * x1: %.3f at first, %.3f at last\n", result.history.loss.front(),
              result.history.loss.back());
}
