// SPDX-License-Identifier: MIT
#include "gradus/lab/figure/report.hpp"

#include <gtest/gtest.h>

#include <set>

#include "gradus/core/error.hpp"
#include "gradus/lab/figure/plots.hpp"
#include "well_formed.hpp"

namespace gradus {
namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Figure small_figure() {
  Panel panel{.x = {.label = "x"}, .y = {.label = "y"}};
  panel.layers.push_back(Points{.x = {0, 1}, .y = {0, 1}, .name = "p"});
  return {.panels = {panel}};
}

TEST(Report, SetsInlineMarkup) {
  EXPECT_EQ(inline_html("a `x < y` *b* **c** $z$"),
            "a <code>x &lt; y</code> <em>b</em> <strong>c</strong> <math><mrow><mi>z</mi></mrow></math>");
  EXPECT_EQ(inline_html("2 * 3 * 4"), "2 * 3 * 4");
  EXPECT_EQ(inline_html("\\$5 \\`a\\` \\*b\\* \\\\"), "$5 `a` *b* \\");
  EXPECT_EQ(inline_html("*a `b` $c$*"), "<em>a <code>b</code> <math><mrow><mi>c</mi></mrow></math></em>");
  EXPECT_EQ(inline_html(""), "");
  EXPECT_EQ(inline_html("*"), "*");
  EXPECT_EQ(inline_html("**"), "**");
}

TEST(Report, TextIsNeverMarkup) {
  const std::string evil = "<script>alert(1)</script> & \"q\"";
  Report report(evil, evil);
  report.section(evil).paragraph(evil).list({evil}).code(evil).callout(evil, evil).missing_figure(evil, evil, evil);
  report.table({.caption = evil, .header = {evil}, .rows = {{evil}}});
  const std::string html = report.html();
  EXPECT_FALSE(holds(html, "<script"));
  EXPECT_TRUE(is_well_formed(html)) << why_not_well_formed(html);
}

TEST(Report, AnOpenMarkIsPointedAt) {
  for (const auto& [text, position] : {std::pair{"a `b", 2U}, {"a $b", 2U}, {"so $x \\foo$", 6U}}) try {
      inline_html(text);
      ADD_FAILURE() << text << " was accepted";
    } catch (const ParseError& error) {
      EXPECT_EQ(error.position(), position) << error.what();
    }
}

TEST(Report, IsOneWellFormedPageThatLoadsNothing) {
  Report report("A page", "With a *lead*.");
  report.section("First").paragraph("Text.").formula("\\frac{a}{b}").figure(small_figure(), "One.", "gradus study one");
  report.section("Second").subsection("Inner").figure(small_figure(), "Two.", "gradus study two");
  const std::string html = report.html();
  EXPECT_TRUE(is_well_formed(html)) << why_not_well_formed(html);
  for (const char* outside : {"<script", "<link", "@import", "src=", "url(", "href=\"http", "href='http"})
    EXPECT_FALSE(holds(html, outside)) << outside;
}

TEST(Report, EveryIdStandsOnceAndEveryLinkLeadsSomewhere) {
  Report report("ids");
  for (int k = 0; k < 3; ++k) report.section("Same title").subsection("!?").figure(small_figure(), "c", "gradus");
  const std::string html = report.html();
  std::set<std::string> ids;
  for (const std::string open : {" id=\"", " id='"})
    for (std::size_t at = 0; (at = html.find(open, at)) != std::string::npos; ++at) {
      const std::size_t from = at + open.size();
      const std::string id = html.substr(from, html.find(open.back(), from) - from);
      EXPECT_TRUE(ids.insert(id).second) << id << " twice";
    }
  for (const std::string open : {"href=\"#", "href='#"})
    for (std::size_t at = 0; (at = html.find(open, at)) != std::string::npos; ++at) {
      const std::size_t from = at + open.size();
      const std::string id = html.substr(from, html.find(open[5], from) - from);
      EXPECT_TRUE(ids.count(id)) << id << " leads nowhere";
    }
  EXPECT_TRUE(ids.count("same-title") && ids.count("same-title-2") && ids.count("same-title-3"));
}

TEST(Report, FiguresAreNumberedAndSayWhatDrawsThem) {
  Report report("figures");
  EXPECT_EQ(report.next_figure(), 1);
  report.figure_svg("<svg></svg>", "A *curve*.", "gradus plot <x>")
      .missing_figure("gnuplot is not installed", "None.", "");
  EXPECT_EQ(report.next_figure(), 3);
  const std::string html = report.html();
  EXPECT_TRUE(holds(html, "<strong>Figure 1.</strong> A <em>curve</em>."));
  EXPECT_TRUE(holds(html, "Drawn by <code>gradus plot &lt;x&gt;</code>"));
  EXPECT_TRUE(holds(html, "No picture: gnuplot is not installed"));
  EXPECT_TRUE(holds(html, "<strong>Figure 2.</strong> None.</figcaption>"));
}

TEST(Report, ColumnsOfNumbersStandToTheRight) {
  Report report("table");
  report.table(
      {.caption = "c",
       .header = {"name", "value", "mixed"},
       .rows = {
           {"a", Cell("1.5", Mark::equal), "1"}, {"2b", Cell("\u22123e-4", Mark::differs), "x"}, {"", "50 %", "2"}}});
  const std::string html = report.html();
  EXPECT_TRUE(holds(html, "<th>name</th><th class=\"number\">value</th><th>mixed</th>"));
  EXPECT_TRUE(holds(html, "<td class=\"number\">1.5<span class=\"equal\""));
  EXPECT_TRUE(holds(html, "</span> equal to the printed value"));
  EXPECT_TRUE(holds(html, "</span> differs from the printed value"));
  EXPECT_TRUE(holds(html, "<td>1</td>"));
}

TEST(Report, ARowOfAnotherLengthIsRefused) {
  Report report("table");
  EXPECT_THROW(report.table({.caption = "c", .header = {"a", "b"}, .rows = {{"1", "2"}, {"1"}}}), ShapeError);
}

TEST(Report, LinksToAnotherPageByText) {
  const std::string html = Report("A").link("The <page>", "g\".html", "in *which* one plays").html();
  EXPECT_NE(html.find("<a href=\"g&quot;.html\">The &lt;page&gt;</a> in <em>which</em> one plays"), html.npos) << html;
}

}  // namespace
}  // namespace gradus
