// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>  // what tells of glibc

/// Before a small thread_local that every update asks several times. In a library or a Python module it is then found
/// at a fixed distance, without a call; glibc keeps room for such ones of libraries that are loaded later.
#if defined(__GLIBC__)
#define GRADUS_THREAD_MODE [[gnu::tls_model("initial-exec")]]
#else
#define GRADUS_THREAD_MODE
#endif
