// SPDX-License-Identifier: MIT
#include "gradus/nn/layer.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "gradus/autodiff/dual.hpp"
#include "gradus/autodiff/tape.hpp"
#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"
#include "tests/nn/layer_examples.hpp"

// Every layer, differentiated by hand, by tape, by duals and by differences: of a weighted sum of its outputs, with
// weights drawn at random, by every parameter and every input.
namespace gradus {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Case {
  std::string name;
  Network network;
  Mode mode;
  Index samples;
  Index steps;
  std::vector<double> theta;
  std::vector<double> state;
  Matrix<double> x;
  Matrix<double> weights;  // of the outputs in the sum
};

Case make_case(const std::string& name, const Network& network, Mode mode, Index samples, Index steps) {
  RandomState random(static_cast<std::uint32_t>(7 * samples + steps));
  Case c{name, network, mode, samples, steps, {}, {}, {}, {}};
  c.theta = initial_parameters(network, {.kind = Initializer::Kind::standard_normal}, random);
  c.state = random.uniform(0.5, 2, network.state_count());
  c.x = random.standard_normal(samples, network.inputs() * steps);
  c.weights = random.standard_normal(samples, network.output_cols(c.x.cols()));
  return c;
}

template <class F>
void for_each_case(F f) {
  for_each_example([&](const std::string& name, const Network& network) {
    for (const Mode mode : {Mode::training, Mode::inference})
      for (const Index samples : {1, 2, 5})
        for (const Index steps : network.takes_sequences() ? std::vector<Index>{1, 2, 7} : std::vector<Index>{1})
          f(make_case(name + ", " + to_text(network) + (mode == Mode::training ? " training " : " in use ") +
                          std::to_string(samples) + " samples " + std::to_string(steps) + " steps",
                      network, mode, samples, steps));
  });
}

template <Number T>
Trace<T> trace_of(const Case& c) {
  Trace<T> trace;
  trace.mode = c.mode;
  trace.state = c.state;
  trace.seed = 3;
  trace.update = 5;
  return trace;
}

template <Number T>
T weighted_sum(const Case& c, std::span<const T> theta, ConstMatrixView<T> x, Trace<T>& trace) {
  const ConstMatrixView<T> y = forward(c.network, theta, x, trace);
  T sum(0.0);
  for (Index i = 0; i < y.rows(); ++i)
    for (Index j = 0; j < y.cols(); ++j) sum += y(i, j) * c.weights(i, j);
  return sum;
}

/// By theta, then by x.
std::vector<double> by_hand(const Case& c, Trace<double>& trace) {
  std::vector<double> gradient(c.theta.size(), kNaN);
  Matrix<double> dx(c.x.rows(), c.x.cols(), kNaN);
  forward(c.network, c.theta, c.x, trace);
  backward(c.network, c.theta, c.x, trace, c.weights, c.network.size(), gradient, dx);
  gradient.insert(gradient.end(), dx.values().begin(), dx.values().end());
  return gradient;
}
std::vector<double> by_hand(const Case& c) {
  Trace<double> trace = trace_of<double>(c);
  return by_hand(c, trace);
}

std::vector<double> by_tape(const Case& c) {
  Tape tape;
  std::vector<Var> theta;
  for (const double value : c.theta) theta.push_back(tape.variable(value));
  Matrix<Var> x(c.x.rows(), c.x.cols());
  for (std::size_t k = 0; k < c.x.values().size(); ++k) x.values()[k] = tape.variable(c.x.values()[k]);
  Trace<Var> trace = trace_of<Var>(c);
  tape.differentiate(weighted_sum<Var>(c, theta, x, trace));
  std::vector<double> gradient;
  for (const Var& p : theta) gradient.push_back(tape.derivative(p));
  for (const Var& p : x.values()) gradient.push_back(tape.derivative(p));
  return gradient;
}

/// Along one direction, (p + d e): the sum of direction * gradient.
double along(const Case& c, const std::vector<double>& direction) {
  std::vector<Dual<double>> theta;
  for (std::size_t k = 0; k < c.theta.size(); ++k) theta.push_back({c.theta[k], direction[k]});
  Matrix<Dual<double>> x(c.x.rows(), c.x.cols());
  for (std::size_t k = 0; k < c.x.values().size(); ++k)
    x.values()[k] = {c.x.values()[k], direction[c.theta.size() + k]};
  Trace<Dual<double>> trace = trace_of<Dual<double>>(c);
  return weighted_sum<Dual<double>>(c, theta, x, trace).derivative;
}

double norm(const std::vector<double>& values) {
  double squares = 0;
  for (const double value : values) squares += value * value;
  return std::sqrt(squares);
}
double distance(std::vector<double> a, const std::vector<double>& b) {
  for (std::size_t k = 0; k < a.size(); ++k) a[k] -= b[k];
  return norm(a);
}

/// What two exact ways may differ by: each of the additions in a row behind a number adds at most half an eps of what
/// is added up, which is of the size of the weights and of the gradient; 16 for the roundings in between, and norms
/// divide by a standard deviation, which may be as small as sqrt(epsilon) = 0.003.
double exact_tolerance(const Case& c, const std::vector<double>& gradient) {
  double additions = static_cast<double>(c.samples * c.steps);
  for (std::size_t l = 0; l < c.network.size(); ++l)
    additions += static_cast<double>(c.steps * (c.network.inputs(l) + c.network.outputs(l)));
  return 16 * std::numeric_limits<double>::epsilon() * additions * (1 + norm(c.weights.values()) + norm(gradient));
}

TEST(Layers, HandEqualsTapeByEveryParameterAndInput) {
  for_each_case([](const Case& c) {
    const std::vector<double> hand = by_hand(c);
    EXPECT_LE(distance(hand, by_tape(c)), exact_tolerance(c, hand)) << c.name;
  });
}

TEST(Layers, HandEqualsDualsAlongRandomDirections) {
  for_each_case([](const Case& c) {
    const std::vector<double> hand = by_hand(c);
    RandomState random(11);
    for (int k = 0; k < 3; ++k) {
      const std::vector<double> direction = random.standard_normal(static_cast<Index>(hand.size()));
      double product = 0;
      for (std::size_t i = 0; i < hand.size(); ++i) product += hand[i] * direction[i];
      EXPECT_NEAR(product, along(c, direction), exact_tolerance(c, hand) * norm(direction)) << c.name;
    }
  });
}

bool is_truncated(const Network& network) {
  bool truncated = false;
  for (std::size_t l = 0; l < network.size(); ++l)
    network.visit(l, [&]<class L>(const L& layer) {
      if constexpr (std::is_base_of_v<Recurrent, L>) truncated = truncated || layer.truncation > 0;
    });
  return truncated;
}

/// Of any number of the pass from where a derivative jumps.
double kink_distance(const Case& c, const Trace<double>& trace) {
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t l = 0; l < c.network.size(); ++l)
    c.network.visit(l, [&]<class L>(const L& layer) {
      const ConstMatrixView<double> x = l > 0 ? trace.outputs[l - 1].view() : c.x.view();
      if constexpr (requires { layer.template kink_distance<double>({}, x, 0, 0); })
        for (Index i = 0; i < x.rows(); ++i)
          for (Index j = 0; j < layer.outputs(); ++j)
            least = std::min(least, layer.template kink_distance<double>({}, x, i, j));
    });
  return least;
}

