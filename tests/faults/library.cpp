// SPDX-License-Identifier: MIT
// What the library does when the n-th allocation or the n-th call of the system fails, for n = 1, 2, ... until it gets
// through: an error of its own or std::bad_alloc, every block and every descriptor given back, no file left over, and
// the file that was there the old or the new one. Runs under interposer.cpp.
#include <dirent.h>
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/lab.hpp"
#include "interposer.hpp"
#include "src/lab/exchange/onnx/message.hpp"

namespace {

using namespace gradus;
namespace fs = std::filesystem;

/// The interposer's functions, which only a preloaded library has.
struct Faults {
  decltype(&gradus_faults_arm) arm;
  decltype(&gradus_faults_struck) struck;
  decltype(&gradus_faults_live_blocks) live_blocks;
};

template <class F>
F find(const char* name) {
  void* found = ::dlsym(RTLD_DEFAULT, name);
  if (!found) {
    std::fprintf(stderr, "run this with LD_PRELOAD=interposer\n");
    std::exit(2);
  }
  return reinterpret_cast<F>(found);
}

std::size_t entries(const char* folder) {
  std::size_t count = 0;
  DIR* open = ::opendir(folder);
  while (open && ::readdir(open)) ++count;
  if (open) ::closedir(open);
  return count;
}

struct Operation {
  const char* name;
  std::function<void()> run;
  std::string file = "";  ///< that is there before, and may be the old or the new one afterwards
};

/// Text after text, so that it is not parsed anew each time.
Experiment small(const std::string& data) {
  Experiment e;
  e.data = data;
  e.network = "2-3tanh-2softmax";
  e.epochs = 2;
  e.test = 0.25;
  e.scale = Scaler::Kind::standard;
  return e;
}

/// "a,b,label\n1,2,0\n2,1,1\n" by gzip.
constexpr char kPacked[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x4b\xd4\x49\xd2\xc9\x49\x4c\x4a\xcd\xe1\x32\xd4\x31\xd2\x31\xe0\x32\xd2"
    "\x31\xd4\x31\xe4\x02\x00\xdf\x48\x75\x1a\x16\x00\x00\x00";

std::vector<Operation> operations() {
  const Dataset moons = load_data("moons:samples=20,noise=0.1");
  save_data(moons, "moons.csv");
  write_file("packed.csv.gz", {kPacked, sizeof kPacked - 1});
  const Model model = run_experiment(small("moons.csv")).model;
  save_model(model, "old.model");
  return {
      {"load a packed file",
       [] {
         try {
           load_data("packed.csv.gz");
         } catch (const FileError& error) {  // of a library without zlib
           if (std::string_view(error.what()).find("gunzip") == std::string_view::npos) throw;
         }
       }},
      {"write and read ONNX", [model] { onnx::decode(to_onnx(model), "net.onnx"); }},
      {"load a model", [] { load_model("old.model"); }},
      {"save a model", [model] { save_model(model, "old.model"); }, "old.model"},
      {"predict", [model, moons] { model.predict(moons.x); }},
      {"load data", [] { load_data("moons.csv"); }},
      {"save data", [moons] { save_data(moons, "moons.csv"); }, "moons.csv"},
      {"save data as .npy", [moons] { save_data(moons, "moons.npy"); }},
      {"read an experiment", [] { parse_experiment(to_toml(small("moons.csv")), "e.toml"); }},
      {"train", [] { run_experiment(small("moons.csv")); }},
      {"train by L-BFGS",
       [] {
         Experiment e = small("moons.csv");
         e.optimizer = parse_training_method("lbfgs");
         run_experiment(e);
       }},
      {"sweep",
       [] {
         SweepRequest request;
         request.base = small("moons.csv");
         request.seeds = 3;
         const ExperimentSource source = load_source(request.base);
         run_sweep(plan_sweep(request, source), source, {.folder = "sweep"});
       }},
  };
}

/// Takes everything out of the sweep's folder. The folder stays: of each folder ever written to, by its number on the
/// disk, the library remembers that it was swept, and a new one may have a new number.
void clear_sweep() {
  fs::create_directories("sweep");
  for (const fs::path& path : std::vector<fs::path>(fs::directory_iterator("sweep"), fs::directory_iterator()))
    fs::remove_all(path);
}

class Trial {
 public:
  explicit Trial(const Faults& faults) : faults_(faults) {}

  void each(const Operation& operation, char kind) {
    operation.run();  // what is made once for all is made now
    clear_sweep();
    const std::string file = operation.file.empty() ? "" : read_file(operation.file);
    long n = 1;
    for (bool struck = true; struck; ++n) {
      const long blocks = faults_.live_blocks();
      const std::size_t descriptors = entries("/proc/self/fd"), files = entries(".");
      const bool failed = fails(operation, kind, n, struck);
      clear_sweep();
      const long more = faults_.live_blocks() - blocks;
      if (more != 0) complain(operation, kind, n, std::to_string(more) + " blocks of memory are lost");
      if (entries("/proc/self/fd") != descriptors) complain(operation, kind, n, "a descriptor is left open");
      if (entries(".") != files) complain(operation, kind, n, "a file is left over");
      if (!operation.file.empty() && read_file(operation.file) != file)
        complain(operation, kind, n, "the file is neither the old nor the new one");
      if (failed && !struck) complain(operation, kind, n, "it fails by itself");
    }
    std::printf("%s: %ld of %c\n", operation.name, n - 2, kind);
  }

  bool good() const { return good_; }

 private:
  bool fails(const Operation& operation, char kind, long n, bool& struck) {
    bool failed = false;
    faults_.arm(kind, n);
    try {
      operation.run();
    } catch (const Error&) {
      failed = true;
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    struck = faults_.struck();
    faults_.arm(kind, 0);
    return failed;
  }

  void complain(const Operation& operation, char kind, long n, const std::string& what) {
    std::printf("%s, %c%ld: %s\n", operation.name, kind, n, what.c_str());
    good_ = false;
  }

  Faults faults_;
  bool good_ = true;
};

}  // namespace

int main() {
  const Faults faults{find<decltype(&gradus_faults_arm)>("gradus_faults_arm"),
                      find<decltype(&gradus_faults_struck)>("gradus_faults_struck"),
                      find<decltype(&gradus_faults_live_blocks)>("gradus_faults_live_blocks")};
  std::string folder = (fs::temp_directory_path() / "gradus_faults_XXXXXX").string();
  if (!::mkdtemp(folder.data())) return 2;
  fs::current_path(folder);
  Trial trial(faults);
  for (const Operation& operation : operations())
    for (const char kind : {'a', 's', 'g'}) trial.each(operation, kind);
  fs::current_path("/");
  fs::remove_all(folder);
  return trial.good() ? 0 : 1;
}
