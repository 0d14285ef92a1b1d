// SPDX-License-Identifier: MIT
// The tables of schema.proto, as nanopb writes them.
#include "lab/exchange/onnx/schema.pb.c"  // NOLINT(bugprone-suspicious-include)
