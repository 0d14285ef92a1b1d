// SPDX-License-Identifier: MIT
// Where no process can be started, in a browser, gnuplot cannot either; CMake takes this file in gnuplot_process.cpp's
// place.
#include "gnuplot_process.hpp"
#include "gradus/core/error.hpp"

namespace gradus::figure_detail {

std::string run_gnuplot(std::string_view) {
  throw ToolError("gnuplot cannot be run in a browser, expected a program that can start others to draw pictures");
}

}  // namespace gradus::figure_detail
