// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "gradus/lab/experiment/experiment.hpp"
#include "gradus/train/training_state.hpp"

/// How a training goes on by another experiment.
namespace gradus {

/// The key in which two experiments differ although training alone may; empty if there is none.
std::string foreign_difference(const Experiment& a, const Experiment& b);

/// The state, with what does not fit on in another experiment as that begins, `fresh`. Throws ValueError within an
/// epoch whose batches would be others.
template <std::floating_point T>
TrainingState<T> adapted(TrainingState<T> state, const Experiment& from, const Experiment& to, TrainingState<T> fresh,
                         Index updates_per_epoch);

extern template TrainingState<float> adapted(TrainingState<float>, const Experiment&, const Experiment&,
                                             TrainingState<float>, Index);
extern template TrainingState<double> adapted(TrainingState<double>, const Experiment&, const Experiment&,
                                              TrainingState<double>, Index);

}  // namespace gradus
