// From the folder of a network that was trained here (model_type: manabi) to the model.
#pragma once

#include <memory>
#include <string>

#include "base/format/gguf.h"
#include "base/format/json.h"
#include "model/family.h"
#include "model/network/token_network.h"

namespace manabi::model {

std::unique_ptr<Blueprint> trained_blueprint_from_json(const base::Json& config, const std::string& where);
// Throws base::Error: such a network is read from its folder only.
std::unique_ptr<Blueprint> trained_blueprint_from_gguf(const base::GgufFile& file);

// One replica of a network that was just trained, as a causal language model. Throws base::Error where it tells other outputs than tokens.
std::unique_ptr<CausalLM> language_model_of(const TokenNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica,
                                            const tensor::Compute& compute);

}  // namespace manabi::model
