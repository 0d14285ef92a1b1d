// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gradus {

/// The number that `text` holds from its first character to its last, in decimal or scientific notation: `-1.5e-3`,
/// also `inf` and `nan`. Rounded to the nearest double. Nothing if it holds anything else (a space, a leading +, a
/// hexadecimal number) or is outside a double's range. The same in every locale, and where the standard library has no
/// std::from_chars for doubles.
std::optional<double> parse_number(std::string_view text);

/// The shortest decimal text that `parse_number` turns back into exactly `value`: `0.1`, `1e-07`.
std::string number_text(double value);

}  // namespace gradus
