// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// Throws ShapeError `[where] expected <what> with <cols> columns, got 2 (x is 7 x 2)` unless the columns are `cols`.
void check_cols(std::string_view where, std::string_view what, Index rows, Index cols, Index expected_cols);
/// The same for the rows.
void check_rows(std::string_view where, std::string_view what, Index rows, Index cols, Index expected_rows);
/// Throws ShapeError `[where] expected <what> with a multiple of 3 columns (3 a time step), got 7 (x is 2 x 7)` unless
/// the columns are one or more steps of `step_cols`.
void check_steps(std::string_view where, std::string_view what, Index rows, Index cols, Index step_cols);
/// The same for the length of a vector.
void check_length(std::string_view where, std::string_view what, Index length, Index expected_length);

template <class M>
void check_cols(std::string_view where, std::string_view what, const M& x, Index expected_cols) {
  check_cols(where, what, x.rows(), x.cols(), expected_cols);
}
template <class M>
void check_rows(std::string_view where, std::string_view what, const M& x, Index expected_rows) {
  check_rows(where, what, x.rows(), x.cols(), expected_rows);
}

}  // namespace gradus
