// SPDX-License-Identifier: MIT
#include "gradus/lab/run/snapshot.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <type_traits>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "lab/model/sealed.hpp"

namespace gradus {
namespace {

constexpr std::string_view kKind = "gradus.snapshot";
constexpr std::string_view kVersion = "1";

// ------------------------------------------------------------------------------------------------- what there is in it

/// S, constant or not: what is written and what is read is told once.
template <class S, class T>
concept Is = std::same_as<std::remove_const_t<S>, T>;

template <class A>
void fields(A& a, Is<RunPosition> auto& p) {
  a("epochs", p.epochs);
  a("updates", p.updates);
  a("batch", p.batch);
  a("within", p.within);
}
template <class A>
void fields(A& a, Is<RandomState::State> auto& r) {
  a("key", r.key);
  a("position", r.position);
  a("cached_gaussian", r.cached_gaussian);
}
template <class A, class S>
requires Is<S, OptimizerState<float>> || Is<S, OptimizerState<double>>
void fields(A& a, S& o) {
  a("slots", o.slots);
  a("steps", o.steps);
  a("decays", o.decays);
}
template <class A, class S>
requires Is<S, DescentState<float>> || Is<S, DescentState<double>>
void fields(A& a, S& d) {
  a("steps", d.steps);
  a("changes", d.changes);
  a("direction", d.direction);
  a("gradient", d.gradient);
  a("gain", d.gain);
  a("evaluations", d.evaluations);
}
template <class A, class S>
requires Is<S, LeastSquaresState<float>> || Is<S, LeastSquaresState<double>>
void fields(A& a, S& l) {
  a("damping", l.damping);
  a("growth", l.growth);
  a("residuals", l.residuals);
  a("scale", l.scale);
  a("jacobian", l.jacobian);
  a("last_change", l.last_change);
  a("evaluations", l.evaluations);
}
template <class A>
void fields(A& a, Is<Stall> auto& s) {
  a("best", s.best);
  a("bad", s.bad);
}
template <class A>
void fields(A& a, Is<ScheduleState> auto& s) {
  a("factor", s.factor);
  a("stall", s.stall);
}
template <class A>
void fields(A& a, Is<RunSums> auto& s) {
  a("loss", s.loss);
  a("penalty", s.penalty);
  a("hits", s.hits);
  a("samples", s.samples);
}
template <class A>
void fields(A& a, Is<OnlineSums> auto& s) {
  a("loss", s.loss);
  a("hits", s.hits);
}
template <class A, class S>
requires Is<S, OnlineRun<float>> || Is<S, OnlineRun<double>>
void fields(A& a, S& o) {
  a("count", o.count);
  a("rows", o.rows);
  a("first", o.first);
  a("made", o.made);
  a("sums", o.sums);
  a("start", o.start);
  a("one_by_one", o.one_by_one);
}
template <class A>
void fields(A& a, Is<Divergence> auto& d) {
  a("where", d.where);
  a("epoch", d.epoch);
  a("batch", d.batch);
  a("update", d.update);
  a("sample", d.sample);
  a("unit", d.unit);
  a("entry", d.entry);
  a("last_finite_loss", d.last_finite_loss);
  a("largest_gradient", d.largest_gradient);
  a("cause", d.cause);
}
template <class A>
void fields(A& a, Is<History> auto& h) {
  a("update", h.update);
  a("loss", h.loss);
  a("accuracy", h.accuracy);
  a("test_update", h.test_update);
  a("test_loss", h.test_loss);
  a("test_accuracy", h.test_accuracy);
  a("gradients", h.gradients);
}

/// Numbers as the file has them: those whose size is the machine's affair as 64 bits.
template <class N>
using Stored = std::conditional_t<std::is_same_v<N, Index> || std::is_same_v<N, int>, std::int64_t,
                                  std::conditional_t<std::is_same_v<N, bool>, std::uint8_t, N>>;
template <class N>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<N, float>) return DType::f32;
  if constexpr (std::is_same_v<N, double>) return DType::f64;
  if constexpr (std::is_same_v<N, bool>) return DType::boolean;
  if constexpr (std::is_same_v<N, std::uint8_t>) return DType::u8;
  if constexpr (std::is_same_v<N, std::uint32_t>) return DType::u32;
  if constexpr (std::is_same_v<N, std::uint64_t>) return DType::u64;
  return DType::i64;
}

