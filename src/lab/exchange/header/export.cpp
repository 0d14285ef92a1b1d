// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/version.hpp"
#include "gradus/lab/exchange/header.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/answers.hpp"
#include "gradus/random/random_state.hpp"
#include "lab/exchange/header/fixed_writer.hpp"
#include "lab/exchange/header/layer_writer.hpp"

namespace gradus {
namespace header {
namespace {

constexpr Index kTestSamples = 3;
constexpr Index kTestSteps = 5;  ///< of a network that takes sequences

bool has_categories(const Model& model) {
  return std::any_of(model.columns.begin(), model.columns.end(),
                     [](const InputColumn& column) { return !column.categories.empty(); });
}

/// Writes a whole model.
class ModelWriter {
 public:
  ModelWriter(const Model& model, const HeaderOptions& options)
      : model_(model), network_(model.network), options_(options), text_(options), layers_(text_, network_) {}

  std::string write() {
    check();
    inputs();
    layers_.write(model_.theta, model_.state);
    outputs();
    const std::string functions = functions_text(text_, text_.functions);
    return opening() + constants() + text_.tables + classes() + text_.filled(kBits[is_cpp() ? 1 : 0]) + functions +
           text_.windows + frame() + test() + text_.filled("\n#endif\n");
  }

 private:
  bool is_cpp() const { return options_.standard == HeaderStandard::cpp17; }
  bool in_time() const { return network_.takes_sequences(); }

  void check() const {
    if (in_time() && has_categories(model_))
      throw ValueError(
          "[header] expected a model that takes sequences to have no columns of categories; code them before, or train "
          "on numbers");
    if (in_time() && !model_.filling.empty())
      throw ValueError(
          "[header] expected a model that takes sequences to fill no gaps, for what fills them depends on the step; "
          "train on data without gaps");
  }

  // ---------------------------------------------------------------------------------------------- what comes in

  /// Numbers that the caller gives: one a column of a table, where the network may take one a category.
  Index given() const { return has_categories(model_) ? static_cast<Index>(model_.columns.size()) : network_.inputs(); }

  void inputs() {
    if (has_categories(model_)) coded();
    const Index count = network_.inputs();
    if (!model_.filling.empty()) {
      const std::string fill = text_.table("filling", model_.filling, "what fills gaps");
      layers_.each(count, [&](const std::string& x) { return fmt::format("{0} == {0} ? {0} : {1}[k]", x, fill); });
    }
    if (!model_.scaler) return;
    const std::string shift = text_.table("shift", model_.scaler->shift, "the shift of inputs");
    const std::string scale = scale_table("scale", model_.scaler->scale, "the scale of inputs");
    const bool log = model_.scaler->kind == Scaler::Kind::log;
    const std::string log1p = log ? text_.call("log1p") : "";
    layers_.calls += log ? count : 0;
    layers_.each(count,
                 [&](const std::string& x) { return fmt::format("({}({}) - {}[k]) / {}[k]", log1p, x, shift, scale); });
  }

  /// Divided by, so that none may round to 0.
  std::string scale_table(const char* name, const std::vector<double>& scale, const char* what) {
    for (const double number : scale)
      if (!text_.is_double() && static_cast<float>(number) == 0)
        throw ValueError(
            fmt::format("[header] expected {} that float32 holds, got {}; give it in float64", what, number));
    return text_.table(name, scale, what);
  }

  void coded() {
    const std::string to = layers_.next(network_.inputs());
    Index at = 0;
    for (std::size_t c = 0; c < model_.columns.size(); ++c) {
      const InputColumn& column = model_.columns[c];
      const std::size_t count = column.categories.size();
      if (count == 0)
        layers_.say(fmt::format("{}[{}] = x[{}];", to, at, c));
      else if (column.ordered)
        layers_.say(fmt::format("{0}[{1}] = x[{2}] >= 0 && x[{2}] < {3} ? x[{2}] : NAN;", to, at, c, count));
      else
        layers_.say(text_.filled(
            fmt::format("for (int k = 0; k < {}; ++k) {}[{} + k] = x[{}] == ($R)k ? 1 : 0;", count, to, at, c)));
      at += column.inputs();
    }
    layers_.value = to;
  }

