#include "text/splitting/added_tokens.h"

#include <gtest/gtest.h>

namespace manabi::text {
namespace {

// Segments as "text" or "<id>text".
std::vector<std::string> shown(const AddedTokens& tokens, std::string_view text, Specials specials = Specials::parse) {
  std::vector<std::string> segments;
  for (const Segment& segment : tokens.split(text, specials)) {
    std::string& last = segments.emplace_back();
    if (segment.id) last.append("<").append(std::to_string(*segment.id)).append(">");
    last.append(segment.text);
  }
  return segments;
}

using Shown = std::vector<std::string>;

TEST(AddedTokens, WithoutTokensATextIsOneSegment) {
  EXPECT_EQ(shown(AddedTokens(), "abc"), Shown{"abc"});
  EXPECT_EQ(shown(AddedTokens(), ""), Shown{});
}

TEST(AddedTokens, TheLongestThatStartsAtAPlaceWins) {
  const AddedTokens tokens({{.id = 1, .spelling = "ab"}, {.id = 2, .spelling = "abc"}, {.id = 3, .spelling = "bcd"}});
  EXPECT_EQ(shown(tokens, "xabcdab"), (Shown{"x", "<2>abc", "d", "<1>ab"}));
}

TEST(AddedTokens, OnlySpecialOnesAreLeftInLiteralText) {
  const AddedTokens tokens({{.id = 1, .spelling = "<s>", .special = true}, {.id = 2, .spelling = "word"}});
  EXPECT_EQ(shown(tokens, "<s>word"), (Shown{"<1><s>", "<2>word"}));
  EXPECT_EQ(shown(tokens, "<s>word", Specials::literal), (Shown{"<s>", "<2>word"}));
}

TEST(AddedTokens, StrippingTakesWhiteSpaceOfEverySort) {
  const AddedTokens left({{.id = 1, .spelling = "<m>", .lstrip = true}});
  EXPECT_EQ(shown(left, "a \u3000\n<m> b"), (Shown{"a", "<1> \u3000\n<m>", " b"}));
  const AddedTokens right({{.id = 1, .spelling = "<m>", .rstrip = true}});
  EXPECT_EQ(shown(right, "a <m> \u00a0b<m>"), (Shown{"a ", "<1><m> \u00a0", "b", "<1><m>"}));
}

TEST(AddedTokens, ASpaceIsTakenOnlyOnce) {
  const AddedTokens both({{.id = 1, .spelling = "<m>", .lstrip = true, .rstrip = true}});
  EXPECT_EQ(shown(both, "<m> <m>"), (Shown{"<1><m> ", "<1><m>"}));
}

TEST(AddedTokens, SingleWordsAreNotFoundInsideWords) {
  const AddedTokens tokens({{.id = 1, .spelling = "cat", .single_word = true}});
  EXPECT_EQ(shown(tokens, "cat, concat cats _cat écat (cat)"), (Shown{"<1>cat", ", concat cats _cat écat (", "<1>cat", ")"}));
}

TEST(AddedTokens, NormalizedOnesAreSearchedForAfterTheOthers) {
  const AddedTokens tokens({{.id = 1, .spelling = "abc", .normalized = true}, {.id = 2, .spelling = "bc"}});
  EXPECT_EQ(shown(tokens, "abc"), (Shown{"a", "<2>bc"}));
}

}  // namespace
}  // namespace manabi::text
