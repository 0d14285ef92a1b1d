// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// Throws ShapeError `[where] expected <what> with <cols> columns, got 2 (x is 7 x 2)` unless the columns are `cols`.
void check_cols(std::string_view where, std::string_view what, Index rows, Index cols, Index expected_cols);
/// The same for the rows.
void check_rows(std::string_view where, std::string_view what, Index rows, Index cols, Index expected_rows);
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
