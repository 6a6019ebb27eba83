// The stylised model: an in-weight predictor, an in-context predictor, and a gate trained between the two while they stay as they are.
#pragma once

#include <span>
#include <vector>

#include "study/in_weights/conditions.h"
#include "study/training/pair_study.h"

namespace manabi::study::in_weights {

inline constexpr const char* kShareOfWeights = "P(weights)";  // mean of alpha over the rows of a question
inline constexpr const char* kTemperature = "temperature";    // of the in-context predictor

// On which rows the gate is trained. The theory feeds it losses of predictors that have not seen the row yet; the in-weight predictor knows the
// rows of its own data set by heart, and on these it never errs.
inline constexpr const char* kGateRows = "gate-rows";
inline constexpr const char* kNewRows = "new";    // another data set of the same size and classes
inline constexpr const char* kSameRows = "same";  // those of the predictors

lab::Coordinates gate_at(const Condition& condition, const char* rows = kNewRows);

// The data set of a setting's training.
world::ClassMixtureConfig training_rows(const lab::Coordinates& at, uint64_t seed);

// Predictors come before the gates that start from them.
std::vector<NetworkSetting> gate_settings(lab::RunScale scale);

// For a setting whose predictor is in-weight, in-context or gate.
PairRunPlan gate_plan(const lab::Coordinates& at, const PairTrainingOptions& options);
std::vector<TakenParameters> gate_takes(const lab::Coordinates& at);
std::vector<NetworkMetric> gate_metrics(const lab::Coordinates& at);
std::vector<std::vector<double>> measure_gate(std::span<const lab::Cell> cells, const model::PairModel& model,
                                              const tensor::ParameterBuffer& parameters, int64_t rows);

}  // namespace manabi::study::in_weights
