#include "model/adapters/peft_files.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/format/json.h"
#include "base/format/safetensors.h"
#include "base/hash.h"

namespace manabi::model {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigFile = "adapter_config.json";
constexpr const char* kTensorFile = "adapter_model.safetensors";
constexpr const char* kPrompt = "prompt_embeddings";
constexpr const char* kHead = "base_model.score.weight";
constexpr const char* kBiases = "MANABI_BIASES";
constexpr const char* kTemplatePrompt = "MANABI_TEMPLATE_PROMPT";
constexpr const char* kLowRankBegin = "base_model.model.";

// How files call a layer's matrix.
struct ModuleName {
  TunedMatrix matrix;
  const char* module;
};
constexpr std::array<ModuleName, 7> kLlamaModules = {{{TunedMatrix::q, "self_attn.q_proj"},
                                                      {TunedMatrix::k, "self_attn.k_proj"},
                                                      {TunedMatrix::v, "self_attn.v_proj"},
                                                      {TunedMatrix::attention_out, "self_attn.o_proj"},
                                                      {TunedMatrix::gate, "mlp.gate_proj"},
                                                      {TunedMatrix::up, "mlp.up_proj"},
                                                      {TunedMatrix::down, "mlp.down_proj"}}};
constexpr std::array<ModuleName, 4> kGpt2Modules = {{{TunedMatrix::qkv, "attn.c_attn"},
                                                     {TunedMatrix::attention_out, "attn.c_proj"},
                                                     {TunedMatrix::up, "mlp.c_fc"},
                                                     {TunedMatrix::down, "mlp.c_proj"}}};

std::span<const ModuleName> modules_of(bool is_gpt2) { return is_gpt2 ? std::span<const ModuleName>(kGpt2Modules) : kLlamaModules; }

std::string module_of(TunedMatrix matrix, bool is_gpt2) {
  for (const ModuleName& name : modules_of(is_gpt2))
    if (name.matrix == matrix) return name.module;
  throw base::Error(
      {.where = "adapter",
       .given = fmt::format("a low rank beside '{}'", name_of(matrix)),
       .expected = is_gpt2 ? "qkv, o, up or down: files of GPT-2 join queries, keys and values" : "one of q, k, v, o, gate, up, down"});
}

// ---- writing

struct Files {
  base::Json config;
  std::vector<std::pair<std::string, at::Tensor>> tensors;
};

void add_prompt_config(base::Json& config, int64_t positions, int64_t token_width, int64_t heads, int64_t layers) {
  config["num_virtual_tokens"] = positions;
  config["token_dim"] = token_width;
  config["num_transformer_submodules"] = 1;
  config["num_attention_heads"] = heads;
  config["num_layers"] = layers;
}

Files files_of_prompt(const Adapter& adapter, const AdapterShape& shape) {
  Files files;
  const bool is_encoded = adapter.method.starts_with("p-tuning");
  if (!adapter.soft_template.empty()) {
    files.config = {{"peft_type", kTemplatePrompt}, {"template", adapter.soft_template}};
  } else {
    files.config = {{"peft_type", is_encoded ? "P_TUNING" : "PROMPT_TUNING"}};
    if (is_encoded) files.config["encoder_hidden_size"] = shape.width;
    add_prompt_config(files.config, adapter.prompt.size(0), shape.width, shape.width / shape.head_width, shape.layers);
  }
  files.tensors = {{kPrompt, adapter.prompt}};
  return files;
}

Files files_of_prefix(const Adapter& adapter, const AdapterShape& shape) {
  Files files;
  files.config = {{"peft_type", "PREFIX_TUNING"}, {"prefix_projection", false}, {"encoder_hidden_size", shape.kv_heads * shape.head_width}};
  add_prompt_config(files.config, adapter.prefix.size(0), shape.kv_heads * shape.head_width, shape.kv_heads, shape.layers);
  files.tensors = {{kPrompt, adapter.prefix.flatten(1)}};
  if (adapter.head.defined()) {
    files.config["modules_to_save"] = {"classifier", "score"};
    files.tensors.emplace_back(kHead, adapter.head);
  }
  return files;
}

Files files_of_lora(const Adapter& adapter, const AdapterShape& shape) {
  Files files;
  std::set<std::string> modules;
  for (const Adapter::LowRank& each : adapter.lora) {
    const std::string module = module_of(each.matrix, shape.is_gpt2);
    modules.insert(shape.is_gpt2 ? module : module.substr(module.find('.') + 1));
    const std::string stem = fmt::format("{}{}.{}.{}", kLowRankBegin, shape.is_gpt2 ? "transformer.h" : "model.layers", each.layer, module);
    files.tensors.emplace_back(stem + ".lora_A.weight", each.a);
    files.tensors.emplace_back(stem + ".lora_B.weight", each.b);
  }
  const int64_t rank = adapter.lora.front().a.size(0);
  files.config = {{"peft_type", "LORA"},      {"r", rank},      {"lora_alpha", adapter.lora_scale * static_cast<double>(rank)},
                  {"lora_dropout", 0.0},      {"bias", "none"}, {"fan_in_fan_out", shape.is_gpt2},
                  {"target_modules", modules}};
  return files;
}

Files files_of_biases(const Adapter& adapter) {
  Files files;
  files.config = {{"peft_type", kBiases}};
  for (const Adapter::Bias& bias : adapter.biases) files.tensors.emplace_back(bias.name, bias.values);
  return files;
}

Files files_of(const Adapter& adapter, const AdapterShape& shape) {
  const int kinds = adapter.prompt.defined() + adapter.prefix.defined() + !adapter.lora.empty() + !adapter.biases.empty();
  if (kinds != 1)
    throw base::Error({.where = "adapter", .given = fmt::format("{} kinds of tuned parts at once", kinds), .expected = "one: files hold one"});
  if (adapter.prompt.defined()) return files_of_prompt(adapter, shape);
  if (adapter.prefix.defined()) return files_of_prefix(adapter, shape);
  return adapter.biases.empty() ? files_of_lora(adapter, shape) : files_of_biases(adapter);
}

// Keys in their order, as PEFT writes them.
base::Json sorted(const base::Json& object) {
  base::Json result;
  std::map<std::string, base::Json> keys;
  for (const auto& [key, value] : object.items()) keys.emplace(key, value);
  for (auto& [key, value] : keys) result[key] = std::move(value);
  return result;
}

// ---- reading

class Reader {
 public:
  explicit Reader(const fs::path& folder)
      : config_path_((folder / kConfigFile).string()), config_(read_config(folder)), tensors_((folder / kTensorFile).string()) {
    for (const base::SafetensorsEntry& entry : tensors_.entries()) unread_.insert(entry.name);
  }

