// SPDX-License-Identifier: MIT
// The limit: loops written by hand for one shape each, sizes known when compiled, compiled for this machine alone with
// -O3 -march=native -ffast-math. They do no more than the workload asks. Where the work is a matrix product, the limit
// is its multiply-adds at the rate that registers alone allow.
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <random>
#include <thread>

#include "../contender.hpp"

namespace {

using bench::Data;
using bench::Run;
using bench::Task;

#ifdef __AVX512F__
constexpr int kBytes = 64;
#else
constexpr int kBytes = 32;
#endif

template <class T>
struct Lanes;
template <>
struct Lanes<float> {
  typedef float V __attribute__((vector_size(kBytes)));
  typedef std::int32_t I __attribute__((vector_size(kBytes)));
  static constexpr float shift = 12582912.f, low = -87.f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
  static constexpr int mantissa = 23, terms = 6;
};
template <>
struct Lanes<double> {
  typedef double V __attribute__((vector_size(kBytes)));
  typedef std::int64_t I __attribute__((vector_size(kBytes)));
  static constexpr double shift = 6755399441055744., low = -708., ln2_high = 6.93145751953125e-1,
                          ln2_low = 1.42860682030941723212e-6;
  static constexpr int mantissa = 52, terms = 11;
};
template <class T>
using V = typename Lanes<T>::V;
template <class T>
constexpr int n = kBytes / static_cast<int>(sizeof(T));

/// exp by its Taylor series on |r| <= ln 2 / 2, as many terms as the type holds.
template <class T>
inline V<T> exp_of(V<T> x) {
  using L = Lanes<T>;
  x = x < L::low ? V<T>{} + L::low : x;
  const V<T> shifted = x * T(1.4426950408889634) + L::shift;
  const V<T> k = shifted - L::shift;
  const V<T> r = x - k * L::ln2_high - k * L::ln2_low;
  T factorial = 1;
  for (int i = 2; i <= L::terms; ++i) factorial *= static_cast<T>(i);
  V<T> p = V<T>{} + 1 / factorial;
  for (int i = L::terms; i > 0; --i) {
    factorial /= static_cast<T>(i);
    p = p * r + 1 / factorial;
  }
  return (V<T>)((typename L::I)p + ((typename L::I)shifted << L::mantissa));
}
template <class T>
inline V<T> tanh_of(V<T> x) {
  const V<T> a = x < 0 ? -x : x;
  const V<T> e = exp_of<T>(-2 * a);
  const V<T> t = (1 - e) / (1 + e);
  return x < 0 ? -t : t;
}
#ifdef __AVX512F__
template <class T>
inline T sum_of(V<T> v) {
  if constexpr (sizeof(T) == 4)
    return _mm512_reduce_add_ps((__m512)v);
  else
    return _mm512_reduce_add_pd((__m512d)v);
}
#else
template <class T>
inline T sum_of(V<T> v) {
  T sum = 0;
  for (int l = 0; l < n<T>; ++l) sum += v[l];
  return sum;
}
#endif
template <class T>
inline T exp_1(T x) {
  return std::exp(x);
}

enum class Act { relu, tanh, sigmoid };
template <class T, Act A>
inline V<T> act(V<T> z) {
  if constexpr (A == Act::relu) return z > 0 ? z : V<T>{};
  if constexpr (A == Act::tanh) return tanh_of<T>(z);
  if constexpr (A == Act::sigmoid) return 1 / (1 + exp_of<T>(-z));
}
template <class T, Act A>
inline V<T> slope(V<T> y, V<T> dy) {
  if constexpr (A == Act::relu) return y > 0 ? dy : V<T>{};
  if constexpr (A == Act::tanh) return dy * (1 - y * y);
  if constexpr (A == Act::sigmoid) return dy * y * (1 - y);
}

template <class T>
void fill(void* numbers, std::size_t bytes, int fan) {
  std::mt19937 g(1);
  std::normal_distribution<double> normal(0, 1 / std::sqrt(fan));
  T* to = static_cast<T*>(numbers);
  for (std::size_t k = 0; k < bytes / sizeof(T); ++k) to[k] = static_cast<T>(normal(g));
}

// ----------------------------------------------------------------------------------------------- A: a lane is a unit
/// I inputs, H hidden units (whole vectors), two classes: softmax of two is a logistic function of the difference.
template <class T, Act A, int I, int H>
struct Online {
  static constexpr int B = H / n<T>;
  V<T> w1[I][B], b1[B], w2[2][B];
  T b2[2];

