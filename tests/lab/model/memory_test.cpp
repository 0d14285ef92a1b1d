// SPDX-License-Identifier: MIT
// A reader never holds more than 4 times the file + 16 MB, whatever the file says of itself.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "gradus/core/error.hpp"
#include "gradus/lab/files/crc32.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/lab/model/safetensors.hpp"

// There in a program that a sanitizer runs in, whether it sees this file or not.
extern "C" {
__attribute__((weak)) void __asan_init();
__attribute__((weak)) void __tsan_init();
}
#define GRADUS_SKIP_UNDER_SANITIZERS \
  if (__asan_init || __tsan_init) GTEST_SKIP() << "a sanitizer's own memory is beyond every limit"

namespace gradus {
namespace {

std::string with_length(std::string_view header) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes.append(header);
}

/// Ends the process: 0 if the file was taken or refused within the limit, 3 if memory ran out. Inside EXPECT_EXIT.
template <class Read>
[[noreturn]] void read_within_limit(const std::string& bytes, Read&& read) {
  std::size_t pages = 0;
  std::FILE* statm = std::fopen("/proc/self/statm", "r");
  if (!statm || std::fscanf(statm, "%zu", &pages) != 1) std::_Exit(0);  // no such thing here
  std::fclose(statm);
  // The file itself is already in memory, once.
  const std::size_t more = 3 * bytes.size() + 16'000'000;
  const rlim_t limit = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + more;
  const rlimit limits{.rlim_cur = limit, .rlim_max = limit};
  ::setrlimit(RLIMIT_AS, &limits);
  try {
    read();
  } catch (const FileError& error) {
    std::fputs(error.what(), stderr);
  } catch (const std::bad_alloc&) {
    std::_Exit(3);
  }
  std::_Exit(0);
}

void expect_small(const std::string& what, const std::string& bytes) {
  EXPECT_EXIT(read_within_limit(bytes, [&] { parse_safetensors(bytes, "f"); }), testing::ExitedWithCode(0), "") << what;
}

/// piece(0),piece(1),...
template <class F>
std::string many(std::size_t count, F&& piece) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) (text += i > 0 ? "," : "") += piece(i);
  return text;
}

TEST(SafeTensorsMemory, IsBoundedForHostileHeaders) {
  GRADUS_SKIP_UNDER_SANITIZERS;
  const auto metadata = [](const std::string& text) {
    return with_length(fmt::format(R"({{"__metadata__":{{{}}}}})", text));
  };
  const auto endless = [](std::size_t count, const char* piece) {
    return many(count, [&](std::size_t) { return piece; });
  };
  const std::string text(SafeTensorsLimits::text - 10, 'x');
  const auto entry = [&](std::size_t i) { return fmt::format(R"("{}":"{}")", i, text); };
  expect_small("a text of the longest kind", metadata(entry(0)));
  expect_small("many of them", metadata(many(8, entry)));
  expect_small("a text without end", metadata(fmt::format(R"("k":"{}")", std::string(40'000'000, 'x'))));
  expect_small("escapes without end", metadata(fmt::format(R"("k":"{}")", endless(4'000'000, R"(\u00e9)"))));
  expect_small("blanks without end", with_length(fmt::format("{{{:40000000}}}", "")));
  expect_small("digits without end", with_length(fmt::format(R"({{"a":{{"shape":[{:1>40000000}]}}}})", "")));
  expect_small("dimensions without end",
               with_length(fmt::format(R"({{"a":{{"shape":[{}]}}}})", endless(9'999'999, "1"))));
  expect_small("brackets without end", with_length(fmt::format(R"({{"a":{:[>40000000}}})", "")));
  for (const std::size_t count : {SafeTensorsLimits::entries, SafeTensorsLimits::entries + 1, std::size_t{400'000}}) {
    expect_small("many metadata", metadata(many(count, [](std::size_t i) { return fmt::format(R"("{}":"")", i); })));
    const auto tensors = [&](const std::string& shape, const char* end) {
      return with_length(fmt::format("{{{}}}", many(count, [&](std::size_t i) {
                                       return fmt::format(R"("{}":{{"dtype":"U8","shape":[{}],"data_offsets":[0,{}]}})",
                                                          i, shape, end);
                                     })));
    };
    expect_small("many tensors", tensors("0", "0"));
    expect_small("many tensors with many dimensions", tensors(endless(32, "0"), "0"));
    expect_small("many large claims", tensors("4611686018427387904", "4611686018427387904"));
  }
}

std::string resealed(const SafeTensors& file) {
  std::string bytes = to_safetensors(file);
  const std::string entry = "\"gradus.checksum\":\"";
  const auto at = static_cast<std::ptrdiff_t>(bytes.find(entry) + entry.size());
  std::fill_n(bytes.begin() + at, 8, '0');
  std::uint32_t sum = crc32(bytes);
  for (std::ptrdiff_t i = 8; i-- > 0; sum >>= 4) bytes[static_cast<std::size_t>(at + i)] = "0123456789abcdef"[sum & 15];
  return bytes;
}

TEST(ModelFileMemory, IsBoundedForHostileMetadata) {
  GRADUS_SKIP_UNDER_SANITIZERS;
  Model model;
  model.network = parse_network("2-2");
  model.theta = {1, 2, 3, 4, 5, 6};
  const SafeTensors good = parse_safetensors(to_model_file(model), "f");
  const auto expect_refused = [&](const std::string& key, const std::string& text) {
    SafeTensors bad = good;
    bad.metadata[key] = text;
    const std::string bytes = resealed(bad);
    EXPECT_EXIT(read_within_limit(bytes, [&] { parse_model_file(bytes, "f"); }), testing::ExitedWithCode(0), "f: ")
        << key;
  };
  expect_refused("network", "1000000-1000");
  expect_refused("network", "1000000-1000000");
  expect_refused("network", many(32'000, [](std::size_t) { return "1-1"; }));
  std::string chain = many(32'000, [](std::size_t) { return "1"; });
  std::replace(chain.begin(), chain.end(), ',', '-');
  expect_refused("network", chain);
  expect_refused("network", std::string(4'000'000, '1'));
  const auto list = [](std::size_t count, const char* item) {
    return fmt::format("[{}]", many(count, [&](std::size_t) { return item; }));
  };
  expect_refused("class_names", list(600'000, R"("")"));
  expect_refused("feature_names", std::string(4'000'000, '['));
  expect_refused("scaler", fmt::format(R"({{"kind":"standard","shift":{},"scale":[]}})", list(2'000'000, "0")));
  expect_refused("scaler", std::string(4'000'000, '1'));
}

}  // namespace
}  // namespace gradus
