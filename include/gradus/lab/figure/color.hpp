// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// An opaque sRGB colour.
struct Color {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  bool operator==(const Color&) const = default;
};

/// The eight colours of Okabe and Ito, told apart by colour-blind readers too
/// (M. Okabe, K. Ito, "Color Universal Design", 2008).
namespace okabe_ito {
inline constexpr Color black{0, 0, 0};
inline constexpr Color orange{230, 159, 0};
inline constexpr Color sky{86, 180, 233};
inline constexpr Color green{0, 158, 115};
inline constexpr Color yellow{240, 228, 66};
inline constexpr Color blue{0, 114, 178};
inline constexpr Color vermillion{213, 94, 0};
inline constexpr Color purple{204, 121, 167};
}  // namespace okabe_ito

inline constexpr Color white{255, 255, 255};
inline constexpr Color ink{34, 34, 34};      ///< titles and names
inline constexpr Color slate{85, 85, 85};    ///< the numbers and names of axes
inline constexpr Color grey{150, 150, 150};  ///< axes and reference lines

/// The colour of class `k`, for points and fields; the eight come again after the eighth.
Color class_color(Index k);
/// The colour of curve `k` of several; only colours dark enough for a thin line and its name on white.
Color series_color(Index k);

/// (1 - t) from + t to, channel by channel, t clamped to [0, 1]; a NaN t gives `from`.
Color mix(Color from, Color to, double t);
/// `#0072b2`
std::string hex(Color color);

/// The colour of a binary probability: blue at 0, white at 1/2, orange at 1, lightened so that points stay readable.
/// NaN gives a light grey.
Color probability_color(double probability);
/// The class colours mixed by their probabilities (which need not sum to 1) and lightened.
Color probability_color(std::span<const double> probabilities);

}  // namespace gradus
