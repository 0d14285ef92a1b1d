// SPDX-License-Identifier: MIT
#include "gradus/lab/figure/mathml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gradus/core/error.hpp"
#include "mathml_symbols.hpp"

namespace gradus {
namespace {

using namespace figure_detail;

std::string element(std::string_view tag, std::string_view inside) {
  return fmt::format("<{0}>{1}</{0}>", tag, inside);
}
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What a thing in a row is, as far as its scripts and the space after it depend on it.
enum class Kind { plain, limits, function };

struct Atom {
  std::string mathml;
  Kind kind = Kind::plain;
};

class Parser {
 public:
  explicit Parser(std::string_view tex) : tex_(tex) {}

  std::string parse() {
    std::string row = rows_until([&] { return at_end(); });
    if (!at_end()) refuse(at_, "expected the end of the formula");
    return row;
  }

 private:
  /// A formula deeper than this is a mistake, and must not use up the stack.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > 100) parser_.refuse(parser_.at_, "expected at most 100 levels of nesting");
    }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    ~Level() { --parser_.depth_; }

   private:
    Parser& parser_;
  };

  [[noreturn]] void refuse(std::size_t position, const std::string& message) const {
    throw ParseError("formula", std::string(tex_), position, message);
  }
  bool at_end() const { return at_ >= tex_.size(); }
  bool next_is(std::string_view text) const { return tex_.substr(at_).starts_with(text); }
  void skip_blanks() {
    while (!at_end() && (tex_[at_] == ' ' || tex_[at_] == '\n' || tex_[at_] == '\t')) ++at_;
  }
  bool accept(std::string_view text) {
    skip_blanks();
    if (!next_is(text)) return false;
    at_ += text.size();
    return true;
  }
  void expect(std::string_view text, const char* why) {
    if (!accept(text)) refuse(at_, fmt::format("expected '{}' {}", text, why));
  }
  /// Whether the command `name` stands here: `\right` does not begin `\rightarrow`.
  bool command_is(std::string_view name) const {
    if (!next_is("\\") || tex_.substr(at_ + 1, name.size()) != name) return false;
    const std::size_t after = at_ + 1 + name.size();
    return after >= tex_.size() || !is_letter(tex_[after]);
  }

  /// Atoms with their scripts until `stop` holds; an end that nobody waited for is refused.
  template <class Stop>
  std::string rows_until(Stop stop) {
    const Level level(*this);
    std::string row;
    for (skip_blanks(); !stop(); skip_blanks()) {
      if (at_end()) refuse(at_, "the formula ends too early");
      const char c = tex_[at_];
      if (c == '}') refuse(at_, "'}' without '{'");
      if (c == '&' || next_is("\\\\")) refuse(at_, "expected this in an environment only");
      if (command_is("right")) refuse(at_, "\\right without \\left");
      if (command_is("end")) refuse(at_, "\\end without \\begin");
      const Atom atom = one_atom();
      row += with_scripts(atom);
      if (atom.kind == Kind::function && space_after_function()) row += "<mspace width=\"0.167em\"/>";
    }
    return row;
  }

  /// A function name stands close to its bracket and apart from a bare argument.
  bool space_after_function() {
    skip_blanks();
    if (at_end()) return false;
    const char c = tex_[at_];
    return is_letter(c) || is_digit(c) ||
           (c == '\\' && !command_is("left") && !command_is("right") && !command_is("end") && at_ + 1 < tex_.size() &&
            is_letter(tex_[at_ + 1]));
  }

  std::string with_scripts(const Atom& base) {
    std::string below, above;
    bool has_below = false, has_above = false;
    for (skip_blanks(); !at_end(); skip_blanks()) {
      const std::size_t here = at_;
      if (tex_[at_] == '\'') {
        if (has_above && above.find("′") == std::string::npos) refuse(here, "a prime after '^'");
        above += "<mo>′</mo>";
        has_above = true;
        ++at_;
      } else if (tex_[at_] == '_') {
        if (has_below) refuse(here, "a second '_'");
        ++at_;
        below = argument("after '_'");
        has_below = true;
      } else if (tex_[at_] == '^') {
        if (has_above && above.find("<mo>′</mo>") != 0) refuse(here, "a second '^'");
        ++at_;
        above += argument("after '^'");
        has_above = true;
      } else {
        break;
      }
    }
    if (has_above) above = element("mrow", above);
    const bool limits = base.kind == Kind::limits;
    if (has_below && has_above) return element(limits ? "munderover" : "msubsup", base.mathml + below + above);
    if (has_below) return element(limits ? "munder" : "msub", base.mathml + below);
    if (has_above) return element(limits ? "mover" : "msup", base.mathml + above);
    return base.mathml;
  }

