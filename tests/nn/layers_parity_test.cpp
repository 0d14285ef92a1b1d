// SPDX-License-Identifier: MIT
#include "gradus/nn/pass.hpp"
#include "gradus/random/random_state.hpp"
#include "tests/parity/reference.hpp"

namespace gradus {
namespace {

TEST(LayersParity, ForwardGivesWhatTheFormulasGiveInNumPy) {
  std::size_t cases = 0;
  for (const nlohmann::json& c : parity::reference("", "layers.py")) {
    const Network network = parse_network(c.at("text").get<std::string>());
    RandomState random(c.at("seed").get<std::uint32_t>());
    const std::vector<double> theta = random.uniform(-1, 1, network.parameter_count());
    Trace<double> trace;
    trace.state = random.uniform(0.5, 2, network.state_count());
    trace.mode = c.at("training").get<bool>() ? Mode::training : Mode::inference;
    const Matrix<double> x = random.uniform(-2, 2, c.at("samples").get<Index>(), c.at("cols").get<Index>());
    const Matrix<double> y(forward(network, theta, x, trace));
    // Sums of up to 36 products of numbers up to 2, added in another order, and up to 13 time steps of them; a norm
    // divides by standard deviations, of which none is below 0.05 but for width 1, where it is 0 on both sides.
    const parity::Tolerance tolerance{1000 * parity::kUlp, 1000 * parity::kUlp};
    EXPECT_TRUE(parity::near(y.values(), parity::exact_list(c.at("y")), tolerance)) << c.at("text");
    EXPECT_TRUE(parity::near(trace.state, parity::exact_list(c.at("state")), tolerance)) << c.at("text");
    ++cases;
  }
  EXPECT_GE(cases, 40u);
}

}  // namespace
}  // namespace gradus
