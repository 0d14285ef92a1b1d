// SPDX-License-Identifier: MIT
#include "lab/exchange/onnx/reader/array.hpp"

#include <cmath>
#include <limits>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/little_endian.hpp"
#include "gradus/core/number.hpp"
#include "lab/exchange/half_precision.hpp"

namespace gradus::onnx {
namespace {

std::string name_of(const Tensor& tensor) { return in_quotes(tensor.name.empty() ? "value" : tensor.name); }

template <class T>
std::vector<double> from_bytes(std::string_view bytes) {
  std::vector<double> numbers(bytes.size() / sizeof(T));
  for (std::size_t k = 0; k < numbers.size(); ++k)
    numbers[k] = static_cast<double>(load_little_endian<T>(bytes.data() + k * sizeof(T)));
  return numbers;
}

std::vector<double> from_half(std::string_view bytes) {
  std::vector<double> numbers(bytes.size() / 2);
  for (std::size_t k = 0; k < numbers.size(); ++k)
    numbers[k] = half_precision(load_little_endian<std::uint16_t>(bytes.data() + 2 * k));
  return numbers;
}

std::vector<double> from_single_bytes(std::string_view bytes, bool is_signed) {
  std::vector<double> numbers;
  for (const char c : bytes) numbers.push_back(is_signed ? static_cast<signed char>(c) : static_cast<unsigned char>(c));
  return numbers;
}

std::vector<double> raw_numbers(const Tensor& tensor, std::string_view bytes) {
  switch (tensor.type) {
    case ElementType::float32: return from_bytes<float>(bytes);
    case ElementType::float64: return from_bytes<double>(bytes);
    case ElementType::float16: return from_half(bytes);
    case ElementType::int32: return from_bytes<std::int32_t>(bytes);
    case ElementType::int64: return from_bytes<std::int64_t>(bytes);
    case ElementType::int8: return from_single_bytes(bytes, true);
    case ElementType::uint8:
    case ElementType::boolean: return from_single_bytes(bytes, false);
    default:
      throw ValueError("expected " + name_of(tensor) + " of a type of numbers that is read here, got type " +
                       std::to_string(static_cast<int>(tensor.type)));
  }
}

std::size_t size_of(ElementType type) {
  switch (type) {
    case ElementType::float64:
    case ElementType::int64: return 8;
    case ElementType::float32:
    case ElementType::int32: return 4;
    case ElementType::float16: return 2;
    default: return 1;
  }
}

}  // namespace

std::vector<Index> Array::integers() const {
  std::vector<Index> whole;
  for (const double value : numbers) {
    // Ends of slices may be the largest whole number there is.
    constexpr double most = 9e15;
    if (std::trunc(value) != value) throw ValueError("expected whole numbers, got " + number_text(value));
    whole.push_back(static_cast<Index>(std::min(most, std::max(-most, value))));
  }
  return whole;
}

Index count_of(const std::vector<Index>& dims, Index most) {
  Index count = 1;
  for (const Index dim : dims) {
    if (dim < 0) throw ValueError("expected dimensions of at least 0, got " + std::to_string(dim));
    if (dim == 0) return 0;
    if (count > most / dim) throw ValueError("expected at most " + std::to_string(most) + " numbers, got more");
    count *= dim;
  }
  return count;
}

Index place_of(Index axis, Index rank) {
  if (axis < -rank || axis >= rank)
    throw ValueError("expected an axis of " + std::to_string(rank) + " dimensions, got " + std::to_string(axis));
  return axis < 0 ? axis + rank : axis;
}

Array to_array(const Tensor& tensor, const External& external) {
  Array array{tensor.type, std::vector<Index>(tensor.dims.begin(), tensor.dims.end())};
  std::string_view bytes = tensor.raw;
  bool is_raw = tensor.has_raw;
  if (tensor.is_external) {
    bytes = external(tensor);
    is_raw = true;
  }
  const int places = int{is_raw} + int{!tensor.floats.empty()} + int{!tensor.doubles.empty()} +
                     int{!tensor.integers.empty()} + int{!tensor.texts.empty()};
  if (places > 1) throw ValueError("expected the numbers of " + name_of(tensor) + " in one place, got several");
  std::size_t given = 0;
  if (is_raw && tensor.type != ElementType::text) {
    if (bytes.size() % size_of(tensor.type) != 0)
      throw ValueError("expected whole numbers of " + std::to_string(size_of(tensor.type)) + " bytes in " +
                       name_of(tensor) + ", got " + std::to_string(bytes.size()) + " bytes");
    given = bytes.size() / size_of(tensor.type);
  } else {
    given = tensor.floats.size() + tensor.doubles.size() + tensor.integers.size() + tensor.texts.size();
  }
  // The shape is believed only once the file is known to hold as many.
  const bool fits = [&] {
    try {
      return static_cast<std::size_t>(count_of(array.dims, static_cast<Index>(given))) == given;
    } catch (const ValueError&) {
      return false;
    }
  }();
  if (!fits) {
    std::string shape;
    for (const Index dim : array.dims) shape += (shape.empty() ? "" : " x ") + std::to_string(dim);
    throw ValueError("expected as many numbers in " + name_of(tensor) + " as its shape (" + shape + ") has, got " +
                     std::to_string(given));
  }
  if (is_raw && tensor.type != ElementType::text) array.numbers = raw_numbers(tensor, bytes);
  if (!tensor.floats.empty()) array.numbers.assign(tensor.floats.begin(), tensor.floats.end());
  if (!tensor.doubles.empty()) array.numbers = tensor.doubles;
  for (const std::int64_t bits : tensor.integers)
    array.numbers.push_back(tensor.type == ElementType::float16 ? half_precision(static_cast<std::uint16_t>(bits))
                                                                : static_cast<double>(bits));
  array.texts = tensor.texts;
  return array;
}

}  // namespace gradus::onnx
