// A model whose whole weights were tuned, as a Hugging Face folder that transformers and every verb here reads.
#pragma once

#include <filesystem>

#include "model/checkpoint.h"
#include "model/tuned/frozen_network.h"

namespace manabi::model {

// Throws base::Error for a network that no such folder can hold: one of neither Llama's nor GPT-2's kind, rotations with divisors of their own,
// a llama2.c file, whose tokenizer has no form that others read.
void check_can_be_saved(const FrozenNetwork& network, const Checkpoint& source);

// Writes config.json, model.safetensors (float32) and the tokenizer. `source` is the checkpoint that was tuned: what its own config.json and
// tokenizer files say stays as it is; of a GGUF file they are made. Throws base::Error where check_can_be_saved does, and for a
// tokenizer that only its GGUF file has.
void save_model(const FrozenNetwork& network, const Checkpoint& source, const std::filesystem::path& folder);

}  // namespace manabi::model
