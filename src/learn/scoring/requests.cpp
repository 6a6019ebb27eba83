#include "learn/scoring/requests.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/format/json.h"
#include "base/format/utf8.h"
#include "learn/scoring/scaled_progress.h"
#include "text/utf8.h"

namespace manabi::learn {
namespace {

[[noreturn]] void refuse(const std::string& where, std::string given, std::string expected, std::string hint = "") {
  throw base::Error({.where = where, .given = std::move(given), .expected = std::move(expected), .hint = std::move(hint)});
}

std::string place_of(const std::string& where, int64_t line) { return where + ":" + std::to_string(line); }

std::string context_of(const base::Json& object, const std::string& place) {
  const auto found = object.find("context");
  if (found == object.end()) refuse(place, "no \"context\"", "the text before the choices, as a string");
  if (!found->is_string()) refuse(place, std::string("\"context\" is ") + found->type_name(), "a string");
  return found->get<std::string>();
}

std::vector<std::string> choices_of(const base::Json& object, const std::string& place) {
  const std::string expected = "a list of one or more strings";
  const auto found = object.find("choices");
  if (found == object.end()) refuse(place, "no \"choices\"", expected);
  if (!found->is_array()) refuse(place, std::string("\"choices\" is ") + found->type_name(), expected);
  if (found->empty()) refuse(place, "\"choices\" is empty", expected);
  std::vector<std::string> choices;
  for (const base::Json& choice : *found) {
    if (!choice.is_string()) refuse(place, "choice " + std::to_string(choices.size()) + " is " + choice.type_name(), "a string");
    choices.push_back(choice.get<std::string>());
  }
  return choices;
}

std::optional<int64_t> target_of(const base::Json& object, size_t choices, const std::string& place) {
  const auto found = object.find("target");
  if (found == object.end() || found->is_null()) return std::nullopt;
  const std::string expected = "the index of a choice, 0 to " + std::to_string(choices - 1);
  if (!found->is_number_integer()) refuse(place, "\"target\" is " + found->dump(), expected);
  const bool fits = *found >= 0 && *found < choices;
  if (!fits) refuse(place, "\"target\" is " + found->dump() + ", and there are " + std::to_string(choices) + " choices", expected);
  return found->get<int64_t>();
}

std::string adapter_of(const base::Json& object, const std::string& place) {
  const auto found = object.find("adapter");
  if (found == object.end() || found->is_null()) return "";
  if (!found->is_string()) refuse(place, std::string("\"adapter\" is ") + found->type_name(), "the folder of an adapter, as a string");
  return found->get<std::string>();
}

}  // namespace

std::vector<Request> parse_requests(std::string_view text, const std::string& where) {
  std::vector<Request> requests;
  base::for_each_json_line(text, where, [&](const base::Json& object, int64_t line) {
    const std::string place = place_of(where, line);
    if (!object.is_object())
      refuse(place, std::string("a line that is ") + object.type_name(), "an object, {\"context\": ..., \"choices\": [...]}");
    Request request{.context = context_of(object, place), .choices = choices_of(object, place), .line = line};
    request.target = target_of(object, request.choices.size(), place);
    if (object.contains("id")) request.id = object["id"].dump();
    request.adapter = adapter_of(object, place);
    requests.push_back(std::move(request));
  });
  return requests;
}

namespace {

// White space as Python's str.rstrip takes it, which the split of lm-evaluation-harness uses.
bool is_white_space(char32_t character) {
  constexpr std::array<std::pair<char32_t, char32_t>, 10> kRanges = {{{0x09, 0x0d},
                                                                      {0x1c, 0x20},
                                                                      {0x85, 0x85},
                                                                      {0xa0, 0xa0},
                                                                      {0x1680, 0x1680},
                                                                      {0x2000, 0x200a},
                                                                      {0x2028, 0x2029},
                                                                      {0x202f, 0x202f},
                                                                      {0x205f, 0x205f},
                                                                      {0x3000, 0x3000}}};
  return std::ranges::any_of(kRanges, [&](const auto& range) { return range.first <= character && character <= range.second; });
}

std::string_view without_white_space_at_end(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    size_t start = end - 1;
    while (start > 0 && text::continues_character(text[start])) --start;
    if (!is_white_space(text::code_point_at(text, start))) break;
    end = start;
  }
  return text.substr(0, end);
}

// One request's context, encoded once for all its choices.
class RequestEncoder {
 public:
  RequestEncoder(const text::Tokenizer& tokenizer, const Request& request, BeginningToken beginning, int64_t context_limit,
                 const std::string& where)
      : tokenizer_(tokenizer),
        request_(request),
        beginning_(beginning_of(tokenizer, beginning)),
        context_limit_(context_limit),
        place_(place_of(where, request.line)) {
    text::require_utf8(request.context);
    const std::string_view context = without_white_space_at_end(request.context);
    if (context.empty()) return;
    std::vector<TokenId> tokens = tokenizer.encode(context);
    add_beginning(tokens, beginning_);
    context_tokens_ = static_cast<int64_t>(tokens.size());
  }

