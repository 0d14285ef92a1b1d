// SPDX-License-Identifier: MIT
#include "gradus/data/csv.hpp"
#include "gradus/data/npy.hpp"
#include "gradus/data/source.hpp"

#include <filesystem>

namespace gradus {

Dataset load_data(const std::string& text, const TableOptions& options) {
  if (!is_file(text)) return make_dataset(text);
  std::error_code ignored;
  if (text.find_first_of("./") == std::string::npos && !std::filesystem::exists(text, ignored)) {
    std::string names = "iris, digits";
    for (const MakerSpec& spec : makers()) names += ", " + std::string(spec.name);
    throw FileError(text, "no such file, nor is it one of " + names);
  }
  return text.ends_with(".npy") ? read_npy_dataset(text, options) : read_csv(text, options);
}

}  // namespace gradus