  // ---------------------------------------------------------------------------------------------- what goes out

  void outputs() {
    const Index count = network_.outputs();
    std::string answer = layers_.value + "[k]";
    if (const std::optional<Scaler>& scaler = model_.target_scaler) {
      const std::string shift = text_.table("target_shift", scaler->shift, "the shift of targets");
      const std::string scale = text_.table("target_scale", scaler->scale, "the scale of targets");
      answer = fmt::format("{} * {}[k] + {}[k]", answer, scale, shift);
      if (scaler->kind == Scaler::Kind::log) {
        answer = text_.call("expm1") + "(" + answer + ")";
        layers_.calls += count;
      }
    }
    layers_.say(fmt::format("for (int k = 0; k < {}; ++k) y[k] = {};", count, answer));
  }

  // ---------------------------------------------------------------------------------------------- the file's parts

  Index bytes() const { return text_.is_double() ? 8 : 4; }
  Index workspace() const {
    Index count = 0;
    for (const auto& [name, numbers] : layers_.arrays()) count += numbers;
    return count * bytes();
  }
  Index state_bytes() const {
    Index count = 0;
    for (const auto& [name, numbers] : layers_.states) count += numbers;
    return count * bytes();
  }

  std::string opening() const {
    std::string c = fmt::format(
        "/* {0}: {1}, in {2}, by gradus {3}.\n"
        " *\n"
        " * One file of {4}, without heap and without a library but for <math.h>. Compiled with -ffp-contract=off "
        "(the\n"
        " * default of gcc -std=c99) it answers what `gradus predict --arithmetic plain --precision {2}` does, to the\n"
        " * last bit. As a program that says by its exit status whether it does:\n"
        " *\n"
        " *     cc -std={4} -ffp-contract=off -D$N_TEST -x {5} FILE -lm && ./a.out\n"
        " *\n",
        in_comment(options_.name), in_comment(to_text(network_)), to_text(options_.precision), version(),
        to_text(options_.standard), is_cpp() ? "c++" : "c");
    if (in_time())
      c += " * $_reset begins a sequence; $_step takes a step of it, and gives what the network answers after it.\n";
    else
      c += " * $_predict takes one sample as it stands in the data, and gives the answers in the targets' own units.\n";
    const std::vector<std::string> names = has_categories(model_) ? column_names() : model_.feature_names;
    for (std::size_t k = 0; k < names.size() && k < static_cast<std::size_t>(given()); ++k)
      c += fmt::format(" *   x[{}]  {}\n", k, in_comment(names[k]));
    for (std::size_t k = 0; k < model_.target_names.size(); ++k)
      c += fmt::format(" *   y[{}]  {}\n", k, in_comment(model_.target_names[k]));
    c += fmt::format(
        " *\n * A frame takes {} multiplications with an addition and {} functions with an exponential.\n */\n",
        layers_.multiplications, layers_.calls);
    c += "\n#ifndef $N_H\n#define $N_H\n\n" + std::string(kIncludes[is_cpp() ? 1 : 0]) + std::string(kConditions);
    if (text_.is_double()) c += kDoubleOnly;
    return text_.filled(c);
  }

  std::vector<std::string> column_names() const {
    std::vector<std::string> names;
    for (const InputColumn& column : model_.columns) {
      std::string name = column.name;
      for (std::size_t k = 0; k < column.categories.size(); ++k)
        name += fmt::format("{} {} {}", k == 0 ? ":" : ",", k, column.categories[k]);
      names.push_back(name);
    }
    return names;
  }

  std::string constants() const {
    std::string c = fmt::format(
        "\n#define $N_INPUTS {}\n#define $N_OUTPUTS {}\n#define $N_WORKSPACE_BYTES {} /* on the stack */\n"
        "#define $N_TABLE_BYTES {}\n#define $N_MULTIPLICATIONS {} /* with an addition, a frame */\n"
        "#define $N_FUNCTIONS {} /* with an exponential, a frame */\n",
        given(), network_.outputs(), workspace(), text_.numbers_in_tables * bytes(), layers_.multiplications,
        layers_.calls);
    if (in_time()) c += fmt::format("#define $N_STATE_BYTES {}\n", state_bytes());
    if (text_.numbers_in_tables > std::numeric_limits<std::int16_t>::max())
      c += fmt::format("\n#if INT_MAX < {}\n#error \"$_: an int is too small for its tables\"\n#endif\n",
                       text_.numbers_in_tables);
    return text_.filled(c + "\n");
  }

