// SPDX-License-Identifier: MIT
#include "lab/exchange/onnx/reader/assembly.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/core/error.hpp"

namespace gradus::onnx {
namespace {

[[noreturn]] void refuse(const Link& link, std::string_view why) {
  throw ValueError(fmt::format("node {}: {}", link.node, why));
}

bool is_affine(const Link& link) {
  return !link.layer && (link.op == "Add" || link.op == "Sub" || link.op == "Mul" || link.op == "Div") &&
         !link.numbers.empty();
}

/// y = times x + plus, number by number.
struct Affine {
  std::vector<double> times, plus;

  explicit Affine(Index width) : times(static_cast<std::size_t>(width), 1.0), plus(times.size()) {}

  void then(const Link& link, const std::vector<double>& c) {
    for (std::size_t k = 0; k < times.size(); ++k) {
      if (link.op == "Add") plus[k] += c[k];
      if (link.op == "Sub") plus[k] -= c[k];
      if (link.op == "Mul") times[k] *= c[k], plus[k] *= c[k];
      if (link.op == "Div") times[k] /= c[k], plus[k] /= c[k];
    }
  }
};

/// The operator's constants, one for each of `width` numbers: they are one, one a channel, or as many.
std::vector<double> widened(const Link& link, Index width) {
  const std::vector<double>& c = link.numbers;
  const auto n = static_cast<std::size_t>(width);
  if (c.empty() || n % c.size() != 0)
    refuse(link, fmt::format("expected constants for {} numbers, got {}", n, c.size()));
  std::vector<double> all(n);
  for (std::size_t k = 0; k < n; ++k) all[k] = c[k / (n / c.size())];
  return all;
}

class Assembler {
 public:
  Assembler(const Form& input, Link* end, bool classes) : classes_(classes), width_(input.numbers()) {
    for (Link* link = end; link; link = link->before) links_.push_back(link);
    std::reverse(links_.begin(), links_.end());
    for (const Link* link : links_)
      if (link->closes) opened_.push_back(link->opened);
    layers_end_ = links_.size();
    while (layers_end_ > 0 && !is_step(*links_[layers_end_ - 1])) --layers_end_;
  }

  Assembled run() {
    front();
    open(at_ == 0 ? nullptr : links_[at_ - 1]);
    if (!opened_.empty() && std::count(opened_.begin(), opened_.end(), nullptr) > 0 && at_ > 0)
      refuse(*links_[at_ - 1], "expected a residual block to begin behind the scaling of inputs");
    while (at_ < links_.size()) {
      step(*links_[at_]);
      open(links_[at_]);
      ++at_;
    }
    if (made_.layers.empty())
      throw ValueError("expected a network, got no layer between the graph's input and its output");
    if (!times_.empty()) refuse(*links_.back(), "expected a layer to put it into");
    return std::move(made_);
  }

 private:
  /// Whether it is more than arithmetic on the answers.
  static bool is_step(const Link& link) { return link.layer || link.closes || link.op == "LastStep"; }

  void open(const Link* link) {
    for (auto count = std::count(opened_.begin(), opened_.end(), link); count > 0 && at_ < links_.size(); --count)
      made_.layers.emplace_back(ResidualBegin{{link ? link->form.numbers() : width_}});
  }

  // ------------------------------------------------------------------------------------------------ before the layers

  const Link* ahead(std::size_t k) const { return at_ + k < links_.size() ? links_[at_ + k] : nullptr; }

  void front() {
    if (const Link* link = ahead(0); link && link->op == "Fill") {
      made_.filling = link->numbers;
      ++at_;
    }
    Scaler scaler;
    if (ahead(1) && path_text(ahead(0)->before, ahead(1)) == "Add:1,Log") {
      scaler.kind = Scaler::Kind::log;
      at_ += 2;
    }
    scaler.shift.assign(static_cast<std::size_t>(width_), 0.0);
    scaler.scale.assign(scaler.shift.size(), 1.0);
    const std::size_t first = at_;
    for (; at_ < layers_end_ && is_affine(*links_[at_]); ++at_) scale(*links_[at_], scaler);
    if (at_ > first || scaler.kind == Scaler::Kind::log) made_.scaler = std::move(scaler);
  }

