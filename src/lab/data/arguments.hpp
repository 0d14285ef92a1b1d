// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/data/makers.hpp"
#include "gradus/lab/data/source.hpp"

namespace gradus {

/// The parameters in a maker's text, `circles:samples=500,noise=0.2`, read as their kinds say. Every error points at
/// the character of the text; a parameter that is not given is read from the specification's fallback.
class Arguments {
 public:
  /// Takes the text apart and refuses unknown, repeated and empty parameters.
  Arguments(const MakerSpec& spec, const std::string& text);

  Index count(std::string_view name) const;
  OneOrMany<Index> counts(std::string_view name) const;
  double number(std::string_view name) const;
  std::optional<double> optional_number(std::string_view name) const;
  OneOrMany<double> numbers(std::string_view name) const;
  std::array<double, 2> range(std::string_view name) const;
  std::variant<std::monostate, Index, Matrix<double>> centers(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::uint32_t seed() const;
  /// What `read`, one of the above, makes of it, or nothing, where a maker tells its fallback from the same value
  /// given.
  template <class T>
  std::optional<T> if_given(std::string_view name, T (Arguments::*read)(std::string_view) const) const {
    return find(name).given ? std::optional<T>((this->*read)(name)) : std::nullopt;
  }

 private:
  /// A piece of a text, and where it begins.
  struct Piece {
    std::string_view value;
    std::size_t position;
  };
  struct Argument {
    std::string_view name;
    Piece value;
    bool given;
  };

  void add(std::string_view text, std::size_t position);
  const ParameterSpec& known(std::string_view name, std::size_t position) const;
  const Argument& find(std::string_view name) const;
  std::int64_t integer(Piece piece) const;
  Index whole(Piece piece) const;
  double real(Piece piece) const;
  /// The pieces of a list between its brackets, split at a separator; a bare value is a list of one.
  static std::vector<Piece> split(Piece list, char separator);
  static bool is_list(Piece piece) { return piece.value.starts_with('['); }
  Piece inside(Piece list) const;
  [[noreturn]] void refuse(std::size_t position, const std::string& message) const;

  const MakerSpec& spec_;
  const std::string& text_;
  std::vector<Argument> arguments_;
};

}  // namespace gradus
