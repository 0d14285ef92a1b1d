// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "gradus/train/training_state.hpp"

namespace gradus {

/// A training's state as a safetensors file with a checksum: a tensor for every number and every array of it, by the
/// names of `for_each_part` ("theta", "optimizer.slots.0", "history.loss"), in the number type it is computed in. The
/// same state gives the same bytes.
template <std::floating_point T>
std::string to_snapshot(const TrainingState<T>& state);

/// Reads what `to_snapshot` wrote. `path` is for the messages only. Throws FileError on a damaged file, one that is
/// none, one of the other precision, and one with a part missing, of another shape or unknown.
template <std::floating_point T>
TrainingState<T> parse_snapshot(std::string_view bytes, const std::string& path);

extern template std::string to_snapshot(const TrainingState<float>&);
extern template std::string to_snapshot(const TrainingState<double>&);
extern template TrainingState<float> parse_snapshot(std::string_view, const std::string&);
extern template TrainingState<double> parse_snapshot(std::string_view, const std::string&);

}  // namespace gradus