  void step(const T* x, int label, T rate) {
    V<T> h[B], d[B], s0{}, s1{};
    for (int v = 0; v < B; ++v) {
      h[v] = b1[v];
      for (int i = 0; i < I; ++i) h[v] += w1[i][v] * x[i];
      h[v] = act<T, A>(h[v]);
      s0 += w2[0][v] * h[v];
      s1 += w2[1][v] * h[v];
    }
    const T difference = sum_of<T>(s1 - s0) + b2[1] - b2[0];
    const T p = 1 / (1 + exp_1(-difference));
    const T delta = rate * (p - static_cast<T>(label));
    for (int v = 0; v < B; ++v) {
      d[v] = slope<T, A>(h[v], delta * (w2[1][v] - w2[0][v]));
      w2[1][v] -= delta * h[v];
      w2[0][v] += delta * h[v];
      b1[v] -= d[v];
      for (int i = 0; i < I; ++i) w1[i][v] -= d[v] * x[i];
    }
    b2[1] -= delta;
    b2[0] += delta;
  }
  T probability(const T* x) const {
    V<T> s{};
    for (int v = 0; v < B; ++v) {
      V<T> h = b1[v];
      for (int i = 0; i < I; ++i) h += w1[i][v] * x[i];
      s += (w2[1][v] - w2[0][v]) * act<T, A>(h);
    }
    return 1 / (1 + exp_1(-(sum_of<T>(s) + b2[1] - b2[0])));
  }
};

template <class T>
struct Samples {
  explicit Samples(const Data& data)
      : x(data.x.begin(), data.x.end()), labels(data.labels.begin(), data.labels.end()) {}
  std::vector<T> x;
  std::vector<int> labels;
};

template <class T, Act A>
Run online() {
  auto samples = std::make_shared<Samples<T>>(bench::load("circles"));
  auto net = std::make_shared<Online<T, A, 2, 16>>();
  fill<T>(net.get(), sizeof *net, 4);
  const auto rows = static_cast<int>(samples->labels.size());
  return {[=](long epochs) {
            for (long e = 0; e < epochs; ++e)
              for (int i = 0; i < rows; ++i) net->step(&samples->x[2 * i], samples->labels[i], T(0.05));
          },
          double(rows), 20,
          [=] {
            double loss = 0;
            for (int i = 0; i < rows; ++i) {
              const T p = net->probability(&samples->x[2 * i]);
              loss -= std::log(samples->labels[i] ? p : 1 - p);
            }
            return loss / rows;
          }};
}

// ------------------------------------------------------------------------------------------- B, C: a lane is a sample
/// One batch lies feature by feature: x[i] holds feature i of all its samples, padded with samples of weight 0.
template <class T, Act A, int I, int H, int C>
struct Batched {
  T w1[I][H], b1[H], w2[H][C], b2[C];

