// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gradus/data/columns.hpp"
#include "gradus/data/scaler.hpp"

/// The pieces of a model file's metadata that are JSON. The readers throw ValueError that says what is wrong.
namespace gradus {

std::string names_to_json(const std::vector<std::string>& names);
/// A list of at most `limit` strings.
std::vector<std::string> names_from_json(std::string_view text, std::size_t limit);

/// {"kind":"standard","shift":[...],"scale":[...]}, each number in the digits that give it back exactly.
/// `[1.5,-2]`.
std::string numbers_to_json(const std::vector<double>& numbers);
std::vector<double> numbers_from_json(std::string_view text, std::size_t limit);

/// `[["height"],["color","=","blue","red"],["size","<","S","M"]]`: a column's name, then its categories, if it has
/// such, behind "<" where they have an order, else "=".
std::string columns_to_json(const std::vector<InputColumn>& columns);
/// `limit`: inputs in all.
std::vector<InputColumn> columns_from_json(std::string_view text, std::size_t limit);

std::string scaler_to_json(const Scaler& scaler);
/// With lists of at most `limit` numbers.
Scaler scaler_from_json(std::string_view text, std::size_t limit);

}  // namespace gradus
