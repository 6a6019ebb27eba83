#include "model/adapters/adapter.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "model/transformer/transformer.h"

namespace manabi::model {
namespace {

at::Tensor copied(const at::Tensor& tensor) { return tensor.defined() ? tensor.detach().to(at::kCPU, at::kFloat).contiguous().clone() : tensor; }

// Rows of one of a layer's matrices.
enum class LayerMatrix { heads, attention_out, up, down };
struct Place {
  LayerMatrix matrix = LayerMatrix::heads;
  int64_t first = 0, count = 0;  // rows; none where the model has no such matrix
};

// `inner`: width of the MLP.
Place place_of(const TransformerShape& shape, int64_t inner, TunedMatrix matrix) {
  const int64_t queries = shape.heads * shape.head_width, keys = shape.kv_heads * shape.head_width;
  const bool is_gated = shape.mlp == Mlp::gated;
  switch (matrix) {
    case TunedMatrix::q:
      return {LayerMatrix::heads, 0, queries};
    case TunedMatrix::k:
      return {LayerMatrix::heads, queries, keys};
    case TunedMatrix::v:
      return {LayerMatrix::heads, queries + keys, keys};
    case TunedMatrix::qkv:
      return {LayerMatrix::heads, 0, queries + 2 * keys};
    case TunedMatrix::attention_out:
      return {LayerMatrix::attention_out, 0, shape.width};
    case TunedMatrix::gate:
      return {LayerMatrix::up, 0, is_gated ? inner : 0};
    case TunedMatrix::up:
      return {LayerMatrix::up, is_gated ? inner : 0, inner};
    case TunedMatrix::down:
      return {LayerMatrix::down, 0, shape.width};
  }
  return {};
}

int64_t inner_of(const FrozenLayer& layer) { return layer.down.weight.defined() ? layer.down.weight.size(1) : 0; }

FrozenDense& dense_of(FrozenLayer& layer, LayerMatrix matrix) {
  return matrix == LayerMatrix::heads           ? layer.heads
         : matrix == LayerMatrix::attention_out ? layer.attention_out
         : matrix == LayerMatrix::up            ? layer.up
                                                : layer.down;
}

// Where a layer keeps it; of the heads, what it keeps of all layers alike.
const Affine& kept_at(const TransformerLayer& layer, LayerMatrix matrix) {
  return matrix == LayerMatrix::heads           ? layer.heads
         : matrix == LayerMatrix::attention_out ? layer.attention_out
         : matrix == LayerMatrix::up            ? layer.up
                                                : layer.down;
}
Affine& kept_at(TransformerLayer& layer, LayerMatrix matrix) {
  return const_cast<Affine&>(kept_at(static_cast<const TransformerLayer&>(layer), matrix));
}

// weight [O, I] with the low ranks of its place added, in its own dtype.
at::Tensor with_low_rank(const at::Tensor& weight, const Place& place, const Adapter::LowRank& each, double scale) {
  const at::Tensor wide = weight.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  wide.narrow(0, place.first, place.count).add_(at::mm(each.b, each.a).to(wide.device()), scale);
  return wide.to(weight.scalar_type());
}

// The tensor that a name of TunedNetwork means, or null.
at::Tensor* find_tensor(FrozenNetwork& network, const std::string& name) {
  const auto ends_with = [&](const std::string& end) { return name.size() > end.size() && name.ends_with(end); };
  if (name == "embedding.weight") return &network.embedding;
  if (name == "positions.weight") return &network.positions;
  if (name == "unembedding.weight") return &network.unembedding;
  if (name == "final_norm.gain") return &network.final_norm.gain;
  if (name == "final_norm.shift") return &network.final_norm.shift;
  if (!name.starts_with("blocks.")) return nullptr;
  const size_t index = std::strtoul(name.c_str() + 7, nullptr, 10);
  if (index >= network.layers.size()) return nullptr;
  FrozenLayer& layer = network.layers[index];
  for (const auto& [part, norm] : {std::pair{".attention_norm", &layer.attention_norm}, {".mlp_norm", &layer.mlp_norm}}) {
    if (ends_with(std::string(part) + ".gain")) return &norm->gain;
    if (ends_with(std::string(part) + ".shift")) return &norm->shift;
  }
  for (const auto& [part, dense] :
       {std::pair{".heads", &layer.heads}, {".attention_out", &layer.attention_out}, {".up", &layer.up}, {".down", &layer.down}}) {
    if (ends_with(std::string(part) + ".weight")) return &dense->weight;
    if (ends_with(std::string(part) + ".bias")) return &dense->bias;
  }
  return nullptr;
}

void set(FrozenNetwork& network, const std::string& name, const at::Tensor& values) {
  at::Tensor* place = find_tensor(network, name);
  if (!place)
    throw base::Error(
        {.where = "tensor " + name, .given = "a weight that this model has not", .expected = "the model that the adapter was made for"});
  *place = values;
}

// Low ranks and biases in the weights.
std::shared_ptr<const FrozenNetwork> merged(const FrozenNetwork& base, const Adapter& adapter) {
  auto network = std::make_shared<FrozenNetwork>(base);
  for (const Adapter::LowRank& each : adapter.lora) {
    FrozenLayer& layer = network->layers[static_cast<size_t>(each.layer)];
    const Place place = place_of(network->shape, inner_of(layer), each.matrix);
    at::Tensor& weight = dense_of(layer, place.matrix).weight;
    weight = with_low_rank(weight, place, each, adapter.lora_scale);
  }
  for (const Adapter::Bias& bias : adapter.biases) set(*network, bias.name, bias.values.to(base.embedding.device()));
  return network;
}

// One layer with the low ranks that belong to it; what they leave alone is shared.
TransformerLayer merged(const TransformerLayer& layer, const TransformerShape& shape, std::span<const Adapter::LowRank* const> lora,
                        double scale, bool is_last) {
  TransformerLayer changed = layer;
  for (const Adapter::LowRank* each : lora) {
    const Place place = place_of(shape, layer.down.weight.inputs(), each->matrix);
    if (place.matrix == LayerMatrix::heads) {
      const PlainDense heads = joined_heads(changed);
      place_heads(changed, with_low_rank(heads.weight, place, *each, scale), heads.bias, shape.heads * shape.head_width, is_last);
    } else {
      Affine& affine = kept_at(changed, place.matrix);
      affine = affine_of(with_low_rank(affine.weight.weight(), place, *each, scale), affine.bias);
    }
  }
  return changed;
}

// Throws base::Error for another kind of model.
const Transformer& transformer_of(const CausalLM& lm) {
  if (const auto* transformer = dynamic_cast<const Transformer*>(&lm)) return *transformer;
  throw base::Error({.given = "low ranks or biases for a model that is read with an adapter already, or is no transformer",
                     .expected = "a checkpoint as it was opened"});
}

std::unique_ptr<CausalLM> with_low_ranks(const CausalLM& base, const Adapter& adapter) {
  const Transformer& transformer = transformer_of(base);
  TransformerWeights weights = transformer.weights();
  for (size_t index = 0; index < weights.layers.size(); ++index) {
    std::vector<const Adapter::LowRank*> lora;
    for (const Adapter::LowRank& each : adapter.lora)
      if (each.layer == static_cast<int64_t>(index)) lora.push_back(&each);
    weights.layers[index] = merged(weights.layers[index], transformer.shape(), lora, adapter.lora_scale, index + 1 == weights.layers.size());
  }
  return transformer.with(std::move(weights));
}

// A model that begins behind a run of positions which every row sees. It owns its base, or is read beside one.
class PrefixedLM final : public CausalLM {
 public:
  PrefixedLM(std::unique_ptr<CausalLM> owned, const CausalLM& base, std::shared_ptr<const Cache> start)
      : owned_(std::move(owned)), base_(&base), start_(std::move(start)) {}

