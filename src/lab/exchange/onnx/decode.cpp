// SPDX-License-Identifier: MIT
#include <pb_decode.h>

#include <algorithm>
#include <cstring>
#include <exception>

#include "gradus/core/error.hpp"
#include "lab/exchange/onnx/message.hpp"
#include "lab/exchange/onnx/schema.pb.h"

namespace gradus::onnx {
namespace {

/// Where in the file the reader stands, and what it may still read of. One of it serves all streams: nanopb's stream of
/// a message within a message reads on where the outer one stopped, and holds itself to the message's end.
struct Cursor {
  const char* at;
  std::size_t parts = 0;  ///< read so far
  bool too_many = false;
  std::exception_ptr error{};  ///< of our own, which may not pass through nanopb's functions

  bool count() { return !(too_many = ++parts > kMostParts); }
};

/// What is to be skipped nanopb reads into a buffer of its own, in pieces.
bool read_bytes(pb_istream_t* stream, pb_byte_t* to, std::size_t count) {
  Cursor& cursor = *static_cast<Cursor*>(stream->state);
  std::memcpy(to, cursor.at, count);
  cursor.at += count;
  return true;
}

using Decode = bool (*)(pb_istream_t*, const pb_field_t*, void**);

/// Runs f; what it throws is kept for later.
template <class F>
bool kept(Cursor& cursor, F f) {
  try {
    return f();
  } catch (...) {
    cursor.error = std::current_exception();
    return false;
  }
}

/// Runs f(cursor) on the bytes of a text or of a message. Where the file has a number in their place, the stream is one
/// of nanopb's own, over that number alone.
template <class F>
bool on_bytes(pb_istream_t* stream, F f) {
  if (stream->callback != read_bytes) return false;
  Cursor& cursor = *static_cast<Cursor*>(stream->state);
  return kept(cursor, [&] { return f(cursor); });
}

/// All that is left of the stream, which nanopb has seen to lie within the file.
std::string_view rest(Cursor& cursor, pb_istream_t* stream) {
  const std::string_view bytes(cursor.at, stream->bytes_left);
  (void)pb_read(stream, nullptr, bytes.size());
  return bytes;
}

pb_callback_t text(std::string& to) {
  const Decode decode = [](pb_istream_t* stream, const pb_field_t*, void** arg) {
    return on_bytes(stream, [&](Cursor& cursor) {
      static_cast<std::string*>(*arg)->assign(rest(cursor, stream));
      return true;
    });
  };
  return {{.decode = decode}, &to};
}

pb_callback_t texts(std::vector<std::string>& to) {
  const Decode decode = [](pb_istream_t* stream, const pb_field_t*, void** arg) {
    return on_bytes(stream, [&](Cursor& cursor) {
      if (!cursor.count()) return false;
      static_cast<std::vector<std::string>*>(*arg)->emplace_back(rest(cursor, stream));
      return true;
    });
  };
  return {{.decode = decode}, &to};
}

/// Where the bytes lie; nothing is copied.
pb_callback_t view(std::string_view& to) {
  const Decode decode = [](pb_istream_t* stream, const pb_field_t*, void** arg) {
    return on_bytes(stream, [&](Cursor& cursor) {
      *static_cast<std::string_view*>(*arg) = rest(cursor, stream);
      return true;
    });
  };
  return {{.decode = decode}, &to};
}

bool read_number(pb_istream_t* stream, float& value) { return pb_decode_fixed32(stream, &value); }
bool read_number(pb_istream_t* stream, double& value) { return pb_decode_fixed64(stream, &value); }
bool read_number(pb_istream_t* stream, std::int64_t& value) {
  std::uint64_t bits = 0;
  if (!pb_decode_varint(stream, &bits)) return false;
  value = static_cast<std::int64_t>(bits);
  return true;
}

/// Where numbers go, one after the other in their own bytes, or each as a field. A number of four or eight bytes takes
/// no more here; one that may take a single byte counts.
template <class T>
struct Numbers {
  std::vector<T>& to;
  Cursor& cursor;

