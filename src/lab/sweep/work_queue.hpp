// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace gradus {

/// Calls task(0), ..., task(count - 1), each once, in order of their numbers, on so many threads, this one among them.
/// Once a task gives false no further one is begun. What the first of them throws is thrown here.
template <class Task>
void work_through(std::size_t count, int threads, const Task& task) {
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  const auto work = [&] {
    try {
      for (std::size_t k; (k = next++) < count;)
        if (!task(k)) next = count;
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  const std::size_t wanted = std::min(count, static_cast<std::size_t>(std::max(threads, 1)));
  std::vector<std::thread>
      others;  // and not jthread, which Emscripten's library lacks; nothing throws before the joins
  others.reserve(wanted);
  try {
    while (others.size() + 1 < wanted) others.emplace_back(work);
  } catch (const std::system_error&) {
    // The system gives no more threads: those there are do the work.
  }
  work();
  for (std::thread& other : others) other.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace gradus
