// SPDX-License-Identifier: MIT
// Operators of ONNX that work number by number, as its table of operators defines them.
#pragma once

#include "tests/lab/exchange/onnx_array.hpp"

namespace gradus::onnx {

/// Of one number; null if the operator is none of these.
inline std::function<double(double)> one_by_one(const Operands& in) {
  const std::string& op = in.node.op;
  const double alpha = in.real("alpha", op == "LeakyRelu" ? 0.01 : op == "HardSigmoid" ? 0.2 : 1);
  const double beta = in.real("beta", 0.5);
  const auto plus = [](double x) { return std::log1p(std::exp(-std::abs(x))) + std::max(x, 0.0); };
  const std::map<std::string, std::function<double(double)>> all{
      {"Relu", [](double x) { return std::max(x, 0.0); }},
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"Tanh", [](double x) { return std::tanh(x); }},
      {"Exp", [](double x) { return std::exp(x); }},
      {"Log", [](double x) { return std::log(x); }},
      {"Sqrt", [](double x) { return std::sqrt(x); }},
      {"Erf", [](double x) { return std::erf(x); }},
      {"Softsign", [](double x) { return x / (1 + std::abs(x)); }},
      {"Softplus", plus},
      {"Mish", [plus](double x) { return x * std::tanh(plus(x)); }},
      {"Gelu", [](double x) { return x * (1 + std::erf(x / std::sqrt(2.0))) / 2; }},
      {"Elu", [alpha](double x) { return x >= 0 ? x : alpha * std::expm1(x); }},
      {"LeakyRelu", [alpha](double x) { return x >= 0 ? x : alpha * x; }},
      {"HardSigmoid", [=](double x) { return std::clamp(alpha * x + beta, 0.0, 1.0); }},
      {"HardSwish", [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
      {"Selu", [](double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x)); }}};
  const auto found = all.find(op);
  return found == all.end() ? nullptr : found->second;
}

/// Of two numbers.
inline std::function<double(double, double)> two_by_two(const std::string& op) {
  static const std::map<std::string, std::function<double(double, double)>> all{
      {"Add", [](double a, double b) { return a + b; }},
      {"Sub", [](double a, double b) { return a - b; }},
      {"Mul", [](double a, double b) { return a * b; }},
      {"Div", [](double a, double b) { return a / b; }},
      {"Max", [](double a, double b) { return std::max(a, b); }},
      {"Min", [](double a, double b) { return std::min(a, b); }},
      {"Greater", [](double a, double b) { return a > b ? 1.0 : 0.0; }},
      {"Less", [](double a, double b) { return a < b ? 1.0 : 0.0; }},
      {"Equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }},
      {"PRelu", [](double a, double b) { return a < 0 ? a * b : a; }}};
  const auto found = all.find(op);
  return found == all.end() ? nullptr : found->second;
}

}  // namespace gradus::onnx
