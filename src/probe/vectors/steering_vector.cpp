#include "probe/vectors/steering_vector.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "base/error.h"
#include "base/format/safetensors.h"

namespace manabi::probe {
namespace {

constexpr const char* kFormat = "manabi-vector-1";

std::string entry_of(const base::SafetensorsFile& file, const char* key) {
  const auto found = file.metadata().find(key);
  if (found != file.metadata().end()) return found->second;
  throw base::Error({.where = file.path(),
                     .given = fmt::format("no '{}' in its metadata", key),
                     .expected = "a vector that `manabi probe vector extract` wrote"});
}

int64_t layer_in(const base::SafetensorsFile& file) {
  const std::string text = entry_of(file, "layer");
  int64_t layer = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), layer);
  if (error != std::errc() || end != text.data() + text.size() || layer < 0)
    throw base::Error({.where = file.path() + ", metadata 'layer'", .given = "'" + text + "'", .expected = "a block, counted from 0"});
  return layer;
}

at::Tensor values_in(const base::SafetensorsFile& file) {
  for (const base::SafetensorsEntry& entry : file.entries()) {
    if (entry.name != "vector") continue;
    if (entry.dtype != "F32" || entry.shape.size() != 1 || entry.shape[0] < 1)
      throw base::Error({.where = file.path() + ", tensor 'vector'",
                         .given = fmt::format("{} of {} axes", entry.dtype, entry.shape.size()),
                         .expected = "F32 of one axis"});
    at::Tensor values = at::empty({entry.shape[0]}, at::kFloat);
    std::memcpy(values.data_ptr(), entry.bytes.data(), entry.bytes.size());
    if (!at::isfinite(values).all().item<bool>())
      throw base::Error({.where = file.path() + ", tensor 'vector'", .given = "values that are not finite", .expected = "numbers"});
    return values;
  }
  throw base::Error({.where = file.path(), .given = "no tensor 'vector'", .expected = "a vector that `manabi probe vector extract` wrote"});
}

}  // namespace

std::string name_of(VectorUse use) { return use == VectorUse::add ? "add" : "replace"; }

VectorUse vector_use_named(const std::string& name) {
  if (name == "replace") return VectorUse::replace;
  if (name == "add") return VectorUse::add;
  throw base::Error({.given = "'" + name + "'", .expected = "replace or add"});
}

void save_vector(const SteeringVector& vector, const std::string& path) {
  const at::Tensor values = vector.values.to(at::kCPU, at::kFloat).contiguous();
  const base::SafetensorsInput tensor{.name = "vector",
                                      .dtype = "F32",
                                      .shape = {values.size(0)},
                                      .bytes = {static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()}};
  base::write_safetensors(path, std::span(&tensor, 1),
                          {{"format", kFormat},
                           {"name", vector.name},
                           {"layer", std::to_string(vector.layer)},
                           {"use", name_of(vector.use)},
                           {"model", vector.model},
                           {"checkpoint", vector.checkpoint_hash},
                           {"made_of", vector.made_of}});
}

SteeringVector load_vector(const std::string& path) {
  const base::SafetensorsFile file(path);
  if (const std::string format = entry_of(file, "format"); format != kFormat)
    throw base::Error({.where = path + ", metadata 'format'", .given = "'" + format + "'", .expected = std::string("'") + kFormat + "'"});
  return {.values = values_in(file),
          .layer = layer_in(file),
          .use = vector_use_named(entry_of(file, "use")),
          .name = entry_of(file, "name"),
          .model = entry_of(file, "model"),
          .checkpoint_hash = entry_of(file, "checkpoint"),
          .made_of = entry_of(file, "made_of")};
}

void check_fits(const SteeringVector& vector, const model::Checkpoint& checkpoint, bool same_width_will_do) {
  const bool has_place = vector.width() == checkpoint.lm->width() && vector.layer < checkpoint.lm->layers();
  if (has_place && (same_width_will_do || vector.checkpoint_hash == checkpoint.hash)) return;
  const auto described = [](const std::string& name, const std::string& hash, const std::string& shape) {
    return fmt::format("{} (checkpoint {}, {})", name, hash.substr(0, 12), shape);
  };
  throw base::Error({.where = "vector '" + vector.name + "'",
                     .given = "read from " + described(vector.model, vector.checkpoint_hash,
                                                       fmt::format("width {}, behind block {}", vector.width(), vector.layer)),
                     .expected = "one of " + described(checkpoint.name, checkpoint.hash,
                                                       fmt::format("width {}, {} blocks", checkpoint.lm->width(), checkpoint.lm->layers())),
                     .hint = has_place ? "extract it again from this model, or say --other-model" : "extract it again from this model"});
}

SteeringVector compose(std::span<const SteeringVector> vectors, std::span<const double> weights) {
  if (vectors.empty() || vectors.size() != weights.size())
    throw base::Error({.given = fmt::format("{} vectors and {} weights", vectors.size(), weights.size()), .expected = "one weight a vector"});
  SteeringVector sum = vectors.front();
  sum.values = at::zeros_like(sum.values);
  sum.name.clear();
  sum.made_of.clear();
  for (size_t i = 0; i < vectors.size(); ++i) {
    const SteeringVector& vector = vectors[i];
    if (vector.checkpoint_hash != sum.checkpoint_hash || vector.width() != sum.width())
      throw base::Error(
          {.where = "vector '" + vector.name + "'",
           .given = fmt::format("read from {} ({}, width {})", vector.model, vector.checkpoint_hash.substr(0, 12), vector.width()),
           .expected = fmt::format("one of {} ({}, width {}), as the first", sum.model, sum.checkpoint_hash.substr(0, 12), sum.width())});
    sum.values += weights[i] * vector.values;
    sum.name += fmt::format("{}{:g} {}", i == 0 ? "" : " + ", weights[i], vector.name);
    sum.made_of += fmt::format("{}{:g} x [{}]", i == 0 ? "" : " + ", weights[i], vector.made_of);
  }
  return sum;
}

at::Tensor steered(const SteeringVector& vector, const at::Tensor& states) {
  const at::Tensor values = vector.values.to(states.device(), states.scalar_type());
  return vector.use == VectorUse::add ? states + values : values.expand_as(states).contiguous();
}

}  // namespace manabi::probe
