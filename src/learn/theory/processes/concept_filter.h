// Exact Bayes for GINC's mixture of hidden Markov models (Xie et al. 2022, section 2): the forward algorithm for each concept, their posterior,
// and what both say of the next token.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "world/processes/ginc.h"
#include "world/processes/ginc_prompts.h"

namespace manabi::learn {

// Reads a text of the documents' mixture token by token.
class ConceptFilter {
 public:
  // `tolerance`: the probability that the next state is any, uniformly, in place of what the concept says: what a reader allows for breaks in
  // the text. The process's own jump for documents; more for prompts, whose delimiters and new examples a concept often cannot make. `concepts`:
  // the first so many are possible, equally.
  ConceptFilter(const world::Ginc& process, int64_t concepts, double tolerance);

  // Of the next token, [symbols]. Throws base::Error when what was read has no probability under any concept, as observe does.
  std::vector<double> next() const;
  void observe(int64_t token);

  std::vector<double> posterior() const;  // over the concepts
  double log_likelihood() const;          // of all that was read, nats
  bool is_impossible() const;             // what was read has no probability

 private:
  void require_possible() const;

  const world::Ginc& process_;
  double tolerance_;
  std::vector<std::vector<double>> expected_;  // by concept: states of the next token [states], summing to 1
  std::vector<double> log_likelihoods_;        // by concept; minus infinity once impossible
  int64_t read_ = 0;
};

// What the documents' mixture says of the token after these, [symbols].
std::vector<double> next_token(const world::Ginc& process, double tolerance, std::span<const int64_t> tokens);

// Mean negative log-likelihood of a document's tokens after the first, nats a token: what no reader goes below on average.
double document_loss(const world::Ginc& process, double tolerance, std::span<const int64_t> tokens);

// Bayes for prompts: the examples are independent given concept and start property, both uniform; delimiters say nothing. What no reader that
// knows how prompts are made goes below. -> [symbols].
std::vector<double> next_token_of_prompt(const world::Ginc& process, const world::GincPrompt& prompt);

// sum_i p_i log(p_i / q_i), nats, with log q given.
double divergence(std::span<const double> probabilities, std::span<const double> log_other);

}  // namespace manabi::learn
