// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

/// The commands of TeX that stand for one sign: private to the figure subject.
namespace gradus::figure_detail {

using Sign = std::pair<std::string_view, std::string_view>;

inline std::optional<std::string_view> find(std::span<const Sign> signs, std::string_view name) {
  for (const auto& [tex, sign] : signs)
    if (tex == name) return sign;
  return std::nullopt;
}

inline constexpr auto identifiers = std::to_array<Sign>(
    {{"alpha", "α"},   {"beta", "β"},    {"gamma", "γ"},   {"delta", "δ"},  {"epsilon", "ϵ"}, {"varepsilon", "ε"},
     {"zeta", "ζ"},    {"eta", "η"},     {"theta", "θ"},   {"iota", "ι"},   {"kappa", "κ"},   {"lambda", "λ"},
     {"mu", "μ"},      {"nu", "ν"},      {"xi", "ξ"},      {"pi", "π"},     {"rho", "ρ"},     {"sigma", "σ"},
     {"tau", "τ"},     {"upsilon", "υ"}, {"phi", "ϕ"},     {"varphi", "φ"}, {"chi", "χ"},     {"psi", "ψ"},
     {"omega", "ω"},   {"Gamma", "Γ"},   {"Delta", "Δ"},   {"Theta", "Θ"},  {"Lambda", "Λ"},  {"Xi", "Ξ"},
     {"Pi", "Π"},      {"Sigma", "Σ"},   {"Upsilon", "Υ"}, {"Phi", "Φ"},    {"Psi", "Ψ"},     {"Omega", "Ω"},
     {"partial", "∂"}, {"nabla", "∇"},   {"infty", "∞"},   {"ell", "ℓ"},    {"top", "⊤"},     {"emptyset", "∅"},
     {"ldots", "…"},   {"dots", "…"},    {"cdots", "⋯"},   {"vdots", "⋮"},  {"ddots", "⋱"},   {"%", "%"},
     {"#", "#"},       {"$", "$"},       {"_", "_"}});

inline constexpr auto operators = std::to_array<Sign>(
    {{"cdot", "⋅"},  {"times", "×"},      {"odot", "⊙"},      {"oplus", "⊕"},  {"circ", "∘"},       {"pm", "±"},
     {"mp", "∓"},    {"le", "≤"},         {"leq", "≤"},       {"ge", "≥"},     {"geq", "≥"},        {"ne", "≠"},
     {"neq", "≠"},   {"approx", "≈"},     {"equiv", "≡"},     {"sim", "∼"},    {"propto", "∝"},     {"ll", "≪"},
     {"gg", "≫"},    {"in", "∈"},         {"notin", "∉"},     {"subset", "⊂"}, {"cup", "∪"},        {"cap", "∩"},
     {"to", "→"},    {"rightarrow", "→"}, {"leftarrow", "←"}, {"gets", "←"},   {"Rightarrow", "⇒"}, {"mapsto", "↦"},
     {"mid", "∣"},   {"lt", "&lt;"},      {"gt", "&gt;"},     {"{", "{"},      {"}", "}"},          {"|", "‖"},
     {"&", "&amp;"}, {"colon", ":"},      {"forall", "∀"},    {"lfloor", "⌊"}, {"rfloor", "⌋"},     {"langle", "⟨"},
     {"rangle", "⟩"}});

inline constexpr auto large_operators = std::to_array<Sign>({{"sum", "∑"}, {"prod", "∏"}, {"int", "∫"}});

inline constexpr auto limit_functions = std::to_array<Sign>({{"lim", "lim"},
                                                             {"max", "max"},
                                                             {"min", "min"},
                                                             {"sup", "sup"},
                                                             {"inf", "inf"},
                                                             {"argmax", "arg max"},
                                                             {"argmin", "arg min"}});

inline constexpr auto functions = std::to_array<Sign>({{"log", "log"},
                                                       {"ln", "ln"},
                                                       {"exp", "exp"},
                                                       {"sin", "sin"},
                                                       {"cos", "cos"},
                                                       {"tan", "tan"},
                                                       {"tanh", "tanh"},
                                                       {"sinh", "sinh"},
                                                       {"cosh", "cosh"},
                                                       {"det", "det"}});

inline constexpr auto spaces = std::to_array<Sign>({{",", "0.167em"},
                                                    {":", "0.222em"},
                                                    {";", "0.278em"},
                                                    {"!", "-0.167em"},
                                                    {" ", "0.333em"},
                                                    {"quad", "1em"},
                                                    {"qquad", "2em"}});

inline constexpr auto accents =
    std::to_array<Sign>({{"hat", "^"}, {"bar", "¯"}, {"tilde", "~"}, {"dot", "˙"}, {"vec", "→"}});

/// Longer names first, since one may begin another.
inline constexpr auto brackets = std::to_array<Sign>({{"\\langle", "⟨"},
                                                      {"\\rangle", "⟩"},
                                                      {"\\lfloor", "⌊"},
                                                      {"\\rfloor", "⌋"},
                                                      {"\\{", "{"},
                                                      {"\\}", "}"},
                                                      {"\\|", "‖"},
                                                      {"(", "("},
                                                      {")", ")"},
                                                      {"[", "["},
                                                      {"]", "]"},
                                                      {"|", "|"},
                                                      {".", ""}});

struct Environment {
  std::string_view name, open, close, even, odd;  ///< brackets, and the alignment of even and odd columns
  bool joined = false;                            ///< equations: an odd column goes on where the even one ended
};
inline constexpr std::array<Environment, 4> environments = {{{"cases", "{", "", "left", "left"},
                                                             {"pmatrix", "(", ")", "center", "center"},
                                                             {"bmatrix", "[", "]", "center", "center"},
                                                             {"aligned", "", "", "right", "left", true}}};

/// The signs of the keyboard; empty if a formula does not take the character.
inline std::string_view plain_sign(char c) {
  switch (c) {
    case '+': return "+";
    case '-': return "−";
    case '=': return "=";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '(': return "(";
    case ')': return ")";
    case '[': return "[";
    case ']': return "]";
    case '|': return "|";
    case '/': return "/";
    case ',': return ",";
    case ';': return ";";
    case ':': return ":";
    case '!': return "!";
    case '*': return "∗";
    case '.': return ".";
    default: return {};
  }
}

inline std::string utf8(char32_t code) {
  const auto byte = [](char32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0 | code >> 6), byte(0x80 | (code & 63))};
  if (code < 0x10000) return {byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 63)), byte(0x80 | (code & 63))};
  return {byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 63)), byte(0x80 | (code >> 6 & 63)),
          byte(0x80 | (code & 63))};
}