  Adapter read() {
    Adapter adapter;
    const std::string type = text("peft_type");
    adapter.base_name = config_.contains("base_model_name_or_path") && config_["base_model_name_or_path"].is_string()
                            ? config_["base_model_name_or_path"].get<std::string>()
                            : "";
    adapter.base_hash = entry("manabi_base_hash");
    adapter.made_of = entry("manabi_made_of");
    if (type == "PROMPT_TUNING" || type == "P_TUNING")
      read_prompt(adapter, type == "P_TUNING" ? "p-tuning" : "prompt-tuning");
    else if (type == kTemplatePrompt) {
      read_prompt(adapter, "p-tuning");
      adapter.soft_template = text("template");
    } else if (type == "PREFIX_TUNING")
      read_prefix(adapter);
    else if (type == "LORA")
      read_lora(adapter);
    else if (type == kBiases)
      read_biases(adapter);
    else
      throw base::Error({.where = config_path_ + ", peft_type",
                         .given = "'" + type + "'",
                         .expected = "PROMPT_TUNING, P_TUNING, PREFIX_TUNING or LORA: other kinds are not supported"});
    refuse_unknown();
    if (const std::string method = entry("manabi_method"); !method.empty()) adapter.method = method;
    return adapter;
  }

 private:
  static base::Json read_config(const fs::path& folder) {
    if (!fs::exists(folder / kConfigFile))
      throw base::Error({.where = folder.string(), .given = "no adapter_config.json", .expected = "a folder that PEFT or `manabi tune` wrote"});
    if (!fs::exists(folder / kTensorFile) && fs::exists(folder / "adapter_model.bin"))
      throw base::Error({.where = folder.string(),
                         .given = "adapter_model.bin, a pickle",
                         .expected = kTensorFile,
                         .hint = "save it again with safe_serialization=True"});
    base::Json config = base::read_json((folder / kConfigFile).string());
    if (!config.is_object()) throw base::Error({.where = (folder / kConfigFile).string(), .given = "no JSON object", .expected = "one"});
    return config;
  }

