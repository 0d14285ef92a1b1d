// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "apps/gradus/program.hpp"
#include "gradus/lab/data/table.hpp"
#include "gradus/model/model.hpp"

namespace gradus::cli {

/// Data for a model to be applied to: what a person names on the command line.
struct ModelData {
  std::string model;
  std::string data;
  std::string target;        ///< the column with the answers; empty: as in training, or guessed
  std::string rows = "all";  ///< all, or those that the model was trained on (training) or tested on (test)
};

/// Adds MODEL, DATA, --target and --rows.
void add_model_and_data(Command& command, ModelData& names);

/// The data, its columns by the names of training, its classes numbered as the model numbers them. Answers may be
/// missing, from the file or from rows (label -1, target NaN). Throws an Error in one line if the data does not fit the
/// model, or has not the rows that were asked for.
Reading load_for_model(const Model& model, const ModelData& names);

/// The samples whose answers are known.
Dataset answered(const Dataset& data);

}  // namespace gradus::cli
