// SPDX-License-Identifier: MIT
#include "gnuplot_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "gradus/core/error.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): a program declares it (POSIX)

namespace gradus::figure_detail {
namespace {

/// A connected pair of sockets: ours and the child's. A socket and not a pipe, because a write to a program that has
/// ended must be an error here and not a signal to the whole process (MSG_NOSIGNAL).
class Channel {
 public:
  Channel() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      throw ToolError(std::string("gnuplot could not be started: ") + std::strerror(errno));
    ours_ = ends[0];
    theirs_ = ends[1];
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() {
    close_ours();
    close_theirs();
  }
  int ours() const { return ours_; }
  int theirs() const { return theirs_; }
  void close_ours() { close(ours_); }
  void close_theirs() { close(theirs_); }

 private:
  static void close(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  int ours_ = -1;
  int theirs_ = -1;
};

/// gnuplot looks at the locale for its messages; the picture must not depend on it.
std::vector<char*> plain_environment(std::string& locale) {
  std::vector<char*> variables{locale.data()};
  for (char** variable = environ; variable && *variable; ++variable)
    if (std::strncmp(*variable, "LC_", 3) != 0 && std::strncmp(*variable, "LANG", 4) != 0)
      variables.push_back(*variable);
  variables.push_back(nullptr);
  return variables;
}

class Gnuplot {
 public:
  Gnuplot() {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in_.theirs(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out_.theirs(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err_.theirs(), STDERR_FILENO);
    std::string locale = "LC_ALL=C", program = "gnuplot", defaults = "-d";  // -d: no start-up files
    const std::array<char*, 3> arguments = {program.data(), defaults.data(), nullptr};
    const std::vector<char*> environment = plain_environment(locale);
    const int error = ::posix_spawnp(&child_, "gnuplot", &actions, nullptr, arguments.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error == ENOENT)
      throw ToolError(
          "gnuplot is not installed (Debian: apt install gnuplot-nox), expected it on the PATH to draw pictures");
    if (error != 0) throw ToolError(std::string("gnuplot could not be started: ") + std::strerror(error));
    for (Channel* channel : {&in_, &out_, &err_}) channel->close_theirs();
  }
  Gnuplot(const Gnuplot&) = delete;
  Gnuplot& operator=(const Gnuplot&) = delete;
  ~Gnuplot() { wait(); }

  /// Feeds the script and collects both outputs at once: either may fill up while the other is waited for.
  void converse(std::string_view script) {
    while (out_.ours() >= 0 || err_.ours() >= 0) {
      if (script.empty()) in_.close_ours();
      std::array<pollfd, 3> ends = {pollfd{in_.ours(), POLLOUT, 0}, pollfd{out_.ours(), POLLIN, 0},
                                    pollfd{err_.ours(), POLLIN, 0}};
      if (::poll(ends.data(), ends.size(), -1) < 0) {
        if (errno == EINTR) continue;
        throw ToolError(std::string("gnuplot could not be reached: ") + std::strerror(errno));
      }
      if (ends[0].revents) send(script);
      if (ends[1].revents) receive(out_, drawn);
      if (ends[2].revents) receive(err_, complaints);
    }
  }

  /// The exit status, or 128 and more if a signal ended it.
  int wait() {
    if (child_ <= 0) return status_;
    in_.close_ours();
    int state = 0;
    while (::waitpid(child_, &state, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
    return status_ = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
  }

  std::string drawn;
  std::string complaints;

 private:
  void send(std::string_view& script) {
    const ssize_t sent = ::send(in_.ours(), script.data(), script.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
      script.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno != EINTR && errno != EAGAIN)
      script = {};  // it has stopped listening; its exit status and complaints say why
  }
  static void receive(Channel& from, std::string& text) {
    char buffer[1 << 16];
    const ssize_t got = ::read(from.ours(), buffer, sizeof buffer);
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) from.close_ours();
  }

  Channel in_, out_, err_;
  pid_t child_ = -1;
  int status_ = 0;
};

/// The line of the complaint that says what is wrong: the last that is not empty, on one line.
std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return "no message";
  const std::size_t newline = text.rfind('\n', end);
  const std::size_t begin = text.find_first_not_of(" \t", newline == std::string::npos ? 0 : newline + 1);
  return text.substr(begin, end - begin + 1);
}

}  // namespace

std::string run_gnuplot(std::string_view script) {
  Gnuplot gnuplot;
  gnuplot.converse(script);
  const int status = gnuplot.wait();
  if (status != 0)
    throw ToolError("gnuplot failed with status " + std::to_string(status) + ": " + last_line(gnuplot.complaints));
  if (gnuplot.drawn.empty()) throw ToolError("gnuplot drew nothing: " + last_line(gnuplot.complaints));
  return std::move(gnuplot.drawn);
}

}  // namespace gradus::figure_detail
