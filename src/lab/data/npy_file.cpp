// SPDX-License-Identifier: MIT
#include "gradus/lab/data/npy.hpp"
#include "gradus/lab/files/file.hpp"

namespace gradus {

NpyArray read_npy(const std::string& path) { return parse_npy(read_file(path), path); }

Dataset read_npy_dataset(const std::string& path, const TableOptions& options) {
  return parse_npy_dataset(read_file(path), options, path);
}

}  // namespace gradus
