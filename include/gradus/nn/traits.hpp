// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <string_view>

/// What layers and losses tell of themselves, so that nobody else has to keep a list of them: whether they fit together
/// (nn/fitting.hpp), why a run diverged (train/autopsy.hpp), what a figure writes beside an axis.
namespace gradus {

/// What a layer takes the exponential of: whether it can overflow where its input does not.
enum class Exponentials {
  none,
  bounded,    ///< of numbers of at most 0, as -|z|: never more than 1
  unbounded,  ///< of its input as it is: infinite beyond 709.8 (in float 88.8)
};

/// What the numbers are that a layer gives. Those of the last layer are the network's answers.
struct Answers {
  enum class Kind {
    unknown,           ///< of a layer of your own that does not say
    numbers,           ///< each by itself
    decisions,         ///< 0 or 1, with no slope between them
    distribution,      ///< probabilities that sum to 1
    log_distribution,  ///< the logarithms of such
  };
  Kind kind = Kind::numbers;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open = false;  ///< whether low and high are themselves out of reach, but for rounding

  /// Of numbers each of which lies between some of these.
  constexpr Answers among() const { return {kind == Kind::unknown ? kind : Kind::numbers, low, high, open}; }

  bool operator==(const Answers&) const = default;
};

inline constexpr double kNoEnd = std::numeric_limits<double>::infinity();
inline constexpr Answers unknown_answers{.kind = Answers::Kind::unknown};
inline constexpr Answers any_number{};
/// Numbers from low to high, both in reach.
constexpr Answers from_to(double low, double high) { return {Answers::Kind::numbers, low, high, false}; }
/// Numbers between low and high, which are not.
constexpr Answers between(double low, double high) { return {Answers::Kind::numbers, low, high, true}; }

/// What a loss takes logarithms of: where an answer ruins it unless it is computed from the logits.
enum class Logarithms {
  none,
  of_answers,     ///< log p: 0 ruins it
  of_both_sides,  ///< log p and log(1 - p): 0 and 1 do
};

/// What a loss asks of a network's answers.
enum class AnswersNeeded {
  numbers,           ///< any, compared with the targets
  scores,            ///< any, compared with each other: an output for each class
  positive,          ///< above 0
  probabilities,     ///< between 0 and 1
  distribution,      ///< probabilities that sum to 1: without that, nothing speaks against all of them going to 1
  log_distribution,  ///< the logarithms of such
};

/// What a loss asks of the targets of each sample (in a sequence: of each step).
enum class TargetsNeeded {
  numbers,        ///< any
  counts,         ///< at least 0
  probabilities,  ///< from 0 to 1
  decisions,      ///< 0 or 1
  distribution,   ///< at least 0 with a sum of 1; or all 0, which counts nothing
  one_hot,        ///< one of them 1, all others 0; of a single one, 0 or 1
};

/// What is computed and its derivative, in the letters of the header, for whoever reads a pass number by number
/// (check/explain.hpp).
struct Formulas {
  std::string_view value;
  std::string_view derivative;
};

}  // namespace gradus