TEST(Layers, HandEqualsDifferencesAwayFromKinks) {
  Index compared = 0;
  Index near_kinks = 0;
  for_each_case([&](const Case& c) {
    if (is_truncated(c.network)) return;  // its derivative is not that of the outputs, on purpose
    Trace<double> trace = trace_of<double>(c);
    const std::vector<double> hand = by_hand(c, trace);
    RandomState random(12);
    std::vector<double> direction = random.standard_normal(static_cast<Index>(hand.size()));
    const double length = norm(direction);
    for (double& d : direction) d /= length;
    const double h = 1e-5;
    // A step moves no number in front of a kink by more than h times a slope; 100 is far above those here.
    if (kink_distance(c, trace) < 100 * h) {
      ++near_kinks;
      return;
    }
    const auto at = [&](double step) {
      Case moved = c;
      for (std::size_t k = 0; k < c.theta.size(); ++k) moved.theta[k] += step * direction[k];
      for (std::size_t k = 0; k < c.x.values().size(); ++k) moved.x.values()[k] += step * direction[c.theta.size() + k];
      Trace<double> again = trace_of<double>(c);
      return weighted_sum<double>(moved, moved.theta, moved.x, again);
    };
    double product = 0;
    for (std::size_t i = 0; i < hand.size(); ++i) product += hand[i] * direction[i];
    const double narrow = (at(h) - at(-h)) / (2 * h);
    const double wide = (at(2 * h) - at(-2 * h)) / (4 * h);
    // The truncation errors are h^2 and 4 h^2 times the same third derivative, so the difference bounds the first;
    // rounding is an eps of the values, over h.
    const double tolerance = std::abs(wide - narrow) + 1e-9 * (1 + std::abs(at(0)) + norm(c.weights.values()));
    EXPECT_NEAR(product, narrow, tolerance) << c.name;
    ++compared;
  });
  EXPECT_GT(compared, 10 * near_kinks);
}

