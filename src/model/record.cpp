// SPDX-License-Identifier: MIT
#include "gradus/model/record.hpp"

#include "gradus/core/error.hpp"

namespace gradus {
namespace {

void check_column(const char* name, std::size_t length, std::size_t updates) {
  if (length != 0 && length != updates)
    throw ShapeError("[record] expected history." + std::string(name) + " with " + std::to_string(updates) +
                     " numbers, got " + std::to_string(length));
}

}  // namespace

void TrainingRecord::check() const {
  check_column("loss", history.loss.size(), history.update.size());
  check_column("accuracy", history.accuracy.size(), history.update.size());
  check_column("test_loss", history.test_loss.size(), history.test_update.size());
  check_column("test_accuracy", history.test_accuracy.size(), history.test_update.size());
}

}  // namespace gradus
