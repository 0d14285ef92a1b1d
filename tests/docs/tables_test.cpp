// SPDX-License-Identifier: MIT
// The tables of docs/ against the lists that the library has.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>

#include "gradus/lab/files/file.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/optim/schedule.hpp"
#include "gradus/optim/training_method.hpp"
#include "tests/paths.hpp"

namespace gradus {
namespace {

std::string page(const std::string& name) { return read_file(std::string(GRADUS_SOURCE_DIR) + "/docs/" + name); }

/// What lies between a heading and the next one.
std::string section(const std::string& text, const std::string& heading) {
  const std::size_t start = text.find("\n## " + heading);
  EXPECT_NE(start, std::string::npos) << heading;
  if (start == std::string::npos) return "";
  return text.substr(start + 1, text.find("\n## ", start + 1) - start);
}

/// The cells of the rows of the first table of a section, its head left out.
std::vector<std::vector<std::string>> rows_of(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t at = text.find("\n| `"); at != std::string::npos; at = text.find("\n| `", at + 1)) {
    const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    std::vector<std::string> cells;
    for (std::size_t from = 2; from < line.size();) {
      const std::size_t end = line.find(" |", from);
      cells.push_back(line.substr(from, end - from));
      from = end == std::string::npos ? line.size() : end + 3;
    }
    rows.push_back(cells);
  }
  return rows;
}

bool names(const std::string& cell, std::string_view word) {
  return cell.find(fmt::format("`{}`", word)) != std::string::npos;
}

std::string words(AnswersNeeded needed) {
  switch (needed) {
    case AnswersNeeded::numbers: return "numbers";
    case AnswersNeeded::scores: return "scores";
    case AnswersNeeded::positive: return "positive";
    case AnswersNeeded::probabilities: return "probabilities";
    case AnswersNeeded::distribution: return "a distribution";
    case AnswersNeeded::log_distribution: return "logarithms of one";
  }
  return "";
}
std::string words(TargetsNeeded needed) {
  switch (needed) {
    case TargetsNeeded::numbers: return "numbers";
    case TargetsNeeded::counts: return "counts";
    case TargetsNeeded::probabilities: return "0 to 1";
    case TargetsNeeded::decisions: return "0 or 1";
    case TargetsNeeded::distribution: return "a distribution";
    case TargetsNeeded::one_hot: return "one-hot";
  }
  return "";
}

TEST(Docs, TheTableOfLossesIsWhatTheLossesTell) {
  const auto rows = rows_of(section(page("training.md"), "Losses"));
  EXPECT_EQ(rows.size(), std::variant_size_v<LossFunction>);
  AlternativesOf<LossFunction>::for_each([&]<class F>(F loss) {
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const auto& r) { return r[0].starts_with(fmt::format("`{}`", F::name)); });
    ASSERT_NE(row, rows.end()) << F::name;
    ASSERT_EQ(row->size(), 6u) << F::name;
    for (const Option& option : options_of(loss)) EXPECT_TRUE(names((*row)[0], option.name)) << F::name << option.name;
    EXPECT_EQ((*row)[2], words(F::answers)) << F::name;
    EXPECT_EQ((*row)[3], words(F::targets)) << F::name;
    EXPECT_EQ((*row)[4], F::Link::name) << F::name;
    EXPECT_EQ((*row)[5], F::terms(7) == 1 ? "samples" : "numbers") << F::name;
  });
}

TEST(Docs, TheTableOfMethodsNamesEachOfThemAndItsOptions) {
  const auto rows = rows_of(section(page("training.md"), "Methods"));
  std::size_t named = 0;
  AlternativesOf<TrainingMethod>::for_each([&]<class M>(M method) {
    const auto row = std::find_if(rows.begin(), rows.end(), [](const auto& r) { return names(r[0], M::name); });
    ASSERT_NE(row, rows.end()) << M::name;
    for (const Option& option : options_of(method))
      EXPECT_TRUE(names((*row)[1], option.name)) << M::name << option.name;
    ++named;
  });
  std::size_t listed = 0;
  for (const auto& row : rows) listed += static_cast<std::size_t>(std::count(row[0].begin(), row[0].end(), '`')) / 2;
  EXPECT_EQ(listed, named) << "a method that is gone";
}

TEST(Docs, SchedulesAreNamedWithTheirOptions) {
  const std::string text = section(page("training.md"), "Schedules");
  AlternativesOf<Schedule>::for_each([&]<class S>(S) { EXPECT_NE(text.find(S::name), std::string::npos) << S::name; });
}

TEST(Docs, TheGrammarKnowsEveryWordOfALayer) {
  const std::string text = section(page("grammar.md"), "Grammar");
  AlternativesOf<Layer>::for_each([&]<class L>(const L&) {
    if constexpr (MadeByItsName<L>) {
      EXPECT_NE(text.find(fmt::format("\"{}\"", L::name)), std::string::npos) << L::name;
      L layer = L::on(2, 2);
      if constexpr (requires { layer.visit_options([](auto&&...) {}); }) {
        for (const Option& option : options_of(layer))
          EXPECT_NE(text.find(fmt::format("\":{}\"", option.name)), std::string::npos) << L::name << option.name;
      }
    }
  });
}

TEST(Docs, ATableWithAFaultIsNoticed) {
  const auto rows = rows_of("\n| `mse` (`delta`) | x | numbers |\n| `b` | y | z |\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0], (std::vector<std::string>{"`mse` (`delta`)", "x", "numbers"}));
  EXPECT_TRUE(names(rows[0][0], "delta"));
  EXPECT_FALSE(names(rows[0][0], "mse`"));
}

}  // namespace
}  // namespace gradus
