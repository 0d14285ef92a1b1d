#!/bin/sh
# SPDX-License-Identifier: MIT
# foreign_functions.sh LIBRARY...: no object asks the C library for a function whose bits depend on processor and
# version; core/elementary.hpp has them. This sees a bare `exp(x)` too, where the header is not included.
set -eu

foreign() {
  grep -wE 'U (sin|cos|tan|sincos|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|exp|exp2|exp10|expm1|log|log2|log10|log1p|pow|cbrt|hypot|erf|erfc|tgamma|lgamma)f?l?(@.*)?'
}

# It can tell.
printf '                 U tanh\n                 U sqrt\n' | foreign >/dev/null
if printf '                 U sqrt\n                 U floor\n                 U _ZN6gradus3expEd\n' | foreign; then exit 1; fi

if nm -A -u "$@" 2>/dev/null | foreign; then
  echo "expected no function of the C library whose bits are not the same everywhere, got the ones above" >&2
  exit 1
fi
