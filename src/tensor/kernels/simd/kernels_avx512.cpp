// The kernels for processors with AVX-512.
#include "tensor/kernels/kernels.h"

#if defined(__x86_64__)
#include "tensor/kernels/simd/attention_kernel.h"
#include "tensor/kernels/simd/passes_kernel.h"
#include "tensor/kernels/simd/training_table.h"
#include "tensor/kernels/simd/vocabulary_kernel.h"

namespace manabi::tensor::kernels {

extern const Kernels kAvx512Kernels;
const Kernels kAvx512Kernels = {.instructions = "avx512",
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
