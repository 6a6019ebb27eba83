// Attention with an online softmax. One algorithm for both formats: products are taken over 32-bit words, a word being one float32 or a pair
// of bfloat16 whose products are added up in float32.
//
//   for each block of 64 positions:             keys transposed and values paired into scratch, once for all queries
//     for each panel of 24 queries:             small enough that its scores stay in the first cache
//       scores  = queries x keys^T              [24, 64]
//       weights = exp(scores - row maximum)     and the running maximum and sum
//       output  = output * correction + weights x values
//   output / sum
//
// Queries are ordered by token, then head, so that the heads of one group share keys and values. Positions after the last token of a tile are
// not multiplied.
#pragma once

#include "tensor/kernels/attention.h"
#include "tensor/kernels/simd/tiles.h"

namespace manabi::tensor::kernels {
namespace {

constexpr int64_t kBlockPositions = 64;
constexpr int64_t kPanelQueries = 4 * kTileRows;

// The score of a position that is not seen.
inline Lanes unseen() { return all_lanes(-__builtin_inff()); }

// Walks the positions of all segments in order.
template <class Element>
class Positions {
 public:
  Positions(const KeyValueSegment* segment, int64_t count) : segment_(segment), last_(segment + count) { skip_empty(); }

  bool at_end() const { return segment_ == last_; }
  const Element* keys() const { return static_cast<const Element*>(segment_->keys) + position_ * segment_->key_stride; }
  const Element* values() const { return static_cast<const Element*>(segment_->values) + position_ * segment_->value_stride; }

  void advance() {
    if (++position_ < segment_->length) return;
    position_ = 0;
    ++segment_;
    skip_empty();
  }

 private:
  void skip_empty() {
    while (segment_ != last_ && segment_->length == 0) ++segment_;
  }

  const KeyValueSegment* segment_;
  const KeyValueSegment* last_;
  int64_t position_ = 0;
};

// Where everything of one block lies. All parts start at multiples of 64 bytes.
struct AttentionScratch {
  Word* queries;       // [queries, width] elements
  Word* keys;          // [width, 64] elements: transposed, in words
  Word* values;        // [64, width] elements, in words of one or two positions
  float* scores;       // [24, 64]; each row of weights replaces its scores, in elements
  float* output;       // [queries, width]
  float* sums;         // [queries, kLanes] lane by lane
  float* maxima;       // [queries]
  float* corrections;  // [24]
  int64_t* limits;     // [queries]: positions that each sees
};

AttentionScratch carve_attention(Carver& carver, int64_t queries, int64_t width) {
  return {.queries = carver.take<Word>(queries * width),
          .keys = carver.take<Word>(kBlockPositions * width),
          .values = carver.take<Word>(kBlockPositions * width),
          .scores = carver.take<float>(kPanelQueries * kBlockPositions),
          .output = carver.take<float>(queries * width),
          .sums = carver.take<float>(queries * kLanes),
          .maxima = carver.take<float>(queries),
          .corrections = carver.take<float>(kPanelQueries),
          .limits = carver.take<int64_t>(queries)};
}

template <class Number>
class Attention {
  using Element = typename Number::Element;

 public:
  Attention(const AttentionBlock& block, void* memory)
      : block_(block), queries_(block.tokens * block.heads), words_(block.width / Number::kElements) {
    Carver carver(memory);
    scratch_ = carve_attention(carver, queries_, block.width);
    scale_ = kLog2OfE / __builtin_sqrtf(static_cast<float>(block.width));
  }

  void run() {
    copy_queries();
    clear_sums();
    const int64_t positions = block_.first_position + block_.tokens;
    Positions<Element> walk(block_.segments, block_.segment_count);
    for (int64_t begin = 0; begin < positions && !walk.at_end(); begin += kBlockPositions) {
      pack_positions(walk, smaller(kBlockPositions, positions - begin));
      const int64_t first_token = larger(0, begin - block_.first_position);
      const int64_t first_tile = first_token * block_.heads / kTileRows;
      for (int64_t query = first_tile * kTileRows; query < queries_; query += kPanelQueries) {
        attend_panel(query, smaller(kPanelQueries, queries_ - query), begin);
      }
    }
    write_output();
  }

 private:
  void copy_queries() {
    Element* to = reinterpret_cast<Element*>(scratch_.queries);
    int64_t* limit = scratch_.limits;
    for (int64_t token = 0; token < block_.tokens; ++token) {
      const Element* from = static_cast<const Element*>(block_.queries) + token * block_.query_token_stride;
      for (int64_t head = 0; head < block_.heads; ++head, from += block_.query_head_stride, to += block_.width) {
        for (int64_t word = 0; word < words_; word += kLanes) {
          const Mask lanes = first_lanes(words_ - word);
          store_words(to + word * Number::kElements, load_words(from + word * Number::kElements, lanes), lanes);
        }
        *limit++ = block_.first_position + token + 1;
      }
    }
  }

  void clear_sums() {
    for (int64_t query = 0; query < queries_; query += kLanes) store(scratch_.maxima + query, unseen());
    for (int64_t query = 0; query < queries_; ++query) store(scratch_.sums + query * kLanes, all_lanes(0));
    for (int64_t i = 0; i < queries_ * block_.width; i += kLanes) store(scratch_.output + i, all_lanes(0));
  }

