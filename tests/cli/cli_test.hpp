// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "gradus/lab/files/file.hpp"
#include "tests/paths.hpp"

/// The command line as a user meets it: the program itself, run in a folder of its own.
namespace gradus {

struct Outcome {
  int status = -1;  ///< 128 + signal if it was killed
  std::string out;
  std::string err;
};

class CliTest : public ::testing::Test {
 protected:
  CliTest() {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = ::testing::TempDir() + "gradus_cli_" + name + "_" + std::to_string(::getpid());
    std::filesystem::create_directories(folder_);
  }
  ~CliTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  bool exists(const std::string& name) const { return std::filesystem::exists(path(name)); }
  void write(const std::string& name, const std::string& bytes) const { write_file(path(name), bytes); }
  std::string read(const std::string& name) const { return read_file(path(name)); }
  /// Files in the folder, but for those that catch the output.
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      count += !entry.path().filename().string().starts_with("std");
    return count;
  }

  /// Has `gradus page` find a page, which `make test` builds none of.
  void lay_page() const {
    write("installed.html", R"(<!DOCTYPE html><meta name="generator" content="Gradus page">)");
    ::setenv("GRADUS_PAGE", path("installed.html").c_str(), 1);
  }

  /// Starts `gradus` with these words; `environment` holds NAME=VALUE.
  pid_t start(const std::vector<std::string>& words, const std::vector<std::string>& environment = {}) const {
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (::chdir(folder_.c_str()) != 0) std::_Exit(99);
    for (const auto& [file, to] : {std::pair{"stdout", STDOUT_FILENO}, std::pair{"stderr", STDERR_FILENO}})
      ::dup2(::open(file, O_WRONLY | O_CREAT | O_TRUNC, 0666), to);
    for (const std::string& variable : environment) ::putenv(const_cast<char*>(variable.c_str()));
    std::vector<char*> arguments{const_cast<char*>("gradus")};
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(GRADUS_CLI, arguments.data());
    std::_Exit(99);
  }
  Outcome finish(pid_t child) const {
    int status = 0;
    ::waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read("stdout"), read("stderr")};
  }
  Outcome run(const std::vector<std::string>& words, const std::vector<std::string>& environment = {}) const {
    return finish(start(words, environment));
  }

  /// What `gradus` says as it refuses: one line, nothing on standard output, no file written. Its own name is cut off.
  std::string refusal(const std::vector<std::string>& words, int status) const {
    const std::size_t before = files();
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, status) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(files(), before) << "something was written";
    EXPECT_TRUE(outcome.err.starts_with("gradus: ")) << outcome.err;
    EXPECT_EQ(outcome.err.find('\n') + 1, outcome.err.size()) << outcome.err;
    return outcome.err.size() < 9 ? "" : outcome.err.substr(8, outcome.err.size() - 9);
  }
  /// The first line of a refusal that shows the place on two more.
  std::string pointed_refusal(const std::vector<std::string>& words, int status, const std::string& pointer) const {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, status) << outcome.err;
    const std::size_t end = outcome.err.find('\n');
    EXPECT_EQ(outcome.err.substr(end + 1), pointer);
    return outcome.err.substr(0, end);
  }

  /// A small model of circles in `c.model`.
  void train_circles() const {
    const Outcome outcome = run({"train", "circles:samples=60,noise=0.1,factor=0.4", "--network", "2-6tanh-2softmax",
                                 "--epochs", "5", "--test", "0.4", "--lr", "0.1", "-q", "-o", "c.model"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    ASSERT_EQ(outcome.out + outcome.err, "") << "quiet";
  }

 private:
  std::string folder_;
};

}  // namespace gradus