TEST(Layers, GradientOfABatchIsTheSumOfThoseOfItsSamples) {
  for_each_case([](const Case& c) {
    if (c.network.state_count() > 0 && c.mode == Mode::training) return;  // batch norm looks at the whole batch
    const std::vector<double> whole = by_hand(c);
    std::vector<double> sum(c.theta.size());
    std::vector<double> dx;
    for (Index i = 0; i < c.samples; ++i) {
      Case one = c;
      one.x = Matrix<double>(c.x.view().middle_rows(i, 1));
      one.weights = Matrix<double>(c.weights.view().middle_rows(i, 1));
      Trace<double> trace = trace_of<double>(c);
      trace.first_row = i;  // so that a mask is that of row i
      const std::vector<double> part = by_hand(one, trace);
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += part[k];
      dx.insert(dx.end(), part.begin() + c.network.parameter_count(), part.end());
    }
    sum.insert(sum.end(), dx.begin(), dx.end());
    EXPECT_LE(distance(whole, sum), exact_tolerance(c, whole)) << c.name;
  });
}

TEST(Layers, WriteAllTheyMustAndGiveTheSameBitsTwice) {
  for_each_case([](const Case& c) {
    Trace<double> trace = trace_of<double>(c);
    const std::vector<double> theta = c.theta;
    const std::vector<double> first = by_hand(c, trace);
    for (const double g : first) ASSERT_TRUE(std::isfinite(g)) << c.name;
    for (const Matrix<double>& out : trace.outputs)
      for (const double y : out.values()) ASSERT_TRUE(std::isfinite(y)) << c.name;
    const std::vector<double> state = trace.state;
    trace.state = c.state;
    for (Matrix<double>& out : trace.outputs) std::fill(out.values().begin(), out.values().end(), kNaN);
    for (Matrix<double>& d : trace.derivative) std::fill(d.values().begin(), d.values().end(), kNaN);
    for (LayerMemory<double>& memory : trace.memory) {
      std::fill(memory.numbers.begin(), memory.numbers.end(), kNaN);
      std::fill(memory.work.begin(), memory.work.end(), kNaN);
      std::fill(memory.indices.begin(), memory.indices.end(), Index{-1});
    }
    EXPECT_EQ(by_hand(c, trace), first) << c.name;
    EXPECT_EQ(trace.state, state) << c.name;
    EXPECT_EQ(c.theta, theta) << c.name;
  });
}

TEST(Layers, OfFloatGiveThoseOfDoubleRounded) {
  for_each_case([](const Case& c) {
    const std::vector<float> theta(c.theta.begin(), c.theta.end());
    const Matrix<float> x(c.x.rows(), c.x.cols(), std::vector<float>(c.x.values().begin(), c.x.values().end()));
    const Matrix<float> weights(c.weights.rows(), c.weights.cols(),
                                std::vector<float>(c.weights.values().begin(), c.weights.values().end()));
    Trace<float> trace;
    trace.mode = c.mode;
    trace.state.assign(c.state.begin(), c.state.end());
    trace.seed = 3;
    trace.update = 5;
    std::vector<float> gradient(theta.size());
    Matrix<float> dx(x.rows(), x.cols());
    forward(c.network, theta, x, trace);
    backward(c.network, theta, x, trace, weights, c.network.size(), gradient, dx);
    Trace<double> exact = trace_of<double>(c);
    const std::vector<double> hand = by_hand(c, exact);
    if (kink_distance(c, exact) < 1e-4) return;
    std::vector<double> widened(gradient.begin(), gradient.end());
    widened.insert(widened.end(), dx.values().begin(), dx.values().end());
    const double eps_ratio = 0x1p-23 / 0x1p-52;
    // A norm of nearly equal numbers magnifies the rounding of its inputs by 1 / sqrt(epsilon) = 316, twice.
    EXPECT_LE(distance(widened, hand), eps_ratio * 100 * exact_tolerance(c, hand)) << c.name;
  });
}

TEST(Layers, AllocateNothingAfterTheFirstPass) {
  for_each_case([](const Case& c) {
    Trace<double> trace = trace_of<double>(c);
    by_hand(c, trace);
    const auto places = [&] {
      std::vector<const void*> all{trace.state.data(), trace.memory.data(), trace.derivative[0].data(),
                                   trace.derivative[1].data(), trace.packed.data()};
      for (const Matrix<double>& out : trace.outputs) all.push_back(out.data());
      for (const LayerMemory<double>& memory : trace.memory) {
        all.push_back(memory.numbers.data());
        all.push_back(memory.indices.data());
        all.push_back(memory.work.data());
      }
      return all;
    };
    const auto before = places();
    by_hand(c, trace);
    EXPECT_EQ(places(), before) << c.name;
  });
}

}  // namespace
}  // namespace gradus
