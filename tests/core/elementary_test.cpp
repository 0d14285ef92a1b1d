// SPDX-License-Identifier: MIT
#include "gradus/core/elementary.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <numbers>
#include <regex>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "gradus/random/random_state.hpp"
#include "src/core/elementary/exact.hpp"
#include "tests/paths.hpp"

namespace gradus {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double tiny = std::numeric_limits<double>::denorm_min();
constexpr double largest = std::numeric_limits<double>::max();

using Function = double (*)(double);
using FloatFunction = float (*)(float);

struct Named {
  const char* name;
  Function fast;
  FloatFunction in_float;
  Function exact;  ///< null where correct rounding is not promised
  double low;      ///< arguments are drawn from here
  double high;
  double allowed = 0.5;  ///< units in the last place
};

const std::vector<Named>& functions() {
  static const std::vector<Named> all = {{"exp", exp, exp, detail::exact::exp, -700, 700},
                                         {"expm1", expm1, expm1, detail::exact::expm1, -36, 700},
                                         {"log", log, log, detail::exact::log, 1e-3, 1e3},
                                         {"log1p", log1p, log1p, detail::exact::log1p, -0.999, 1e3},
                                         {"tanh", tanh, tanh, detail::exact::tanh, -18, 18},
                                         {"sin", sin, sin, detail::exact::sin, -60000, 60000},
                                         {"cos", cos, cos, detail::exact::cos, -60000, 60000},
                                         {"log10", log10, log10, nullptr, 1e-3, 1e3, 0.51},
                                         {"erf", erf, erf, nullptr, -6, 6, 0.51},
                                         {"erfc", erfc, erfc, nullptr, -6, 26, 0.6}};
  return all;
}

std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }

/// Arguments of a function: over its whole range, near 0 and near 1, half of them small powers of 2 away from either.
std::vector<double> arguments(const Named& f, int count) {
  RandomState random(3);
  std::vector<double> x;
  while (static_cast<int>(x.size()) < count) {
    x.push_back(random.uniform(f.low, f.high));
    const double scale = std::ldexp(1.0, -static_cast<int>(random.randint(0, 25)));
    if (f.low < 0) x.push_back(random.uniform(-0.9, 0.9) * scale);
    if (f.low >= 0) x.push_back(1 + random.uniform(-0.5, 0.5) * scale);
    if (f.low < -2) x.push_back(random.uniform(-3, 3));
  }
  return x;
}

// The exact ones compute by integers, share no table with the fast ones and no line but the constant ln 2.
TEST(Elementary, FastAndExactAnswersAreTheSameDouble) {
  for (const Named& f : functions()) {
    if (!f.exact) continue;
    for (const double x : arguments(f, 3000))
      ASSERT_EQ(bits(f.fast(x)), bits(f.exact(x))) << f.name << "(" << std::hexfloat << x << ")";
  }
}

TEST(Elementary, EveryRowOfTheTablesIsRight) {
  for (int i = 0; i < 128; ++i) {
    const double x = (i + 0.25) * std::numbers::ln2 / 128;
    ASSERT_EQ(bits(exp(x)), bits(detail::exact::exp(x))) << i;
    const double m = 0.6875 + (i < 80 ? i + 0.3 : 80 + 2 * (i - 80) + 0.6) / 256;
    ASSERT_EQ(bits(log(m)), bits(detail::exact::log(m))) << i;
    const double angle = (i + 0.25) * std::numbers::pi / 64;
    ASSERT_EQ(bits(sin(angle)), bits(detail::exact::sin(angle))) << i;
  }
  for (int i = 2; i <= 256; ++i) ASSERT_EQ(bits(tanh(i / 64.0)), bits(detail::exact::tanh(i / 64.0))) << i;
}

