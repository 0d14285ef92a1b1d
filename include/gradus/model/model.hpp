// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gradus/core/matrix.hpp"
#include "gradus/data/columns.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/data/scaler.hpp"
#include "gradus/model/record.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"

namespace gradus {

/// The number type a model was trained in, and its parameters are stored in.
enum class Precision { float64, float32 };

/// "float64" or "float32". Throws ValueError.
Precision parse_precision(std::string_view name);
std::string_view to_text(Precision precision);

/// A trained network with all that is needed to use it, and to tell where it came from.
struct Model {
  Network network;
  std::vector<double> theta;    ///< the network's parameters; saving a float32 model rounds them to float
  std::vector<double> state{};  ///< its running statistics (Network::state_blocks), stored in the same precision
  Precision precision = Precision::float64;
  Loss loss;
  std::optional<Scaler> scaler;  ///< of the inputs, applied to x (in a sequence: to each step) before the network
  std::vector<std::string> feature_names;  ///< one an input (in a sequence: of each step learned from), or none
  std::vector<std::string> class_names;    ///< one an output (two for a single output), or none
  std::vector<std::string> target_names;   ///< of a regression: one an output, or none
  std::string experiment;                  ///< TOML text of the run that made it; may be empty
  bool interrupted = false;                ///< training was stopped before its end
  std::string label_name{};                ///< of the column that classes came from, if there was one
  std::vector<InputColumn> columns{};      ///< of a table with categories: which inputs its columns make; else none
  std::vector<double> filling{};           ///< what a gap (NaN) in an input is filled with; empty: none may be
  std::optional<Scaler> target_scaler{};   ///< of a regression: what the network was trained towards is scaled by it
  std::optional<TrainingRecord> record{};  ///< how it was trained and how good it is, if that is known

  /// Throws ShapeError or ValueError unless all parts fit each other. Finite parameters are not demanded here.
  void check() const;

  /// The answers (samples, outputs) for unscaled x (samples, inputs), computed in float64: the network's outputs, in
  /// the targets' own units. Throws ShapeError that says what the model expects.
  Matrix<double> predict(ConstMatrixView<double> x) const;
  /// What the network itself puts out, before the targets' scaling is undone.
  Matrix<double> network_outputs(ConstMatrixView<double> x) const;
  /// What comes out of the network, in the targets' own units.
  Matrix<double> in_own_units(Matrix<double> outputs) const;
  /// What the network is trained towards: the samples' targets, scaled (`network_targets`).
  Matrix<double> scaled_targets(const Dataset& data) const;

  /// Fits a scaler on x (samples, inputs), or on every step of sequences.
  void fit_scaler(Scaler::Kind kind, ConstMatrixView<double> x);
  /// x as the network takes it: its gaps filled, then scaled. Throws ShapeError if x has another number of columns.
  Matrix<double> scaled(ConstMatrixView<double> x) const;

  /// The class of each sample: the first of the largest outputs; with a single output p, class 1 if p > 0.5, else 0.
  /// Throws ValueError for a regression, and if an output is NaN.
  std::vector<int> classify(ConstMatrixView<double> x) const;
  /// The same from outputs that are there.
  std::vector<int> classes_of(ConstMatrixView<double> outputs) const;

  /// The name of a class, or its number in digits if the classes have no names. Throws ValueError if there is no such
  /// class.
  std::string class_of(int label) const;

  /// Number of classes: two for a single output.
  Index classes() const { return network.outputs() == 1 ? 2 : network.outputs(); }
};

/// SHA-256 of the parameters in the model's precision and order, the lowest byte of each first: two models have the
/// same one exactly if each parameter has the same bits.
std::string parameters_sha256(const Model& model);

}  // namespace gradus
