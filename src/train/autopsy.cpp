// SPDX-License-Identifier: MIT
#include "gradus/train/autopsy.hpp"

#include <fmt/format.h>

#include "gradus/core/number.hpp"
namespace gradus {

std::string Divergence::message() const {
  std::string text = where;
  if (entry >= 0) text += fmt::format(" (number {})", entry);
  text += fmt::format(" went non-finite in epoch {}, ", epoch);
  if (batch > 0) text += fmt::format("batch {} ", batch);
  text += fmt::format("(update {})", update);
  if (sample >= 0) text += fmt::format(", at sample {}", sample);
  if (unit >= 0) text += fmt::format(", unit {}", unit);
  text += fmt::format("; last finite loss {}, largest gradient before {:.3g}", number_text(last_finite_loss),
                      largest_gradient);
  if (!cause.empty()) text += ": " + cause;
  return text;
}

namespace detail {

std::string likely_cause(const DivergenceSigns& signs) {
  if (signs.bad_input)
    return fmt::format("the data is at fault: that sample's feature {} is no finite number", signs.column);
  if (signs.bad_target) return "the data is at fault: that sample's target is no finite number";
  if (signs.of_zero != Logarithms::none)
    return fmt::format(
        "a logarithm of 0: an output is {}; end the network in the loss's own link, which never takes it",
        signs.of_zero == Logarithms::of_answers ? "0" : "exactly 0 or 1");
  const bool grown = signs.growth > 100 || signs.largest_gradient > 1e6 || signs.largest_parameter > 1e6;
  if (signs.in_exp && !grown) return "an exponential overflows: its inputs are too large; scale the data";
  if (signs.in_exp) return "an exponential overflows, after the weights grew: the learning rate is probably too large";
  if (grown || signs.bad_parameter)
    return "the numbers grew from step to step: the learning rate is probably too large";
  if (signs.first_update) return "it happened at once: the data or the first weights are too large; scale the features";
  if (signs.overflow) return "a number overflows: the learning rate is probably too large, or the data is not scaled";
  return "the learning rate is probably too large";
}

}  // namespace detail
}  // namespace gradus
