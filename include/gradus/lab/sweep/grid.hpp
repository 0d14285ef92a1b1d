// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/lab/experiment/keys.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {

/// One thing that a sweep varies.
struct SweepAxis {
  std::string name;                   ///< the key's flag: `lr`; `network.2` for its second pair of braces
  std::vector<std::string> values{};  ///< as they were written; none for a range
  std::optional<std::pair<double, double>> range{};  ///< to draw from: low and high
  bool whole = false;                                ///< a range of whole numbers
  std::string text{};                                ///< what it stands in, with a mark in its place; if anything
};

/// The values of an experiment's keys, one or several for each, and so the configurations to try.
class SweepGrid {
 public:
  /// One value of a key, or several: of numbers between commas, `0.05,0.1`; of any other text between braces,
  /// `2-{2,5}tanh-2softmax`; a number to be drawn as a range, `0.001..0.1`. A second call replaces the first. `name` is
  /// what to call the key in errors. Throws ParseError that points at a brace without its fellow, ValueError for
  /// several values of a key that names data or the seed.
  void set(const ExperimentKey& key, std::string_view text, std::string_view name);

  /// What was set, as it was written, in the order of the experiment's keys.
  std::vector<std::pair<const ExperimentKey*, std::string>> texts() const;
  /// In the order of the experiment's keys.
  std::vector<SweepAxis> axes() const;
  /// The keys that have several values.
  std::vector<const ExperimentKey*> varied_keys() const;

  /// Each value of an axis once, the others at their first; of ranges their ends. Enough to see that each fits its key.
  std::vector<std::vector<std::string>> samples() const;
  /// Whether an axis has no end of values.
  bool has_range() const;
  /// How many combinations of the axes' values there are, rounded; infinitely many with a range.
  double combinations() const;
  /// The same, to be tried one and all. Throws ValueError for a range, and for more than a million.
  Index count() const;
  /// Every one of them, the last axis first to change. Throws as `count`.
  std::vector<std::vector<std::string>> all() const;
  /// `count` different ones of them; or, if there is a range, values drawn axis by axis, between low and high > low > 0
  /// with a uniform logarithm (Bergstra and Bengio, 2012).
  std::vector<std::vector<std::string>> draw(Index count, RandomState& random) const;

  /// `base` with one value for each axis, and the values that do not vary. Throws what `set_key` throws on a value that
  /// its key cannot hold.
  Experiment experiment(Experiment base, std::span<const std::string> values) const;

 private:
  struct Assignment {
    const ExperimentKey* key;
    std::string name;
    std::string text;                 // as it was written
    std::vector<std::string> pieces;  // of the text, around its axes
    std::vector<SweepAxis> axes;      // one less than pieces
  };

  std::vector<Assignment> assignments_;  // in the order of the keys: an optimizer resets its rate
};

}  // namespace gradus
