// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "gradus/engine/arithmetic.hpp"
#include "gradus/model/model.hpp"

/// A model's answers in the precision and the arithmetic of whoever will ask it elsewhere.
namespace gradus {

/// The answers (samples, outputs) for unscaled x, as `Model::predict` gives them, with everything rounded to T before
/// it is computed with: x, what fills gaps, the scaling, parameters, statistics.
///
/// Without an arithmetic the definition computes. With one it is the engine, sample by sample: a row's answer does not
/// depend on the rows around it. Networks that it has no plan of single samples for (`engine::Predictor`) take the
/// definition; in plain arithmetic over the kernels' functions, so that sums and products of T are all it takes. In
/// fused arithmetic they take the definition as it is. Throws ShapeError if x or the model's parts do not fit.
template <class T>
Matrix<T> answers(const Model& model, ConstMatrixView<double> x, std::optional<Arithmetic> arithmetic = {});

extern template Matrix<float> answers(const Model&, ConstMatrixView<double>, std::optional<Arithmetic>);
extern template Matrix<double> answers(const Model&, ConstMatrixView<double>, std::optional<Arithmetic>);

/// The same in a precision that is said by name; every float32 is a float64 too.
Matrix<double> answers(const Model& model, ConstMatrixView<double> x, Precision precision,
                       std::optional<Arithmetic> arithmetic = {});

}  // namespace gradus
