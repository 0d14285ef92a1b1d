// SPDX-License-Identifier: MIT
// dlib's deep networks, shapes fixed when compiled: mini-batches of 32 and prediction, float only.
#include <dlib/dnn.h>

#include <memory>

#include "../contender.hpp"

namespace {

using namespace dlib;
using Net = loss_multiclass_log<fc<2, htan<fc<16, input<matrix<float>>>>>>;

std::optional<bench::Run> start(const bench::Task& task) {
  if (!task.single || task.threads > 1 || (task.workload != "B" && task.workload != "F-tanh")) return std::nullopt;
  const bench::Data data = bench::load("circles");
  const auto x = std::make_shared<std::vector<matrix<float>>>();
  const auto labels = std::make_shared<std::vector<unsigned long>>(data.labels.begin(), data.labels.end());
  for (std::int64_t i = 0; i < data.rows; ++i) {
    matrix<float> row(2, 1);
    row = static_cast<float>(data.x[static_cast<std::size_t>(2 * i)]),
    static_cast<float>(data.x[static_cast<std::size_t>(2 * i + 1)]);
    x->push_back(row);
  }
  const auto net = std::make_shared<Net>();
  bench::Run run;
  const long rows = static_cast<long>(data.rows);
  if (task.workload == "F-tanh") {
    run.units = static_cast<double>(rows);
    run.learn = 1;
    const auto kept = std::make_shared<double>(0);
    (*net)(x->front());
    run.work = [=](long passes) {
      for (long p = 0; p < passes; ++p)
        for (const matrix<float>& row : *x) *kept += static_cast<double>((*net)(row));
    };
    run.score = [=] { return *kept; };
    return run;
  }
  // Its trainer runs threads of its own; the steps are therefore taken by hand.
  const auto solvers = std::make_shared<std::vector<sgd>>(Net::num_computational_layers, sgd(0, 0));
  const auto batches = std::make_shared<std::vector<resizable_tensor>>();
  for (long k = 0; k < rows; k += 32) {
    batches->emplace_back();
    net->to_tensor(x->begin() + k, x->begin() + std::min(rows, k + 32), batches->back());
  }
  run.units = static_cast<double>(batches->size());
  run.learn = 50;
  run.work = [=](long epochs) {
    for (long e = 0; e < epochs; ++e)
      for (std::size_t b = 0; b < batches->size(); ++b) {
        net->compute_parameter_gradients((*batches)[b], labels->begin() + 32 * static_cast<long>(b));
        net->update_parameters(*solvers, 0.1);
      }
  };
  run.score = [=] {
    double loss = 0;
    for (std::size_t b = 0; b < batches->size(); ++b)
      loss += net->compute_loss((*batches)[b], labels->begin() + 32 * static_cast<long>(b));
    return loss / static_cast<double>(batches->size());
  };
  return run;
}

}  // namespace

int main() { return bench::serve(start); }