/// What MPFR says (by gmpy2): of 60,000 arguments those whose results lie next to the middle between two doubles, as
/// near as 2^-14 to 2^-19 units in the last place, and two others each.
struct Case {
  const char* name;
  double x;
  double y;
};
const Case cases[] = {
    {"exp", 0x1.464bfe11d31b6p+2, 0x1.4783f805c9db2p+7},       {"exp", 0x1.13dfda4bdbb28p+1, 0x1.142ab00cf2c08p+3},
    {"exp", 0x1.8677712575ee0p-15, 0x1.00030cf3896ffp+0},      {"exp", -0x1.4bdc5b5d5c6f0p-18, 0x1.ffff5a11ed348p-1},
    {"exp", -0x1.30fa9e4278e18p-12, 0x1.ffd9e21782d9dp-1},     {"exp", -0x1.bc15357ffef7cp+1, 0x1.fe20fa4fef4a6p-6},
    {"exp", 0x1.f1f31dfbe5f80p+1, 0x1.8760b8e0787b7p+5},       {"exp", 0x1.ab725547e9880p+0, 0x1.53e19c6b3e21dp+2},
    {"exp", 0x1.034320482b540p-1, 0x1.a8c53d7b3b6efp+0},       {"exp", -0x1.e462a41e5a268p+0, 0x1.34bc99076d775p-3},
    {"expm1", 0x1.b7dd684db8050p-2, 0x1.12b9e213fcd72p-1},     {"expm1", 0x1.14ffaa5754e50p-2, 0x1.3e154f268e6f4p-2},
    {"expm1", -0x1.313b26cbe388dp+0, -0x1.649911939c5a6p-1},   {"expm1", 0x1.47c410565f600p-11, 0x1.47de4c241e166p-11},
    {"expm1", -0x1.79ac77f1bd651p-11, -0x1.7989a73ecc2fep-11}, {"expm1", -0x1.aac51a738c7d3p+0, -0x1.9f55ae738dd6cp-1},
    {"expm1", -0x1.397199ac83975p+1, -0x1.d3c3830074e44p-1},   {"expm1", -0x1.7eba6594ced5cp+1, -0x1.e64124906bf26p-1},
    {"expm1", -0x1.40e031a0829c8p+0, -0x1.6dcf7d2fd7403p-1},   {"expm1", 0x1.68799463308a2p+1, 0x1.f6d41b869b401p+3},
    {"log", 0x1.28af387c42e87p+1, 0x1.ae6837d71d7d0p-1},       {"log", 0x1.ebbc16c66eba5p+2, 0x1.04ffcc0a2c085p+1},
    {"log", 0x1.d7e06b33fc0e2p+2, 0x1.ff7214fe1bbacp+0},       {"log", 0x1.23fedffc869d4p+2, 0x1.849230677d582p+0},
    {"log", 0x1.881f55e423011p+1, 0x1.1e9a6bdee75bbp+0},       {"log", 0x1.ff4fb24e6973ap+2, 0x1.09ff08eee7ed6p+1},
    {"log", 0x1.fd79d09ba914ep+2, 0x1.098931d35a2f3p+1},       {"log", 0x1.f2e92800eb6a4p+2, 0x1.06da8911f4860p+1},
    {"log", 0x1.0376230500f77p+1, 0x1.69c496028c63cp-1},       {"log", 0x1.6a058facf7169p+1, 0x1.0a281287571cap+0},
    {"log1p", 0x1.f1d119f73a660p+0, 0x1.14790a48aa271p+0},     {"log1p", 0x1.8d3b58c312fb2p+2, 0x1.f99ac29d309c0p+0},
    {"log1p", 0x1.fd5cc86074b9ap-11, 0x1.fd1d7b3dc751fp-11},   {"log1p", 0x1.f02bd8951a757p+1, 0x1.959ae17cc1cbbp+0},
    {"log1p", 0x1.5aba6aad3a8d8p+1, 0x1.4f8ad4c67dce4p+0},     {"log1p", 0x1.13cc932335b7cp-1, 0x1.b942b397683e4p-2},
    {"log1p", -0x1.5cbcc28224984p-6, -0x1.6080999522b82p-6},   {"log1p", -0x1.cd2a937de3884p-2, -0x1.326cf85aca477p-1},
    {"log1p", -0x1.0261cc8512a83p-1, -0x1.67ad7e9b6547dp-1},   {"log1p", 0x1.19ae4a69d6a38p+2, 0x1.afc72a9cee3a6p+0},
    {"log10", 0x1.22a4c9581d0f7p+9, 0x1.61d78fa998506p+1},     {"log10", 0x1.f3318f7c0b0bcp+10, 0x1.a6712e3895909p+1},
    {"log10", 0x1.431c3e1773df1p+9, 0x1.67ba8f198ddf3p+1},     {"log10", 0x1.be571714fdc9bp+8, 0x1.5328416723cddp+1},
    {"log10", 0x1.7b051ae79ee44p+10, 0x1.9721e67349ec1p+1},    {"log10", 0x1.44fc826ee40c9p+9, 0x1.680cf2a4afc81p+1},
    {"log10", 0x1.ef16624c4efd1p+8, 0x1.58eb5632b5494p+1},     {"log10", 0x1.ee1a99105de20p+10, 0x1.a5df56d5bf343p+1},
    {"log10", 0x1.b79ad9da7ca18p+6, 0x1.053f921170c71p+1},     {"log10", 0x1.afd3f95ee70a1p+8, 0x1.5151dd7367ad3p+1},
    {"tanh", 0x1.f5f793d477d7cp+1, 0x1.ff992cff6e0cbp-1},      {"tanh", 0x1.0c2a53af4c860p-17, 0x1.0c2a53af34008p-17},
    {"tanh", 0x1.724305ae41ed8p+1, 0x1.fcdd17609c69dp-1},      {"tanh", -0x1.ae7cceb33f570p-1, -0x1.5f59980b8f5a0p-1},
    {"tanh", 0x1.1068592ac4fbap+1, 0x1.f1b06211b349dp-1},      {"tanh", 0x1.16e695d856084p-18, 0x1.16e695d84f22cp-18},
    {"tanh", 0x1.5e193a5916e00p-5, 0x1.5de2b40c1e681p-5},      {"tanh", 0x1.0a402b0774e00p-23, 0x1.0a402b0774de8p-23},
    {"tanh", 0x1.c309502ae33b0p+1, 0x1.ff1c3addfb909p-1},      {"tanh", -0x1.dc2cbfc8d3128p-1, -0x1.76122b741f81ap-1},
    {"sin", 0x1.8f9539f8c360cp+4, -0x1.43e01ba3d78dcp-3},      {"sin", 0x1.686eab53fcaf0p+4, -0x1.056bfd7ee6158p-1},
    {"sin", 0x1.a65d0c563e03cp+3, 0x1.2eaba028282d2p-1},       {"sin", 0x1.3e272cf3d0640p+1, 0x1.384dec55458b6p-1},
    {"sin", -0x1.27fc076ec93f0p-8, -0x1.27fbc57d1fd10p-8},     {"sin", -0x1.e1629f29af3c8p-2, -0x1.cfd9713159e0ep-2},
    {"sin", -0x1.6363f4970b4c6p+3, 0x1.fce2601cb4e60p-1},      {"sin", -0x1.a5d42942c98b2p+4, -0x1.e2d1e829c7f7dp-1},
    {"sin", 0x1.01a315680a760p+3, 0x1.f6144f69857b2p-1},       {"sin", 0x1.f04fe633d3790p+3, 0x1.9347fb87e6306p-3},
    {"cos", 0x1.29f1dccb19e82p-5, 0x1.ffa951ac89fe6p-1},       {"cos", 0x1.3f5ab091d4e1cp+3, -0x1.b32335f288f88p-1},
    {"cos", -0x1.bdaa037ddfda8p-14, 0x1.ffffffcf8277fp-1},     {"cos", -0x1.d3b5d86fc46e5p-4, 0x1.fcaa6ca0c9659p-1},
    {"cos", -0x1.73c549bf821cdp-3, 0x1.f79656d0acbbbp-1},      {"cos", -0x1.27cf24a0e5bacp+2, -0x1.71a7e62d7e838p-4},
    {"cos", -0x1.2aacb2c7faa54p+4, 0x1.f781d508f7af9p-1},      {"cos", 0x1.9bacef8e1e720p+4, 0x1.a77172192a3eap-1},
    {"cos", -0x1.ffbe07ab9dba8p+2, -0x1.21d2bba3977e7p-3},     {"cos", -0x1.2eb0146df50c2p+3, -0x1.ffb34811b4dabp-1},
    {"erf", 0x1.ee02f04f64ba8p+0, 0x1.fcbf7a6dd4533p-1},       {"erf", -0x1.0d69d0c3bc625p-8, -0x1.2fffaa20497efp-8},
    {"erf", 0x1.753df33b1db64p+1, 0x1.fffb1d69742e5p-1},       {"erf", 0x1.5db101561a268p+1, 0x1.fff15abbbcbdap-1},
    {"erf", 0x1.5f74a6849ade8p-5, 0x1.8c5502b6ee531p-5},       {"erf", 0x1.3b434437987bcp-13, 0x1.63bc65be58c27p-13},
    {"erf", -0x1.35137bf2bde00p-5, -0x1.5c96f2275c935p-5},     {"erf", -0x1.a423b61e99c2fp+0, -0x1.f59cb6a2edccdp-1},
    {"erf", 0x1.4b5d8dbb0baa0p-3, 0x1.72ab22479e585p-3},       {"erf", -0x1.8215449316e2cp+0, -0x1.ef22a384b77c1p-1},
    {"erfc", -0x1.45f3c9c3aa588p-1, 0x1.a1ce302318a31p+0},     {"erfc", 0x1.0391e8ce942b8p-12, 0x1.ffdb6369dc02dp-1},
    {"erfc", 0x1.fcf16c4200848p+2, 0x1.eaa0d33327a52p-96},     {"erfc", 0x1.8ecf9976af656p+2, 0x1.69065e292a693p-60},
    {"erfc", 0x1.46a08dde352e8p-8, 0x1.fd1ee334f86a3p-1},      {"erfc", -0x1.7792ee4a5f69ep-12, 0x1.001a7ca306798p+0},
    {"erfc", -0x1.996889dbfb8b4p+0, 0x1.f9edaed4c6904p+0},     {"erfc", 0x1.bef068668a5b0p-1, 0x1.bc71f47b4d80fp-3},
    {"erfc", 0x1.14464e0bd5e20p+3, 0x1.6e9c1386c95bbp-112},    {"erfc", 0x1.17c3d31c632adp+2, 0x1.5bfca90510245p-31},
};

