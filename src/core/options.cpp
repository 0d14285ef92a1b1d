// SPDX-License-Identifier: MIT
#include "gradus/core/options.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/text.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/core/number.hpp"

namespace gradus {
namespace {

constexpr double kMaxWhole = sizeof(Index) < 8 ? 1 << 30 : 9007199254740992.0;

struct RangeKind {
  std::string_view words;  ///< behind "a number"
  bool (*holds)(double);
};

/// In the order of `Range`.
constexpr std::array<RangeKind, 8> kRanges{{{"", [](double) { return true; }},
                                            {" above 0", [](double x) { return x > 0; }},
                                            {" of at least 0", [](double x) { return x >= 0; }},
                                            {" from 0 to 1", [](double x) { return x >= 0 && x <= 1; }},
                                            {" from 0 to below 1", [](double x) { return x >= 0 && x < 1; }},
                                            {" above 0 and below 1", [](double x) { return x > 0 && x < 1; }},
                                            {" above 1", [](double x) { return x > 1; }},
                                            {" of at least 1", [](double x) { return x >= 1; }}}};
static_assert(kRanges.size() == static_cast<std::size_t>(Range::at_least_1) + 1);

const RangeKind& kind_of(Range range) { return kRanges[static_cast<std::size_t>(range)]; }

bool is_within(double x, Range range) { return std::isfinite(x) && kind_of(range).holds(x); }

bool is_whole(const Option& option) { return std::holds_alternative<Index*>(option.value); }

std::string expected(const Option& option) {
  return (is_whole(option) ? "a whole number" : "a finite number") + std::string(kind_of(option.range).words);
}

double number_of(const Option& option) {
  if (const auto* whole = std::get_if<Index*>(&option.value)) return static_cast<double>(**whole);
  return **std::get_if<double*>(&option.value);
}

/// False if the text is no value for the option.
bool read(const Option& option, std::string_view text) {
  const std::optional<double> x = parse_number(text);
  if (!x || !is_within(*x, option.range)) return false;
  if (!is_whole(option)) {
    **std::get_if<double*>(&option.value) = *x;
    return true;
  }
  if (*x != std::floor(*x) || std::abs(*x) > kMaxWhole) return false;
  **std::get_if<Index*>(&option.value) = static_cast<Index>(*x);
  return true;
}

std::vector<std::string> names(std::span<const Option> options) {
  std::vector<std::string> all;
  for (const Option& option : options) all.emplace_back(option.name);
  return all;
}

}  // namespace

void check_options(std::string_view name, std::span<const Option> options) {
  for (const Option& option : options)
    if (!std::holds_alternative<bool*>(option.value) && !is_within(number_of(option), option.range))
      throw ValueError("[" + std::string(name) + "] expected " + std::string(option.name) + " to be " +
                       expected(option) + ", got " + number_text(number_of(option)));
}

namespace detail {

std::string_view option_name(std::string_view text) { return text.substr(0, text.find(':')); }

void fail_unknown_name(std::string_view kind, std::string_view text, const std::vector<std::string>& known) {
  const std::string_view name = option_name(text);
  throw ParseError(std::string(kind), std::string(text), 0,
                   "unknown " + std::string(kind) + " " + in_quotes(name) + suggestion(name, known));
}

void read_options(std::string_view kind, std::string_view text, std::size_t position, std::span<const Option> options) {
  const auto fail = [&](std::size_t where, const std::string& message) {
    throw ParseError(std::string(kind), std::string(text), where, message);
  };
  while (position < text.size()) {
    const std::size_t start = ++position;  // past the colon or comma
    const std::string_view item = text.substr(start, text.find(',', start) - start);
    const std::string_view name = item.substr(0, item.find('='));
    const auto option = std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
    if (option == options.end()) {
      const std::string known = options.empty() ? " (it has no options)" : suggestion(name, names(options));
      fail(start, "unknown option " + in_quotes(name) + known);
    }
    const std::string_view value = name.size() < item.size() ? item.substr(name.size() + 1) : "";
    if (const auto* flag = std::get_if<bool*>(&option->value)) {
      if (name.size() < item.size() && value != "true" && value != "false")
        fail(start, "expected " + std::string(name) + ", " + std::string(name) + "=true or " + std::string(name) +
                        "=false, got " + in_quotes(item));
      **flag = value != "false";
    } else if (!read(*option, value)) {
      fail(start, "expected " + std::string(name) + "= and " + expected(*option) + ", got " + in_quotes(item));
    }
    position = start + item.size();
  }
}

std::string options_text(std::span<const Option> options, std::span<const Option> defaults) {
  std::string text;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const Option& option = options[i];
    std::string item(option.name);
    if (const auto* flag = std::get_if<bool*>(&option.value)) {
      if (**flag == **std::get_if<bool*>(&defaults[i].value)) continue;
      if (!**flag) item += "=false";
    } else {
      if (number_of(option) == number_of(defaults[i])) continue;
      item += "=" + number_text(number_of(option));
    }
    text += (text.empty() ? ":" : ",") + item;
  }
  return text;
}

}  // namespace detail

}  // namespace gradus
