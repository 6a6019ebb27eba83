// From the folder of a network that was trained here (model_type: manabi) to the model.
#pragma once

#include <memory>
#include <string>

#include "base/format/gguf.h"
#include "base/format/json.h"
#include "model/family.h"

namespace manabi::model {

std::unique_ptr<Blueprint> trained_blueprint_from_json(const base::Json& config, const std::string& where);
// Throws base::Error: such a network is read from its folder only.
std::unique_ptr<Blueprint> trained_blueprint_from_gguf(const base::GgufFile& file);

}  // namespace manabi::model