  /// A group, or one thing without braces: `x^2`, `\frac12`.
  std::string argument(const char* where) {
    const Level level(*this);
    skip_blanks();
    if (at_end()) refuse(at_, fmt::format("expected something {}", where));
    if (tex_[at_] == '{') return group();
    if (is_digit(tex_[at_])) return element("mn", std::string(1, tex_[at_++]));
    if (tex_[at_] == '}' || tex_[at_] == '^' || tex_[at_] == '_' || tex_[at_] == '&')
      refuse(at_, fmt::format("expected something {}", where));
    return one_atom().mathml;
  }

  std::string group() {
    expect("{", "to open a group");
    std::string inside = rows_until([&] { return next_is("}"); });
    ++at_;
    return element("mrow", inside);
  }

  /// The text of a group, taken as it stands.
  std::string raw_group(std::string_view command) {
    skip_blanks();
    if (!next_is("{")) refuse(at_, fmt::format("expected '{{' after \\{}", command));
    const std::size_t open = at_, close = tex_.find('}', at_);
    if (close == std::string_view::npos) refuse(open, "'{' without '}'");
    at_ = close + 1;
    return std::string(tex_.substr(open + 1, close - open - 1));
  }

  Atom one_atom() {
    const char c = tex_[at_];
    if (c == '{') return {group()};
    if (c == '\\') return command();
    if (is_letter(c)) return {element("mi", std::string(1, tex_[at_++]))};
    if (is_digit(c) || (c == '.' && at_ + 1 < tex_.size() && is_digit(tex_[at_ + 1]))) return {number()};
    if (c == '_' || c == '^' || c == '\'') return {"<mrow></mrow>"};
    if (const std::string_view sign = plain_sign(c); !sign.empty()) {
      ++at_;
      const bool bracket = std::string_view("()[]|/").find(c) != std::string_view::npos;
      return {bracket ? fmt::format("<mo stretchy=\"false\">{}</mo>", sign) : element("mo", sign)};
    }
    refuse(at_, "expected no such character in a formula");
  }

  std::string number() {
    const std::size_t from = at_;
    while (!at_end() && (is_digit(tex_[at_]) || (tex_[at_] == '.' && at_ + 1 < tex_.size() && is_digit(tex_[at_ + 1]))))
      ++at_;
    return element("mn", tex_.substr(from, at_ - from));
  }

  Atom command() {
    const std::size_t start = at_++;
    if (at_end()) refuse(start, "expected a command after '\\'");
    std::string name(1, tex_[at_++]);
    if (is_letter(name[0]))
      while (!at_end() && is_letter(tex_[at_])) name += tex_[at_++];
    if (const auto symbol = find(identifiers, name)) return {element("mi", *symbol)};
    if (const auto symbol = find(operators, name)) return {element("mo", *symbol)};
    if (const auto symbol = find(large_operators, name))
      return {fmt::format("<mo movablelimits=\"true\">{}</mo>", *symbol), Kind::limits};
    if (const auto words = find(limit_functions, name))
      return {fmt::format("<mo movablelimits=\"true\" form=\"prefix\">{}</mo>", *words), Kind::limits};
    if (const auto words = find(functions, name)) return {element("mi", *words), Kind::function};
    if (const auto width = find(spaces, name)) return {fmt::format("<mspace width=\"{}\"/>", *width)};
    if (const auto sign = find(accents, name)) return {accent(*sign)};
    return structure(name, start);
  }

  std::string accent(std::string_view sign) {
    const std::string base = argument("under the accent");
    return fmt::format("<mover accent=\"true\">{}<mo stretchy=\"false\">{}</mo></mover>", base, sign);
  }

