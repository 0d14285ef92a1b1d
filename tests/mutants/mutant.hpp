// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <type_traits>

/// What scripts/mutants puts into a copy of the sources: every fault of a sample is compiled in at once, and an
/// environment variable says which of them is planted in a process and in those that it starts.
namespace gradus_mutants {

inline constexpr int most = 65536;

/// The number of the fault that is planted; 0: none.
inline const int active = [] {
  const char* text = std::getenv("GRADUS_MUTANT");
  return text ? std::atoi(text) : 0;
}();

/// A byte a fault, of the file that GRADUS_MUTANTS_REACHED names: whether this process, or one that it started, came
/// by.
inline unsigned char* const reached = []() -> unsigned char* {
  const char* path = std::getenv("GRADUS_MUTANTS_REACHED");
  const int file = path ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return nullptr;
  void* bytes = ::mmap(nullptr, most, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  return bytes == MAP_FAILED ? nullptr : static_cast<unsigned char*>(bytes);
}();

/// While the compiler computes there are no faults: types, sizes and tables stay as they are.
constexpr bool planted(int fault) {
  if (std::is_constant_evaluated()) return false;
  if (reached && reached[fault] == 0) reached[fault] = 1;
  return fault == active;
}

}  // namespace gradus_mutants
