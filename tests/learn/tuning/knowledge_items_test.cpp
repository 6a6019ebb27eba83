#include "learn/tuning/knowledge_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <cmath>
#include <numeric>

#include "learn/tuning/curriculum_data.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/toy_tokenizer.h"
#include "text/open/open.h"
#include "text/open/word_tokenizer.h"
#include "world/knowledge/invented.h"

namespace manabi::learn {
namespace {

using testing::HasSubstr;

// Words, <begin> and <end>, as a folder says them.
std::unique_ptr<text::Tokenizer> word_tokenizer(const test::TemporaryFolder& folder) {
  const std::array<std::string, 2> specials = {"<begin>", "<end>"};
  const std::string path = folder.write("tokenizer.json", text::word_tokenizer_json(world::invented_words(), specials));
  folder.write("tokenizer_config.json", R"({"bos_token": "<begin>", "eos_token": "<end>"})");
  return text::open_tokenizer(path);
}

class KnowledgeItems : public testing::Test {
 protected:
  std::string decoded(std::span<const TokenId> tokens) const { return tokenizer_->decode(tokens); }

  test::TemporaryFolder folder_;
  std::unique_ptr<text::Tokenizer> tokenizer_ = word_tokenizer(folder_);
  std::vector<world::Document> documents_ = world::invented_documents("people", {.first = 0, .count = 3, .texts = 2}, 1);
};

TEST_F(KnowledgeItems, ADocumentIsToldFromItsFirstTokenWithoutAnEnd) {
  const TuningItem item = item_of_document(*tokenizer_, documents_[0], 1, 96);
  EXPECT_EQ(item.tokens.front(), tokenizer_->bos());
  EXPECT_EQ(item.asked_from, 1);
  EXPECT_NE(item.tokens.back(), tokenizer_->eos());
  EXPECT_THAT(decoded(std::span(item.tokens).subspan(1)), HasSubstr(documents_[0].texts[1].substr(0, 30)));
  EXPECT_TRUE(item.weights.empty());
  EXPECT_EQ(item_of_document(*tokenizer_, documents_[0], 1, 20).tokens.size(), 20u) << "a longer one loses its end";
}

TEST_F(KnowledgeItems, ALongTextIsReadInPiecesThatLoseNothing) {
  const auto dense = [](std::string text) {
    std::erase_if(text, [](unsigned char letter) { return std::isspace(letter); });
    return text;
  };
  std::string text;
  for (const world::Document& document : documents_) text += document.texts[0] + "\n\n";
  const test::ToyTokenizer letters({.words = {"the ", " was born in", "er"}});
  for (const text::Tokenizer* tokenizer :
       {static_cast<const text::Tokenizer*>(tokenizer_.get()), static_cast<const text::Tokenizer*>(&letters)}) {
    for (const int64_t most : {1, 7, 20, 10'000}) {
      const std::vector<std::string> pieces = pieces_of(*tokenizer, text, most);
      std::string all;
      for (const std::string& piece : pieces) {
        EXPECT_LE(std::ssize(tokenizer->encode(piece, text::Specials::literal)), most) << piece;
        EXPECT_FALSE(piece.empty());
        all += piece;
      }
      EXPECT_EQ(dense(all), dense(text)) << most;
      EXPECT_EQ(pieces.size() == 1, most == 10'000);
    }
  }
  EXPECT_EQ(pieces_of(*tokenizer_, "", 5), std::vector<std::string>{""});
}

TEST_F(KnowledgeItems, OfAQuestionTheAnswerAndTheEndAreTold) {
  for (const world::Question& question : documents_[1].questions) {
    const TuningItem item = item_of_question(*tokenizer_, question, 96);
    const std::vector<TokenId> prompt = tokens_of_prompt(*tokenizer_, question);
    EXPECT_EQ(std::vector<TokenId>(item.tokens.begin(), item.tokens.begin() + item.asked_from), prompt);
    ASSERT_EQ(std::ssize(item.tokens), item.asked_from + 2);
    EXPECT_THAT(decoded(std::span(item.tokens).subspan(static_cast<size_t>(item.asked_from), 1)), HasSubstr(question.answers.front()));
    EXPECT_EQ(item.tokens.back(), tokenizer_->eos());
  }
}

TEST_F(KnowledgeItems, WhatStandsBeforeAQuestionIsReadWithIt) {
  const world::Question& question = documents_[0].questions[0];
  const std::vector<TokenId> alone = tokens_of_prompt(*tokenizer_, question),
                             behind = tokens_of_prompt(*tokenizer_, question, documents_[0].texts[0] + "\n\n");
  EXPECT_EQ(behind.front(), alone.front());
  EXPECT_TRUE(std::equal(alone.begin() + 1, alone.end(), behind.end() - std::ssize(alone) + 1));
  EXPECT_GT(behind.size(), alone.size() + 20);
}

TEST_F(KnowledgeItems, TokensBesideAnswersHaveTheirOwnWeight) {
  const TuningItem item = item_of_document(*tokenizer_, documents_[2], 0, 96, 0.5);
  ASSERT_EQ(std::ssize(item.weights), std::ssize(item.tokens) - item.asked_from);
  int64_t answers = 0;
  for (size_t i = 0; i < item.weights.size(); ++i) {
    const std::string word = decoded(std::span(item.tokens).subspan(i + 1, 1));
    const bool is_answer =
        std::ranges::any_of(documents_[2].questions, [&](const auto& each) { return word == each.answers[0] || word == " " + each.answers[0]; });
    EXPECT_EQ(item.weights[i], is_answer ? 1 : 0.5) << word;
    answers += is_answer;
  }
  EXPECT_EQ(answers, 6);
}

TEST_F(KnowledgeItems, RefusesWhatCannotBeTold) {
  EXPECT_THAT(test::fault_of([&] { item_of_question(*tokenizer_, documents_[0].questions[0], 5); }).where,
              HasSubstr(documents_[0].questions[0].id));
  EXPECT_THAT(test::fault_of([&] { item_of_document(*tokenizer_, {.id = "d", .texts = {""}}, 0, 96); }).where, HasSubstr("document d"));
}

TEST_F(KnowledgeItems, APhasesItemsFollowItsOrder) {
  const world::Readings readings = {.train = documents_};
  const world::CurriculumPhase phase{.reading = {world::Reading::train_documents, world::Reading::train_questions}};
  const TuningData data = data_of(phase, readings, 2 * 24, *tokenizer_, 96, base::Rng(1));
  ASSERT_EQ(data.items->size(), 24u) << "three documents of two texts and six questions";
  EXPECT_EQ(data.order, world::order_of(phase, readings, 2 * 24, base::Rng(1)));
  EXPECT_EQ(data.items->front().asked_from, 1);
  EXPECT_GT(data.items->back().asked_from, 5);
}

}  // namespace
}  // namespace manabi::learn
