#include "tensor/kernels/kernels.h"

namespace manabi::tensor::kernels {

#if defined(__x86_64__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#endif

// AVX-512 multiplies pairs of bfloat16 only with an extension of its own; AVX2 widens them first.
const Kernels* const* runnable_kernels(Format format) {
  static const auto list = [](bool with_avx512) {
    struct List {
      const Kernels* kernels[3] = {};
    } runnable;
#if defined(__x86_64__)
    int count = 0;
    if (with_avx512) runnable.kernels[count++] = &kAvx512Kernels;
    if (has_avx2()) runnable.kernels[count++] = &kAvx2Kernels;
#else
    (void)with_avx512;
#endif
    return runnable;
  };
  static const auto float32 = list(has_avx512()), bfloat16 = list(has_avx512_bf16());
  return (format == Format::float32 ? float32 : bfloat16).kernels;
}

const Kernels* find_kernels(Format format) { return *runnable_kernels(format); }

}  // namespace manabi::tensor::kernels
