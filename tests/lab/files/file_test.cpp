// SPDX-License-Identifier: MIT
#include "gradus/lab/files/file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "gradus/core/error.hpp"
#include "gradus/lab/files/crc32.hpp"
#include "src/lab/files/folder.hpp"

namespace gradus {
namespace {

namespace fs = std::filesystem;

class File : public testing::Test {
 protected:
  File() {
    std::string pattern = testing::TempDir() + "gradus_file_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~File() override {
    fs::permissions(folder_, fs::perms::owner_all);
    fs::remove_all(folder_);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::ptrdiff_t entries() const { return std::distance(fs::directory_iterator(folder_), {}); }

  fs::path folder_;
};

mode_t mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_mode & 07777;
}

template <class F>
std::string refusal(F&& f) {
  try {
    f();
    return "";
  } catch (const FileError& error) {
    return error.what();
  }
}

/// In a process of its own that is no superuser (who may write everywhere): the message with which writing is refused.
/// Runs inside EXPECT_EXIT.
[[noreturn]] void write_as_plain_user(const std::string& path) {
  if (::geteuid() == 0 && ::setuid(65534) != 0) std::_Exit(2);
  std::fputs(refusal([&] { write_file(path, "new"); }).c_str(), stderr);
  std::_Exit(0);
}

TEST_F(File, ComesBackByteForByteAtAllSizes) {
  for (const std::size_t size : {0u, 1u, 7u, 65'535u, 65'536u, 65'537u, 200'003u}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31);
    write_file(path("f"), bytes);
    EXPECT_EQ(read_file(path("f")), bytes);
  }
  EXPECT_EQ(entries(), 1);
}

TEST_F(File, LeftBehindByAKilledProcessIsSweptAndOneOfTheLivingIsNot) {
  const pid_t killed = ::fork();
  if (killed == 0)
    while (true) ::pause();
  const std::string living = path(".gradus-" + std::to_string(::getppid()) + "-0.tmp");
  const std::string leftover = path(".gradus-" + std::to_string(killed) + "-0.tmp");
  const std::string locked = path(".gradus-" + std::to_string(killed) + "-1.tmp");
  for (const std::string& name :
       {living, leftover, locked, path(".gradus-0-0.tmp"), path(".gradus-x.tmp"), path(".tmp")})
    std::ofstream(name) << "half of it";
  const int lock = ::open(locked.c_str(), O_RDONLY);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);  // as a process of that number on another machine holds it
  ::kill(killed, SIGKILL);
  ::waitpid(killed, nullptr, 0);
  write_file(path("f"), "whole");
  ::close(lock);
  EXPECT_FALSE(fs::exists(leftover));
  for (const std::string& name : {living, locked, path(".gradus-0-0.tmp"), path(".gradus-x.tmp"), path(".tmp")})
    EXPECT_TRUE(fs::exists(name)) << name;
}

TEST_F(File, LeftBehindIsToldByItsNameItsKindAndItsAge) {
  const std::string living = ".gradus-" + std::to_string(::getppid());
  const std::string dead = ".gradus-" + std::to_string(std::numeric_limits<pid_t>::max());
  const std::string own = ".gradus-" + std::to_string(::getpid());
  const std::string old = path(living + "-0.tmp");
  std::ofstream(old) << "of another machine, perhaps, an hour ago";
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(1));
  fs::create_directory(path(dead + "-0.tmp"));
  fs::create_symlink("f", path(dead + "-1.tmp"));
  ASSERT_EQ(::mkfifo(path(dead + "-2.tmp").c_str(), 0600), 0);
  const std::vector<std::string> stay{dead + "-0.tmp",
                                      dead + "-1.tmp",
                                      dead + "-2.tmp",  // a folder, a link, a pipe
                                      living + "-1.tmp",
                                      own + "-77.tmp",
                                      dead + "-3.tmpx",
                                      dead + ".tmp",
                                      "." + dead,
                                      ".gradus--1-0.tmp",
                                      ".gradus-99999999999999999999-0.tmp"};
  for (std::size_t k = 3; k < stay.size(); ++k) std::ofstream(path(stay[k])) << "x";
  std::ofstream(path(dead + "-4.tmp")) << "x";
  write_file(path("f"), "whole");
  EXPECT_FALSE(fs::exists(old));
  EXPECT_FALSE(fs::exists(path(dead + "-4.tmp")));
  for (const std::string& name : stay) EXPECT_TRUE(fs::exists(fs::symlink_status(path(name)))) << name;
}

