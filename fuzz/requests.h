#pragma once

#include <string_view>
#include <vector>

#include "base/format/json.h"
#include "fuzz/expect.h"
#include "learn/scoring/requests.h"
#include "tests/support/toy_tokenizer.h"

namespace manabi::fuzz {

// A request that was read can be encoded (or refused by its line), and its answer carries its id.
inline void requests(std::string_view input) {
  std::vector<learn::Request> read;
  if (!is_read_or_refused([&] { read = learn::parse_requests(input, "requests.jsonl"); })) return;

  const test::ToyTokenizer tokenizer({.words = {" yes", " no", "no t", "  "}, .adds_bos = true});
  std::vector<learn::RequestAnswer> answers;
  for (const learn::Request& request : read) {
    expect(!request.choices.empty() && request.line >= 1, "a request without choices or line");
    expect(!request.target || (*request.target >= 0 && *request.target < std::ssize(request.choices)), "a target that is no index");
    for (size_t choice = 0; choice < request.choices.size(); ++choice) {
      is_read_or_refused([&] {
        const learn::ScoredSequence sequence =
            learn::encode_request(tokenizer, request, choice, learn::BeginningToken::as_checkpoint, 64, "requests.jsonl");
        expect(sequence.scored_from > 0 && sequence.scored_from < std::ssize(sequence.tokens), "a sequence without a scored token");
        expect(sequence.tokens.size() <= 65, "a sequence past the context");
      });
    }
    answers.push_back({std::vector<double>(request.choices.size(), -0.1), std::vector<int64_t>(request.choices.size(), 1)});
  }

  size_t lines = 0;
  base::for_each_json_line(learn::format_answers(read, answers), "answers", [&](const base::Json& line, int64_t) {
    const std::string& id = read[lines++].id;
    expect(id.empty() ? !line.contains("id") : line["id"].dump() == id, "an id that is not the request's");
  });
  expect(lines == read.size(), "a line for each request");
}

}  // namespace manabi::fuzz
