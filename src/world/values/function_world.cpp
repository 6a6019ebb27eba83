#include "world/values/function_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "world/require.h"

namespace manabi::world {
namespace {

// The streams of one row.
enum Stage : uint64_t { kInputs, kFunction, kNoise, kReplaced };

constexpr const char* kWhere = "function world";

void check_growth(const char* name, const Growth& growth, int64_t whole) {
  require(growth.every >= 0 && growth.by >= 0 && (growth.every == 0 || (growth.from >= 1 && growth.from <= whole)),
          {.where = kWhere,
           .given = fmt::format("{} from {} by {} every {} steps, of {}", name, growth.from, growth.by, growth.every, whole),
           .expected = "a start of at least 1 and at most the whole, and steps of 0 or more"});
}

}  // namespace

int64_t Growth::at(int64_t step, int64_t whole) const { return every == 0 ? whole : std::min(whole, from + by * (step / every)); }

FunctionWorld::FunctionWorld(std::shared_ptr<const Functions> functions, const FunctionWorldConfig& config)
    : functions_(std::move(functions)), config_(config), inputs_(config.inputs, functions_->input_width(), config.law_seed) {
  require(config.points >= 1, {.where = kWhere, .given = fmt::format("points = {}", config.points), .expected = "at least 1"});
  require(std::isfinite(config.noise) && config.noise >= 0,
          {.where = kWhere, .given = fmt::format("noise = {}", config.noise), .expected = "0 or more"});
  require(std::isfinite(config.value_scale) && config.value_scale > 0,
          {.where = kWhere, .given = fmt::format("value_scale = {}", config.value_scale), .expected = "a positive number"});
  require(config.replaced_values >= 0 && config.replaced_values <= config.points,
          {.where = kWhere,
           .given = fmt::format("replaced_values = {}, points = {}", config.replaced_values, config.points),
           .expected = "no more replaced values than points"});
  check_growth("numbers of an input", config.active_growth, functions_->input_width());
  check_growth("points", config.point_growth, config.points);
}

void FunctionWorld::draw(int64_t step, int64_t row, ValueRow into) const {
  const base::Rng rng = base::Rng(config_.seed).child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row));
  const int64_t active = active_at(step);
  inputs_.draw(rng.child(kInputs), active, into.inputs);
  functions_->draw(rng.child(kFunction), into.inputs, active, into.values);
  if (config_.noise > 0) rng.child(kNoise).add_normals(config_.noise, into.values);
  for (float& value : into.values) value *= static_cast<float>(config_.value_scale);
  if (config_.replaced_values > 0) {
    const std::span<float> replaced = into.values.first(static_cast<size_t>(config_.replaced_values));
    std::ranges::fill(replaced, 0.0F);
    rng.child(kReplaced).add_normals(1, replaced);
  }
}

}  // namespace manabi::world
