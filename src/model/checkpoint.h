// Opening what a user calls a model: a GGUF file, a Hugging Face folder, a llama2.c .bin, or a short name of the catalogue.
#pragma once

#include <memory>
#include <string>

#include "model/causal_lm.h"
#include "tensor/device.h"
#include "text/tokenizer.h"

namespace manabi::model {

// A model with its tokenizer and what identifies it in a cell's key.
struct Checkpoint {
  std::string name;    // what the user typed, shortened to the last part of a path
  std::string path;    // the file or folder
  std::string hash;    // SHA-256 over the weight files (and config.json), 64 hex digits
  std::string format;  // "gguf", "safetensors", "llama2.c"
  std::unique_ptr<CausalLM> lm;
  std::unique_ptr<text::Tokenizer> tokenizer;
};

struct CheckpointOptions {
  tensor::Compute compute;
  std::string tokenizer;  // a path that overrides the checkpoint's own tokenizer, or ""
  int64_t threads = 0;    // for reading weights; 0 = as libtorch is set
};

// Throws base::Error that lists every missing, unused or misshaped tensor, an unknown architecture or encoding, NaN weights, a missing
// tokenizer.
Checkpoint open_checkpoint(const std::string& path, const CheckpointOptions& options);

// What is known of a checkpoint without building the model: enough for a cell's key and for what fits its context.
struct CheckpointSummary {
  std::string hash;  // as in Checkpoint
  int64_t context = 0;
  std::unique_ptr<text::Tokenizer> tokenizer;
};
CheckpointSummary summarize_checkpoint(const std::string& path, const std::string& tokenizer = "");

}  // namespace manabi::model