/// What f() is refused with by a user who is no superuser, who may do everything.
template <class F>
std::string refusal_of_a_plain_user(F f) {
  const bool was_root = ::geteuid() == 0;
  if (was_root && ::setresuid(65534, 65534, 0) != 0) return "cannot be another user";
  std::string message = refusal(f);
  if (was_root && ::setresuid(0, 0, 0) != 0) return "cannot be a superuser again";
  return message;
}

TEST_F(File, OfAProcessOfAnotherUserIsNoneThatIsLeftBehind) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  const std::string theirs = path(".gradus-1-0.tmp");
  std::ofstream(theirs) << "x";
  EXPECT_EQ(refusal_of_a_plain_user([&] { write_file(path("f"), "whole"); }), "");
  EXPECT_TRUE(fs::exists(theirs)) << "its process lives, though nobody may ask it";
}

/// The process's number of a temporary file, from its name.
unsigned next_number(const fs::path& folder) {
  const int watch = ::inotify_init1(IN_NONBLOCK);
  EXPECT_GE(::inotify_add_watch(watch, folder.c_str(), IN_CREATE), 0);
  write_file(folder / "seen", "x");
  alignas(inotify_event) std::array<char, 4096> events{};
  EXPECT_GT(::read(watch, events.data(), events.size()), 0);
  ::close(watch);
  const std::string name(events.data() + sizeof(inotify_event));  // .gradus-123-4.tmp
  return static_cast<unsigned>(std::stoul(name.substr(name.rfind('-') + 1))) + 1;
}

TEST_F(File, TakesAnotherNameForATemporaryFileWhereOneIsTaken) {
  const unsigned next = next_number(folder_);
  std::vector<std::string> taken;
  for (unsigned k = next; k < next + 3; ++k)
    taken.push_back(path(".gradus-" + std::to_string(::getpid()) + "-" + std::to_string(k) + ".tmp"));
  for (const std::string& name : taken) std::ofstream(name) << "theirs";
  write_file(path("f"), "mine");
  EXPECT_EQ(read_file(path("f")), "mine");
  for (const std::string& name : taken) EXPECT_EQ(read_file(name), "theirs");
}