  using CausalLM::forward;
  Forward forward(std::span<const Row> rows, const Passage& passage) const override {
    std::vector<Row> begun(rows.begin(), rows.end());
    for (Row& row : begun)
      if (!row.prefix) row.prefix = start_;
    return base_->forward(begun, passage);
  }
  at::Tensor log_probabilities(const at::Tensor& hidden, const at::Tensor& targets) const override {
    return base_->log_probabilities(hidden, targets);
  }
  at::Tensor logits_at(const at::Tensor& hidden, const at::Tensor& targets) const override { return base_->logits_at(hidden, targets); }
  at::Tensor logits(const at::Tensor& hidden) const override { return base_->logits(hidden); }
  std::vector<SiteKind> site_kinds() const override { return base_->site_kinds(); }
  at::Tensor position_rows(int64_t first, int64_t count) const override { return base_->position_rows(first + start_->end(), count); }

  int64_t vocabulary() const override { return base_->vocabulary(); }
  int64_t context() const override { return base_->context() - start_->end(); }
  int64_t layers() const override { return base_->layers(); }
  int64_t width() const override { return base_->width(); }
  int64_t parameters() const override { return base_->parameters(); }
  int64_t cache_bytes_per_token() const override { return base_->cache_bytes_per_token(); }
  tensor::Compute compute() const override { return base_->compute(); }