  bool read(pb_istream_t* stream) {
    if (stream->bytes_left == 0) return true;  // none of them, in their own bytes
    T value{};
    if (std::is_integral_v<T> && !cursor.count()) return false;
    if (!read_number(stream, value)) return false;
    if (to.empty()) to.reserve(stream->bytes_left / sizeof(T) + 1);
    to.push_back(value);
    return true;
  }

  pb_callback_t callback() {
    const Decode decode = [](pb_istream_t* stream, const pb_field_t*, void** arg) {
      auto& numbers = *static_cast<Numbers*>(*arg);
      return kept(numbers.cursor, [&] { return numbers.read(stream); });
    };
    return {{.decode = decode}, this};
  }
};

/// A part for each message of this kind, read by `read_part` as it comes.
template <class Part, auto read_part>
pb_callback_t messages(std::vector<Part>& to) {
  const Decode decode = [](pb_istream_t* stream, const pb_field_t*, void** arg) {
    return on_bytes(stream, [&](Cursor& cursor) {
      if (!cursor.count()) return false;
      return read_part(stream, cursor, static_cast<std::vector<Part>*>(*arg)->emplace_back());
    });
  };
  return {{.decode = decode}, &to};
}

bool read_entry(pb_istream_t* stream, Cursor& /*cursor*/, Entry& entry) {
  onnx_StringStringEntryProto message = onnx_StringStringEntryProto_init_zero;
  message.key = text(entry.key);
  message.value = text(entry.value);
  return pb_decode(stream, &onnx_StringStringEntryProto_msg, &message);
}

bool read_opset(pb_istream_t* stream, Cursor& /*cursor*/, Opset& opset) {
  onnx_OperatorSetIdProto message = onnx_OperatorSetIdProto_init_zero;
  message.domain = text(opset.domain);
  if (!pb_decode(stream, &onnx_OperatorSetIdProto_msg, &message)) return false;
  opset.version = message.version;
  return true;
}

/// What a tensor's message is read into.
class TensorFields {
 public:
  TensorFields(Tensor& tensor, Cursor& cursor)
      : tensor_(tensor),
        dims_{tensor.dims, cursor},
        integers_{tensor.integers, cursor},
        floats_{tensor.floats, cursor},
        doubles_{tensor.doubles, cursor} {}

  void offer(onnx_TensorProto& message) {
    message.dims = dims_.callback();
    message.float_data = floats_.callback();
    message.double_data = doubles_.callback();
    message.int32_data = message.int64_data = message.uint64_data = integers_.callback();
    message.string_data = texts(tensor_.texts);
    message.name = text(tensor_.name);
    message.raw_data = view(tensor_.raw);
    message.external_data = messages<Entry, read_entry>(tensor_.external);
  }
  void take(const onnx_TensorProto& message) {
    tensor_.type = static_cast<ElementType>(message.data_type);
    tensor_.is_external = message.data_location == 1;
    tensor_.has_raw = tensor_.raw.data() != nullptr;
  }

