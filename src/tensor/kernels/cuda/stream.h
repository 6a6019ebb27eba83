// The stream that libtorch works on for the current device, as a cudaStream_t.
#pragma once

namespace manabi::tensor::kernels {

void* current_stream();

}  // namespace manabi::tensor::kernels
