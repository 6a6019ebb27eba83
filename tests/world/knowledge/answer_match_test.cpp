#include "world/knowledge/answer_match.h"

#include <gtest/gtest.h>

namespace manabi::world {
namespace {

AnswerMatch match(const std::string& answer, const std::vector<std::string>& right) { return match_answer(answer, right); }

// What SQuAD's evaluation script gives for the same texts.
TEST(AnswerMatch, NormalisesAsSquadsScriptDoes) {
  EXPECT_EQ(normalised_answer(" The  Beatles' \"A Day\" "), "beatles day");
  EXPECT_EQ(normalised_answer("an apple, a pear; the theme"), "apple pear theme");
  EXPECT_EQ(normalised_answer("U.S.A."), "usa");
  EXPECT_EQ(normalised_answer("state-of-the-art"), "stateoftheart") << "punctuation goes before words are told apart";
  EXPECT_EQ(normalised_answer("Caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(normalised_answer("The"), "");
  EXPECT_EQ(normalised_answer(""), "");
}

TEST(AnswerMatch, ExactNeedsEqualTextsAndRecallTheRightOneInside) {
  EXPECT_EQ(match("The Film, 2023.", {"film 2023"}).exact, 1);
  const AnswerMatch longer = match("It was released on 26 January 2023", {"26 January 2023"});
  EXPECT_EQ(longer.exact, 0);
  EXPECT_EQ(longer.recall, 1);
  EXPECT_EQ(match("January", {"26 January 2023"}).recall, 0);
}

// rouge_score.rouge_scorer.RougeScorer(["rougeL"]).score(right, answer)["rougeL"].fmeasure
TEST(AnswerMatch, RougeIsTheF1OfTheLongestCommonSubsequence) {
  EXPECT_DOUBLE_EQ(match("the cat sat on the mat", {"the cat on a mat"}).rouge_l, 2 * (4.0 / 6) * (4.0 / 5) / (4.0 / 6 + 4.0 / 5));
  EXPECT_DOUBLE_EQ(match("b a", {"a b"}).rouge_l, 0.5);
  EXPECT_DOUBLE_EQ(match("Anna-Lena", {"anna lena"}).rouge_l, 1);
  EXPECT_DOUBLE_EQ(match("nothing alike", {"other words"}).rouge_l, 0);
}

TEST(AnswerMatch, TakesTheBestOfSeveralRightAnswers) {
  const AnswerMatch best = match("December 1972", {"14 December 1972 UTC", "December 1972"});
  EXPECT_EQ(best.exact, 1);
  EXPECT_EQ(best.recall, 1);
  EXPECT_DOUBLE_EQ(best.rouge_l, 1);
}

TEST(AnswerMatch, NothingMatchesNothing) {
  EXPECT_EQ(match("", {"x"}).rouge_l, 0);
  EXPECT_EQ(match("x", {}).exact, 0);
  EXPECT_EQ(match("x", {"the"}).recall, 0) << "an answer that is normalised to nothing stands nowhere";
}

}  // namespace
}  // namespace manabi::world
