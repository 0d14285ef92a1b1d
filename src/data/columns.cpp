// SPDX-License-Identifier: MIT
#include "gradus/data/columns.hpp"

#include <algorithm>
#include <cmath>

#include "gradus/core/shape.hpp"

namespace gradus {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  const double below = *std::max_element(values.begin(), middle);
  return below + (*middle - below) / 2;
}

/// As it changes from number to number, so that no sum overflows.
double mean(const std::vector<double>& values) {
  double mean = 0;
  double count = 0;
  for (const double value : values) mean += (value - mean) / ++count;
  return mean;
}

}  // namespace

std::vector<std::string> InputColumn::input_names() const {
  if (categories.empty() || ordered) return {name};
  std::vector<std::string> names;
  for (const std::string& category : categories) names.push_back(name + "=" + category);
  return names;
}

Index inputs_of(std::span<const InputColumn> columns) {
  Index inputs = 0;
  for (const InputColumn& column : columns) inputs += column.inputs();
  return inputs;
}

std::vector<std::string> input_names(std::span<const InputColumn> columns) {
  std::vector<std::string> names;
  for (const InputColumn& column : columns)
    for (std::string& name : column.input_names()) names.push_back(std::move(name));
  return names;
}

std::vector<double> filling_of(Filling filling, ConstMatrixView<double> x) {
  std::vector<double> numbers;
  std::vector<double> there;
  for (Index j = 0; j < x.cols(); ++j) {
    there.clear();
    for (Index i = 0; i < x.rows(); ++i)
      if (!std::isnan(x(i, j))) there.push_back(x(i, j));
    if (there.empty())
      numbers.push_back(0);
    else
      numbers.push_back(filling == Filling::mean ? mean(there) : median(there));
  }
  return numbers;
}

Matrix<double> filled(ConstMatrixView<double> x, std::span<const double> filling) {
  check_cols("filling", "x", x, std::ssize(filling));
  Matrix<double> full(x);
  for (Index i = 0; i < x.rows(); ++i)
    for (Index j = 0; j < x.cols(); ++j)
      if (std::isnan(x(i, j))) full(i, j) = filling[static_cast<std::size_t>(j)];
  return full;
}

}  // namespace gradus