  T step(const V<T>* x, const V<T>* t, const V<T>* weight, int vectors, T rate) {
    V<T> gw1[I][H] = {}, gb1[H] = {}, gw2[H][C] = {}, gb2[C] = {}, loss{};
    for (int s = 0; s < vectors; ++s) {
      V<T> h[H], z[C], sum{};
      for (int c = 0; c < C; ++c) z[c] = V<T>{} + b2[c];
      for (int j = 0; j < H; ++j) {
        V<T> a = V<T>{} + b1[j];
        for (int i = 0; i < I; ++i) a += x[i * vectors + s] * w1[i][j];
        h[j] = act<T, A>(a);
        for (int c = 0; c < C; ++c) z[c] += h[j] * w2[j][c];
      }
      V<T> most = z[0];
      for (int c = 1; c < C; ++c) most = z[c] > most ? z[c] : most;
      for (int c = 0; c < C; ++c) {
        z[c] = exp_of<T>(z[c] - most);
        sum += z[c];
      }
      const V<T> factor = weight[s] / sum;
      for (int c = 0; c < C; ++c) {
        loss += t[c * vectors + s] * z[c] * factor;
        z[c] = z[c] * factor - t[c * vectors + s];
        gb2[c] += z[c];
      }
      for (int j = 0; j < H; ++j) {
        V<T> d{};
        for (int c = 0; c < C; ++c) {
          d += z[c] * w2[j][c];
          gw2[j][c] += z[c] * h[j];
        }
        d = slope<T, A>(h[j], d);
        gb1[j] += d;
        for (int i = 0; i < I; ++i) gw1[i][j] += d * x[i * vectors + s];
      }
    }
    for (int j = 0; j < H; ++j) {
      for (int i = 0; i < I; ++i) w1[i][j] -= rate * sum_of<T>(gw1[i][j]);
      for (int c = 0; c < C; ++c) w2[j][c] -= rate * sum_of<T>(gw2[j][c]);
      b1[j] -= rate * sum_of<T>(gb1[j]);
    }
    for (int c = 0; c < C; ++c) b2[c] -= rate * sum_of<T>(gb2[c]);
    return sum_of<T>(loss);  // the probabilities of the true classes: enough to see that it learns
  }
};

template <class T>
struct Batch {
  int vectors = 0;
  std::vector<V<T>> x, t, weight;
  int count = 0;
};

template <class T>
std::vector<Batch<T>> batches(const Data& data, int size) {
  std::vector<Batch<T>> all;
  for (int first = 0; first < data.rows; first += size) {
    Batch<T> b;
    b.count = static_cast<int>(std::min<long>(size, data.rows - first));
    b.vectors = (b.count + n<T> - 1) / n<T>;
    b.x.resize(b.vectors * data.features);
    b.t.resize(b.vectors * data.classes);
    b.weight.resize(b.vectors);
    for (int s = 0; s < b.count; ++s) {
      for (int i = 0; i < data.features; ++i)
        b.x[i * b.vectors + s / n<T>][s % n<T>] = static_cast<T>(data.x[(first + s) * data.features + i]);
      b.t[data.labels[first + s] * b.vectors + s / n<T>][s % n<T>] = 1;
      b.weight[s / n<T>][s % n<T>] = 1;
    }
    all.push_back(std::move(b));
  }
  return all;
}

template <class T, Act A, int I, int H, int C>
Run batched(const char* name, int size, T rate, long learn, bool count_updates) {
  const Data data = bench::load(name);
  auto all = std::make_shared<std::vector<Batch<T>>>(batches<T>(data, size));
  auto net = std::make_shared<Batched<T, A, I, H, C>>();
  fill<T>(net.get(), sizeof *net, 4);
  auto hits = std::make_shared<double>(0);
  return {[=](long epochs) {
            for (long e = 0; e < epochs; ++e) {
              *hits = 0;
              for (const Batch<T>& b : *all)
                *hits += net->step(b.x.data(), b.t.data(), b.weight.data(), b.vectors, rate / static_cast<T>(b.count));
            }
          },
          count_updates ? double(all->size()) : 1.0, learn,
          [=, rows = data.rows] { return -std::log(*hits / double(rows)); }};
}

// ------------------------------------------------------------------------------------------- D, E: multiply-adds alone
/// Twelve chains of multiply-adds in registers: two a cycle with a latency of four need eight.
template <class T>
T multiply_add(long count) {
  constexpr int chains = 12;
  V<T> sum[chains], a = V<T>{} + T(0.999), b = V<T>{} + T(1e-3);
  for (int k = 0; k < chains; ++k) sum[k] = V<T>{} + static_cast<T>(k);
  for (long i = 0; i < count; ++i) {
#pragma GCC unroll 12
    for (int k = 0; k < chains; ++k) sum[k] = sum[k] * a + b;
  }
  T total = 0;
  for (int k = 0; k < chains; ++k) total += sum_of<T>(sum[k]);
  return total;
}
template <class T>
Run products(double multiply_adds_an_item, double units, int threads) {
  auto kept = std::make_shared<std::atomic<double>>(0);
  return {[=](long items) {
            const long count = static_cast<long>(double(items) * multiply_adds_an_item / (12 * n<T> * threads));
            std::vector<std::thread> team;
            for (int k = 1; k < threads; ++k) team.emplace_back([=] { *kept = multiply_add<T>(count); });
            *kept = multiply_add<T>(count);
            for (std::thread& t : team) t.join();
          },
          units, 0, [] { return std::nan(""); }};
}
/// Multiply-adds of a sample: forward, by the weights, and by the inputs of all layers but the first.
double training_products(std::initializer_list<double> widths) {
  double sum = 0;
  const double* w = widths.begin();
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) sum += (l ? 3 : 2) * w[l] * w[l + 1];
  return sum;
}

