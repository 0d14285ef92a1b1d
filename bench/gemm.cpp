// SPDX-License-Identifier: MIT
// Matrix products on the shapes that training brings, GFLOP/s: the engine's own, and the libraries that could stand in
// its place, interleaved in one run. Beside them the machine's peak: a loop of nothing but independent multiply-adds.
// One thread each:  OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 build/release/bench/gemm
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <cblas.h>
#include <oneapi/dnnl/dnnl.h>
#include <Eigen/Core>

#include "engine/kernels/gemm.hpp"
#include "gradus/engine/buffer.hpp"
#include "gradus/engine/instruction_set.hpp"

namespace {

using namespace gradus;
using engine::Buffer;
using engine::Product;

using Clock = std::chrono::steady_clock;

double seconds(const std::function<void()>& f, int calls) {
  const auto start = Clock::now();
  for (int k = 0; k < calls; ++k) f();
  return std::chrono::duration<double>(Clock::now() - start).count() / calls;
}

/// The best of many runs: what else the machine does only ever adds.
struct Contender {
  std::string name;
  std::function<void()> run;
  double best = 1e9;
};

// ------------------------------------------------------------------------------------------------ the candidates

template <class T>
void blas(const Product<T>& p) {
  const auto op = [](bool transposed) { return transposed ? CblasTrans : CblasNoTrans; };
  const auto call = [&](auto f) {
    f(CblasRowMajor, op(p.a.transposed), op(p.b.transposed), static_cast<blasint>(p.rows), static_cast<blasint>(p.cols),
      static_cast<blasint>(p.depth), T(1), p.a.data, static_cast<blasint>(p.a.stride), p.b.data,
      static_cast<blasint>(p.b.stride), T(0), p.c, static_cast<blasint>(p.c_stride));
  };
  if constexpr (sizeof(T) == 4) {
    call(cblas_sgemm);
  } else {
    call(cblas_dgemm);
  }
}

template <class T>
void eigen(const Product<T>& p) {
  using M = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Stride = Eigen::OuterStride<>;
  const auto map = [](const engine::Factor<T>& f, Index rows, Index cols) {
    return Eigen::Map<const M, 0, Stride>(f.data, f.transposed ? cols : rows, f.transposed ? rows : cols,
                                          Stride(f.stride));
  };
  const auto a = map(p.a, p.rows, p.depth);
  const auto b = map(p.b, p.depth, p.cols);
  Eigen::Map<M, 0, Stride> c(p.c, p.rows, p.cols, Stride(p.c_stride));
  if (p.a.transposed) {
    c.noalias() = a.transpose() * b;
  } else if (p.b.transposed) {
    c.noalias() = a * b.transpose();
  } else {
    c.noalias() = a * b;
  }
}

void one_dnn(const Product<float>& p) {
  dnnl_sgemm(p.a.transposed ? 'T' : 'N', p.b.transposed ? 'T' : 'N', p.rows, p.cols, p.depth, 1, p.a.data, p.a.stride,
             p.b.data, p.b.stride, 0, p.c, p.c_stride);
}

/// Multiply-adds in more registers than their latency needs.
template <class T>
double peak() {
  using Packet = typename Eigen::internal::packet_traits<T>::type;
  constexpr int chains = 12, steps = 100000;
  constexpr auto lanes = static_cast<double>(sizeof(Packet) / sizeof(T));
  const auto a = Eigen::internal::pset1<Packet>(T(0.999)), b = Eigen::internal::pset1<Packet>(T(0.001));
  Packet sum[chains];
  for (Packet& s : sum) s = a;
  double best = 1e9;
  for (int run = 0; run < 50; ++run)
    best = std::min(best, seconds(
                              [&] {
                                Packet local[chains];
                                std::copy(sum, sum + chains, local);
                                for (int k = 0; k < steps; ++k)
                                  for (Packet& s : local) s = Eigen::internal::pmadd(s, a, b);
                                std::copy(local, local + chains, sum);
                              },
                              1));
  volatile T kept = 0;
  for (const Packet& s : sum) kept = kept + Eigen::internal::pfirst(s);
  return 2.0 * chains * steps * lanes / best * 1e-9;
}

// ------------------------------------------------------------------------------------------------ the shapes

template <class T>
void measure(const char* what, Index rows, Index depth, Index cols, bool a_transposed, bool b_transposed) {
  Buffer<T> a(static_cast<std::size_t>(rows * depth), T(0.5)), b(static_cast<std::size_t>(depth * cols), T(0.25));
  Buffer<T> c(static_cast<std::size_t>(rows * cols)), work(static_cast<std::size_t>(engine::kGemmWork<T>));
  const Product<T> p{.rows = rows,
                     .cols = cols,
                     .depth = depth,
                     .a = {a.data(), a_transposed ? rows : depth, a_transposed},
                     .b = {b.data(), b_transposed ? depth : cols, b_transposed},
                     .c = c.data(),
                     .c_stride = cols};
  std::vector<Contender> contenders{
      {"own", [&] { engine::gemm(p, work.data()); }}, {"OpenBLAS", [&] { blas(p); }}, {"Eigen", [&] { eigen(p); }}};
  if constexpr (sizeof(T) == 4) contenders.push_back({"oneDNN", [&] { one_dnn(p); }});
  const double flops = 2.0 * static_cast<double>(rows * depth * cols);
  const int calls = std::max(1, static_cast<int>(3e7 / flops));
  for (int round = 0; round < 40; ++round)
    for (Contender& contender : contenders) contender.best = std::min(contender.best, seconds(contender.run, calls));
  std::printf("%-8s %5td x %4td x %4td %-6s", what, rows, depth, cols, sizeof(T) == 4 ? "float" : "double");
  for (const Contender& contender : contenders)
    std::printf("  %s %6.1f", contender.name.c_str(), flops / contender.best * 1e-9);
  std::printf("\n");
}

template <class T>
void all() {
  std::printf("peak %.1f GFLOP/s, %s\n", peak<T>(), engine::instruction_set().c_str());
  struct Shape {
    Index batch, in, out;
  };
  for (const Shape s : {Shape{128, 784, 512},
                        {128, 512, 512},
                        {128, 512, 10},
                        {200, 64, 100},
                        {200, 100, 10},
                        {32, 64, 64},
                        {1024, 1024, 1024}}) {
    measure<T>("forward", s.batch, s.in, s.out, false, false);
    measure<T>("dW", s.in, s.batch, s.out, true, false);
    measure<T>("dX", s.batch, s.out, s.in, false, true);
  }
}

}  // namespace

int main() {
  all<float>();
  all<double>();
}
