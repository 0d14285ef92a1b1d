// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gradus/lab/experiment/run.hpp"
#include "gradus/lab/figure/figure.hpp"

namespace gradus {

/// Kinds of figures that a run can draw: `loss` and `accuracy` from its history; from its model `regions` (two
/// features), `fit` (a regression of one feature), `confusion` (classes), `roc`, `precision-recall` and `calibration`
/// (classes with probabilities), `predicted` and `residuals` (a regression).
std::span<const std::string_view> figure_kinds();

/// Throws ValueError unless the kind is known and the file ends in .svg, .png or .pdf.
void check_figure(const FigureRequest& figure);

/// What a picture of this model on this data best shows: regions, confusion, fit or predicted.
std::string_view fitting_kind(const Model& model, const Dataset& data);

/// Any kind; `loss` and `accuracy` from the model's own record. Throws ValueError if the kind does not apply to the
/// model.
Figure model_figure(std::string_view kind, const Model& model, const Dataset& data, const std::string& title = "");
/// Any kind; the model's own on the test set if there is one, else on the training set.
Figure result_figure(std::string_view kind, const ExperimentResult& result);

}  // namespace gradus
