// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "gradus/core/type_list.hpp"
#include "gradus/optim/minimize.hpp"
#include "gradus/optim/optimizer.hpp"

namespace gradus {

/// Every method that can train a network: those that step along a gradient, and, for full batches, those that minimise.
using TrainingMethod =
    AlternativesOf<OptimizerMethod>::with<Lbfgs, ConjugateGradient, LevenbergMarquardt>::as<std::variant>;

/// Reads `adam:beta1=0.9`, `lbfgs:memory=20`, ... Throws ParseError that names the nearest of the known ones.
TrainingMethod parse_training_method(std::string_view text);
std::string to_text(const TrainingMethod& method);
std::string_view name(const TrainingMethod& method);

/// The methods that step along a gradient, else nothing.
std::optional<OptimizerMethod> stepping_method(const TrainingMethod& method);
/// Nothing for those that minimise.
std::optional<double> learning_rate(const TrainingMethod& method);
/// Throws ValueError for those that minimise.
void set_learning_rate(TrainingMethod& method, double rate);

}  // namespace gradus
