// SPDX-License-Identifier: MIT
#include "gradus/core/shape.hpp"

#include <string>

namespace gradus {
namespace {

[[noreturn]] void refuse(std::string_view where, std::string_view what, Index rows, Index cols, Index expected,
                         Index got, std::string_view unit) {
  throw ShapeError("[" + std::string(where) + "] expected " + std::string(what) + " with " + std::to_string(expected) +
                   " " + std::string(unit) + (expected == 1 ? "" : "s") + ", got " + std::to_string(got) + " (" +
                   std::string(what) + " is " + std::to_string(rows) + " x " + std::to_string(cols) + ")");
}

}  // namespace

void check_cols(std::string_view where, std::string_view what, Index rows, Index cols, Index expected_cols) {
  if (cols != expected_cols) refuse(where, what, rows, cols, expected_cols, cols, "column");
}

void check_rows(std::string_view where, std::string_view what, Index rows, Index cols, Index expected_rows) {
  if (rows != expected_rows) refuse(where, what, rows, cols, expected_rows, rows, "row");
}

void check_steps(std::string_view where, std::string_view what, Index rows, Index cols, Index step_cols) {
  if (step_cols > 0 && cols > 0 && cols % step_cols == 0) return;
  const std::string step = std::to_string(step_cols);
  throw ShapeError("[" + std::string(where) + "] expected " + std::string(what) + " with a multiple of " + step +
                   (step_cols == 1 ? " column (" : " columns (") + step + " a time step), got " + std::to_string(cols) +
                   " (" + std::string(what) + " is " + std::to_string(rows) + " x " + std::to_string(cols) + ")");
}

void check_length(std::string_view where, std::string_view what, Index length, Index expected_length) {
  if (length != expected_length)
    throw ShapeError("[" + std::string(where) + "] expected " + std::string(what) + " of length " +
                     std::to_string(expected_length) + ", got " + std::to_string(length));
}

}  // namespace gradus