/// The names of what is inside something are its own, a dot and theirs.
class Named {
 protected:
  std::string full(const std::string& name) const { return prefix_ + name; }
  template <class F>
  void within(const std::string& name, F f) {
    const std::string outer = prefix_;
    prefix_ += name + ".";
    f();
    prefix_ = outer;
  }

 private:
  std::string prefix_;
};

// ------------------------------------------------------------------------------------------------------------ writing

class Writer : public Named {
 public:
  explicit Writer(SafeTensors& file) : file_(file) {}

  template <class S>
  void operator()(const std::string& name, const S& value) {
    within(name, [&] { fields(*this, value); });
  }
  template <class N>
  requires std::is_arithmetic_v<N>
  void operator()(const std::string& name, const N& value) { numbers(name, {}, std::array{value}); }
  void operator()(const std::string& name, const StopReason& value) { (*this)(name, static_cast<int>(value)); }
  void operator()(const std::string& name, const std::string& value) { file_.metadata[full(name)] = value; }
  void operator()(const std::string& name, const std::optional<double>& value) {
    (*this)(name, value ? std::vector{*value} : std::vector<double>{});
  }
  template <class N, std::size_t size>
  void operator()(const std::string& name, const std::array<N, size>& values) {
    numbers(name, {static_cast<Index>(size)}, values);
  }
  template <class N>
  void operator()(const std::string& name, const std::vector<N>& values) {
    numbers(name, {static_cast<Index>(values.size())}, values);
  }
  template <class N>
  void operator()(const std::string& name, const Matrix<N>& values) {
    numbers(name, {values.rows(), values.cols()}, values.values());
  }
  template <class N>
  void operator()(const std::string& name, const std::vector<std::vector<N>>& arrays) {
    within(name, [&] {
      (*this)("count", static_cast<Index>(arrays.size()));
      for (std::size_t k = 0; k < arrays.size(); ++k) (*this)(std::to_string(k), arrays[k]);
    });
  }

 private:
  void numbers(const std::string& name, std::vector<Index> shape, const auto& values) {
    using N = typename std::remove_cvref_t<decltype(values)>::value_type;
    std::vector<Stored<std::remove_const_t<N>>> stored(values.begin(), values.end());
    file_.tensors.push_back(to_tensor(full(name), dtype_of<std::remove_const_t<N>>(), std::move(shape), stored));
  }

  SafeTensors& file_;
};

// ------------------------------------------------------------------------------------------------------------ reading

class Reader : public Named {
 public:
  Reader(const SafeTensors& file, const std::string& path) : file_(file), path_(path) {
    for (const Tensor& tensor : file.tensors) tensors_.emplace(tensor.name, &tensor);
  }

  template <class S>
  void operator()(const std::string& name, S& value) {
    within(name, [&] { fields(*this, value); });
  }
  template <class N>
  requires std::is_arithmetic_v<N>
  void operator()(const std::string& name, N& value) { value = number<N>(take(name, dtype_of<N>(), {{}}), 0); }
  void operator()(const std::string& name, StopReason& value) {
    int number = 0;
    (*this)(name, number);
    if (number < 0 || number > static_cast<int>(StopReason::diverged)) fail(full(name) + " is out of range");
    value = static_cast<StopReason>(number);
  }
  void operator()(const std::string& name, std::string& value) {
    const auto found = file_.metadata.find(full(name));
    if (found == file_.metadata.end()) fail("metadata " + in_quotes(full(name)) + " is missing");
    value = found->second;
    ++texts_;
  }
  void operator()(const std::string& name, std::optional<double>& value) {
    std::vector<double> values;
    (*this)(name, values);
    if (values.size() > 1) fail(full(name) + " has more than one number");
    value = values.empty() ? std::nullopt : std::optional(values[0]);
  }
  template <class N, std::size_t size>
  void operator()(const std::string& name, std::array<N, size>& values) {
    read(take(name, dtype_of<N>(), {{static_cast<Index>(size)}}), values);
  }
  template <class N>
  void operator()(const std::string& name, std::vector<N>& values) {
    const Tensor& tensor = take(name, dtype_of<N>(), {});
    if (tensor.shape.size() != 1) fail(full(name) + " is no row of numbers");
    values.resize(static_cast<std::size_t>(tensor.shape[0]));
    read(tensor, values);
  }
  template <class N>
  void operator()(const std::string& name, Matrix<N>& values) {
    const Tensor& tensor = take(name, dtype_of<N>(), {});
    if (tensor.shape.size() != 2) fail(full(name) + " is no matrix");
    values.resize(tensor.shape[0], tensor.shape[1]);
    read(tensor, values.values());
  }
  template <class N>
  void operator()(const std::string& name, std::vector<std::vector<N>>& arrays) {
    within(name, [&] {
      Index count = 0;
      (*this)("count", count);
      arrays.clear();
      for (Index k = 0; k < count; ++k)
        (*this)(std::to_string(k), arrays.emplace_back());  // each is there, or that's it
    });
  }

