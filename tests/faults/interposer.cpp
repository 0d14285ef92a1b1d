// SPDX-License-Identifier: MIT
// Stands between a program and the C library, and lets one call fail: the n-th allocation, or the n-th call of the
// system, as SQLite's tests do ("How SQLite Is Tested", sections 3.1 and 3.2). LD_PRELOAD loads it. For a program that
// knows nothing of it, GRADUS_FAULT=a17 arms it as main begins, and GRADUS_FAULT_STRUCK names a file that is made once
// the call has failed. With s12 the 12th call fails, with g12 that one and all after it: the disk is gone. p12 cuts the
// power instead, with the 12th call: see below.
#include "interposer.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace {

std::atomic<char> armed{0};
std::atomic<long> left{0};
std::atomic<bool> struck{false};
std::atomic<long> live{0};

/// Makes the file that says so; by system calls alone, since anything else may be what fails.
void tell_struck() {
  struck = true;
  if (const char* path = std::getenv("GRADUS_FAULT_STRUCK"))
    ::syscall(SYS_close, ::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0666));
}

/// Whether this call is the one.
bool strikes(char kind) {
  if (armed.load() != kind || --left != 0) return false;
  armed = 0;
  tell_struck();
  return true;
}

/// Whether this call of the system fails: the one, or since the disk is gone.
bool fails() {
  if (armed.load() != 'g') return strikes('s');
  if (--left == 0) tell_struck();
  return left.load() <= 0;
}

void* counted(void* block) {
  if (block) ++live;
  return block;
}

// ------------------------------------------------------------------------------------------------ power
// A power cut takes back what was not synced: bytes written to a file since its last fsync, and a renaming since the
// last fsync of a folder. (A real disk may keep some of it; nobody can count on that.)

constexpr int kFiles = 256;
struct Written {
  int copy = -1;  ///< a descriptor of the file, of our own
  off_t safe = 0;
  bool dirty = false;
};
Written written[kFiles];  // by descriptor
Written closed[kFiles];   // closed with something unsynced
int closed_count = 0;
char renamed_to[4096] = "";     // since the last sync of a folder
char replaced_copy[4096] = "";  // a link to what stood there before, if anything did

bool watches_power() { return armed.load() == 'p'; }

off_t size_of(int fd) {
  struct stat info {};
  return ::syscall(SYS_fstat, fd, &info) == 0 ? info.st_size : 0;
}

bool is_folder(int fd) {
  struct stat info {};
  return ::syscall(SYS_fstat, fd, &info) == 0 && S_ISDIR(info.st_mode);
}

void note_opened(int fd) {
  if (fd >= 0 && fd < kFiles) written[fd] = {-1, size_of(fd), false};
}

void note_synced(int fd) {
  if (is_folder(fd)) {
    if (replaced_copy[0]) ::syscall(SYS_unlinkat, AT_FDCWD, replaced_copy, 0);
    renamed_to[0] = replaced_copy[0] = '\0';
  } else if (fd < kFiles) {
    written[fd].safe = size_of(fd);
    written[fd].dirty = false;
  }
}

void note_closing(int fd) {
  if (fd < 0 || fd >= kFiles || !written[fd].dirty || closed_count == kFiles) return;
  closed[closed_count] = written[fd];
  closed[closed_count++].copy = static_cast<int>(::syscall(SYS_dup, fd));
  written[fd].dirty = false;
}

void note_renaming(const char* to) {
  std::snprintf(renamed_to, sizeof renamed_to, "%s", to);
  std::snprintf(replaced_copy, sizeof replaced_copy, "%.4000s.before-power-cut", to);
  if (::syscall(SYS_linkat, AT_FDCWD, to, AT_FDCWD, replaced_copy, 0) != 0) replaced_copy[0] = '\0';
}

[[noreturn]] void cut_power() {
  for (int fd = 0; fd < kFiles; ++fd)
    if (written[fd].dirty) ::syscall(SYS_ftruncate, fd, written[fd].safe);
  for (int k = 0; k < closed_count; ++k) ::syscall(SYS_ftruncate, closed[k].copy, closed[k].safe);
  if (replaced_copy[0])
    ::syscall(SYS_renameat, AT_FDCWD, replaced_copy, AT_FDCWD, renamed_to);
  else if (renamed_to[0])
    ::syscall(SYS_unlinkat, AT_FDCWD, renamed_to, 0);
  tell_struck();
  ::_exit(86);
}

/// A call of the system: fails with `error` if it is the one, else is made.
template <class Result, class F, class... Arguments>
Result call(int error, F f, Arguments... arguments) {
  if (strikes('p')) cut_power();
  if (fails()) {
    errno = error;
    return static_cast<Result>(-1);
  }
  return f(arguments...);
}

}  // namespace

#define REAL(name) static const auto real = reinterpret_cast<decltype(&::name)>(::dlsym(RTLD_NEXT, #name))

