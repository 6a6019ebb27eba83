// Adapters on disk, in PEFT's layout: adapter_config.json and adapter_model.safetensors, which PEFT loads and gives the same logits with. What
// PEFT has no form for (biases alone, a prompt whose rows stand within the text) is written in ours, with a peft_type that PEFT refuses.
#pragma once

#include <filesystem>
#include <string>

#include "model/adapters/adapter.h"

namespace manabi::model {

// Of the model that the adapter belongs to: names of matrices and sizes differ by family.
struct AdapterShape {
  int64_t layers = 0, width = 0, kv_heads = 0, head_width = 0;
  bool is_gpt2 = false;  // matrices of queries, keys and values joined

  static AdapterShape of(const FrozenNetwork& network);
};

// `folder` exists. Throws base::Error for what cannot be said in a file: low ranks beside single parts of a joined matrix.
void save_adapter(const Adapter& adapter, const AdapterShape& shape, const std::filesystem::path& folder);

// Throws base::Error with the file and key: no adapter there, an unknown peft_type, a field that is not supported here (never ignored), tensors
// that are missing, unknown or misshaped, values that are not finite.
Adapter load_adapter(const std::filesystem::path& folder);
// SHA-256 over its files. Throws base::Error where they are not there.
std::string hash_of_adapter(const std::filesystem::path& folder);

}  // namespace manabi::model
