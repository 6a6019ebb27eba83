// Adapters from their files.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/format/json.h"
#include "base/format/safetensors.h"
#include "base/hash.h"
#include "model/adapters/peft_files.h"
#include "model/adapters/peft_names.h"

namespace manabi::model {

using namespace peft;

namespace {

namespace fs = std::filesystem;

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

std::string hash_of_adapter(const fs::path& folder) {
  std::string hashes;
  for (const char* name : {kConfigFile, kTensorFile}) hashes += base::sha256_of_file((folder / name).string());
  return base::sha256(hashes);
}

Adapter load_adapter(const fs::path& folder) { return Reader(folder).read(); }

}  // namespace manabi::model