  // Keys [count, width] transposed to words [words, 64], values to words [64 / kElements, width]. The place of missing positions holds zeros
  // in the keys; missing values are never read but as the second half of a pair.
  void pack_positions(Positions<Element>& walk, int64_t count) {
    const Element* keys[kBlockPositions];
    const Element* values[kBlockPositions + 1];
    for (int64_t position = 0; position < count; ++position, walk.advance()) {
      keys[position] = walk.keys();
      values[position] = walk.values();
    }
    values[count] = nullptr;
    for (int64_t position = 0; position < count; position += kLanes)
      pack_transposed<Number>(keys + position, smaller(kLanes, count - position), words_, scratch_.keys + position, kBlockPositions);
    for (int64_t position = 0; position < count; position += Number::kElements) {
      Word* packed = scratch_.values + position / Number::kElements * block_.width;
      for (int64_t i = 0; i < block_.width; i += kLanes) store_words(packed + i, Number::interleaved(values[position], values[position + 1], i));
    }
  }

  // How many of the block's positions a query sees; none or less when they all come after it.
  int64_t visible(int64_t query, int64_t begin) const { return scratch_.limits[query] - begin; }

  void attend_panel(int64_t query, int64_t count, int64_t begin) {
    const int64_t vectors = divided_up(smaller(kBlockPositions, visible(query + count - 1, begin)), kLanes);
    for (int64_t row = 0; row < count; row += kTileRows) score_tile(query + row, row, smaller(kTileRows, count - row), vectors);
    for (int64_t row = 0; row < count; row += kLanes) raise_maxima(query + row, row, smaller(kLanes, count - row), begin, vectors);
    for (int64_t row = 0; row < count; ++row) soften(query + row, row, vectors);
    for (int64_t row = 0; row < count; row += kTileRows) weigh_tile(query + row, row, smaller(kTileRows, count - row), begin);
  }

  float* scores_of(int64_t row) const { return scratch_.scores + row * kBlockPositions; }

  void score_tile(int64_t query, int64_t row, int64_t rows, int64_t vectors) {
    multiply<Number>(rows, vectors, scratch_.queries + query * words_, words_, scratch_.keys, kBlockPositions, words_, scores_of(row),
                     kBlockPositions, nullptr);
  }

  // Hides what a query does not see, and moves the running maxima of up to kLanes queries. A NaN is left to the sums.
  void raise_maxima(int64_t query, int64_t row, int64_t rows, int64_t begin, int64_t vectors) {
    Lanes row_largest[kLanes];
    for (int64_t i = 0; i < kLanes; ++i) {
      row_largest[i] = i < rows ? hide_and_find_largest(scores_of(row + i), visible(query + i, begin), vectors) : unseen();
    }
    const Mask lanes = first_lanes(rows);
    const Lanes old_maxima = load(scratch_.maxima + query, lanes);
    const Lanes maxima = largest(row_maxima(row_largest) * all_lanes(scale_), old_maxima);
    store(scratch_.maxima + query, maxima, lanes);
    store(scratch_.corrections + row, exp2(old_maxima - maxima), lanes);
  }

  Lanes hide_and_find_largest(float* scores, int64_t seen, int64_t vectors) const {
    Lanes most = unseen();
    for (int64_t vector = 0; vector < vectors; ++vector, scores += kLanes, seen -= kLanes) {
      Lanes some = load(scores);
      if (seen < kLanes) {
        some = choose(first_lanes(seen), some, unseen());
        store(scores, some);
      }
      most = largest(most, some);
    }
    return most;
  }

  // Turns one row of scores into weights, in place, and adds them up lane by lane.
  void soften(int64_t query, int64_t row, int64_t vectors) {
    const float* scores = scores_of(row);
    Element* weights = reinterpret_cast<Element*>(scores_of(row));
    const Lanes maximum = all_lanes(scratch_.maxima[query]), scale = all_lanes(scale_);
    Lanes sum = load(scratch_.sums + query * kLanes) * all_lanes(scratch_.corrections[row]);
    for (int64_t vector = 0; vector < vectors; ++vector) {
      const Lanes weight = exp2(multiply_subtract(load(scores + vector * kLanes), scale, maximum));
      Number::store(weights + vector * kLanes, weight, first_lanes(kLanes));
      sum = sum + weight;
    }
    store(scratch_.sums + query * kLanes, sum);
  }

  void weigh_tile(int64_t query, int64_t row, int64_t rows, int64_t begin) {
    const int64_t seen = smaller(kBlockPositions, visible(query + rows - 1, begin));
    const Word* weights = reinterpret_cast<const Word*>(scores_of(row));
    multiply<Number>(rows, block_.width / kLanes, weights, kBlockPositions, scratch_.values, block_.width, divided_up(seen, Number::kElements),
                     scratch_.output + query * block_.width, block_.width, scratch_.corrections + row);
  }

  void write_output() {
    for (int64_t query = 0; query < queries_; ++query) {
      const Lanes share = all_lanes(1.0f / sum_of(load(scratch_.sums + query * kLanes)));
      Element* to =
          static_cast<Element*>(block_.output) + query / block_.heads * block_.output_token_stride + query % block_.heads * block_.width;
      const float* from = scratch_.output + query * block_.width;
      for (int64_t i = 0; i < block_.width; i += kLanes) Number::store(to + i, load(from + i) * share, first_lanes(kLanes));
    }
  }

  const AttentionBlock& block_;
  int64_t queries_;
  int64_t words_;  // of one query
  float scale_;    // of a score, for exponents of 2
  AttentionScratch scratch_;
};

size_t attention_scratch_bytes(int64_t queries, int64_t width) {
  Carver carver(nullptr);
  carve_attention(carver, queries, width);
  return static_cast<size_t>(carver.used());
}

void attend(const AttentionBlock& block, void* scratch) {
  if (block.format == Format::float32) {
    Attention<Float32>(block, scratch).run();
  } else {
    Attention<BFloat16>(block, scratch).run();
  }
}

}  // namespace
}  // namespace manabi::tensor::kernels
