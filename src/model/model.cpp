// SPDX-License-Identifier: MIT
#include "gradus/model/model.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "core/text.hpp"
#include "gradus/core/number.hpp"
#include "gradus/core/sha256.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/metrics/metrics.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus {
namespace {

void check_count(std::string_view what, std::size_t got, Index expected, std::string_view of) {
  if (got != 0 && static_cast<Index>(got) != expected)
    throw ShapeError("[model] expected " + std::to_string(expected) + " " + std::string(what) + " for " +
                     std::string(of) + ", got " + std::to_string(got));
}

/// "x0, x1, x2, ..."
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < 8; ++i) text += (i > 0 ? ", " : "") + one_line(names[i]);
  return names.size() > 8 ? text + ", ..." : text;
}

/// Columns of data that have names: one an input, or in a sequence one an input of each step of those learned from.
Index columns_named(const Network& network, std::size_t names) {
  const Index inputs = network.inputs();
  if (!network.takes_sequences()) return inputs;
  return std::max<Index>(1, static_cast<Index>(names) / inputs) * inputs;
}

void check_scaler(const Scaler& scaler, Index columns, std::string_view column = "feature") {
  check_length("model", "the scaler's shift", static_cast<Index>(scaler.shift.size()), columns);
  check_length("model", "the scaler's scale", static_cast<Index>(scaler.scale.size()), columns);
  for (std::size_t i = 0; i < scaler.shift.size(); ++i)
    if (!std::isfinite(scaler.shift[i]) || !std::isfinite(scaler.scale[i]) || scaler.scale[i] <= 0)
      throw ValueError("[model] expected the scaler's shift and scale to be finite and its scale positive; " +
                       std::string(column) + " " + std::to_string(i) + " has " + number_text(scaler.shift[i]) +
                       " and " + number_text(scaler.scale[i]));
}

/// What a model knows of the table that it learned from.
void check_table(const Model& model) {
  const auto width = static_cast<std::size_t>(columns_named(model.network, model.feature_names.size()));
  if (!model.columns.empty() && static_cast<std::size_t>(inputs_of(model.columns)) != width)
    throw ShapeError("[model] expected columns that make " + std::to_string(width) + " inputs, got " +
                     std::to_string(inputs_of(model.columns)));
  check_count("numbers to fill gaps with", model.filling.size(), static_cast<Index>(width), "the inputs");
  for (const double number : model.filling)
    if (!std::isfinite(number))
      throw ValueError("[model] expected finite numbers to fill gaps with, got " + number_text(number));
  if (model.target_scaler) check_scaler(*model.target_scaler, model.network.outputs(), "target");
  if (model.target_scaler && !model.class_names.empty())
    throw ValueError("[model] expected no scaling of targets that are classes, got one");
}

}  // namespace

Precision parse_precision(std::string_view name) {
  if (name == "float64") return Precision::float64;
  if (name == "float32") return Precision::float32;
  throw ValueError("[model] unknown precision '" + one_line(name) + "' (known: float64, float32)");
}

std::string parameters_sha256(const Model& model) {
  if (model.precision == Precision::float64) return sha256(std::span<const double>(model.theta));
  const std::vector<float> rounded(model.theta.begin(), model.theta.end());
  return sha256(std::span<const float>(rounded));
}

std::string_view to_text(Precision precision) { return precision == Precision::float64 ? "float64" : "float32"; }

void Model::check() const {
  if (network.size() == 0) throw ValueError("[model] expected a network, got none");
  check_length("model", "theta", static_cast<Index>(theta.size()), network.parameter_count());
  check_length("model", "state", static_cast<Index>(state.size()), network.state_count());
  const std::string text = to_text(network);
  if (scaler) check_scaler(*scaler, network.inputs());
  check_count("feature names", feature_names.size(), columns_named(network, feature_names.size()),
              "the inputs of " + one_line(text));
  check_count("class names", class_names.size(), classes(), "the outputs of " + one_line(text));
  check_count("target names", target_names.size(), network.outputs(), "the outputs of " + one_line(text));
  check_table(*this);
  if (!class_names.empty() && !target_names.empty())
    throw ValueError("[model] expected class names or target names, got both");
  if (record) record->check();
}

Matrix<double> Model::network_outputs(ConstMatrixView<double> x) const {
  if (x.cols() != network.inputs() && !network.takes_sequences() && !feature_names.empty())
    throw ShapeError("[model] expected x with " + std::to_string(network.inputs()) +
                     (network.inputs() == 1 ? " column (" : " columns (") + listed(feature_names) + "), got " +
                     std::to_string(x.cols()) + " (x is " + std::to_string(x.rows()) + " x " +
                     std::to_string(x.cols()) + ")");
  network.check_input("model", x.rows(), x.cols());
  if (!scaler && filling.empty()) return gradus::predict(network, theta, x, state);
  return gradus::predict(network, theta, scaled(x), state);
}

Matrix<double> Model::in_own_units(Matrix<double> outputs) const {
  return target_scaler ? target_scaler->inverse_transform(outputs) : std::move(outputs);
}

Matrix<double> Model::predict(ConstMatrixView<double> x) const { return in_own_units(network_outputs(x)); }

Matrix<double> Model::scaled_targets(const Dataset& data) const {
  Matrix<double> targets = network_targets(data, network.outputs());
  return target_scaler ? target_scaler->transform(targets) : targets;
}

void Model::fit_scaler(Scaler::Kind kind, ConstMatrixView<double> x) {
  const Matrix<double> packed = filling.empty() ? Matrix<double>(x) : filled(x, filling);
  scaler =
      Scaler::fit(kind, network.takes_sequences() ? detail::rows_of(packed.view(), network.inputs()) : packed.view());
}

Matrix<double> Model::scaled(ConstMatrixView<double> x) const {
  Matrix<double> packed = filling.empty() ? Matrix<double>(x) : filled(x, filling);
  if (!scaler) return packed;
  if (!network.takes_sequences()) return scaler->transform(packed);
  Matrix<double> steps = scaler->transform(detail::rows_of(std::as_const(packed).view(), network.inputs()));
  return Matrix<double>(x.rows(), x.cols(), std::move(steps.values()));
}

std::vector<int> Model::classify(ConstMatrixView<double> x) const { return classes_of(predict(x)); }

std::vector<int> Model::classes_of(ConstMatrixView<double> outputs) const {
  if (!target_names.empty())
    throw ValueError("[model] expected a classifier, got a regression of " + listed(target_names));
  std::vector<int> labels = predicted_classes(outputs);
  if (const auto bad = std::find(labels.begin(), labels.end(), -1); bad != labels.end())
    throw ValueError("[model] the outputs for sample " + std::to_string(bad - labels.begin()) +
                     " are not numbers (NaN)");
  return labels;
}

std::string Model::class_of(int label) const {
  if (label < 0 || label >= classes())
    throw ValueError("[model] expected a class from 0 to " + std::to_string(classes() - 1) + ", got " +
                     std::to_string(label));
  return class_names.empty() ? std::to_string(label) : class_names[static_cast<std::size_t>(label)];
}

}  // namespace gradus
