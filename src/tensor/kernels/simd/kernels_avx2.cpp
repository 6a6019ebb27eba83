// The kernels for processors with AVX2.
#include "tensor/kernels/kernels.h"

#if defined(__x86_64__)
#include "tensor/kernels/simd/attention_kernel.h"
#include "tensor/kernels/simd/passes_kernel.h"
#include "tensor/kernels/simd/training_table.h"
#include "tensor/kernels/simd/vocabulary_kernel.h"

namespace manabi::tensor::kernels {

extern const Kernels kAvx2Kernels;
const Kernels kAvx2Kernels = {.instructions = "avx2",
                              .attention_scratch_bytes = attention_scratch_bytes,
                              .attend = attend,
                              .norm_rows = norm_rows,
                              .gate_rows = gate_rows,
                              .rotate_tokens = rotate_tokens,
                              .vocabulary_scratch_bytes = vocabulary_scratch_bytes,
                              .log_sum_exp = log_sum_exp,
                              .logits = logits,
                              .training = kTrainingKernels};

}  // namespace manabi::tensor::kernels
#endif
