// SPDX-License-Identifier: MIT
#include "gradus/core/file.hpp"
#include "gradus/data/csv.hpp"

namespace gradus {

Dataset read_csv(const std::string& path, const TableOptions& options) {
  return parse_csv(read_file(path), options, path);
}

void write_csv(const Dataset& data, const std::string& path) { write_file(path, to_csv(data)); }

}  // namespace gradus
