// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "gradus/core/number.hpp"
#include "gradus/nn/fitting.hpp"
#include "gradus/train/fit.hpp"

/// What is checked before anything is trained: for who trains by passes of their own (train/passes.hpp).
namespace gradus {

/// Whether a set's weights are one a sample, finite, at least 0, and not all 0. Throws ShapeError or ValueError.
template <std::floating_point T>
void check_weights(const std::string& where, const Samples<T>& set) {
  if (set.weights.empty()) return;
  check_length(where, "sample weights", static_cast<Index>(set.weights.size()), set.x.rows());
  const auto bad = std::find_if(set.weights.begin(), set.weights.end(),
                                [](T w) { return !(w >= 0 && w <= std::numeric_limits<T>::max()); });
  if (bad != set.weights.end())
    throw ValueError("[" + where + "] expected sample weights that are finite and at least 0, got " +
                     number_text(static_cast<double>(*bad)) + " (sample " + std::to_string(bad - set.weights.begin()) +
                     ")");
  if (std::all_of(set.weights.begin(), set.weights.end(), [](T w) { return w == 0; }))
    throw ValueError("[" + where + "] expected a sample weight above 0, got none");
}

/// Whether network, parameters, loss and samples fit together. Throws ShapeError or ValueError.
template <std::floating_point T, class L>
void check_sets(const BasicNetwork<L>& network, Index parameters, const Samples<T>& train,
                const std::optional<Samples<T>>& test, const FitOptions& options) {
  const auto check_set = [&](const Samples<T>& set, const char* where) {
    network.check_input(where, set.x.rows(), set.x.cols());
    check_rows(where, "targets", set.targets, set.x.rows());
    check_cols(where, "targets", set.targets, network.output_cols(set.x.cols()));
    check_weights(where, set);
  };
  check_set(train, "fit");
  if (test) check_set(*test, "fit, test set");
  check_length("fit", "theta", parameters, network.parameter_count());
  if (!options.state.empty())
    check_length("fit", "state", static_cast<Index>(options.state.size()), network.state_count());
  check_fitting("fit", network, options.loss.function, train.targets);
  if (test) detail::check_targets_needed("fit, test set", network.outputs(), options.loss.function, test->targets);
  if (train.x.rows() == 0) throw ValueError("[fit] expected at least one sample, got none");
}

namespace detail {

/// Whether the options make sense for so many samples. Throws ValueError.
void check_fit_options(const FitOptions& options, Index samples);
/// `listens`: whether the schedule does; `knows_hits`: whether anything counts as one.
void check_early_stopping(const FitOptions& options, bool has_test, bool has_metric, bool listens, bool knows_hits);

}  // namespace detail
}  // namespace gradus
