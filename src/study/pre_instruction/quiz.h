// What a network knows of the documents that it read, and what it still knows of what it was told before.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lab/record.h"
#include "learn/generation/continue_all.h"
#include "learn/scoring/scorer.h"
#include "model/causal_lm.h"
#include "study/pre_instruction/material.h"
#include "text/tokenizer.h"

namespace manabi::study::pre_instruction {

// Metrics of rows.
inline constexpr const char* kExact = "exact";     // share of the test questions that are answered rightly; at {}, {kind} and {asked, step}
inline constexpr const char* kRecall = "recall";   // whose answer holds the right one
inline constexpr const char* kRougeL = "rouge-l";  // mean F1
inline constexpr const char* kPerplexity = "perplexity";     // of the test documents, a token
inline constexpr const char* kKept = "kept";                 // share of the known documents' questions that are answered rightly
inline constexpr const char* kKeptGeneral = "kept general";  // mean log-probability of the right answers to general questions, nats
inline constexpr const char* kKeptExact = "kept exact";      // share of them that are answered rightly
inline constexpr const char* kKeptText = "kept text";        // perplexity of the general text
inline constexpr const char* kAsked = "asked";               // kSample: on the way, of a sample of the questions
inline constexpr const char* kSample = "sample";
inline constexpr const char* kKind = "kind";        // of questions
inline constexpr const char* kAnswers = "answers";  // exhibit: some questions, the right answers, and those that were given

struct QuizOptions {
  int64_t asked_on_the_way = 300;  // test questions
  int64_t kept_asked = 200;        // known or general questions
  learn::ContinueOptions answers = {.tokens = 128};
  int64_t shots = 0;  // training questions with their answers in front of general ones
  learn::ScoreOptions score;
};

// The first question of each of the first documents with its answer, as text in front of another question.
std::string examples_before(const std::vector<world::Document>& documents, int64_t count);

class Quiz {
 public:
  // Both outlive the quiz; the network's context is `context`.
  Quiz(const Material& material, const text::Tokenizer& tokenizer, int64_t context, QuizOptions options);

  // What is asked on the way, each time: metrics with how many things each is over, and their values. What the material cannot ask is left out.
  struct AskedMetric {
    std::string name;
    int64_t n = 0;
  };
  std::vector<AskedMetric> metrics_on_the_way() const;
  std::vector<double> on_the_way(const model::CausalLM& lm) const;

  // Everything. `before(document)`: what is read in front of its questions, "" = nothing. Items are the test questions, right where the answer
  // matches exactly.
  using Before = std::function<std::string(const world::Document& document)>;
  void ask_all(const model::CausalLM& lm, int64_t seed, const Before& before, lab::CellRecord& record, const base::Watch& watch) const;

 private:
  struct Asked {
    const world::Document* document;  // null where the question belongs to none
    const world::Question* question;
  };
  std::vector<std::string> answers_to(const model::CausalLM& lm, std::span<const Asked> asked, const Before& before,
                                      const base::Watch& watch = {}) const;
  // What is read before an answer, cut at its front where it would leave no room.
  std::vector<text::TokenId> prompt_of(const Asked& asked, const Before& before) const;
  double exact_share(const model::CausalLM& lm, std::span<const Asked> asked) const;
  double document_perplexity(const model::CausalLM& lm) const;
  double general_log_probability(const model::CausalLM& lm) const;
  double text_perplexity(const model::CausalLM& lm) const;

  const Material& material_;
  const text::Tokenizer& tokenizer_;
  int64_t context_;
  QuizOptions options_;
  std::vector<Asked> test_, sample_, known_, general_;
  std::string examples_;  // in front of general questions
};

}  // namespace manabi::study::pre_instruction