/// A letter or digit in bold, double-struck or script, as Unicode's own character: browsers know no other way. Those
/// that Unicode had before it got the alphabets stand apart. Empty for anything else.
inline std::string styled_character(std::string_view alphabet, char c) {
  static constexpr auto early = std::to_array<std::pair<std::string_view, char32_t>>({{"mathbbC", 0x2102},
                                                                                      {"mathbbH", 0x210D},
                                                                                      {"mathbbN", 0x2115},
                                                                                      {"mathbbP", 0x2119},
                                                                                      {"mathbbQ", 0x211A},
                                                                                      {"mathbbR", 0x211D},
                                                                                      {"mathbbZ", 0x2124},
                                                                                      {"mathcalB", 0x212C},
                                                                                      {"mathcalE", 0x2130},
                                                                                      {"mathcalF", 0x2131},
                                                                                      {"mathcalH", 0x210B},
                                                                                      {"mathcalI", 0x2110},
                                                                                      {"mathcalL", 0x2112},
                                                                                      {"mathcalM", 0x2133},
                                                                                      {"mathcalR", 0x211B},
                                                                                      {"mathcale", 0x212F},
                                                                                      {"mathcalg", 0x210A},
                                                                                      {"mathcalo", 0x2134}});
  const std::string name = std::string(alphabet) + c;
  for (const auto& [tex, code] : early)
    if (tex == name) return utf8(code);
  const bool bold = alphabet == "mathbf", doubled = alphabet == "mathbb";
  if (c >= 'A' && c <= 'Z')
    return utf8((bold ? 0x1D400U : doubled ? 0x1D538U : 0x1D49CU) + static_cast<unsigned>(c - 'A'));
  if (c >= 'a' && c <= 'z')
    return utf8((bold ? 0x1D41AU : doubled ? 0x1D552U : 0x1D4B6U) + static_cast<unsigned>(c - 'a'));
  if (c >= '0' && c <= '9' && (bold || doubled))
    return utf8((bold ? 0x1D7CEU : 0x1D7D8U) + static_cast<unsigned>(c - '0'));
  return {};
}

}  // namespace gradus::figure_detail
