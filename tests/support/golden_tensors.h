// Tensors that another program wrote for a test to compare with.
#pragma once

#include <ATen/ATen.h>

#include <cstring>
#include <stdexcept>
#include <string>

#include "base/format/safetensors.h"

namespace manabi::test {

// Of a safetensors file in F32 or I64.
class GoldenTensors {
 public:
  explicit GoldenTensors(const std::string& path) : file_(path) {}

  at::Tensor operator()(const std::string& name) const {
    for (const base::SafetensorsEntry& entry : file_.entries()) {
      if (entry.name != name) continue;
      const at::Tensor tensor = at::empty(entry.shape, entry.dtype == "I64" ? at::kLong : at::kFloat);
      std::memcpy(tensor.data_ptr(), entry.bytes.data(), entry.bytes.size());
      return tensor;
    }
    throw std::runtime_error("no tensor " + name + " in " + file_.path());
  }

 private:
  base::SafetensorsFile file_;
};

}  // namespace manabi::test
