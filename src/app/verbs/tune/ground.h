// What is tuned on, and the model before.
#pragma once

#include <memory>
#include <optional>

#include "app/verbs.h"
#include "app/verbs/tune/options.h"
#include "learn/tuning/episode_tuning.h"
#include "model/checkpoint.h"
#include "model/tuned/frozen_network.h"
#include "world/dataset.h"

namespace manabi::app {

struct Ground {
  std::shared_ptr<const world::Dataset> dataset;
  learn::ReaderOptions reader;
  learn::Splits splits;  // of the first seed; test is the same for all
  model::Checkpoint checkpoint;
  std::shared_ptr<const model::FrozenNetwork> network;
  std::optional<learn::SoftTemplate> soft_template;
  double before = 0;  // accuracy without tuning, on test

  std::vector<learn::JudgedEpisode> encoded(std::span<const world::Episode> episodes) const;
};

Ground open_ground(const TuneOptions& options, const Session& session);
// Sets `before`.
void judge_untuned(Ground& ground, const Session& session);

}  // namespace manabi::app