TEST(Elementary, HardCasesAreRoundedAsMpfrRoundsThem) {
  std::map<std::string, int> seen;
  for (const Case& c : cases)
    for (const Named& f : functions())
      if (std::string(f.name) == c.name) {
        ++seen[c.name];
        if (f.exact) {
          EXPECT_EQ(bits(f.fast(c.x)), bits(c.y)) << f.name << "(" << std::hexfloat << c.x << ")";
          EXPECT_EQ(bits(f.exact(c.x)), bits(c.y)) << f.name << "(" << std::hexfloat << c.x << ")";
        } else {  // next to the middle either neighbour is within the bound
          EXPECT_LE(std::abs(static_cast<std::int64_t>(bits(f.fast(c.x)) - bits(c.y))), 1) << f.name << " of " << c.x;
        }
      }
  EXPECT_EQ(seen.size(), functions().size());
}

/// A float function is the double one rounded once, unless the double is the middle between two floats.
TEST(Elementary, FloatsAreRoundedOnce) {
  for (const Named& f : functions())
    for (const double wide : arguments(f, 20000)) {
      const float x = static_cast<float>(wide);
      const double y = f.fast(static_cast<double>(x));
      if ((bits(y) & 0x1fffffff) == 0x10000000 || std::abs(y) < 0x1p-125) continue;
      ASSERT_EQ(f.in_float(x), static_cast<float>(y)) << f.name << "(" << std::hexfloat << x << ")";
    }
}

