// A vector that goes into the stream of a prompt's last token behind one block: a task vector takes the stream's place (Hendel et al. 2023), a
// function vector is added to it (Todd et al. 2024). On disk a safetensors file whose metadata says from which model and how it came about.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>

#include "model/checkpoint.h"

namespace manabi::probe {

enum class VectorUse { replace, add };
std::string name_of(VectorUse use);                   // "replace", "add"
VectorUse vector_use_named(const std::string& name);  // throws base::Error

struct SteeringVector {
  at::Tensor values;  // [D] float32, on the CPU
  int64_t layer = 0;  // behind this block
  VectorUse use = VectorUse::replace;
  std::string name;                    // "antonyms"
  std::string model, checkpoint_hash;  // whose stream it was read from
  std::string made_of;                 // in words or JSON: task, prompts, seed

  int64_t width() const { return values.size(0); }
};

void save_vector(const SteeringVector& vector, const std::string& path);
// Throws base::Error with the file and what is wrong: no safetensors, no tensor "vector" of one axis and dtype F32, a missing or wrong entry of
// its metadata, values that are not finite.
SteeringVector load_vector(const std::string& path);

// Whether the vector belongs to this model: throws base::Error with both hashes and widths where it does not. With `same_width_will_do` a vector
// of another model of this width and with that block passes.
void check_fits(const SteeringVector& vector, const model::Checkpoint& checkpoint, bool same_width_will_do = false);

// The sum of weights times vectors, with the layer and use of the first. Throws base::Error where they are of different models or widths, and
// for other than one weight a vector.
SteeringVector compose(std::span<const SteeringVector> vectors, std::span<const double> weights);

// states [P, D] with the vector in the place of every row, or added.
at::Tensor steered(const SteeringVector& vector, const at::Tensor& states);

}  // namespace manabi::probe
