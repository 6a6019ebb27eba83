#include "learn/generation/continue_all.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learn/generation/generate.h"
#include "tests/support/error.h"
#include "tests/support/toy_checkpoint.h"

namespace manabi::learn {
namespace {

using testing::HasSubstr;

std::vector<std::vector<TokenId>> encoded(const model::Checkpoint& checkpoint, const std::vector<std::string>& prompts) {
  std::vector<std::vector<TokenId>> all;
  for (const std::string& prompt : prompts) all.push_back(checkpoint.tokenizer->encode(prompt));
  return all;
}

const std::vector<std::string> kPrompts = {"a", "some longer text", "x y z", "b", "another one", "qq"};

TEST(ContinueAll, GivesWhatEachPromptGivesAlone) {
  const model::Checkpoint checkpoint = test::toy_checkpoint({});
  for (const int64_t budget : {1, 8, 4096}) {
    const std::vector<std::string> texts =
        continue_all(*checkpoint.lm, *checkpoint.tokenizer, encoded(checkpoint, kPrompts), {.tokens = 30, .stop = "", .token_budget = budget});
    ASSERT_EQ(texts.size(), kPrompts.size());
    for (size_t i = 0; i < kPrompts.size(); ++i) EXPECT_EQ(texts[i], generate(checkpoint, kPrompts[i], {.tokens = 30})) << kPrompts[i];
  }
}

TEST(ContinueAll, EndsAtTheStopTextWithoutIt) {
  const model::Checkpoint checkpoint = test::toy_checkpoint({});
  const auto prompts = encoded(checkpoint, kPrompts);
  const std::vector<std::string> whole = continue_all(*checkpoint.lm, *checkpoint.tokenizer, prompts, {.tokens = 30, .stop = ""});
  const size_t place = whole[0].find_first_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 1);
  ASSERT_NE(place, std::string::npos);
  const std::string stop = whole[0].substr(place, 1);
  const std::vector<std::string> cut = continue_all(*checkpoint.lm, *checkpoint.tokenizer, prompts, {.tokens = 30, .stop = stop});
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_EQ(cut[i], whole[i].substr(0, whole[i].find(stop)));
}

TEST(ContinueAll, ReadsEveryPromptOnceAndKeepsNothing) {
  const model::Checkpoint checkpoint = test::toy_checkpoint({});
  const test::ToyLM& lm = test::toy_lm_of(checkpoint);
  const auto prompts = encoded(checkpoint, kPrompts);
  const std::vector<std::string> texts = continue_all(*checkpoint.lm, *checkpoint.tokenizer, prompts, {.tokens = 5, .stop = ""});
  int64_t given = 0;
  for (const auto& prompt : prompts) given += std::ssize(prompt);
  EXPECT_LE(lm.tokens_computed(), given + 5 * std::ssize(prompts));
  EXPECT_EQ(lm.held(), 0);
}

TEST(ContinueAll, StopsAtTheContextsEnd) {
  const model::Checkpoint checkpoint = test::toy_checkpoint({}, /*context=*/6);
  const std::vector<std::vector<TokenId>> prompts = {{1, 2, 3}, {1, 2, 3, 4, 5}};
  const std::vector<std::string> texts = continue_all(*checkpoint.lm, *checkpoint.tokenizer, prompts, {.tokens = 30, .stop = ""});
  EXPECT_EQ(texts.size(), 2u);
  const std::vector<std::vector<TokenId>> full = {{1}, {1, 2, 3, 4, 5, 6}};
  EXPECT_THAT(test::fault_of([&] { continue_all(*checkpoint.lm, *checkpoint.tokenizer, full, {}); }).where, HasSubstr("prompt 1"));
  EXPECT_THAT(test::fault_of([&] { continue_all(*checkpoint.lm, *checkpoint.tokenizer, std::vector<std::vector<TokenId>>{{}}, {}); }).given,
              HasSubstr("0 tokens"));
}

TEST(ContinueAll, OfNoTokensIsNothing) {
  const model::Checkpoint checkpoint = test::toy_checkpoint({});
  const auto prompts = encoded(checkpoint, {"a", "b"});
  EXPECT_THAT(continue_all(*checkpoint.lm, *checkpoint.tokenizer, prompts, {.tokens = 0}), testing::Each(""));
  EXPECT_TRUE(continue_all(*checkpoint.lm, *checkpoint.tokenizer, {}, {}).empty());
}

}  // namespace
}  // namespace manabi::learn
