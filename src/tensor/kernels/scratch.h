// Memory of a kernel's call, aligned to 64 bytes.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace manabi::tensor::kernels {

class Scratch {
 public:
  explicit Scratch(int64_t bytes) : memory_(std::aligned_alloc(64, static_cast<size_t>((bytes + 63) / 64 * 64))) {
    if (!memory_) throw std::bad_alloc();
  }
  void* get() const { return memory_.get(); }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<void, Free> memory_;
};

}  // namespace manabi::tensor::kernels
