// SPDX-License-Identifier: MIT
#pragma once

namespace gradus::detail {

/// log(x) for 0 < x < 1, x normal, with the very bits of the GNU C library (2.28 and later) on a processor with fused
/// multiply-add, which is what NumPy's legacy normals are made of there; of a million about 40 differ without. For
/// nothing else: gradus::log is nearer to the logarithm.
double legacy_log(double x);

/// The same without the processor's fused multiply-add; for tests.
double legacy_log_in_software(double x);

}  // namespace gradus::detail
