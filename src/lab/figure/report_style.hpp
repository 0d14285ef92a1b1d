// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace gradus::figure_detail {

/// The look of the page: one column of text, one accent colour, and ink for the printer.
inline constexpr std::string_view report_style = R"css(
:root { --accent: #0072b2; --ink: #222; --soft: #555; --faint: #e3e3e3; --wash: #f5f8fa; --warn: #d55e00; }
* { box-sizing: border-box; }
html { font-size: 17px; scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: #fff; color: var(--ink); line-height: 1.6;
       font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 45em; margin: 0 auto; padding: 5rem 1.5rem 8rem; }
header { margin-bottom: 3rem; }
h1 { font-size: 2.3rem; line-height: 1.15; font-weight: 650; letter-spacing: -0.015em; margin: 0 0 0.8rem; }
h2 { font-size: 1.55rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; margin: 4.5rem 0 1rem;
     padding-top: 1.2rem; border-top: 1px solid var(--faint); }
h3 { font-size: 1.15rem; line-height: 1.35; font-weight: 650; margin: 2.6rem 0 0.6rem; }
h2 a, h3 a { color: inherit; text-decoration: none; }
h2 a:hover, h3 a:hover { color: var(--accent); }
p { margin: 0 0 1rem; }
ul { margin: 0 0 1rem; padding-left: 1.3rem; }
li { margin-bottom: 0.3rem; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 2px; }
.lead { font-size: 1.15rem; color: var(--soft); }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.87em; }
code { background: var(--wash); padding: 0.1em 0.3em; border-radius: 3px; }
pre { background: var(--wash); border-left: 3px solid var(--faint); padding: 0.9rem 1.1rem; overflow-x: auto; line-height: 1.5;
      margin: 1.3rem 0; }
pre code { background: none; padding: 0; font-size: 1em; }
math { font-size: 1.06em; font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", "Libertinus Math",
       "DejaVu Math TeX Gyre", math; }
math[display="block"] { margin: 1.4rem 0; font-size: 1.15em; overflow-x: auto; overflow-y: hidden; padding: 0.15em 0; }
nav { font-size: 0.92rem; margin-bottom: 3rem; }
nav ol { list-style: none; margin: 0; padding: 0; }
nav li { margin: 0.3rem 0; }
nav li.inner { padding-left: 1.3rem; }
nav a { color: var(--soft); text-decoration: none; }
nav a:hover { color: var(--accent); }
nav h2 { font-size: 0.78rem; font-weight: 600; letter-spacing: 0.08em; text-transform: uppercase; color: var(--soft);
         border: 0; padding: 0; margin: 0 0 0.7rem; }
figure { margin: 2.4rem 0; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption, caption, .marks { font-size: 0.88rem; line-height: 1.5; color: var(--soft); }
figcaption { margin-top: 0.7rem; }
figcaption strong, caption strong { color: var(--ink); }
figcaption .by { white-space: nowrap; }
.missing { border: 1px dashed #bbb; color: var(--soft); padding: 2rem 1.2rem; }
.scroll { overflow-x: auto; margin: 1.8rem 0; }
table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums lining-nums; }
caption { text-align: left; padding-bottom: 0.6rem; }
th, td { text-align: left; padding: 0.36rem 1.5rem 0.36rem 0; vertical-align: baseline; }
th { font-weight: 600; border-bottom: 1.5px solid var(--ink); vertical-align: bottom; }
td { border-bottom: 1px solid var(--faint); }
th:last-child, td:last-child { padding-right: 0.2rem; }
th.number, td.number { text-align: right; }
td.number { white-space: nowrap; }
.equal, .differs { display: inline-block; width: 1.1em; text-align: right; font-weight: 700; }
.equal { color: #007a58; }
.differs { color: var(--warn); }
.marks { margin: 0.5rem 0 0; }
aside { border-left: 4px solid var(--accent); background: var(--wash); padding: 1rem 1.3rem; margin: 1.8rem 0; }
aside p:last-child { margin-bottom: 0; }
aside .title { font-weight: 650; color: var(--accent); margin-bottom: 0.35rem; }
@media (min-width: 82em) {
  nav { position: fixed; top: 5rem; left: 2.5rem; width: 14.5em; max-height: calc(100vh - 8rem); overflow-y: auto; }
}
@media (max-width: 40em) { html { font-size: 16px; } main { padding: 2.5rem 1.1rem 4rem; } h1 { font-size: 1.8rem; } }
@media print {
  html { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  nav { position: static; width: auto; max-height: none; }
  h2 { break-after: avoid; } h3 { break-after: avoid; }
  figure, aside, tr, math { break-inside: avoid; }
  figure svg { max-height: 20cm; }
  a { color: inherit; text-decoration: none; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
)css";

}  // namespace gradus::figure_detail
