// SPDX-License-Identifier: MIT
#include "lab/run/history_file.hpp"

#include <algorithm>
#include <limits>

#include "gradus/core/number.hpp"

namespace gradus {

std::string history_csv(const History& history) {
  std::string text = "update,loss,accuracy,test_loss,test_accuracy\n";
  const auto cell = [&](const std::vector<double>& values, std::size_t k, bool here) {
    text += ',';
    if (here && k < values.size()) text += number_text(values[k]);
  };
  constexpr Index never = std::numeric_limits<Index>::max();
  for (std::size_t record = 0, look = 0; record < history.update.size() || look < history.test_update.size();) {
    const Index recorded = record < history.update.size() ? history.update[record] : never;
    const Index looked = look < history.test_update.size() ? history.test_update[look] : never;
    const Index update = std::min(recorded, looked);
    text += std::to_string(update);
    cell(history.loss, record, recorded == update);
    cell(history.accuracy, record, recorded == update);
    cell(history.test_loss, look, looked == update);
    cell(history.test_accuracy, look, looked == update);
    text += '\n';
    record += recorded == update;
    look += looked == update;
  }
  return text;
}

}  // namespace gradus
