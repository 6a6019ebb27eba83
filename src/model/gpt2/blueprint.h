// From a GPT-2's configuration and weights to the model: which tensors it calls for, under Hugging Face's names.
#pragma once

#include <memory>
#include <string>

#include "base/format/gguf.h"
#include "base/format/json.h"
#include "model/family.h"

namespace manabi::model {

std::unique_ptr<Blueprint> gpt2_blueprint_from_json(const base::Json& config, const std::string& where);
// Throws base::Error: GPT-2 is read from a Hugging Face folder only.
std::unique_ptr<Blueprint> gpt2_blueprint_from_gguf(const base::GgufFile& file);

}  // namespace manabi::model
