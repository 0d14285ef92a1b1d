// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>
#include <variant>

namespace gradus {

/// Types in order: what a variant, a table of functions or a test over all of them is made from.
template <class... T>
struct TypeList {
  static constexpr std::size_t size = sizeof...(T);

  /// The same list with each T as F<T>.
  template <template <class> class F>
  using mapped = TypeList<F<T>...>;
  template <class... More>
  using with = TypeList<T..., More...>;
  /// A template over all of them: `as<std::variant>`.
  template <template <class...> class F>
  using as = F<T...>;

  template <class U>
  static constexpr bool contains = (std::is_same_v<T, U> || ...);

  /// Where U stands; the list's size if it does not.
  template <class U>
  static constexpr std::size_t index_of = [] {
    std::size_t before = 0;
    bool found = false;
    ((found = found || std::is_same_v<T, U>, before += found ? 0 : 1), ...);
    return before;
  }();

  /// f(T{}) for each in turn.
  template <class F>
  static constexpr void for_each(F&& f) {
    (f(T{}), ...);
  }
};

namespace detail {

template <class List>
struct AlternativesOf;
template <class... T>
struct AlternativesOf<std::variant<T...>> {
  using type = TypeList<T...>;
};

}  // namespace detail

/// A variant's types.
template <class Variant>
using AlternativesOf = typename detail::AlternativesOf<Variant>::type;

}  // namespace gradus
