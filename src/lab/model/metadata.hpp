// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "gradus/model/model.hpp"

namespace gradus {

/// What a model file says of a model beside its numbers (model_file.hpp), key by key.
std::map<std::string, std::string> to_metadata(const Model& model);

/// Of these what is no number and not the network: names, columns, loss, experiment; what the model has not yet and
/// fits it. Throws ValueError.
void from_metadata(const std::map<std::string, std::string>& metadata, Model& model);

}  // namespace gradus
