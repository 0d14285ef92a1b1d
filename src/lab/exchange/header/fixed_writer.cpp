// SPDX-License-Identifier: MIT
#include "lab/exchange/header/fixed_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "gradus/core/version.hpp"
#include "lab/exchange/header/c_text.hpp"
#include "lab/exchange/header/fixed_network.hpp"

namespace gradus {
namespace header {
namespace {

constexpr Index kTestSamples = 4;

// $X: what lies between layers, $A: what sums are added up in. As in fixed_network.cpp, integer by integer.
constexpr std::string_view kFunctions = R"c(
/* v 2^-shift, rounded to the nearest, halves away from 0 */
static inline $A $_rounded($A v, int shift) {
  const $A half = (($A)1 << shift) >> 1;
  return v >= 0 ? (v + half) >> shift : -((-v + half) >> shift);
}
static inline int16_t $_clamped($A v, int16_t most) {
  return (int16_t)(v > most ? most : v < -most ? -most : v);
}
static inline void $_dense(const $X *x, const $X *w, const $A *b, int16_t *z, int inputs, int outputs, int shift) {
  for (int j = 0; j < outputs; ++j) {
    const $X *row = w + j * inputs;
    $A sum = b[j];
    for (int i = 0; i < inputs; ++i) sum += (int32_t)x[i] * row[i];
    z[j] = $_clamped($_rounded(sum, shift), 32767);
  }
}
)c";
constexpr std::string_view kRead = R"c(
/* A function of z by a table of 257 places and straight lines between them */
static inline int16_t $_read(const int16_t *table, int16_t z, int shift) {
  const uint32_t at = (uint32_t)((int32_t)z + 32768);
  const int16_t *place = table + (at >> 8);
  const int32_t rest = (int32_t)(at & 255u);
  return (int16_t)$_rounded((int32_t)place[0] * (256 - rest) + (int32_t)place[1] * rest, shift);
}
)c";
constexpr std::string_view kSoftmax = R"c(
/* exp(-d) with a fraction of 23, by powers of 2: a table of their fractions */
static inline uint32_t $_power(const uint16_t *table, uint32_t d, uint32_t factor, int shift) {
  const uint32_t t = d * factor >> shift;
  const uint32_t whole = t >> 16, rest = t & 255u, place = (t & 65535u) >> 8;
  const uint32_t v = (uint32_t)table[place] * (256u - rest) + (uint32_t)table[place + 1] * rest;
  return whole < 24 ? v >> whole : 0;
}
static inline void $_softmax(const uint16_t *table, const int16_t *z, int16_t *y, int count, uint32_t factor,
                            int shift) {
  int32_t largest = z[0];
  uint64_t sum = 0;
  for (int k = 1; k < count; ++k) largest = largest < z[k] ? z[k] : largest;
  for (int k = 0; k < count; ++k) sum += $_power(table, (uint32_t)(largest - z[k]), factor, shift);
  for (int k = 0; k < count; ++k) {
    const uint64_t power = $_power(table, (uint32_t)(largest - z[k]), factor, shift);
    y[k] = (int16_t)(((power << 14) + sum / 2) / sum);
  }
}
)c";
constexpr std::string_view kFloats = R"c(
/* From numbers as they stand in the data to the integers that $_predict takes: the only floats, with $_values. */
static inline void $_quantise(const float *x, $X *q) {
  for (int i = 0; i < $N_INPUTS; ++i) {
    const float scaled = (x[i] - $_shift[i]) * $_factor[i];
    const float within = scaled > $MOSTf ? $MOSTf : scaled >= -$MOSTf ? scaled : -$MOSTf;
    q[i] = ($X)(within >= 0 ? within + 0.5f : within - 0.5f);
  }
}
/* The answers in their own units; each is within $_bounds of the network's. */
static inline void $_values(const int16_t *q, float *y) {
  for (int k = 0; k < $N_OUTPUTS; ++k) y[k] = (float)q[k] * $_output_scale[k] + $_output_shift[k];
}
)c";

class FixedWriter {
 public:
  FixedWriter(const Model& model, const HeaderOptions& options)
      : model_(model),
        options_(options),
        text_(options_),
        net_(fixed_network(model, *options.fixed, options.calibration)),
        is_byte_(net_.bits == 8),
        errors_(fixed_point_errors(model, *options.fixed, options.calibration)) {}

  std::string write() {
    const std::string frame = predict();
    floats();
    std::string c = opening() + constants() + tables_ + text_.tables + classes() + std::string(kFunctions);
    if (reads_) c += kRead;
    if (powers_) c += kSoftmax;
    return filled(c + std::string(kFloats) + frame + test() + "\n#endif\n");
  }

 private:
  bool is_cpp() const { return options_.standard == HeaderStandard::cpp17; }
  std::string_view constant() const { return is_cpp() ? "constexpr" : "static const"; }

