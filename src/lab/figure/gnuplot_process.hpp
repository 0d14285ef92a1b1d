// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace gradus::figure_detail {

/// Runs gnuplot on a script, without a shell or a file, and returns what it draws to standard output. Throws ToolError
/// if gnuplot is not installed, cannot start, fails or draws nothing; the message carries its first complaint.
std::string run_gnuplot(std::string_view script);

}  // namespace gradus::figure_detail
