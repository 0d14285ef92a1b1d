// SPDX-License-Identifier: MIT
#include "gradus/check/gradient_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gradus {
namespace {

using Block = std::span<const double>;

double distance(Block a, Block b) {
  double squares = 0;
  for (std::size_t k = 0; k < a.size(); ++k) squares += (a[k] - b[k]) * (a[k] - b[k]);
  return std::sqrt(squares);
}

/// ||g - g'|| / (||g|| + ||g'||)
double relative_error(Block g, Block other) {
  const double size = detail::norm_of(g) + detail::norm_of(other);
  return size == 0 ? 0 : distance(g, other) / size;
}

std::string_view verdict_name(GradientVerdict verdict) {
  switch (verdict) {
    case GradientVerdict::right: return "right";
    case GradientVerdict::wrong: return "WRONG";
    case GradientVerdict::unproven: return "unproven: zero throughout";
  }
  return "";
}

}  // namespace

namespace detail {

GradientCheck judge(const std::vector<ParameterBlock>& blocks, const GradientEvidence& evidence,
                    const GradientCheckOptions& options) {
  constexpr double eps = std::numeric_limits<double>::epsilon();
  GradientCheck check{evidence.loss, evidence.gradients, {}};
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const ParameterBlock& block = blocks[b];
    const auto part = [&](const std::vector<double>& all) {
      return Block(all).subspan(static_cast<std::size_t>(block.offset), static_cast<std::size_t>(block.size()));
    };
    const auto gradient = [&](GradientSource source) { return part(evidence.gradients[static_cast<std::size_t>(source)]); };
    const Block hand = gradient(GradientSource::hand);

    // Two exact ways differ by rounding: each of `summands` additions in a row adds at most half an eps of what is
    // added up; 8 covers both ways and the handful of roundings inside an activation.
    const double exact = 8 * eps * evidence.summands * evidence.scale[b];
    // A difference at step h carries a truncation error, of which halving the step removes at least half, and the
    // rounding of two losses over h, in each number of the block.
    const double entries = std::sqrt(static_cast<double>(block.size()));
    const double loss_rounding = 8 * eps * evidence.summands * std::max(1.0, std::abs(evidence.loss)) * entries;
    const double forward = 4 * distance(gradient(GradientSource::forward_difference), part(evidence.forward_half)) +
                           2 * loss_rounding / options.forward_step;
    const double central = 4 * distance(gradient(GradientSource::central_difference), part(evidence.central_half)) +
                           loss_rounding / options.central_step;

    BlockCheck result{.block = block, .norm = norm_of(hand), .tolerance = {0, exact, exact, forward, central}};
    bool all_zero = true;
    bool all_agree = true;
    for (std::size_t s = 0; s < result.agrees.size(); ++s) {
      const Block other = part(evidence.gradients[s]);
      result.relative_error[s] = relative_error(hand, other);
      result.agrees[s] = distance(hand, other) <= result.tolerance[s];  // false for NaN
      all_agree = all_agree && result.agrees[s];
      all_zero = all_zero && std::all_of(other.begin(), other.end(), [](double g) { return g == 0; });
    }
    result.verdict = !all_agree ? GradientVerdict::wrong : all_zero ? GradientVerdict::unproven : GradientVerdict::right;
    check.blocks.push_back(result);
  }
  return check;
}

}  // namespace detail

bool GradientCheck::passed() const {
  return std::none_of(blocks.begin(), blocks.end(),
                      [](const BlockCheck& block) { return block.verdict == GradientVerdict::wrong; });
}

std::string GradientCheck::table() const {
  std::size_t width = 9;
  for (const BlockCheck& row : blocks) width = std::max(width, row.block.label().size());
  std::string text = fmt::format("{:<{}}  {:>9}  {:>9}", "parameter", width, "shape", "||g||");
  for (std::size_t s = 1; s < gradient_source_names.size(); ++s)
    text += fmt::format("  {:>9}", gradient_source_names[s]);
  text += "  verdict\n";
  for (const BlockCheck& row : blocks) {
    text += fmt::format("{:<{}}  {:>9}  {:>9.3g}", row.block.label(), width,
                        fmt::format("{} x {}", row.block.rows, row.block.cols), row.norm);
    for (std::size_t s = 1; s < row.agrees.size(); ++s)
      text += fmt::format("  {:>8.1e}{}", row.relative_error[s], row.agrees[s] ? ' ' : '!');
    text += fmt::format("  {}\n", verdict_name(row.verdict));
  }
  return text;
}

}  // namespace gradus
