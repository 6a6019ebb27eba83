// A trained token network as a folder that every other command reads: under GPT-2's names where it is one, so that transformers gives the same
// logits, else under its own (model_type: manabi).
#pragma once

#include <filesystem>

#include "model/network/token_network.h"
#include "tensor/parameters/parameter_buffer.h"

namespace manabi::model {

bool is_gpt2(const TokenNetworkConfig& config);

// Writes model.safetensors and config.json of one replica into the folder, which exists.
void save_network(const TokenNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica, const std::filesystem::path& folder);

}  // namespace manabi::model
