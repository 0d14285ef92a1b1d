// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/core/matrix.hpp"

/// The safetensors format, version 0.x (Hugging Face): the length N of the header, 8 bytes, little endian; the header,
/// a JSON object of N bytes, padded with spaces; the numbers, little endian, tensor after tensor.
///
///     {"__metadata__":{"key":"text"},"name":{"dtype":"F64","shape":[2,3],"data_offsets":[0,48]}}
///
/// Nothing in a file is executed and no path is taken from it.
namespace gradus {

/// Number types of the format, under its names in lower case.
enum class DType { boolean, u8, i8, f8_e5m2, f8_e4m3, i16, u16, f16, bf16, i32, u32, f32, i64, u64, f64 };

/// Bytes of one number.
std::size_t item_size(DType dtype);
/// "F64"
std::string_view to_text(DType dtype);

/// A named array of numbers as they lie in the file: row-major, little endian. Rank 0 is one number; a dimension may
/// be 0.
struct Tensor {
  std::string name;
  DType dtype = DType::f64;
  std::vector<Index> shape;
  std::vector<std::byte> bytes;

  bool operator==(const Tensor&) const = default;
};

struct SafeTensors {
  std::map<std::string, std::string> metadata;
  std::vector<Tensor> tensors;
  std::vector<std::string> unread{};  ///< tensors of a type that is not read, as "name (F4)"; not written back

  /// Null if there is none of that name.
  const Tensor* find(std::string_view name) const;
  bool operator==(const SafeTensors&) const = default;
};

/// What a reader accepts beyond the format's own header limit of 100,000,000 bytes. Far above any real file; with them
/// a hostile header cannot make the reader hold more than 4 times the file + 16 MB.
struct SafeTensorsLimits {
  static constexpr std::size_t header = 100'000'000;
  static constexpr std::size_t entries = 1 << 16;            ///< tensors and metadata entries, each
  static constexpr std::size_t rank = 32;                    ///< dimensions of a tensor
  static constexpr std::size_t text = std::size_t{1} << 22;  ///< bytes of one string in the header
};

/// What becomes of a tensor of a number type that is none of DType: the file is refused, or it is named as unread.
enum class ForeignTypes { refused, unread };

/// Reads a whole file; `path` is for the messages only. Tensors come in the order of their data. Throws FileError,
/// with the byte, on anything that is not exactly the format: a file cut short or with bytes left over, a hole or an
/// overlap between tensors, a shape that does not fit its bytes or overflows, a key given twice, text that is no UTF-8.
/// Nothing is allocated for a tensor before all of this is checked.
SafeTensors parse_safetensors(std::string_view bytes, const std::string& path,
                              ForeignTypes foreign = ForeignTypes::refused);

/// The file as bytes: metadata by key, tensors with larger numbers first and otherwise as given (so every tensor is
/// aligned to its numbers), the header padded to a multiple of 8. The same content gives the same bytes, and what
/// `parse_safetensors` returns is written back byte for byte. Throws ValueError on what could not be read again.
std::string to_safetensors(const SafeTensors& file);

}  // namespace gradus
