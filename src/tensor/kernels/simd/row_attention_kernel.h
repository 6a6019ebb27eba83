// Causal attention within a short row and its gradient (training.h). Scores are never stored beyond one panel of queries: the backward pass
// computes them again from the normalisers.
//
//   for each head:                              its queries, keys and values copied into scratch, queries and keys turned by their positions,
//                                               keys (and values) transposed too
//     for each panel of 24 queries:
//       scores  = queries x keys^T              of the positions up to the panel's last
//       weights = exp(scores - normaliser)      or, in linear attention, scores times a factor
//       output  = weights x values
//   backward, with d the gradient of what follows it:
//       dweights = doutput x values^T,  dscores = weights * (dweights - <output, doutput>)
//       dqueries = dscores x keys,  dkeys += dscores^T x queries,  dvalues += weights^T x doutput
//   In linear attention dscores = dweights times the factor. In the end dqueries and dkeys are turned back.
#pragma once

#include "tensor/kernels/simd/tiles.h"
#include "tensor/kernels/training.h"

namespace manabi::tensor::kernels {
namespace {

constexpr int64_t kRowPanel = 48;  // queries: a multiple of the rows of a tile and of every number of lanes

constexpr int64_t whole_lanes(int64_t count) { return divided_up(count, kLanes) * kLanes; }

// [rows, padded] with the head's width padded to whole lanes by zeros; `positions` is the length padded alike.
struct RowScratch {
  float* queries;            // [length, padded]
  float* keys;               // [length, padded]
  float* values;             // [length, padded]
  float* keys_transposed;    // [padded, positions]
  float* scores;             // [48, positions], then the weights
  float* output;             // [48, padded]
  float* values_transposed;  // [padded, positions]
  float* output_gradient;    // [length, padded]
  float* score_gradient;     // [48, positions]
  float* transposed;         // [positions, 48], of weights and then of the score gradient
  float* query_gradient;     // [length, padded]
  float* key_gradient;       // [length, padded]
  float* value_gradient;     // [length, padded]
  float* ones;               // [6]
};

inline RowScratch carve_row(Carver& carver, int64_t length, int64_t width) {
  const int64_t padded = whole_lanes(width), positions = whole_lanes(length), rows = length * padded;
  return {.queries = carver.take<float>(rows),
          .keys = carver.take<float>(rows),
          .values = carver.take<float>(rows),
          .keys_transposed = carver.take<float>(padded * positions),
          .scores = carver.take<float>(kRowPanel * positions),
          .output = carver.take<float>(kRowPanel * padded),
          .values_transposed = carver.take<float>(padded * positions),
          .output_gradient = carver.take<float>(rows),
          .score_gradient = carver.take<float>(kRowPanel * positions),
          .transposed = carver.take<float>(positions * kRowPanel),
          .query_gradient = carver.take<float>(rows),
          .key_gradient = carver.take<float>(rows),
          .value_gradient = carver.take<float>(rows),
          .ones = carver.take<float>(kTileRows)};
}

inline int64_t row_attention_scratch_bytes(int64_t length, int64_t width) {
  Carver carver(nullptr);
  carve_row(carver, length, width);
  return carver.used();
}

inline const Word* words_of(const float* values) { return reinterpret_cast<const Word*>(values); }
inline Word* words_of(float* values) { return reinterpret_cast<Word*>(values); }

// result [rows, columns] = left [rows, depth] x right [depth, columns], added to what is there when `adds`; columns are whole lanes.
struct Product {
  int64_t rows, columns, depth;
  const float* left;
  int64_t left_stride;
  const float* right;
  int64_t right_stride;
  float* result;
  int64_t result_stride;
};

inline void multiply_all(const Product& product, const float* ones_to_add = nullptr) {
  for (int64_t row = 0; row < product.rows; row += kTileRows) {
    multiply<Float32>(smaller(kTileRows, product.rows - row), product.columns / kLanes, words_of(product.left + row * product.left_stride),
                      product.left_stride, words_of(product.right), product.right_stride, product.depth,
                      product.result + row * product.result_stride, product.result_stride, ones_to_add);
  }
}

// to [columns, to_stride] = from [rows, from_stride] transposed; `columns` are whole lanes. Rows up to whole lanes become zeros.
inline void transpose_all(const float* from, int64_t from_stride, int64_t rows, int64_t columns, float* to, int64_t to_stride) {
  for (int64_t row = 0; row < rows; row += kLanes) {
    const int64_t count = smaller(kLanes, rows - row);
    const float* lines[kLanes];
    for (int64_t i = 0; i < count; ++i) lines[i] = from + (row + i) * from_stride;
    pack_transposed<Float32>(lines, count, columns, words_of(to + row), to_stride);
  }
}

class RowOfAttention {
 public:
  RowOfAttention(const RowAttention& row, void* memory)
      : row_(row), padded_(whole_lanes(row.width)), positions_(whole_lanes(row.length)), exponent_scale_(row.scale * kLog2OfE) {
    Carver carver(memory);
    scratch_ = carve_row(carver, row.length, row.width);
    for (int64_t i = 0; i < kTileRows; ++i) scratch_.ones[i] = 1;
  }