  Atom structure(const std::string& name, std::size_t start) {
    if (name == "frac" || name == "tfrac" || name == "dfrac") {
      const std::string top = argument("above the fraction line");
      return {element("mfrac", top + argument("below the fraction line"))};
    }
    if (name == "sqrt") return {root()};
    if (name == "overline") return {fmt::format("<mover>{}<mo>‾</mo></mover>", argument("under the line"))};
    if (name == "text") return {element("mtext", text_of(raw_group(name)))};
    if (name == "operatorname") return {element("mi", escape_html(raw_group(name))), Kind::function};
    if (name == "mathrm") return {fmt::format("<mi mathvariant=\"normal\">{}</mi>", escape_html(raw_group(name)))};
    if (name == "mathbf" || name == "mathbb" || name == "mathcal") return {alphabet(name)};
    if (name == "left") return {fenced()};
    if (name == "begin") return {environment(start)};
    refuse(start, fmt::format("unknown command \\{}", name));
  }

  std::string root() {
    if (!accept("[")) return element("msqrt", argument("under the root"));
    const std::string degree = element("mrow", rows_until([&] { return next_is("]"); }));
    ++at_;
    return element("mroot", argument("under the root") + degree);
  }

  static std::string text_of(const std::string& words) {
    std::string text;
    for (const char c : words) text += c == ' ' ? "\u00a0" : escape_html(std::string(1, c));
    return text;
  }

  std::string alphabet(const std::string& name) {
    skip_blanks();
    std::size_t at = at_ + 1;
    const std::string letters = next_is("{") ? raw_group(name) : std::string(1, at_end() ? ' ' : tex_[at_++]);
    std::string styled;
    for (const char c : letters) {
      const std::string character = styled_character(name, c);
      if (character.empty()) refuse(at, fmt::format("expected letters or digits in \\{}", name));
      styled += character;
      ++at;
    }
    if (styled.empty()) refuse(at_, fmt::format("expected letters or digits in \\{}", name));
    return element("mi", styled);
  }

  std::string bracket() {
    skip_blanks();
    for (const auto& [tex, sign] : brackets)
      if (next_is(tex)) {
        at_ += tex.size();
        return sign.empty() ? std::string() : fmt::format("<mo fence=\"true\" stretchy=\"true\">{}</mo>", sign);
      }
    refuse(at_, "expected a bracket or '.'");
  }

  std::string fenced() {
    const std::string open = bracket();
    const std::string inside = rows_until([&] { return command_is("right"); });
    at_ += std::string_view("\\right").size();
    return element("mrow", open + inside + bracket());
  }

  std::string environment(std::size_t start) {
    const std::size_t name_at = at_;
    const std::string name = raw_group("begin");
    const auto* const kind =
        std::find_if(environments.begin(), environments.end(), [&](const auto& e) { return e.name == name; });
    if (kind == environments.end()) refuse(name_at, fmt::format("unknown environment '{}'", name));
    std::string table, row;
    for (std::size_t column = 0;;) {
      const std::string cell = rows_until([&] { return next_is("&") || next_is("\\\\") || command_is("end"); });
      const std::string_view align = column % 2 == 0 ? kind->even : kind->odd;
      row += fmt::format(
          "<mtd style=\"text-align:{0};text-align:-webkit-{0}{1}\">{2}</mtd>", align,
          kind->joined ? (column % 2 == 0 ? ";padding-right:0" : ";padding-left:0.2em;padding-right:2em") : "", cell);
      if (accept("&")) {
        ++column;
        continue;
      }
      table += element("mtr", row);
      row.clear();
      column = 0;
      if (accept("\\\\")) {
        skip_blanks();
        if (!command_is("end")) continue;
      }
      break;
    }
    const std::size_t end_at = at_;
    at_ += std::string_view("\\end").size();
    if (raw_group("end") != name) refuse(end_at, fmt::format("expected \\end{{{}}} for character {}", name, start + 1));
    const auto fence = [](std::string_view sign) {
      return sign.empty() ? std::string() : fmt::format("<mo fence=\"true\" stretchy=\"true\">{}</mo>", sign);
    };
    return element("mrow",
                   fence(kind->open) +
                       fmt::format("<mtable{}>{}</mtable>", kind->joined ? " displaystyle=\"true\"" : "", table) +
                       fence(kind->close));
  }

  std::string_view tex_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  return escaped;
}

std::string to_mathml(std::string_view tex, bool display) {
  const std::string row = Parser(tex).parse();
  return fmt::format("<math{}><mrow>{}</mrow></math>", display ? " display=\"block\"" : "", row);
}

}  // namespace gradus