  std::string filled(std::string c) const {
    const auto replace = [&](std::string_view from, std::string_view to) {
      for (std::size_t at = 0; (at = c.find(from, at)) != std::string::npos; at += to.size())
        c.replace(at, from.size(), to);
    };
    replace("$X", is_byte_ ? "int8_t" : "int16_t");
    replace("$A", is_byte_ ? "int32_t" : "int64_t");
    replace("$MOST", std::to_string(net_.largest()) + ".0");
    return text_.filled(c);
  }

  template <class T>
  std::string table(const std::string& name, const std::string& type, Index bytes, const std::vector<T>& numbers) {
    tables_ += fmt::format("{} {} $_{}[{}] = {{", constant(), type, name, numbers.size());
    const bool is_long = bytes == 8;
    for (std::size_t k = 0; k < numbers.size(); ++k)
      tables_ += fmt::format("{}{}{}{}", k % 16 == 0 ? "\n    " : " ", numbers[k], is_long ? "LL" : "",
                             k + 1 < numbers.size() ? "," : "");
    tables_ += "\n};\n";
    bytes_ += bytes * static_cast<Index>(numbers.size());
    return "$_" + name;
  }

  // ---------------------------------------------------------------------------------------------- the frame

  std::string predict() {
    std::string body;
    Index widest = 0, inner = 0;
    std::string from = "x";
    for (std::size_t l = 0; l < net_.layers.size(); ++l) {
      const FixedLayer& layer = net_.layers[l];
      const bool last = l + 1 == net_.layers.size();
      const std::string name = fmt::format("dense{}", l + 1);
      const std::string w = table(name + "_weights", "$X", is_byte_ ? 1 : 2, layer.weights);
      const std::string b = table(name + "_bias", "$A", is_byte_ ? 4 : 8, layer.bias);
      body += fmt::format("  $_dense({}, {}, {}, z, {}, {}, {});\n", from, w, b, layer.inputs, layer.outputs,
                          layer.sum_shift);
      widest = std::max(widest, layer.outputs);
      multiplications_ += layer.inputs * layer.outputs;
      body += function(layer, name, last);
      if (!last) inner = std::max(inner, layer.outputs);
      from = "a";
    }
    workspace_ = 2 * widest + inner * (is_byte_ ? 1 : 2);
    std::string c = "\nstatic inline void $_predict(const $X *x, int16_t *y) {\n";
    c += fmt::format("  int16_t z[{}];\n", widest);
    if (inner > 0) c += fmt::format("  $X a[{}];\n", inner);
    return c + body + "}\n";
  }

  std::string function(const FixedLayer& layer, const std::string& name, bool last) {
    if (layer.kind == FixedLayer::Kind::softmax) {
      powers_ = true;
      const std::string powers = table("powers", "uint16_t", 2, layer.table);
      return fmt::format("  $_softmax({}, z, y, {}, {}u, {});\n", powers, layer.outputs, layer.factor,
                         layer.factor_shift);
    }
    std::string number = "z[k]";
    if (layer.kind == FixedLayer::Kind::table) {
      reads_ = true;
      number = fmt::format("$_read({}, z[k], {})", table(name + "_function", "int16_t", 2, layer.table), layer.shift);
    } else {
      if (layer.kind == FixedLayer::Kind::relu) number = "(z[k] > 0 ? z[k] : 0)";
      if (layer.shift > 0 || (is_byte_ && !last))
        number = fmt::format("$_clamped($_rounded({}, {}), {})", number, layer.shift, last ? 32767 : net_.largest());
    }
    return fmt::format("  for (int k = 0; k < {}; ++k) {}[k] = ({}){};\n", layer.outputs, last ? "y" : "a",
                       last ? "int16_t" : "$X", number);
  }

  void floats() {
    text_.table("shift", net_.shift, "the shift of inputs");
    text_.table("factor", net_.factor, "the factor of inputs");
    text_.table("output_scale", net_.output_scale, "the scale of outputs");
    text_.table("output_shift", net_.output_shift, "the shift of outputs");
    std::vector<double> bounds;  // rounded up
    for (const double bound : net_.bounds)
      bounds.push_back(
          static_cast<double>(std::nextafter(static_cast<float>(bound), std::numeric_limits<float>::infinity())));
    text_.table("bounds", bounds, "the bounds of answers");
  }

  // ---------------------------------------------------------------------------------------------- the file's parts

  std::string opening() const {
    std::string c = fmt::format(
        "/* {0}: {1}, in integers of {2} bits, by gradus {3}.\n *\n"
        " * One file of {4}, without heap and without a library. $_predict computes in integers alone, the same ones "
        "on\n"
        " * every machine; $_quantise and $_values go from floats to them and back. For inputs like those it was "
        "calibrated\n"
        " * with ({5} samples) each answer is within $_bounds of what `gradus predict` answers:\n *\n",
        in_comment(options_.name), in_comment(to_text(model_.network)), net_.bits, version(),
        to_text(options_.standard), options_.calibration.rows());
    for (std::size_t k = 0; k < net_.bounds.size(); ++k)
      c += fmt::format(" *   y[{}]  bound {:.3g}, seen on these samples {:.3g}\n", k, net_.bounds[k],
                       errors_.largest[k]);
    c += fmt::format(
        " *\n * A frame takes {} multiplications with an addition. As a program that checks itself:\n *\n"
        " *     cc -std={} -D$N_TEST -x {} FILE && ./a.out\n */\n",
        multiplications_, to_text(options_.standard), is_cpp() ? "c++" : "c");
    c += is_cpp() ? "\n#ifndef $N_H\n#define $N_H\n\n#include <climits>\n#include <cstdint>\n"
                  : "\n#ifndef $N_H\n#define $N_H\n\n#include <limits.h>\n#include <stdint.h>\n";
    return c;
  }

