// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gradus/data/dataset.hpp"
#include "gradus/lab/figure/figure.hpp"
#include "gradus/metrics/scores.hpp"
#include "gradus/model/model.hpp"

/// What a model looks at.
namespace gradus {

struct FeatureImportance {
  std::string name;            ///< of the column; a coded one counts as one
  std::vector<Index> inputs;   ///< the inputs that it makes, usually one
  std::vector<double> losses;  ///< how much the score is lower, shuffle by shuffle
  double mean = 0;
  double deviation = 0;  ///< of the sample, with n - 1; 0 of a single shuffle
  /// Mean over samples and outputs of |d answer / d input| times the input's standard deviation in the data: how far an
  /// answer moves, where the network stands, if the feature moves by what is usual for it. Of a coded column, the sum.
  double saliency = 0;
};

struct Importance {
  std::string score;                        ///< what is measured: "accuracy" or "r2"
  double base = 0;                          ///< of the data as it is
  std::vector<FeatureImportance> features;  ///< in the order of the columns
};

/// Permutation importance (Breiman, 2001: "Random forests", 10): how much worse a model's score becomes when the values
/// of one feature are dealt out anew among the samples, so that it says nothing any more. The shuffles are those of
/// scikit-learn's `permutation_importance(n_repeats=repeats, random_state=seed)`. A feature that others can stand in
/// for counts little; what the model has not learned to use counts nothing. Throws ValueError for fewer than two
/// samples, no repeats, data without known answers or a network of sequences; ShapeError as `score`.
Importance importance(const Model& model, const Dataset& data, Index repeats = 5, std::uint32_t seed = 0);

/// Features by their mean, the largest on top, with a line as long as the deviation to each side.
Figure importance_figure(const Importance& importance, const std::string& title = "");

}  // namespace gradus