// --------------------------------------------------------------------------------------------------- F: one sample
template <class T, int I, int O>
inline void dense(const V<T> (&w)[I][O / n<T>], const V<T> (&b)[O / n<T>], const T* x, V<T>* z) {
  constexpr int B = O / n<T>;
  V<T> other[B];
  for (int v = 0; v < B; ++v) {
    z[v] = b[v];
    other[v] = V<T>{};
  }
  for (int i = 0; i < I; i += 2)
    for (int v = 0; v < B; ++v) {
      z[v] += w[i][v] * x[i];
      other[v] += w[i + 1][v] * x[i + 1];
    }
  for (int v = 0; v < B; ++v) z[v] += other[v];
}
template <class T>
struct Deep {  // 32-64-64-8, the last layer padded to a vector
  V<T> w1[32][64 / n<T>], b1[64 / n<T>], w2[64][64 / n<T>], b2[64 / n<T>], w3[64][16 / n<T>], b3[16 / n<T>];
  void predict(const T* x, T* y) const {
    alignas(64) T h1[64], h2[64], out[16];
    const auto relu = [](T* h, int vectors) {
      for (int v = 0; v < vectors; ++v) ((V<T>*)h)[v] = ((V<T>*)h)[v] > 0 ? ((V<T>*)h)[v] : V<T>{};
    };
    dense<T, 32, 64>(w1, b1, x, (V<T>*)h1);
    relu(h1, 64 / n<T>);
    dense<T, 64, 64>(w2, b2, h1, (V<T>*)h2);
    relu(h2, 64 / n<T>);
    dense<T, 64, 16>(w3, b3, h2, (V<T>*)out);
    std::memcpy(y, out, 8 * sizeof(T));
  }
};
template <class T, class Predict>
Run predicting(const char* name, Predict predict) {
  const Data data = bench::load(name);
  auto x = std::make_shared<std::vector<T>>(data.x.begin(), data.x.end());
  auto sum = std::make_shared<T>(0);
  return {[=, rows = data.rows, features = data.features](long passes) {
            for (long p = 0; p < passes; ++p)
              for (long i = 0; i < rows; ++i) {
                T y[8];
                predict(x->data() + i * features, y);
                asm volatile("" : : "r"(y) : "memory");
                *sum = y[0];
              }
          },
          double(data.rows), 1, [=] { return double(*sum); }};
}

