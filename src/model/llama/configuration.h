// The numbers that make a Llama: sizes, rotation and normalisation. Read from GGUF keys, config.json or a llama2.c header.
//
// Letters: D width, H query heads, G key-value heads, E width of a head, F width of the MLP, V vocabulary.
#pragma once

#include <cstdint>
#include <string>

#include "base/format/gguf.h"
#include "base/format/json.h"
#include "model/transformer/rotation_settings.h"

namespace manabi::model {

struct LlamaConfiguration {
  int64_t width = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_width = 0;
  int64_t mlp_width = 0;
  int64_t vocabulary = 0;
  int64_t context = 0;
  double norm_epsilon = 1e-5;
  bool is_tied = false;  // the unembedding is the embedding
  RotationSettings rotation;

  int64_t query_width() const { return heads * head_width; }
  int64_t kv_width() const { return kv_heads * head_width; }
};

// Each throws base::Error naming file and key for a missing or senseless value, and for a variant that this family does not compute.
LlamaConfiguration llama_from_gguf(const base::GgufFile& file);
LlamaConfiguration llama_from_json(const base::Json& config, const std::string& where);

// Throws base::Error when sizes contradict each other (heads that do not divide, an odd head width, absurd counts).
void check(const LlamaConfiguration& configuration, const std::string& where);

}  // namespace manabi::model