  void run() {
    for (int64_t head = 0; head < row_.heads; ++head) {
      gather(head);
      for (int64_t query = 0; query < row_.length; query += kRowPanel) {
        const int64_t count = smaller(kRowPanel, row_.length - query);
        score(query, count);
        for (int64_t i = 0; i < count; ++i) weigh(head, query, i, count);
        multiply_all({count, padded_, query + count, scratch_.scores, positions_, scratch_.values, padded_, scratch_.output, padded_});
        for (int64_t i = 0; i < count; ++i) copy(scratch_.output + i * padded_, output_of(row_.output, head, query + i), row_.width);
      }
    }
  }

  void run_backward(const RowAttentionGradient& gradient) {
    for (int64_t head = 0; head < row_.heads; ++head) {
      gather(head);
      gather_backward(head, gradient);
      for (int64_t query = 0; query < row_.length; query += kRowPanel) {
        const int64_t count = smaller(kRowPanel, row_.length - query), seen = query + count;
        score(query, count);
        multiply_all({count, seen_lanes(seen), padded_, scratch_.output_gradient + query * padded_, padded_, scratch_.values_transposed,
                      positions_, scratch_.score_gradient, positions_});
        for (int64_t i = 0; i < count; ++i) weigh_backward(head, query, i, count);
        multiply_all({count, padded_, seen, scratch_.score_gradient, positions_, scratch_.keys, padded_,
                      scratch_.query_gradient + query * padded_, padded_});
        add_transposed_product(scratch_.scores, scratch_.output_gradient, query, count, scratch_.value_gradient);
        add_transposed_product(scratch_.score_gradient, scratch_.queries, query, count, scratch_.key_gradient);
      }
      scatter(head, gradient);
    }
  }

 private:
  static void copy(const float* from, float* to, int64_t count) {
    for (int64_t i = 0; i < count; i += kLanes) {
      const Mask lanes = first_lanes(count - i);
      store(to + i, load(from + i, lanes), lanes);
    }
  }

  int64_t projection_offset(int64_t position, int64_t kind, int64_t head) const {
    return ((position * 3 + kind) * row_.heads + head) * row_.width;
  }
  template <class Float>
  Float* output_of(Float* output, int64_t head, int64_t position) const {
    return output + (position * row_.heads + head) * row_.width;
  }
  int64_t seen_lanes(int64_t seen) const { return whole_lanes(seen); }

