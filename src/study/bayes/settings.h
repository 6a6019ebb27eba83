// What the networks of this study are trained on: soft GINC, small and with jumps, or the published process; and its ablations.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lab/record.h"
#include "world/processes/ginc_documents.h"
#include "world/processes/ginc_prompts.h"

namespace manabi::study::bayes {

// Coordinates of a cell.
inline constexpr const char* kProcess = "process";
inline constexpr const char* kSymbols = "symbols";
inline constexpr const char* kDocuments = "documents";
inline constexpr const char* kPersistence = "persistence";
inline constexpr const char* kNetworkKind = "network";
inline constexpr const char* kWidth = "width";
inline constexpr const char* kLayers = "layers";
inline constexpr const char* kSteps = "steps";

// Processes.
inline constexpr const char* kSoft = "soft";            // 6 entities, 6 properties, 30 symbols, jumps of 0.05
inline constexpr const char* kPublished = "published";  // 10, 10, 50, none
// Networks.
inline constexpr const char* kDecoder = "decoder";
inline constexpr const char* kNone = "none";  // the learners of theory alone
// Documents.
inline constexpr const char* kMixture = "mixture";
inline constexpr const char* kOneConcept = "one concept";
inline constexpr const char* kIndependent = "independent tokens";

struct Setting {
  std::string process = kSoft;
  int64_t symbols = 30;
  std::string documents = kMixture;
  double persistence = 0.9;
  std::string network = kDecoder;
  int64_t width = 64, layers = 3;
  int64_t steps = 2500;

  lab::Coordinates at() const;
  std::string title() const;
};
Setting setting_of(const lab::Coordinates& at);

std::shared_ptr<const world::Ginc> process_of(const Setting& setting);
// Of a finite set for training; of new ones to ask about.
world::GincDocumentsConfig training_documents(const Setting& setting, uint64_t seed);
world::GincDocumentsConfig new_documents(const Setting& setting, uint64_t seed);

inline constexpr int64_t kBlock = 128;  // tokens that a network reads

// Prompts: tokens of an example and numbers of examples that fit the network.
std::vector<int64_t> example_lengths(const Setting& setting);
std::vector<int64_t> example_counts(int64_t example_tokens);

// The tolerances of the documents' Bayes reader, the one that stands beside the network first.
std::vector<double> tolerances(const Setting& setting);
std::string documents_bayes(double tolerance);                    // as a learner
inline constexpr const char* kPromptsBayes = "Bayes of prompts";  // as a learner
inline constexpr const char* kNetwork = "network";                // as a learner

// Kinds of prompts, as coordinates of rows.
struct PromptName {
  world::PromptKind kind;
  const char* name;
};
inline constexpr PromptName kPromptKinds[] = {{world::PromptKind::known, "known concepts"},
                                              {world::PromptKind::unseen, "unseen concepts"},
                                              {world::PromptKind::scattered, "scattered properties"}};
inline constexpr const char* kKnownPrompts = kPromptKinds[0].name;

}  // namespace manabi::study::bayes
