// The loss of tuning: of each item the mean cross-entropy of what is asked, in nats over the full vocabulary (or over the classes of a head).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "learn/training/trainer.h"
#include "learn/tuning/run/tuning_items.h"
#include "model/tuned/tuned_network.h"

namespace manabi::learn {

// Of one replica: its items, and which of them stands at each place; step s of batch B takes the places from s B on.
struct TuningData {
  std::shared_ptr<const std::vector<TuningItem>> items;
  std::vector<int64_t> order;
};

class TuningObjective final : public Objective {
 public:
  // The network outlives the objective; as many data as replicas. Throws base::Error for no items, an item with nothing to ask, and a network
  // whose parts are tuned one replica at a time but are given several.
  TuningObjective(const model::TunedNetwork& network, std::vector<TuningData> data);
  at::Tensor losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const override;

 private:
  const model::TunedNetwork& network_;
  std::vector<TuningData> data_;
};

}  // namespace manabi::learn
