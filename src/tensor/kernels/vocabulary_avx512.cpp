// Logits of 64 tokens and 6 rows at a time. For the log-sum-exp each tile is summed up as soon as it is there: the running maximum and sum of
// a row are all that stays. The unembedding is transposed block by block in scratch, so the whole never exists twice.
#include "tensor/kernels/vocabulary.h"

#if defined(__x86_64__)
#include "tensor/kernels/tiles_avx512.h"

namespace manabi::tensor::kernels {
namespace {

constexpr int64_t kBlockTokens = kTileVectors * kLanes;
constexpr float kLogOf2 = 0.693147180559945309f;

struct Scratch {
  Word* tokens;   // [width, 64] elements: transposed, in words
  float* logits;  // [6, 64]
  float* sums;    // [rows, 16] lane by lane
  float* maxima;  // [rows], times log2(e)
};

Scratch carve(Carver& carver, int64_t rows, int64_t width) {
  return {.tokens = carver.take<Word>(kBlockTokens * width),
          .logits = carver.take<float>(kTileRows * kBlockTokens),
          .sums = carver.take<float>(rows * kLanes),
          .maxima = carver.take<float>(rows)};
}

template <class Words>
class Vocabulary {
  using Element = typename Words::Element;

 public:
  Vocabulary(const VocabularyPart& part, void* memory) : part_(part), words_(part.width / Words::kElements) {
    Carver carver(memory);
    scratch_ = carve(carver, part.rows, part.width);
  }

  void log_sum_exp(float* result) {
    for (int64_t row = 0; row < part_.rows; ++row) {
      _mm512_store_ps(scratch_.sums + row * kLanes, _mm512_setzero_ps());
      scratch_.maxima[row] = -__builtin_inff();
    }
    for_each_tile([this](int64_t row, int64_t, int64_t count, const float* logits) { add_logits(row, logits, count); });
    for (int64_t row = 0; row < part_.rows; ++row) result[row] = result_of(row);
  }

  void logits(float* to, int64_t stride) {
    for_each_tile([=](int64_t row, int64_t token, int64_t count, const float* logits) {
      for (int64_t i = 0; i < count; i += kLanes) {
        const __mmask16 lanes = first_lanes(count - i);
        _mm512_mask_storeu_ps(to + row * stride + token + i, lanes, _mm512_maskz_load_ps(lanes, logits + i));
      }
    });
  }

 private:
  // Calls use(row, token, count, logits) with the logits of up to 64 tokens from `token` on.
  template <class Use>
  void for_each_tile(const Use& use) {
    for (int64_t token = 0; token < part_.tokens; token += kBlockTokens) {
      const int64_t count = smaller(kBlockTokens, part_.tokens - token);
      pack_tokens(token, count);
      for (int64_t row = 0; row < part_.rows; row += kTileRows) {
        const int64_t rows = smaller(kTileRows, part_.rows - row);
        multiply_rows(row, rows);
        for (int64_t i = 0; i < rows; ++i) use(row + i, token, count, scratch_.logits + i * kBlockTokens);
      }
    }
  }

  void pack_tokens(int64_t token, int64_t count) {
    const Element* rows[kBlockTokens];
    for (int64_t i = 0; i < count; ++i) rows[i] = static_cast<const Element*>(part_.unembedding) + (token + i) * part_.width;
    for (int64_t i = 0; i < kBlockTokens; i += kLanes) {
      pack_transposed<Words>(rows + i, larger(0, smaller(kLanes, count - i)), words_, scratch_.tokens + i, kBlockTokens);
    }
  }

  void multiply_rows(int64_t row, int64_t rows) {
    const Element* hidden = static_cast<const Element*>(part_.hidden) + row * part_.width;
    multiply<Words>(rows, kTileVectors, reinterpret_cast<const Word*>(hidden), words_, scratch_.tokens, kBlockTokens, words_, scratch_.logits,
                    kBlockTokens, nullptr);
  }

  void add_logits(int64_t row, const float* logits, int64_t count) {
    const __m512 scale = _mm512_set1_ps(kLog2OfE), none = _mm512_set1_ps(-__builtin_inff());
    __m512 scaled[kTileVectors], largest = none;
    for (int vector = 0; vector < kTileVectors; ++vector) {
      const __mmask16 lanes = first_lanes(count - vector * kLanes);
      scaled[vector] = _mm512_mask_mul_ps(none, lanes, _mm512_load_ps(logits + vector * kLanes), scale);
      largest = _mm512_max_ps(largest, scaled[vector]);
    }
    const float old_maximum = scratch_.maxima[row], block_maximum = _mm512_reduce_max_ps(largest);
    const float maximum = block_maximum > old_maximum ? block_maximum : old_maximum;
    __m512 sum = _mm512_mul_ps(_mm512_load_ps(scratch_.sums + row * kLanes), exp2(_mm512_set1_ps(old_maximum - maximum)));
    for (const __m512 logit : scaled) sum = _mm512_add_ps(sum, exp2(_mm512_sub_ps(logit, _mm512_set1_ps(maximum))));
    _mm512_store_ps(scratch_.sums + row * kLanes, sum);
    scratch_.maxima[row] = maximum;
  }

  float result_of(int64_t row) const {
    const float sum = _mm512_reduce_add_ps(_mm512_load_ps(scratch_.sums + row * kLanes));
    return scratch_.maxima[row] * kLogOf2 + __builtin_logf(sum);
  }

  const VocabularyPart& part_;
  int64_t words_;  // of one row or token
  Scratch scratch_;
};

}  // namespace

size_t vocabulary_scratch_bytes(int64_t rows, int64_t width) {
  Carver carver(nullptr);
  carve(carver, rows, width);
  return static_cast<size_t>(carver.used());
}

void log_sum_exp_avx512(const VocabularyPart& part, float* result, void* scratch) {
  if (part.format == Format::float32) {
    Vocabulary<WordsOfFloat32>(part, scratch).log_sum_exp(result);
  } else {
    Vocabulary<WordsOfBFloat16>(part, scratch).log_sum_exp(result);
  }
}

void logits_avx512(const VocabularyPart& part, float* logits, int64_t stride, void* scratch) {
  if (part.format == Format::float32) {
    Vocabulary<WordsOfFloat32>(part, scratch).logits(logits, stride);
  } else {
    Vocabulary<WordsOfBFloat16>(part, scratch).logits(logits, stride);
  }
}

}  // namespace manabi::tensor::kernels
#endif