  std::string constants() const {
    Index most = 0;
    for (const FixedLayer& layer : net_.layers) most = std::max(most, layer.inputs * layer.outputs);
    std::string c = fmt::format(
        "\n#define $N_INPUTS {}\n#define $N_OUTPUTS {}\n#define $N_OUTPUT_FRACTION {} /* y 2^-fraction */\n"
        "#define $N_WORKSPACE_BYTES {} /* on the stack */\n#define $N_TABLE_BYTES {}\n"
        "#define $N_MULTIPLICATIONS {} /* with an addition, a frame */\n",
        model_.network.inputs(), model_.network.outputs(), net_.output_fraction, workspace_,
        bytes_ + 4 * text_.numbers_in_tables, multiplications_);
    if (most > std::numeric_limits<std::int16_t>::max())
      c += fmt::format("\n#if INT_MAX < {}\n#error \"$_: an int is too small for its tables\"\n#endif\n", most);
    return c + "\n";
  }

  std::string classes() const { return class_table(model_.class_names, options_.standard); }

  // ---------------------------------------------------------------------------------------------- the test vector

  std::string test() const {
    const Matrix<double>& data = options_.calibration;
    const Index rows = std::min(kTestSamples, data.rows());
    std::string x, q, y;
    for (Index i = 0; i < rows; ++i) {
      std::vector<double> row(data.row(i).begin(), data.row(i).end());
      for (double& value : row) value = static_cast<double>(static_cast<float>(value));
      const std::vector<std::int32_t> integers = net_.quantised(row);
      for (const double value : row) x += (x.empty() ? "" : ", ") + literal(static_cast<float>(value));
      for (const std::int32_t value : integers) q += fmt::format("{}{}", q.empty() ? "" : ", ", value);
      for (const std::int32_t value : net_.predict(integers)) y += fmt::format("{}{}", y.empty() ? "" : ", ", value);
    }
    return fmt::format(
        "\n#ifdef $N_TEST\n\nint main(void) {{\n  static const float x[{0}] = {{{1}}};\n"
        "  static const $X expected_x[{0}] = {{{2}}};\n  static const int16_t expected[{3}] = {{{4}}};\n"
        "  for (int i = 0; i < {5}; ++i) {{\n    $X q[$N_INPUTS];\n    int16_t y[$N_OUTPUTS];\n"
        "    float values[$N_OUTPUTS];\n    $_quantise(x + i * $N_INPUTS, q);\n"
        "    for (int k = 0; k < $N_INPUTS; ++k)\n      if (q[k] != expected_x[i * $N_INPUTS + k]) return 1;\n"
        "    $_predict(q, y);\n    for (int k = 0; k < $N_OUTPUTS; ++k)\n"
        "      if (y[k] != expected[i * $N_OUTPUTS + k]) return 2;\n"
        "    $_values(y, values);\n    for (int k = 0; k < $N_OUTPUTS; ++k)\n"
        "      if (!($_bounds[k] >= 0 && values[k] == values[k])) return 3;\n  }}\n{6}  return 0;\n}}\n\n#endif\n",
        rows * model_.network.inputs(), x, q, rows * model_.network.outputs(), y, rows,
        model_.class_names.empty() ? "" : "  (void)$_classes;\n");
  }

  const Model& model_;
  const HeaderOptions& options_;
  Text text_;
  FixedNetwork net_;
  bool is_byte_;
  FixedPointErrors errors_;
  std::string tables_;
  bool reads_ = false, powers_ = false;  ///< whether there is a function by its table, a softmax
  Index bytes_ = 0, workspace_ = 0, multiplications_ = 0;
};

}  // namespace

std::string fixed_header(const Model& model, const HeaderOptions& options) {
  HeaderOptions of_floats = options;
  of_floats.precision = Precision::float32;
  return FixedWriter(model, of_floats).write();
}

}  // namespace header

FixedPointErrors fixed_point_errors(const Model& model, FixedPoint kind, const Matrix<double>& calibration) {
  const header::FixedNetwork net = header::fixed_network(model, kind, calibration);
  const Matrix<double> exact = model.predict(calibration);
  FixedPointErrors errors{net.bounds, std::vector<double>(net.bounds.size(), 0.0)};
  for (Index i = 0; i < exact.rows(); ++i) {
    const std::vector<double> y = net.values(net.predict(net.quantised(calibration.row(i))));
    for (std::size_t k = 0; k < y.size(); ++k)
      errors.largest[k] = std::max(errors.largest[k], std::abs(y[k] - exact(i, static_cast<Index>(k))));
  }
  return errors;
}

}  // namespace gradus
