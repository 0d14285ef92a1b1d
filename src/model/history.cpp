// SPDX-License-Identifier: MIT
#include "gradus/model/history.hpp"

#include "gradus/core/error.hpp"

namespace gradus {
namespace {

/// Every `step`-th number, counted back from the last.
template <class T>
std::vector<T> every(const std::vector<T>& values, std::size_t step) {
  std::vector<T> chosen;
  if (values.empty()) return chosen;
  for (std::size_t k = (values.size() - 1) % step; k < values.size(); k += step) chosen.push_back(values[k]);
  return chosen;
}

std::size_t step_to(std::size_t most, std::size_t count) {
  std::size_t step = 1;
  while (count / step > most) step *= 2;
  return step;
}

}  // namespace

History thinned(const History& history, std::size_t most) {
  if (most < 2) throw ValueError("[history] expected at least 2 records to keep, got " + std::to_string(most));
  const std::size_t step = step_to(most, history.update.size());
  const std::size_t look = step_to(most, history.test_update.size());
  History few;
  few.update = every(history.update, step);
  few.loss = every(history.loss, step);
  few.accuracy = every(history.accuracy, step);
  few.test_update = every(history.test_update, look);
  few.test_loss = every(history.test_loss, look);
  few.test_accuracy = every(history.test_accuracy, look);
  return few;
}

}  // namespace gradus
