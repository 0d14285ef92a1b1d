// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "gradus/lab/experiment/keys.hpp"

/// An experiment's values as words of a command line.
namespace gradus {

/// A value as `parse_key_value` reads it: a text as it is, all else as `to_text` writes it.
std::string plain_text(const KeyValue& value);

/// A word as a shell takes it: as it is where nothing in it means more, else between single quotes.
std::string shell_word(const std::string& word);

}  // namespace gradus
