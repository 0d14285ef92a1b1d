// SPDX-License-Identifier: MIT
#include <filesystem>

#include "gradus/core/nearest.hpp"
#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/data/npy.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/lab/files/file.hpp"

namespace gradus {
namespace {

void refuse_npz(const std::string& path) {
  if (path.ends_with(".npz"))
    throw FileError(path, "expected a CSV or .npy file, got a .npz, which holds several arrays");
}

}  // namespace

Dataset load_data(const std::string& text, const TableOptions& options) { return read_data(text, options).data; }

Reading read_data(const std::string& text, const TableOptions& options) {
  if (!is_file(text)) return {make_dataset(text)};
  std::error_code ignored;
  if (text.find_first_of("./") == std::string::npos && !std::filesystem::exists(text, ignored))
    throw FileError(text, "no such file, nor data of that name" + suggestion(text, data_names()));
  refuse_npz(text);
  return text.ends_with(".npy") ? Reading{read_npy_dataset(text, options)} : read_table(text, options);
}

void save_data(const Dataset& data, const std::string& path) {
  refuse_npz(path);
  write_file(path, path.ends_with(".npy") ? to_npy(data) : to_csv(data));
}

}  // namespace gradus
