// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gradus {

/// SHA-256 (FIPS 180-4) in 64 hexadecimal digits: sha256("abc") begins with ba7816bf.
std::string sha256(std::string_view bytes);

/// Of numbers in their own precision and order, the lowest byte first: what `hashlib.sha256(theta.tobytes())` gives for
/// a NumPy array on most machines. Equal parameters have equal hashes on every machine, NaN apart, whose bits
/// processors choose differently.
std::string sha256(std::span<const double> numbers);
std::string sha256(std::span<const float> numbers);

}  // namespace gradus
