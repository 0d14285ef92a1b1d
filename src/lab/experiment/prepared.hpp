// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "gradus/lab/experiment/run.hpp"

namespace gradus {

/// An experiment before its training: its data loaded and split, its network, what scaling is fitted.
ExperimentResult before_training(const Experiment& experiment, const ExperimentSource& source);

/// How it trains, as `fit` takes it.
FitOptions options_of_run(const ExperimentResult& result);

/// A training in its number type, with what it stands on; stays where it is made.
template <std::floating_point T>
class PreparedTraining {
 public:
  /// Writes the place of a planted fault into the result's experiment. `is_kept`: states of the training are kept, to
  /// go on from; throws ValueError for a fault that remembers more than they do.
  PreparedTraining(ExperimentResult& result, const FitOptions& options, const Callbacks<T>& callbacks, bool is_kept);
  PreparedTraining(const PreparedTraining&) = delete;
  PreparedTraining& operator=(const PreparedTraining&) = delete;

  Training<T>& training() { return *training_; }
  const Training<T>& training() const { return *training_; }
  std::span<const T> theta() const { return theta_; }

 private:
  /// Samples as the network is given them: scaled.
  struct Set {
    Matrix<T> x;
    Matrix<T> targets;
    std::vector<T> weights{};

    Samples<T> samples() const { return {x, targets, weights}; }
  };
  static Set prepare(const Dataset& data, const Model& model);

  RandomState random_;
  std::vector<T> theta_;
  Set train_;
  Set test_;
  std::optional<Training<T>> training_;
};

extern template class PreparedTraining<float>;
extern template class PreparedTraining<double>;

}  // namespace gradus
