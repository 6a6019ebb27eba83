// A trained token network as a Hugging Face folder under GPT-2's names: transformers gives the same logits.
#pragma once

#include <filesystem>

#include "model/network/token_network.h"
#include "tensor/parameters/parameter_buffer.h"

namespace manabi::model {

// Writes model.safetensors and config.json of one replica into the folder, which exists. Throws base::Error for a network that is no GPT-2
// (another activation than GELU, no MLP, other outputs than its vocabulary).
void save_as_gpt2(const TokenNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica, const std::filesystem::path& folder);

}  // namespace manabi::model
