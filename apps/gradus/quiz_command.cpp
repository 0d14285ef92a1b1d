// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/quiz.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/gradus/commands.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct QuizOptions {
  Quiz::Options quiz;
  std::int64_t seed = 0;
  std::string answer;
};

std::string ask(const Console& console) {
  console.result("answer: ");
  std::string line;
  if (!std::getline(std::cin, line))
    throw UsageError("expected an answer on standard input, or with --answer KIND:WHERE");
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

int run_quiz(const Console& console, QuizOptions options) {
  if (options.seed > std::numeric_limits<std::uint32_t>::max())
    throw UsageError("--seed: expected a whole number from 0 to 4294967295");
  options.quiz.seed = static_cast<std::uint32_t>(options.seed);
  const Quiz quiz(options.quiz);
  console.summary(quiz.question());
  const std::string answer = options.answer.empty() ? ask(console) : options.answer;
  const Quiz::Verdict verdict = quiz.answer(answer);
  console.result((verdict.right ? "\nRight. " : "\nWrong. ") + verdict.why + "\n");
  console.machine(Json{{"network", quiz.experiment().network},
                       {"data", quiz.experiment().data},
                       {"losses", quiz.losses()},
                       {"losses_without", quiz.losses_without()},
                       {"choices", quiz.choices()},
                       {"answer", answer},
                       {"planted", verdict.planted},
                       {"right", verdict.right},
                       {"why", verdict.why}});
  return verdict.right ? Exit::success : Exit::failure;
}

}  // namespace

void add_quiz_command(Program& program) {
  const auto options = std::make_shared<QuizOptions>();
  Command& command =
      program.add("quiz", "find the fault that hides in a backward pass", "gradus quiz\n  gradus quiz iris --seed 3",
                  [options](const Console& console) { return run_quiz(console, *options); });
  command.data("DATA", options->quiz.data, "what to learn [moons]");
  command.text("--network", options->quiz.network, "the network [one hidden layer of 6tanh]")->type_name("TEXT");
  command.count("--seed", options->seed, "of the fault and of all that is drawn [0]");
  command.text("--answer", options->answer, "the fault, instead of being asked")->type_name("KIND:WHERE");
}

}  // namespace gradus::cli
