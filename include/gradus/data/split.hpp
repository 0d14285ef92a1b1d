// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "gradus/data/dataset.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {

/// Rows to train on and rows to test on, exactly those scikit-learn 1.2 chooses from the same stream.
struct Split {
  std::vector<Index> train;
  std::vector<Index> test;
  bool operator==(const Split&) const = default;
};

/// `test_size` is a share in (0, 1), of which ceil(share * n) samples are made, or a whole number of samples. Both
/// sides are in shuffled order. Throws ValueError if either side would be empty.
Split train_test_split(Index n, double test_size, RandomState& random);

/// The same with each class in both sides in its share of the whole. Throws ValueError if a class has fewer than two
/// samples, or a side has fewer samples than there are classes.
Split stratified_split(std::span<const int> labels, double test_size, RandomState& random);

/// `folds` splits of 0..n-1, each sample tested once; the first n % folds are one larger. Rows ascend. Without a random
/// state the folds are runs of neighbours. Throws ValueError unless 2 <= folds <= n.
std::vector<Split> k_fold(Index n, Index folds);
std::vector<Split> k_fold(Index n, Index folds, RandomState& random);

/// The same with each class spread evenly over the folds. Throws ValueError if every class has fewer samples than there
/// are folds.
std::vector<Split> stratified_k_fold(std::span<const int> labels, Index folds);
std::vector<Split> stratified_k_fold(std::span<const int> labels, Index folds, RandomState& random);

/// The rows of a data set, split by one of the two. Stratifying needs classes: throws ValueError for a regression.
Split split_rows(const Dataset& data, double test_size, RandomState& random, bool stratify = false);

struct TrainTest {
  Dataset train;
  Dataset test;
};

/// A data set in two, by `split_rows`.
TrainTest split(const Dataset& data, double test_size, RandomState& random, bool stratify = false);

}  // namespace gradus
