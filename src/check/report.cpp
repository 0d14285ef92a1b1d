// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check/words.hpp"
#include "gradus/check/result.hpp"

namespace gradus {
namespace {

std::string verdict_text(const BlockCheck& row) {
  switch (row.verdict) {
    case GradientVerdict::wrong:
      if (row.cut) return "WRONG (all but ridders)";
      return row.culprit ? fmt::format("WRONG ({})", gradient_source_names[static_cast<std::size_t>(*row.culprit)])
                         : "WRONG";
    case GradientVerdict::kink: return fmt::format("right (kink within {} steps)", row.kinks.size());
    case GradientVerdict::noise: return "noise: below rounding";
    case GradientVerdict::unproven: return "unproven: zero throughout";
    case GradientVerdict::right: break;
  }
  return std::string(name(row.verdict));
}

double badness(const BlockCheck& row) {
  if (row.verdict != GradientVerdict::wrong) return -1;
  const double error = row.relative_error[static_cast<std::size_t>(GradientSource::tape)];
  return std::isnan(error) ? 2 : error;
}

}  // namespace

std::string_view name(GradientVerdict verdict) {
  switch (verdict) {
    case GradientVerdict::right: return "right";
    case GradientVerdict::wrong: return "wrong";
    case GradientVerdict::kink: return "kink";
    case GradientVerdict::noise: return "noise";
    case GradientVerdict::unproven: return "unproven";
  }
  return "";
}

std::string BlockCheck::label() const { return block.number == 0 ? block.name : block.label(); }

std::string BlockCheck::entry_label(Index row, Index col) const {
  const std::string place = fmt::format("[{}, {}]", row, col);
  if (block.number == 0) return block.name + place;
  const std::string at = block.rows == 1 ? fmt::format("[{}]", col) : place;
  return fmt::format("layer {}, {}{}", block.number, block.name, at);
}

GradientVerdict GradientCheck::verdict() const {
  const auto any = [this](auto holds) { return std::any_of(blocks.begin(), blocks.end(), holds); };
  if (any([](const BlockCheck& block) { return block.verdict == GradientVerdict::wrong; }) ||
      std::any_of(proofs.begin(), proofs.end(), [](const Proof& proof) { return !proof.passed; }))
    return GradientVerdict::wrong;
  const bool parameters = any([](const BlockCheck& block) { return block.block.number > 0; });
  const bool proven = any([&](const BlockCheck& block) {
    return (block.block.number > 0 || !parameters) &&
           (block.verdict == GradientVerdict::right || block.verdict == GradientVerdict::kink);
  });
  return proven ? GradientVerdict::right : GradientVerdict::unproven;
}

std::string GradientCheck::unproven_because() const {
  if (verdict() != GradientVerdict::unproven) return "";
  if (blocks.empty()) return "The network has no parameters, and the input was not looked at: there is no gradient.";
  const bool zero = std::all_of(blocks.begin(), blocks.end(), [](const BlockCheck& block) {
    return block.verdict == GradientVerdict::unproven || block.block.number == 0;
  });
  return zero ? "The gradient by every parameter is zero throughout, and to compare zero with zero proves nothing; a "
                "wrong one would look the same. Use other data or other first weights (inputs that are not all 0, "
                "weights that leave units alive)."
              : "The gradient by the parameters is smaller than the rounding error of computing it, or zero: as at a "
                "minimum, or where all units are saturated. Use other data or other first weights, not a network "
                "trained to its end.";
}

Diagnosis detail::unnamed(const GradientCheck& check) {
  Diagnosis diagnosis;
  for (const Proof& proof : check.proofs)
    if (!proof.passed && diagnosis.sentence.empty())
      diagnosis.sentence =
          "It does not hold that " + proof.name + (proof.remark.empty() ? "." : ": " + proof.remark + ".");
  const BlockCheck* last = nullptr;  // backward begins at the end
  for (const BlockCheck& block : check.blocks)
    if (block.verdict == GradientVerdict::wrong && (block.block.number > 0 || !last)) last = &block;
  if (!last) return diagnosis;
  diagnosis.where = "the gradient of " + last->label();
  const EntryCheck& worst = last->worst;
  const auto [by_hand, by_others] = detail::told_apart(worst.hand, worst.reference);
  if (last->culprit && *last->culprit != GradientSource::hand)
    diagnosis.sentence =
        fmt::format("It is not the backward pass that is wrong: the gradient of {} by {} contradicts all others.",
                    last->label(), gradient_source_names[static_cast<std::size_t>(*last->culprit)]);
  else if (diagnosis.sentence.empty())
    diagnosis.sentence = fmt::format(
        "The gradient of {} is wrong, though every layer by itself is right: no single slip known gives these numbers; "
        "{} is {} by hand and {} by the others.",
        last->label(), last->entry_label(worst.row, worst.col), by_hand, by_others);
  return diagnosis;
}

std::string GradientCheck::table(bool worst_first) const {
  std::vector<const BlockCheck*> rows;
  for (const BlockCheck& row : blocks) rows.push_back(&row);
  if (worst_first)
    std::stable_sort(rows.begin(), rows.end(),
                     [](const BlockCheck* a, const BlockCheck* b) { return badness(*a) > badness(*b); });
  std::size_t width = 9;
  for (const BlockCheck* row : rows) width = std::max(width, row->label().size());
  std::string text = fmt::format("{:<{}}  {:>9}  {:>9}", "parameter", width, "shape", "||g||");
  for (std::size_t s = 1; s < kGradientSources; ++s)
    if (!gradients[s].empty()) text += fmt::format("  {:>9}", gradient_source_names[s]);
  text += "  verdict\n";
  for (const BlockCheck* row : rows) {
    text += fmt::format("{:<{}}  {:>9}  {:>9.3g}", row->label(), width,
                        fmt::format("{} x {}", row->block.rows, row->block.cols), row->norm);
    for (std::size_t s = 1; s < kGradientSources; ++s) {
      if (gradients[s].empty()) continue;
      text += row->used[s] ? fmt::format("  {:>8.1e}{}", row->relative_error[s], row->agrees[s] ? ' ' : '!')
                           : fmt::format("  {:>8} ", "-");
    }
    text += fmt::format("  {}\n", verdict_text(*row));
  }
  return text;
}

std::string GradientCheck::report() const {
  std::string text;
  for (const Diagnosis& diagnosis : diagnoses) text += diagnosis.sentence + "\n";
  if (verdict() == GradientVerdict::unproven) text += "Nothing could be proven here. " + unproven_because() + "\n";
  if (!text.empty()) text += "\n";
  text += table(verdict() == GradientVerdict::wrong);
  std::string remarks;
  for (const BlockCheck& block : blocks) {
    if (block.verdict == GradientVerdict::wrong) {
      const auto [by_hand, by_others] = detail::told_apart(block.worst.hand, block.worst.reference);
      remarks += fmt::format("worst of {}: {} is {} by hand, {} by the others\n", block.label(),
                             block.entry_label(block.worst.row, block.worst.col), by_hand, by_others);
    }
    for (std::size_t k = 0; k < std::min<std::size_t>(block.kinks.size(), 3); ++k) {
      const Kink& kink = block.kinks[k];
      remarks +=
          fmt::format("kink: the step in {} crosses one in {}; right on both sides\n",
                      block.entry_label(kink.entry / block.block.cols, kink.entry % block.block.cols), kink.unit);
    }
  }
  for (const Proof& proof : proofs)
    if (!proof.passed)
      remarks += fmt::format("FAILED: {}{}\n", proof.name, proof.remark.empty() ? "" : ": " + proof.remark);
  for (const std::string& note : notes) remarks += "note: " + note + "\n";
  return remarks.empty() ? text : text + "\n" + remarks;
}

}  // namespace gradus
