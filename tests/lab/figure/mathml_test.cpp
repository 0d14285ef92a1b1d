// SPDX-License-Identifier: MIT
#include "gradus/lab/figure/mathml.hpp"

#include <gtest/gtest.h>

#include "gradus/core/error.hpp"
#include "well_formed.hpp"

namespace gradus {
namespace {

std::string inside(const std::string& tex) {
  const std::string mathml = to_mathml(tex), open = "<math><mrow>", close = "</mrow></math>";
  EXPECT_TRUE(is_well_formed(mathml)) << tex << ": " << why_not_well_formed(mathml);
  return mathml.substr(open.size(), mathml.size() - open.size() - close.size());
}

TEST(MathMl, SetsTheSmallThings) {
  EXPECT_EQ(inside(""), "");
  EXPECT_EQ(inside("x"), "<mi>x</mi>");
  EXPECT_EQ(inside("2.5"), "<mn>2.5</mn>");
  EXPECT_EQ(inside("a - b"), "<mi>a</mi><mo>−</mo><mi>b</mi>");
  EXPECT_EQ(inside("a<b"), "<mi>a</mi><mo>&lt;</mo><mi>b</mi>");
  EXPECT_EQ(inside("x_i^2"), "<msubsup><mi>x</mi><mi>i</mi><mrow><mn>2</mn></mrow></msubsup>");
  EXPECT_EQ(inside("x^2_i"), inside("x_i^2"));
  EXPECT_EQ(inside("x^{12}"), "<msup><mi>x</mi><mrow><mrow><mn>12</mn></mrow></mrow></msup>");
  EXPECT_EQ(inside("x^12"), "<msup><mi>x</mi><mrow><mn>1</mn></mrow></msup><mn>2</mn>");
  EXPECT_EQ(inside("f'"), "<msup><mi>f</mi><mrow><mo>′</mo></mrow></msup>");
  EXPECT_EQ(inside("W^\\top x"), "<msup><mi>W</mi><mrow><mi>⊤</mi></mrow></msup><mi>x</mi>");
}

TEST(MathMl, SetsTheCommands) {
  EXPECT_EQ(inside("\\frac{1}{x}"), "<mfrac><mrow><mn>1</mn></mrow><mrow><mi>x</mi></mrow></mfrac>");
  EXPECT_EQ(inside("\\frac12"), "<mfrac><mn>1</mn><mn>2</mn></mfrac>");
  EXPECT_EQ(inside("\\sqrt{x}"), "<msqrt><mrow><mi>x</mi></mrow></msqrt>");
  EXPECT_EQ(inside("\\sqrt[3]x"), "<mroot><mi>x</mi><mrow><mn>3</mn></mrow></mroot>");
  EXPECT_EQ(inside("\\sum_{i}^n"),
            "<munderover><mo movablelimits=\"true\">∑</mo><mrow><mi>i</mi></mrow><mrow><mi>n</mi></mrow></munderover>");
  EXPECT_EQ(inside("\\lim_{h \\to 0}"),
            "<munder><mo movablelimits=\"true\" "
            "form=\"prefix\">lim</mo><mrow><mi>h</mi><mo>→</mo><mn>0</mn></mrow></munder>");
  EXPECT_EQ(inside("\\log x"), "<mi>log</mi><mspace width=\"0.167em\"/><mi>x</mi>");
  EXPECT_EQ(inside("\\exp(x)"), "<mi>exp</mi><mo stretchy=\"false\">(</mo><mi>x</mi><mo stretchy=\"false\">)</mo>");
  EXPECT_EQ(inside("\\operatorname{softmax}(z)").substr(0, 16), "<mi>softmax</mi>");
  EXPECT_EQ(inside("\\mathbf{W}"), "<mi>𝐖</mi>");
  EXPECT_EQ(inside("\\mathbb{R}"), "<mi>ℝ</mi>");
  EXPECT_EQ(inside("\\mathcal{L}"), "<mi>ℒ</mi>");
  EXPECT_EQ(inside("\\hat{y}"), "<mover accent=\"true\"><mrow><mi>y</mi></mrow><mo stretchy=\"false\">^</mo></mover>");
  EXPECT_EQ(inside("\\text{if } x"), "<mtext>if\u00a0</mtext><mi>x</mi>");
  EXPECT_EQ(inside("\\left( a \\right."), "<mrow><mo fence=\"true\" stretchy=\"true\">(</mo><mi>a</mi></mrow>");
  EXPECT_EQ(inside("a \\odot b \\le \\nabla"), "<mi>a</mi><mo>⊙</mo><mi>b</mi><mo>≤</mo><mi>∇</mi>");
  EXPECT_EQ(inside("\\rightarrow"), "<mo>→</mo>");
}

TEST(MathMl, SetsEnvironments) {
  EXPECT_EQ(inside("\\begin{cases} 1 & x \\\\ 0 & y \\end{cases}"),
            "<mrow><mo fence=\"true\" stretchy=\"true\">{</mo><mtable>"
            "<mtr><mtd style=\"text-align:left;text-align:-webkit-left\"><mn>1</mn></mtd><mtd "
            "style=\"text-align:left;text-align:-webkit-left\"><mi>x</mi></mtd></mtr>"
            "<mtr><mtd style=\"text-align:left;text-align:-webkit-left\"><mn>0</mn></mtd><mtd "
            "style=\"text-align:left;text-align:-webkit-left\"><mi>y</mi></mtd></mtr>"
            "</mtable></mrow>");
  const std::string matrix = inside("\\begin{pmatrix} a & b \\\\ c & d \\\\ \\end{pmatrix}");
  EXPECT_EQ(matrix.find("<mtr></mtr>"), std::string::npos);
  EXPECT_NE(matrix.find(")</mo></mrow>"), std::string::npos);
}

TEST(MathMl, SetsTheFormulasOfTheDocuments) {
  for (const char* tex :
       {"p_k = \\frac{\\exp(z_k - \\max_j z_j)}{\\sum_{j=1}^{K} \\exp(z_j - \\max_j z_j)}",
        "\\frac{\\partial L}{\\partial \\mathbf{W}} = \\mathbf{x}\\, \\mathrm{d}\\mathbf{z}^\\top",
        "\\sigma'(z) = \\sigma(z)\\left(1 - \\sigma(z)\\right)",
        "\\operatorname{ReLU}'(z) = \\begin{cases} 1 & z > 0 \\\\ 0 & z \\le 0 \\end{cases}",
        "\\prod_{i=1}^n p_i^{y_i} (1 - p_i)^{1 - y_i}", "\\hat{g} \\approx \\frac{L(W + h) - L(W)}{h}",
        "\\bar{x} \\in \\mathbb{R}^{n \\times d}, \\quad \\alpha \\ne \\beta \\ge 0, \\sin \\cos \\tanh x"})
    inside(tex);
  EXPECT_TRUE(to_mathml("x", true).starts_with("<math display=\"block\">"));
}

TEST(MathMl, PointsAtWhatItDoesNotKnow) {
  const std::pair<const char*, std::size_t> wrong[] = {
      {"a \\foo b", 2},  {"\\frac{1}", 8},    {"x^", 2},
      {"x_i_j", 3},      {"x^2^3", 3},        {"{x", 2},
      {"x}", 1},         {"\\left( x", 8},    {"\\left x", 6},
      {"x \\right)", 2}, {"\\begin{foo}", 6}, {"\\begin{cases} 1", 15},
      {"a & b", 2},      {"\\text x", 6},     {"\\mathbf{+}", 8},
      {"\\", 0},         {"x \" y", 2},       {"\\operatorname{x", 13},
      {"ü", 0},          {"\\sqrt[3", 7},     {"\\begin{cases} 1 \\end{pmatrix}", 16}};
  for (const auto& [tex, position] : wrong) try {
      to_mathml(tex);
      ADD_FAILURE() << tex << " was accepted";
    } catch (const ParseError& error) {
      EXPECT_EQ(error.position(), position) << error.what();
    }
}

TEST(MathMl, DeepNestingIsAnErrorAndNoOverflow) {
  EXPECT_THROW(to_mathml(std::string(100000, '{')), ParseError);
  std::string fractions;
  for (int k = 0; k < 100000; ++k) fractions += "\\frac";
  EXPECT_THROW(to_mathml(fractions), ParseError);
}

TEST(MathMl, EscapesTheFiveCharacters) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&amp;'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;");
}

}  // namespace
}  // namespace gradus
