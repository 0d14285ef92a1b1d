// SPDX-License-Identifier: MIT
#include "gradus/optim/optimizer.hpp"
#include "tests/parity/reference.hpp"

namespace gradus {
namespace {

using nlohmann::json;

constexpr std::size_t kSteps = 40;

/// Empty if the method's iterates are those of the setting, else where they first differ. A step is at most a few times
/// lr (Adam's bound), each of its parts a handful of roundings; the sums in the running means, taken in another order,
/// cost up to one rounding a gradient more. Subtraction from theta adds one of theta's.
std::string difference(const OptimizerMethod& method, const json& setting) {
  std::vector<double> theta = parity::exact_list(setting.at("theta"));
  const std::vector<double> gradients = parity::exact_list(setting.at("gradients"));
  const std::vector<double> expected = parity::exact_list(setting.at("iterates"));
  Optimizer<double> optimizer(method, static_cast<Index>(theta.size()));
  const double lr = std::visit([](const auto& m) { return m.learning_rate; }, method);
  std::vector<double> travelled(theta.size(), 1);
  for (std::size_t t = 0; t < kSteps; ++t) {
    const std::vector<double> before = theta;
    optimizer.step(theta, std::span(gradients).subspan(t * theta.size(), theta.size()));
    for (std::size_t k = 0; k < theta.size(); ++k) {
      travelled[k] += std::abs(theta[k] - before[k]) + std::abs(theta[k]) + lr;
      const double error = theta[k] - expected[t * theta.size() + k];
      if (!(std::abs(error) <= static_cast<double>(8 + t) * parity::kUlp * travelled[k]))
        return "step " + std::to_string(t) + ", number " + std::to_string(k) + ": off by " + std::to_string(error);
    }
  }
  return "";
}

TEST(OptimizerParity, IteratesAreThoseOfTheFormulasInNumPy) {
  for (const json& setting : parity::reference("iterates", "optimizers.py")) {
    const std::string text = setting.at("method");
    EXPECT_EQ(difference(parse_optimizer(text), setting), "") << text;
  }
}

TEST(OptimizerParity, NoticesASlipInAMethodsNumbers) {
  Index caught = 0;
  for (const json& setting : parity::reference("iterates", "optimizers.py")) {
    OptimizerMethod method = parse_optimizer(setting.at("method").get<std::string>());
    auto* adam = std::get_if<Adam>(&method);
    if (!adam) continue;
    adam->beta1 += 1e-9;
    EXPECT_NE(difference(method, setting), "");
    ++caught;
  }
  EXPECT_EQ(caught, 12);
}

}  // namespace
}  // namespace gradus