  void check_nothing_left(std::size_t own_texts) const {
    if (!tensors_.empty()) fail("tensor " + in_quotes(tensors_.begin()->first) + " belongs to no part of a state");
    if (file_.metadata.size() != texts_ + own_texts) fail("unknown metadata");
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw FileError(path_, what); }

  /// The tensor of that name, which is taken once; of that shape, if one is expected.
  const Tensor& take(const std::string& name, DType dtype, const std::optional<std::vector<Index>>& shape) {
    const auto found = tensors_.find(full(name));
    if (found == tensors_.end()) fail("tensor " + in_quotes(full(name)) + " is missing");
    const Tensor& tensor = *found->second;
    if (tensor.dtype != dtype || (shape && tensor.shape != *shape))
      fail("tensor " + in_quotes(full(name)) + " has another type or shape than this version of gradus writes");
    tensors_.erase(found);
    return tensor;
  }
  template <class N>
  N number(const Tensor& tensor, std::size_t k) const {
    using S = Stored<N>;
    const S stored = load_little_endian<S>(tensor.bytes.data() + k * sizeof(S));
    if constexpr (sizeof(N) < sizeof(S))
      if (stored < std::numeric_limits<N>::min() || stored > std::numeric_limits<N>::max())
        fail(tensor.name + " holds a number too large for this machine");
    return static_cast<N>(stored);
  }
  void read(const Tensor& tensor, auto&& to) const {
    using N = std::remove_cvref_t<decltype(*to.begin())>;
    for (std::size_t k = 0; k < to.size(); ++k) *(to.begin() + static_cast<std::ptrdiff_t>(k)) = number<N>(tensor, k);
  }

  const SafeTensors& file_;
  const std::string& path_;
  std::map<std::string_view, const Tensor*> tensors_;  // not yet taken
  std::size_t texts_ = 0;                              // taken
};

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

}  // namespace

template <std::floating_point T>
std::string to_snapshot(const TrainingState<T>& state) {
  SafeTensors file;
  file.metadata[std::string(kKind)] = kVersion;
  Writer writer(file);
  for_each_part(state, [&](const std::string& name, const auto& part) { writer(underscored(name), part); });
  return to_sealed(std::move(file));
}

template <std::floating_point T>
TrainingState<T> parse_snapshot(std::string_view bytes, const std::string& path) {
  const SafeTensors file = parse_sealed(bytes, path, "snapshot");
  const auto kind = file.metadata.find(std::string(kKind));
  if (kind == file.metadata.end())
    throw FileError(path, "expected a snapshot of a training, got another file of gradus");
  if (kind->second != kVersion)
    throw FileError(path,
                    "expected a snapshot of version " + std::string(kVersion) + ", got " + in_quotes(kind->second));
  TrainingState<T> state;
  Reader reader(file, path);
  for_each_part(state, [&](const std::string& name, auto& part) { reader(underscored(name), part); });
  reader.check_nothing_left(2);
  return state;
}

template std::string to_snapshot(const TrainingState<float>&);
template std::string to_snapshot(const TrainingState<double>&);
template TrainingState<float> parse_snapshot(std::string_view, const std::string&);
template TrainingState<double> parse_snapshot(std::string_view, const std::string&);

}  // namespace gradus