  // One head's projections with their bias, padded with zeros.
  void gather(int64_t head) {
    float* const parts[3] = {scratch_.queries, scratch_.keys, scratch_.values};
    for (int64_t kind = 0; kind < 3; ++kind) {
      const float* bias = row_.bias ? row_.bias + projection_offset(0, kind, head) : nullptr;
      for (int64_t position = 0; position < row_.length; ++position) {
        const float* from = row_.projections + projection_offset(position, kind, head);
        for (int64_t i = 0; i < padded_; i += kLanes) {
          const Mask lanes = first_lanes(row_.width - i);
          Lanes value = load(from + i, lanes);
          if (bias) value = value + load(bias + i, lanes);
          store(parts[kind] + position * padded_ + i, value);
        }
        if (is_turned(kind)) turn(parts[kind] + position * padded_, position, 1);
      }
    }
    transpose_all(scratch_.keys, padded_, row_.length, padded_, scratch_.keys_transposed, positions_);
  }

  void gather_backward(int64_t head, const RowAttentionGradient& gradient) {
    for (int64_t position = 0; position < row_.length; ++position) {
      const float* from = output_of(gradient.output_gradient, head, position);
      for (int64_t i = 0; i < padded_; i += kLanes) {
        const int64_t at = position * padded_ + i;
        store(scratch_.output_gradient + at, load(from + i, first_lanes(row_.width - i)));
        store(scratch_.key_gradient + at, all_lanes(0));
        store(scratch_.value_gradient + at, all_lanes(0));
      }
    }
    transpose_all(scratch_.values, padded_, row_.length, padded_, scratch_.values_transposed, positions_);
    outputs_ = row_.output;
    output_gradients_ = gradient.output_gradient;
  }

  void score(int64_t query, int64_t count) {
    multiply_all({count, seen_lanes(query + count), padded_, scratch_.queries + query * padded_, padded_, scratch_.keys_transposed, positions_,
                  scratch_.scores, positions_});
  }

  // Queries and keys, where there are angles.
  bool is_turned(int64_t kind) const { return row_.cosines && kind < 2; }

  // One head's query or key by its position's angles, forward (1) or back (-1).
  void turn(float* values, int64_t position, float direction) const {
    const int64_t half = row_.width / 2;
    for (int64_t i = 0; i < half; i += kLanes) {
      const Mask lanes = first_lanes(half - i);
      const Lanes cosine = load(row_.cosines + position * half + i, lanes);
      const Lanes sine = load(row_.sines + position * half + i, lanes) * all_lanes(direction);
      const Lanes first = load(values + i, lanes), second = load(values + half + i, lanes);
      store(values + i, first * cosine - second * sine, lanes);
      store(values + half + i, second * cosine + first * sine, lanes);
    }
  }

  // Weights of query `query + i` in place of its scores; zeros for what it does not see of the panel's positions.
  void weigh(int64_t head, int64_t query, int64_t i, int64_t count) {
    if (row_.weights == AttentionWeights::softmax) return soften(head, query, i, count);
    scale_visible(scratch_.scores + i * positions_, query + i + 1, seen_lanes(query + count));
  }

  // Of linear attention: what is seen times its factor, the rest zero.
  void scale_visible(float* scores, int64_t visible, int64_t columns) const {
    const float share = row_.weights == AttentionWeights::linear_mean ? 1 / static_cast<float>(visible) : 1;
    const Lanes factor = all_lanes(row_.scale * share);
    for (int64_t j = 0; j < columns; j += kLanes) store(scores + j, choose(first_lanes(visible - j), load(scores + j) * factor, all_lanes(0)));
  }

  void soften(int64_t head, int64_t query, int64_t i, int64_t count) {
    float* scores = scratch_.scores + i * positions_;
    const int64_t visible = query + i + 1, columns = seen_lanes(query + count);
    Lanes most = all_lanes(-__builtin_inff());
    for (int64_t j = 0; j < visible; j += kLanes) most = largest(choose(first_lanes(visible - j), load(scores + j), most), most);
    const Lanes top = all_lanes(largest_of(most) * exponent_scale_), scale = all_lanes(exponent_scale_);
    Lanes total = all_lanes(0);
    for (int64_t j = 0; j < columns; j += kLanes) {
      const Lanes weight = choose(first_lanes(visible - j), exp2(multiply_subtract(load(scores + j), scale, top)), all_lanes(0));
      store(scores + j, weight);
      total = total + weight;
    }
    const float sum = sum_of(total);
    row_.normalisers[head * row_.length + query + i] = largest_of(most) * exponent_scale_ + __builtin_log2f(sum);
    for (int64_t j = 0; j < columns; j += kLanes) store(scores + j, load(scores + j) * all_lanes(1.0f / sum));
  }

