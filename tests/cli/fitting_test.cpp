// SPDX-License-Identifier: MIT
// What fits together is one verdict in the same words: of `fit`, of an experiment, of the command line.
#include "gradus/nn/fitting.hpp"

#include "gradus/lab/data/source.hpp"
#include "gradus/lab/experiment/run.hpp"
#include "gradus/nn/pass.hpp"
#include "tests/cli/cli_test.hpp"

namespace gradus {
namespace {

class FittingCli : public CliTest {
 protected:
  struct Kind {
    std::string name;
    Index outputs;
    TableOptions::Task task;
  };

  /// Files of every kind of targets that a table can hold.
  std::vector<Kind> kinds() const {
    const auto table = [&](const std::string& name, const std::vector<std::string>& targets) {
      std::string text = "a,b,target\n";
      for (std::size_t i = 0; i < targets.size(); ++i) text += std::to_string(i % 3) + ",0.5," + targets[i] + "\n";
      write(name + ".csv", text);
      return name;
    };
    const auto classes = TableOptions::Task::classification;
    const auto numbers = TableOptions::Task::regression;
    const std::string two = table("two", {"no", "yes", "yes", "no", "no"});
    return {{two, 1, classes},
            {two, 2, classes},
            {table("three", {"u", "v", "w", "v", "u"}), 3, classes},
            {table("bits", {"0", "1", "1", "0", "1"}), 1, numbers},
            {table("shares", {"0.25", "0.5", "1", "0", "0.75"}), 1, numbers},
            {table("counts", {"0", "3", "1", "2", "0"}), 1, numbers},
            {table("signed", {"-0.5", "0.25", "0.75", "-1", "0"}), 1, numbers},
            {table("prices", {"103.5", "99", "101", "98", "97"}), 1, numbers}};
  }

  /// What an experiment is refused with; empty if it is not.
  static std::string refused(const std::function<void()>& f) {
    try {
      f();
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  std::string by_fit(const std::string& network_text, const std::string& loss, const Kind& kind) const {
    const Dataset data = load_data(path(kind.name + ".csv"), {.task = kind.task});
    const Network network = parse_network(network_text);
    const Matrix<double> targets = network_targets(data, kind.outputs);
    RandomState random(1);
    std::vector<double> theta(static_cast<std::size_t>(network.parameter_count()), 0.1);
    FitOptions options;
    options.loss = parse_loss(loss);
    options.epochs = 0;
    return refused([&] { fit(network, theta, {data.x, targets}, options, random); });
  }
  std::string by_experiment(const std::string& network, const std::string& loss, const Kind& kind) const {
    Experiment e;
    e.data = path(kind.name + ".csv");
    e.task = kind.task;
    e.network = network;
    e.loss = loss;
    e.epochs = 0;
    return refused([&] { run_experiment(e); });
  }
  std::string by_command_line(const std::string& network, const std::string& loss, const Kind& kind) const {
    const Outcome outcome = run({"train", kind.name + ".csv", "--task",
                                 kind.task == TableOptions::Task::regression ? "regression" : "classification",
                                 "--network", network, "--loss", loss, "--epochs", "0", "-q", "-o", "out.model"});
    EXPECT_EQ(outcome.out, "");
    if (outcome.err.empty()) return "";
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    return outcome.err.substr(8, outcome.err.size() - 9);  // "gradus: " before, a new line behind
  }
};

std::vector<std::string> last_layers() {
  std::vector<std::string> names{"", std::string(Softmax::name), std::string(LogSoftmax::name)};
  Activations::for_each([&](const auto& a) { names.emplace_back(a.name); });
  return names;
}

TEST_F(FittingCli, IsOneVerdictOfEveryLossLastLayerAndKindOfTargets) {
  int refused = 0, taken = 0;
  for (const Kind& kind : kinds())
    for (const std::string& last : last_layers())
      for (const std::string& loss : variant_names<LossFunction>()) {
        const std::string network = "2-" + std::to_string(kind.outputs) + last;
        const std::string verdict = by_fit(network, loss, kind);
        EXPECT_EQ(by_experiment(network, loss, kind), verdict) << network << " " << loss << " " << kind.name;
        ++(verdict.empty() ? taken : refused);
        // A start of the program takes some milliseconds: two kinds of data, which between them meet every rule.
        if (kind.name != "prices" && kind.name != "three") continue;
        EXPECT_EQ(by_command_line(network, loss, kind), verdict) << network << " " << loss << " " << kind.name;
      }
  EXPECT_GT(refused, 300);
  EXPECT_GT(taken, 300);
}

TEST_F(FittingCli, ANetworksUsualLossIsJudgedTheSame) {
  for (const Kind& kind : kinds())
    for (const std::string& last : last_layers()) {
      const std::string network = "2-" + std::to_string(kind.outputs) + last;
      const std::string usual = to_text(Loss{usual_loss(parse_network(network))});
      EXPECT_EQ(by_experiment(network, "auto", kind), by_fit(network, usual, kind)) << network << " " << kind.name;
    }
}

}  // namespace
}  // namespace gradus
