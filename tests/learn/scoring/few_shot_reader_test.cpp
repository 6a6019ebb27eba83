#include "learn/scoring/few_shot_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"
#include "tests/support/toy_checkpoint.h"

namespace manabi::learn {
namespace {

using test::fault_of;
using test::toy_checkpoint;
using test::ToyTokenizer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

world::Episode episode(std::string context, std::vector<std::string> choices) {
  return {.id = "dev:17", .context = std::move(context), .choices = std::move(choices)};
}

const ToyTokenizer kBytes({});

TEST(EncodeEpisode, WhatAllChoicesShareBelongsToThePrompt) {
  const EncodedEpisode encoded = encode_episode(kBytes, episode("ab", {" 0", " 1"}), {});
  EXPECT_THAT(encoded.prompt, ElementsAre('a', 'b', ' '));
  EXPECT_THAT(encoded.choices, ElementsAre(ElementsAre('0'), ElementsAre('1')));
}

TEST(EncodeEpisode, ContextAndChoiceAreEncodedTogether) {
  const ToyTokenizer tokenizer({.words = {"bc", "x y"}});
  const EncodedEpisode encoded = encode_episode(tokenizer, episode("ab", {"c", "d"}), {});
  EXPECT_THAT(encoded.prompt, ElementsAre('a'));
  EXPECT_THAT(encoded.choices, ElementsAre(ElementsAre(ToyTokenizer::kFirstWord), ElementsAre('b', 'd')));
}

TEST(EncodeEpisode, ATokenPrefixOfAnotherChoiceKeepsItsLastToken) {
  const EncodedEpisode encoded = encode_episode(kBytes, episode("a", {" no", " not"}), {});
  EXPECT_THAT(encoded.prompt, ElementsAre('a', ' ', 'n'));
  EXPECT_THAT(encoded.choices, ElementsAre(ElementsAre('o'), ElementsAre('o', 't')));
}

TEST(EncodeEpisode, TheBeginningTokenComesOnce) {
  const ToyTokenizer adds({.adds_bos = true}), silent({});
  const auto prompt = [](const ToyTokenizer& tokenizer, const std::string& context, BeginningToken beginning) {
    return encode_episode(tokenizer, episode(context, {"x", "y"}), {.beginning = beginning}).prompt;
  };
  const TokenId bos = ToyTokenizer::kBeginning;
  EXPECT_THAT(prompt(adds, "a", BeginningToken::as_checkpoint), ElementsAre(bos, 'a'));
  EXPECT_THAT(prompt(adds, "<s>a", BeginningToken::as_checkpoint), ElementsAre(bos, 'a'));
  EXPECT_THAT(prompt(adds, "a", BeginningToken::never), ElementsAre('a'));
  EXPECT_THAT(prompt(silent, "a", BeginningToken::as_checkpoint), ElementsAre('a'));
  EXPECT_THAT(prompt(silent, "a", BeginningToken::always), ElementsAre(bos, 'a'));
}

TEST(EncodeEpisode, AnEmptyPromptIsTheBeginningElseTheEndToken) {
  const auto prompt = [](const ToyTokenizer& tokenizer) { return encode_episode(tokenizer, episode("", {"x", "y"}), {}).prompt; };
  EXPECT_THAT(prompt(kBytes), ElementsAre(ToyTokenizer::kBeginning));
  EXPECT_THAT(prompt(ToyTokenizer({.has_bos = false})), ElementsAre(ToyTokenizer::kEnd));
  const base::Fault fault = fault_of([&] { prompt(ToyTokenizer({.has_bos = false, .has_eos = false})); });
  EXPECT_EQ(fault.where, "episode dev:17");
  EXPECT_THAT(fault.given, HasSubstr("context is empty"));
}

TEST(EncodeEpisode, OneTokenScoresTheFirstThatIsNotShared) {
  const EncodedEpisode encoded = encode_episode(kBytes, episode("a", {" yes", " no"}), {.one_token = true});
  EXPECT_THAT(encoded.prompt, ElementsAre('a', ' '));
  EXPECT_THAT(encoded.choices, ElementsAre(ElementsAre('y'), ElementsAre('n')));
}

TEST(EncodeEpisode, OneTokenRefusesLabelsThatStartAlike) {
  const base::Fault fault = fault_of([&] { encode_episode(kBytes, episode("a", {" yes", " not", " no"}), {.one_token = true}); });
  EXPECT_EQ(fault.where, "episode dev:17");
  EXPECT_THAT(fault.given, HasSubstr("' not' and ' no' start with the same token"));
  EXPECT_THAT(fault.hint, HasSubstr("other label words"));
  EXPECT_NO_THROW(encode_episode(kBytes, episode("a", {" yes", " not", " no"}), {}));
}

TEST(EncodeEpisode, RefusesChoicesThatCannotBeToldApart) {
  EXPECT_THAT(fault_of([&] { encode_episode(kBytes, episode("a", {"x", "y", "x"}), {}); }).given, HasSubstr("'x' and 'x' are the same tokens"));
  EXPECT_THAT(fault_of([&] { encode_episode(kBytes, episode("a", {"x"}), {}); }).given, HasSubstr("1 choices"));
  EXPECT_THAT(fault_of([&] { encode_episode(kBytes, episode("a", {"x", ""}), {}); }).given, HasSubstr("choice 1 is empty"));
}

TEST(BeginningTokenPolicy, ParsesItsNamesAndNamesTheNearest) {
  EXPECT_EQ(parse_beginning_token("auto"), BeginningToken::as_checkpoint);
  EXPECT_EQ(parse_beginning_token("always"), BeginningToken::always);
  EXPECT_EQ(parse_beginning_token("never"), BeginningToken::never);
  EXPECT_THAT(fault_of([] { parse_beginning_token("alway"); }).hint, HasSubstr("'always'"));
}

TEST(BeginningTokenPolicy, AskingForATokenThatIsNotThereIsAnError) {
  const ToyTokenizer tokenizer({.has_bos = false});
  EXPECT_THAT(fault_of([&] { beginning_of(tokenizer, BeginningToken::always); }).hint, HasSubstr("never"));
  EXPECT_EQ(beginning_of(tokenizer, BeginningToken::as_checkpoint), std::nullopt);
}

// Scores by definition: each choice's tokens, one by one, after all before them.
double naive_score(const model::Checkpoint& checkpoint, const EncodedEpisode& encoded, size_t choice) {
  double sum = 0;
  std::vector<TokenId> tokens = encoded.prompt;
  for (const TokenId next : encoded.choices[choice]) {
    const model::Row row{.tokens = tokens, .wanted = {static_cast<int64_t>(tokens.size()) - 1}};
    const at::Tensor logits = checkpoint.lm->logits(checkpoint.lm->forward(std::span(&row, 1)).hidden).to(at::kDouble)[0];
    sum += (logits[next] - logits.logsumexp(0)).item<double>();
    tokens.push_back(next);
  }
  return sum;
}

TEST(FewShotReader, SumsTheLogProbabilitiesOfEachChoice) {
  const model::Checkpoint checkpoint = toy_checkpoint({.words = {" good"}});
  FewShotReader reader(checkpoint, {});
  const std::vector<world::Episode> episodes = {episode("some text is", {" good", " bad", " so so"}), episode("other", {" 0", " 1"})};
  const world::Answers answers = reader.answer(episodes, world::Ask::choices);
  ASSERT_EQ(answers.size(), 2u);
  for (size_t index = 0; index < episodes.size(); ++index) {
    const EncodedEpisode encoded = encode_episode(*checkpoint.tokenizer, episodes[index], {});
    ASSERT_EQ(answers[index].scores.size(), episodes[index].choices.size());
    for (size_t choice = 0; choice < encoded.choices.size(); ++choice) {
      EXPECT_NEAR(answers[index].scores[choice], naive_score(checkpoint, encoded, choice), 1e-5);
    }
    EXPECT_EQ(answers[index].exactness, world::Exactness::exact);
  }
  EXPECT_THAT(answers[0].tokens, ElementsAre(1, 4, 6));
  EXPECT_EQ(answers[0].prompt_tokens, 12);
  EXPECT_THAT(answers[1].tokens, ElementsAre(1, 1));
  EXPECT_EQ(answers[1].prompt_tokens, 6);
}

TEST(FewShotReader, LeavesTheNormaliserOutOnlyWhereOneTokenDecides) {
  const model::Checkpoint checkpoint = toy_checkpoint({});
  const std::vector<world::Episode> episodes = {episode("a", {" 0", " 1"}), episode("b", {" yes", " no"})};
  const world::Answers exact = FewShotReader(checkpoint, {}).answer(episodes, world::Ask::choices);
  FewShotReader reader(checkpoint, {.score = {.normalised = false}});
  const world::Answers fast = reader.answer(episodes, world::Ask::choices);
  EXPECT_EQ(fast[0].exactness, world::Exactness::unnormalised);
  EXPECT_NE(fast[0].scores[0], exact[0].scores[0]);
  EXPECT_NEAR(fast[0].scores[1] - fast[0].scores[0], exact[0].scores[1] - exact[0].scores[0], 1e-5);
  EXPECT_EQ(fast[1].exactness, world::Exactness::exact);
  EXPECT_EQ(fast[1].scores, exact[1].scores);

  // An episode's numbers do not depend on which others were asked with it.
  EXPECT_EQ(reader.answer(std::span(episodes).first(1), world::Ask::choices)[0].scores, fast[0].scores);
}

TEST(FewShotReader, CostIsSummedOverCalls) {
  const model::Checkpoint checkpoint = toy_checkpoint({});
  FewShotReader reader(checkpoint, {});
  const std::vector<world::Episode> episodes = {episode("abc", {"0", "1"})};
  reader.answer(episodes, world::Ask::choices);
  reader.answer(episodes, world::Ask::choices);
  EXPECT_EQ(reader.cost().tokens_given, 12);
  EXPECT_EQ(reader.cost().tokens_computed, 6);
}

TEST(FewShotReader, AnswersChoicesOnly) {
  const model::Checkpoint checkpoint = toy_checkpoint({});
  FewShotReader reader(checkpoint, {});
  EXPECT_TRUE(reader.can_answer(world::Ask::choices));
  for (const world::Ask ask : {world::Ask::next_token, world::Ask::every_position, world::Ask::text, world::Ask::value}) {
    EXPECT_FALSE(reader.can_answer(ask));
    EXPECT_THAT(fault_of([&] { reader.answer({}, ask); }).expected, HasSubstr("Ask::choices"));
  }
}

TEST(FewShotReader, NamesThePromptThatIsTooLongAndWhatToDo) {
  const model::Checkpoint checkpoint = toy_checkpoint({}, 10);
  FewShotReader reader(checkpoint, {});
  EXPECT_NO_THROW(reader.answer(std::vector{episode("123456789 ", {"x", "y"})}, world::Ask::choices));
  world::Episode longer = episode("1234567890 ", {"x", "y"});
  longer.demonstrations.resize(3);
  const base::Fault fault = fault_of([&] { reader.answer(std::vector{longer}, world::Ask::choices); });
  EXPECT_EQ(fault.where, "episode dev:17");
  EXPECT_THAT(fault.given, HasSubstr("3 demonstrations"));
  EXPECT_THAT(fault.given, HasSubstr("11 tokens"));
  EXPECT_THAT(fault.expected, HasSubstr("at most 10, the context of toy"));
  EXPECT_THAT(fault.hint, HasSubstr("--too-long drop_demonstrations"));
}

TEST(FewShotReader, ProgressCountsEpisodes) {
  struct Count final : base::Progress {
    int64_t units = 0;
    void begin(const std::string&, int64_t) override { ADD_FAILURE() << "the caller's own progress is running"; }
    void advance(int64_t more) override { units += more; }
    void note(const std::string&) override {}
    void end() override {}
  } count;
  const model::Checkpoint checkpoint = toy_checkpoint({});
  FewShotReader reader(checkpoint, {.score = {.token_budget = 4, .normalised = false}}, {&count});
  reader.answer(std::vector{episode("abc", {"0", "1"}), episode("bcd", {"xx", "yy"}), episode("cde", {"0", "1"})}, world::Ask::choices);
  EXPECT_EQ(count.units, 3);
}

}  // namespace
}  // namespace manabi::learn