TEST(Elementary, SubnormalFloatsAreRoundedOnce) {
  for (int i = 0; i < 2000; ++i) {
    const float x = -87.0f - static_cast<float>(i) * 0.0085f;
    const double y = exp(static_cast<double>(x));
    ASSERT_EQ(exp(x), static_cast<float>(y)) << x;
  }
  const float least = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(exp(-104.5f), 0.0f);
  EXPECT_EQ(tanh(least), least);
  EXPECT_EQ(sin(-least), -least);
  EXPECT_EQ(expm1(least), least);
  EXPECT_EQ(log(least), static_cast<float>(log(static_cast<double>(least))));
}

TEST(Elementary, SpecialValuesAreThoseOfAnnexF) {
  for (const Named& f : functions()) {
    EXPECT_TRUE(std::isnan(f.fast(nan))) << f.name;
    EXPECT_TRUE(std::isnan(f.in_float(std::numeric_limits<float>::quiet_NaN()))) << f.name;
  }
  EXPECT_EQ(exp(0.0), 1);
  EXPECT_EQ(exp(-0.0), 1);
  EXPECT_EQ(exp(inf), inf);
  EXPECT_EQ(exp(-inf), 0);
  EXPECT_EQ(exp(709.79), inf);
  EXPECT_EQ(exp(0x1.62e42fefa39efp+9), 0x1.fffffffffff2ap+1023);
  EXPECT_EQ(exp(-745.2), 0);
  EXPECT_EQ(exp(-745.13), tiny);
  EXPECT_EQ(expm1(inf), inf);
  EXPECT_EQ(expm1(-inf), -1);
  EXPECT_EQ(expm1(-800.0), -1);
  EXPECT_EQ(log(0.0), -inf);
  EXPECT_EQ(log(-0.0), -inf);
  EXPECT_EQ(bits(log(1.0)), bits(0.0));
  EXPECT_EQ(log(inf), inf);
  EXPECT_TRUE(std::isnan(log(-1.0)));
  EXPECT_TRUE(std::isnan(log(-inf)));
  EXPECT_EQ(log(tiny), -0x1.74385446d71c3p+9);
  EXPECT_EQ(log1p(-1.0), -inf);
  EXPECT_EQ(log1p(-1.0F), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(log1p(-1.5)));
  EXPECT_EQ(log1p(inf), inf);
  EXPECT_EQ(log1p(largest), log(largest));
  EXPECT_EQ(log10(1000.0), 3);
  EXPECT_EQ(log10(1e-5), -5);
  EXPECT_EQ(log10(tiny), -0x1.434e6420f4374p+8);
  EXPECT_EQ(log10(largest), 0x1.34413509f79ffp+8);
  EXPECT_TRUE(std::isnan(log10(-1.0)));
  EXPECT_EQ(tanh(inf), 1);
  EXPECT_EQ(tanh(-inf), -1);
  EXPECT_EQ(tanh(19.0), 0x1.fffffffffffffp-1);
  EXPECT_EQ(tanh(19.1), 1);
  EXPECT_TRUE(std::isnan(sin(inf)));
  EXPECT_TRUE(std::isnan(cos(-inf)));
  EXPECT_EQ(cos(0.0), 1);
  EXPECT_EQ(erf(inf), 1);
  EXPECT_EQ(erf(-inf), -1);
  EXPECT_EQ(erfc(inf), 0);
  EXPECT_EQ(erfc(-inf), 2);
  EXPECT_EQ(erfc(0.0), 1);
  EXPECT_EQ(erfc(27.0), 0x0.0000000019e0fp-1022);
  for (const Function odd : {Function(expm1), Function(log1p), Function(tanh), Function(sin), Function(erf)}) {
    EXPECT_EQ(bits(odd(0.0)), bits(0.0));
    EXPECT_EQ(bits(odd(-0.0)), bits(-0.0));
  }
  for (const Function identity : {Function(expm1), Function(log1p), Function(tanh), Function(sin)}) {
    EXPECT_EQ(identity(tiny), tiny);
    EXPECT_EQ(identity(-0x1p-1022), -0x1p-1022);
    EXPECT_EQ(identity(0x1.8p-60), 0x1.8p-60);
  }
}

