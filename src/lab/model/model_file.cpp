// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/text.hpp"
#include "gradus/core/little_endian.hpp"
#include "gradus/core/number.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/lab/model/safetensors.hpp"
#include "lab/model/metadata.hpp"
#include "lab/model/sealed.hpp"
#include "metadata_json.hpp"
#include "record_json.hpp"
#include "test_vector.hpp"

namespace gradus {
namespace {

constexpr std::string_view kVersion = "1";
/// A chain of tens of thousands of layers is a hostile file, not a model.
constexpr std::size_t kMaxNetworkText = 1 << 16;

// -------------------------------------------------------------------------------------------------- tensors

std::string tensor_name(const ParameterBlock& block) {
  std::string name = "layer" + std::to_string(block.number) + "." + block.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

/// A bias is one row, and is stored with one dimension.
std::vector<Index> tensor_shape(const ParameterBlock& block) {
  return block.is_bias ? std::vector<Index>{block.cols} : std::vector<Index>{block.rows, block.cols};
}

Tensor to_tensor(const std::string& name, const Matrix<double>& x) {
  return to_tensor(name, DType::f64, {x.rows(), x.cols()}, x.values());
}

/// Copies a tensor's numbers into `to`, which is as long.
template <class T>
void copy_numbers(const Tensor& tensor, std::span<double> to) {
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] = static_cast<double>(load_little_endian<T>(tensor.bytes.data() + i * sizeof(T)));
}

/// "layer 2 weights[3, 1]", or "layer 2 bias[1]"
std::string entry_label(const ParameterBlock& block, Index i) {
  const std::string column = std::to_string(i % block.cols) + "]";
  return block.label() + (block.is_bias ? "[" : "[" + std::to_string(i / block.cols) + ", ") + column;
}

/// The first number that is NaN or infinite, as "layer 2 weights[3, 1] is nan"; empty if there is none.
std::string non_finite_entry(const std::vector<ParameterBlock>& blocks, std::span<const double> values) {
  for (const ParameterBlock& block : blocks)
    for (Index i = 0; i < block.size(); ++i) {
      const double value = values[static_cast<std::size_t>(block.offset + i)];
      if (!std::isfinite(value))
        return entry_label(block, i) + " is " + (std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    }
  return "";
}

std::string non_finite_entry(const Model& model) {
  const std::string entry = non_finite_entry(model.network.parameter_blocks(), model.theta);
  return entry.empty() ? non_finite_entry(model.network.state_blocks(), model.state) : entry;
}

/// The model with its numbers as they will stand in the file.
Model rounded(Model model) {
  if (model.precision == Precision::float32)
    for (std::vector<double>* numbers : {&model.theta, &model.state})
      for (double& value : *numbers) value = static_cast<double>(static_cast<float>(value));
  return model;
}

/// Calls f(name of the tensor, its type, numbers) for each column of a history.
template <class H, class F>
void for_each_column(H& history, F f) {
  f("history.update", DType::i64, history.update);
  f("history.loss", DType::f64, history.loss);
  f("history.accuracy", DType::f64, history.accuracy);
  f("history.test_update", DType::i64, history.test_update);
  f("history.test_loss", DType::f64, history.test_loss);
  f("history.test_accuracy", DType::f64, history.test_accuracy);
}

// -------------------------------------------------------------------------------------------------- writing

void append_blocks(const std::vector<ParameterBlock>& blocks, std::span<const double> numbers, Precision precision,
                   std::vector<Tensor>& tensors) {
  for (const ParameterBlock& block : blocks) {
    const auto values = numbers.subspan(static_cast<std::size_t>(block.offset), static_cast<std::size_t>(block.size()));
    if (precision == Precision::float64) {
      tensors.push_back(to_tensor(tensor_name(block), DType::f64, tensor_shape(block), values));
    } else {
      const std::vector<float> narrow(values.begin(), values.end());
      tensors.push_back(to_tensor(tensor_name(block), DType::f32, tensor_shape(block), narrow));
    }
  }
}

void append_history(const History& history, std::vector<Tensor>& tensors) {
  for_each_column(history, [&]<class T>(const char* name, DType dtype, const std::vector<T>& column) {
    using Stored = std::conditional_t<std::is_same_v<T, Index>, std::int64_t, T>;
    const std::vector<Stored> numbers(column.begin(), column.end());
    if (!numbers.empty()) tensors.push_back(to_tensor(name, dtype, {static_cast<Index>(numbers.size())}, numbers));
  });
}

// -------------------------------------------------------------------------------------------------- reading

/// Takes the parts of a model out of a file, and notices what is missing and what is left.
class Reader {
 public:
  Reader(const SafeTensors& file, const std::string& path) : file_(file), path_(path) {}

  Model model(const LoadOptions& options) {
    if (text("gradus.version") != kVersion)
      fail("expected gradus.version " + std::string(kVersion) + ", got " + in_quotes(text("gradus.version")) +
           " (made by another version?)");
    Model model;
    read_shape(model);
    const bool wide = model.precision == Precision::float64;
    read_blocks(model.network.parameter_blocks(), wide, model.theta);
    read_blocks(model.network.state_blocks(), wide, model.state);
    read_description(model);
    Matrix<double> x = matrix("test.x", test_width(model));
    Matrix<double> y = matrix("test.y", model.network.output_cols(x.cols()));
    if (model.record) read_history(model.record->history);
    check_nothing_left();
    wrapped([&] { model.check(); });
    const std::string bad = non_finite_entry(model);
    if (!bad.empty() && !options.allow_non_finite) fail(bad + "; its training has diverged");
    if (bad.empty()) replay(model, x, y);
    return model;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const { throw FileError(path_, message); }

  /// Runs f; what it finds wrong becomes a FileError.
  template <class F>
  void wrapped(F&& f, const std::string& prefix = "") const {
    try {
      f();
    } catch (const Error& error) {
      fail(prefix + one_line(error.what(), 400));
    }
  }

  const std::string* find_text(const std::string& key) {
    const auto found = file_.metadata.find(key);
    if (found == file_.metadata.end()) return nullptr;
    texts_.push_back(key);
    return &found->second;
  }
  const std::string& text(const std::string& key) {
    const std::string* found = find_text(key);
    if (!found) fail("expected metadata " + key + ", which is missing; no model of gradus");
    return *found;
  }

  const Tensor& tensor(const std::string& name, DType dtype, const std::vector<Index>& shape) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) fail("expected a tensor " + name + ", which is missing");
    const Tensor& tensor = *found->second;
    if (tensor.dtype != dtype)
      fail("expected " + name + " of type " + std::string(to_text(dtype)) + ", got " +
           std::string(to_text(tensor.dtype)));
    if (tensor.shape != shape)
      fail("expected " + name + " of shape " + shape_text(shape) + ", got " + shape_text(tensor.shape));
    tensors_.erase(found);
    return tensor;
  }

  static std::string shape_text(const std::vector<Index>& shape) {
    std::string text = "[";
    for (const Index extent : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
    return text + "]";
  }

  void read_shape(Model& model) {
    for (const Tensor& tensor : file_.tensors) tensors_.emplace(tensor.name, &tensor);
    text("gradus.checksum");
    const std::string& network = text("network");
    if (network.size() > kMaxNetworkText) fail("expected a network's text of at most 65536 bytes");
    wrapped([&] { model.network = parse_network(network); }, "metadata network: ");
    const std::string& reduction = text("reduction");
    if (reduction != "mean" && reduction != "sum")
      fail("unknown reduction " + in_quotes(reduction) + " (known: mean, sum)");
    wrapped([&] { model.loss = parse_loss(text("loss"), reduction == "mean" ? Reduction::mean : Reduction::sum); });
    wrapped([&] { model.precision = parse_precision(text("precision")); });
  }

  void read_blocks(std::vector<ParameterBlock> blocks, bool wide, std::vector<double>& numbers) {
    // All shapes first: what the network's text claims is not allocated before the file is seen to hold it.
    std::vector<std::pair<ParameterBlock, const Tensor*>> found;
    std::size_t count = 0;
    for (ParameterBlock& block : blocks) {
      count += static_cast<std::size_t>(block.size());
      const Tensor& stored = tensor(tensor_name(block), wide ? DType::f64 : DType::f32, tensor_shape(block));
      found.emplace_back(std::move(block), &stored);
    }
    numbers.resize(count);
    for (const auto& [block, stored] : found) {
      const auto to =
          std::span(numbers).subspan(static_cast<std::size_t>(block.offset), static_cast<std::size_t>(block.size()));
      if (wide)
        copy_numbers<double>(*stored, to);
      else
        copy_numbers<float>(*stored, to);
    }
  }

  void read_names(const std::string& key, Index limit, std::vector<std::string>& names) {
    if (const std::string* json = find_text(key))
      wrapped([&] { names = names_from_json(*json, static_cast<std::size_t>(limit)); }, "metadata " + key + ": ");
  }

  /// What it knows of the table it learned from; models of before hold none of it.
  void read_table(Model& model, Index inputs, Index most) {
    const auto width = static_cast<std::size_t>(model.network.takes_sequences() ? most : inputs);
    std::vector<std::string> label;
    read_names("label_name", 1, label);
    if (!label.empty()) model.label_name = label.front();
    if (const std::string* json = find_text("columns"))
      wrapped([&] { model.columns = columns_from_json(*json, width); }, "metadata columns: ");
    if (const std::string* json = find_text("filling"))
      wrapped([&] { model.filling = numbers_from_json(*json, width); }, "metadata filling: ");
    if (const std::string* json = find_text("target_scaler"))
      wrapped([&] { model.target_scaler = scaler_from_json(*json, static_cast<std::size_t>(model.network.outputs())); },
              "metadata target_scaler: ");
  }

  /// A column of the history, of any length; none if the file has none.
  template <class T>
  void read_column(const char* name, DType dtype, std::vector<T>& column) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) return;
    using Stored = std::conditional_t<std::is_same_v<T, Index>, std::int64_t, T>;
    const Index length = static_cast<Index>(found->second->bytes.size() / sizeof(Stored));
    const Tensor& stored = tensor(name, dtype, {length});
    column.resize(static_cast<std::size_t>(length));
    for (std::size_t i = 0; i < column.size(); ++i)
      column[i] = static_cast<T>(load_little_endian<Stored>(stored.bytes.data() + i * sizeof(Stored)));
  }
  void read_history(History& history) {
    for_each_column(history, [&](const char* name, DType dtype, auto& column) { read_column(name, dtype, column); });
  }

