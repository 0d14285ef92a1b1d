// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "gradus/data/dataset.hpp"
#include "gradus/lab/figure/figure.hpp"
#include "gradus/model/model.hpp"

/// Pictures of how far a model's answers are right, on data whose answers are known.
namespace gradus {

/// Of classes with probabilities: a curve for each class against the rest, of two classes for the second alone. A class
/// without a sample, or with all of them, has none. Throws ValueError if none has.
Figure roc_figure(const Model& model, const Dataset& data, const std::string& title);
Figure precision_recall_figure(const Model& model, const Dataset& data, const std::string& title);
/// The share that is of a class among the samples that are given it with some probability, in ten bins; on the diagonal
/// probabilities mean what they say.
Figure calibration_figure(const Model& model, const Dataset& data, const std::string& title);

/// Of a regression: a panel for each target. Predicted against true, and what is left over against what was predicted.
Figure predicted_figure(const Model& model, const Dataset& data, const std::string& title);
Figure residuals_figure(const Model& model, const Dataset& data, const std::string& title);

}  // namespace gradus
