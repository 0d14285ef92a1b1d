// SPDX-License-Identifier: MIT
#include "src/lab/data/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "src/lab/data/table.hpp"

namespace gradus {

Arguments::Arguments(const MakerSpec& spec, const std::string& text) : spec_(spec), text_(text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos) {
    std::size_t start = colon + 1;
    int depth = 0;
    for (std::size_t i = start; i <= text.size(); ++i) {
      const char c = i < text.size() ? text[i] : ',';
      if (i == text.size() && depth > 0) refuse(i, "expected a closing ]");
      depth += (c == '[') - (c == ']');
      if (depth < 0) refuse(i, "expected no ] without its [");
      if (c != ',' || depth > 0) continue;
      add(std::string_view(text).substr(start, i - start), start);
      start = i + 1;
    }
  }
  for (const ParameterSpec& parameter : spec.parameters)
    if (std::none_of(arguments_.begin(), arguments_.end(), [&](auto& a) { return a.name == parameter.name; }))
      arguments_.push_back({parameter.name, {parameter.fallback, 0}, false});
}

void Arguments::refuse(std::size_t position, const std::string& message) const {
  throw ParseError("data", text_, position, message);
}

const ParameterSpec& Arguments::known(std::string_view name, std::size_t position) const {
  std::string names;
  for (const ParameterSpec& parameter : spec_.parameters) {
    if (parameter.name == name) return parameter;
    names += (names.empty() ? "" : ", ") + std::string(parameter.name);
  }
  refuse(position, fmt::format("{} has no parameter {}; it has {}", spec_.name, table::shown(name), names));
}

void Arguments::add(std::string_view text, std::size_t position) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const ParameterSpec& parameter = known(name, position);
  if (std::any_of(arguments_.begin(), arguments_.end(), [&](auto& argument) { return argument.name == name; }))
    refuse(position, fmt::format("{} is given twice", name));
  const std::size_t start = equals == std::string_view::npos ? text.size() : equals + 1;
  const Piece value{text.substr(start), position + start};
  if (value.value.empty() && (parameter.kind != ParameterKind::flag || equals != std::string_view::npos))
    refuse(value.position, fmt::format("expected a value for {}", name));
  arguments_.push_back({parameter.name, value, true});
}

const Arguments::Argument& Arguments::find(std::string_view name) const {
  return *std::find_if(arguments_.begin(), arguments_.end(), [&](auto& argument) { return argument.name == name; });
}

Arguments::Piece Arguments::inside(Piece list) const {
  if (!list.value.ends_with(']') || list.value.find('[', 1) != std::string_view::npos)
    refuse(list.position, "expected one list in brackets, [1,2]");
  return {list.value.substr(1, list.value.size() - 2), list.position + 1};
}

std::vector<Arguments::Piece> Arguments::split(Piece list, char separator) {
  std::vector<Piece> pieces;
  std::size_t start = 0;
  while (true) {
    const std::size_t end = std::min(list.value.find(separator, start), list.value.size());
    pieces.push_back({list.value.substr(start, end - start), list.position + start});
    if (end == list.value.size()) return pieces;
    start = end + 1;
  }
}

std::int64_t Arguments::integer(Piece piece) const {
  std::int64_t value = 0;
  const char* end = piece.value.data() + piece.value.size();
  const auto [stop, error] = std::from_chars(piece.value.data(), end, value);
  if (error != std::errc{} || stop != end)
    refuse(piece.position, fmt::format("expected a whole number, got {}", table::shown(piece.value)));
  return value;
}

Index Arguments::whole(Piece piece) const {
  const std::int64_t value = integer(piece);
  if constexpr (sizeof(Index) < sizeof value)
    if (value < PTRDIFF_MIN || value > PTRDIFF_MAX) refuse(piece.position, "expected a smaller number");
  return static_cast<Index>(value);
}

double Arguments::real(Piece piece) const {
  double value = 0;
  if (table::parse_number(piece.value, value) != table::NumberKind::finite)
    refuse(piece.position, fmt::format("expected a number, got {}", table::shown(piece.value)));
  return value;
}

Index Arguments::count(std::string_view name) const { return whole(find(name).value); }

double Arguments::number(std::string_view name) const { return real(find(name).value); }

std::optional<double> Arguments::optional_number(std::string_view name) const {
  const Piece value = find(name).value;
  return value.value.empty() ? std::nullopt : std::optional(real(value));
}

OneOrMany<Index> Arguments::counts(std::string_view name) const {
  const Piece value = find(name).value;
  if (!is_list(value)) return whole(value);
  std::vector<Index> each;
  for (const Piece piece : split(inside(value), ',')) each.push_back(whole(piece));
  return each;
}

OneOrMany<double> Arguments::numbers(std::string_view name) const {
  const Piece value = find(name).value;
  if (!is_list(value)) return real(value);
  std::vector<double> each;
  for (const Piece piece : split(inside(value), ',')) each.push_back(real(piece));
  return each;
}

std::array<double, 2> Arguments::range(std::string_view name) const {
  const Piece value = find(name).value;
  const std::vector<Piece> pieces = is_list(value) ? split(inside(value), ',') : std::vector<Piece>{value};
  if (pieces.size() != 2) refuse(value.position, "expected two numbers, [low,high]");
  return {real(pieces[0]), real(pieces[1])};
}

std::variant<std::monostate, Index, Matrix<double>> Arguments::centers(std::string_view name) const {
  const Piece value = find(name).value;
  if (value.value.empty()) return {};
  if (!is_list(value)) return whole(value);
  const std::vector<Piece> rows = split(inside(value), ';');
  Matrix<double> matrix(std::ssize(rows), std::ssize(split(rows.front(), ',')));
  for (Index i = 0; i < matrix.rows(); ++i) {
    const Piece row = rows[static_cast<std::size_t>(i)];
    const std::vector<Piece> cells = split(row, ',');
    if (std::ssize(cells) != matrix.cols())
      refuse(row.position,
             fmt::format("expected {} numbers as in the first centre, got {}", matrix.cols(), cells.size()));
    for (Index j = 0; j < matrix.cols(); ++j) matrix(i, j) = real(cells[static_cast<std::size_t>(j)]);
  }
  return matrix;
}

bool Arguments::flag(std::string_view name) const {
  const Argument& argument = find(name);
  if (!argument.given) return false;
  if (argument.value.value.empty() || argument.value.value == "true") return true;
  if (argument.value.value != "false")
    refuse(argument.value.position, fmt::format("expected {} without a value", name));
  return false;
}

std::uint32_t Arguments::seed() const {
  const Argument& argument = find("seed");
  const std::int64_t value = integer(argument.value);
  if (value < 0 || value > 0xffffffffLL) refuse(argument.value.position, "expected a seed from 0 to 4294967295");
  return static_cast<std::uint32_t>(value);
}

}  // namespace gradus
