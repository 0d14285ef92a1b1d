// SPDX-License-Identifier: MIT
#include "gradus/data/weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "gradus/core/number.hpp"

namespace gradus {

ClassWeights parse_class_weights(std::string_view text) {
  if (text == "none") return {};
  if (text == "balanced") return {.balanced = true, .values = {}};
  ClassWeights weights;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const std::optional<double> number = parse_number(text.substr(start, end - start));
    if (!number || !std::isfinite(*number) || *number < 0)
      throw ParseError(
          "class weights", std::string(text), start,
          fmt::format("expected none, balanced, or a number of at least 0 for each class, as in 1,2.5, got '{}'",
                      text.substr(start, end - start)));
    weights.values.push_back(*number);
    start = end + 1;
  }
  return weights;
}

std::string to_text(const ClassWeights& weights) {
  if (weights.balanced) return "balanced";
  if (weights.values.empty()) return "none";
  std::vector<std::string> numbers;
  for (const double weight : weights.values) numbers.push_back(number_text(weight));
  return fmt::format("{}", fmt::join(numbers, ","));
}

std::vector<double> balanced_class_weights(std::span<const int> labels, Index classes) {
  std::vector<double> weights(static_cast<std::size_t>(classes));
  for (const int label : labels) {
    if (label < 0 || label >= classes)
      throw ValueError(fmt::format("[class weights] expected labels from 0 to {}, got {}", classes - 1, label));
    weights[static_cast<std::size_t>(label)] += 1;
  }
  const auto absent = std::count(weights.begin(), weights.end(), 0.0);
  const auto present = static_cast<double>(weights.size()) - static_cast<double>(absent);
  for (double& weight : weights)
    if (weight > 0) weight = static_cast<double>(labels.size()) / (present * weight);
  return weights;
}

std::vector<double> sample_weights(const Dataset& data, const ClassWeights& weights) {
  if (weights == ClassWeights{}) return data.weights;
  if (!data.is_classification()) throw ValueError("[class weights] expected data with classes, got a regression");
  const std::vector<double> of_class =
      weights.balanced ? balanced_class_weights(data.labels, data.classes()) : weights.values;
  if (static_cast<Index>(of_class.size()) != data.classes())
    throw ValueError(fmt::format("[class weights] expected one weight for each of the {} classes ({}), got {}",
                                 data.classes(), fmt::join(data.class_names, ", "), of_class.size()));
  std::vector<double> samples = data.weights;
  samples.resize(static_cast<std::size_t>(data.size()), 1);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] *= of_class[static_cast<std::size_t>(data.labels[i])];
  return samples;
}

}  // namespace gradus
