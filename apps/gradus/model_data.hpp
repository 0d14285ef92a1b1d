// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "apps/gradus/program.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/model/model.hpp"

namespace gradus::cli {

/// Data for a model to be applied to: what a person names on the command line.
struct ModelData {
  std::string model;
  std::string data;
  std::string target;  ///< the column with the answers; empty: as in training, or guessed
};

/// Adds MODEL, DATA and --target.
void add_model_and_data(Command& command, ModelData& names);

/// The data, with the classes numbered as the model numbers them. Answers may be missing from a file: then labels and
/// targets are empty. Throws an Error in one line if the data does not fit the model, or holds a label it never saw.
Dataset load_for_model(const Model& model, const ModelData& names);

bool has_answers(const Dataset& data);

}  // namespace gradus::cli
