// Causal attention of short rows in float32. A warp owns one query (forward, and for the gradient of queries) or one key (for the gradients of
// keys and values) and meets the other side 32 positions at a time, one a lane: nothing is stored that grows with the square of the length.
#include <math_constants.h>

#include "tensor/kernels/cuda/launch.cuh"
#include "tensor/kernels/cuda/layers.cuh"

namespace manabi::tensor::kernels {
namespace {

constexpr int kWarps = 8;  // of a block: consecutive positions of one head of one row
constexpr int kThreads = kWarps * kWarp;
constexpr float kLog2OfE = 1.4426950408889634f;
enum Kind { kQuery, kKey, kValue };

// One head of one row of a batch.
class Head {
 public:
  __device__ Head(const RowAttention& first, int64_t row, int64_t head)
      : form_(first), head_(head), stride_(first.heads * first.width), first_position_(row * first.length) {}

  __device__ int64_t length() const { return form_.length; }
  __device__ int width() const { return static_cast<int>(form_.width); }

  // Number `i` of a query, key or value, its bias added and turned by its angle.
  __device__ float at(Kind kind, int64_t position, int i) const {
    const float value = biased(kind, position, i);
    if (kind == kValue || !form_.cosines) return value;
    const float partner = biased(kind, position, partner_of(i));
    return value * cosine(position, i) + (is_first_half(i) ? -partner : partner) * sine(position, i);
  }

  // Number `i` of a gradient of turned numbers, turned back; `gradient` is all of the head's.
  __device__ float turned_back(Kind kind, const float* gradient, int64_t position, int i) const {
    if (kind == kValue || !form_.cosines) return gradient[i];
    const float partner = gradient[partner_of(i)];
    return gradient[i] * cosine(position, i) + (is_first_half(i) ? partner : -partner) * sine(position, i);
  }

  __device__ int64_t projection_index(Kind kind, int64_t position, int i) const {
    return ((first_position_ + position) * 3 + kind) * stride_ + head_ * form_.width + i;
  }
  __device__ int64_t output_index(int64_t position, int i) const { return (first_position_ + position) * stride_ + head_ * form_.width + i; }
  __device__ int64_t normaliser_index(int64_t position) const { return first_position_ * form_.heads + head_ * form_.length + position; }

  __device__ bool is_softmax() const { return form_.weights == AttentionWeights::softmax; }
  // Of a query's scores; in linear attention this makes them weights.
  __device__ float factor(int64_t query) const {
    return form_.weights == AttentionWeights::linear_mean ? form_.scale / static_cast<float>(query + 1) : form_.scale;
  }
  // Of a score, for exponents of 2.
  __device__ float exponent_scale() const { return form_.scale * kLog2OfE; }

 private:
  __device__ float biased(Kind kind, int64_t position, int i) const {
    const float value = form_.projections[projection_index(kind, position, i)];
    return form_.bias ? value + form_.bias[kind * stride_ + head_ * form_.width + i] : value;
  }
  __device__ int half() const { return width() / 2; }
  __device__ bool is_first_half(int i) const { return i < half(); }
  __device__ int partner_of(int i) const { return is_first_half(i) ? i + half() : i - half(); }
  __device__ float cosine(int64_t position, int i) const { return form_.cosines[position * half() + i % half()]; }
  __device__ float sine(int64_t position, int i) const { return form_.sines[position * half() + i % half()]; }

  const RowAttention& form_;
  int64_t head_;
  int64_t stride_;  // of a position's output
  int64_t first_position_;
};

// Which head a block works on, and which of its positions this warp owns.
struct Place {
  int64_t row, head, block, position;

  __device__ explicit Place(const RowAttention& form) {
    const int64_t blocks = (form.length + kWarps - 1) / kWarps;
    block = blockIdx.x % blocks;
    head = blockIdx.x / blocks % form.heads;
    row = blockIdx.x / blocks / form.heads;
    position = block * kWarps + threadIdx.y;
  }
};

// Two tables of 32 positions and two lines of this warp's own, in the block's shared memory.
struct Shared {
  float *first, *second;  // [32, width + 1]
  float *own, *also_own;  // [width]

