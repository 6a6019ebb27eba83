// Where numbers live and how they are stored. Always passed, never ambient.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

namespace manabi::tensor {

// What a forward pass runs with. float32 is the reference; bf16 stores weights and activations in bfloat16 and accumulates in float32.
struct Compute {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
};

// "cpu", "cuda", "cuda:1"; throws base::Error with what this build and machine offer.
at::Device parse_device(std::string_view text);
// "float32" (also "f32") or "bfloat16" (also "bf16").
at::ScalarType parse_dtype(std::string_view text);
std::string name_of(at::ScalarType dtype);

// Threads of libtorch's parallel loops. The one process-wide setting libtorch has; set once by the program before any work.
void set_threads(int count);
// Freed memory stays with the process from now on: a training step takes and frees the same sizes again and again, and pages that are handed
// back come cleared each time. Process-wide as well; set once by a program that trains, before any work.
void keep_freed_memory();

}  // namespace manabi::tensor
