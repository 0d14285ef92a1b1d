// SPDX-License-Identifier: MIT
#include "gradus/lab/model/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/little_endian.hpp"
#include "safetensors_header.hpp"

namespace gradus {
namespace {

using Limits = SafeTensorsLimits;

constexpr std::size_t kLengthBytes = 8;

/// Number of bytes of a tensor, or nothing if it does not fit 64 bits.
std::optional<std::size_t> byte_count(DType dtype, const std::vector<Index>& shape) {
  std::size_t count = item_size(dtype);
  for (const Index extent : shape)
    if (extent < 0 || __builtin_mul_overflow(count, static_cast<std::size_t>(extent), &count)) return std::nullopt;
  return count;
}

std::string shape_text(const std::vector<Index>& shape) {
  std::string text = "[";
  for (const Index extent : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  return text + "]";
}

std::size_t header_length(std::string_view bytes, const std::string& path) {
  if (bytes.size() < kLengthBytes)
    throw FileError(path, "expected a safetensors file of at least 8 bytes, got " + std::to_string(bytes.size()));
  const auto length = load_little_endian<std::uint64_t>(bytes.data());
  if (length > Limits::header)
    throw FileError::at_byte(path, 0, "expected a header of at most 100000000 bytes, got " + std::to_string(length));
  if (length > bytes.size() - kLengthBytes)
    throw FileError::at_byte(path, 0,
                             "the header should have " + std::to_string(length) + " bytes, but only " +
                                 std::to_string(bytes.size() - kLengthBytes) + " follow");
  return static_cast<std::size_t>(length);
}

void check_names(const std::vector<HeaderEntry>& entries, const std::string& path) {
  std::vector<std::string_view> names;
  names.reserve(entries.size());
  for (const HeaderEntry& entry : entries) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) throw FileError(path, "tensor " + in_quotes(*twice) + " is given twice");
}

/// Entries in the order of their data; they must cover it from its first byte to its last.
void check_layout(const std::vector<HeaderEntry>& entries, std::size_t data_start, std::size_t data_size,
                  const std::string& path) {
  std::uint64_t expected = 0;
  for (const HeaderEntry& entry : entries) {
    const std::string label = "tensor " + in_quotes(entry.name);
    const std::uint64_t begin = expected;
    const auto fail = [&](const std::string& message) {
      throw FileError::at_byte(path, data_start + static_cast<std::size_t>(begin),
                               fmt::format("{} {}", label, message));
    };
    if (entry.begin != expected)
      fail("should begin at data byte " + std::to_string(expected) + ", but begins at " +
           std::to_string(entry.begin).append(entry.begin < expected ? " (it overlaps another)" : " (a hole)"));
    if (entry.end < entry.begin) fail("ends at data byte " + std::to_string(entry.end) + ", before it begins");
    if (entry.end > data_size)
      fail("ends at data byte " + std::to_string(entry.end) + ", but the file has only " + std::to_string(data_size));
    expected = entry.end;
    if (!entry.dtype) continue;
    const std::optional<std::size_t> size = byte_count(*entry.dtype, entry.shape);
    if (!size) fail("of shape " + shape_text(entry.shape) + " is larger than 2^64 bytes");
    if (*size != entry.end - entry.begin)
      fail("of shape " + shape_text(entry.shape) + " and type " + std::string(to_text(*entry.dtype)) + " needs " +
           std::to_string(*size) + " bytes, but has " + std::to_string(entry.end - entry.begin));
  }
  if (expected != data_size)
    throw FileError::at_byte(path, data_start + static_cast<std::size_t>(expected),
                             std::to_string(data_size - expected) + " bytes belong to no tensor");
}

/// A JSON string with its quotes and escapes.
std::string json_text(const std::string& text, const std::string& what) {
  try {
    std::string quoted_text = nlohmann::json(text).dump();
    if (quoted_text.size() > Limits::text)
      throw ValueError("[safetensors] expected " + what + " of at most " + std::to_string(Limits::text) +
                       " bytes, got " + std::to_string(quoted_text.size()));
    return quoted_text;
  } catch (const nlohmann::json::exception&) {
    throw ValueError("[safetensors] expected " + what + " in UTF-8, got " + in_quotes(text));
  }
}

void check_writable(const SafeTensors& file) {
  if (std::max(file.tensors.size(), file.metadata.size()) > Limits::entries)
    throw ValueError("[safetensors] expected at most " + std::to_string(Limits::entries) +
                     " tensors and as many metadata entries, got " + std::to_string(file.tensors.size()) + " and " +
                     std::to_string(file.metadata.size()));
  std::vector<std::string_view> names;
  for (const Tensor& tensor : file.tensors) {
    const std::string label = "[safetensors] tensor " + in_quotes(tensor.name);
    if (tensor.name == "__metadata__") throw ValueError(label + ": the format keeps this name for itself");
    if (tensor.shape.size() > Limits::rank)
      throw ValueError(label + ": expected at most " + std::to_string(Limits::rank) + " dimensions, got " +
                       std::to_string(tensor.shape.size()));
    if (byte_count(tensor.dtype, tensor.shape) != tensor.bytes.size())
      throw ValueError(label + ": shape " + shape_text(tensor.shape) + " and type " +
                       std::string(to_text(tensor.dtype)) + " do not fit its " + std::to_string(tensor.bytes.size()) +
                       " bytes");
    names.push_back(tensor.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) throw ValueError("[safetensors] tensor " + in_quotes(*twice) + " is given twice");
}

std::string header_text(const SafeTensors& file, const std::vector<const Tensor*>& order) {
  std::string header = "{";
  const auto separate = [&] {
    if (header.back() != '{') header += ',';
  };
  if (!file.metadata.empty()) {
    header += "\"__metadata__\":{";
    for (const auto& [key, text] : file.metadata) {
      separate();
      header += json_text(key, "a metadata key") + ":" + json_text(text, "metadata " + in_quotes(key));
    }
    header += '}';
  }
  std::size_t offset = 0;
  for (const Tensor* tensor : order) {
    separate();
    header += json_text(tensor->name, "a tensor's name") + R"(:{"dtype":")" + std::string(to_text(tensor->dtype)) +
              R"(","shape":[)";
    for (std::size_t i = 0; i < tensor->shape.size(); ++i)
      header += (i > 0 ? "," : "") + std::to_string(tensor->shape[i]);
    header += R"(],"data_offsets":[)" + std::to_string(offset) + ",";
    offset += tensor->bytes.size();
    header += std::to_string(offset) + "]}";
  }
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');
  if (header.size() > Limits::header)
    throw ValueError("[safetensors] expected a header of at most 100000000 bytes, got " +
                     std::to_string(header.size()));
  return header;
}

constexpr std::array<std::pair<std::string_view, std::size_t>, 15> kTypes{{{"BOOL", 1},
                                                                           {"U8", 1},
                                                                           {"I8", 1},
                                                                           {"F8_E5M2", 1},
                                                                           {"F8_E4M3", 1},
                                                                           {"I16", 2},
                                                                           {"U16", 2},
                                                                           {"F16", 2},
                                                                           {"BF16", 2},
                                                                           {"I32", 4},
                                                                           {"U32", 4},
                                                                           {"F32", 4},
                                                                           {"I64", 8},
                                                                           {"U64", 8},
                                                                           {"F64", 8}}};
static_assert(kTypes.size() == static_cast<std::size_t>(DType::f64) + 1);

}  // namespace

std::size_t item_size(DType dtype) { return kTypes[static_cast<std::size_t>(dtype)].second; }

std::string_view to_text(DType dtype) { return kTypes[static_cast<std::size_t>(dtype)].first; }

std::optional<DType> parse_dtype(std::string_view name) {
  for (std::size_t i = 0; i < kTypes.size(); ++i)
    if (kTypes[i].first == name) return static_cast<DType>(i);
  return std::nullopt;
}

const Tensor* SafeTensors::find(std::string_view name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const Tensor& t) { return t.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

SafeTensors parse_safetensors(std::string_view bytes, const std::string& path, ForeignTypes foreign) {
  const std::size_t data_start = kLengthBytes + header_length(bytes, path);
  const std::string_view data = bytes.substr(data_start);
  Header header = parse_header(bytes.substr(kLengthBytes, data_start - kLengthBytes), kLengthBytes, path, foreign);
  check_names(header.entries, path);
  std::stable_sort(header.entries.begin(), header.entries.end(), [](const HeaderEntry& a, const HeaderEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_layout(header.entries, data_start, data.size(), path);

  SafeTensors file;
  file.metadata = std::move(header.metadata);
  file.tensors.reserve(header.entries.size());
  for (HeaderEntry& entry : header.entries) {
    if (!entry.dtype) {
      file.unread.push_back(entry.name + " (" + entry.foreign + ")");
      continue;
    }
    const auto* first = reinterpret_cast<const std::byte*>(data.data());
    file.tensors.push_back({std::move(entry.name), *entry.dtype, std::move(entry.shape),
                            std::vector<std::byte>(first + entry.begin, first + entry.end)});
  }
  return file;
}

std::string to_safetensors(const SafeTensors& file) {
  check_writable(file);
  std::vector<const Tensor*> order;
  std::size_t data_size = 0;
  for (const Tensor& tensor : file.tensors) {
    order.push_back(&tensor);
    data_size += tensor.bytes.size();
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Tensor* a, const Tensor* b) { return item_size(a->dtype) > item_size(b->dtype); });
  const std::string header = header_text(file, order);
  const std::uint64_t length = header.size();
  std::string bytes(kLengthBytes, '\0');
  store_little_endian(length, bytes.data());
  bytes.reserve(kLengthBytes + header.size() + data_size);
  bytes += header;
  for (const Tensor* tensor : order)
    bytes.append(reinterpret_cast<const char*>(tensor->bytes.data()), tensor->bytes.size());
  return bytes;
}

}  // namespace gradus
