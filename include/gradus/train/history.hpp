// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/model/history.hpp"

namespace gradus {

enum class StopReason {
  finished,   ///< all epochs or updates are done
  converged,  ///< the parameters moved less than the threshold, or no step leads further down
  early,      ///< early stopping, or a schedule at its end
  callback,   ///< a callback said stop
  diverged,   ///< a number went non-finite; theta holds the last finite parameters
};

/// Where a non-finite number was first seen, and what probably made it.
struct Divergence {
  std::string where;  ///< "layer 2 (softmax) outputs", "the loss", "the gradient of layer 1 weights"
  Index epoch = 0;    ///< from 1
  Index batch = 0;    ///< of the epoch, from 1
  Index update = 0;   ///< from 1
  Index sample = -1;  ///< row of the training set, from 0; -1: of the whole batch
  Index unit = -1;    ///< column of the layer's outputs, from 0; -1: no one unit
  Index entry = -1;   ///< number of the array of parameters or of their gradient, row by row from 0; -1: none
  double last_finite_loss = 0;
  double largest_gradient = 0;  ///< largest magnitude in the gradient of the update before
  std::string cause{};          ///< "the learning rate is probably too large"

  /// One sentence for a person.
  std::string message() const;
};

struct FitResult {
  History history;
  StopReason reason = StopReason::finished;
  Divergence divergence;  ///< meaningful for StopReason::diverged
  Index updates = 0;
  Index epochs = 0;           ///< epochs begun
  Index best_epoch = 0;       ///< with early stopping: the epoch, from 1, after which its metric was best; 0: none
  double best_metric = 0;     ///< the metric then
  std::vector<double> state;  ///< the network's running statistics after the last update
};

}  // namespace gradus
