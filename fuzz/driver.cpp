// The libFuzzer program of one target: CMake names its header and its function.
#include FUZZ_HEADER

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  manabi::fuzz::FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
