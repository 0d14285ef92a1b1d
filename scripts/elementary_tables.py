# SPDX-License-Identifier: MIT
"""Writes src/core/elementary/tables.hpp, which clang-format then lays out.

    python scripts/elementary_tables.py > src/core/elementary/tables.hpp && clang-format-14 -i src/core/elementary/tables.hpp

Needs mpmath. What each table is for stands in the files that use it; tests/core/elementary_test.cpp holds each row of
those of exp, log, sin and tanh against src/core/elementary/exact.hpp."""

from mpmath import chebyfit, erfc, exp, floor, frexp, log, mp, mpf, pi, sin, sqrt, tanh

mp.prec = 600


def nearest(x, bits=53):
    """x rounded to so many bits."""
    if x == 0:
        return mpf(0)
    e = int(frexp(x)[1])
    return mp.nint(x * mpf(2) ** (bits - e)) * mpf(2) ** (e - bits)


def text(x):
    return float(x).hex().replace("0000000000000p", "p")


def pair(x, head_bits):
    head = nearest(x, head_bits)
    return [head, nearest(x - head)]


def rows(values):
    return ",\n".join("    {" + ", ".join(text(v) for v in row) + "}" for row in values)


def table(name, comment, struct, values):
    print(f"/// {comment}\ninline constexpr {struct} {name}[{len(values)}] = {{\n{rows(values)}}};\n")


def limbs(name, comment, value, whole, fraction):
    """A number as 32-bit limbs, the lowest first."""
    n = int(floor(value * mpf(2) ** (32 * fraction)))
    digits = [(n >> (32 * i)) & 0xFFFFFFFF for i in range(whole + fraction)]
    lines = [", ".join(f"0x{d:08x}" for d in digits[i : i + 8]) for i in range(0, len(digits), 8)]
    body = ",\n    ".join(lines)
    print(f"/// {comment}\ninline constexpr std::array<std::uint32_t, {len(digits)}> {name} = {{\n    {body}}};\n")


def log_row(i):
    """1/c for the middle of the i-th of 128 parts of [0x1.6p-1, 0x1.6p0), to 2^-10, and its logarithm."""

    def edge(j):
        return mpf(0.6875) + mpf(j) / 256 if j <= 80 else 1 + mpf(j - 80) / 128

    middle = (edge(i) + edge(i + 1)) / 2
    c = mp.nint(1024 / middle) / 1024
    value = -log(c)
    head = mp.nint(value * mpf(2) ** 42) / mpf(2) ** 42
    return [c, head, nearest(value - head)]


def scaled_erfc(x):
    return exp(x * x) * erfc(x)


def erfc_row(j):
    """exp(x^2) erfc(x) about the middle of the j-th part: eight parts to each octave from 1/2 on."""
    octave, part = divmod(j, 8)
    low = mpf(2) ** (octave - 1) * (1 + mpf(part) / 8)
    half = mpf(2) ** (octave - 1) / 16
    c = low + half
    with mp.workprec(300):
        fitted = chebyfit(lambda h: scaled_erfc(c + h), [-half, half], 13)[::-1]
    return pair(fitted[0], 27) + [nearest(a) for a in fitted[1:]]


print(
    """// SPDX-License-Identifier: MIT
// Written by scripts/elementary_tables.py.
#pragma once

#include <array>
#include <cstdint>

namespace gradus::detail {

/// A number as the sum of a head of 27 bits, which multiplies other short numbers without rounding, and the rest.
struct HeadAndTail {
  double head;
  double tail;
};

struct LogRow {
  double c;     ///< about the reciprocal of the part's middle, a multiple of 2^-10
  double head;  ///< of -log(c), a multiple of 2^-42
  double tail;
};

struct TanhRow {
  double value;
  double value_tail;
  double slope_head;  ///< of 1 - tanh^2, 27 bits
  double slope_tail;
};

struct ErfcRow {
  double head;
  double tail;
  double rest[12];  ///< the coefficients of h, h^2, ..., h^12
};
"""
)
table("exp_table", "2^(i/128).", "HeadAndTail", [pair(mpf(2) ** (mpf(i) / 128), 27) for i in range(128)])
table("log_table", "The 128 parts of [0x1.6p-1, 0x1.6p0).", "LogRow", [log_row(i) for i in range(128)])
table(
    "sin_table",
    "sin(i pi / 64), from 0 to the right angle.",
    "HeadAndTail",
    [pair(sin(i * pi / 64), 27) for i in range(32)] + [[mpf(1), mpf(0)]],
)
table(
    "tanh_table",
    "tanh(i / 64), from 0 to 4.",
    "TanhRow",
    [pair(tanh(mpf(i) / 64), 53) + pair(1 - tanh(mpf(i) / 64) ** 2, 27) for i in range(257)],
)
erfc_rows = [erfc_row(j) for j in range(48)]
print("/// exp(x^2) erfc(x) = head + tail + sum of rest[n] h^(n + 1), h from the middle of the part.")
print(f"inline constexpr ErfcRow erfc_table[{len(erfc_rows)}] = {{")
print(
    ",\n".join(
        "    {" + text(r[0]) + ", " + text(r[1]) + ",\n     {" + ", ".join(text(v) for v in r[2:]) + "}}"
        for r in erfc_rows
    )
)
print("};\n")
limbs("ln2_limbs", "ln 2, 224 bits of fraction.", log(2), 1, 7)
limbs("half_pi_limbs", "pi / 2, 224 bits of fraction.", pi / 2, 1, 7)
with mp.workprec(1500):
    limbs("two_over_pi_limbs", "2 / pi, 1312 bits of fraction.", 2 / +pi, 0, 41)
print("}  // namespace gradus::detail")

CONSTANTS = """
exp:  ln2/128 = {0} + {1};  128/ln2 = {2}
log:  ln2 = {3} + {4}
sin:  pi/64 = {5} + {6} + {7};  64/pi = {8}
erf:  2/sqrt(pi) = {9} + {10}
log10: 1/ln10 = {11} + {12}
"""


def constants():
    """For the files that use them; printed to standard error."""
    import sys

    a = log(2) / 128
    a1 = nearest(a, 32)
    b1 = mp.nint(log(2) * mpf(2) ** 42) / mpf(2) ** 42
    p = pi / 64
    p1 = nearest(p, 33)
    p2 = nearest(p - p1, 33)
    s = 2 / sqrt(pi)
    s1 = nearest(s, 27)
    t = 1 / log(10)
    t1 = nearest(t, 27)
    values = [
        a1,
        nearest(a - a1),
        1 / a,
        b1,
        nearest(log(2) - b1),
        p1,
        p2,
        nearest(p - p1 - p2),
        1 / p,
        s1,
        nearest(s - s1),
        t1,
        nearest(t - t1),
    ]
    print(CONSTANTS.format(*[text(v) for v in values]), file=sys.stderr)


constants()
