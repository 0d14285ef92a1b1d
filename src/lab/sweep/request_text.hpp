// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "gradus/lab/sweep/shard.hpp"

/// The lines that open the file of a shard: which it is, and the request of the whole sweep.
namespace gradus::sweep_detail {

/// `# gradus sweep, shard 3/16`
std::string opening_line(const Shard& shard);

/// All that a plan is made from, a line each: `# grid training.batch = 1,16`. Throws ValueError for a line break in it.
std::string request_lines(const SweepRequest& request, const std::string& fingerprint);

/// The lines that a file opens with, as far as they begin with `#`.
std::string preamble_of(std::string_view text);

/// The request back, and the fingerprint of its data. Throws FileError, with the line of `path`.
SweepRequest parse_request(std::string_view lines, const std::string& path, std::string& fingerprint);

/// `: expected '# grid ...', got '...'` of the first lines that differ.
std::string first_difference(std::string_view expected, std::string_view got);

}  // namespace gradus::sweep_detail