  std::string classes() const { return text_.filled(class_table(model_.class_names, options_.standard)); }

  std::string frame() const {
    std::string c = "\n";
    if (in_time()) {
      c += "typedef struct {\n";
      for (const auto& [name, count] : layers_.states) c += fmt::format("  $R {}[{}];\n", name, count);
      c += "} $_state;\n\nstatic inline void $_reset($_state *state) {\n";
      for (const auto& [name, count] : layers_.states)
        c += fmt::format("  for (int k = 0; k < {}; ++k) state->{}[k] = 0;\n", count, name);
      c += "}\n\nstatic inline void $_step($_state *state, const $R *x, $R *y) {\n";
    } else {
      c += "static inline void $_predict(const $R *x, $R *y) {\n";
    }
    for (const auto& [name, count] : layers_.arrays()) c += fmt::format("  $R {}[{}];\n", name, count);
    return text_.filled(c) + layers_.statements + "}\n";
  }

  // ---------------------------------------------------------------------------------------------- the test vector

  /// Inputs around what the scaler saw: some, and what the answers to them must be.
  Matrix<double> samples() const {
    const Index steps = in_time() ? kTestSteps : 1;
    Matrix<double> x(kTestSamples, network_.inputs() * steps);
    RandomState random(20);
    for (std::size_t k = 0; k < x.values().size(); ++k) {
      const auto column = k % static_cast<std::size_t>(network_.inputs());
      double value = random.normal();
      if (model_.scaler && model_.scaler->kind != Scaler::Kind::log)
        value = model_.scaler->shift[column] + model_.scaler->scale[column] * value;
      else if (model_.scaler)
        value = std::abs(value);
      x.values()[k] = text_.is_double() ? value : static_cast<double>(static_cast<float>(value));
    }
    return x;
  }

  /// The same for a table with categories: what the caller gives for each sample, and what the network sees of it.
  void code_samples(Matrix<double>& given_x, Matrix<double>& x) const {
    given_x = Matrix<double>(kTestSamples, given());
    for (Index i = 0; i < kTestSamples; ++i) {
      Index at = 0;
      for (std::size_t c = 0; c < model_.columns.size(); ++c) {
        const InputColumn& column = model_.columns[c];
        const auto count = static_cast<Index>(column.categories.size());
        const Index place = count == 0 ? 0 : (i + static_cast<Index>(c)) % count;
        for (Index k = 0; count > 0 && k < column.inputs(); ++k)
          x(i, at + k) = column.ordered ? static_cast<double>(place) : k == place ? 1 : 0;
        given_x(i, static_cast<Index>(c)) = count == 0 ? x(i, at) : static_cast<double>(place);
        at += column.inputs();
      }
    }
  }

  std::string values(const Matrix<double>& numbers) const {
    std::string c;
    for (std::size_t k = 0; k < numbers.values().size(); ++k)
      c += (k == 0 ? "" : k % 4 == 0 ? ",\n    " : ", ") + text_.literal_of(numbers.values()[k]);
    return c;
  }

  template <class T>
  Matrix<double> expected(const Matrix<double>& x) const {
    const Matrix<T> y = answers<T>(model_, x, Arithmetic::plain);
    return Matrix<double>(y.rows(), y.cols(), std::vector<double>(y.values().begin(), y.values().end()));
  }

