// SPDX-License-Identifier: MIT
#pragma once

namespace gradus {

/// std::bit_cast of C++20, for the standard library that Emscripten 3.1.6 brings, which lacks it.
template <class To, class From>
constexpr To bit_cast(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, from);
}

}  // namespace gradus
