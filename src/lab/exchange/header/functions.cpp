// SPDX-License-Identifier: MIT
// The functions of a header. They are those of engine/kernels/math-inl.hpp and vector-inl.hpp for one number, operation
// by operation, and the sums of packing.hpp and line_sums-inl.hpp: tests/lab/exchange/header_test.cpp holds them equal.
#include <fmt/format.h>

#include <limits>
#include <stdexcept>
#include <utility>

#include "core/bit_cast.hpp"
#include "gradus/nn/activations.hpp"
#include "lab/exchange/header/c_text.hpp"

namespace gradus::header {
namespace {

struct Function {
  std::string_view name;
  std::vector<std::string_view> calls;
  std::string_view c;
  std::string_view c_of_double = {};  ///< where it differs
};

const std::vector<Function>& all_functions() {
  static const std::vector<Function> functions{
      // ------------------------------------------------------------------------------------------ of one number
      {"power_of_two", {"bits", "number"}, R"(
/* 2^n for the integer n in the low bits of n + 1.5 2^$MANTISSA$ */
static inline $R $_power_of_two($R rounded) { return $_number(($_bits(rounded) + $BIAS$u) << $MANTISSA$); }
)"},
      {"reduce", {}, R"(
/* x = n ln 2 + r: r, and n + 1.5 2^$MANTISSA$ */
static inline $R $_reduce($R x, $R *rounded) {
  const $R with_n = x * $LOG2E$ + $ROUND$;
  const $R n = with_n - $ROUND$;
  *rounded = with_n;
  return (x - n * $LN2_HIGH$) - n * $LN2_LOW$;
}
)"},
      {"expm1_near_0",
       {},
       R"(
/* exp(r) - 1 for |r| <= ln(2) / 2 */
static inline $R $_expm1_near_0($R r) {
  const $R r2 = r * r;
  const $R r4 = r2 * r2;
  const $R low = r2 * (r * $E5$ + $E4$) + (r * $E3$ + $E2$);
  return r2 * (r4 * (r * $E7$ + $E6$) + low) + r;
}
)",
       R"(
/* exp(r) - 1 for |r| <= ln(2) / 2 */
static inline $R $_expm1_near_0($R r) {
  const $R r2 = r * r;
  const $R r4 = r2 * r2;
  const $R low = r4 * (r * $E7$ + $E6$) + (r2 * (r * $E5$ + $E4$) + (r * $E3$ + $E2$));
  const $R high = r4 * (r * $E13$ + $E12$) + (r2 * (r * $E11$ + $E10$) + (r * $E9$ + $E8$));
  return r2 * ((r4 * r2) * high + low) + r;
}
)"},
      {"exp", {"reduce", "expm1_near_0", "power_of_two"}, R"(
static inline $R $_exp($R x) {
  const $R below = x < $EXP_MAX$ ? x : $EXP_MAX$;
  $R rounded;
  const $R r = $_reduce(below > $EXP_MIN$ ? below : $EXP_MIN$, &rounded);
  const $R half = (rounded - $ROUND$) * 0.5$F + $ROUND$;
  const $R rest = rounded - (half - $ROUND$);
  const $R y = (($_expm1_near_0(r) + 1) * $_power_of_two(half)) * $_power_of_two(rest);
  return x == x ? y : x;
}
)"},
      {"exp_normal", {"reduce", "expm1_near_0", "power_of_two"}, R"(
/* exp(x) for x <= 0, never below the smallest normal number */
static inline $R $_exp_normal($R x) {
  $R rounded;
  const $R r = $_reduce(x > $NORMAL_MIN$ ? x : $NORMAL_MIN$, &rounded);
  const $R y = ($_expm1_near_0(r) + 1) * $_power_of_two(rounded);
  return x == x ? y : x;
}
)"},
      {"expm1_negative", {"reduce", "expm1_near_0", "power_of_two"}, R"(
/* exp(x) - 1 for x up to 40 */
static inline $R $_expm1_negative($R x) {
  $R rounded;
  const $R r = $_reduce(x > $NORMAL_MIN$ ? x : $NORMAL_MIN$, &rounded);
  const $R scale = $_power_of_two(rounded);
  const $R y = scale * $_expm1_near_0(r) + (scale - 1);
  return x == x ? y : x;
}
)"},
      {"expm1", {"exp", "expm1_negative"}, R"(
static inline $R $_expm1($R x) { return x > 40 ? $_exp(x) : $_expm1_negative(x); }
)"},
      {"log", {"bits", "number"}, R"(
static inline $R $_log($R x) {
  const int small = x < $LEAST_NORMAL$;
  const $U bits = $_bits(small ? x * $LIFT$ : x) + $ONE_LESS_SQRT_HALF$;
  const $R exponent = $_number((bits >> $MANTISSA$) | $INTEGER_BITS$) - $INTEGER_AND_BIAS$;
  const $R k = exponent - (small ? $LIFT_LOG2$ : 0);
  const $R m = $_number((bits & $FRACTION$) + $SQRT_HALF$);
  const $R f = m - 1;
  const $R s = f / (m + 1);
  const $R z = s * s;
  const $R p = $LOG_POLYNOMIAL$;
  const $R y = k * $LN2_HIGH$ + (k * $LN2_LOW$ + (f - s * (f - z * p)));
  if (!(x > 0)) return x == 0 ? -INFINITY : x < 0 ? NAN : x;
  return x == INFINITY ? x : y;
}
)"},
      {"log1p", {"log"}, R"(
static inline $R $_log1p($R x) {
  const $R u = 1 + x;
  const $R y = $_log(u);
  return x > 1 ? y : u == 1 ? x : (y * x) / (u - 1);
}
)"},
      // ------------------------------------------------------------------------------------------ activations
      {"tanh", {"reduce", "expm1_near_0", "power_of_two"}, R"(
static inline $R $_tanh($R x) {
  const $R size = fabs$F(x);
  const $R a = size < $TANH_MAX$ ? size : $TANH_MAX$;
  $R rounded;
  const $R r = $_reduce(a + a, &rounded);
  const $R scale = $_power_of_two(rounded);
  const $R e = scale * $_expm1_near_0(r) + (scale - 1);
  const $R y = copysign$F(e / (e + 2), x);
  return x == x ? y : x;
}
)"},
      {"sigmoid", {"exp"}, R"(
static inline $R $_sigmoid($R x) {
  const $R e = $_exp(-fabs$F(x));
  return (x < 0 ? e : 1) / (1 + e);
}
)"},
      {"relu", {}, R"(
static inline $R $_relu($R x) { return x <= 0 ? 0 : x; }
)"},
      {"step", {}, R"(
static inline $R $_step($R x) { return x > 0 ? 1 : x <= 0 ? 0 : x; }
)"},
      {"leakyrelu", {}, R"(
static inline $R $_leakyrelu($R x) { return x > 0 ? x : x * $LEAKY_SLOPE$; }
)"},
      {"hardsigmoid", {}, R"(
static inline $R $_hardsigmoid($R x) { return x <= -3 ? 0 : x >= 3 ? 1 : x / 6 + 0.5$F; }
)"},
      {"hardswish", {}, R"(
static inline $R $_hardswish($R x) { return x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6; }
)"},
      {"elu", {"expm1_negative"}, R"(
static inline $R $_elu($R x) { return x > 0 ? x : $_expm1_negative(x); }
)"},
      {"selu", {"expm1_negative"}, R"(
static inline $R $_selu($R x) { return x > 0 ? x * $SELU_ABOVE$ : $_expm1_negative(x) * $SELU_BELOW$; }
)"},
      {"softplus", {"exp", "log1p"}, R"(
static inline $R $_softplus($R x) {
  const $R y = $_log1p($_exp(-fabs$F(x)));
  return x < 0 ? y : x + y;
}
)"},
      {"softsign", {}, R"(
static inline $R $_softsign($R x) {
  const $R size = fabs$F(x);
  return copysign$F(size > 1 ? 1 / (1 / size + 1) : size / (1 + size), x);
}
)"},
      {"silu", {"sigmoid"}, R"(
static inline $R $_silu($R x) { return x < $SILU_TAIL$ ? 0 : x * $_sigmoid(x); }
)"},
      {"mish", {"exp"}, R"(
static inline $R $_mish($R x) {
  const $R w = $_exp(-fabs$F(x));
  const $R top = x < 0 ? w * (w + 2) : 2 * w + 1;
  const $R rest = x < 0 ? 2 : 2 * (w * w);
  return x < $SILU_TAIL$ ? 0 : x * (top / (top + rest));
}
)"},
      {"exponential", {"exp"}, R"(
static inline $R $_exponential($R x) { return $_exp(x); }
)"},
      // ------------------------------------------------------------------------------------------ rows of numbers
      {"fold", {}, R"(
/* The sum of $LINE$ partial sums: halves are added to each other. */
static inline $R $_fold($R *s) {
  for (int half = $LINE$ / 2; half > 0; half /= 2)
    for (int k = 0; k < half; ++k) s[k] += s[k + half];
  return s[0];
}
)"},
      {"dense", {}, R"(
/* y = x W + b, each sum over the inputs in turn */
static inline void $_dense(const $R *x, const $R *w, const $R *b, $R *y, int inputs, int outputs) {
  for (int j = 0; j < outputs; ++j) {
    $R sum = b ? b[j] : 0;
    for (int i = 0; i < inputs; ++i) sum += x[i] * w[i * outputs + j];
    y[j] = sum;
  }
}
)"},
      {"dense_chains", {}, R"(
/* y = x W + b, every fourth input in a sum of its own */
static inline void $_dense_chains(const $R *x, const $R *w, const $R *b, $R *y, int inputs, int outputs) {
  const int fours = inputs - inputs % 4;
  for (int j = 0; j < outputs; ++j) {
    $R s0 = b ? b[j] : 0, s1 = 0, s2 = 0, s3 = 0;
    for (int i = 0; i < fours; i += 4) {
      const $R *row = w + i * outputs + j;
      s0 += x[i] * row[0];
      s1 += x[i + 1] * row[outputs];
      s2 += x[i + 2] * row[2 * outputs];
      s3 += x[i + 3] * row[3 * outputs];
    }
    for (int i = fours; i < inputs; ++i) s0 += x[i] * w[i * outputs + j];
    y[j] = (s0 + s2) + (s1 + s3);
  }
}
)"},
      {"dense_along", {"fold"}, R"(
/* y = x W + b, W column by column, in $LINE$ partial sums */
static inline void $_dense_along(const $R *x, const $R *w, const $R *b, $R *y, int inputs, int outputs) {
  for (int j = 0; j < outputs; ++j) {
    const $R *column = w + j * inputs;
    $R s[$LINE$] = {0};
    int i = 0;
    for (; i + $LINE$ <= inputs; i += $LINE$)
      for (int k = 0; k < $LINE$; ++k) s[k] += x[i + k] * column[i + k];
    for (int k = 0; i + k < inputs; ++k) s[k] += x[i + k] * column[i + k];
    y[j] = $_fold(s) + (b ? b[j] : 0);
  }
}
)"},
      {"add_product", {}, R"(
/* y += x W, each sum over the inputs in turn */
static inline void $_add_product(const $R *x, const $R *w, $R *y, int inputs, int outputs) {
  for (int i = 0; i < inputs; ++i)
    for (int j = 0; j < outputs; ++j) y[j] += x[i] * w[i * outputs + j];
}
)"},
      {"largest", {}, R"(
static inline $R $_largest(const $R *x, int count) {
  $R largest = x[0];
  for (int k = 1; k < count; ++k) largest = largest < x[k] ? x[k] : largest;
  return largest;
}
)"},
      {"exponentials", {"largest", "exp_normal", "fold"}, R"(
/* y = exp(x - largest x), and their sum in $LINE$ partial sums; *largest is left */
static inline $R $_exponentials(const $R *x, $R *y, int count, $R *largest) {
  $R s[$LINE$] = {0};
  *largest = $_largest(x, count);
  for (int k = 0; k < count; ++k) {
    y[k] = $_exp_normal(x[k] - *largest);
    s[k % $LINE$] += y[k];
  }
  return $_fold(s);
}
)"},
      {"softmax_of_pair", {"exp_normal"}, R"(
static inline void $_softmax_of_pair(const $R *x, $R *y) {
  const $R lead = x[0] - x[1];
  const $R e = $_exp_normal(-fabs$F(lead));
  y[0] = (lead < 0 ? e : 1) / (1 + e);
  y[1] = (-lead < 0 ? e : 1) / (1 + e);
}
)"},
      {"softmax_of_line", {"exponentials"}, R"(
static inline void $_softmax_of_line(const $R *x, $R *y, int count) {
  $R largest;
  const $R factor = 1 / $_exponentials(x, y, count, &largest);
  for (int k = 0; k < count; ++k) y[k] = y[k] * factor;
}
)"},
      {"log_softmax_of_line", {"exponentials", "log"}, R"(
static inline void $_log_softmax_of_line(const $R *x, $R *y, int count) {
  $R largest;
  const $R log_sum = $_log($_exponentials(x, y, count, &largest));
  for (int k = 0; k < count; ++k) y[k] = (x[k] - largest) - log_sum;
}
)"},
      {"softmax", {"largest", "exp"}, R"(
static inline void $_softmax(const $R *x, $R *y, int count) {
  const $R largest = $_largest(x, count);
  $R sum = 0;
  for (int k = 0; k < count; ++k) {
    y[k] = $_exp(x[k] - largest);
    sum += y[k];
  }
  for (int k = 0; k < count; ++k) y[k] = y[k] / sum;
}
)"},
      {"log_softmax", {"largest", "exp", "log"}, R"(
static inline void $_log_softmax(const $R *x, $R *y, int count) {
  const $R largest = $_largest(x, count);
  $R sum = 0;
  for (int k = 0; k < count; ++k) sum += $_exp(x[k] - largest);
  const $R log_sum = $_log(sum);
  for (int k = 0; k < count; ++k) y[k] = (x[k] - largest) - log_sum;
}
)"},
      {"layernorm", {}, R"(
static inline void $_layernorm(const $R *x, const $R *scale, const $R *shift, $R *y, int count, $R epsilon) {
  $R mean = 0, variance = 0;
  for (int k = 0; k < count; ++k) mean += x[k];
  mean = mean / ($R)count;
  for (int k = 0; k < count; ++k) variance += (x[k] - mean) * (x[k] - mean);
  const $R inverse = 1 / sqrt$F(variance / ($R)count + epsilon);
  for (int k = 0; k < count; ++k) y[k] = scale[k] * ((x[k] - mean) * inverse) + shift[k];
}
)"},
      {"rmsnorm", {}, R"(
static inline void $_rmsnorm(const $R *x, const $R *scale, $R *y, int count, $R epsilon) {
  $R squares = 0;
  for (int k = 0; k < count; ++k) squares += x[k] * x[k];
  const $R inverse = 1 / sqrt$F(squares / ($R)count + epsilon);
  for (int k = 0; k < count; ++k) y[k] = scale[k] * (x[k] * inverse);
}
)"},
      {"batchnorm", {}, R"(
static inline void $_batchnorm(const $R *x, const $R *mean, const $R *factor, const $R *shift, $R *y, int channels,
                              int positions) {
  for (int c = 0; c < channels; ++c)
    for (int k = c * positions; k < (c + 1) * positions; ++k) y[k] = (x[k] - mean[c]) * factor[c] + shift[c];
}
)"},
      {"prelu", {}, R"(
static inline void $_prelu(const $R *x, const $R *slopes, $R *y, int count, int shared) {
  for (int k = 0; k < count; ++k) y[k] = x[k] > 0 ? x[k] : x[k] * slopes[k / shared];
}
)"},
      // ------------------------------------------------------------------------------------------ pictures
      {"window", {}, R"(
/* A window over pictures; pairs are down and across. */
typedef struct {
  int channels, size[2], kernel[2], stride[2], padding[2], dilation[2], places[2];
} $_window;
)"},
      {"conv", {"window"}, R"(
static inline void $_conv(const $_window *g, const $R *x, const $R *w, const $R *b, $R *y, int filters, int groups) {
  const int places = g->places[0] * g->places[1], cells = g->kernel[0] * g->kernel[1];
  const int channels = g->channels / groups;
  for (int f = 0; f < filters; ++f)
    for (int py = 0; py < g->places[0]; ++py)
      for (int px = 0; px < g->places[1]; ++px) {
        $R sum = b ? b[f] : 0;
        for (int row = 0; row < channels * cells; ++row) {
          const int channel = f / (filters / groups) * channels + row / cells;
          const int down = py * g->stride[0] + row % cells / g->kernel[1] * g->dilation[0] - g->padding[0];
          const int across = px * g->stride[1] + row % g->kernel[1] * g->dilation[1] - g->padding[1];
          if (down >= 0 && down < g->size[0] && across >= 0 && across < g->size[1])
            sum += x[(channel * g->size[0] + down) * g->size[1] + across] * w[row * filters + f];
        }
        y[f * places + py * g->places[1] + px] = sum;
      }
}
)"},
      {"maxpool", {"window"}, R"(
static inline void $_maxpool(const $_window *g, const $R *x, $R *y) {
  for (int c = 0; c < g->channels; ++c)
    for (int py = 0; py < g->places[0]; ++py)
      for (int px = 0; px < g->places[1]; ++px) {
        $R best = -INFINITY;
        for (int ky = 0; ky < g->kernel[0]; ++ky)
          for (int kx = 0; kx < g->kernel[1]; ++kx) {
            const int down = py * g->stride[0] + ky - g->padding[0];
            const int across = px * g->stride[1] + kx - g->padding[1];
            if (down >= 0 && down < g->size[0] && across >= 0 && across < g->size[1]) {
              const $R value = x[(c * g->size[0] + down) * g->size[1] + across];
              best = value > best || value != value ? value : best;
            }
          }
        *y++ = best;
      }
}
)"},
      {"avgpool", {"window"}, R"(
static inline void $_avgpool(const $_window *g, const $R *x, $R *y) {
  for (int c = 0; c < g->channels; ++c)
    for (int py = 0; py < g->places[0]; ++py)
      for (int px = 0; px < g->places[1]; ++px) {
        $R sum = 0;
        int count = 0;
        for (int ky = 0; ky < g->kernel[0]; ++ky)
          for (int kx = 0; kx < g->kernel[1]; ++kx) {
            const int down = py * g->stride[0] + ky - g->padding[0];
            const int across = px * g->stride[1] + kx - g->padding[1];
            if (down >= 0 && down < g->size[0] && across >= 0 && across < g->size[1]) {
              sum += x[(c * g->size[0] + down) * g->size[1] + across];
              ++count;
            }
          }
        *y++ = sum / ($R)count;
      }
}
)"},
      // ------------------------------------------------------------------------------------------ a step in time
      {"elman", {"add_product", "tanh"}, R"(
static inline void $_elman(const $R *x, const $R *w, const $R *u, const $R *b, $R *h, $R *work, int features,
                          int units) {
  for (int j = 0; j < units; ++j) work[j] = b[j];
  $_add_product(x, w, work, features, units);
  $_add_product(h, u, work, units, units);
  for (int j = 0; j < units; ++j) h[j] = $_tanh(work[j]);
}
)"},
      {"gru", {"add_product", "sigmoid", "tanh"}, R"(
static inline void $_gru(const $R *x, const $R *w, const $R *u, const $R *b, const $R *c, $R *h, $R *work, int features,
                        int units) {
  $R *a = work, *s = work + 3 * units;
  for (int j = 0; j < 3 * units; ++j) a[j] = b[j];
  $_add_product(x, w, a, features, 3 * units);
  for (int j = 0; j < 3 * units; ++j) s[j] = j < 2 * units ? 0 : c[j - 2 * units];
  $_add_product(h, u, s, units, 3 * units);
  for (int j = 0; j < units; ++j) {
    const $R r = $_sigmoid(a[j] + s[j]);
    const $R z = $_sigmoid(a[units + j] + s[units + j]);
    const $R n = $_tanh(a[2 * units + j] + r * s[2 * units + j]);
    h[j] = (1 - z) * n + z * h[j];
  }
}
)"},
      {"lstm", {"add_product", "sigmoid", "tanh"}, R"(
static inline void $_lstm(const $R *x, const $R *w, const $R *u, const $R *b, $R *h, $R *c, $R *work, int features,
                         int units) {
  for (int j = 0; j < 4 * units; ++j) work[j] = b[j];
  $_add_product(x, w, work, features, 4 * units);
  $_add_product(h, u, work, units, 4 * units);
  for (int j = 0; j < units; ++j) {
    const $R i = $_sigmoid(work[j]);
    const $R f = $_sigmoid(work[units + j]);
    const $R g = $_tanh(work[2 * units + j]);
    const $R o = $_sigmoid(work[3 * units + j]);
    c[j] = f * c[j] + i * g;
    h[j] = o * $_tanh(c[j]);
  }
}
)"},
  };
  return functions;
}

/// 2/odd + z (2/(odd + 2) + ...), as the kernels nest it, from the last term on.
template <class T>
std::string log_polynomial(int last) {
  std::string p = literal(static_cast<T>(2.0 / last));
  for (int odd = last - 2; odd >= 3; odd -= 2) p = fmt::format("({} * z + {})", p, literal(static_cast<T>(2.0 / odd)));
  return p;
}

template <class T, class Bits>
std::vector<std::pair<std::string, std::string>> constants() {
  constexpr bool is_double = sizeof(T) == 8;
  constexpr int mantissa = std::numeric_limits<T>::digits - 1;
  constexpr auto bias = static_cast<Bits>(std::numeric_limits<T>::max_exponent - 1);
  constexpr Bits sqrt_half = is_double ? static_cast<Bits>(0x3fe6a09e667f3bcd) : static_cast<Bits>(0x3f3504f3);
  const auto bits = [](Bits value) { return std::to_string(value) + (is_double ? "ull" : "u"); };
  const auto number = [](double value) { return literal(static_cast<T>(value)); };
  const auto choice = [&](double of_float, double of_double) { return number(is_double ? of_double : of_float); };
  std::vector<std::pair<std::string, std::string>> all{
      {"MANTISSA", std::to_string(mantissa)},
      {"BIAS", std::to_string(bias)},
      {"LINE", std::to_string(64 / sizeof(T))},
      {"LOG2E", number(1.4426950408889634)},
      {"ROUND", choice(0x1.8p23, 0x1.8p52)},
      {"LN2_HIGH", choice(0x1.63p-1, 0x1.62e42feep-1)},
      {"LN2_LOW", choice(-0x1.bd0106p-13, 0x1.a39ef35793c76p-33)},
      {"EXP_MIN", choice(-104, -746)},
      {"EXP_MAX", choice(89, 710)},
      {"NORMAL_MIN", choice(-87, -708)},
      {"TANH_MAX", choice(10, 20)},
      {"LIFT", choice(0x1p25, 0x1p54)},
      {"LIFT_LOG2", choice(25, 54)},
      {"LEAST_NORMAL", literal(std::numeric_limits<T>::min())},
      {"SQRT_HALF", bits(sqrt_half)},
      {"ONE_LESS_SQRT_HALF", bits(static_cast<Bits>((bias << mantissa) - sqrt_half))},
      {"INTEGER_BITS", bits(static_cast<Bits>((bias + static_cast<Bits>(mantissa)) << mantissa))},
      {"INTEGER_AND_BIAS", literal(static_cast<T>(Bits{1} << mantissa) + static_cast<T>(bias))},
      {"FRACTION", bits((Bits{1} << mantissa) - 1)},
      {"LOG_POLYNOMIAL", log_polynomial<T>(is_double ? 19 : 9)},
      {"LEAKY_SLOPE", number(activation::LeakyRelu::slope)},
      {"SELU_ABOVE", number(activation::Selu::lambda)},
      {"SELU_BELOW", number(activation::Selu::lambda * activation::Selu::alpha)},
      {"SILU_TAIL", number(activation::Silu::tail)},
  };
  double factorial = 1;
  for (int k = 2; k <= 13; ++k) all.emplace_back("E" + std::to_string(k), number(1.0 / (factorial *= k)));
  return all;
}

void add_with_callees(const std::string& name, std::set<std::string>& wanted) {
  if (name == "bits" || name == "number" || !wanted.insert(name).second) return;
  for (const Function& function : all_functions())
    if (function.name == name) {
      for (const std::string_view callee : function.calls) add_with_callees(std::string(callee), wanted);
      return;
    }
  throw std::logic_error("no function " + name + " for a header");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> function_constants(bool is_double) {
  static const auto of_float = constants<float, std::uint32_t>();
  static const auto of_double = constants<double, std::uint64_t>();
  return is_double ? of_double : of_float;
}

std::string functions_text(const Text& text, const std::set<std::string>& names) {
  std::set<std::string> wanted;
  for (const std::string& name : names) add_with_callees(name, wanted);
  std::string c;
  for (const Function& function : all_functions())
    if (wanted.contains(std::string(function.name)))
      c += text.filled(text.is_double() && !function.c_of_double.empty() ? function.c_of_double : function.c);
  return c;
}

}  // namespace gradus::header