 private:
  Tensor& tensor_;
  Numbers<std::int64_t> dims_, integers_;
  Numbers<float> floats_;
  Numbers<double> doubles_;
};

bool read_tensor(pb_istream_t* stream, Cursor& cursor, Tensor& tensor) {
  onnx_TensorProto message = onnx_TensorProto_init_zero;
  TensorFields fields(tensor, cursor);
  fields.offer(message);
  if (!pb_decode(stream, &onnx_TensorProto_msg, &message)) return false;
  fields.take(message);
  return true;
}

bool read_attribute(pb_istream_t* stream, Cursor& cursor, Attribute& attribute) {
  onnx_AttributeProto message = onnx_AttributeProto_init_zero;
  TensorFields fields(attribute.tensor, cursor);
  Numbers<float> reals{attribute.reals, cursor};
  Numbers<std::int64_t> integers{attribute.integers, cursor};
  fields.offer(message.t);
  message.name = text(attribute.name);
  message.s = text(attribute.text);
  message.floats = reals.callback();
  message.ints = integers.callback();
  message.strings = texts(attribute.texts);
  if (!pb_decode(stream, &onnx_AttributeProto_msg, &message)) return false;
  fields.take(message.t);
  attribute.type = static_cast<AttributeType>(message.type);
  attribute.real = message.f;
  attribute.integer = message.i;
  return true;
}

bool read_node(pb_istream_t* stream, Cursor& /*cursor*/, Node& node) {
  onnx_NodeProto message = onnx_NodeProto_init_zero;
  message.input = texts(node.inputs);
  message.output = texts(node.outputs);
  message.name = text(node.name);
  message.op_type = text(node.op);
  message.domain = text(node.domain);
  message.attribute = messages<Attribute, read_attribute>(node.attributes);
  return pb_decode(stream, &onnx_NodeProto_msg, &message);
}

bool read_dimension(pb_istream_t* stream, Cursor& /*cursor*/, Dimension& dimension) {
  onnx_TensorShapeProto_Dimension message = onnx_TensorShapeProto_Dimension_init_zero;
  message.dim_param = text(dimension.name);
  if (!pb_decode(stream, &onnx_TensorShapeProto_Dimension_msg, &message)) return false;
  dimension.value = message.dim_value;
  return true;
}

bool read_value(pb_istream_t* stream, Cursor& /*cursor*/, Value& value) {
  onnx_ValueInfoProto message = onnx_ValueInfoProto_init_zero;
  message.name = text(value.name);
  onnx_TypeProto_Tensor& type = message.type.tensor_type;
  type.shape.dim = messages<Dimension, read_dimension>(value.shape);
  if (!pb_decode(stream, &onnx_ValueInfoProto_msg, &message)) return false;
  value.type = static_cast<ElementType>(type.elem_type);
  value.has_shape = type.has_shape;
  return true;
}

void prepare(onnx_GraphProto& message, Graph& graph) {
  message.name = text(graph.name);
  message.node = messages<Node, read_node>(graph.nodes);
  message.initializer = messages<Tensor, read_tensor>(graph.initializers);
  message.input = messages<Value, read_value>(graph.inputs);
  message.output = messages<Value, read_value>(graph.outputs);
}

}  // namespace

ModelProto decode(std::string_view bytes, const std::string& path) {
  ModelProto model;
  onnx_ModelProto message = onnx_ModelProto_init_zero;
  message.producer_name = text(model.producer_name);
  message.producer_version = text(model.producer_version);
  message.opset_import = messages<Opset, read_opset>(model.opsets);
  message.metadata_props = messages<Entry, read_entry>(model.metadata);
  prepare(message.graph, model.graph);
  Cursor cursor{.at = bytes.data()};
  pb_istream_t stream{.callback = read_bytes, .state = &cursor, .bytes_left = bytes.size(), .errmsg = nullptr};
  if (!pb_decode(&stream, &onnx_ModelProto_msg, &message)) {
    if (cursor.error) std::rethrow_exception(cursor.error);
    if (cursor.too_many)
      throw FileError(path, "expected an ONNX model of at most " + std::to_string(kMostParts) +
                                " parts (nodes, attributes, names, dimensions), got more");
    throw FileError::at_byte(path, static_cast<std::size_t>(cursor.at - bytes.data()),
                             std::string("expected an ONNX model: ") +
                                 (stream.errmsg != nullptr ? stream.errmsg : "a field of another type than it has"));
  }
  if (!message.has_graph) throw FileError(path, "expected an ONNX model, got a file without a graph");
  model.ir_version = message.ir_version;
  return model;
}

}  // namespace gradus::onnx
