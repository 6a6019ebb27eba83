#include "study/in_weights_llm/probes.h"

#include <fmt/format.h>

#include <utility>

#include "base/random.h"
#include "learn/generation/continue_all.h"
#include "learn/tuning/knowledge_items.h"
#include "world/knowledge/answer_match.h"

namespace manabi::study::in_weights_llm {
namespace {

constexpr int64_t kAnswerTokens = 12;

// Residents of other cities.
std::vector<world::Resident> others_of(const std::vector<world::Resident>& residents, const world::Resident& who, int64_t count, base::Rng rng) {
  std::vector<world::Resident> others;
  for (const int64_t place : rng.permutation(std::ssize(residents))) {
    if (std::ssize(others) == count) break;
    const world::Resident& other = residents[static_cast<size_t>(place)];
    if (other.city != who.city) others.push_back(other);
  }
  return others;
}

}  // namespace

std::string name_of(Situation situation) {
  switch (situation) {
    case Situation::asked:
      return "asked alone";
    case Situation::agreed:
      return "told fact stated";
    case Situation::opposed:
      return "another city stated";
    case Situation::stranger:
      return "stranger, city stated";
  }
  return "";
}

std::string Probe::id() const { return fmt::format("{}/{}/{}", name_of(situation), resident.name, stated); }

std::string Probe::prompt() const {
  return (stated.empty() ? "" : world::residence_statement(resident.name, stated) + " ") + world::residence_question(resident.name);
}

std::vector<Probe> probes_of(const std::vector<world::Resident>& residents, const std::vector<world::Resident>& strangers, int64_t opposing,
                             uint64_t seed) {
  std::vector<Probe> probes;
  const base::Rng rng = base::Rng(seed).child("probes");
  for (size_t i = 0; i < residents.size(); ++i) {
    const world::Resident& each = residents[i];
    probes.push_back({.situation = Situation::asked, .resident = each});
    probes.push_back({.situation = Situation::agreed, .resident = each, .stated = each.city});
    for (const world::Resident& other : others_of(residents, each, opposing, rng.child("residents").child(i)))
      probes.push_back({.situation = Situation::opposed, .resident = each, .stated = other.city});
  }
  for (size_t i = 0; i < strangers.size(); ++i)
    for (const world::Resident& other : others_of(residents, strangers[i], opposing, rng.child("strangers").child(i)))
      probes.push_back({.situation = Situation::stranger,
                        .resident = {.name = strangers[i].name,
                                     .city = other.city,
                                     .has_known_name = strangers[i].has_known_name,
                                     .has_known_city = other.has_known_city},
                        .stated = other.city});
  return probes;
}

Interview::Interview(std::vector<Probe> probes, const text::Tokenizer& tokenizer, int64_t context)
    : probes_(std::move(probes)), tokenizer_(tokenizer), context_(context) {}

std::vector<Said> Interview::ask(const model::CausalLM& lm) const {
  std::vector<std::vector<text::TokenId>> prompts;
  std::vector<learn::ScoredSequence> sequences;  // of each probe with two cities: stated, own
  const auto add_sequence = [&](const Probe& probe, const std::string& city) {
    learn::TuningItem item = learn::item_of_answer(tokenizer_, probe.prompt(), city, context_, /*has_end=*/false);
    sequences.push_back({.tokens = std::move(item.tokens), .scored_from = item.asked_from});
  };
  const auto has_two = [](const Probe& probe) { return probe.situation == Situation::opposed; };
  for (const Probe& probe : probes_) {
    prompts.push_back(learn::begun(tokenizer_, probe.prompt()));
    if (!has_two(probe)) continue;
    add_sequence(probe, probe.stated);
    add_sequence(probe, probe.resident.city);
  }
  const std::vector<std::string> answers = learn::continue_all(lm, tokenizer_, prompts, {.tokens = kAnswerTokens});
  const std::vector<double> scores = learn::score_sequences(lm, sequences, {});
  std::vector<Said> all;
  size_t next = 0;
  for (size_t i = 0; i < probes_.size(); ++i) {
    const Probe& probe = probes_[i];
    const auto is = [&](const std::string& city) { return world::normalised_answer(answers[i]) == world::normalised_answer(city); };
    Said& said = all.emplace_back(Said{.is_stated = !probe.stated.empty() && is(probe.stated), .is_told = is(probe.resident.city)});
    if (!has_two(probe)) continue;
    said.leaning = scores[next] - scores[next + 1];
    next += 2;
  }
  return all;
}

}  // namespace manabi::study::in_weights_llm