  /// (x - shift) / scale, then the operator.
  void scale(const Link& link, Scaler& scaler) const {
    const std::vector<double> c = widened(link, width_);
    for (std::size_t k = 0; k < c.size(); ++k) {
      if (link.op == "Sub") scaler.shift[k] += c[k] * scaler.scale[k];
      if (link.op == "Add") scaler.shift[k] -= c[k] * scaler.scale[k];
      if (link.op == "Div") scaler.scale[k] *= c[k];
      if (link.op == "Mul") scaler.scale[k] /= c[k];
      if (link.op == "Mul" && c[k] == 0) refuse(link, "expected inputs that are not multiplied by 0");
    }
  }

  // --------------------------------------------------------------------------------------------------------- layers

  void step(Link& link) {
    if (link.layer) return layer(link);
    if (link.closes) return void(made_.layers.emplace_back(ResidualAdd{{link.form.numbers()}}));
    if (link.op == "LastStep") return last_step(link);
    if (at_ >= layers_end_ && answers(link)) return;
    if (is_affine(link)) return affine(link);
    if (link.op == "Exp")
      return void(made_.layers.emplace_back(Elementwise<activation::Exponential>{link.form.numbers()}));
    refuse(link, "expected a layer, or together with its neighbours an activation; alone it is none");
  }

  void layer(Link& link) {
    if (!times_.empty()) fold_forward(link);
    made_.layers.push_back(std::move(*link.layer));
    first_.push_back(made_.theta.size());
    made_.theta.insert(made_.theta.end(), link.theta.begin(), link.theta.end());
    made_.state.insert(made_.state.end(), link.state.begin(), link.state.end());
    link.theta = {};
  }

  void last_step(const Link& link) {
    for (std::size_t l = made_.layers.size(); l-- > 0;) {
      const bool found = std::visit(
          [](auto& layer) {
            if constexpr (requires { layer.every_step; }) return layer.every_step = false, true;
            return false;
          },
          made_.layers[l]);
      if (found) return;
    }
    refuse(link, "expected a recurrent operator before the last step is taken");
  }

  /// The layer just written, if its outputs are still sums.
  Dense* dense() { return made_.layers.empty() ? nullptr : std::get_if<Dense>(&made_.layers.back()); }

  void affine(const Link& link) {
    if (RmsNorm* norm = made_.layers.empty() ? nullptr : std::get_if<RmsNorm>(&made_.layers.back());
        norm && link.op == "Mul" && static_cast<Index>(link.numbers.size()) == norm->width) {
      double* const scale = made_.theta.data() + (std::ssize(made_.theta) - norm->width);
      for (std::size_t k = 0; k < link.numbers.size(); ++k) scale[k] *= link.numbers[k];
      return;
    }
    if (Dense* last = dense()) return fold(link, *last, last->out, last->in);
    if (!made_.layers.empty())
      if (auto* last = std::get_if<Conv2d>(&made_.layers.back()))
        return fold(link, *last, last->filters, last->cells());
    if (!made_.layers.empty())
      if (auto* last = std::get_if<Conv1d>(&made_.layers.back()))
        return fold(link, *last, last->filters, last->cells());
    // Into the dense layer that follows.
    if (times_.empty()) {
      const Affine none(link.form.numbers());
      times_ = none.times;
      plus_ = none.plus;
    }
    Affine sum(link.form.numbers());
    sum.times = std::move(times_);
    sum.plus = std::move(plus_);
    sum.then(link, widened(link, link.form.numbers()));
    times_ = std::move(sum.times);
    plus_ = std::move(sum.plus);
    if (const Link* next = ahead(1);
        !next || !(is_affine(*next) || (next->layer && std::holds_alternative<Dense>(*next->layer))))
      refuse(link, "expected a dense layer before or behind it, which takes constants into its weights");
  }

