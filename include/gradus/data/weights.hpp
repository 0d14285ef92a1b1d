// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/data/dataset.hpp"

namespace gradus {

/// How much the classes count in training. The default: each sample counts once, whatever its class.
struct ClassWeights {
  bool balanced = false;       ///< all classes count alike, the rare as the frequent
  std::vector<double> values;  ///< else one a class, in the order of the classes; or none

  bool operator==(const ClassWeights&) const = default;
};

/// `none`, `balanced`, or a number of at least 0 for each class in turn: `1,2.5,1`. Throws ParseError.
ClassWeights parse_class_weights(std::string_view text);
std::string to_text(const ClassWeights& weights);

/// One weight a class, with which all classes count alike: n / (K n_c) for n_c of n samples in class c, where K classes
/// have samples at all (scikit-learn's "balanced"); 0 for a class that has none.
std::vector<double> balanced_class_weights(std::span<const int> labels, Index classes);

/// One weight a sample: the data's own, if it has any, times that of the sample's class. Empty if every sample counts
/// once. Throws ValueError on class weights without classes, or of another number.
std::vector<double> sample_weights(const Dataset& data, const ClassWeights& weights = {});

}  // namespace gradus
