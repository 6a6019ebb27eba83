// The race between context and weights (Singh et al. 2025): two layers of attention, two pairs, one of them the query's class. Which mechanism
// wins is set by the number of classes and the learning rate, and by the scale at which the table of positions starts.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "study/training/pair_study.h"
#include "world/pairs/bursty_world.h"

namespace manabi::study::transience {

class Race {
 public:
  // `steps` of every training; 0: each setting's own.
  std::vector<NetworkSetting> settings(lab::RunScale scale, int64_t steps) const;
  PairRunPlan plan_of(const lab::Coordinates& at, int64_t batch) const;
  std::shared_ptr<const world::PairWorld> training_world(const lab::Coordinates& at, uint64_t seed) const;
  std::vector<PairQuestion> questions(const lab::Coordinates& at, uint64_t seed) const;

 private:
  // One table of exemplars (65 MB) for the training and the questions of a seed, as long as any of them lives.
  std::shared_ptr<const world::ClassInputs> classes_of(const lab::Coordinates& at, uint64_t seed) const;

  mutable std::map<std::pair<int64_t, uint64_t>, std::weak_ptr<const world::ClassInputs>> tables_;  // by number of classes and seed
};

// From the records of this experiment alone.
std::vector<lab::Claim> race_claims(const lab::Records& records);
std::vector<lab::Section> race_sections(const lab::Records& records);

}  // namespace manabi::study::transience