  ScoredSequence encode(size_t choice) const {
    ScoredSequence sequence{tokenizer_.encode(request_.context + request_.choices[choice]), context_tokens_};
    if (context_tokens_ == 0) {
      add_stand_in(sequence);
    } else {
      add_beginning(sequence.tokens, beginning_);
    }
    check(sequence, choice);
    return sequence;
  }

 private:
  // A choice that itself starts with the stand-in token is predicted from that one.
  void add_stand_in(ScoredSequence& sequence) const {
    const TokenId stand_in = stand_in_for_context(tokenizer_, place_);
    if (sequence.tokens.empty() || sequence.tokens.front() != stand_in) sequence.tokens.insert(sequence.tokens.begin(), stand_in);
    sequence.scored_from = 1;
  }

  void check(const ScoredSequence& sequence, size_t choice) const {
    const auto size = static_cast<int64_t>(sequence.tokens.size());
    const std::string name = "choice " + std::to_string(choice) + " (" + base::in_quotes(request_.choices[choice]) + ")";
    if (size <= sequence.scored_from) {
      refuse(place_, name + " adds no token to the context", "a choice with at least one token of its own",
             "an empty choice, or one that melts into the context's last token, has no score");
    }
    if (size - 1 > context_limit_) {
      refuse(place_, "the context and " + name + " need " + std::to_string(size - 1) + " tokens",
             "at most " + std::to_string(context_limit_) + ", the model's context", "shorten the context (fewer demonstrations)");
    }
  }

  const text::Tokenizer& tokenizer_;
  const Request& request_;
  std::optional<TokenId> beginning_;
  int64_t context_limit_;
  std::string place_;
  int64_t context_tokens_ = 0;  // with the beginning token; 0 = the context is empty
};

}  // namespace

ScoredSequence encode_request(const text::Tokenizer& tokenizer, const Request& request, size_t choice, BeginningToken beginning,
                              int64_t context_limit, const std::string& where) {
  return RequestEncoder(tokenizer, request, beginning, context_limit, where).encode(choice);
}

std::vector<RequestAnswer> answer_requests(const model::CausalLM& lm, const text::Tokenizer& tokenizer, std::span<const Request> requests,
                                           const std::string& where, const ReaderOptions& options, const base::Watch& watch, ScoreCost* cost) {
  std::vector<RequestAnswer> answers(requests.size());
  std::vector<ScoredSequence> sequences;
  for (size_t index = 0; index < requests.size(); ++index) {
    watch.throw_if_cancelled();
    const RequestEncoder encoder(tokenizer, requests[index], options.beginning, lm.context(), where);
    for (size_t choice = 0; choice < requests[index].choices.size(); ++choice) {
      sequences.push_back(encoder.encode(choice));
      answers[index].tokens.push_back(static_cast<int64_t>(sequences.back().tokens.size()) - sequences.back().scored_from);
    }
  }

  ScoreOptions score = options.score;
  score.normalised = true;
  watch.begin("scoring", static_cast<int64_t>(requests.size()));
  ScaledProgress progress(watch, static_cast<int64_t>(requests.size()));
  const std::vector<double> scores = score_sequences(lm, sequences, score, progress.watch(), cost);
  watch.end();

  auto next = scores.begin();
  for (RequestAnswer& answer : answers) {
    const auto end = next + static_cast<std::ptrdiff_t>(answer.tokens.size());
    answer.scores.assign(next, end);
    next = end;
  }
  return answers;
}

std::vector<RequestAnswer> answer_requests(const model::Checkpoint& checkpoint, const std::vector<Request>& requests, const std::string& where,
                                           const ReaderOptions& options, const base::Watch& watch, ScoreCost* cost) {
  return answer_requests(*checkpoint.lm, *checkpoint.tokenizer, requests, where, options, watch, cost);
}

std::string format_answers(const std::vector<Request>& requests, const std::vector<RequestAnswer>& answers) {
  std::string text;
  for (size_t index = 0; index < requests.size(); ++index) {
    base::Json line = base::Json::object();
    if (!requests[index].id.empty()) line["id"] = base::parse_json(requests[index].id, "id");
    line["scores"] = answers[index].scores;
    line["tokens"] = answers[index].tokens;
    text += line.dump() + "\n";
  }
  return text;
}

}  // namespace manabi::learn