  std::string entry(const char* key) const {
    const auto found = tensors_.metadata().find(key);
    return found == tensors_.metadata().end() ? "" : found->second;
  }

  const base::Json& value(const char* key) {
    known_.insert(key);
    if (config_.contains(key)) return config_[key];
    throw base::Error({.where = config_path_, .given = std::string("no '") + key + "'", .expected = "one: this kind of adapter needs it"});
  }
  std::string text(const char* key) {
    if (const base::Json& found = value(key); found.is_string()) return found.get<std::string>();
    throw base::Error({.where = config_path_ + ", " + key, .given = config_[key].dump(), .expected = "text"});
  }
  int64_t number(const char* key) {
    if (const base::Json& found = value(key); found.is_number_integer() && found.get<int64_t>() > 0) return found.get<int64_t>();
    throw base::Error({.where = config_path_ + ", " + key, .given = config_[key].dump(), .expected = "a number above 0"});
  }
  double real(const char* key) {
    if (const base::Json& found = value(key); found.is_number()) return found.get<double>();
    throw base::Error({.where = config_path_ + ", " + key, .given = config_[key].dump(), .expected = "a number"});
  }
  bool flag(const char* key) {
    known_.insert(key);
    return config_.contains(key) && config_[key].is_boolean() && config_[key].get<bool>();
  }
  void expect(const char* key, const base::Json& wanted) {
    known_.insert(key);
    if (!config_.contains(key) || config_[key] == wanted) return;
    throw base::Error(
        {.where = config_path_ + ", " + key, .given = config_[key].dump(), .expected = wanted.dump() + ": nothing else is supported"});
  }

  at::Tensor tensor(const std::string& name) {
    for (const base::SafetensorsEntry& entry : tensors_.entries()) {
      if (entry.name != name) continue;
      unread_.erase(name);
      return decoded(entry);
    }
    throw base::Error({.where = tensors_.path(), .given = "no tensor '" + name + "'", .expected = "one"});
  }
  at::Tensor matrix(const std::string& name, int64_t rows, int64_t columns) {
    at::Tensor values = tensor(name);
    if (values.dim() == 2 && (rows < 0 || values.size(0) == rows) && (columns < 0 || values.size(1) == columns)) return values;
    throw base::Error({.where = tensors_.path() + ", " + name,
                       .given = fmt::format("[{}]", fmt::join(values.sizes(), ", ")),
                       .expected = fmt::format("[{}, {}]", rows < 0 ? "." : std::to_string(rows), columns < 0 ? "." : std::to_string(columns))});
  }
  at::Tensor decoded(const base::SafetensorsEntry& entry) const {
    at::ScalarType type = at::kFloat;
    if (entry.dtype == "F16")
      type = at::kHalf;
    else if (entry.dtype == "BF16")
      type = at::kBFloat16;
    else if (entry.dtype != "F32")
      throw base::Error({.where = tensors_.path() + ", " + entry.name, .given = entry.dtype, .expected = "F32, F16 or BF16"});
    at::Tensor values = at::empty(entry.shape, type);
    if (!entry.bytes.empty()) std::memcpy(values.data_ptr(), entry.bytes.data(), entry.bytes.size());
    values = values.to(at::kFloat);
    if (!at::isfinite(values).all().item<bool>())
      throw base::Error({.where = tensors_.path() + ", " + entry.name, .given = "values that are not finite", .expected = "numbers"});
    return values;
  }

