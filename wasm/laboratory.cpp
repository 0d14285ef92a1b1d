// SPDX-License-Identifier: MIT
// The laboratory without files: an experiment as text is run, its model is written into memory, read back and asked;
// what needs gnuplot is refused in words.
#include <cstdio>

#include "gradus/core/error.hpp"
#include "gradus/lab/data/real.hpp"
#include "gradus/lab/experiment/run.hpp"
#include "gradus/lab/model/model_file.hpp"

namespace {

constexpr const char* kExperiment = R"(
seed = 7
[data]
source = "iris"
[network]
layers = "4-8tanh-3softmax"
[optimizer]
learning_rate = 0.1
[training]
epochs = 40
)";

}  // namespace

int main() {
  using namespace gradus;
  const Experiment experiment = parse_experiment(kExperiment, "page");
  const ExperimentResult result = run_experiment(experiment);
  const std::string bytes = to_model_file(result.model);
  const Model model = parse_model_file(bytes, "page");
  const Dataset iris = load_iris();
  const std::vector<int> classes = model.classify(iris.x);
  int right = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) right += classes[i] == iris.labels[i];
  std::printf("%zu bytes of model, %d of %zu irises right\n", bytes.size(), right, classes.size());
  return right > 130 ? 0 : 1;
}
