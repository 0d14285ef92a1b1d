// SPDX-License-Identifier: MIT
// A header, compiled by this system's compilers, answers what the engine answers in plain arithmetic, to the last bit:
// every layer, every activation, at sizes on both sides of each turn that sums take, for numbers that are awkward.
#include "gradus/lab/exchange/header.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <set>

#include "gradus/core/error.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/answers.hpp"
#include "gradus/random/random_state.hpp"
#include "tests/nn/layer_examples.hpp"

namespace gradus {
namespace {

constexpr const char* kStrict = "-pedantic -Wall -Wextra -Wconversion -Werror -ffp-contract=off";

std::vector<double> random_numbers(Index count, RandomState& random, double scale = 1) {
  std::vector<double> numbers = random.standard_normal(count);
  for (double& number : numbers) number *= scale;
  return numbers;
}

/// A model with random parameters, its statistics as those of a network that has learned.
Model random_model(Network network, int seed, Precision precision = Precision::float32) {
  RandomState random(static_cast<std::uint32_t>(seed));
  Model model;
  model.theta = random_numbers(network.parameter_count(), random, 0.7);
  model.state = random_numbers(network.state_count(), random);
  for (double& number : model.state) number = std::abs(number) + 0.1;
  model.network = std::move(network);
  model.precision = precision;
  return model;
}
Model random_model(const std::string& network, int seed = 1) { return random_model(parse_network(network), seed); }

bool has_gelu(const Network& network) {
  for (std::size_t l = 0; l < network.size(); ++l)
    if (network.name(l) == "gelu") return true;
  return false;
}

/// Rows of usual numbers, then some of every other kind.
Matrix<double> awkward_rows(Index cols) {
  using Limits = std::numeric_limits<float>;
  const std::vector<double> odd{0.0, -0.0, 1e-3, 40, -40, 90, -90, 1e4, -1e4, 1e30, -1e30, Limits::denorm_min(), 3.5};
  RandomState random(5);
  Matrix<double> x(24, cols);
  for (Index i = 0; i < x.rows(); ++i)
    for (Index j = 0; j < cols; ++j) {
      x(i, j) = random.standard_normal();
      if (i >= 12) x(i, j) = odd[static_cast<std::size_t>(i - 12 + j) % odd.size()];
    }
  x(22, cols - 1) = Limits::max();
  x(23, 0) = Limits::quiet_NaN();
  return x;
}

class Headers : public testing::Test {
 protected:
  Headers() {
    std::string pattern = testing::TempDir() + "gradus_header_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    has_compiler_ = std::system("cc --version >/dev/null 2>&1") == 0;
    has_clang_ = std::system("clang-14 --version >/dev/null 2>&1") == 0;
  }
  ~Headers() override { std::filesystem::remove_all(folder_); }
  void SetUp() override {
    if (!has_compiler_) GTEST_SKIP() << "no C compiler here";
  }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  int run(const std::string& command) const {
    const int status = std::system((command + " >" + path("words") + " 2>&1").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  /// Compiles a program; its words are the failure's.
  void compile(const std::string& compiler, const std::string& file, const std::string& program) const {
    ASSERT_EQ(run(fmt::format("{} {} {} -o {} -lm", compiler, kStrict, path(file), path(program))), 0)
        << read_file(path("words")).substr(0, 3000);
  }

  /// Adds a model whose answers to `x` the program of all of them is to give.
  template <class T>
  void add(const Model& model, const Matrix<double>& x) {
    const HeaderOptions options{.precision = sizeof(T) == 8 ? Precision::float64 : Precision::float32,
                                .name = fmt::format("m{}", count_++)};
    export_header(model, path(options.name + ".h"), options);
    includes_ += fmt::format("#include \"{}.h\"\n", options.name);
    const bool in_time = model.network.takes_sequences();
    const Index steps = in_time ? x.cols() / model.network.inputs() : 1;
    const Matrix<T> y = answers<T>(model, x, Arithmetic::plain);
    const bool each_step = in_time && y.cols() == steps * model.network.outputs();
    const char* number = sizeof(T) == 8 ? "double" : "float";
    const std::string capitals = "M" + options.name.substr(1);
    calls_ += fmt::format("  for (int i = 0; i < {}; ++i) {{\n    {} x[{}_INPUTS], y[{}_OUTPUTS];\n", x.rows(), number,
                          capitals, capitals);
    if (in_time) calls_ += fmt::format("    {0}_state state;\n    {0}_reset(&state);\n", options.name);
    calls_ += fmt::format(
        "    for (int t = 0; t < {}; ++t) {{\n      if (fread(x, sizeof x, 1, stdin) != 1) return 2;\n", steps);
    calls_ += "      for (unsigned k = 0; k < sizeof y / sizeof *y; ++k) y[k] = NAN;\n";
    calls_ += in_time ? fmt::format("      {}_step(&state, x, y);\n", options.name)
                      : fmt::format("      {}_predict(x, y);\n", options.name);
    if (!each_step) calls_ += fmt::format("      if (t == {})\n  ", steps - 1);
    calls_ += "      if (fwrite(y, sizeof y, 1, stdout) != 1) return 3;\n    }\n  }\n";
    for (const double value : x.values()) put(static_cast<T>(value), inputs_);
    for (const T value : y.values()) put(value, expected_);
    for (Index k = 0; k < y.size(); ++k)
      numbers_.push_back(
          {fmt::format("{} {} row {} number {}", options.name, to_text(model.network), k / y.cols(), k % y.cols()),
           sizeof(T)});
  }

  /// Compiles the program of all models that were added and compares each bit of what it answers.
  void expect_equal_bits(const std::string& compiler, const std::string& ending = ".c") const {
    SCOPED_TRACE(compiler);
    write_file(path("all" + ending),
               "#include <stdio.h>\n" + includes_ + "int main(void) {\n" + calls_ + "  return 0;\n}\n");
    write_file(path("inputs"), inputs_);
    compile(compiler, "all" + ending, "all");
    if (HasFatalFailure()) return;
    const std::string command = path("all") + " <" + path("inputs") + " >" + path("outputs");
    ASSERT_EQ(std::system(command.c_str()), 0);
    const std::string got = read_file(path("outputs"));
    ASSERT_EQ(got.size(), expected_.size());
    std::size_t at = 0;
    int shown = 0;
    for (const Number& number : numbers_) {
      const bool equal = number.bytes == 8 ? same<double>(got, at) : same<float>(got, at);
      if (!equal && ++shown <= 5)
        ADD_FAILURE() << number.what << ": " << text(got, at, number.bytes) << " for "
                      << text(expected_, at, number.bytes);
      at += number.bytes;
    }
    EXPECT_EQ(shown, 0);
  }

  bool has_clang() const { return has_clang_; }
  std::size_t models() const { return count_; }

 private:
  struct Number {
    std::string what;
    std::size_t bytes;
  };
  template <class T>
  static void put(T value, std::string& to) {
    to.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <class T>
  static T at_byte(const std::string& bytes, std::size_t at) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  }
  /// To the last bit, but for those of a NaN.
  template <class T>
  bool same(const std::string& got, std::size_t at) const {
    const T a = at_byte<T>(got, at), b = at_byte<T>(expected_, at);
    return (a != a && b != b) || std::memcmp(&a, &b, sizeof a) == 0;
  }
  static std::string text(const std::string& bytes, std::size_t at, std::size_t size) {
    return fmt::format("{:a}", size == 8 ? at_byte<double>(bytes, at) : static_cast<double>(at_byte<float>(bytes, at)));
  }

  std::string folder_, includes_, calls_, inputs_, expected_;
  std::vector<Number> numbers_;
  std::size_t count_ = 0;
  bool has_compiler_ = false, has_clang_ = false;
};

/// Dense chains at sizes on both sides of where sums are taken along the lanes, in chains, and by whole lines.
std::vector<std::string> chains_of_dense_layers() {
  std::vector<std::string> all;
  for (const char* shape : {"1-1",  "1-4",  "2-2",  "3-5",  "4-16", "5-17", "7-3",   "8-4",   "9-5",   "15-6",
                            "16-2", "17-4", "20-5", "31-7", "32-8", "33-9", "64-15", "65-16", "67-17", "130-33"})
    for (const char* last : {"", "softmax", "logsoftmax", "sigmoid"}) all.push_back(std::string(shape) + last);
  for (const char* net : {"2-16tanh-2softmax", "2-32relu-1sigmoid", "3-7sigmoid-3", "8-40tanh-2softmax",
                          "64-100relu-10softmax", "32-64relu-64tanh-8", "5-3tanh-dropout0.3-4relu-2softmax"})
    all.emplace_back(net);
  return all;
}

template <class T>
void add_all(auto& add) {
  int seed = 0;
  for (const std::string& text : chains_of_dense_layers()) {
    const Network network = parse_network(text);
    add(random_model(network, ++seed), awkward_rows(network.inputs()));
  }
  Activations::for_each([&]<class F>(const F&) {
    for (const Index width : {1, 5, 17}) {
      const Network network({Dense{3, width}, Elementwise<F>{width}, Dense{width, 2}, Elementwise<F>{2}});
      if (!has_gelu(network)) add(random_model(network, ++seed), awkward_rows(3));
    }
  });
}

TEST_F(Headers, OfChainsOfDenseLayersAnswerWhatThePredictorAnswers) {
  const auto one = [&](const Model& model, const Matrix<double>& x) { add<float>(model, x); };
  add_all<float>(one);
  EXPECT_GT(models(), 100u);
  expect_equal_bits("cc -std=c99 -O0");
  expect_equal_bits("cc -std=c99 -O3 -march=native -fno-trapping-math");
  expect_equal_bits("c++ -std=c++17 -x c++ -O1", ".cpp");
  if (has_clang()) expect_equal_bits("clang-14 -std=c99 -O2");
}

TEST_F(Headers, InFloat64AnswerWhatThePredictorAnswers) {
  const auto one = [&](const Model& model, const Matrix<double>& x) { add<double>(model, x); };
  add_all<double>(one);
  expect_equal_bits("cc -std=c99 -O1");
}

TEST_F(Headers, OfEveryLayerAnswerWhatTheDefinitionAnswersOverTheKernelsFunctions) {
  int seed = 0;
  std::size_t left_out = 0;
  for_each_alternative<Layer>([&]<class L>(L) {
    for (const Index n : {1, 3, 8})
      for (const Chain& chain : Example<L>::chains(n)) {
        const Network network(chain);
        const Model model = random_model(network, ++seed);
        if (has_gelu(network)) {
          ++left_out;
          EXPECT_THROW(to_header(model), ValueError);
          continue;
        }
        const Index steps = network.takes_sequences() ? 6 : 1;
        add<float>(model, Matrix<double>(awkward_rows(network.inputs() * steps).view().middle_rows(0, 20)));
      }
  });
  EXPECT_EQ(left_out, 3u);
  expect_equal_bits("cc -std=c99 -O2");
  if (has_clang()) expect_equal_bits("clang-14 -std=c99 -O0");
}

/// Models with everything around the network that a model may have.
std::vector<Model> whole_models() {
  std::vector<Model> models;
  for (const Scaler::Kind kind : {Scaler::Kind::standard, Scaler::Kind::min_max, Scaler::Kind::log}) {
    Model regression = random_model("3-6tanh-2");
    regression.scaler = {kind, {0.5, -100, 0.1}, {2, 0.001, 3}};
    regression.target_scaler = {kind, {1, 2}, {3, 0.3}};
    regression.target_names = {"a", "$_b*/"};
    regression.filling = {1, 2, 3};
    models.push_back(regression);
  }
  Model table = random_model("6-5relu-3softmax");
  table.columns = {{.name = "size"},
                   {.name = "color", .categories = {"red", "blue", "a?"}},
                   {.name = "grade", .categories = {"low", "high"}, .ordered = true},
                   {.name = "age"}};
  table.class_names = {"\"quoted\"\\", "caf\xc3\xa9 ?\?/", "$R */"};
  table.filling = {0.5, 0, 0, 0, 1, 20};
  models.push_back(table);
  Model sequence = random_model("seq2-5gru:all-3lstm-2softmax");
  sequence.scaler = {Scaler::Kind::standard, {1, 2}, {3, 4}};
  sequence.class_names = {"no", "yes"};
  models.push_back(sequence);
  Model each_step = random_model("seq3-4elman:all-layernorm-1");
  each_step.target_scaler = {Scaler::Kind::log, {0.1}, {0.5}};
  models.push_back(each_step);
  models.push_back(random_model("1x6x6-conv4k3relu-maxpool2-batchnorm-10logsoftmax"));
  return models;
}

TEST_F(Headers, HoldScalingCodingGapsAndTheWayBackToTheTargetsUnits) {
  for (const Model& model : whole_models()) {
    if (!model.columns.empty()) continue;  // what goes in there is not what comes to the network
    const Index steps = model.network.takes_sequences() ? 4 : 1;
    Matrix<double> x = awkward_rows(model.network.inputs() * steps);
    if (model.filling.empty()) x = Matrix<double>(x.view().middle_rows(0, 20));
    add<float>(model, x);
    add<double>(model, x);
  }
  expect_equal_bits("cc -std=c99 -O2");
}

TEST_F(Headers, AreProgramsThatNoticeAWeightThatChanged) {
  int number = 0;
  for (const Model& model : whole_models())
    for (const Precision precision : {Precision::float32, Precision::float64})
      for (const HeaderStandard standard : {HeaderStandard::c99, HeaderStandard::cpp17}) {
        SCOPED_TRACE(to_text(model.network));
        const bool is_c = standard == HeaderStandard::c99;
        const std::string name = fmt::format("net{}", ++number);
        const std::string file = name + (is_c ? ".h" : ".hpp");
        std::string text = to_header(model, {.standard = standard, .precision = precision, .name = name});
        write_file(path(file), text);
        const std::string compiler =
            fmt::format("{} -DNET{}_TEST", is_c ? "cc -std=c99 -x c" : "c++ -std=c++17 -x c++", number);
        // -x would take the library for a source too.
        const auto program = [&] {
          ASSERT_EQ(run(fmt::format("{} {} {} -x none -o {} -lm", compiler, kStrict, path(file), path("one"))), 0)
              << read_file(path("words")).substr(0, 3000);
        };
        program();
        if (HasFatalFailure()) return;
        EXPECT_EQ(run(path("one")), 0);
        if (is_c && has_clang()) {
          EXPECT_EQ(run(fmt::format("clang-14 -std=c99 -x c -DNET{}_TEST {} {} -x none -o {} -lm", number, kStrict,
                                    path(file), path("other"))),
                    0)
              << read_file(path("words")).substr(0, 3000);
          EXPECT_EQ(run(path("other")), 0);
        }
        // The first weight of the last table, of which every answer is made, doubled.
        const std::size_t table = text.rfind("] = {\n", text.find("static inline"));
        const std::size_t exponent = text.find('p', table);
        text.insert(exponent + 2, "1");
        write_file(path(file), text);
        program();
        EXPECT_NE(run(path("one")), 0);
      }
}

TEST_F(Headers, OfATableTakeACategoryByItsPlace) {
  const Model model = whole_models()[3];
  export_header(model, path("net.h"));
  write_file(path("main.c"), R"(#include <stdio.h>
#include "net.h"
int main(void) {
  const float rows[4][4] = {{1, 0, 1, 30}, {2, 2, 0, NAN}, {0, 7, -1, 5}, {NAN, 1, NAN, 1}};
  for (int i = 0; i < 4; ++i) {
    float y[NET_OUTPUTS];
    net_predict(rows[i], y);
    printf("%a %a %a\n", (double)y[0], (double)y[1], (double)y[2]);
  }
  return 0;
}
)");
  compile("cc -std=c99", "main.c", "main");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> coded{1, 1, 0, 0, 1, 30, 2, 0, 0, 1, 0, nan, 0, 0, 0, 0, nan, 5, nan, 0, 1, 0, nan, 1};
  const Matrix<float> y = answers<float>(model, Matrix<double>(4, 6, coded), Arithmetic::plain);
  std::string expected;
  for (Index i = 0; i < 4; ++i)
    expected += fmt::format("{:a} {:a} {:a}\n", static_cast<double>(y(i, 0)), static_cast<double>(y(i, 1)),
                            static_cast<double>(y(i, 2)));
  ASSERT_EQ(run(path("main")), 0);
  EXPECT_EQ(read_file(path("words")), expected);
}

TEST_F(Headers, DeclareWhatTheyAreMadeOf) {
  Model model = random_model("4-8tanh-3softmax");
  model.class_names = {"a", "b", "c"};
  const std::string text = to_header(model, {.name = "Iris"});
  for (const char* line :
       {"#define IRIS_INPUTS 4\n", "#define IRIS_OUTPUTS 3\n", "#define IRIS_TABLE_BYTES 268\n",
        "#define IRIS_MULTIPLICATIONS 56 ", "#define IRIS_FUNCTIONS 11 ", "#define IRIS_WORKSPACE_BYTES 44 ",
        "static inline void Iris_predict(const float *x, float *y)",
        "static const char *const Iris_classes[3] = {\"a\", \"b\", \"c\"};"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
  EXPECT_EQ(text, to_header(model, {.name = "Iris"}));
  EXPECT_EQ(header_name("folder/my net-2.h"), "my_net_2");
  EXPECT_EQ(header_name("7.hpp"), "n7");
  EXPECT_EQ(header_name("_x.h"), "n_x");
}

// ------------------------------------------------------------------------------------------------------- integers

struct IntegerCase {
  const char* network;
  FixedPoint kind;
};
void PrintTo(const IntegerCase& one, std::ostream* out) {
  *out << one.network << (one.kind == FixedPoint::q15 ? " q15" : " int8");
}

class Integers : public Headers, public testing::WithParamInterface<IntegerCase> {
 protected:
  static Model model() {
    Model model = random_model(parse_network(GetParam().network), 3, Precision::float64);
    const auto n = static_cast<std::size_t>(model.network.inputs());
    model.scaler = {Scaler::Kind::standard, std::vector<double>(n, 20), std::vector<double>(n, 3)};
    if (model.network.answers().kind == Answers::Kind::numbers) {
      const auto m = static_cast<std::size_t>(model.network.outputs());
      model.target_scaler = {Scaler::Kind::min_max, std::vector<double>(m, -5), std::vector<double>(m, 100)};
    }
    return model;
  }
  static Matrix<double> data(const Model& model, std::uint32_t seed = 1) {
    RandomState random(seed);
    Matrix<double> x(300, model.network.inputs());
    for (double& value : x.values()) value = 20 + 3 * random.uniform(-2, 2);
    return x;
  }
};

TEST_P(Integers, StayWithinTheirBoundAndTheBoundIsNotFarOff) {
  const Model m = model();
  const FixedPointErrors errors = fixed_point_errors(m, GetParam().kind, data(m));
  ASSERT_EQ(errors.bounds.size(), static_cast<std::size_t>(m.network.outputs()));
  for (std::size_t k = 0; k < errors.bounds.size(); ++k) {
    EXPECT_GT(errors.largest[k], 0) << k;
    EXPECT_LE(errors.largest[k], errors.bounds[k]) << k;
    EXPECT_GT(errors.largest[k] * 200, errors.bounds[k]) << k << ": worst cases of each rounding seldom meet";
  }
}

TEST_P(Integers, AreTheSameAtEveryLevelOfOptimisation) {
  const Model m = model();
  const Matrix<double> calibration = data(m);
  export_header(m, path("net.h"), {.fixed = GetParam().kind, .calibration = calibration});
  // Inputs of every size, also beyond what it was calibrated with.
  const char* number = GetParam().kind == FixedPoint::q15 ? "int16_t" : "int8_t";
  write_file(path("main.c"), fmt::format(R"(#include <stdio.h>
#include "net.h"
int main(void) {{
  uint32_t seed = 1;
  for (int i = 0; i < 2000; ++i) {{
    {0} x[NET_INPUTS];
    int16_t y[NET_OUTPUTS];
    for (int k = 0; k < NET_INPUTS; ++k) {{
      seed = seed * 1664525u + 1013904223u;
      const long wide = (long)(seed >> 16) - 32768;
      x[k] = ({0})(i % 3 == 0 ? (wide < 0 ? -127 : 127) : wide % 128);
      if (sizeof x[0] == 2 && i % 3 == 2) x[k] = ({0})(wide < -32767 ? -32767 : wide);
    }}
    net_predict(x, y);
    for (int k = 0; k < NET_OUTPUTS; ++k) printf("%d ", y[k]);
  }}
  return 0;
}}
)",
                                         number));
  std::set<std::string> answers;
  std::vector<std::string> compilers{"cc -std=c99 -O0", "cc -std=c99 -O3 -march=native",
                                     "cc -std=c99 -Os -fsanitize=undefined -fno-sanitize-recover",
                                     "c++ -std=c++17 -x c++ -O2"};
  if (has_clang()) compilers.emplace_back("clang-14 -std=c99 -O2");
  for (const std::string& compiler : compilers) {
    compile(compiler, "main.c", "main");
    if (HasFatalFailure()) return;
    ASSERT_EQ(run(path("main")), 0) << read_file(path("words")).substr(0, 300);
    answers.insert(read_file(path("words")));
  }
  EXPECT_EQ(answers.size(), 1u);
  EXPECT_GT(answers.begin()->size(), 4000u);
}

TEST_P(Integers, AreAProgramThatChecksItself) {
  const Model m = model();
  const HeaderOptions options{.standard = HeaderStandard::cpp17, .fixed = GetParam().kind, .calibration = data(m)};
  for (const bool changed : {false, true}) {
    std::string text = to_header(m, options);
    if (changed) {  // a bias of the last layer
      const std::size_t table = text.find("] = {", text.rfind("_bias[")) + 6;
      const std::size_t first = text.find_first_of("-0123456789", table);
      text.insert(text[first] == '-' ? first + 1 : first, "77");
    }
    write_file(path("net.hpp"), text);
    ASSERT_EQ(run(fmt::format("c++ -std=c++17 -x c++ -DNET_TEST {} {} -o {}", kStrict, path("net.hpp"), path("net"))),
              0)
        << read_file(path("words")).substr(0, 3000);
    EXPECT_EQ(run(path("net")) != 0, changed);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, Integers,
                         testing::Values(IntegerCase{"4-8tanh-3softmax", FixedPoint::q15},
                                         IntegerCase{"4-8tanh-3softmax", FixedPoint::int8},
                                         IntegerCase{"1-1", FixedPoint::q15}, IntegerCase{"1-1", FixedPoint::int8},
                                         IntegerCase{"7-16relu-8relu-2", FixedPoint::q15},
                                         IntegerCase{"7-16relu-8relu-2", FixedPoint::int8},
                                         IntegerCase{"3-5silu-17gelu-1sigmoid", FixedPoint::q15},
                                         IntegerCase{"3-5silu-17gelu-1sigmoid", FixedPoint::int8},
                                         IntegerCase{"2-9sigmoid-dropout0.3-5softplus-2tanh", FixedPoint::q15},
                                         IntegerCase{"2-9hardswish-4:nobias-3selu", FixedPoint::int8}));

TEST(IntegerRefusals, NameWhatIntegersCannotHave) {
  const auto refusal = [](const std::string& network, Index rows = 3) {
    Model model = random_model(network);
    try {
      to_header(model, {.fixed = FixedPoint::int8, .calibration = Matrix<double>(rows, model.network.inputs())});
    } catch (const ValueError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string expected = "[header] expected dense layers with elementwise activations for integers, got ";
  EXPECT_EQ(refusal("2-3step-1"), expected + "layer 1 (step), whose answer one rounding decides");
  EXPECT_EQ(refusal("2-3-layernorm-1"), expected + "layer 2 (layernorm)");
  EXPECT_EQ(refusal("2-3softmax-1"), expected + "layer 1 (softmax) before another layer");
  EXPECT_EQ(refusal("2-3tanh-relu-1"), expected + "layer 1 (relu) without a dense layer of its own before it");
  EXPECT_EQ(refusal("2-3prelu-1"), expected + "layer 1 (prelu)");
  EXPECT_EQ(refusal("seq2-3gru-1"),
            "[header] expected a network of samples for integers, got one that takes sequences");
  EXPECT_EQ(refusal("2-1", 0),
            "[header] expected data to calibrate with, of at least one row: integers hold what they are made for");
  EXPECT_EQ(refusal("2-1"), "") << "columns of zeros are numbers too";
}

TEST(HeaderRefusals, NameWhatCannotBeHeld) {
  const auto refusal = [](const Model& model, const HeaderOptions& options = {}) {
    try {
      to_header(model, options);
    } catch (const ValueError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  Model model = random_model("2-3gelu-1");
  EXPECT_TRUE(refusal(model).starts_with("[header] expected layers that have C yet, got layer 1 (gelu)"));
  model = random_model("2-3tanh-1");
  model.theta[7] = 1e300;
  EXPECT_EQ(refusal(model),
            "[header] expected bias of layer 1 (dense) that float32 holds as finite numbers, got 1e+300");
  EXPECT_EQ(refusal(model, {.precision = Precision::float64}), "");
  model.theta[7] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(refusal(model, {.precision = Precision::float64}),
            "[header] expected bias of layer 1 (dense) that float64 holds as finite numbers, got nan");
  model.theta[7] = 1;
  for (const char* name : {"", "1net", "a-b", "_net", "caf\xc3\xa9"})
    EXPECT_TRUE(refusal(model, {.name = name}).starts_with("[header] expected a name of letters")) << name;
  model.scaler = {Scaler::Kind::standard, {0, 0}, {1, 1e-300}};
  EXPECT_EQ(refusal(model), "[header] expected the scale of inputs that float32 holds, got 1e-300; give it in float64");
  Model sequence = random_model("seq1-2gru-1");
  sequence.feature_names = {"a", "b"};
  sequence.filling = {1, 2};
  EXPECT_TRUE(refusal(sequence).starts_with("[header] expected a model that takes sequences to fill no gaps"));
}

}  // namespace
}  // namespace gradus
