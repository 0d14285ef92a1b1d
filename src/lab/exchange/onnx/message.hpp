// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// An ONNX model as it stands in a file, as values of our own: what `encode` writes and `decode` reads. Names are those
/// of schema.proto.
namespace gradus::onnx {

/// Types of a tensor's numbers, by their numbers in the format (TensorProto.DataType).
enum class ElementType : std::int32_t {
  undefined = 0,
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  int32 = 6,
  int64 = 7,
  text = 8,
  boolean = 9,
  float16 = 10,
  float64 = 11,
};

/// Kinds of an attribute's value (AttributeProto.AttributeType).
enum class AttributeType : std::int32_t {
  undefined = 0,
  real = 1,
  integer = 2,
  text = 3,
  tensor = 4,
  graph = 5,
  reals = 6,
  integers = 7,
  texts = 8,
};

struct Entry {
  std::string key;
  std::string value;
};

struct Tensor {
  std::string name;
  ElementType type = ElementType::undefined;
  std::vector<std::int64_t> dims;
  std::string_view raw{};  ///< the numbers, little endian; of a tensor that was read it lies in the file's bytes
  std::string bytes{};     ///< the same of one to be written, which owns them
  // Where a file does not use `raw`:
  std::vector<float> floats{};
  std::vector<double> doubles{};
  std::vector<std::int64_t> integers{};
  std::vector<std::string> texts{};
  std::vector<Entry> external{};  ///< where in another file they are
  bool is_external = false;
  bool has_raw = false;
};

struct Attribute {
  std::string name;
  AttributeType type = AttributeType::undefined;
  float real = 0;
  std::int64_t integer = 0;
  std::string text{};
  Tensor tensor{};
  std::vector<float> reals{};
  std::vector<std::int64_t> integers{};
  std::vector<std::string> texts{};
};

struct Node {
  std::string name;
  std::string op;
  std::string domain{};
  std::vector<std::string> inputs{};
  std::vector<std::string> outputs{};
  std::vector<Attribute> attributes{};
};

struct Dimension {
  std::int64_t value = 0;  ///< 0 or less with a name: not fixed
  std::string name{};
};

/// An input or an output of a graph.
struct Value {
  std::string name;
  ElementType type = ElementType::undefined;
  bool has_shape = true;
  std::vector<Dimension> shape{};
};

struct Graph {
  std::string name;
  std::vector<Node> nodes{};
  std::vector<Tensor> initializers{};
  std::vector<Value> inputs{};
  std::vector<Value> outputs{};
};

struct Opset {
  std::string domain;
  std::int64_t version = 0;
};

struct ModelProto {
  std::int64_t ir_version = 0;
  std::string producer_name{};
  std::string producer_version{};
  std::vector<Opset> opsets{};
  std::vector<Entry> metadata{};
  Graph graph{};
};

/// The model as the bytes of a file. The same model gives the same bytes.
std::string encode(const ModelProto& model);

/// Reads a whole file; `path` is for messages only. Tensors point into `bytes`, which must outlive them. Throws
/// FileError on bytes that are no such message, or of more parts than `kMostParts`.
ModelProto decode(std::string_view bytes, const std::string& path);

/// Nodes, attributes, names, tensors, dimensions and loose numbers of a file, together: far above any network that can
/// be read, and little enough that a file of nothing but empty parts needs less than 16 MB.
inline constexpr std::size_t kMostParts = 1 << 14;

}  // namespace gradus::onnx
