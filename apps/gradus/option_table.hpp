// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "apps/gradus/program.hpp"

namespace gradus::cli {

/// Every command below `app` with its options and what each of them holds: for the completion of a shell, and for tests
/// that leave none out.
nlohmann::ordered_json option_table(const CLI::App& app);

}  // namespace gradus::cli