  void read_description(Model& model) {
    constexpr Index most_names = 1'000'000;  // of a sequence, whose steps are any number
    const Index inputs = model.network.inputs();
    const Index outputs = model.network.outputs();
    if (const std::string* json = find_text("scaler"))
      wrapped([&] { model.scaler = scaler_from_json(*json, static_cast<std::size_t>(inputs)); }, "metadata scaler: ");
    read_names("feature_names", model.network.takes_sequences() ? most_names : inputs, model.feature_names);
    read_names("class_names", model.classes(), model.class_names);
    read_names("target_names", outputs, model.target_names);
    read_table(model, inputs, most_names);
    if (const std::string* toml = find_text("experiment")) model.experiment = *toml;
    if (const std::string* json = find_text("record"))
      wrapped([&] { model.record = record_from_json(*json); }, "metadata record: ");
    if (const std::string* flag = find_text("interrupted")) {
      if (*flag != "true") fail("expected metadata interrupted to be true, got " + in_quotes(*flag));
      model.interrupted = true;
    }
  }

  Matrix<double> matrix(const std::string& name, Index cols) {
    constexpr Index rows = 4;
    const Tensor& stored = tensor(name, DType::f64, {rows, cols});
    Matrix<double> x(rows, cols);
    copy_numbers<double>(stored, x.values());
    return x;
  }

