// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "gradus/data/dataset.hpp"
#include "gradus/metrics/scores.hpp"
#include "gradus/model/model.hpp"

namespace gradus {

/// What counts as a hit on data of classes: that the predicted class is the sample's, as in `score`, whatever the loss.
/// Nothing for a regression, where loss and targets tell.
std::optional<Hit> hit_of(const Network& network, const Dataset& data);

/// Throws as `check_fits`, and ValueError for no samples.
Scores score(const Model& model, const Dataset& data);

/// Throws ShapeError in one line if a network cannot be trained on, or applied to, data: another number of inputs than
/// features, or of outputs than classes or targets. `network` and `data` are what to call the two.
void check_fits(const Network& shape, const std::string& network, const Dataset& data, const std::string& name);

/// Gives the data's labels the numbers that `class_names` give them. Throws ValueError that names the first sample
/// (from 1) of a class that is not among them, and where the data is a regression though classes are expected, or the
/// reverse.
void use_classes(Dataset& data, const std::vector<std::string>& class_names, const std::string& name);

}  // namespace gradus
