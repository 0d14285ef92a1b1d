// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "gradus/model/record.hpp"

/// A model's record in its file's metadata, but for its history, whose numbers are tensors:
///
///     {"epochs":50,"updates":1500,"train":{"samples":120,"loss":0.1,"accuracy":0.97},"test":{...},"diagnosis":["..."]}
///
/// What is absent, or no finite number, is left out.
namespace gradus {

std::string record_to_json(const TrainingRecord& record);
/// Throws ValueError that says what was expected.
TrainingRecord record_from_json(std::string_view text);

}  // namespace gradus