  void check_nothing_left() const {
    if (!tensors_.empty()) fail("tensor " + in_quotes(tensors_.begin()->first) + " belongs to no layer of the network");
    for (const auto& [key, text] : file_.metadata)
      if (std::find(texts_.begin(), texts_.end(), key) == texts_.end()) fail("unknown metadata " + in_quotes(key));
  }

  void replay(const Model& model, const Matrix<double>& x, const Matrix<double>& y) const {
    const Matrix<double> got = model.network_outputs(x);
    const Matrix<double> tolerance = replay_tolerance(model, x);
    for (Index i = 0; i < y.rows(); ++i)
      for (Index j = 0; j < y.cols(); ++j) {
        const bool same = got(i, j) == y(i, j) || (std::isnan(got(i, j)) && std::isnan(y(i, j)));
        if (!same && !(std::abs(got(i, j) - y(i, j)) <= tolerance(i, j)))
          fail("its test vector does not come out: expected test.y[" + std::to_string(i) + ", " + std::to_string(j) +
               "] = " + number_text(y(i, j)) + ", got " + number_text(got(i, j)) +
               "; the file is damaged or made by an incompatible version");
      }
  }

  const SafeTensors& file_;
  const std::string& path_;
  std::map<std::string_view, const Tensor*> tensors_;  // not yet taken
  std::vector<std::string> texts_;                     // taken
};

}  // namespace

