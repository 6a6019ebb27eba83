// What the files of adapters are called, and what they call their parts.
#pragma once

#include <array>
#include <span>

#include "model/tuned/tuned_parts.h"

namespace manabi::model::peft {

inline constexpr const char* kConfigFile = "adapter_config.json";
inline constexpr const char* kTensorFile = "adapter_model.safetensors";
inline constexpr const char* kPrompt = "prompt_embeddings";
inline constexpr const char* kHead = "base_model.score.weight";
inline constexpr const char* kBiases = "MANABI_BIASES";
inline constexpr const char* kTemplatePrompt = "MANABI_TEMPLATE_PROMPT";
inline constexpr const char* kLowRankBegin = "base_model.model.";

// How files call a layer's matrix.
struct ModuleName {
  TunedMatrix matrix;
  const char* module;
};
inline constexpr std::array<ModuleName, 7> kLlamaModules = {{{TunedMatrix::q, "self_attn.q_proj"},
                                                             {TunedMatrix::k, "self_attn.k_proj"},
                                                             {TunedMatrix::v, "self_attn.v_proj"},
                                                             {TunedMatrix::attention_out, "self_attn.o_proj"},
                                                             {TunedMatrix::gate, "mlp.gate_proj"},
                                                             {TunedMatrix::up, "mlp.up_proj"},
                                                             {TunedMatrix::down, "mlp.down_proj"}}};
inline constexpr std::array<ModuleName, 4> kGpt2Modules = {{{TunedMatrix::qkv, "attn.c_attn"},
                                                            {TunedMatrix::attention_out, "attn.c_proj"},
                                                            {TunedMatrix::up, "mlp.c_fc"},
                                                            {TunedMatrix::down, "mlp.c_proj"}}};

inline std::span<const ModuleName> modules_of(bool is_gpt2) { return is_gpt2 ? std::span<const ModuleName>(kGpt2Modules) : kLlamaModules; }

}  // namespace manabi::model::peft
