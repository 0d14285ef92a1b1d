// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradus/check/fault.hpp"
#include "gradus/check/result.hpp"

/// What a wrong gradient probably has wrong: what was given is compared with what each of the usual slips would have
/// given.
namespace gradus::detail {

/// One thing that a layer's backward, or the loss's, has to write.
struct DiagnosisCase {
  std::size_t layer = 0;
  std::string where;  // "dW of layer 2 (dense)"
  ParameterBlock block;
  bool of_inputs = false;  // a derivative by inputs
  bool of_loss = false;
  double terms = 1;  // of the mean; 1 for a sum
  Index samples = 1;
  Index outputs = 1;
  std::vector<double> observed;         // written over a buffer of zeros
  std::vector<double> observed_on_one;  // written over a buffer of ones
  std::vector<double> reference;
  double rounding = 0;                                           // what it may do to a number
  std::vector<double> tolerances;                                // of each number, in its place; may be empty
  std::vector<double> theta;                                     // the parameters of the block
  std::vector<std::pair<FaultKind, std::vector<double>>> slips;  // what certain slips would have given
  /// The same of slips that are not planted.
  struct Slip {
    std::string kind;
    std::string words;  // "is what comes out when ..."
    std::vector<double> numbers;
  };
  std::vector<Slip> more;
};

/// Numbers drawn from {-1, 1} by a hash: the same on every machine.
std::vector<double> random_signs(std::size_t n, std::uint64_t seed);
/// With six digits.
std::string short_number(double value);
/// Whether the case is in order: it is written whole, and is what it must be.
bool is_right(const DiagnosisCase& c);
Diagnosis diagnose(const DiagnosisCase& c);

/// What is written in place of an activation's dx = f'(z) dy, number by number; `right` is that.
struct Slope {
  const char* kind;
  const char* words;  ///< "the derivative y (1 - y) of a sigmoid is used"
  double (*dx)(double z, double y, double dy, double right);
};
std::span<const Slope> known_slopes();

/// What to say where the forward pass, or the derivative by dual numbers on the same number type, is not finite, so
/// that there is no gradient to compare; nothing where they are.
template <std::floating_point T, class L>
std::vector<Diagnosis> overflow(const BasicNetwork<L>& network, double loss, const Trace<T>& trace,
                                std::span<const double> by_duals) {
  // Not std::ranges::all_of, which Emscripten's libc++ lacks.
  const auto all_finite = [](const auto& numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [](auto y) { return std::isfinite(y); });
  };
  std::size_t l = 0;
  while (l < network.size() && all_finite(trace.outputs[l].values())) ++l;
  if (l == network.size() && std::isfinite(loss) && all_finite(by_duals)) return {};
  const std::string what = l < network.size()     ? "the outputs of " + network.label(l) + " are"
                           : !std::isfinite(loss) ? "the loss is"
                                                  : "the derivative by dual numbers is";
  return {{.kind = "not-finite",
           .layer = l,
           .where = what,
           .sentence = "There is no gradient to compare, for " + what + " not finite."}};
}

/// The same where both reverse sweeps, by hand and by the tape, leave the numbers there are on the way back, as 1 / p
/// times 0 does where p is nearly 0.
inline std::vector<Diagnosis> overflow_on_the_way_back(std::span<const double> hand, std::span<const double> tape) {
  for (std::size_t k = 0; k < tape.size() && k < hand.size(); ++k)
    if (!std::isfinite(tape[k]) && !std::isfinite(hand[k])) {
      const std::string what = "the derivative, by hand as by the tape, is";
      return {{.kind = "not-finite",
               .where = what,
               .sentence = "There is no gradient to compare, for " + what +
                           " not finite: a number on the way back from the loss is too large for its type."}};
    }
  return {};
}

}  // namespace gradus::detail
