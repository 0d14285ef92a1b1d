// SPDX-License-Identifier: MIT
#include "gradus/lab/figure/figure.hpp"

#include <gtest/gtest.h>

#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "gradus/core/error.hpp"
#include "gradus/lab/files/file.hpp"
#include "well_formed.hpp"

namespace gradus {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Figure line_figure(std::vector<double> x, std::vector<double> y, bool log = false) {
  Panel panel{.title = "a title", .x = {.label = "time (s)"}, .y = {.label = "height (m)", .log = log}};
  panel.layers.push_back(Line{.x = std::move(x), .y = std::move(y), .name = "curve"});
  return {.panels = {panel}};
}

/// One of every layer.
Figure full_figure() {
  Panel panel{.title = "all layers", .x = {.label = "x"}, .y = {.label = "y"}};
  const Area area{0, 2, 0, 2};
  Matrix<Color> colors(3, 3, okabe_ito::sky);
  panel.layers = {Field{.area = area, .colors = colors},
                  Field{.area = area, .colors = colors, .smooth = false},
                  Contour{.area = area, .values = {{0, 0, 0}, {0, 1, 0}, {0, 0, 0}}, .levels = {0.5}, .name = "level"},
                  Band{.x = {0, 1, 2}, .low = {0, 0, 0}, .high = {1, 1, 1}, .name = "spread"},
                  Line{.x = {0, 1, 2}, .y = {0, 1, 0}, .name = "line", .dash = Dash::dashed},
                  Line{.x = {0, 1, 2}, .y = {0, 1, 0}, .steps = true},
                  Points{.x = {0.5, 1.5}, .y = {0.5, 1.5}, .name = "points", .marker = Marker::diamond},
                  Annotation{.x = 1, .y = 1, .text = "here"}};
  return {.panels = {panel, panel}, .shared_legend = false};
}

std::string temporary_folder(const std::string& name) {
  const auto folder = std::filesystem::temp_directory_path() / ("gradus_figure_" + name + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder.string();
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
  return n;
}

template <class E, class F>
std::string message_of(F&& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return "(nothing thrown)";
}

/// Sets a variable of the environment for one scope.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name), had_(std::getenv(name) != nullptr) {
    if (had_) old_ = std::getenv(name);
    ::setenv(name, value, 1);
  }
  ~Environment() { had_ ? ::setenv(name_, old_.c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  bool had_;
  std::string old_;
};

TEST(Figure, ScriptHoldsTheDataAndTheLabels) {
  const std::string script = to_gnuplot(line_figure({0, 1, 2.5}, {0.125, 3, -7}), Terminal::svg);
  for (const char* part :
       {"set terminal svg", "'a title'", "'time (s)'", "'height (m)'", "0 0.125\n1 3\n2.5 -7\n", "'curve'"})
    EXPECT_NE(script.find(part), std::string::npos) << part << "\n" << script;
}

TEST(Figure, NumbersThatAreNotFiniteAreGaps) {
  const std::string script = to_gnuplot(line_figure({0, 1, 2, 3, 4}, {1, nan, 2, infinity, 3}), Terminal::svg);
  EXPECT_NE(script.find("0 1\n\n2 2\n\n4 3\n"), std::string::npos) << script;
}

TEST(Figure, WhatALogarithmicAxisCannotShowIsAGap) {
  const std::string script = to_gnuplot(line_figure({0, 1, 2, 3}, {1, 0, -5, 100}, true), Terminal::svg);
  EXPECT_NE(script.find("0 1\n\n3 100\n"), std::string::npos) << script;
  EXPECT_NE(script.find("set logscale y"), std::string::npos);
}

TEST(Figure, EmptyAndDegenerateDataStillDraw) {
  const std::vector<std::vector<double>> awkward = {
      {}, {1}, {nan}, {nan, nan}, {0, 0}, {1e-300, 1e300}, {5, 5, 5}, {-1e15, 1e15}, {infinity, -infinity}};
  for (const bool log : {false, true})
    for (const auto& y : awkward) {
      std::vector<double> x(y.size());
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
      const std::string svg = render_svg(line_figure(x, y, log));
      EXPECT_TRUE(is_well_formed(svg)) << why_not_well_formed(svg);
      EXPECT_NE(svg.find("height (m)"), std::string::npos);
    }
}

TEST(Figure, AnAxisWithoutALabelIsRefused) {
  for (const char axis : {'x', 'y'}) {
    Figure figure = line_figure({0, 1}, {0, 1});
    (axis == 'x' ? figure.panels[0].x : figure.panels[0].y).label.clear();
    EXPECT_EQ(
        message_of<ValueError>([&] { to_gnuplot(figure, Terminal::svg); }),
        std::string("[figure] expected a label (name or unit) on the ") + axis + " axis of panel 'a title', got none");
  }
}

TEST(Figure, VectorsOfTwoLengthsAreRefused) {
  EXPECT_EQ(message_of<ShapeError>([] {
              to_gnuplot(line_figure({0, 1, 2}, {0, 1}), Terminal::svg);
            }),
            "[figure] expected as many y as x in line 'curve' of panel 'a title', got 2 and 3");
}

TEST(Figure, UnusableRangesAndSizesAreRefused) {
  Figure figure = line_figure({0, 1}, {0, 1});
  for (const auto& [low, high] : {std::pair{1.0, 1.0}, {2.0, 1.0}, {nan, 1.0}, {0.0, infinity}}) {
    figure.panels[0].x.min = low;
    figure.panels[0].x.max = high;
    EXPECT_THROW(to_gnuplot(figure, Terminal::svg), ValueError) << low << " " << high;
  }
  figure = line_figure({0, 1}, {1, 2}, true);
  figure.panels[0].y.min = 0;
  EXPECT_THROW(to_gnuplot(figure, Terminal::svg), ValueError);
  for (const double width : {0.0, -1.0, nan, 1e9, 5.0}) {
    figure = line_figure({0, 1}, {0, 1});
    figure.width = width;
    EXPECT_THROW(to_gnuplot(figure, Terminal::svg), ValueError) << width;
  }
  figure.panels.clear();
  EXPECT_THROW(to_gnuplot(figure, Terminal::svg), ValueError);
}

TEST(Figure, TextIsNeverACommand) {
  const auto folder = temporary_folder("text");
  Figure figure = line_figure({0, 1}, {0, 1});
  const std::string evil =
      "it's \\n 100 % @x _a^b {c} & <d> \"e\" `touch " + folder + "/ran`\n!touch " + folder + "/ran";
  figure.panels[0].title = evil;
  figure.panels[0].x.label = evil;
  figure.panels[0].x.ticks = {{0, "0 %"}, {1, "%d '%%"}};
  figure.panels[0].layers.push_back(Annotation{.x = 0.5, .y = 0.5, .text = evil});
  const std::string svg = render_svg(figure);
  EXPECT_TRUE(is_well_formed(svg)) << why_not_well_formed(svg);
  EXPECT_FALSE(std::filesystem::exists(folder + "/ran"));
  EXPECT_NE(svg.find("it's \\n 100 % @x _a^b {c} &amp; &lt;d> \"e\" `touch"), std::string::npos) << svg;
  EXPECT_NE(svg.find(">%d '%%<"), std::string::npos) << svg;
  std::filesystem::remove_all(folder);
}

TEST(Figure, EveryLayerDrawsInEveryFormat) {
  const auto folder = temporary_folder("formats");
  for (const std::string ending : {".svg", ".png", ".pdf"}) {
    save_figure(full_figure(), folder + "/all" + ending);
    const std::string bytes = read_file(folder + "/all" + ending);
    const std::string opening = ending == ".png" ? "\x89PNG\r\n\x1a\n" : ending == ".pdf" ? "%PDF-" : "<?xml";
    EXPECT_EQ(bytes.substr(0, opening.size()), opening);
    EXPECT_GT(bytes.size(), 2000U);
  }
  const std::string svg = read_file(folder + "/all.svg");
  EXPECT_TRUE(is_well_formed(svg)) << why_not_well_formed(svg);
  EXPECT_NE(svg.find(">here<"), std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST(Figure, TheSameFigureGivesTheSameBytes) {
  const auto folder = temporary_folder("same");
  for (const std::string ending : {".svg", ".png"}) {
    save_figure(full_figure(), folder + "/one" + ending);
    save_figure(full_figure(), folder + "/two" + ending);
    EXPECT_EQ(read_file(folder + "/one" + ending), read_file(folder + "/two" + ending));
  }
  std::filesystem::remove_all(folder);
}

TEST(Figure, AnotherEndingIsRefusedWithTheThreeThatWork) {
  for (const std::string path : {"a.jpg", "a", ".svg", "a.SVG", "a.svg.gz", ""})
    EXPECT_EQ(message_of<ValueError>([&] {
                save_figure(line_figure({0, 1}, {0, 1}), path);
              }),
              "[figure] expected a file name that ends in .svg, .png or .pdf, got '" + path + "'");
}

TEST(Figure, AFolderThatCannotBeWrittenIsLeftAlone) {
  const auto folder = temporary_folder("readonly");
  EXPECT_THROW(save_figure(line_figure({0, 1}, {0, 1}), folder + "/missing/a.svg"), FileError);
  std::filesystem::create_directory(folder + "/a.svg");
  EXPECT_THROW(save_figure(line_figure({0, 1}, {0, 1}), folder + "/a.svg"), FileError);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  std::filesystem::remove_all(folder);
}

TEST(Figure, AMissingGnuplotIsNamedWithItsPackage) {
  const auto folder = temporary_folder("path");
  const Environment path("PATH", folder.c_str());
  EXPECT_EQ(message_of<ToolError>([&] {
              save_figure(line_figure({0, 1}, {0, 1}), folder + "/a.svg");
            }),
            "gnuplot is not installed (Debian: apt install gnuplot-nox), expected it on the PATH to draw pictures");
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST(Figure, AGnuplotThatFailsIsQuotedAndLeavesNothing) {
  const auto folder = temporary_folder("fails");
  const std::string complaint = folder + "/gnuplot";
  // It does not even read its input: the script must not end this process by SIGPIPE.
  write_file(complaint, "#!/bin/sh\necho 'line 3: something is off' >&2\nexit 7\n");
  std::filesystem::permissions(complaint, std::filesystem::perms::owner_all);
  const Environment path("PATH", folder.c_str());
  std::vector<double> many(200000, 1.0);
  EXPECT_EQ(message_of<ToolError>([&] { save_figure(line_figure(many, many), folder + "/a.svg"); }),
            "gnuplot failed with status 7: line 3: something is off");
  EXPECT_FALSE(std::filesystem::exists(folder + "/a.svg"));
  std::filesystem::remove_all(folder);
}

TEST(Figure, AnSvgForAPageHasNoPrologueNoScriptAndItsOwnIds) {
  const std::string first = render_svg(full_figure(), "fig1"), second = render_svg(full_figure(), "fig2");
  EXPECT_EQ(first.substr(0, 4), "<svg");
  EXPECT_EQ(first.find("<script"), std::string::npos);
  EXPECT_EQ(first.find("<?xml"), std::string::npos);
  EXPECT_EQ(count(first, " id=\"") + count(first, " id='"), count(first, " id=\"fig1-") + count(first, " id='fig1-"));
  EXPECT_EQ(count(first, "href='#"), count(first, "href='#fig1-"));
  EXPECT_EQ(count(second, "fig1"), 0U);
  EXPECT_NE(render_svg(line_figure({0, 1}, {0, 1})), render_svg(line_figure({0, 1}, {0, 2})));
}

TEST(Figure, AFieldIsASmallEmbeddedImage) {
  Matrix<Color> colors(100, 100);
  for (Index i = 0; i < 100; ++i)
    for (Index j = 0; j < 100; ++j)
      colors(i, j) = mix(okabe_ito::blue, okabe_ito::orange, static_cast<double>(i * j % 97) / 97);
  Panel panel{.x = {.label = "x"}, .y = {.label = "y"}};
  panel.layers.push_back(Field{.colors = colors});
  const std::string svg = render_svg({.panels = {panel}});
  EXPECT_EQ(count(svg, "<image "), 1U);
  EXPECT_NE(svg.find("data:image/png;base64,"), std::string::npos);
  EXPECT_LT(svg.size(), 100000U);
}

TEST(Figure, TheLocaleChangesNothing) {
  const std::string before = to_gnuplot(full_figure(), Terminal::pdf);
  const Environment lc("LC_ALL", "de_DE.UTF-8");
  const char* set = std::setlocale(LC_ALL, "de_DE.UTF-8");  // null where that locale is not installed
  const std::string after = to_gnuplot(full_figure(), Terminal::pdf);
  std::setlocale(LC_ALL, "C");
  EXPECT_EQ(before, after) << (set ? set : "locale not installed");
}

}  // namespace
}  // namespace gradus
