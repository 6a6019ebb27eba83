// The numbers that make a GPT-2, read from config.json.
#pragma once

#include <cstdint>
#include <string>

#include "base/format/json.h"

namespace manabi::model {

struct Gpt2Configuration {
  int64_t width = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t mlp_width = 0;
  int64_t vocabulary = 0;
  int64_t context = 0;
  double norm_epsilon = 1e-5;
  bool is_tied = true;  // the unembedding is the embedding

  int64_t head_width() const { return width / heads; }
};

// Throws base::Error naming file and key for a missing or senseless value, and for a variant that this family does not compute.
Gpt2Configuration gpt2_from_json(const base::Json& config, const std::string& where);

}  // namespace manabi::model
