// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/nn/parameter_block.hpp"

/// What a gradient check finds. The hand-written backward pass is on trial; the tape, dual numbers and the complex step
/// differentiate the same forward pass by other rules, and finite differences know nothing but its values.
namespace gradus {

enum class GradientSource {
  hand,
  tape,                ///< reverse mode
  dual,                ///< forward mode
  complex,             ///< the complex step
  ridders,             ///< finite differences extrapolated to step 0, with their own error estimate (Ridders, 1982)
  forward_difference,  ///< (L(w + h) - L(w)) / h, for comparison
  central_difference,  ///< (L(w + h) - L(w - h)) / 2h, for comparison
};

inline constexpr std::size_t kGradientSources = 7;
inline constexpr std::array<std::string_view, kGradientSources> gradient_source_names{
    "hand", "tape", "dual", "complex", "ridders", "forward", "central"};
/// The first five vote; the last two are reported beside them.
inline constexpr std::size_t kVoters = 5;

struct GradientCheckOptions {
  double forward_step = 1e-4;  ///< of (L(w + h) - L(w)) / h
  double central_step = 6e-6;  ///< of (L(w + h) - L(w - h)) / 2h: near the cube root of 2^-52
  bool complex = true;         ///< whether the complex step is a source
  bool plain = true;           ///< whether forward and central differences are reported
  bool input = true;           ///< whether the derivative by the input is checked too
  bool proofs = true;          ///< whether `GradientCheck::proofs` are carried out
  std::uint64_t seed = 1;      ///< of random masks in the network and of random directions
  /// Called again and again, if there is one; what it throws ends the check.
  std::function<void()> between_passes{};
};

enum class GradientVerdict {
  right,
  wrong,
  kink,      ///< some differences straddle a kink; on both of its sides the gradient is right
  noise,     ///< the gradient is smaller than the rounding error of computing it: nothing was compared
  unproven,  ///< the gradient is zero throughout: nothing was compared
};
std::string_view name(GradientVerdict verdict);

/// One number of the gradient.
struct EntryCheck {
  Index row = 0;
  Index col = 0;
  double hand = 0;
  double reference = 0;  ///< by the sources that agree, else by the tape
};

/// A parameter whose differences straddle a kink; on both of its sides they agree with what is derived.
struct Kink {
  Index entry = 0;   ///< of theta
  std::string unit;  ///< what changes its branch: "layer 1 (relu), sample 3, unit 5"
};

/// One parameter array: how far each source is from the hand-written gradient.
struct BlockCheck {
  ParameterBlock block;
  double norm = 0;  ///< Euclidean norm of the hand-written gradient
  /// ||g - g'|| / (||g|| + ||g'||), for each GradientSource; 0 where both are zero, NaN where either is not finite or
  /// the source was left out.
  std::array<double, kGradientSources> relative_error{};
  /// How large ||g - g'|| may be: for exact sources from rounding, for differences from their estimated error.
  std::array<double, kGradientSources> tolerance{};
  std::array<bool, kGradientSources> used{};    ///< whether the source gave a gradient
  std::array<bool, kGradientSources> agrees{};  ///< with the hand-written gradient
  GradientVerdict verdict = GradientVerdict::right;
  std::optional<GradientSource> culprit;  ///< of a wrong verdict: the one that the others, agreed, contradict
  /// Of a wrong verdict: the differences, which know nothing but values, contradict all that is derived from the
  /// forward pass, and are exact enough to be believed. So the forward pass takes something for a constant that is
  /// none.
  bool cut = false;
  EntryCheck worst;  ///< where hand and reference are furthest apart for their size
  std::vector<Kink> kinks;

