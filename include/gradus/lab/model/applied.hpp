// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/lab/data/table.hpp"
#include "gradus/model/model.hpp"

/// How data is read that a model is to be applied to.
namespace gradus {

/// Columns by the names that the model knows, its classes, its way with gaps; answers may be missing.
TableOptions options_for(const Model& model);

/// The same for columns, answers and classes that are known from elsewhere; answers may not be missing.
TableOptions options_to_apply(std::vector<InputColumn> columns, std::vector<std::string> answers,
                              std::vector<std::string> class_names);

/// What a model is for, as a person says it: "3 classes of species (setosa, versicolor, virginica) from 4 features".
/// Long lists are cut.
std::string purpose_of(const Model& model);

/// The columns that a data set's answers came from, as far as it knows.
std::vector<std::string> answers_of(const Dataset& data);

/// Which rows have an answer that is known (`TableOptions::answers_are_optional`).
std::vector<Index> answered_rows(const Dataset& data);

}  // namespace gradus
