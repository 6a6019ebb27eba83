// Logits of a tile's columns of tokens and 6 rows at a time (vocabulary.h). For the log-sum-exp each tile is summed up as soon as it is there:
// the running maximum and sum of a row are all that stays. The unembedding is transposed block by block in scratch, so the whole never exists
// twice.
#pragma once

#include "tensor/kernels/simd/tiles.h"
#include "tensor/kernels/vocabulary.h"

namespace manabi::tensor::kernels {
namespace {

constexpr int64_t kBlockTokens = kTileVectors * kLanes;
constexpr float kLogOf2 = 0.693147180559945309f;

struct VocabularyScratch {
  Word* tokens;   // [width, kBlockTokens] elements: transposed, in words
  float* logits;  // [kTileRows, kBlockTokens]
  float* sums;    // [rows, kLanes] lane by lane
  float* maxima;  // [rows], times log2(e)
};

VocabularyScratch carve_vocabulary(Carver& carver, int64_t rows, int64_t width) {
  return {.tokens = carver.take<Word>(kBlockTokens * width),
          .logits = carver.take<float>(kTileRows * kBlockTokens),
          .sums = carver.take<float>(rows * kLanes),
          .maxima = carver.take<float>(rows)};
}

template <class Number>
class Vocabulary {
  using Element = typename Number::Element;

 public:
  Vocabulary(const VocabularyPart& part, void* memory) : part_(part), words_(part.width / Number::kElements) {
    Carver carver(memory);
    scratch_ = carve_vocabulary(carver, part.rows, part.width);
  }

  void log_sum_exp(float* result) {
    for (int64_t row = 0; row < part_.rows; ++row) {
      store(scratch_.sums + row * kLanes, all_lanes(0));
      scratch_.maxima[row] = -__builtin_inff();
    }
    for_each_tile([this](int64_t row, int64_t, int64_t count, const float* logits) { add_logits(row, logits, count); });
    for (int64_t row = 0; row < part_.rows; ++row) result[row] = result_of(row);
  }

  void logits(float* to, int64_t stride) {
    for_each_tile([=](int64_t row, int64_t token, int64_t count, const float* logits) {
      for (int64_t i = 0; i < count; i += kLanes) {
        const Mask lanes = first_lanes(count - i);
        kernels::store(to + row * stride + token + i, load(logits + i, lanes), lanes);
      }
    });
  }

 private:
  // Calls use(row, token, count, logits) with the logits of up to kBlockTokens tokens from `token` on.
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
      pack_transposed<Number>(rows + i, larger(0, smaller(kLanes, count - i)), words_, scratch_.tokens + i, kBlockTokens);
    }
  }

  void multiply_rows(int64_t row, int64_t rows) {
    const Element* hidden = static_cast<const Element*>(part_.hidden) + row * part_.width;
    multiply<Number>(rows, kTileVectors, reinterpret_cast<const Word*>(hidden), words_, scratch_.tokens, kBlockTokens, words_, scratch_.logits,
                     kBlockTokens, nullptr);
  }

  void add_logits(int64_t row, const float* logits, int64_t count) {
    const Lanes scale = all_lanes(kLog2OfE), none = all_lanes(-__builtin_inff());
    Lanes scaled[kTileVectors], most = none;
    for (int vector = 0; vector < kTileVectors; ++vector) {
      const Mask lanes = first_lanes(count - vector * kLanes);
      scaled[vector] = choose(lanes, load(logits + vector * kLanes) * scale, none);
      most = largest(most, scaled[vector]);
    }
    const float old_maximum = scratch_.maxima[row], block_maximum = largest_of(most);
    const float maximum = block_maximum > old_maximum ? block_maximum : old_maximum;
    Lanes sum = load(scratch_.sums + row * kLanes) * exp2(all_lanes(old_maximum - maximum));
    for (const Lanes logit : scaled) sum = sum + exp2(logit - all_lanes(maximum));
    store(scratch_.sums + row * kLanes, sum);
    scratch_.maxima[row] = maximum;
  }

  float result_of(int64_t row) const {
    const float sum = sum_of(load(scratch_.sums + row * kLanes));
    return scratch_.maxima[row] * kLogOf2 + __builtin_logf(sum);
  }

  const VocabularyPart& part_;
  int64_t words_;  // of one row or token
  VocabularyScratch scratch_;
};

size_t vocabulary_scratch_bytes(int64_t rows, int64_t width) {
  Carver carver(nullptr);
  carve_vocabulary(carver, rows, width);
  return static_cast<size_t>(carver.used());
}

void log_sum_exp(const VocabularyPart& part, float* result, void* scratch) {
  if (part.format == Format::float32) {
    Vocabulary<Float32>(part, scratch).log_sum_exp(result);
  } else {
    Vocabulary<BFloat16>(part, scratch).log_sum_exp(result);
  }
}

void logits(const VocabularyPart& part, float* logits, int64_t stride, void* scratch) {
  if (part.format == Format::float32) {
    Vocabulary<Float32>(part, scratch).logits(logits, stride);
  } else {
    Vocabulary<BFloat16>(part, scratch).logits(logits, stride);
  }
}

}  // namespace
}  // namespace manabi::tensor::kernels