  std::string test() const {
    Matrix<double> x = samples();
    Matrix<double> given_x = x;
    if (has_categories(model_)) code_samples(given_x, x);
    const Matrix<double> y = text_.is_double() ? expected<double>(x) : expected<float>(x);
    const Index steps = in_time() ? kTestSteps : 1;
    const bool each_step = in_time() && y.cols() == steps * network_.outputs();
    std::string c = fmt::format(
        "\n#ifdef $N_TEST\n\nstatic int $_is_equal($R a, $R b) {{ return a == a ? $_bits(a) == $_bits(b) : b != b; "
        "}}\n\n"
        "int main(void) {{\n"
        "  static const $R x[{}] = {{\n    {}}};\n  static const $R expected[{}] = {{\n    {}}};\n"
        "  $R y[$N_OUTPUTS];\n{}  for (int i = 0; i < {}; ++i) {{\n",
        given_x.values().size(), values(given_x), y.values().size(), values(y), in_time() ? "  $_state state;\n" : "",
        kTestSamples);
    if (in_time())
      c += fmt::format(
          "    $_reset(&state);\n    for (int t = 0; t < {0}; ++t) {{\n"
          "      $_step(&state, x + (i * {0} + t) * $N_INPUTS, y);\n"
          "      for (int k = 0; k < $N_OUTPUTS; ++k)\n        if ({1}!$_is_equal(y[k], expected[{2} * $N_OUTPUTS + "
          "k])) "
          "return 1;\n    }}\n",
          steps, each_step ? "" : fmt::format("t == {} && ", steps - 1),
          each_step ? fmt::format("(i * {} + t)", steps) : "i");
    else
      c += "    $_predict(x + i * $N_INPUTS, y);\n    for (int k = 0; k < $N_OUTPUTS; ++k)\n"
           "      if (!$_is_equal(y[k], expected[i * $N_OUTPUTS + k])) return 1;\n";
    c += "  }\n";
    if (!model_.class_names.empty()) c += "  (void)$_classes;\n";
    return text_.filled(c + "  return 0;\n}\n\n#endif\n");
  }

  static constexpr std::string_view kIncludes[] = {
      "#include <float.h>\n#include <limits.h>\n#include <math.h>\n#include <stdint.h>\n",
      "#include <cfloat>\n#include <climits>\n#include <cmath>\n#include <cstdint>\n#include <cstring>\n"};
  static constexpr std::string_view kConditions = R"c(
#if defined(__FAST_MATH__) || (defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0)
#error "$_: compile without -ffast-math, for a processor that rounds every operation (on x86: -msse2 -mfpmath=sse)"
#endif
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif
)c";
  static constexpr std::string_view kDoubleOnly =
      R"(#if DBL_MANT_DIG != 53
#error "$_: a double has no 53 bits here; export it in float32"
#endif
)";
  static constexpr std::string_view kBits[] = {R"(
static inline $U $_bits($R number) {
  union {
    $R number;
    $U bits;
  } both;
  both.number = number;
  return both.bits;
}
static inline $R $_number($U bits) {
  union {
    $R number;
    $U bits;
  } both;
  both.bits = bits;
  return both.number;
}
)",
                                               R"(
static inline $U $_bits($R number) {
  $U bits;
  std::memcpy(&bits, &number, sizeof bits);
  return bits;
}
static inline $R $_number($U bits) {
  $R number;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}
)"};

  const Model& model_;
  const Network& network_;
  const HeaderOptions& options_;
  Text text_;
  LayerWriter layers_;
};

bool is_identifier(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && is_letter(name.front()) && name.front() != '_' &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace
}  // namespace header

HeaderStandard parse_header_standard(std::string_view name) {
  if (name == "c99") return HeaderStandard::c99;
  if (name == "c++17") return HeaderStandard::cpp17;
  throw ValueError("[header] expected c99 or c++17, got " + in_quotes(name));
}

std::string_view to_text(HeaderStandard standard) { return standard == HeaderStandard::c99 ? "c99" : "c++17"; }

std::string header_name(std::string_view path) {
  std::string name(path.substr(path.find_last_of("/\\") + 1));
  if (const std::size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0) name.resize(dot);
  for (char& c : name)
    if (!header::is_identifier(std::string("n") + c)) c = '_';
  return header::is_identifier(name) ? name : "n" + name;
}

std::string to_header(const Model& model, const HeaderOptions& options) {
  if (!header::is_identifier(options.name))
    throw ValueError("[header] expected a name of letters, digits and underscores that begins with a letter, got " +
                     in_quotes(options.name));
  model.check();
  if (options.fixed) return header::fixed_header(model, options);
  return header::ModelWriter(model, options).write();
}

void export_header(const Model& model, const std::string& path, const HeaderOptions& options) {
  write_file(path, to_header(model, options));
}

}  // namespace gradus
