#include "world/pairs/class_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "world/require.h"

namespace manabi::world {

namespace {

void check(const ClassInputsConfig& config) {
  require(config.classes >= 1, {.given = fmt::format("classes = {}", config.classes), .expected = "at least 1"});
  require(config.holdout >= 0, {.given = fmt::format("holdout = {}", config.holdout), .expected = "0 or more"});
  require(config.input_width >= 1, {.given = fmt::format("input_width = {}", config.input_width), .expected = "at least 1"});
  require(config.exemplars >= 0, {.given = fmt::format("exemplars = {}", config.exemplars), .expected = "0 (fresh noise) or more"});
  require(std::isfinite(config.noise) && config.noise >= 0, {.given = fmt::format("noise = {}", config.noise), .expected = "0 or more"});
}

template <class T>
std::span<T> row_of(std::span<T> table, int64_t row, int64_t width) {
  return table.subspan(static_cast<size_t>(row * width), static_cast<size_t>(width));
}

void make_prototype(base::Rng rng, Prototypes prototypes, std::span<float> into) {
  rng.add_normals(1, into);
  if (prototypes == Prototypes::gaussian) return;
  double squares = 0;
  for (const float entry : into) squares += double{entry} * entry;
  const auto scale = static_cast<float>(1 / std::sqrt(squares));
  for (float& entry : into) entry *= scale;
}

}  // namespace

ClassInputs::ClassInputs(ClassInputsConfig config) : config_(config) {
  check(config_);
  const base::Rng root = base::Rng(config_.seed).child("class inputs");
  const base::Rng trained = root.child("trained"), held_out = root.child("held out");
  prototypes_.resize(static_cast<size_t>(count() * config_.input_width));
  exemplars_.resize(static_cast<size_t>(count() * config_.exemplars * config_.input_width));
  for (int64_t c = 0; c < count(); ++c) {
    const bool is_trained = c < config_.classes;
    const base::Rng own = (is_trained ? trained : held_out).child(static_cast<uint64_t>(is_trained ? c : c - config_.classes));
    const std::span<float> mean = row_of(std::span(prototypes_), c, config_.input_width);
    make_prototype(own.child("prototype"), config_.prototypes, mean);
    for (int64_t e = 0; e < config_.exemplars; ++e) {
      const std::span<float> exemplar = row_of(std::span(exemplars_), c * config_.exemplars + e, config_.input_width);
      base::Rng rng = own.child(static_cast<uint64_t>(e));
      std::copy(mean.begin(), mean.end(), exemplar.begin());
      rng.add_normals(config_.noise, exemplar);
    }
  }
}

std::span<const float> ClassInputs::prototype(int64_t class_index) const {
  return row_of(std::span(prototypes_), class_index, config_.input_width);
}

void ClassInputs::draw(int64_t class_index, base::Rng& rng, std::span<float> into) const {
  if (config_.exemplars > 0) {
    const auto chosen = static_cast<int64_t>(rng.below(static_cast<uint64_t>(config_.exemplars)));
    const std::span<const float> exemplar = row_of(std::span(exemplars_), class_index * config_.exemplars + chosen, config_.input_width);
    std::copy(exemplar.begin(), exemplar.end(), into.begin());
    return;
  }
  const std::span<const float> mean = prototype(class_index);
  std::copy(mean.begin(), mean.end(), into.begin());
  if (config_.noise > 0) rng.add_normals(config_.noise, into);
}

}  // namespace manabi::world
