// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <type_traits>

#include "gradus/core/elementary.hpp"  // exp, log, ... of plain numbers, for what is written once over all

namespace gradus {

/// The plain floating-point type behind a number type: itself for double and float, the number carried by a dual or
/// tape number. Data and targets are given in it: they are constants of every derivative.
template <class T>
struct ScalarOf;

template <std::floating_point T>
struct ScalarOf<T> {
  using type = T;
};

template <class T>
using Scalar = typename ScalarOf<std::remove_const_t<T>>::type;

/// A number type that `forward` can run on.
template <class T>
concept Number = requires {
  typename ScalarOf<std::remove_const_t<T>>::type;
};

/// The value of a number, without its derivatives.
template <std::floating_point T>
constexpr T value_of(T x) {
  return x;
}

}  // namespace gradus
