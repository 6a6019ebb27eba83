#include "tensor/kernels/cuda/stream.h"

#include <c10/cuda/CUDAStream.h>

namespace manabi::tensor::kernels {

void* current_stream() { return c10::cuda::getCurrentCUDAStream().stream(); }

}  // namespace manabi::tensor::kernels
