// The online algorithm on tabular inputs: the classes themselves are the inputs, and every row is new.
#pragma once

#include <vector>

#include "study/in_weights/conditions.h"
#include "study/training/pair_study.h"

namespace manabi::study::in_weights {

// Rows are counted by lab::kStep: values at step t are means over the rows from t/2 on up to t, or sums up to t.
inline constexpr const char* kMeanLoss = "mean loss";    // nats; at a region and a learner ("mixture", kInWeight, kInContext)
inline constexpr const char* kMeanShare = "P(weights)";  // at a region
inline constexpr const char* kRegret = "regret";         // nats, summed; at a learner (kGate, kInWeight, kInContext)
inline constexpr const char* kRegretBound = "regret bound";
inline constexpr const char* kExcess = "excess";  // nats: of the in-weight learner over the labels' entropy, at how often it saw an input
inline constexpr const char* kLearner = "learner";
inline constexpr const char* kMixture = "mixture";
inline constexpr const char* kSeen = "seen";

std::vector<NetworkSetting> online_settings(lab::RunScale scale);
Condition online_condition(double label_noise = 0, int64_t pairs = 4);

lab::CellRecord play_online(const lab::Cell& cell);

}  // namespace manabi::study::in_weights
