// Adapters into their files.
#include "model/adapters/peft_files.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <map>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/format/json.h"
#include "base/format/safetensors.h"
#include "model/adapters/peft_names.h"

namespace manabi::model {

using namespace peft;

namespace {

namespace fs = std::filesystem;

std::string module_of(TunedMatrix matrix, bool is_gpt2) {
  for (const ModuleName& name : modules_of(is_gpt2))
    if (name.matrix == matrix) return name.module;
  throw base::Error(
      {.where = "adapter",
       .given = fmt::format("a low rank beside '{}'", name_of(matrix)),
       .expected = is_gpt2 ? "qkv, o, up or down: files of GPT-2 join queries, keys and values" : "one of q, k, v, o, gate, up, down"});
}

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

}  // namespace manabi::model