  // Weights in place of scores, the scores' gradient (times the scale) in place of the weights'.
  void weigh_backward(int64_t head, int64_t query, int64_t i, int64_t count) {
    float* scores = scratch_.scores + i * positions_;
    float* gradients = scratch_.score_gradient + i * positions_;
    const int64_t visible = query + i + 1, columns = seen_lanes(query + count);
    if (row_.weights != AttentionWeights::softmax) {
      scale_visible(scores, visible, columns);
      return scale_visible(gradients, visible, columns);
    }
    const Lanes normaliser = all_lanes(row_.normalisers[head * row_.length + query + i]);
    const Lanes agreement = all_lanes(dot(output_of(outputs_, head, query + i), output_of(output_gradients_, head, query + i)));
    for (int64_t j = 0; j < columns; j += kLanes) {
      const Mask lanes = first_lanes(visible - j);
      const Lanes exponent = multiply_subtract(load(scores + j), all_lanes(exponent_scale_), normaliser);
      const Lanes weight = choose(lanes, exp2(smallest(exponent, all_lanes(127.0f))), all_lanes(0));
      store(scores + j, weight);
      store(gradients + j, choose(lanes, weight * (load(gradients + j) - agreement) * all_lanes(row_.scale), all_lanes(0)));
    }
  }

  float dot(const float* left, const float* right) const {
    Lanes total = all_lanes(0);
    for (int64_t i = 0; i < row_.width; i += kLanes) {
      const Mask lanes = first_lanes(row_.width - i);
      total = multiply_add(load(left + i, lanes), load(right + i, lanes), total);
    }
    return sum_of(total);
  }

  // result [query + count, padded] += panel [count, positions]^T x right[query : query + count].
  void add_transposed_product(const float* panel, const float* right, int64_t query, int64_t count, float* result) {
    const int64_t seen = query + count;
    transpose_all(panel, positions_, count, seen_lanes(seen), scratch_.transposed, kRowPanel);
    multiply_all({seen, padded_, count, scratch_.transposed, kRowPanel, right + query * padded_, padded_, result, padded_}, scratch_.ones);
  }

  void scatter(int64_t head, const RowAttentionGradient& gradient) {
    float* const parts[3] = {scratch_.query_gradient, scratch_.key_gradient, scratch_.value_gradient};
    for (int64_t kind = 0; kind < 3; ++kind) {
      float* bias = gradient.bias_gradient ? gradient.bias_gradient + projection_offset(0, kind, head) : nullptr;
      for (int64_t position = 0; position < row_.length; ++position) {
        float* to = gradient.projection_gradient + projection_offset(position, kind, head);
        if (is_turned(kind)) turn(parts[kind] + position * padded_, position, -1);
        for (int64_t i = 0; i < row_.width; i += kLanes) {
          const Mask lanes = first_lanes(row_.width - i);
          const Lanes value = load(parts[kind] + position * padded_ + i);
          store(to + i, value, lanes);
          if (bias) store(bias + i, load(bias + i, lanes) + value, lanes);
        }
      }
    }
  }

  const RowAttention& row_;
  int64_t padded_;
  int64_t positions_;
  float exponent_scale_;  // of a score, for exponents of 2
  RowScratch scratch_;
  const float* outputs_ = nullptr;
  const float* output_gradients_ = nullptr;
};

inline void attend_row(const RowAttention& row, void* scratch) { RowOfAttention(row, scratch).run(); }

inline void attend_row_gradient(const RowAttentionGradient& gradient, void* scratch) {
  RowOfAttention(gradient.forward, scratch).run_backward(gradient);
}

}  // namespace
}  // namespace manabi::tensor::kernels
