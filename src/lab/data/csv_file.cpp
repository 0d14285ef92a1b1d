// SPDX-License-Identifier: MIT
#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/files/file.hpp"

namespace gradus {

Reading read_table(const std::string& path, const TableOptions& options) {
  return parse_table(read_file(path), options, path);
}

Dataset read_csv(const std::string& path, const TableOptions& options) { return read_table(path, options).data; }

void write_csv(const Dataset& data, const std::string& path) { write_file(path, to_csv(data)); }

}  // namespace gradus
