// The requests file: one JSON object a line, {"context": "...", "choices": ["...", "..."]}, and its answer file. The scorer's public door.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "learn/scoring/few_shot_reader.h"

namespace manabi::learn {

struct Request {
  std::string context;
  std::vector<std::string> choices;
  std::optional<int64_t> target;  // index of the right choice
  std::string id;                 // its JSON text ("7", "\"dev:7\""), "" when absent
  std::string adapter;            // folder of the adapter that it is read with, "" when absent
  int64_t line = 0;               // in the file, from 1
};

// Throws base::Error with file and line: bad JSON, invalid UTF-8, no context, no choices or ones that are not text, a target that is no index.
// Unknown keys are ignored.
std::vector<Request> parse_requests(std::string_view text, const std::string& where);

// Context and choice are encoded together and split where lm-evaluation-harness splits them: white space at the end of the context moves to
// the choice; the context's ids are the first k of the joint encoding, k = how many tokens the context alone takes; an empty context (or one
// of white space only) is the beginning token, else the end token. Throws base::Error naming `where` and the request's line for a choice that
// adds no token or a sequence past the model's context.
ScoredSequence encode_request(const text::Tokenizer& tokenizer, const Request& request, size_t choice, BeginningToken beginning,
                              int64_t context_limit, const std::string& where);

struct RequestAnswer {
  std::vector<double> scores;   // nats, one per choice
  std::vector<int64_t> tokens;  // tokens scored, one per choice
};

// Of one model; what requests say of adapters is not looked at. Scores are always normalised and cover every token of a choice, whatever
// `options` say; the watch counts requests.
std::vector<RequestAnswer> answer_requests(const model::Checkpoint& checkpoint, const std::vector<Request>& requests, const std::string& where,
                                           const ReaderOptions& options, const base::Watch& watch = {}, ScoreCost* cost = nullptr);
std::vector<RequestAnswer> answer_requests(const model::CausalLM& lm, const text::Tokenizer& tokenizer, std::span<const Request> requests,
                                           const std::string& where, const ReaderOptions& options, const base::Watch& watch = {},
                                           ScoreCost* cost = nullptr);

// One JSON object a line, in the order of the requests; "id" is repeated where it was given. Numbers read back to the same doubles.
std::string format_answers(const std::vector<Request>& requests, const std::vector<RequestAnswer>& answers);

}  // namespace manabi::learn
