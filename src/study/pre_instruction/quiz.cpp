#include "study/pre_instruction/quiz.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "learn/tuning/knowledge_items.h"
#include "world/knowledge/answer_match.h"

namespace manabi::study::pre_instruction {
namespace {

constexpr int64_t kWindow = 128;      // tokens of general text that are told together
constexpr size_t kShownAnswers = 12;  // questions with what was answered, in the report
constexpr int64_t kLeastOfKind = 10;  // questions of a kind that is reported by itself

// exp of the mean loss of a token; each sequence is told from its second token on.
double perplexity_of(const model::CausalLM& lm, std::span<const learn::ScoredSequence> sequences, const learn::ScoreOptions& options) {
  int64_t tokens = 0;
  for (const learn::ScoredSequence& sequence : sequences) tokens += std::ssize(sequence.tokens) - sequence.scored_from;
  const std::vector<double> scores = score_sequences(lm, sequences, options);
  return std::exp(-std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(tokens));
}

template <class T>
std::vector<T> some_of(const std::vector<T>& all, int64_t count) {
  base::Rng rng(0);
  std::vector<T> some;
  for (const int64_t place : rng.permutation(std::ssize(all)))
    if (std::ssize(some) < count) some.push_back(all[static_cast<size_t>(place)]);
  return some;
}

}  // namespace

std::string examples_before(const std::vector<world::Document>& documents, int64_t count) {
  std::string text;
  for (const world::Document& document : documents) {
    if (document.questions.empty()) continue;
    if (count-- <= 0) break;
    text += world::question_prompt(document.questions.front()) + " " + document.questions.front().answers.front() + "\n\n";
  }
  return text;
}

Quiz::Quiz(const Material& material, const text::Tokenizer& tokenizer, int64_t context, QuizOptions options)
    : material_(material), tokenizer_(tokenizer), context_(context), options_(std::move(options)) {
  const auto add = [](const std::vector<world::Document>& documents, std::vector<Asked>& asked) {
    for (const world::Document& document : documents)
      for (const world::Question& question : document.questions) asked.push_back({.document = &document, .question = &question});
  };
  add(material.readings.test, test_);
  add(material.known, known_);
  for (const world::Question& question : material.general) general_.push_back({.document = nullptr, .question = &question});
  sample_ = some_of(test_, options_.asked_on_the_way);
  known_ = some_of(known_, options_.kept_asked);
  general_ = some_of(general_, options_.kept_asked);
  examples_ = examples_before(material.readings.train, options_.shots);
}

std::vector<text::TokenId> Quiz::prompt_of(const Asked& asked, const Before& before) const {
  const std::string in_front = !asked.document ? examples_ : before ? before(*asked.document) : "";
  std::vector<text::TokenId> tokens = learn::tokens_of_prompt(tokenizer_, *asked.question, in_front);
  const std::vector<text::TokenId> question = learn::tokens_of_prompt(tokenizer_, *asked.question);
  const int64_t most = std::max(context_ - options_.answers.tokens, std::min(context_ - 1, std::ssize(question)));
  if (std::ssize(question) > most)
    throw base::Error({.where = "question " + asked.question->id,
                       .given = fmt::format("{} tokens", question.size()),
                       .expected = fmt::format("at most {}, so that an answer fits behind it", most)});
  // What stands in front loses its beginning, behind the first token.
  if (std::ssize(tokens) > most) tokens.erase(tokens.begin() + 1, tokens.end() - (most - 1));
  return tokens;
}

std::vector<std::string> Quiz::answers_to(const model::CausalLM& lm, std::span<const Asked> asked, const Before& before,
                                          const base::Watch& watch) const {
  std::vector<std::vector<text::TokenId>> prompts;
  for (const Asked& each : asked) prompts.push_back(prompt_of(each, before));
  return learn::continue_all(lm, tokenizer_, prompts, options_.answers, watch);
}

double Quiz::exact_share(const model::CausalLM& lm, std::span<const Asked> asked) const {
  const std::vector<std::string> answers = answers_to(lm, asked, nullptr);
  double right = 0;
  for (size_t i = 0; i < asked.size(); ++i) right += world::match_answer(answers[i], asked[i].question->answers).exact;
  return right / static_cast<double>(asked.size());
}

double Quiz::document_perplexity(const model::CausalLM& lm) const {
  std::vector<learn::ScoredSequence> sequences;
  for (const world::Document& document : material_.readings.test)
    for (int64_t text = 0; text < std::ssize(document.texts); ++text)
      sequences.push_back({.tokens = learn::item_of_document(tokenizer_, document, text, context_).tokens});
  return perplexity_of(lm, sequences, options_.score);
}

double Quiz::general_log_probability(const model::CausalLM& lm) const {
  std::vector<learn::ScoredSequence> sequences;
  for (const Asked& each : general_) {
    const std::vector<text::TokenId> whole = learn::tokens_of_prompt(tokenizer_, *each.question, examples_);
    const bool has_room = std::ssize(whole) + options_.answers.tokens <= context_;
    const std::string prompt = (has_room ? examples_ : "") + world::question_prompt(*each.question);
    learn::TuningItem item = learn::item_of_answer(tokenizer_, prompt, each.question->answers.front(), context_, /*has_end=*/false);
    sequences.push_back({.tokens = std::move(item.tokens), .scored_from = item.asked_from});
  }
  const std::vector<double> scores = score_sequences(lm, sequences, options_.score);
  return std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
}

double Quiz::text_perplexity(const model::CausalLM& lm) const {
  const std::vector<text::TokenId> tokens = tokenizer_.encode(material_.general_text, text::Specials::literal);
  const int64_t window = std::min(kWindow, context_);
  std::vector<learn::ScoredSequence> sequences;
  for (int64_t first = 0; first + window <= std::ssize(tokens); first += window)
    sequences.push_back({.tokens = {tokens.begin() + first, tokens.begin() + first + window}});
  return sequences.empty() ? 0 : perplexity_of(lm, sequences, options_.score);
}

std::vector<Quiz::AskedMetric> Quiz::metrics_on_the_way() const {
  std::vector<AskedMetric> metrics = {{kExact, std::ssize(sample_)}, {kPerplexity, std::ssize(material_.readings.test)}};
  if (!known_.empty()) metrics.push_back({kKept, std::ssize(known_)});
  if (!general_.empty()) metrics.push_back({kKeptGeneral, std::ssize(general_)});
  return metrics;
}

std::vector<double> Quiz::on_the_way(const model::CausalLM& lm) const {
  std::vector<double> values = {exact_share(lm, sample_), document_perplexity(lm)};
  if (!known_.empty()) values.push_back(exact_share(lm, known_));
  if (!general_.empty()) values.push_back(general_log_probability(lm));
  return values;
}

void Quiz::ask_all(const model::CausalLM& lm, int64_t seed, const Before& before, lab::CellRecord& record, const base::Watch& watch) const {
  const std::vector<std::string> answers = answers_to(lm, test_, before, watch);
  std::map<std::string, std::vector<double>> exact_of;  // by kind
  double recall = 0, rouge_l = 0, exact = 0;
  base::Json shown = base::Json::array();
  for (size_t i = 0; i < test_.size(); ++i) {
    const world::Question& question = *test_[i].question;
    const world::AnswerMatch match = world::match_answer(answers[i], question.answers);
    record.items.push_back({.id = question.id, .draw = seed, .scores = {match.exact, 1 - match.exact}, .target = 0});
    exact_of[question.kind].push_back(match.exact);
    exact += match.exact;
    recall += match.recall;
    rouge_l += match.rouge_l;
    if (shown.size() < kShownAnswers) shown.push_back({question.text, question.answers.front(), answers[i]});
  }
  const auto n = std::ssize(test_);
  const auto add = [&](const char* metric, double value, int64_t count, lab::Coordinates at = {}) {
    record.rows.push_back({.metric = metric, .at = std::move(at), .value = value, .n = count});
  };
  add(kExact, exact / static_cast<double>(n), n);
  add(kRecall, recall / static_cast<double>(n), n);
  add(kRougeL, rouge_l / static_cast<double>(n), n);
  for (const auto& [kind, values] : exact_of)
    if (std::ssize(values) >= kLeastOfKind)
      add(kExact, std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()), std::ssize(values), {{kKind, kind}});
  add(kPerplexity, document_perplexity(lm), std::ssize(material_.readings.test));
  if (!known_.empty()) add(kKept, exact_share(lm, known_), std::ssize(known_));
  if (!general_.empty()) {
    add(kKeptGeneral, general_log_probability(lm), std::ssize(general_));
    add(kKeptExact, exact_share(lm, general_), std::ssize(general_));
  }
  if (const double perplexity = text_perplexity(lm); perplexity > 0) add(kKeptText, perplexity, 1);
  record.exhibits[kAnswers] = std::move(shown);
}

}  // namespace manabi::study::pre_instruction
