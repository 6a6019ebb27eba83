// What makes an induction head, and when (Singh, Moskovitz, Hill, Chan, Saxe 2024): two layers of attention see two items with labels that mean
// nothing outside their row. A plateau at the loss of a guess between both labels ends when heads of the second layer find the right one.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "study/training/pair_study.h"

namespace manabi::study::transience {

inline constexpr const char* kStrength =
    "induction strength";  // of a head of the second layer: what the query gives the right label, less the other

// `steps` of training; 0: its own.
NetworkSetting induction_setting(int64_t steps = 0);
bool is_induction(const lab::Coordinates& at);
// The records of this experiment, or those of all others.
lab::Records induction_records(const lab::Records& records, bool induction);

PairRunPlan induction_plan(const lab::Coordinates& at, int64_t batch);
std::shared_ptr<const world::PairWorld> induction_world(const lab::Coordinates& at, uint64_t seed);
std::vector<PairQuestion> induction_questions(const lab::Coordinates& at, uint64_t seed);
// A head of the second layer each.
std::vector<NetworkMetric> induction_metrics();
std::vector<std::vector<double>> measure_induction(std::span<const lab::Cell> cells, const model::PairModel& model,
                                                   const tensor::ParameterBuffer& parameters);

std::vector<lab::Claim> induction_claims(const lab::Records& records);
std::vector<lab::Section> induction_sections(const lab::Records& records);

}  // namespace manabi::study::transience
