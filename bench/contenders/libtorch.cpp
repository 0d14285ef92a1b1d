// SPDX-License-Identifier: MIT
// PyTorch's C++ library, from Debian's package: the same modules without Python.
#include <torch/torch.h>

#include <memory>

#include "../contender.hpp"

namespace {

using bench::Run;

torch::nn::Sequential mlp(const std::vector<std::int64_t>& widths, const std::string& act) {
  torch::nn::Sequential net;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    net->push_back(torch::nn::Linear(widths[l], widths[l + 1]));
    if (l + 2 == widths.size()) break;
    if (act == "relu") net->push_back(torch::nn::ReLU());
    if (act == "tanh") net->push_back(torch::nn::Tanh());
    if (act == "sigmoid") net->push_back(torch::nn::Sigmoid());
  }
  return net;
}

std::optional<Run> start(const bench::Task& task) {
  const std::string& w = task.workload;
  torch::manual_seed(1);
  torch::set_num_threads(task.threads);
  const auto type = task.single ? torch::kFloat32 : torch::kFloat64;
  const auto tensor = [&](const bench::Data& data) {
    return torch::tensor(data.x, torch::kFloat64).reshape({data.rows, data.features}).to(type);
  };
  const auto training = [&](const char* name, torch::nn::Sequential net, std::int64_t batch, double rate, bool adam,
                            long learn, double units) {
    const bench::Data data = bench::load(name);
    net->to(type);
    const torch::Tensor x = tensor(data), labels = torch::tensor(data.labels);
    std::shared_ptr<torch::optim::Optimizer> optimizer;
    if (adam)
      optimizer = std::make_shared<torch::optim::Adam>(net->parameters(), torch::optim::AdamOptions(rate));
    else
      optimizer = std::make_shared<torch::optim::SGD>(net->parameters(), torch::optim::SGDOptions(rate));
    Run run;
    run.learn = learn;
    run.units = units;
    run.work = [=, rows = data.rows, threads = task.threads](long epochs) mutable {
      torch::set_num_threads(threads);
      for (long e = 0; e < epochs; ++e)
        for (std::int64_t k = 0; k < rows; k += batch) {
          const std::int64_t end = std::min(rows, k + batch);
          optimizer->zero_grad();
          torch::nll_loss(torch::log_softmax(net->forward(x.slice(0, k, end)), 1), labels.slice(0, k, end)).backward();
          optimizer->step();
        }
    };
    run.score = [=]() mutable {
      return torch::nll_loss(torch::log_softmax(net->forward(x), 1), labels).item<double>();
    };
    return run;
  };
  if (w == "E") return training("wide", mlp({784, 512, 512, 10}, "relu"), 128, 1e-3, true, 5, 1024);
  if (task.threads > 1) return std::nullopt;
  if (w == "A-relu" || w == "A-tanh") return training("circles", mlp({2, 16, 2}, w.substr(2)), 1, 0.05, false, 20, 500);
  if (w == "B") return training("circles", mlp({2, 16, 2}, "tanh"), 32, 0.1, false, 50, 16);
  if (w == "C") return training("iris", mlp({4, 8, 3}, "sigmoid"), 150, 0.1, false, 5000, 1);
  if (w == "D") return training("digits", mlp({64, 100, 10}, "relu"), 200, 1e-3, true, 20, 1);
  if (w == "F-tanh" || w == "F-relu") {
    const bench::Data data = bench::load(w == "F-tanh" ? "circles" : "wide32");
    const torch::Tensor x = tensor(data);
    torch::nn::Sequential net = w == "F-tanh" ? mlp({2, 16, 2}, "tanh") : mlp({32, 64, 64, 8}, "relu");
    if (w == "F-tanh") net->push_back(torch::nn::Softmax(1));
    net->to(type);
    Run run;
    run.units = static_cast<double>(data.rows);
    run.learn = 1;
    run.work = [=, rows = data.rows](long passes) mutable {
      const torch::InferenceMode guard;
      for (long p = 0; p < passes; ++p)
        for (std::int64_t k = 0; k < rows; ++k) net->forward(x.slice(0, k, k + 1));
    };
    run.score = [=]() mutable { return net->forward(x.slice(0, 0, 1)).flatten()[0].item<double>(); };
    return run;
  }
  return std::nullopt;
}

}  // namespace

int main() { return bench::serve(start); }