TEST_F(File, GoesOnWhereASignalInterruptsIt) {
  struct sigaction before {
  }, action{};
  action.sa_handler = [](int) {};  // and no SA_RESTART: a call that waits is ended
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  const auto disturb = [](std::thread& thread) {
    for (int k = 0; k < 20; ++k) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      ::pthread_kill(thread.native_handle(), SIGUSR1);
    }
  };
  const std::string content(300'000, 'x');  // more than a pipe holds
  for (const char* name : {"in", "out"}) ASSERT_EQ(::mkfifo(path(name).c_str(), 0600), 0);
  std::thread writer([&] { write_file(path("out"), content); });
  const int out = ::open(path("out").c_str(), O_RDONLY);
  disturb(writer);
  std::string got;
  char buffer[4096];
  for (ssize_t size = 0; (size = ::read(out, buffer, sizeof buffer)) > 0;)
    got.append(buffer, static_cast<std::size_t>(size));
  writer.join();
  EXPECT_EQ(got, content);
  std::string read;
  std::thread reader([&] { read = read_file(path("in")); });
  const int in = ::open(path("in").c_str(), O_WRONLY);
  disturb(reader);
  EXPECT_EQ(::write(in, "late", 4), 4);
  ::close(in);
  reader.join();
  EXPECT_EQ(read, "late");
  ::close(out);
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_F(File, AppendedToIsCutBackIfItCannotBeDone) {
  write_file(path("f"), "old\n");
  append_to_file(path("f"), "new\n", true);
  EXPECT_EQ(read_file(path("f")), "old\nnew\n");
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  rlimit small = old;
  small.rlim_cur = 1000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = refusal([&] { append_to_file(path("f"), std::string(5000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, path("f") + ": cannot write: File too large");
  EXPECT_EQ(read_file(path("f")), "old\nnew\n");
}

TEST_F(File, IsReplacedWholeSoThatAReaderSeesTheOldOrTheNew) {
  write_file(path("f"), "old contents");
  const int old = ::open(path("f").c_str(), O_RDONLY);
  write_file(path("f"), "new");
  char buffer[32];
  EXPECT_EQ(::read(old, buffer, sizeof buffer), 12);  // who had it open still reads all of the old one
  ::close(old);
  EXPECT_EQ(read_file(path("f")), "new");
}

TEST_F(File, GetsThePermissionsOfANewFileAndKeepsThoseOfAnOldOne) {
  const mode_t mask = ::umask(027);
  write_file(path("new"), "x");
  ::umask(mask);
  EXPECT_EQ(mode_of(path("new")), 0640u);
  ASSERT_EQ(::chmod(path("new").c_str(), 0600), 0);
  write_file(path("new"), "y");
  EXPECT_EQ(mode_of(path("new")), 0600u);
}

TEST_F(File, BehindALinkIsReplacedAndTheLinkStays) {
  fs::create_directory(folder_ / "sub");
  write_file(path("sub/f"), "old");
  fs::create_symlink("sub/f", folder_ / "link");
  fs::create_symlink("link", folder_ / "link2");
  write_file(path("link2"), "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "link2"));
  EXPECT_EQ(read_file(path("sub/f")), "new");
  fs::create_symlink(folder_ / "sub" / "absent", folder_ / "dangling");
  write_file(path("dangling"), "there now");
  EXPECT_EQ(read_file(path("sub/absent")), "there now");
}

TEST_F(File, BehindALinkToItselfIsRefusedAndTheLinkStays) {
  fs::create_symlink("loop", folder_ / "loop");
  EXPECT_EQ(refusal([&] { write_file(path("loop"), "x"); }),
            path("loop") + ": cannot write: Too many levels of symbolic links");
  EXPECT_TRUE(fs::is_symlink(folder_ / "loop"));
  EXPECT_EQ(entries(), 1);
}

TEST_F(File, InAFolderThatIsMissingIsRefused) {
  EXPECT_EQ(refusal([&] { write_file(path("no/f"), "x"); }),
            path("no/f") + ": cannot write: No such file or directory");
  EXPECT_EQ(refusal([&] { read_file(path("no/f")); }), path("no/f") + ": cannot read: No such file or directory");
  EXPECT_NE(refusal([&] { write_file("", "x"); }), "");
  EXPECT_NE(refusal([&] { write_file(path("new/"), "x"); }), "");
  EXPECT_EQ(entries(), 0);
}

TEST_F(File, ThatIsAFolderIsRefused) {
  EXPECT_EQ(refusal([&] { write_file(folder_.string(), "x"); }), folder_.string() + ": cannot write: it is a folder");
  EXPECT_EQ(refusal([&] { read_file(folder_.string()); }), folder_.string() + ": cannot read: it is a folder");
}

TEST_F(File, ThatMayNotBeWrittenOrLiesInSuchAFolderIsRefusedAndIntact) {
  write_file(path("f"), "old");
  ASSERT_EQ(::chmod(path("f").c_str(), 0666), 0);
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  EXPECT_EXIT(write_as_plain_user(path("f")), testing::ExitedWithCode(0), "f: cannot write: Permission denied$");
  EXPECT_EXIT(write_as_plain_user(path("g")), testing::ExitedWithCode(0), "g: cannot write: Permission denied$");
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  ASSERT_EQ(::chmod(path("f").c_str(), 0444), 0);
  EXPECT_EQ(refusal_of_a_plain_user([&] { write_file(path("f"), "new"); }),
            path("f") + ": cannot write: Permission denied");
  EXPECT_EXIT(write_as_plain_user(path("f")), testing::ExitedWithCode(0), "f: cannot write: Permission denied$");
  EXPECT_EQ(read_file(path("f")), "old");
  EXPECT_EQ(entries(), 1);
}

TEST_F(File, OnAFullDiskIsRefused) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  EXPECT_EQ(refusal([] { write_file("/dev/full", "x"); }), "/dev/full: cannot write: No space left on device");
  EXPECT_EQ(refusal([] { append_to_file("/dev/full", "x"); }), "/dev/full: cannot write: No space left on device");
}

// A limit on file sizes stops the write half-way, as a full disk does.
TEST_F(File, ThatCannotBeWrittenToItsEndLeavesTheOldOneAndNothingElse) {
  write_file(path("f"), "old");
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  rlimit small = old;
  small.rlim_cur = 1000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = refusal([&] { write_file(path("f"), std::string(5000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, path("f") + ": cannot write: File too large");
  EXPECT_EQ(read_file(path("f")), "old");
  EXPECT_EQ(entries(), 1);
}

TEST_F(File, AboveTheLimitIsRefusedBeforeItIsRead) {
  write_file(path("f"), "12345");
  EXPECT_EQ(read_file(path("f"), 5), "12345");
  EXPECT_EQ(refusal([&] { read_file(path("f"), 4); }), path("f") + ": expected at most 4 bytes, got 5");
  fs::resize_file(path("f"), std::uintmax_t{1} << 40);  // a hole: takes no space
  EXPECT_NE(refusal([&] { read_file(path("f")); }), "");
  EXPECT_NE(refusal([&] { read_file("/dev/zero", 100'000); }), "");
}

TEST_F(File, MayBeADeviceOrAPipe) {
  write_file("/dev/null", "x");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(read_file("/dev/null"), "");
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::thread writer([&] { write_file(path("pipe"), "through"); });
  EXPECT_EQ(read_file(path("pipe")), "through");
  writer.join();
  EXPECT_TRUE(fs::is_fifo(path("pipe")));
}

TEST_F(File, ThatIsASocketOrAFolderAboveIsRefused) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path("socket").c_str());
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(refusal([&] { write_file(path("socket"), "x"); }),
            path("socket") + ": cannot write: No such device or address");
  ::close(socket);
  EXPECT_EQ(refusal([&] { append_to_file(path("none"), "x"); }),
            path("none") + ": cannot write: No such file or directory");
  write_file(path("f"), "x");
  EXPECT_EQ(refusal([&] { make_folder(path("f/sub")); }), path("f/sub") + ": cannot make the folder: Not a directory");
  make_folder(path("a/b"));
  make_folder(path("a/b"));
  EXPECT_TRUE(fs::is_directory(path("a/b")));
  EXPECT_EQ(refusal([&] { FolderLock lock(path("f")); }), path("f") + ": cannot open the folder: Not a directory");
}

TEST_F(File, IsWrittenInTheFolderOneIsIn) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  write_file("f", "here");
  fs::current_path(before);
  EXPECT_EQ(read_file(path("f")), "here");
}

TEST_F(File, ALockOnAFolderNeedsNoStandardInput) {
  const int input = ::dup(STDIN_FILENO);
  ASSERT_EQ(::close(STDIN_FILENO), 0);
  EXPECT_EQ(refusal([&] { FolderLock lock(folder_.string()); }), "") << "its descriptor is 0";
  ASSERT_EQ(::dup2(input, STDIN_FILENO), STDIN_FILENO);
  ::close(input);
}

TEST_F(File, MayHaveTheLongestNameThereIs) {
  const std::string name(255, 'n');
  write_file(path(name), "x");
  EXPECT_EQ(read_file(path(name)), "x");
}

TEST_F(File, IsThereOrNotOrTheSystemDoesNotTell) {
  write_file(path("f"), "x");
  EXPECT_TRUE(file_exists(path("f")));
  EXPECT_FALSE(file_exists(path("g")));
  std::filesystem::create_symlink("loop", path("loop"));
  EXPECT_THROW(file_exists(path("loop")), FileError);
  EXPECT_THROW(file_exists(path(std::string(256, 'n'))), FileError);
}

TEST_F(File, WithANulInItsNameIsRefusedAndTheOneBeforeItIsLeftAlone) {
  write_file(path("f"), "x");
  const std::string name = path("f") + std::string("\0g", 2);
  const std::string message = path("f") + "?g: expected the name of a file, got one with a NUL character";
  EXPECT_EQ(refusal([&] { read_file(name); }), message);
  EXPECT_EQ(refusal([&] { write_file(name, "y"); }), message);
  EXPECT_EQ(refusal([&] { append_to_file(name, "y"); }), message);
  EXPECT_EQ(refusal([&] { file_exists(name); }), message);
  EXPECT_EQ(refusal([&] { names_in_folder(name); }), message);
  EXPECT_EQ(refusal([&] { make_folder(name); }), message);
  EXPECT_EQ(refusal([&] { FolderLock lock(folder_.string() + std::string(1, '\0')); }),
            folder_.string() + "?: expected the name of a file, got one with a NUL character");
  EXPECT_EQ(read_file(path("f")), "x");
  EXPECT_EQ(entries(), 1);
}

TEST_F(File, IsListedInItsFolder) {
  EXPECT_TRUE(names_in_folder(path("none")).empty());
  write_file(path("f"), "x");
  write_file(path("g"), "x");
  std::vector<std::string> names = names_in_folder(path("."));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"f", "g"}));
  EXPECT_THROW(names_in_folder(path("f")), FileError);
}

TEST_F(File, WrittenByManyThreadsAtOnceIsOneOfTheirs) {
  std::vector<std::thread> threads;
  for (char c = 'a'; c < 'i'; ++c)
    threads.emplace_back([&, c] {
      for (int i = 0; i < 20; ++i) write_file(path("f"), std::string(10'000, c));
    });
  for (std::thread& thread : threads) thread.join();
  const std::string bytes = read_file(path("f"));
  EXPECT_EQ(bytes, std::string(10'000, bytes[0]));
  EXPECT_EQ(entries(), 1);
}

TEST(Crc32, GivesTheStandardsCheckValueAndMayBeContinued) {
  static_assert(crc32("123456789") == 0xCBF43926);
  EXPECT_EQ(crc32(""), 0u);
  EXPECT_EQ(crc32("456789", crc32("123")), 0xCBF43926);
}

}  // namespace
}  // namespace gradus
