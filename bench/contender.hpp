// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

/// What every contender of the benchmark shares: it stands ready as a process, reads a line for each measurement
/// ("WORKLOAD PRECISION THREADS SECONDS"), works for about so long and answers "RATE SCORE" or "absent". So contenders
/// take turns, and what else the machine does hits them alike. See run.py.
namespace bench {

struct Data {
  std::int64_t rows = 0, features = 0, classes = 0;
  std::vector<double> x;             ///< (rows, features)
  std::vector<std::int64_t> labels;  ///< from 0
};

/// As run.py wrote it: three sizes, x, labels.
inline Data load(const std::string& name) {
  const char* folder = std::getenv("GRADUS_BENCH_DATA");
  std::ifstream file(std::string(folder ? folder : ".") + "/" + name + ".bin", std::ios::binary);
  Data data;
  file.read(reinterpret_cast<char*>(&data.rows), 3 * sizeof(std::int64_t));
  data.x.resize(static_cast<std::size_t>(data.rows * data.features));
  data.labels.resize(static_cast<std::size_t>(data.rows));
  file.read(reinterpret_cast<char*>(data.x.data()), static_cast<std::streamsize>(data.x.size() * sizeof(double)));
  file.read(reinterpret_cast<char*>(data.labels.data()),
            static_cast<std::streamsize>(data.labels.size() * sizeof(std::int64_t)));
  if (!file) throw std::runtime_error("cannot read the data " + name);
  return data;
}

struct Task {
  std::string workload;
  bool single = true;  ///< float32, else float64
  int threads = 1;
  bool operator<(const Task& o) const {
    return std::tie(workload, single, threads) < std::tie(o.workload, o.single, o.threads);
  }
};

/// A workload set up: its work comes in items (an epoch, a pass over the samples), of which each holds some units.
struct Run {
  std::function<void(long)> work;  ///< so many items
  double units = 1;                ///< an item
  long learn = 0;                  ///< items before the score is taken
  std::function<double()> score;   ///< the loss after learning, or what shows that the work was done
};
using Start = std::function<std::optional<Run>(const Task&)>;

inline int serve(const Start& start) {
  struct Standing {
    Run run;
    double score = 0;
    double seconds_an_item = 0;
  };
  std::map<Task, std::optional<Standing>> standing;
  const auto seconds = [](const std::function<void()>& f) {
    const auto from = std::chrono::steady_clock::now();
    f();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  };
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    Task task;
    std::string precision;
    double wanted = 0;
    words >> task.workload >> precision >> task.threads >> wanted;
    task.single = precision == "float32";
    if (!task.single && precision != "float64") {
      std::puts("absent");  // and not float64 in its place
      std::fflush(stdout);
      continue;
    }
    if (!standing.contains(task)) {
      std::optional<Standing>& s = standing[task];
      if (std::optional<Run> run = start(task)) {
        s = Standing{*run};
        s->run.work(s->run.learn);
        s->score = s->run.score();
        long items = 1;
        double time = seconds([&] { s->run.work(items); });
        while (time < wanted / 10) time = seconds([&] { s->run.work(items *= 4); });
        s->seconds_an_item = time / static_cast<double>(items);
      }
    }
    const std::optional<Standing>& s = standing[task];
    if (!s) {
      std::puts("absent");
    } else {
      const long items = std::max(1L, std::lround(wanted / s->seconds_an_item));
      const double time = seconds([&] { s->run.work(items); });
      std::printf("%.17g %.17g\n", static_cast<double>(items) * s->run.units / time, s->score);
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace bench