  void read_prompt(Adapter& adapter, const char* method) {
    adapter.method = method;
    if (config_["peft_type"] == kTemplatePrompt) {
      adapter.prompt = matrix(kPrompt, -1, -1);
      return;
    }
    expect("num_transformer_submodules", 1);
    adapter.prompt = matrix(kPrompt, number("num_virtual_tokens"), number("token_dim"));
  }

  void read_prefix(Adapter& adapter) {
    expect("num_transformer_submodules", 1);
    const int64_t positions = number("num_virtual_tokens"), layers = number("num_layers"), heads = number("num_attention_heads"),
                  width = number("token_dim");
    if (width % heads != 0)
      throw base::Error({.where = config_path_ + ", num_attention_heads",
                         .given = std::to_string(heads),
                         .expected = fmt::format("a divisor of token_dim {}", width)});
    adapter.method = "prefix-tuning";
    adapter.prefix = matrix(kPrompt, positions, 2 * layers * width).view({positions, layers, 2, heads, width / heads});
    known_.insert("modules_to_save");
    if (unread_.contains(kHead)) {
      adapter.head = matrix(kHead, -1, -1);
      adapter.method = "p-tuning-v2";
    }
  }

  void read_lora(Adapter& adapter) {
    adapter.method = "lora";
    expect("bias", "none");
    const int64_t rank = number("r");
    adapter.lora_scale = real("lora_alpha") / (flag("use_rslora") ? std::sqrt(static_cast<double>(rank)) : static_cast<double>(rank));
    const std::set<std::string> names = unread_;
    for (const std::string& name : names) {
      constexpr std::string_view kA = ".lora_A.weight";
      if (!name.ends_with(kA)) continue;
      const std::string stem = name.substr(0, name.size() - kA.size());
      Adapter::LowRank each = place_of(stem);
      each.a = matrix(name, rank, -1);
      each.b = matrix(stem + ".lora_B.weight", -1, rank);
      adapter.lora.push_back(std::move(each));
    }
    if (adapter.lora.empty())
      throw base::Error({.where = tensors_.path(), .given = "no low ranks", .expected = "tensors named ....lora_A.weight"});
    std::ranges::sort(adapter.lora, {}, [](const Adapter::LowRank& each) { return std::pair(each.layer, each.matrix); });
  }

  // "base_model.model.model.layers.3.self_attn.q_proj": layer and matrix.
  Adapter::LowRank place_of(const std::string& stem) const {
    for (const auto& [begin, is_gpt2] : {std::pair{"model.layers.", false}, {"transformer.h.", true}}) {
      const std::string whole = std::string(kLowRankBegin) + begin;
      if (!stem.starts_with(whole)) continue;
      int64_t layer = -1;
      const char* first = stem.data() + whole.size();
      const auto [end, error] = std::from_chars(first, stem.data() + stem.size(), layer);
      if (error != std::errc() || *end != '.' || layer < 0) continue;
      for (const ModuleName& name : modules_of(is_gpt2))
        if (std::string_view(end + 1) == name.module) return {.layer = layer, .matrix = name.matrix};
    }
    throw base::Error({.where = tensors_.path() + ", " + stem,
                       .given = "a low rank beside something else",
                       .expected = "matrices of Llama's or GPT-2's blocks"});
  }

