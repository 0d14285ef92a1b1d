// SPDX-License-Identifier: MIT
#include "gradus/lab/data/real.hpp"

#include "gradus/lab/data/csv.hpp"
#include "src/lab/data/embedded.hpp"

namespace gradus {

Dataset load_iris() { return parse_csv(embedded::iris(), {}, "iris"); }

Dataset load_digits() { return parse_csv(embedded::digits(), {}, "digits"); }

}  // namespace gradus
