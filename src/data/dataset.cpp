// SPDX-License-Identifier: MIT
#include "gradus/data/dataset.hpp"

#include "gradus/core/shape.hpp"

namespace gradus {

Dataset Dataset::take(std::span<const Index> rows) const {
  Dataset taken = {.x = take_rows(x, rows),
                   .labels = {},
                   .targets = targets.empty() ? Matrix<double>{} : take_rows(targets, rows),
                   .feature_names = feature_names,
                   .class_names = class_names,
                   .target_names = target_names,
                   .weights = {},
                   .label_name = label_name,
                   .columns = columns};
  if (!labels.empty())
    for (const Index row : rows) taken.labels.push_back(labels[static_cast<std::size_t>(row)]);
  if (!weights.empty())
    for (const Index row : rows) taken.weights.push_back(weights[static_cast<std::size_t>(row)]);
  return taken;
}

Matrix<double> one_hot(std::span<const int> labels, Index classes) {
  Matrix<double> rows(static_cast<Index>(labels.size()), classes);
  for (Index i = 0; i < rows.rows(); ++i) {
    const int label = labels[static_cast<std::size_t>(i)];
    if (label < 0 || label >= classes)
      throw ValueError("[one_hot] expected labels from 0 to " + std::to_string(classes - 1) + ", got " +
                       std::to_string(label) + " (sample " + std::to_string(i) + ")");
    rows(i, label) = 1;
  }
  return rows;
}

Matrix<double> network_targets(const Dataset& data, Index outputs) {
  if (!data.is_classification()) {
    check_cols("network", "targets", data.targets, outputs);
    return data.targets;
  }
  if (outputs == 1 && data.classes() == 2) {
    Matrix<double> column(data.size(), 1);
    for (Index i = 0; i < data.size(); ++i) column(i, 0) = data.labels[static_cast<std::size_t>(i)];
    return column;
  }
  if (outputs != data.classes())
    throw ShapeError("[network] expected one output for each of the " + std::to_string(data.classes()) +
                     " classes in the data, got a network with " + std::to_string(outputs));
  return one_hot(data.labels, outputs);
}

}  // namespace gradus
