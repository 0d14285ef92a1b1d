// SPDX-License-Identifier: MIT
#include <pb_encode.h>

#include <algorithm>

#include "gradus/core/error.hpp"
#include "lab/exchange/onnx/message.hpp"
#include "lab/exchange/onnx/schema.pb.h"

namespace gradus::onnx {
namespace {

// nanopb asks for each part of a message when its turn comes, and twice: for its length, then for its bytes. What the
// parts are is told it by functions of this form; an exception may not pass through it.
using Encode = bool (*)(pb_ostream_t*, const pb_field_t*, void* const*);

bool put_text(pb_ostream_t* stream, const pb_field_t* field, std::string_view text) {
  return pb_encode_tag_for_field(stream, field) &&
         pb_encode_string(stream, reinterpret_cast<const pb_byte_t*>(text.data()), text.size());
}

/// A text, left out where it is empty.
pb_callback_t text(const std::string& value) {
  const Encode encode = [](pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
    const auto& text = *static_cast<const std::string*>(*arg);
    return text.empty() || put_text(stream, field, text);
  };
  return {{.encode = encode}, const_cast<std::string*>(&value)};
}

pb_callback_t texts(const std::vector<std::string>& values) {
  const Encode encode = [](pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
    const auto& all = *static_cast<const std::vector<std::string>*>(*arg);
    return std::all_of(all.begin(), all.end(), [&](const std::string& text) { return put_text(stream, field, text); });
  };
  return {{.encode = encode}, const_cast<std::vector<std::string>*>(&values)};
}

pb_callback_t integers(const std::vector<std::int64_t>& values) {
  const Encode encode = [](pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
    const auto& all = *static_cast<const std::vector<std::int64_t>*>(*arg);
    return std::all_of(all.begin(), all.end(), [&](std::int64_t value) {
      return pb_encode_tag_for_field(stream, field) && pb_encode_varint(stream, static_cast<std::uint64_t>(value));
    });
  };
  return {{.encode = encode}, const_cast<std::vector<std::int64_t>*>(&values)};
}

pb_callback_t reals(const std::vector<float>& values) {
  const Encode encode = [](pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
    for (const float value : *static_cast<const std::vector<float>*>(*arg))
      if (!pb_encode_tag_for_field(stream, field) || !pb_encode_fixed32(stream, &value)) return false;
    return true;
  };
  return {{.encode = encode}, const_cast<std::vector<float>*>(&values)};
}

/// A message for each of the parts, made by `to_message` as its turn comes.
template <class Part, auto to_message, const pb_msgdesc_t& description>
pb_callback_t messages(const std::vector<Part>& parts) {
  const Encode encode = [](pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
    for (const Part& part : *static_cast<const std::vector<Part>*>(*arg)) {
      const auto message = to_message(part);
      if (!pb_encode_tag_for_field(stream, field) || !pb_encode_submessage(stream, &description, &message))
        return false;
    }
    return true;
  };
  return {{.encode = encode}, const_cast<std::vector<Part>*>(&parts)};
}

onnx_StringStringEntryProto to_message(const Entry& entry) {
  onnx_StringStringEntryProto message = onnx_StringStringEntryProto_init_zero;
  message.key = text(entry.key);
  message.value = text(entry.value);
  return message;
}

onnx_OperatorSetIdProto to_message(const Opset& opset) {
  onnx_OperatorSetIdProto message = onnx_OperatorSetIdProto_init_zero;
  message.domain = text(opset.domain);
  message.has_version = true;
  message.version = opset.version;
  return message;
}

onnx_TensorProto to_message(const Tensor& tensor) {
  onnx_TensorProto message = onnx_TensorProto_init_zero;
  message.dims = integers(tensor.dims);
  message.has_data_type = true;
  message.data_type = static_cast<std::int32_t>(tensor.type);
  message.name = text(tensor.name);
  message.raw_data = text(tensor.bytes);
  message.string_data = texts(tensor.texts);
  return message;
}

onnx_AttributeProto to_message(const Attribute& attribute) {
  onnx_AttributeProto message = onnx_AttributeProto_init_zero;
  message.name = text(attribute.name);
  message.has_f = attribute.type == AttributeType::real;
  message.f = attribute.real;
  message.has_i = attribute.type == AttributeType::integer;
  message.i = attribute.integer;
  message.s = text(attribute.text);
  message.has_t = attribute.type == AttributeType::tensor;
  if (message.has_t) message.t = to_message(attribute.tensor);
  message.floats = reals(attribute.reals);
  message.ints = integers(attribute.integers);
  message.strings = texts(attribute.texts);
  message.has_type = true;
  message.type = static_cast<std::int32_t>(attribute.type);
  return message;
}

onnx_NodeProto to_message(const Node& node) {
  onnx_NodeProto message = onnx_NodeProto_init_zero;
  message.input = texts(node.inputs);
  message.output = texts(node.outputs);
  message.name = text(node.name);
  message.op_type = text(node.op);
  message.domain = text(node.domain);
  message.attribute =
      messages<Attribute, static_cast<onnx_AttributeProto (*)(const Attribute&)>(to_message), onnx_AttributeProto_msg>(
          node.attributes);
  return message;
}

onnx_TensorShapeProto_Dimension to_message(const Dimension& dimension) {
  onnx_TensorShapeProto_Dimension message = onnx_TensorShapeProto_Dimension_init_zero;
  message.has_dim_value = dimension.name.empty();
  message.dim_value = dimension.value;
  message.dim_param = text(dimension.name);
  return message;
}

onnx_ValueInfoProto to_message(const Value& value) {
  onnx_ValueInfoProto message = onnx_ValueInfoProto_init_zero;
  message.name = text(value.name);
  message.has_type = true;
  message.type.has_tensor_type = true;
  message.type.tensor_type.has_elem_type = true;
  message.type.tensor_type.elem_type = static_cast<std::int32_t>(value.type);
  message.type.tensor_type.has_shape = value.has_shape;
  message.type.tensor_type.shape.dim =
      messages<Dimension, static_cast<onnx_TensorShapeProto_Dimension (*)(const Dimension&)>(to_message),
               onnx_TensorShapeProto_Dimension_msg>(value.shape);
  return message;
}

onnx_GraphProto to_message(const Graph& graph) {
  onnx_GraphProto message = onnx_GraphProto_init_zero;
  constexpr auto of_node = static_cast<onnx_NodeProto (*)(const Node&)>(to_message);
  constexpr auto of_tensor = static_cast<onnx_TensorProto (*)(const Tensor&)>(to_message);
  constexpr auto of_value = static_cast<onnx_ValueInfoProto (*)(const Value&)>(to_message);
  message.name = text(graph.name);
  message.node = messages<Node, of_node, onnx_NodeProto_msg>(graph.nodes);
  message.initializer = messages<Tensor, of_tensor, onnx_TensorProto_msg>(graph.initializers);
  message.input = messages<Value, of_value, onnx_ValueInfoProto_msg>(graph.inputs);
  message.output = messages<Value, of_value, onnx_ValueInfoProto_msg>(graph.outputs);
  return message;
}

onnx_ModelProto to_message(const ModelProto& model) {
  onnx_ModelProto message = onnx_ModelProto_init_zero;
  message.has_ir_version = true;
  message.ir_version = model.ir_version;
  message.producer_name = text(model.producer_name);
  message.producer_version = text(model.producer_version);
  message.has_graph = true;
  message.graph = to_message(model.graph);
  message.opset_import =
      messages<Opset, static_cast<onnx_OperatorSetIdProto (*)(const Opset&)>(to_message), onnx_OperatorSetIdProto_msg>(
          model.opsets);
  message.metadata_props = messages<Entry, static_cast<onnx_StringStringEntryProto (*)(const Entry&)>(to_message),
                                    onnx_StringStringEntryProto_msg>(model.metadata);
  return message;
}

/// Appends to the string that the stream was made with.
bool append(pb_ostream_t* stream, const pb_byte_t* bytes, std::size_t count) {
  // Room was made for all of it before.
  static_cast<std::string*>(stream->state)->append(reinterpret_cast<const char*>(bytes), count);
  return true;
}

}  // namespace

std::string encode(const ModelProto& model) {
  const onnx_ModelProto message = to_message(model);
  std::size_t size = 0;
  if (!pb_get_encoded_size(&size, &onnx_ModelProto_msg, &message))
    throw ValueError("[onnx] the model is too large for the format");
  if (size > (std::size_t{1} << 31) - 1)
    throw ValueError("[onnx] expected a model of less than 2 GiB, which is the format's limit, got " +
                     std::to_string(size) + " bytes");
  std::string bytes;
  bytes.reserve(size);
  pb_ostream_t stream{.callback = append, .state = &bytes, .max_size = size, .bytes_written = 0, .errmsg = nullptr};
  if (!pb_encode(&stream, &onnx_ModelProto_msg, &message))
    throw ValueError(std::string("[onnx] the model cannot be written: ") + PB_GET_ERROR(&stream));
  return bytes;
}

}  // namespace gradus::onnx
