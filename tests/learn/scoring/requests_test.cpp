#include "learn/scoring/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/format/json.h"
#include "tests/support/error.h"
#include "tests/support/toy_checkpoint.h"

namespace manabi::learn {
namespace {

using test::fault_of;
using test::toy_checkpoint;
using test::ToyTokenizer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Requests, AreReadLineByLine) {
  const std::vector<Request> requests = parse_requests(
      "{\"context\": \"a\", \"choices\": [\" x\", \" y\"], \"target\": 1, \"id\": \"dev:7\", \"other\": [1]}\n"
      "\n"
      "{\"id\": 7, \"choices\": [\"z\"], \"context\": \"\", \"target\": null}",
      "r.jsonl");
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].context, "a");
  EXPECT_THAT(requests[0].choices, ElementsAre(" x", " y"));
  EXPECT_EQ(requests[0].target, 1);
  EXPECT_EQ(requests[0].id, "\"dev:7\"");
  EXPECT_EQ(requests[0].line, 1);
  EXPECT_EQ(requests[1].target, std::nullopt);
  EXPECT_EQ(requests[1].id, "7");
  EXPECT_EQ(requests[1].line, 3);
  EXPECT_TRUE(parse_requests("", "r.jsonl").empty());
}

TEST(Requests, MistakesAreNamedByFileAndLine) {
  const auto fault = [](const std::string& second_line) {
    return fault_of([&] { parse_requests("{\"context\": \"a\", \"choices\": [\"x\"]}\n" + second_line, "r.jsonl"); });
  };
  const struct {
    std::string line, given, expected;
  } cases[] = {
      {"[1]", "a line that is array", "an object"},
      {"{\"choices\": [\"x\"]}", "no \"context\"", "a string"},
      {"{\"context\": 3, \"choices\": [\"x\"]}", "\"context\" is number", "a string"},
      {"{\"context\": \"a\"}", "no \"choices\"", "a list of one or more strings"},
      {"{\"context\": \"a\", \"choices\": \"x\"}", "\"choices\" is string", "a list of one or more strings"},
      {"{\"context\": \"a\", \"choices\": []}", "\"choices\" is empty", "a list of one or more strings"},
      {"{\"context\": \"a\", \"choices\": [\"x\", 3]}", "choice 1 is number", "a string"},
      {"{\"context\": \"a\", \"choices\": [\"x\"], \"target\": 1}", "\"target\" is 1, and there are 1 choices", "0 to 0"},
      {"{\"context\": \"a\", \"choices\": [\"x\"], \"target\": -1}", "\"target\" is -1", "0 to 0"},
      {"{\"context\": \"a\", \"choices\": [\"x\"], \"target\": 0.5}", "\"target\" is 0.5", "the index of a choice"},
      {"{\"context\": \"a\", \"choices\": [\"x\"], \"target\": 18446744073709551615}", "\"target\" is 18446744073709551615", "0 to 0"},
  };
  for (const auto& wrong : cases) {
    const base::Fault found = fault(wrong.line);
    EXPECT_EQ(found.where, "r.jsonl:2") << wrong.line;
    EXPECT_THAT(found.given, HasSubstr(wrong.given));
    EXPECT_THAT(found.expected, HasSubstr(wrong.expected));
  }
  EXPECT_THAT(fault("{\"context\": \"a\",").where, HasSubstr("r.jsonl:2"));
  const base::Fault utf8 = fault("{\"context\": \"\xff\", \"choices\": [\"x\"]}");
  EXPECT_THAT(utf8.where, HasSubstr("r.jsonl:2"));
  EXPECT_THAT(utf8.given, HasSubstr("UTF-8"));
}

Request request(std::string context, std::vector<std::string> choices) {
  return {.context = std::move(context), .choices = std::move(choices), .line = 4};
}

ScoredSequence encode(const ToyTokenizer& tokenizer, const Request& request, size_t choice = 0,
                      BeginningToken beginning = BeginningToken::as_checkpoint, int64_t limit = 100) {
  return encode_request(tokenizer, request, choice, beginning, limit, "r.jsonl");
}

const ToyTokenizer kBytes({});

TEST(EncodeRequest, WhiteSpaceAtTheContextsEndMovesToTheChoice) {
  for (const std::string space : {" ", "\n", "\t \n", "\x1c", "\xc2\xa0", "\xe3\x80\x80", "\xe2\x80\x83 "}) {
    const ScoredSequence sequence = encode(kBytes, request("ab" + space, {"x"}));
    EXPECT_EQ(sequence.scored_from, 2) << "'" << space << "'";
    EXPECT_EQ(sequence.tokens.size(), 2 + space.size() + 1);
  }
  EXPECT_EQ(encode(kBytes, request("ab\xe2\x80\x8b", {"x"})).scored_from, 5) << "a zero-width space is no white space";
}

TEST(EncodeRequest, TheSplitIsCountedByTheContextAlone) {
  const ToyTokenizer tokenizer({.words = {"bc", "cd"}});
  const ScoredSequence sequence = encode(tokenizer, request("ab", {"cd"}));
  EXPECT_THAT(sequence.tokens, ElementsAre('a', ToyTokenizer::kFirstWord, 'd'));
  EXPECT_EQ(sequence.scored_from, 2) << "the context alone takes two tokens, a and b";
}