  void read_biases(Adapter& adapter) {
    adapter.method = "bitfit";
    const std::set<std::string> names = unread_;
    for (const std::string& name : names) adapter.biases.push_back({.name = name, .values = tensor(name)});
  }

  // What says nothing about numbers, or is said by the tensors themselves. Any other key must say nothing.
  void refuse_unknown() const {
    static const std::set<std::string> kSilent = {"auto_mapping",
                                                  "base_model_name_or_path",
                                                  "revision",
                                                  "inference_mode",
                                                  "peft_version",
                                                  "task_type",
                                                  "init_lora_weights",
                                                  "lora_dropout",
                                                  "megatron_core",
                                                  "qalora_group_size",
                                                  "target_modules",
                                                  "exclude_modules",
                                                  "layers_to_transform",
                                                  "layers_pattern",
                                                  "fan_in_fan_out",
                                                  "prompt_tuning_init",
                                                  "prompt_tuning_init_text",
                                                  "tokenizer_name_or_path",
                                                  "tokenizer_kwargs",
                                                  "encoder_hidden_size",
                                                  "encoder_num_layers",
                                                  "encoder_dropout",
                                                  "encoder_reparameterization_type",
                                                  "prefix_projection",
                                                  "init_weights",
                                                  "num_layers",
                                                  "num_attention_heads",
                                                  "num_virtual_tokens",
                                                  "token_dim"};
    for (const auto& [key, value] : config_.items()) {
      const bool says_nothing =
          value.is_null() || (value.is_boolean() && !value.get<bool>()) || ((value.is_object() || value.is_array()) && value.empty());
      if (says_nothing || known_.contains(key) || kSilent.contains(key)) continue;
      throw base::Error({.where = config_path_ + ", " + key, .given = value.dump(), .expected = "nothing: this field is not supported"});
    }
    if (!unread_.empty())
      throw base::Error(
          {.where = tensors_.path(), .given = "the tensor '" + *unread_.begin() + "'", .expected = "none beside those that this kind has"});
  }

  std::string config_path_;
  base::Json config_;
  base::SafetensorsFile tensors_;
  std::set<std::string> unread_, known_;
};

}  // namespace

AdapterShape AdapterShape::of(const FrozenNetwork& network) {
  return {.layers = std::ssize(network.layers),
          .width = network.shape.width,
          .kv_heads = network.shape.kv_heads,
          .head_width = network.shape.head_width,
          .is_gpt2 = network.shape.mlp != Mlp::gated};
}

void save_adapter(const Adapter& adapter, const AdapterShape& shape, const fs::path& folder) {
  Files files = files_of(adapter, shape);
  files.config["base_model_name_or_path"] = adapter.base_name;
  files.config["inference_mode"] = true;
  files.config["task_type"] = adapter.head.defined() ? "SEQ_CLS" : "CAUSAL_LM";
  std::vector<base::SafetensorsInput> inputs;
  for (auto& [name, values] : files.tensors) {
    values = values.contiguous();
    inputs.push_back({.name = name,
                      .dtype = "F32",
                      .shape = values.sizes().vec(),
                      .bytes = {static_cast<const std::byte*>(values.const_data_ptr()), static_cast<size_t>(values.nbytes())}});
  }
  base::write_safetensors(
      (folder / kTensorFile).string(), inputs,
      {{"format", "pt"}, {"manabi_method", adapter.method}, {"manabi_base_hash", adapter.base_hash}, {"manabi_made_of", adapter.made_of}});
  base::write_text_atomically((folder / kConfigFile).string(), sorted(files.config).dump(2) + "\n");
}

std::string hash_of_adapter(const fs::path& folder) {
  std::string hashes;
  for (const char* name : {kConfigFile, kTensorFile}) hashes += base::sha256_of_file((folder / name).string());
  return base::sha256(hashes);
}

Adapter load_adapter(const fs::path& folder) { return Reader(folder).read(); }

}  // namespace manabi::model