std::map<std::string, std::string> to_metadata(const Model& model) {
  std::map<std::string, std::string> metadata{
      {"gradus.version", std::string(kVersion)},
      {"network", to_text(model.network)},
      {"loss", to_text(model.loss)},
      {"reduction", model.loss.reduction == Reduction::mean ? "mean" : "sum"},
      {"precision", std::string(to_text(model.precision))},
  };
  if (model.scaler) metadata["scaler"] = scaler_to_json(*model.scaler);
  if (!model.feature_names.empty()) metadata["feature_names"] = names_to_json(model.feature_names);
  if (!model.class_names.empty()) metadata["class_names"] = names_to_json(model.class_names);
  if (!model.target_names.empty()) metadata["target_names"] = names_to_json(model.target_names);
  if (!model.experiment.empty()) metadata["experiment"] = model.experiment;
  if (model.interrupted) metadata["interrupted"] = "true";
  if (!model.label_name.empty()) metadata["label_name"] = names_to_json({model.label_name});
  if (!model.columns.empty()) metadata["columns"] = columns_to_json(model.columns);
  if (!model.filling.empty()) metadata["filling"] = numbers_to_json(model.filling);
  if (model.record) metadata["record"] = record_to_json(*model.record);
  if (model.target_scaler) metadata["target_scaler"] = scaler_to_json(*model.target_scaler);
  return metadata;
}

void from_metadata(const std::map<std::string, std::string>& metadata, Model& model) {
  constexpr std::size_t most_names = 1'000'000;  // of a sequence, whose steps are any number
  const auto find = [&](const char* key) -> const std::string* {
    const auto found = metadata.find(key);
    return found == metadata.end() ? nullptr : &found->second;
  };
  if (const std::string* loss = find("loss")) {
    const std::string* reduction = find("reduction");
    model.loss = parse_loss(*loss, reduction && *reduction == "sum" ? Reduction::sum : Reduction::mean);
  }
  if (const std::string* json = find("feature_names")) model.feature_names = names_from_json(*json, most_names);
  if (const std::string* json = find("target_names")) model.target_names = names_from_json(*json, most_names);
  if (const std::string* json = find("class_names")) model.class_names = names_from_json(*json, most_names);
  if (const std::string* json = find("label_name"))
    if (const std::vector<std::string> name = names_from_json(*json, 1); !name.empty()) model.label_name = name[0];
  if (const std::string* toml = find("experiment")) model.experiment = *toml;
}

std::string to_model_file(const Model& model) {
  model.check();
  if (to_text(model.network).size() > kMaxNetworkText)
    throw ValueError("[model] expected a network's text of at most 65536 bytes");
  const Model stored = rounded(model);
  if (const std::string bad = non_finite_entry(stored); !bad.empty())
    throw ValueError("[model] " + bad + (non_finite_entry(model).empty() ? " in float32" : "") +
                     "; a model is saved with finite parameters only");
  SafeTensors file;
  file.metadata = to_metadata(stored);
  append_blocks(stored.network.parameter_blocks(), stored.theta, stored.precision, file.tensors);
  append_blocks(stored.network.state_blocks(), stored.state, stored.precision, file.tensors);
  const Matrix<double> x = test_inputs(stored);
  file.tensors.push_back(to_tensor("test.x", x));
  file.tensors.push_back(to_tensor("test.y", stored.network_outputs(x)));
  if (stored.record) append_history(stored.record->history, file.tensors);
  return to_sealed(std::move(file));
}

bool looks_like_model(std::string_view bytes) { return looks_sealed(bytes); }

Model parse_model_file(std::string_view bytes, const std::string& path, const LoadOptions& options) {
  if (bytes.size() > 8 && !looks_like_model(bytes))
    throw FileError(path, "expected a model file, as gradus train writes it, got something else");
  const SafeTensors file = parse_sealed(bytes, path, "model");
  return Reader(file, path).model(options);
}

void save_model(const Model& model, const std::string& path) { write_file(path, to_model_file(model)); }

Model load_model(const std::string& path, const LoadOptions& options) {
  return parse_model_file(read_file(path), path, options);
}

}  // namespace gradus
