// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "gradus/model/model.hpp"

namespace gradus {

/// What a model file says of a model beside its numbers (model_file.hpp), key by key.
std::map<std::string, std::string> to_metadata(const Model& model);

}  // namespace gradus