TEST(Elementary, PowersAreRightInTheSpecialCasesToo) {
  EXPECT_EQ(pow(3.0, 4.0), 81);
  EXPECT_EQ(pow(10.0, 22.0), 1e22);
  EXPECT_EQ(pow(10.0, 23.0), 1e23);
  EXPECT_EQ(pow(2.0, -1074.0), tiny);
  EXPECT_EQ(pow(4.0, 0.5), 2);
  EXPECT_EQ(pow(0x1p-1074, 0.5), 0x1p-537);
  EXPECT_EQ(pow(-2.0, 3.0), -8);
  EXPECT_EQ(pow(-2.0, 4.0), 16);
  EXPECT_EQ(pow(9007199254740991.0, 1.0), 9007199254740991.0);
  // 3^34 needs 54 bits and lies in the middle between two doubles: the even one.
  EXPECT_EQ(pow(3.0, 34.0), 16677181699666568.0);
  EXPECT_TRUE(std::isnan(pow(-2.0, 0.5)));
  EXPECT_EQ(pow(nan, 0.0), 1);
  EXPECT_EQ(pow(1.0, nan), 1);
  EXPECT_TRUE(std::isnan(pow(nan, 1.0)));
  EXPECT_TRUE(std::isnan(pow(2.0, nan)));
  EXPECT_EQ(pow(-1.0, inf), 1);
  EXPECT_EQ(pow(0.5, inf), 0);
  EXPECT_EQ(pow(0.5, -inf), inf);
  EXPECT_EQ(pow(2.0, inf), inf);
  EXPECT_EQ(pow(inf, 2.0), inf);
  EXPECT_EQ(pow(inf, -2.0), 0);
  EXPECT_EQ(bits(pow(-inf, -3.0)), bits(-0.0));
  EXPECT_EQ(pow(-inf, 3.0), -inf);
  EXPECT_EQ(pow(0.0, -1.0), inf);
  EXPECT_EQ(pow(-0.0, -1.0), -inf);
  EXPECT_EQ(bits(pow(-0.0, 3.0)), bits(-0.0));
  EXPECT_EQ(bits(pow(-0.0, 2.0)), bits(0.0));
  EXPECT_EQ(pow(1.0000000000000002, 1e300), inf);
  EXPECT_EQ(pow(0.9999999999999999, 1e300), 0);
  EXPECT_EQ(pow(2.0, 1e-300), 1);
  EXPECT_EQ(pow(2.0f, 0.5f), 0x1.6a09e6p+0f);
}