  /// Into weights (rows, outputs) and bias of the layer before.
  template <class L>
  void fold(const Link& link, L& layer, Index outputs, Index rows) {
    const auto n = static_cast<std::size_t>(outputs);
    if (link.numbers.size() != 1 && link.numbers.size() != n)
      refuse(link, fmt::format("expected constants for {} outputs, got {}", n, link.numbers.size()));
    Affine change(outputs);
    change.then(link, widened(link, outputs));
    if (!layer.bias && link.op != "Mul" && link.op != "Div") {
      layer.bias = true;
      made_.theta.insert(made_.theta.end(), n, 0.0);
    }
    double* w = made_.theta.data() + first_.back();
    const auto all = static_cast<std::size_t>(rows) + (layer.bias ? 1 : 0);
    for (std::size_t r = 0; r < all; ++r)
      for (std::size_t j = 0; j < n; ++j) {
        double& value = w[r * n + j];
        if (change.times[j] != 1) value *= change.times[j];
        if (r == static_cast<std::size_t>(rows)) value += change.plus[j];
      }
  }

  /// Rows of the weights by `times_`, and what `plus_` adds through them to the bias.
  void fold_forward(Link& link) {
    auto& next = std::get<Dense>(*link.layer);
    if (!next.bias) {
      next.bias = true;
      link.theta.insert(link.theta.end(), static_cast<std::size_t>(next.out), 0.0);
    }
    const auto out = static_cast<std::size_t>(next.out);
    double* bias = link.theta.data() + static_cast<std::size_t>(next.in) * out;
    for (std::size_t i = 0; i < static_cast<std::size_t>(next.in); ++i)
      for (std::size_t j = 0; j < out; ++j) {
        double& w = link.theta[i * out + j];
        bias[j] += plus_[i] * w;
        w *= times_[i];
      }
    times_.clear();
    plus_.clear();
  }

  // --------------------------------------------------------------------------------------------------- behind the
  // layers

  /// Whether the operator, and all behind it, is of the answers: 1 - p and p, probabilities of logarithms, units.
  bool answers(const Link& link) {
    if (link.op == "TwoClasses") return made_.two_classes = at_ + 1 == links_.size();
    const bool ends_in_logarithms = !made_.layers.empty() && std::holds_alternative<LogSoftmax>(made_.layers.back());
    if (link.op == "Exp" && ends_in_logarithms && at_ + 1 == links_.size()) return true;
    // The bias that a product of matrices gets from the sum behind it.
    const Dense* last = dense();
    if (classes_ || !is_affine(link) || (last && !last->bias && (link.op == "Add" || link.op == "Sub"))) return false;
    std::size_t end = at_;
    Affine units(link.form.numbers());
    for (; end < links_.size() && is_affine(*links_[end]); ++end)
      units.then(*links_[end], widened(*links_[end], link.form.numbers()));
    Scaler scaler{.shift = std::move(units.plus), .scale = std::move(units.times)};
    if (end < links_.size() && links_[end]->op == "Exp") {
      if (end + 2 != links_.size() || path_text(links_[end], links_[end + 1]) != "Sub:1") return false;
      scaler.kind = Scaler::Kind::log;
      end += 2;
    }
    if (end != links_.size()) return false;
    made_.target_scaler = std::move(scaler);
    at_ = links_.size() - 1;
    return true;
  }

  bool classes_;
  Index width_;  // of the graph's input
  std::vector<Link*> links_;
  std::vector<const Link*> opened_;  // where residual blocks begin: behind these
  std::size_t at_ = 0;
  std::size_t layers_end_ = 0;        // behind it is nothing but arithmetic on the answers
  std::vector<std::size_t> first_;    // of each layer with an operator, where its parameters begin
  std::vector<double> times_, plus_;  // waiting for a dense layer
  Assembled made_;
};

}  // namespace

Assembled assemble(const Form& input, Link* end, bool classes) { return Assembler(input, end, classes).run(); }

}  // namespace gradus::onnx
