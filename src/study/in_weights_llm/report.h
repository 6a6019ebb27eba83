// What the records of the study say.
#pragma once

#include <vector>

#include "lab/claim.h"
#include "lab/record.h"
#include "lab/report.h"

namespace manabi::study::in_weights_llm {

// Coordinates of a cell, beside model and seed.
inline constexpr const char* kFacts = "facts";  // "8 published", "32"
inline constexpr const char* kTuned = "tuned";  // "weights", "lora"

// Metrics of rows: shares of probes at {situation, kind, step}; kinds are those of the residents, kAll is over them.
inline constexpr const char* kStated = "stated";    // whose answer is the stated city
inline constexpr const char* kTold = "told";        // whose answer is the city that was told
inline constexpr const char* kLeaning = "leaning";  // mean log-probability of the stated city less the told one's, nats
inline constexpr const char* kLoss = "loss";        // of training, nats a told token, at {step}
inline constexpr const char* kSituation = "situation";
inline constexpr const char* kKind = "kind";
inline constexpr const char* kAll = "all";
inline constexpr const char* kWho = "who";                // of a single probe's row: the name that is asked about
inline constexpr const char* kPublished = "8 published";  // facts that are the same for every seed
inline constexpr const char* kPeople = "people";          // exhibit: of each resident the kind, the city, and shares at the last step

std::vector<lab::Claim> claims_of(const lab::Records& records);
std::vector<lab::Section> sections_of(const lab::Records& records);

}  // namespace manabi::study::in_weights_llm