TEST(Elementary, PowersOfTheBiasCorrectionsAreRoundedOnce) {
  for (const double beta : {0.9, 0.99, 0.999, 0.5})
    for (int t = 1; t <= 3000; t += 7)
      ASSERT_EQ(bits(pow(beta, static_cast<double>(t))), bits(detail::exact::pow(beta, t))) << beta << "^" << t;
}

TEST(Elementary, HypotenusesNeitherOverflowNorLoseBits) {
  EXPECT_EQ(hypot(3.0, -4.0), 5);
  EXPECT_EQ(hypot(0x1p1000 * 3, 0x1p1000 * 4), 0x1p1000 * 5);
  EXPECT_EQ(hypot(0x1p-1070 * 3, 0x1p-1070 * 4), 0x1p-1070 * 5);
  EXPECT_EQ(hypot(inf, nan), inf);
  EXPECT_EQ(hypot(nan, -inf), inf);
  EXPECT_TRUE(std::isnan(hypot(nan, 1.0)));
  EXPECT_EQ(bits(hypot(-0.0, -0.0)), bits(0.0));
  EXPECT_EQ(hypot(1.0, 1.0), 0x1.6a09e667f3bcdp+0);
  EXPECT_EQ(hypot(1.0, 0x1p-30), 1);
  EXPECT_EQ(hypot(largest, largest), inf);
  EXPECT_EQ(hypot(3e38f, 3e38f), std::numeric_limits<float>::infinity());
  EXPECT_EQ(hypot(3.0f, 4.0f), 5.0f);
}

