// The configuration of a token network as the config.json of a folder that only Manabi reads (model_type: manabi), and the words for its kinds.
#pragma once

#include <string>
#include <vector>

#include "base/format/json.h"
#include "model/network/token_network.h"

namespace manabi::model {

inline constexpr const char* kTrainedModelType = "manabi";

base::Json json_of(const TokenNetworkConfig& config);
// Throws base::Error with `where` that names the key.
TokenNetworkConfig token_network_from_json(const base::Json& json, const std::string& where);

// Words and what they stand for, in the order of the enumerations.
std::vector<std::string> position_words();
std::vector<std::string> norm_words();
std::vector<std::string> attention_words();
std::vector<std::string> activation_words();
// Of one of the words above; an internal error for another.
Positions positions_named(const std::string& word);
Norms norms_named(const std::string& word);
tensor::AttentionWeights attention_named(const std::string& word);
tensor::Activation activation_named(const std::string& word);

}  // namespace manabi::model
