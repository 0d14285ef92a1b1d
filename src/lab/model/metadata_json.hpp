// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gradus/data/scaler.hpp"

/// The pieces of a model file's metadata that are JSON. The readers throw ValueError that says what is wrong.
namespace gradus {

std::string names_to_json(const std::vector<std::string>& names);
/// A list of at most `limit` strings.
std::vector<std::string> names_from_json(std::string_view text, std::size_t limit);

/// {"kind":"standard","shift":[...],"scale":[...]}, each number in the digits that give it back exactly.
std::string scaler_to_json(const Scaler& scaler);
/// With lists of at most `limit` numbers.
Scaler scaler_from_json(std::string_view text, std::size_t limit);

}  // namespace gradus