// From one double to the next, across the seams between polynomials and tables; erfc falls.
TEST(Elementary, IsMonotoneAcrossTheSeams) {
  struct Seam {
    Function f;
    std::vector<double> at;
    double sign = 1;
  };
  const std::vector<Seam> seams = {{exp, {0, std::numbers::ln2 / 256, -708, 708}},
                                   {expm1, {0x1p-54, -0x1p-5, 0x1p-5, -38}},
                                   {log, {0x1p-1022, 1 - 0x1p-7, 1, 1 + 0x1p-7, 1.375}},
                                   {log1p, {0x1p-54, -0x1p-7, 0x1p-7, 0x1p53}},
                                   {tanh, {0x1p-28, 0x1p-5, 4, 19.06, 19.1}},
                                   {sin, {0x1p-26, std::numbers::pi / 128, 0.3}},
                                   {erf, {0.5, 0.5625, 1, 2, 5.9}},
                                   {erfc, {0.5, 0.5625, 1, 2, 26.5}, -1}};
  for (const Seam& seam : seams)
    for (const double at : seam.at) {
      double x = at;
      for (int i = 0; i < 300; ++i) x = std::nextafter(x, -inf);
      for (int i = 0; i < 600; ++i) {
        const double next = std::nextafter(x, inf);
        ASSERT_LE(seam.sign * seam.f(x), seam.sign * seam.f(next)) << std::hexfloat << x << " near " << at;
        x = next;
      }
    }
}

TEST(Elementary, HugeAnglesAreTakenDownExactly) {
  // What MPFR says is left of sin x and cos x beside their doubles.
  for (const auto& [x, sine, cosine] : {std::tuple{1e22, -0x1.f453790772648p-58, -0x1.b2d1bc8018c4fp-55},
                                        {51001.0, 0x1.de46f62c0fe1bp-56, 0x1.80315d23908c1p-55},
                                        {0x1p1023, -0x1.a5a336baf7435p-57, 0x1.7a77829eb1138p-55},
                                        {0x1.921fb6p+127, 0x1.4ba935f17a3adp-56, -0x1.89894eee2c0dcp-55}}) {
    EXPECT_EQ(detail::exact::sine(x, 0).lo, sine) << x;
    EXPECT_EQ(detail::exact::sine(-x, 0).lo, -sine) << x;
    EXPECT_EQ(detail::exact::sine(-x, 1).lo, cosine) << x;
  }
  EXPECT_EQ(sin(0x1p1023), 0x1.205248cbdb760p-1);
  EXPECT_EQ(cos(1e22), 0x1.0be2cef01c8f4p-1);
  EXPECT_EQ(sin(1e22), -0x1.b453ab76bf397p-1);
  EXPECT_EQ(sin(std::numbers::pi), 0x1.1a62633145c07p-53);
}

// ---------------------------------------------------------------------------------------- nobody else's functions

/// Lines of the library and its studies that call the C library's functions where the library has its own, or where
/// it should have.
std::vector<std::string> foreign_calls(const std::string& text) {
  static const std::regex foreign(
      R"(\bstd::(exp|exp2|expm1|log|log2|log10|log1p|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|erf|erfc|pow|hypot|cbrt|tgamma|lgamma)\b)");
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), foreign), end; match != end; ++match)
    found.push_back(match->str());
  return found;
}

TEST(Elementary, NothingInTheLibraryAsksTheCLibrary) {
  EXPECT_EQ(foreign_calls("y = std::exp(x) + std::fabs(x) + exp(x); using std::tanh;").size(), 2u);  // it can tell
  int files = 0;
  for (const char* folder : {"include", "src", "studies"})
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(GRADUS_SOURCE_DIR "/") + folder)) {
      const std::string path = entry.path().string();
      if (!entry.is_regular_file() || !(path.ends_with(".hpp") || path.ends_with(".cpp"))) continue;
      std::ifstream file(path);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      EXPECT_EQ(foreign_calls(text), std::vector<std::string>()) << path;
      ++files;
    }
  EXPECT_GT(files, 200);
}

}  // namespace
}  // namespace gradus