  __device__ explicit Shared(int width) {
    extern __shared__ float memory[];
    first = memory;
    second = first + kWarp * (width + 1);
    own = second + kWarp * (width + 1) + threadIdx.y * width;
    also_own = own + kWarps * width;
  }
};

inline size_t shared_bytes(int64_t width) { return static_cast<size_t>(2 * kWarp * (width + 1) + 2 * kWarps * width) * sizeof(float); }

// table [32, width + 1] = the numbers of positions `begin` and after; zeros behind the end.
template <class Value>
__device__ void fill(float* table, int width, int64_t begin, int64_t length, const Value& value_at) {
  for (int i = threadIdx.y * kWarp + threadIdx.x; i < kWarp * width; i += kThreads) {
    const int64_t position = begin + i / width;
    table[i / width * (width + 1) + i % width] = position < length ? value_at(position, i % width) : 0;
  }
}

template <class Value>
__device__ void fill_own(float* line, int width, bool is_there, const Value& value_at) {
  for (int i = threadIdx.x; i < width; i += kWarp) line[i] = is_there ? value_at(i) : 0;
}

// Of this lane's position in the table and the warp's own line.
__device__ float dot(const float* table, const float* line, int width) {
  const float* numbers = table + threadIdx.x * (width + 1);
  float sum = 0;
  for (int i = 0; i < width; ++i) sum += numbers[i] * line[i];
  return sum;
}

// sums [width, a part a lane] += the sum over the lanes' positions of weight * table.
template <int kParts>
__device__ void add_weighted(float (&sums)[kParts], float weight, const float* table, int width) {
  for (int lane = 0; lane < kWarp; ++lane) {
    const float of_lane = __shfl_sync(kAllLanes, weight, lane);
#pragma unroll
    for (int part = 0; part < kParts; ++part) {
      const int i = part * kWarp + threadIdx.x;
      if (i < width) sums[part] += of_lane * table[lane * (width + 1) + i];
    }
  }
}

template <int kParts>
__global__ void attend(const __grid_constant__ Passes<RowAttention> passes) {
  const RowAttention& pass = passes.of[blockIdx.y];
  const Place place(pass);
  const Head head(pass, place.row, place.head);
  const int width = head.width();
  const Shared shared(width);
  const int64_t query = place.position, last = min((place.block + 1) * kWarps, head.length());
  const bool is_there = query < head.length();
  fill_own(shared.own, width, is_there, [&](int i) { return head.at(kQuery, query, i); });
  float sums[kParts] = {}, most = -CUDART_INF_F, total = 0;
  for (int64_t begin = 0; begin < last; begin += kWarp) {
    __syncthreads();
    fill(shared.first, width, begin, head.length(), [&](int64_t position, int i) { return head.at(kKey, position, i); });
    fill(shared.second, width, begin, head.length(), [&](int64_t position, int i) { return head.at(kValue, position, i); });
    __syncthreads();
    if (!is_there || begin > query) continue;
    const bool sees = begin + threadIdx.x <= query;
    const float score = dot(shared.first, shared.own, width);
    float weight = sees ? score * head.factor(query) : 0;
    if (head.is_softmax()) {
      const float exponent = sees ? score * head.exponent_scale() : -CUDART_INF_F;
      const float new_most = fmaxf(most, largest_of_warp(exponent)), shrink = exp2f(most - new_most);
      weight = sees ? exp2f(exponent - new_most) : 0;
      total = total * shrink + sum_over_warp(weight);
#pragma unroll
      for (int part = 0; part < kParts; ++part) sums[part] *= shrink;
      most = new_most;
    }
    add_weighted(sums, weight, shared.second, width);
  }
  if (!is_there) return;
#pragma unroll
  for (int part = 0; part < kParts; ++part) {
    const int i = part * kWarp + threadIdx.x;
    if (i < width) pass.output[head.output_index(query, i)] = head.is_softmax() ? sums[part] / total : sums[part];
  }
  if (head.is_softmax() && threadIdx.x == 0) pass.normalisers[head.normaliser_index(query)] = most + log2f(total);
}

// Of one query and one key.
struct Pair {
  float weight, score_gradient;
};

// `agreement` is the query's output times its gradient.
__device__ Pair meet(const Head& head, int64_t query, float score, float weight_gradient, float normaliser, float agreement) {
  if (!head.is_softmax()) return {score * head.factor(query), weight_gradient * head.factor(query)};
  const float weight = exp2f(score * head.exponent_scale() - normaliser);
  return {weight, weight * (weight_gradient - agreement) * head.factor(query)};
}

// Writes the warp's own gradient, turned back, by way of the shared line.
template <int kParts>
__device__ void write_gradient(const Head& head, Kind kind, int64_t position, const float (&sums)[kParts], float* line, float* to) {
  const int width = head.width();
  __syncwarp();
#pragma unroll
  for (int part = 0; part < kParts; ++part)
    if (const int i = part * kWarp + threadIdx.x; i < width) line[i] = sums[part];
  __syncwarp();
  for (int i = threadIdx.x; i < width; i += kWarp) to[head.projection_index(kind, position, i)] = head.turned_back(kind, line, position, i);
}

template <int kParts>
__global__ void send_back_queries(const __grid_constant__ Passes<RowAttentionGradient> passes) {
  const RowAttentionGradient& pass = passes.of[blockIdx.y];
  const Place place(pass.forward);
  const Head head(pass.forward, place.row, place.head);
  const int width = head.width();
  const Shared shared(width);
  const int64_t query = place.position, last = min((place.block + 1) * kWarps, head.length());
  const bool is_there = query < head.length();
  fill_own(shared.own, width, is_there, [&](int i) { return head.at(kQuery, query, i); });
  fill_own(shared.also_own, width, is_there, [&](int i) { return pass.output_gradient[head.output_index(query, i)]; });
  float agreement = 0;
  for (int i = threadIdx.x; i < width && is_there; i += kWarp)
    agreement += pass.forward.output[head.output_index(query, i)] * pass.output_gradient[head.output_index(query, i)];
  agreement = sum_over_warp(agreement);
  const float normaliser = is_there && head.is_softmax() ? pass.forward.normalisers[head.normaliser_index(query)] : 0;
  float sums[kParts] = {};
  for (int64_t begin = 0; begin < last; begin += kWarp) {
    __syncthreads();
    fill(shared.first, width, begin, head.length(), [&](int64_t position, int i) { return head.at(kKey, position, i); });
    fill(shared.second, width, begin, head.length(), [&](int64_t position, int i) { return head.at(kValue, position, i); });
    __syncthreads();
    if (!is_there || begin > query) continue;
    const float score = dot(shared.first, shared.own, width), weight_gradient = dot(shared.second, shared.also_own, width);
    const Pair pair = meet(head, query, score, weight_gradient, normaliser, agreement);
    add_weighted(sums, begin + threadIdx.x <= query ? pair.score_gradient : 0, shared.first, width);
  }
  if (is_there) write_gradient(head, kQuery, query, sums, shared.own, pass.projection_gradient);
}

template <int kParts>
__global__ void send_back_keys(const __grid_constant__ Passes<RowAttentionGradient> passes) {
  const RowAttentionGradient& pass = passes.of[blockIdx.y];
  const Place place(pass.forward);
  const Head head(pass.forward, place.row, place.head);
  const int width = head.width();
  const Shared shared(width);
  __shared__ float agreements[kWarp];
  const int64_t key = place.position;
  const bool is_there = key < head.length();
  const auto output_gradient = [&](int64_t position, int i) { return pass.output_gradient[head.output_index(position, i)]; };
  fill_own(shared.own, width, is_there, [&](int i) { return head.at(kKey, key, i); });
  fill_own(shared.also_own, width, is_there, [&](int i) { return head.at(kValue, key, i); });
  float key_sums[kParts] = {}, value_sums[kParts] = {};
  const int64_t first_tile = place.block * kWarps / kWarp * kWarp;  // of 32 queries: the one that holds the block's keys
  for (int64_t begin = first_tile; begin < head.length(); begin += kWarp) {
    __syncthreads();
    fill(shared.first, width, begin, head.length(), [&](int64_t position, int i) { return head.at(kQuery, position, i); });
    fill(shared.second, width, begin, head.length(), output_gradient);
    __syncthreads();
    for (int line = threadIdx.y; line < kWarp; line += kWarps) {
      float agreement = 0;
      for (int i = threadIdx.x; i < width && begin + line < head.length(); i += kWarp)
        agreement += shared.second[line * (width + 1) + i] * pass.forward.output[head.output_index(begin + line, i)];
      agreement = sum_over_warp(agreement);
      if (threadIdx.x == 0) agreements[line] = agreement;
    }
    __syncthreads();
    const int64_t query = begin + threadIdx.x;
    const bool is_seen = is_there && query >= key && query < head.length();
    const float normaliser = is_seen && head.is_softmax() ? pass.forward.normalisers[head.normaliser_index(query)] : 0;
    const float score = dot(shared.first, shared.own, width), weight_gradient = dot(shared.second, shared.also_own, width);
    const Pair pair = meet(head, query, score, weight_gradient, normaliser, agreements[threadIdx.x]);
    add_weighted(key_sums, is_seen ? pair.score_gradient : 0, shared.first, width);
    add_weighted(value_sums, is_seen ? pair.weight : 0, shared.second, width);
  }
  if (!is_there) return;
  write_gradient(head, kKey, key, key_sums, shared.own, pass.projection_gradient);
  write_gradient(head, kValue, key, value_sums, shared.also_own, pass.projection_gradient);
}

__global__ void __launch_bounds__(kWarp* kWarp) send_back_bias(const __grid_constant__ Passes<RowAttentionGradient> passes, int64_t rows) {
  const RowAttentionGradient& pass = passes.of[blockIdx.y];
  const int64_t width = 3 * pass.forward.heads * pass.forward.width;
  add_column_sums(pass.bias_gradient, rows * pass.forward.length, width,
                  [&](int64_t position, int64_t i) { return pass.projection_gradient[position * width + i]; });
}

static_assert(kLargestHeadOnGpu == 4 * kWarp, "with_parts knows heads of up to four parts");

// Calls use(number of parts of a head's width) with the number as a constant.
template <class Use>
void with_parts(int64_t width, const Use& use) {
  if (width <= kWarp)
    use(std::integral_constant<int, 1>());
  else if (width <= 2 * kWarp)
    use(std::integral_constant<int, 2>());
  else
    use(std::integral_constant<int, 4>());
}

unsigned blocks_of(const RowAttention& size, int64_t rows) { return blocks_for(size.length, kWarps) * static_cast<unsigned>(size.heads * rows); }

}  // namespace

void attend_on_gpu(std::span<const RowAttention> first_rows, int64_t rows) {
  launch_together(first_rows, [&](const Passes<RowAttention>& group, unsigned count, cudaStream_t stream) {
    const RowAttention& size = group.of[0];
    const dim3 grid(blocks_of(size, rows), count), threads(kWarp, kWarps);
    if (grid.x == 0) return;
    with_parts(size.width, [&](auto parts) { attend<parts()><<<grid, threads, shared_bytes(size.width), stream>>>(group); });
  });
}

void attend_gradient_on_gpu(std::span<const RowAttentionGradient> first_rows, int64_t rows) {
  launch_together(first_rows, [&](const Passes<RowAttentionGradient>& group, unsigned count, cudaStream_t stream) {
    const RowAttention& size = group.of[0].forward;
    const dim3 grid(blocks_of(size, rows), count), threads(kWarp, kWarps);
    if (grid.x == 0) return;
    with_parts(size.width, [&](auto parts) {
      send_back_queries<parts()><<<grid, threads, shared_bytes(size.width), stream>>>(group);
      send_back_keys<parts()><<<grid, threads, shared_bytes(size.width), stream>>>(group);
    });
    if (group.of[0].bias_gradient)
      send_back_bias<<<dim3(blocks_for(3 * size.heads * size.width, kWarp), count), dim3(kWarp, kWarp), 0, stream>>>(group, rows);
  });
}

}  // namespace manabi::tensor::kernels
