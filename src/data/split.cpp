// SPDX-License-Identifier: MIT
#include "gradus/data/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <string>

namespace gradus {
namespace {

struct Sizes {
  Index train;
  Index test;
};

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

Sizes checked_sizes(Index n, double test_size) {
  const bool share = test_size > 0 && test_size < 1;
  const bool count = test_size >= 1 && test_size < static_cast<double>(n) && test_size == std::floor(test_size);
  if (!share && !count)
    throw ValueError(fmt::format(
        "[split] expected a test share in (0, 1), or a whole number of samples below {}, got {}", n, test_size));
  const Index test = static_cast<Index>(share ? std::ceil(test_size * static_cast<double>(n)) : test_size);
  if (test < 1 || test >= n)
    throw ValueError(fmt::format("[split] a test share of {} leaves no sample to {} on: {} samples in all", test_size,
                                 test < 1 ? "test" : "train", n));
  return {n - test, test};
}

/// The rows of each class: classes by ascending label, or in the order in which they first appear.
std::vector<std::vector<Index>> rows_by_class(std::span<const int> labels, bool by_appearance) {
  std::map<int, std::vector<Index>> rows_of;
  for (std::size_t i = 0; i < labels.size(); ++i) rows_of[labels[i]].push_back(static_cast<Index>(i));
  std::vector<std::vector<Index>> rows;
  rows.reserve(rows_of.size());
  for (auto& entry : rows_of) rows.push_back(std::move(entry.second));
  if (by_appearance) std::sort(rows.begin(), rows.end(), [](auto& a, auto& b) { return a.front() < b.front(); });
  return rows;
}

/// How many of `draws` samples come from each class: the share rounded down, and what is left over to the largest
/// remainders. Classes with equal remainders are put in a drawn order, even when all of them get one.
std::vector<Index> approximate_mode(const std::vector<Index>& counts, Index draws, RandomState& random) {
  const double total = static_cast<double>(std::reduce(counts.begin(), counts.end()));
  std::vector<Index> taken;
  std::vector<double> remainders;
  for (const Index count : counts) {
    const double share = static_cast<double>(count) / total * static_cast<double>(draws);
    taken.push_back(static_cast<Index>(std::floor(share)));
    remainders.push_back(share - std::floor(share));
  }
  Index missing = draws - std::reduce(taken.begin(), taken.end());
  std::vector<double> values = remainders;
  std::sort(values.begin(), values.end(), std::greater<>());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (const double value : values) {
    if (missing <= 0) break;
    std::vector<std::size_t> tied;
    for (std::size_t c = 0; const double remainder : remainders) {
      if (remainder == value) tied.push_back(c);
      ++c;
    }
    const Index now = std::min(static_cast<Index>(tied.size()), missing);
    for (const Index i : random.choice(static_cast<Index>(tied.size()), now, false)) ++taken[tied[at(i)]];
    missing -= now;
  }
  return taken;
}

void check_folds(Index n, Index folds) {
  if (folds < 2 || folds > n)
    throw ValueError(fmt::format("[k_fold] expected 2 to {} folds, one sample each at least, got {}", n, folds));
}

/// The splits that test each fold in turn, from the fold of each sample.
std::vector<Split> splits_of(const std::vector<Index>& fold_of, Index folds) {
  std::vector<Split> splits(at(folds));
  for (Index fold = 0; fold < folds; ++fold)
    for (std::size_t i = 0; i < fold_of.size(); ++i)
      (fold_of[i] == fold ? splits[at(fold)].test : splits[at(fold)].train).push_back(static_cast<Index>(i));
  return splits;
}

std::vector<Split> folds_of(const std::vector<Index>& order, Index folds) {
  const Index n = static_cast<Index>(order.size());
  std::vector<Index> fold_of(order.size());
  Index next = 0;
  for (Index fold = 0; fold < folds; ++fold)
    for (Index k = n / folds + (fold < n % folds ? 1 : 0); k > 0; --k) fold_of[at(order[at(next++)])] = fold;
  return splits_of(fold_of, folds);
}

/// `random` may be null: then nothing is shuffled.
std::vector<Split> stratified_folds(std::span<const int> labels, Index folds, RandomState* random) {
  check_folds(static_cast<Index>(labels.size()), folds);
  const auto classes = rows_by_class(labels, true);
  if (std::all_of(classes.begin(), classes.end(), [&](const auto& rows) { return std::ssize(rows) < folds; }))
    throw ValueError(fmt::format("[k_fold] expected a class with at least {} samples, one a fold, got none", folds));
  std::vector<Index> fold_of(labels.size());
  Index dealt = 0;  // the samples, sorted by class, are dealt to the folds in turn
  for (const auto& rows : classes) {
    std::vector<Index> own;
    for (std::size_t k = 0; k < rows.size(); ++k) own.push_back((dealt + static_cast<Index>(k)) % folds);
    std::sort(own.begin(), own.end());
    dealt += std::ssize(rows);
    if (random) random->shuffle(own);
    for (std::size_t k = 0; k < rows.size(); ++k) fold_of[at(rows[k])] = own[k];
  }
  return splits_of(fold_of, folds);
}

}  // namespace

Split train_test_split(Index n, double test_size, RandomState& random) {
  const Sizes sizes = checked_sizes(n, test_size);
  const std::vector<Index> order = random.permutation(n);
  return {{order.begin() + sizes.test, order.end()}, {order.begin(), order.begin() + sizes.test}};
}

Split stratified_split(std::span<const int> labels, double test_size, RandomState& random) {
  const Sizes sizes = checked_sizes(std::ssize(labels), test_size);
  const auto classes = rows_by_class(labels, false);
  std::vector<Index> counts;
  for (const auto& rows : classes) {
    if (rows.size() < 2)
      throw ValueError(
          fmt::format("[split] expected at least two samples of each class to stratify, got one of class "
                      "{}",
                      labels[at(rows.front())]));
    counts.push_back(std::ssize(rows));
  }
  if (std::min(sizes.train, sizes.test) < std::ssize(classes))
    throw ValueError(
        fmt::format("[split] expected a sample of each of the {} classes on both sides, got {} to train "
                    "and {} to test",
                    classes.size(), sizes.train, sizes.test));
  const std::vector<Index> train_counts = approximate_mode(counts, sizes.train, random);
  for (std::size_t c = 0; c < counts.size(); ++c) counts[c] -= train_counts[c];
  const std::vector<Index> test_counts = approximate_mode(counts, sizes.test, random);
  Split split;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const std::vector<Index> order = random.permutation(std::ssize(classes[c]));
    for (Index k = 0; k < train_counts[c] + test_counts[c]; ++k)
      (k < train_counts[c] ? split.train : split.test).push_back(classes[c][at(order[at(k)])]);
  }
  random.shuffle(split.train);
  random.shuffle(split.test);
  return split;
}

std::vector<Split> k_fold(Index n, Index folds) {
  check_folds(n, folds);
  std::vector<Index> order(at(n));
  std::iota(order.begin(), order.end(), Index{0});
  return folds_of(order, folds);
}

std::vector<Split> k_fold(Index n, Index folds, RandomState& random) {
  check_folds(n, folds);
  return folds_of(random.permutation(n), folds);
}

std::vector<Split> stratified_k_fold(std::span<const int> labels, Index folds) {
  return stratified_folds(labels, folds, nullptr);
}

std::vector<Split> stratified_k_fold(std::span<const int> labels, Index folds, RandomState& random) {
  return stratified_folds(labels, folds, &random);
}

Split split_rows(const Dataset& data, double test_size, RandomState& random, bool stratify) {
  if (stratify && !data.is_classification())
    throw ValueError("[split] expected classes to stratify by, got a regression");
  return stratify ? stratified_split(data.labels, test_size, random) : train_test_split(data.size(), test_size, random);
}

TrainTest split(const Dataset& data, double test_size, RandomState& random, bool stratify) {
  const Split rows = split_rows(data, test_size, random, stratify);
  return {data.take(rows.train), data.take(rows.test)};
}

}  // namespace gradus
