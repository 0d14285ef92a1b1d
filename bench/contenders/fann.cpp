// SPDX-License-Identifier: MIT
// FANN, Debian's libfann: online training (one tanh layer, tanh outputs, squared error: less work than cross-entropy)
// and prediction. It knows float only.
#include <floatfann.h>

#include <memory>

#include "../contender.hpp"

namespace {

using bench::Run;

std::optional<Run> start(const bench::Task& task) {
  const std::string& w = task.workload;
  if (!task.single || task.threads > 1) return std::nullopt;
  const bool train = w == "A-tanh";
  if (!train && w != "F-tanh" && w != "F-relu") return std::nullopt;
  const bool deep = w == "F-relu";
  const bench::Data data = bench::load(deep ? "wide32" : "circles");
  fann* raw = deep ? fann_create_standard(4, 32, 64, 64, 8) : fann_create_standard(3, 2, 16, 2);
  const std::shared_ptr<fann> net(raw, fann_destroy);
  std::srand(1);
  fann_randomize_weights(raw, -0.5f, 0.5f);
  // It has no ReLU; a line cut off at 0 and 1 costs the same.
  fann_set_activation_function_hidden(raw, deep ? FANN_LINEAR_PIECE : FANN_SIGMOID_SYMMETRIC);
  fann_set_activation_function_output(raw, deep ? FANN_LINEAR : FANN_SIGMOID_SYMMETRIC);
  fann_set_training_algorithm(raw, FANN_TRAIN_INCREMENTAL);
  fann_set_learning_rate(raw, 0.05f);
  const auto x = std::make_shared<std::vector<float>>(data.x.begin(), data.x.end());
  const auto t = std::make_shared<std::vector<float>>();
  for (const std::int64_t label : data.labels)
    for (int c = 0; c < 2; ++c) t->push_back(label == c ? 1.f : -1.f);
  const auto rows = static_cast<std::size_t>(data.rows);
  const auto features = static_cast<std::size_t>(data.features);
  const auto kept = std::make_shared<float>(0);
  Run run;
  run.units = static_cast<double>(rows);
  run.learn = train ? 20 : 1;
  run.work = [=](long items) {
    for (long k = 0; k < items; ++k)
      for (std::size_t i = 0; i < rows; ++i) {
        if (train)
          fann_train(net.get(), x->data() + i * features, t->data() + 2 * i);
        else
          *kept += *fann_run(net.get(), x->data() + i * features);
      }
  };
  run.score = [=] {  // its own loss: the mean squared error
    if (!train) return static_cast<double>(*kept);
    double sum = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      const float* y = fann_run(net.get(), x->data() + i * features);
      for (std::size_t c = 0; c < 2; ++c) sum += (y[c] - (*t)[2 * i + c]) * (y[c] - (*t)[2 * i + c]) / 2;
    }
    return sum / static_cast<double>(rows);
  };
  return run;
}

}  // namespace

int main() { return bench::serve(start); }
