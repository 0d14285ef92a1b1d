// SPDX-License-Identifier: MIT
#include "apps/gradus/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace gradus::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirst{300};  // a run that is over by then needs no progress
constexpr milliseconds kEvery{100};

/// Columns of the terminal, beyond which a line cannot be written over.
std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

std::string clock_text(double seconds) {
  const auto total = static_cast<long long>(std::ceil(std::min(seconds, 3.6e8)));
  const std::string minutes = fmt::format("{:02}:{:02}", total / 60 % 60, total % 60);
  return total < 3600 ? minutes : fmt::format("{}:{}", total / 3600, minutes);
}

std::string progress_line(const Progress& progress, double seconds, Index first) {
  std::string line = progress.epochs > 0 ? fmt::format("epoch {}/{}", progress.epoch, progress.epochs)
                                         : fmt::format("update {}/{}", progress.update, progress.updates);
  line += fmt::format("  loss {:.4g}", progress.loss);
  if (progress.test_accuracy)
    line += fmt::format("  test accuracy {:.3f}", *progress.test_accuracy);
  else if (progress.accuracy)
    line += fmt::format("  accuracy {:.3f}", *progress.accuracy);
  if (progress.learning_rate > 0) line += fmt::format("  lr {:.4g}", progress.learning_rate);
  const double left = seconds * static_cast<double>(progress.updates - progress.update) /
                      static_cast<double>(std::max<Index>(progress.update - first, 1));
  return line + "  " + clock_text(left) + " left";
}

ProgressPrinter::ProgressPrinter(const Console& console)
    : silent_(console.quiet), terminal_(::isatty(STDERR_FILENO) == 1), next_(start_ + kFirst) {}

bool ProgressPrinter::due(double share) {
  if (terminal_) return Clock::now() >= next_;
  if (share * 10 < next_tenth_) return false;
  next_tenth_ = static_cast<int>(share * 10) + 1;
  return true;
}

void ProgressPrinter::show(const Progress& progress) {
  if (first_ < 0) first_ = progress.update - 1;
  const auto updates = static_cast<double>(std::max<Index>(progress.updates, 1));
  show(static_cast<double>(progress.update) / updates,
       [&] { return progress_line(progress, std::chrono::duration<double>(Clock::now() - start_).count(), first_); });
}

void ProgressPrinter::show(double share, const std::function<std::string()>& words) {
  if (silent_ || !due(share)) return;
  std::string line = words();
  if (terminal_) {
    line = "\r" + line.substr(0, terminal_width() - 1) + "\033[K";
    shown_ = true;
    next_ = Clock::now() + kEvery;
  } else {
    line += "\n";
  }
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void ProgressPrinter::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace gradus::cli
