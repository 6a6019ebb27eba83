// What one forward pass of SmolLM2-135M over 520 tokens costs, part by part, each beside libtorch's own operation. The first rows, the bare
// matrix products, are the limit that everything else is measured against: compare within one run, the machine may be shared.
// CPU time counts all threads together; half of it is what two threads need on an idle machine.
//
//   OMP_WAIT_POLICY=passive bench_kernels --benchmark_repetitions=5 --benchmark_report_aggregates_only
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "tensor/attention.h"
#include "tensor/fused.h"
#include "tensor/linear.h"

namespace manabi::tensor {
namespace {

constexpr int64_t kLayers = 30, kWidth = 576, kHeads = 9, kGroups = 3, kHeadWidth = 64, kMlp = 1536, kVocabulary = 49152, kTokens = 520;
constexpr double kEpsilon = 1e-5;

at::ScalarType dtype_of(const benchmark::State& state) { return state.range(0) == 32 ? at::kFloat : at::kBFloat16; }

at::Tensor normal(at::IntArrayRef sizes, at::ScalarType dtype) { return at::randn(sizes, at::kFloat).to(dtype); }

void count_flops(benchmark::State& state, double flops) {
  state.counters["GFLOP/s"] = benchmark::Counter(flops / 1e9, benchmark::Counter::kIsIterationInvariantRate);
}

// The four products of every layer; each layer has weights of its own, as in a model.
struct Products {
  template <class Layer>
  static std::vector<Layer> make(at::ScalarType dtype) {
    std::vector<Layer> layers;
    for (int64_t layer = 0; layer < kLayers; ++layer) {
      for (const auto& [outputs, inputs] : shapes()) layers.push_back(Layer(normal({outputs, inputs}, dtype)));
    }
    return layers;
  }
  static std::vector<std::pair<int64_t, int64_t>> shapes() {
    return {{(kHeads + 2 * kGroups) * kHeadWidth, kWidth}, {kWidth, kHeads * kHeadWidth}, {2 * kMlp, kWidth}, {kWidth, kMlp}};
  }
  static double flops(int64_t tokens) {
    double flops = 0;
    for (const auto& [outputs, inputs] : shapes()) flops += 2.0 * static_cast<double>(kLayers * tokens * outputs * inputs);
    return flops;
  }
};

struct PlainLinear {
  at::Tensor weight;
  explicit PlainLinear(at::Tensor given) : weight(std::move(given)) {}
  at::Tensor operator()(const at::Tensor& input) const { return at::linear(input, weight); }
  int64_t inputs() const { return weight.size(1); }
};

template <class Layer>
void matrix_products(benchmark::State& state) {
  const int64_t tokens = state.range(1);
  const std::vector<Layer> layers = Products::make<Layer>(dtype_of(state));
  const at::Tensor narrow = normal({tokens, kWidth}, dtype_of(state)), wide = normal({tokens, kMlp}, dtype_of(state));
  for (auto _ : state) {
    for (const Layer& layer : layers) benchmark::DoNotOptimize(layer(layer.inputs() == kMlp ? wide : narrow));
  }
  count_flops(state, Products::flops(tokens));
}

void pack_weights(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<at::Tensor> weights = Products::make<at::Tensor>(dtype_of(state));
    state.ResumeTiming();
    std::vector<Linear> layers;
    for (at::Tensor& weight : weights) layers.emplace_back(std::move(weight));
  }
}

struct Heads {
  at::Tensor fused, queries, keys, values;
  explicit Heads(at::ScalarType dtype)
      : fused(normal({kTokens, kHeads + 2 * kGroups, kHeadWidth}, dtype)),
        queries(fused.narrow(1, 0, kHeads)),
        keys(fused.narrow(1, kHeads, kGroups)),
        values(fused.narrow(1, kHeads + kGroups, kGroups)) {}
};

// Scores and weighted sums of the positions that are seen, counted once.
double attention_flops() { return 4.0 * static_cast<double>(kLayers * kHeads * kHeadWidth) * static_cast<double>(kTokens * (kTokens + 1) / 2); }

void attention(benchmark::State& state) {
  const Heads heads(dtype_of(state));
  const std::vector<AttentionRow> rows = {{.begin = 0, .length = kTokens}};
  for (auto _ : state) {
    for (int64_t layer = 0; layer < kLayers; ++layer) benchmark::DoNotOptimize(causal_attention(heads.queries, heads.keys, heads.values, rows));
  }
  count_flops(state, attention_flops());
}

void libtorch_attention(benchmark::State& state) {
  const Heads heads(dtype_of(state));
  const auto by_head = [](const at::Tensor& tensor) { return tensor.transpose(0, 1).unsqueeze(0).contiguous(); };
  const at::Tensor queries = by_head(heads.queries);
  const at::Tensor keys = by_head(heads.keys).repeat_interleave(kHeads / kGroups, 1);
  const at::Tensor values = by_head(heads.values).repeat_interleave(kHeads / kGroups, 1);
  for (auto _ : state) {
    for (int64_t layer = 0; layer < kLayers; ++layer) {
      benchmark::DoNotOptimize(at::scaled_dot_product_attention(queries, keys, values, {}, 0.0, true));
    }
  }
  count_flops(state, attention_flops());
}

// Short rows behind one shared prefix: what few-shot scoring with fixed demonstrations does.
void attention_behind_prefix(benchmark::State& state) {
  constexpr int64_t kRows = 20, kSuffix = 26, kPrefix = 500;
  const Heads heads(dtype_of(state));
  const KeyValueRun prefix = {.keys = normal({kPrefix, kGroups, kHeadWidth}, dtype_of(state)),
                              .values = normal({kPrefix, kGroups, kHeadWidth}, dtype_of(state))};
  std::vector<AttentionRow> rows;
  for (int64_t row = 0; row < kRows; ++row) rows.push_back({.begin = row * kSuffix, .length = kSuffix, .earlier = {prefix}});
  for (auto _ : state) {
    for (int64_t layer = 0; layer < kLayers; ++layer) benchmark::DoNotOptimize(causal_attention(heads.queries, heads.keys, heads.values, rows));
  }
  const double pairs = static_cast<double>(kRows * (kSuffix * kPrefix + kSuffix * (kSuffix + 1) / 2));
  count_flops(state, 4.0 * static_cast<double>(kLayers * kHeads * kHeadWidth) * pairs);
}

using Norm = at::Tensor (*)(at::Tensor&, const at::Tensor&, const at::Tensor&, double);
template <Norm norm>
void add_rms_norm_twice(benchmark::State& state) {
  at::Tensor residual = normal({kTokens, kWidth}, dtype_of(state));
  const at::Tensor update = normal({kTokens, kWidth}, dtype_of(state)), weight = normal({kWidth}, dtype_of(state));
  for (auto _ : state) {
    for (int64_t norms = 0; norms < 2 * kLayers; ++norms) benchmark::DoNotOptimize(norm(residual, update, weight, kEpsilon));
  }
}

using Gate = at::Tensor (*)(const at::Tensor&);
template <Gate gate>
void gated_mlp(benchmark::State& state) {
  const at::Tensor gate_up = normal({kTokens, 2 * kMlp}, dtype_of(state));
  for (auto _ : state) {
    for (int64_t layer = 0; layer < kLayers; ++layer) benchmark::DoNotOptimize(gate(gate_up));
  }
}

using Rotate = void (*)(at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&);
template <Rotate rotate>
void rotation(benchmark::State& state) {
  const at::Tensor fused = normal({kTokens, kHeads + 2 * kGroups, kHeadWidth}, dtype_of(state));
  at::Tensor rotated = fused.narrow(1, 0, kHeads + kGroups);
  const at::Tensor angles = at::rand({2048, kHeadWidth / 2}), positions = at::arange(kTokens);
  const at::Tensor cosines = angles.cos(), sines = angles.sin();
  for (auto _ : state) {
    for (int64_t layer = 0; layer < kLayers; ++layer) rotate(rotated, positions, cosines, sines);
  }
}

using Score = at::Tensor (*)(const at::Tensor&, const at::Tensor&, const at::Tensor&);
template <Score score>
void log_probabilities(benchmark::State& state) {
  const int64_t rows = state.range(1);
  const at::Tensor unembedding = normal({kVocabulary, kWidth}, dtype_of(state)) / 24, hidden = normal({rows, kWidth}, dtype_of(state));
  const at::Tensor targets = at::stack({at::arange(rows), at::randint(kVocabulary, {rows}, at::kLong)}, 1);
  for (auto _ : state) benchmark::DoNotOptimize(score(hidden, unembedding, targets));
  count_flops(state, 2.0 * static_cast<double>(rows * kVocabulary * kWidth));
}

// The product alone, at its best: what the row above cannot beat.
void unembedding_product(benchmark::State& state) {
  const int64_t rows = state.range(1);
  const Linear unembedding(normal({kVocabulary, kWidth}, dtype_of(state)));
  const at::Tensor hidden = normal({rows, kWidth}, dtype_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(unembedding(hidden));
  count_flops(state, 2.0 * static_cast<double>(rows * kVocabulary * kWidth));
}

double smallest(const std::vector<double>& values) { return *std::ranges::min_element(values); }

void settle(benchmark::internal::Benchmark* row) {
  row->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime()->ComputeStatistics("min", smallest);
}

void both_dtypes(benchmark::internal::Benchmark* row) {
  settle(row);
  for (const int64_t bits : {32, 16}) row->Args({bits});
}

void over_rows(benchmark::internal::Benchmark* row) {
  settle(row);
  for (const int64_t bits : {32, 16}) {
    for (const int64_t rows : {1, 16, 64, 520}) row->Args({bits, rows});
  }
}

BENCHMARK(matrix_products<Linear>)->Apply(over_rows)->Name("matrix_products");
BENCHMARK(matrix_products<PlainLinear>)->Apply(over_rows)->Name("matrix_products/libtorch");
BENCHMARK(pack_weights)->Apply(both_dtypes);
BENCHMARK(attention)->Apply(both_dtypes);
BENCHMARK(libtorch_attention)->Apply(both_dtypes)->Name("attention/libtorch");
BENCHMARK(attention_behind_prefix)->Apply(both_dtypes);
BENCHMARK(add_rms_norm_twice<add_rms_norm_>)->Apply(both_dtypes)->Name("add_rms_norm");
BENCHMARK(add_rms_norm_twice<add_rms_norm_reference_>)->Apply(both_dtypes)->Name("add_rms_norm/libtorch");
BENCHMARK(gated_mlp<silu_times>)->Apply(both_dtypes)->Name("silu_times");
BENCHMARK(gated_mlp<silu_times_reference>)->Apply(both_dtypes)->Name("silu_times/libtorch");
BENCHMARK(rotation<rotate_>)->Apply(both_dtypes)->Name("rotate");
BENCHMARK(rotation<rotate_reference_>)->Apply(both_dtypes)->Name("rotate/libtorch");
BENCHMARK(unembedding_product)->Apply(over_rows);
BENCHMARK(log_probabilities<target_log_probabilities>)->Apply(over_rows)->Name("log_probabilities");
BENCHMARK(log_probabilities<target_log_probabilities_reference>)->Apply(over_rows)->Name("log_probabilities/libtorch");

}  // namespace
}  // namespace manabi::tensor

BENCHMARK_MAIN();