TEST(EncodeRequest, AnEmptyContextIsTheBeginningElseTheEndToken) {
  const ToyTokenizer no_bos({.has_bos = false});
  EXPECT_THAT(encode(kBytes, request("", {"xy"})).tokens, ElementsAre(ToyTokenizer::kBeginning, 'x', 'y'));
  EXPECT_THAT(encode(no_bos, request("", {"xy"})).tokens, ElementsAre(ToyTokenizer::kEnd, 'x', 'y'));
  EXPECT_THAT(encode(kBytes, request(" ", {"xy"})).tokens, ElementsAre(ToyTokenizer::kBeginning, ' ', 'x', 'y'));
  EXPECT_EQ(encode(kBytes, request(" ", {"xy"})).scored_from, 1);
  EXPECT_THAT(encode(kBytes, request("", {"<s>y"})).tokens, ElementsAre(ToyTokenizer::kBeginning, 'y')) << "not twice";
  const base::Fault fault = fault_of([] { encode(ToyTokenizer({.has_bos = false, .has_eos = false}), request("", {"x"})); });
  EXPECT_EQ(fault.where, "r.jsonl:4");
  EXPECT_THAT(fault.given, HasSubstr("the context is empty"));
}

TEST(EncodeRequest, TheBeginningTokenGoesInFrontOnce) {
  const ToyTokenizer adds({.adds_bos = true});
  const ScoredSequence sequence = encode(adds, request("a", {"x"}));
  EXPECT_THAT(sequence.tokens, ElementsAre(ToyTokenizer::kBeginning, 'a', 'x'));
  EXPECT_EQ(sequence.scored_from, 2);
  EXPECT_THAT(encode(adds, request("<s>a", {"x"})).tokens, ElementsAre(ToyTokenizer::kBeginning, 'a', 'x'));
  EXPECT_THAT(encode(adds, request("", {"x"})).tokens, ElementsAre(ToyTokenizer::kBeginning, 'x'));
  EXPECT_THAT(encode(adds, request("a", {"x"}), 0, BeginningToken::never).tokens, ElementsAre('a', 'x'));
}

TEST(EncodeRequest, AChoiceWithoutATokenOfItsOwnIsAnError) {
  const ToyTokenizer tokenizer({.words = {"abc"}});
  for (const Request& wrong : {request("ab", {"x", ""}), request("xab", {"yy", ""})}) {
    const base::Fault fault = fault_of([&] { encode(tokenizer, wrong, 1); });
    EXPECT_EQ(fault.where, "r.jsonl:4");
    EXPECT_THAT(fault.given, HasSubstr("choice 1 ('') adds no token"));
  }
  EXPECT_THAT(fault_of([&] { encode(tokenizer, request("ab", {"c"})); }).given, HasSubstr("choice 0 ('c') adds no token"));
}

TEST(EncodeRequest, ASequencePastTheContextIsAnError) {
  EXPECT_NO_THROW(encode(kBytes, request("12345678", {"xyz"}), 0, BeginningToken::never, 10));
  const base::Fault fault = fault_of([] { encode(kBytes, request("123456789", {"xyz"}), 0, BeginningToken::never, 10); });
  EXPECT_EQ(fault.where, "r.jsonl:4");
  EXPECT_THAT(fault.given, HasSubstr("choice 0 ('xyz') need 11 tokens"));
  EXPECT_THAT(fault.expected, HasSubstr("at most 10"));
  EXPECT_THAT(fault.hint, HasSubstr("fewer demonstrations"));
}

TEST(AnswerRequests, ScoresEveryChoiceInOrder) {
  const model::Checkpoint checkpoint = toy_checkpoint({});
  const std::vector<Request> requests = {request("some context", {" x", " yy"}), request("other", {"z"}), request("some context", {" x"})};
  ScoreCost cost;
  const std::vector<RequestAnswer> answers =
      answer_requests(checkpoint, requests, "r.jsonl", {.score = {.normalised = false}, .one_token = true}, {}, &cost);
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_THAT(answers[0].tokens, ElementsAre(2, 3));
  EXPECT_THAT(answers[1].tokens, ElementsAre(1));
  EXPECT_EQ(answers[2].scores[0], answers[0].scores[0]);
  EXPECT_LT(cost.tokens_computed, cost.tokens_given);
  for (size_t index = 0; index < requests.size(); ++index) {
    for (size_t choice = 0; choice < requests[index].choices.size(); ++choice) {
      const ScoredSequence alone = encode_request(*checkpoint.tokenizer, requests[index], choice, {}, 4096, "r.jsonl");
      EXPECT_EQ(answers[index].scores[choice], score_sequences(*checkpoint.lm, std::span(&alone, 1), {}).front());
    }
  }
}

TEST(FormatAnswers, NumbersReadBackToTheSameDoubles) {
  std::vector<Request> requests = {request("a", {"x", "y"}), request("a", {"x"}), request("a", {"x"})};
  requests[0].id = "\"dev:7\"";
  requests[1].id = "7";
  const std::vector<RequestAnswer> answers = {{{-1.0 / 3, -std::exp(1.0) * 1e-7}, {1, 2}}, {{-12.000000000000002}, {3}}, {{-0.5}, {1}}};
  const std::string text = format_answers(requests, answers);
  std::vector<base::Json> lines;
  base::for_each_json_line(text, "answers", [&](const base::Json& line, int64_t) { lines.push_back(line); });
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["id"], "dev:7");
  EXPECT_EQ(lines[1]["id"], 7);
  for (size_t index = 0; index < 3; ++index) {
    EXPECT_EQ(lines[index]["scores"].get<std::vector<double>>(), answers[index].scores);
    EXPECT_EQ(lines[index]["tokens"].get<std::vector<int64_t>>(), answers[index].tokens);
  }
  EXPECT_EQ(text.substr(text.rfind('{')), "{\"scores\":[-0.5],\"tokens\":[1]}\n");
}

}  // namespace
}  // namespace manabi::learn
