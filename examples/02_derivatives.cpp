// SPDX-License-Identifier: MIT
// Derivatives of a function of your own: write it once, for any kind of number.
#include <cstdio>
#include <gradus/autodiff/grad.hpp>
#include <gradus/nn/activation.hpp>

int main() {
  using namespace gradus;
  const auto sigmoid = [](const auto& z) {
    return map(z, [](const auto& x) { return activation::Sigmoid::value(x); });
  };
  const auto cost = [&](const auto& W, const auto& b, const auto& x, const auto& target) {
    return mean(square(sigmoid(matmul(x, W) + b) - target));
  };

  const Matrix<double> x{{1, 2}, {3, -1}}, target{{1}, {0}}, W{{0.5}, {-0.25}}, b{{0.1}};
  const auto [dW, db] = grad<0, 1>(cost)(W, b, x, target);
  std::printf("cost %.6f\ndW   %.6f %.6f\ndb   %.6f\n", cost(W, b, x, target), dW(0, 0), dW(1, 0), db(0, 0));
}