// --------------------------------------------------------------------------------------------- H: a lane is a network
template <class T, int H>
struct Bank {
  V<T> w1[2][H], b1[H], w2[H], b2;  // of two classes the difference alone
  void step(V<T> x0, V<T> x1, V<T> label, T rate) {
    V<T> h[H], z = b2;
    for (int j = 0; j < H; ++j) {
      h[j] = tanh_of<T>(b1[j] + w1[0][j] * x0 + w1[1][j] * x1);
      z += w2[j] * h[j];
    }
    const V<T> delta = rate * (1 / (1 + exp_of<T>(-z)) - label);
    b2 -= delta;
    for (int j = 0; j < H; ++j) {
      const V<T> d = delta * w2[j] * (1 - h[j] * h[j]);
      w2[j] -= delta * h[j];
      b1[j] -= d;
      w1[0][j] -= d * x0;
      w1[1][j] -= d * x1;
    }
  }
};
template <class T, int H>
void train_bank(const Samples<T>& samples, int networks, long updates) {
  const unsigned rows = static_cast<unsigned>(samples.labels.size());
  for (int first = 0; first < networks; first += n<T>) {
    Bank<T, H> bank;
    fill<T>(&bank, sizeof bank, 4);
    unsigned state[n<T>];
    for (int l = 0; l < n<T>; ++l) state[l] = static_cast<unsigned>(first + l) * 7919 + 1;
    for (long u = 0; u < updates; ++u) {
      V<T> x0, x1, label;
      for (int l = 0; l < n<T>; ++l) {
        state[l] = state[l] * 1664525u + 1013904223u;
        const unsigned i = static_cast<unsigned>((std::uint64_t{state[l]} * rows) >> 32);
        x0[l] = samples.x[2 * i];
        x1[l] = samples.x[2 * i + 1];
        label[l] = static_cast<T>(samples.labels[i]);
      }
      bank.step(x0, x1, label, T(0.05));
    }
    asm volatile("" : : "r"(&bank) : "memory");
  }
}
template <class T>
Run sweep(int threads) {
  auto samples = std::make_shared<Samples<T>>(bench::load("circles"));
  return {[=](long items) {
            for (long k = 0; k < items; ++k) {
              const std::array<void (*)(const Samples<T>&, int, long), 6> shapes{train_bank<T, 50>, train_bank<T, 20>,
                                                                                 train_bank<T, 15>, train_bank<T, 10>,
                                                                                 train_bank<T, 5>,  train_bank<T, 2>};
              std::atomic<int> next = 0;
              const auto work = [&] {
                for (int s = next++; s < 6; s = next++) shapes[static_cast<std::size_t>(s)](*samples, 20, 20000);
              };
              std::vector<std::thread> team;
              for (int t = 1; t < threads; ++t) team.emplace_back(work);
              work();
              for (std::thread& t : team) t.join();
            }
          },
          120, 0, [] { return std::nan(""); }};
}

template <class T>
std::optional<Run> start(const Task& task) {
  const std::string& w = task.workload;
  if (w == "A-relu") return online<T, Act::relu>();
  if (w == "A-tanh") return online<T, Act::tanh>();
  if (w == "B") return batched<T, Act::tanh, 2, 16, 2>("circles", 32, T(0.1), 50, true);
  if (w == "C") return batched<T, Act::sigmoid, 4, 8, 3>("iris", 150, T(0.1), 5000, false);
  if (w == "D") return products<T>(1797 * training_products({64, 100, 10}), 1, task.threads);
  if (w == "E") return products<T>(1024 * training_products({784, 512, 512, 10}), 1024, task.threads);
  if (w == "F-tanh") {
    auto net = std::make_shared<Online<T, Act::tanh, 2, 16>>();
    fill<T>(net.get(), sizeof *net, 4);
    return predicting<T>("circles", [=](const T* x, T* y) {
      y[1] = net->probability(x);
      y[0] = 1 - y[1];
    });
  }
  if (w == "F-relu") {
    auto net = std::make_shared<Deep<T>>();
    fill<T>(net.get(), sizeof *net, 64);
    return predicting<T>("wide32", [=](const T* x, T* y) { net->predict(x, y); });
  }
  if (w == "H") return sweep<T>(task.threads);
  return std::nullopt;
}

}  // namespace

int main() {
  return bench::serve([](const Task& task) { return task.single ? start<float>(task) : start<double>(task); });
}
