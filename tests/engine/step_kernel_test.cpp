// SPDX-License-Identifier: MIT
#include "src/engine/kernels/step_kernel.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "gradus/engine/instruction_set.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

/// One step from theta = 0, whose second mean has exactly the value v; -theta is rate m / (sqrt(v) + epsilon).
template <class T>
void check_adam(T lowest, T highest, T epsilon) {
  constexpr Index n = 1000 + 7;  // whole vectors and a rest
  RandomState random(5);
  std::vector<T> gradient(n), m(n), v(n), theta(n);
  for (std::size_t k = 0; k < n; ++k) {
    m[k] = static_cast<T>(random.normal());
    v[k] = std::pow(T(10), static_cast<T>(random.uniform(std::log10(lowest), std::log10(highest))));
    if (k % 50 == 3) v[k] = 0;
    if (k % 50 == 7) v[k] = std::numeric_limits<T>::infinity();
  }
  const engine::AdamStep<T> step{.rate = T(0.1), .beta1 = 1, .beta2 = 1, .epsilon = epsilon};
  const std::vector<T> first = m;
  engine::run_step(step, n, gradient.data(), m.data(), v.data(), theta.data());
  for (std::size_t k = 0; k < n; ++k) {
    const T exact = step.rate * first[k] / (std::sqrt(v[k]) + epsilon);
    // A root, a sum and a quotient, each within 1 ULP where they are not rounded rightly.
    ASSERT_NEAR(-theta[k], exact, 3 * std::numeric_limits<T>::epsilon() * std::abs(exact))
        << "m " << first[k] << ", v " << v[k] << " at " << k << ", " << engine::instruction_set();
  }
}

TEST(StepKernel, AdamDividesByTheRootAtAllMagnitudes) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    for (const double epsilon : {1e-8, 1e-3, 1.0}) {
      check_adam<double>(1e-20, 1e3, epsilon);
      check_adam<double>(1e-300, 1e300, epsilon);
      check_adam<float>(1e-20f, 1e3f, static_cast<float>(epsilon));
      check_adam<float>(1e-37f, 1e37f, static_cast<float>(epsilon));
    }
  }
  engine::use_instruction_set("");
}

}  // namespace
}  // namespace gradus