 private:
  std::unique_ptr<CausalLM> owned_;  // or null
  const CausalLM* base_;
  std::shared_ptr<const Cache> start_;
};

// [P, L, 2, G, E] as a cache.
std::shared_ptr<const Cache> cache_of(const at::Tensor& prefix, const tensor::Compute& compute) {
  auto cache = std::make_shared<Cache>();
  cache->length = prefix.size(0);
  const at::Tensor values = prefix.to(compute.device, compute.dtype);
  for (int64_t layer = 0; layer < prefix.size(1); ++layer)
    cache->layers.push_back(
        {.keys = values.select(1, layer).select(1, 0).contiguous(), .values = values.select(1, layer).select(1, 1).contiguous()});
  return cache;
}

// The keys and values of a prompt's rows.
std::shared_ptr<const Cache> read_prompt(const CausalLM& lm, const at::Tensor& prompt, std::shared_ptr<const Cache> prefix) {
  at::Tensor states = prompt.to(lm.compute().device, lm.compute().dtype);
  const int64_t first = prefix ? prefix->end() : 0;
  if (const at::Tensor positions = lm.position_rows(first, states.size(0)); positions.defined()) states = states + positions;
  const Row row{.prefix = std::move(prefix), .wanted = {}, .keeps_cache = true, .states = states};
  return lm.forward({&row, 1}).caches[0];
}

// The positions that stand before every row, or null.
std::shared_ptr<const Cache> start_of(const CausalLM& lm, const Adapter& adapter) {
  std::shared_ptr<const Cache> start;
  if (adapter.prefix.defined()) start = cache_of(adapter.prefix, lm.compute());
  if (adapter.prompt.defined() && adapter.soft_template.empty()) start = read_prompt(lm, adapter.prompt, start);
  return start;
}

}  // namespace

int64_t Adapter::numbers() const {
  int64_t count = 0;
  for (const at::Tensor* tensor : {&prompt, &prefix, &head})
    if (tensor->defined()) count += tensor->numel();
  for (const LowRank& each : lora) count += each.a.numel() + each.b.numel();
  for (const Bias& bias : biases) count += bias.values.numel();
  return count;
}

Adapter adapter_of(const TunedNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica) {
  if (network.parts().weights)
    throw base::Error(
        {.given = "a network whose whole weights were tuned", .expected = "one whose weights stayed", .hint = "it is saved as a model"});
  const c10::NoGradGuard guard;
  const tensor::ParameterLeaves leaves(parameters);
  Adapter adapter;
  adapter.prompt = copied(network.prompt_rows(leaves, replica));
  adapter.prefix = copied(network.prefix_positions(leaves, replica));
  if (network.parts().lora) {
    adapter.lora_scale = network.parts().lora->scale;
    for (size_t layer = 0; layer < network.frozen().layers.size(); ++layer) {
      for (const TunedMatrix matrix : network.parts().lora->matrices) {
        const std::string name = fmt::format("blocks.{}.{}", layer, name_of(matrix));
        adapter.lora.push_back({.layer = static_cast<int64_t>(layer),
                                .matrix = matrix,
                                .a = copied(parameters.view(name + ".lora_a")[replica]),
                                .b = copied(parameters.view(name + ".lora_b")[replica])});
      }
    }
  }
  for (const tensor::ParameterShape& shape : parameters.shapes()) {
    if (network.parts().biases && (shape.name.ends_with(".bias") || shape.name.ends_with(".shift")) &&
        (shape.name.starts_with("blocks.") || shape.name.starts_with("final_norm")))
      adapter.biases.push_back({.name = shape.name, .values = copied(parameters.view(shape.name)[replica])});
    if (shape.name == "head.weight") adapter.head = copied(parameters.view(shape.name)[replica]);
  }
  std::ranges::sort(adapter.biases, {}, &Adapter::Bias::name);  // as files have them
  return adapter;
}

std::shared_ptr<const FrozenNetwork> tuned_weights(const TunedNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica) {
  auto tuned = std::make_shared<FrozenNetwork>(network.frozen());
  for (const tensor::ParameterShape& shape : parameters.shapes())
    if (find_tensor(*tuned, shape.name)) set(*tuned, shape.name, parameters.view(shape.name)[replica].detach().clone());
  if (tuned->is_tied) tuned->unembedding = tuned->embedding;
  return tuned;
}

void check_fits(const Adapter& adapter, const CausalLM& lm, const std::string& name, const std::string& hash) {
  if (!adapter.base_hash.empty() && adapter.base_hash != hash)
    throw base::Error(
        {.where = "adapter",
         .given = fmt::format("{} for {} (checkpoint {})", adapter.method, adapter.base_name, adapter.base_hash.substr(0, 12)),
         .expected = fmt::format("one for {} (checkpoint {}, width {}, {} layers)", name, hash.substr(0, 12), lm.width(), lm.layers()),
         .hint = "tune it again on this model"});
  const auto mismatch = [&](const char* what, at::IntArrayRef found, const std::string& wanted) {
    throw base::Error({.where = std::string("adapter, ") + what,
                       .given = fmt::format("a tensor [{}] made for '{}'", fmt::join(found, ", "), adapter.base_name),
                       .expected = fmt::format("{}, as {} has it", wanted, name)});
  };
  if (adapter.prompt.defined() && adapter.prompt.size(1) != lm.width())
    mismatch("prompt", adapter.prompt.sizes(), fmt::format("rows of width {}", lm.width()));
  if (adapter.prefix.defined() &&
      (adapter.prefix.size(1) != lm.layers() || 2 * adapter.prefix.size(1) * adapter.prefix.size(3) * adapter.prefix.size(4) *
                                                        static_cast<int64_t>(c10::elementSize(lm.compute().dtype)) !=
                                                    lm.cache_bytes_per_token()))
    mismatch("prefix", adapter.prefix.sizes(), fmt::format("keys and values of {} layers", lm.layers()));
  if (adapter.head.defined() && adapter.head.size(1) != lm.width())
    mismatch("head", adapter.head.sizes(), fmt::format("rows of width {}", lm.width()));
  if (adapter.lora.empty() && adapter.biases.empty()) return;
  const Transformer& transformer = transformer_of(lm);
  for (const Adapter::LowRank& each : adapter.lora) {
    if (each.layer >= lm.layers()) mismatch("lora", each.a.sizes(), fmt::format("layers 0 to {}", lm.layers() - 1));
    const TransformerLayer& layer = transformer.weights().layers[static_cast<size_t>(each.layer)];
    const Place place = place_of(transformer.shape(), layer.down.weight.inputs(), each.matrix);
    const int64_t inputs = kept_at(layer, place.matrix).weight.inputs();
    if (place.count == 0 || inputs == 0 || each.a.size(1) != inputs || each.b.size(0) != place.count)
      mismatch("lora", each.b.sizes(), fmt::format("[{}, r] x [r, {}] for {}", place.count, inputs, name_of(each.matrix)));
  }
}

std::unique_ptr<CausalLM> adapted(std::unique_ptr<CausalLM> base, const Adapter& adapter) {
  if (!adapter.lora.empty() || !adapter.biases.empty()) {
    const tensor::Compute compute = base->compute();
    std::shared_ptr<const FrozenNetwork> network = base->frozen(compute.dtype);
    base.reset();
    base = language_model_of(*merged(*network, adapter), compute);
  }
  std::shared_ptr<const Cache> start = start_of(*base, adapter);
  if (!start) return base;
  const CausalLM& own = *base;
  return std::make_unique<PrefixedLM>(std::move(base), own, std::move(start));
}

std::unique_ptr<CausalLM> adapted_beside(const CausalLM& base, const Adapter& adapter) {
  std::unique_ptr<CausalLM> changed;
  if (!adapter.biases.empty())
    changed = language_model_of(*merged(*base.frozen(base.compute().dtype), adapter), base.compute());
  else if (!adapter.lora.empty())
    changed = with_low_ranks(base, adapter);
  const CausalLM& own = changed ? *changed : base;
  std::shared_ptr<const Cache> start = start_of(own, adapter);
  if (!start && changed) return changed;
  if (!start)
    throw base::Error({.where = "adapter", .given = "nothing that changes the model", .expected = "a prompt, a prefix, low ranks or biases"});
  return std::make_unique<PrefixedLM>(std::move(changed), own, std::move(start));
}

}  // namespace manabi::model
