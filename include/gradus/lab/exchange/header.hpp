// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/core/matrix.hpp"
#include "gradus/model/model.hpp"

/// Models as C: a header that a microcontroller compiles.
namespace gradus {

enum class HeaderStandard { c99, cpp17 };

/// "c99" or "c++17". Throws ValueError.
HeaderStandard parse_header_standard(std::string_view name);
std::string_view to_text(HeaderStandard standard);

/// Integers between layers and as weights: of 16 bits or of 8.
enum class FixedPoint { q15, int8 };

struct HeaderOptions {
  HeaderStandard standard = HeaderStandard::c99;
  Precision precision = Precision::float32;
  std::string name = "net";           ///< what everything in it is called after
  std::optional<FixedPoint> fixed{};  ///< integers in place of `precision`
  Matrix<double> calibration{};       ///< for integers: rows of x, which they must hold, as what becomes of them
};

/// The model as one file of C (which C++17 compiles too) or of C++17, without heap and without a library but for
/// <math.h>: tables of weights as hexadecimal floats, and
///
///     void net_predict(const float* x, float* y)      x as `Model::predict` takes it; of a table with categories a
///                                                     number a column, of a category its place; y in the targets'
///                                                     units
///     net_state, net_reset(&state), net_step(&state, x, y)   in its place, of a network that takes sequences: a step
///     in,
///                                                     what the network answers after it out
///     NET_INPUTS, NET_OUTPUTS, NET_WORKSPACE_BYTES (on the stack), NET_TABLE_BYTES, net_classes, ...
///
/// The answers are those of answers<float>(model, x, Arithmetic::plain), and in float64 of answers<double>, to the last
/// bit, from any compiler that contracts no products (-ffp-contract=off) and keeps to IEEE 754. With NET_TEST defined
/// the file is a program that computes a few of them and ends with 0 if they are equal. docs/export.md has the whole of
/// it.
///
/// In integers, of a chain of dense layers with elementwise activations, softmax last:
///
///     void net_predict(const int16_t* x, int16_t* y)  (int8_t* x) no floating point, the same integers everywhere
///     net_quantise(x, q), net_values(q, y)            from floats as `Model::predict` takes them, and to its answers
///     net_bounds                                      how far each answer may be from the model's (fixed_point_errors)
///
/// Throws ValueError for a name that is no identifier of C, a parameter that is not finite in this precision, a layer
/// that has no C yet, naming it, and a sequence with gaps or categories; and for a model whose parts do not fit.
std::string to_header(const Model& model, const HeaderOptions& options = {});

/// What answers in integers may be off, output by output, in the answers' units.
struct FixedPointErrors {
  std::vector<double> bounds;   ///< derived; they hold for the data, and wherever no number is larger than they make it
  std::vector<double> largest;  ///< seen on the data
};
FixedPointErrors fixed_point_errors(const Model& model, FixedPoint kind, const Matrix<double>& calibration);

/// Writes it, whole or not at all. FileError if the file cannot be written.
void export_header(const Model& model, const std::string& path, const HeaderOptions& options = {});

/// What a header is called after: a path's name without its folder and ending, every character that no identifier has
/// as an underscore.
std::string header_name(std::string_view path);

}  // namespace gradus
