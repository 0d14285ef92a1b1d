// SPDX-License-Identifier: MIT
// Any bytes are taken by a reader or refused with an Error of one line. Compiled once for each reader, which READER
// names (CMakeLists.txt here has them all).
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "gradus/core/error.hpp"
#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/data/npy.hpp"
#include "gradus/lab/exchange/onnx.hpp"
#include "gradus/lab/exchange/weights.hpp"
#include "gradus/lab/experiment/experiment.hpp"
#include "gradus/nn/network.hpp"

namespace reader {

inline void npy(std::string_view bytes) { gradus::parse_npy_dataset(bytes); }
inline void csv(std::string_view bytes) { gradus::parse_csv(bytes); }
inline void onnx(std::string_view bytes) { gradus::from_onnx(bytes, "f"); }
inline void fann(std::string_view bytes) { gradus::from_fann(bytes, "f"); }
inline void rtneural(std::string_view bytes) { gradus::from_rtneural(bytes, "f"); }
inline void experiment(std::string_view bytes) { gradus::parse_experiment(bytes, "f"); }
/// What is taken is written, and read again as the same.
inline void network(std::string_view bytes) {
  const gradus::Network network = gradus::parse_network(bytes);
  if (!(gradus::parse_network(gradus::to_text(network)) == network)) std::abort();
}
/// The weights of a state_dict, for a network with a layer of every kind that has some.
inline void torch(std::string_view bytes) {
  static const gradus::Network network = gradus::parse_network("4-3-batchnorm-prelu-2softmax");
  gradus::from_torch(gradus::parse_safetensors(bytes, "f", gradus::ForeignTypes::unread), network, "f");
}

}  // namespace reader

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    reader::READER({reinterpret_cast<const char*>(data), size});
  } catch (const gradus::Error& error) {
    if (std::strpbrk(error.what(), "\r\n")) std::abort();
  }
  return 0;
}