extern "C" {

void gradus_faults_arm(char kind, long n) {
  armed = 0;
  struck = false;
  left = n;
  if (n > 0) armed = kind;
}
bool gradus_faults_struck() { return struck; }
long gradus_faults_live_blocks() { return live; }

// ------------------------------------------------------------------------------------------------ allocations

void* malloc(std::size_t size) {
  if (strikes('a')) return errno = ENOMEM, nullptr;
  return counted(__libc_malloc(size));
}
void* calloc(std::size_t count, std::size_t size) {
  if (strikes('a')) return errno = ENOMEM, nullptr;
  return counted(__libc_calloc(count, size));
}
void* realloc(void* block, std::size_t size) {
  if (strikes('a')) return errno = ENOMEM, nullptr;
  void* moved = __libc_realloc(block, size);
  if (!block && moved) ++live;
  if (block && size == 0 && !moved) --live;
  return moved;
}
void* memalign(std::size_t alignment, std::size_t size) {
  if (strikes('a')) return errno = ENOMEM, nullptr;
  return counted(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }
int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  void* made = memalign(alignment, size);
  if (!made) return ENOMEM;
  *block = made;
  return 0;
}
void free(void* block) {
  if (block) --live;
  __libc_free(block);
}

// ------------------------------------------------------------------------------------------------ the system

int open(const char* path, int flags, ...) {
  REAL(open);
  std::va_list more;
  va_start(more, flags);
  const unsigned mode = flags & O_CREAT ? va_arg(more, unsigned) : 0u;
  va_end(more);
  const int fd = call<int>(EMFILE, real, path, flags, mode);
  if (watches_power()) note_opened(fd);
  return fd;
}
int open64(const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const unsigned mode = flags & O_CREAT ? va_arg(more, unsigned) : 0u;
  va_end(more);
  return open(path, flags, mode);
}
ssize_t read(int fd, void* bytes, std::size_t size) {
  REAL(read);
  return call<ssize_t>(EIO, real, fd, bytes, size);
}
ssize_t write(int fd, const void* bytes, std::size_t size) {
  REAL(write);
  if (armed.load() == 's' && left.load() == 1 && size > 1) size /= 2;  // a disk that is full in the middle: half, then
  const ssize_t done = call<ssize_t>(ENOSPC, real, fd, bytes, size);
  if (watches_power() && done > 0 && fd > 2 && fd < kFiles) written[fd].dirty = true;
  return done;
}
int close(int fd) {
  REAL(close);
  if (watches_power()) note_closing(fd);
  if (!fails()) return real(fd);
  real(fd);
  errno = EIO;
  return -1;
}
int fsync(int fd) {
  REAL(fsync);
  const int done = call<int>(EIO, real, fd);
  if (watches_power() && done == 0) note_synced(fd);
  return done;
}
int fdatasync(int fd) {
  REAL(fdatasync);
  const int done = call<int>(EIO, real, fd);
  if (watches_power() && done == 0) note_synced(fd);
  return done;
}
int ftruncate(int fd, off_t size) noexcept {
  REAL(ftruncate);
  return call<int>(EIO, real, fd, size);
}
int fchmod(int fd, mode_t mode) noexcept {
  REAL(fchmod);
  return call<int>(EIO, real, fd, mode);
}
int flock(int fd, int how) noexcept {
  REAL(flock);
  return call<int>(ENOLCK, real, fd, how);
}
int rename(const char* from, const char* to) noexcept {
  REAL(rename);
  if (watches_power()) note_renaming(to);
  return call<int>(EIO, real, from, to);
}
int stat(const char* path, struct stat* info) noexcept {
  REAL(stat);
  return call<int>(EIO, real, path, info);
}
int fstat(int fd, struct stat* info) noexcept {
  REAL(fstat);
  return call<int>(EIO, real, fd, info);
}
int access(const char* path, int how) noexcept {
  REAL(access);
  return call<int>(EIO, real, path, how);
}
int mkdir(const char* path, mode_t mode) noexcept {
  REAL(mkdir);
  return call<int>(ENOSPC, real, path, mode);
}
int socketpair(int domain, int type, int protocol, int ends[2]) noexcept {
  REAL(socketpair);
  return call<int>(EMFILE, real, domain, type, protocol, ends);
}

// Armed as main begins: what the loader and the C++ library do before is not the program's.
int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(), void (*fini)(),
                      void (*rtld_fini)(), void* stack_end) {
  static int (*real_main)(int, char**, char**) = main;
  const auto begin = [](int count, char** words, char** environment) {
    if (const char* fault = std::getenv("GRADUS_FAULT")) {
      ::unsetenv("LD_PRELOAD");  // gnuplot is another program
      gradus_faults_arm(fault[0], std::atol(fault + 1));
    }
    const int status = real_main(count, words, environment);
    gradus_faults_arm(0, 0);  // nor what comes after, as where gcov writes its counts
    return status;
  };
  const auto real = reinterpret_cast<decltype(&__libc_start_main)>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  return real(begin, argc, argv, init, fini, rtld_fini, stack_end);
}
}
