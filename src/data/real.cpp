// SPDX-License-Identifier: MIT
#include "gradus/data/real.hpp"

#include "gradus/data/csv.hpp"
#include "src/data/embedded.hpp"

namespace gradus {

Dataset load_iris() { return parse_csv(embedded::iris(), {}, "iris"); }

Dataset load_digits() { return parse_csv(embedded::digits(), {}, "digits"); }

}  // namespace gradus
