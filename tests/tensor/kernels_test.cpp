// Every set of instructions that this processor can run, against sums in float64: the functions above the kernels only use the fastest.
#include "tensor/kernels/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/random.h"

namespace manabi::tensor::kernels {
namespace {

constexpr double kTolerance = 2e-5;  // relative to values of size 1, sums of up to 96 products

std::vector<float> normal(int64_t count, uint64_t seed) {
  base::Rng rng(seed);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = static_cast<float>(rng.normal());
  return values;
}

using Bits = std::vector<uint16_t>;

// Cut off, so that it is exact whatever the kernel's rounding.
Bits to_bfloat16(const std::vector<float>& values) {
  Bits bits;
  for (const float value : values) bits.push_back(static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16));
  return bits;
}
float widened(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
std::vector<float> widened(const Bits& bits) {
  std::vector<float> values;
  for (const uint16_t half : bits) values.push_back(widened(half));
  return values;
}

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
std::unique_ptr<void, Free> scratch_of(size_t bytes) { return std::unique_ptr<void, Free>(std::aligned_alloc(64, (bytes + 63) / 64 * 64)); }

class EachKernel : public testing::Test {
 protected:
  template <class Use>
  static void for_each(Format format, const Use& use) {
    for (const Kernels* const* kernels = runnable_kernels(format); *kernels; ++kernels) {
      SCOPED_TRACE((*kernels)->instructions);
      use(**kernels);
    }
  }
};

TEST_F(EachKernel, TheListBeginsWithTheOneThatIsUsed) {
  for (const Format format : {Format::float32, Format::bfloat16}) EXPECT_EQ(find_kernels(format), *runnable_kernels(format));
}

TEST_F(EachKernel, NormsAddTheUpdateFirst) {
  for (const int64_t width : {1, 7, 8, 9, 16, 17, 33}) {
    const std::vector<float> start = normal(3 * width, 1), update = normal(3 * width, 2), weight = normal(width, 3);
    for_each(Format::float32, [&](const Kernels& kernels) {
      std::vector<float> hidden = start, output(start.size());
      kernels.norm_rows({.format = Format::float32,
                         .hidden = hidden.data(),
                         .hidden_stride = width,
                         .update = update.data(),
                         .update_stride = width,
                         .weight = weight.data(),
                         .epsilon = 1e-5f,
                         .output = output.data(),
                         .rows = 3,
                         .width = width});
      for (int64_t row = 0; row < 3; ++row) {
        double squares = 0;
        for (int64_t i = row * width; i < (row + 1) * width; ++i) squares += std::pow(double{start[i]} + update[i], 2);
        for (int64_t i = 0; i < width; ++i) {
          const double sum = double{start[row * width + i]} + update[row * width + i];
          EXPECT_NEAR(hidden[row * width + i], sum, 1e-6);
          EXPECT_NEAR(output[row * width + i], sum / std::sqrt(squares / static_cast<double>(width) + 1e-5) * weight[i], kTolerance) << width;
        }
      }
    });
  }
}

TEST_F(EachKernel, GatesRunFromZeroToTheIdentity) {
  const std::vector<float> gates = {0, 1, -1, 20, -20, 90, -90, 1e4f, -1e4f, 0.5f, -88};
  const auto width = static_cast<int64_t>(gates.size());
  std::vector<float> both = gates;
  both.insert(both.end(), gates.size(), 2.0f);
  for_each(Format::float32, [&](const Kernels& kernels) {
    std::vector<float> output(gates.size());
    kernels.gate_rows({.gate_up = both.data(), .stride = 2 * width, .output = output.data(), .rows = 1, .width = width});
    for (size_t i = 0; i < gates.size(); ++i) {
      const double expected = 2.0 * gates[i] / (1 + std::exp(-double{gates[i]}));
      EXPECT_NEAR(output[i], expected, 1e-6 * (1 + std::abs(expected))) << gates[i];
    }
  });
}

TEST_F(EachKernel, RoundsBFloat16ToTheNearestTiesToEven) {
  for_each(Format::bfloat16, [&](const Kernels& kernels) {
    Bits hidden = to_bfloat16({1.0f, 1.0f, 1.0f, -1.0f});
    const Bits update = to_bfloat16({std::ldexp(1.0f, -8), 3 * std::ldexp(1.0f, -8), std::ldexp(1.0f, -9), std::ldexp(-1.0f, -8)});
    const Bits weight = to_bfloat16({1, 1, 1, 1});
    Bits output(4);
    kernels.norm_rows({.format = Format::bfloat16,
                       .hidden = hidden.data(),
                       .hidden_stride = 4,
                       .update = update.data(),
                       .update_stride = 4,
                       .weight = weight.data(),
                       .epsilon = 0,
                       .output = output.data(),
                       .rows = 1,
                       .width = 4});
    EXPECT_EQ(widened(hidden), (std::vector<float>{1.0f, 1.0f + std::ldexp(1.0f, -6), 1.0f, -1.0f}));
  });
}

double log_sum_exp_of(const std::vector<float>& hidden, const std::vector<float>& tokens, int64_t row, int64_t width) {
  double sum = 0;
  for (size_t token = 0; token < tokens.size() / width; ++token) {
    double logit = 0;
    for (int64_t i = 0; i < width; ++i) logit += double{hidden[row * width + i]} * tokens[token * width + i];
    sum += std::exp(logit);
  }
  return std::log(sum);
}

TEST_F(EachKernel, NormalisersAreThoseOfTheVocabulary) {
  for (const auto& [rows, tokens, width] : std::vector<std::tuple<int64_t, int64_t, int64_t>>{{1, 1, 2}, {7, 100, 16}, {13, 65, 18}}) {
    const std::vector<float> hidden = widened(to_bfloat16(normal(rows * width, 4))),
                             unembedding = widened(to_bfloat16(normal(tokens * width, 5)));
    const Bits hidden_bits = to_bfloat16(hidden), unembedding_bits = to_bfloat16(unembedding);
    for (const Format format : {Format::float32, Format::bfloat16}) {
      for_each(format, [&](const Kernels& kernels) {
        const auto scratch = scratch_of(kernels.vocabulary_scratch_bytes(rows, width));
        const bool is_wide = format == Format::float32;
        const VocabularyPart part = {.format = format,
                                     .hidden = is_wide ? static_cast<const void*>(hidden.data()) : hidden_bits.data(),
                                     .unembedding = is_wide ? static_cast<const void*>(unembedding.data()) : unembedding_bits.data(),
                                     .rows = rows,
                                     .tokens = tokens,
                                     .width = width};
        std::vector<float> result(static_cast<size_t>(rows)), logits(static_cast<size_t>(rows * tokens));
        kernels.log_sum_exp(part, result.data(), scratch.get());
        kernels.logits(part, logits.data(), tokens, scratch.get());
        for (int64_t row = 0; row < rows; ++row) {
          const double expected = log_sum_exp_of(hidden, unembedding, row, width);
          EXPECT_NEAR(result[row], expected, kTolerance * (1 + std::abs(expected)));
          double sum = 0;
          for (int64_t token = 0; token < tokens; ++token) sum += std::exp(double{logits[row * tokens + token]});
          EXPECT_NEAR(std::log(sum), expected, kTolerance * (1 + std::abs(expected)));
        }
      });
    }
  }
}

// One query head on one key-value head: softmax over all positions up to the query's own.
double attended(const std::vector<float>& queries, const std::vector<float>& keys, const std::vector<float>& values, int64_t token,
                int64_t column, int64_t width) {
  double sum = 0, weighted = 0;
  for (int64_t position = 0; position <= token; ++position) {
    double score = 0;
    for (int64_t i = 0; i < width; ++i) score += double{queries[token * width + i]} * keys[position * width + i];
    const double weight = std::exp(score / std::sqrt(static_cast<double>(width)));
    sum += weight;
    weighted += weight * values[position * width + column];
  }
  return weighted / sum;
}

TEST_F(EachKernel, AttentionIsASoftmaxOverWhatIsSeen) {
  constexpr int64_t kWidth = 16;
  for (const int64_t tokens : {1, 5, 64, 65, 130}) {
    const std::vector<float> queries = widened(to_bfloat16(normal(tokens * kWidth, 6))), keys = widened(to_bfloat16(normal(tokens * kWidth, 7))),
                             values = widened(to_bfloat16(normal(tokens * kWidth, 8)));
    const Bits query_bits = to_bfloat16(queries), key_bits = to_bfloat16(keys), value_bits = to_bfloat16(values);
    for (const Format format : {Format::float32, Format::bfloat16}) {
      const bool is_wide = format == Format::float32;
      for_each(format, [&](const Kernels& kernels) {
        const KeyValueSegment segment = {.keys = is_wide ? static_cast<const void*>(keys.data()) : key_bits.data(),
                                         .values = is_wide ? static_cast<const void*>(values.data()) : value_bits.data(),
                                         .key_stride = kWidth,
                                         .value_stride = kWidth,
                                         .length = tokens};
        std::vector<float> output(queries.size());
        Bits output_bits(queries.size());
        const auto scratch = scratch_of(kernels.attention_scratch_bytes(tokens, kWidth));
        kernels.attend({.format = format,
                        .tokens = tokens,
                        .heads = 1,
                        .width = kWidth,
                        .first_position = 0,
                        .queries = is_wide ? static_cast<const void*>(queries.data()) : query_bits.data(),
                        .query_token_stride = kWidth,
                        .query_head_stride = kWidth,
                        .segments = &segment,
                        .segment_count = 1,
                        .output = is_wide ? static_cast<void*>(output.data()) : output_bits.data(),
                        .output_token_stride = kWidth},
                       scratch.get());
        if (!is_wide) output = widened(output_bits);
        for (int64_t token = 0; token < tokens; ++token)
          for (int64_t column = 0; column < kWidth; ++column)
            EXPECT_NEAR(output[token * kWidth + column], attended(queries, keys, values, token, column, kWidth), is_wide ? kTolerance : 2e-2)
                << token << " of " << tokens;
      });
    }
  }
}

// Rounded to bfloat16 as PyTorch rounds: to the nearest, ties to even.
float rounded(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return std::bit_cast<float>((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000u);
}

// Both sides in either orientation, around the tiles' edges and beyond one block of depth; added to what is there or written.
TEST_F(EachKernel, ProductsAreTheSumsOfTheirTermsInEveryOrientation) {
  struct Case {
    int64_t rows, columns, depth;
  };
  for (const Format format : {Format::float32, Format::bfloat16}) {
    for_each(format, [&](const Kernels& kernels) {
      for (const Case& size : {Case{1, 1, 1}, {7, 5, 3}, {6, 64, 16}, {13, 70, 33}, {19, 17, 530}, {100, 1030, 8}}) {
        SCOPED_TRACE(size.depth);
        for (int orientation = 0; orientation < 8; ++orientation) {
          const bool left_turned = orientation & 1, right_turned = orientation & 2, adds = orientation & 4, rounds = format == Format::bfloat16;
          const std::vector<float> left = normal(size.rows * size.depth, 1), right = normal(size.depth * size.columns, 2);
          std::vector<float> result(static_cast<size_t>(size.rows * size.columns), 1.0f);
          const MatrixProduct product = {.rows = size.rows,
                                         .columns = size.columns,
                                         .depth = size.depth,
                                         .left = left.data(),
                                         .left_row_stride = left_turned ? 1 : size.depth,
                                         .left_depth_stride = left_turned ? size.rows : 1,
                                         .right = right.data(),
                                         .right_depth_stride = right_turned ? 1 : size.columns,
                                         .right_column_stride = right_turned ? size.depth : 1,
                                         .result = result.data(),
                                         .result_stride = size.columns,
                                         .adds = adds,
                                         .rounds_to_bfloat16 = rounds};
          kernels.training.multiply(product, scratch_of(static_cast<size_t>(kernels.training.product_scratch_bytes())).get());
          double worst = 0;
          for (int64_t row = 0; row < size.rows; ++row) {
            for (int64_t column = 0; column < size.columns; ++column) {
              double sum = adds ? 1 : 0;
              for (int64_t k = 0; k < size.depth; ++k) {
                const float l = left[static_cast<size_t>(row * product.left_row_stride + k * product.left_depth_stride)];
                const float r = right[static_cast<size_t>(k * product.right_depth_stride + column * product.right_column_stride)];
                sum += rounds ? static_cast<double>(rounded(l)) * rounded(r) : static_cast<double>(l) * r;
              }
              worst = std::max(worst, std::abs(sum - static_cast<double>(result[static_cast<size_t>(row * size.columns + column)])));
            }
          }
          EXPECT_LT(worst, kTolerance * std::sqrt(static_cast<double>(size.depth) + 1)) << "orientation " << orientation;
        }
      }
    });
  }
}

}  // namespace
}  // namespace manabi::tensor::kernels