  /// "layer 2 weights", "input"
  std::string label() const;
  /// "layer 2, weights[3, 1]"
  std::string entry_label(Index row, Index col) const;
};

/// Something else that is proven beside the gradient's numbers.
struct Proof {
  std::string name;  ///< "backward writes all it must"
  bool passed = true;
  std::string remark;  ///< what was found, or why nothing could be said; may be empty
};

/// What the slip probably is.
struct Diagnosis {
  std::string kind;       ///< the fault's name, as in check/fault.hpp; empty if none fits
  std::size_t layer = 0;  ///< place in the chain; the chain's length means the loss
  std::string where;      ///< "the gradient of weights in layer 2 (dense)"
  std::string sentence;
  std::vector<std::string> also{};  ///< other kinds that explain what was seen as well
};

struct GradientCheck {
  double loss = 0;
  std::array<std::vector<double>, kGradientSources> gradients;  ///< over all of theta; empty if left out
  std::vector<BlockCheck> blocks;
  std::vector<Proof> proofs;
  std::vector<Diagnosis> diagnoses;  ///< the likeliest first; empty if nothing is wrong
  std::vector<std::string> notes{};  ///< what was not looked at here, and how what was given was read

  /// `wrong` if an array or a proof is; `right` if not and something was proven: at least one array of parameters (of a
  /// network without any: the input) is right; else `unproven`.
  GradientVerdict verdict() const;
  /// Whether the verdict is `right`.
  bool passed() const { return verdict() == GradientVerdict::right; }
  /// Of an unproven gradient, why nothing could be told and what to do; else empty.
  std::string unproven_because() const;
  /// An aligned table, one parameter array a line, under a line of headings. With `worst_first` the wrong ones lead.
  std::string table(bool worst_first = false) const;
  /// For a person: what is wrong in a sentence, the table, the proofs that failed, the kinks.
  std::string report() const;
};

namespace detail {

/// What the comparison needs beside the gradients. A first look holds the sources against each other by what a tape
/// costs nothing to know; where they differ, or rounding might be all there is, a second look holds them against the
/// exact gradient (docs/proof.md).
struct GradientEvidence {
  double loss = 0;
  std::vector<ParameterBlock> blocks;  // those of theta; then, if checked, the input as a block of number 0
  std::array<std::vector<double>, kGradientSources> gradients;
  std::vector<double> magnitude;      // sum of |path products|: see Tape::differentiate_magnitudes
  std::vector<double> exact;          // of the second look: what comes out when nothing is rounded
  std::vector<double> tolerance;      // how far rounding may lead an exact source off, in each number
  std::vector<double> ridders_error;  // estimated, rounding included; infinite where differences cannot tell
  std::vector<double> precision_gap;  // of float: how far forward passes in float and double lead apart; else empty
  std::vector<Kink> kinks;
  double summands = 0;  // longest chain of roundings behind one number
  double epsilon = std::numeric_limits<double>::epsilon();

  bool is_second_look() const { return !exact.empty(); }
  /// `summands` roundings of a number of this size, in a block whose numbers have this root mean square.
  double roundings(double size, double block_rms) const {
    return 4 * epsilon * summands * (std::abs(size) + block_rms);
  }
};

/// The tolerances of the first look: the bound by magnitudes of paths, or a few roundings of the gradient itself where
/// that is less. What passes is right; what does not may be.
std::vector<double> first_tolerance(const GradientEvidence& evidence);
/// Of the second look: what rounding has done to the tape (`tape_error`) and does to the pass on trial (`deviation`),
/// entry by entry and by the root mean square of the array, for one entry may be lucky.
std::vector<double> second_tolerance(const GradientEvidence& evidence, std::span<const double> tape_error,
                                     std::span<const double> deviation);
/// Whether a first look leaves anything open.
bool needs_second_look(const GradientCheck& check);
/// The Euclidean norm.
double norm_of(std::span<const double> values);
double root_mean_square(std::span<const double> values);

GradientCheck judge(const GradientEvidence& evidence);
/// The arrays, and those numbers of theta that none of them holds as arrays of their own, so that every number is
/// judged. `problems` tells which numbers no array or more than one holds, in words that say what should be.
std::vector<ParameterBlock> covering(std::vector<ParameterBlock> blocks, Index count,
                                     std::vector<std::string>& problems);
/// What is said where no layer by itself was found wrong.
Diagnosis unnamed(const GradientCheck& check);

}  // namespace detail
}  // namespace gradus
