// The Llama family as checkpoints hold it: the one table of its tensors' names and shapes, and the building of the model from them.
#pragma once

#include <memory>

#include "model/family.h"
#include "model/llama/configuration.h"

namespace manabi::model {

// The roles of a Llama's tensors, in the order of the table.
enum class LlamaTensor {
  embedding,
  attention_norm,
  query,
  key,
  value,
  attention_out,
  mlp_norm,
  gate,
  up,
  down,
  final_norm,
  unembedding,
  frequency_divisors
};

std::unique_ptr<Blueprint> llama_blueprint(const LlamaConfiguration& configuration);
std::unique_ptr<Blueprint> llama_blueprint_from_gguf(const base::GgufFile& file);
std::unique_ptr<Blueprint> llama_blueprint_from_json(const base::Json& config, const std::string& where);

}  // namespace manabi::model
