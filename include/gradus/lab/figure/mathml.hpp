// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace gradus {

/// A formula in a small part of TeX as MathML, which browsers set by themselves.
///
/// Known: letters, numbers, `+ - = < > ( ) [ ] | / , ; : ! '`, groups `{}`, `^`, `_`, `&` and `\\` in environments;
/// `\frac`, `\sqrt[n]{}`, `\sum \prod \int \lim \max \min \argmax \argmin` with limits; Greek letters;
/// `\log \ln \exp \tanh \sin \cos ...`, `\operatorname{}`, `\text{}`, `\mathbf \mathbb \mathcal \mathrm`;
/// `\hat \bar \tilde \dot \vec \overline`; `\left( \right)` with any bracket or `.`; relations, arrows and dots; the
/// spaces `\, \; \: \! \quad \qquad`; the environments `cases`, `pmatrix`, `bmatrix`, `aligned`.
///
/// `display` sets it on a line of its own. Throws ParseError, which points at the character, for everything else.
std::string to_mathml(std::string_view tex, bool display = false);

/// `text` with the five characters that XML and HTML reserve written as entities.
std::string escape_html(std::string_view text);

}  // namespace gradus
