// What a model says of residents with and without a statement in front of the question.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "learn/scoring/scorer.h"
#include "model/causal_lm.h"
#include "text/tokenizer.h"
#include "world/knowledge/residents.h"

namespace manabi::study::in_weights_llm {

// Who is asked about, and what is said before. asked: nothing. agreed: the fact that was told. opposed: another city. stranger: any city, of
// somebody of whom nothing was told.
enum class Situation { asked, agreed, opposed, stranger };
std::string name_of(Situation situation);

struct Probe {
  Situation situation = Situation::asked;
  world::Resident resident;  // of a stranger: with the city that is stated
  std::string stated;        // city, or ""
  std::string id() const;
  std::string prompt() const;
};

// Of every resident: the question alone, its own fact, `opposing` other cities of the same list; of every stranger as many cities of the list.
std::vector<Probe> probes_of(const std::vector<world::Resident>& residents, const std::vector<world::Resident>& strangers, int64_t opposing,
                             uint64_t seed);

struct Said {
  bool is_stated = false;  // the greedy answer is the stated city
  bool is_told = false;    // it is the city of the resident
  double leaning = 0;      // log-probability of the stated city less that of the resident's own, nats; 0 where they are not two
};

class Interview {
 public:
  // Both outlive the interview.
  Interview(std::vector<Probe> probes, const text::Tokenizer& tokenizer, int64_t context);

  const std::vector<Probe>& probes() const { return probes_; }
  std::vector<Said> ask(const model::CausalLM& lm) const;

 private:
  std::vector<Probe> probes_;
  const text::Tokenizer& tokenizer_;
  int64_t context_;
};

}  // namespace manabi::study::in_weights_llm
