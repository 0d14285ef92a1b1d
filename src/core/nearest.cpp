// SPDX-License-Identifier: MIT
#include "gradus/core/nearest.hpp"

#include <algorithm>
#include <numeric>

#include "hints.hpp"

namespace gradus {
namespace {

/// Edits from one word to the other, a swap of neighbours counting as one (optimal string alignment; Damerau, 1964).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  std::iota(d[0].begin(), d[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  constexpr std::size_t longest = 60;  // no name has as many characters
  if (word.size() > longest) return "";
  if (std::string meant = hinted(word, known); !meant.empty()) return meant;
  std::string best;
  std::size_t fewest = std::max<std::size_t>(2, word.size() / 3) + 1;  // more edits make another word
  for (const std::string& candidate : known) {
    const bool begun = word.size() > 1 && candidate.starts_with(word);
    const std::size_t edits = begun ? 1 : distance(word, candidate);
    if (edits < fewest && edits < candidate.size()) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  const std::string meant = nearest(word, known);
  std::string text = meant.empty() ? " (known: " : ", did you mean " + meant + "? (known: ";
  for (std::size_t i = 0; i < known.size(); ++i) text += (i ? ", " : "") + known[i];
  return text + ")";
}

}  // namespace gradus
