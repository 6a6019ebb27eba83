// What is asked of a trained network and of the two exact readers.
#pragma once

#include <vector>

#include "lab/record.h"
#include "learn/training/token_training.h"
#include "study/bayes/settings.h"

namespace manabi::study::bayes {

// Coordinates of a row.
inline constexpr const char* kLearner = "learner";
inline constexpr const char* kExampleTokens = "example tokens";  // k
inline constexpr const char* kExamples = "examples";             // n
inline constexpr const char* kPrompts = "prompts";
inline constexpr const char* kPosition = "position";

// Metrics.
inline constexpr const char* kAccuracy = "accuracy";      // at {learner, k, n, prompts}
inline constexpr const char* kAgreement = "agreement";    // share of prompts that network and documents' Bayes answer alike, {k, n, prompts}
inline constexpr const char* kDivergence = "divergence";  // KL of the documents' Bayes from the network at the query, nats, {k, n, prompts}
inline constexpr const char* kDocumentLoss = "document loss";    // nats a token, at {learner}, of a network also at {learner, step}
inline constexpr const char* kPositionLoss = "position loss";    // nats, at {learner, position}
inline constexpr const char* kBestTolerance = "best tolerance";  // of the documents' Bayes that is nearest the network, {k}

struct Asking {
  int64_t prompts = 600;  // of every kind and size
  int64_t documents = 300;
  uint64_t seed = 0;
  int64_t threads = 1;
};

inline constexpr const char* kOptimum = "Bayes";  // as a learner of document losses: the reader that knows how these are made

// A network of one replica; none: the exact readers alone.
struct Subject {
  const model::TokenNetwork* network = nullptr;
  const tensor::ParameterBuffer* parameters = nullptr;
  int64_t replica = 0;
};

std::vector<lab::Row> ask(const Setting& setting, const Subject& subject, const Asking& asking);

// The reader that knows how these documents are made, nats a token at each position [T] of the same documents.
std::vector<double> bayes_losses(const Setting& setting, const Asking& asking);

}  // namespace manabi::study::bayes
