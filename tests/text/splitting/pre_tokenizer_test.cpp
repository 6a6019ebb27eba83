#include "text/splitting/pre_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/error.h"

namespace manabi::text {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Texts = std::vector<std::string>;

Texts texts_of(const PreTokenizer& pre_tokenizer, std::string_view text) {
  const Pieces pieces = pre_tokenizer.split(text);
  return {pieces.views.begin(), pieces.views.end()};
}

Texts named(const std::string& name, std::string_view text) { return texts_of(named_pre_tokenizer(name, "test").pre_tokenizer, text); }

Texts split_at(const std::string& regex, SplitBehaviour behaviour, bool invert, std::string_view text) {
  std::vector<PreTokenizerStep> steps;
  steps.emplace_back(SplitStep{Pattern(regex, "test"), behaviour, invert});
  return texts_of(PreTokenizer(std::move(steps)), text);
}

TEST(PreTokenizer, AnEmptyTextHasNoPiecesAndWithoutStepsATextIsOne) {
  EXPECT_EQ(texts_of(PreTokenizer(), ""), Texts{});
  EXPECT_EQ(texts_of(PreTokenizer(), "a b"), Texts{"a b"});
  EXPECT_EQ(named("gpt-2", ""), Texts{});
}

TEST(PreTokenizer, Gpt2KeepsOneSpaceWithTheNextWord) {
  EXPECT_EQ(named("gpt-2", "Hello,  world's 12 !?"), (Texts{"Hello", ",", " ", " world", "'s", " 12", " !?"}));
  EXPECT_EQ(named("gpt-2", "end  \n"), (Texts{"end", "  \n"}));
}

TEST(PreTokenizer, SmollmCutsDigitsOneByOneFromTheirSpaces) {
  EXPECT_EQ(named("smollm", " 0"), (Texts{" ", "0"}));
  EXPECT_EQ(named("smollm", "in 2024 ²"), (Texts{"in", " ", "2", "0", "2", "4", " ", "²"}));
  EXPECT_EQ(named("smollm", "a  1"), (Texts{"a", "  ", "1"}));
}

TEST(PreTokenizer, Llama3TakesNumbersInThreesAndQwen2InOnes) {
  EXPECT_EQ(named("llama-bpe", " 12345"), (Texts{" ", "123", "45"}));
  EXPECT_EQ(named("qwen2", " 123"), (Texts{" ", "1", "2", "3"}));
  EXPECT_EQ(named("llama3", "I'LL go.\n\nNow"), (Texts{"I", "'LL", " go", ".\n\n", "Now"}));
}

TEST(PreTokenizer, TheDefaultOfFilesWithoutAFamilyCutsPunctuationFirst) {
  EXPECT_EQ(named("default", "a+b, 12345"), (Texts{"a", "+", "b", ",", " ", "123", "45"}));
}

TEST(PreTokenizer, NamesDecideMergesAndTheBeginningToken) {
  EXPECT_TRUE(named_pre_tokenizer("llama-bpe", "t").ignore_merges);
  EXPECT_TRUE(named_pre_tokenizer("llama-bpe", "t").adds_bos);
  EXPECT_FALSE(named_pre_tokenizer("smollm", "t").ignore_merges);
  EXPECT_FALSE(named_pre_tokenizer("smollm", "t").adds_bos);
}

TEST(PreTokenizer, AnUnknownNameListsOrSuggestsTheKnownOnes) {
  EXPECT_THAT(test::error_of([] { named_pre_tokenizer("smollm2", "m.gguf: tokenizer.ggml.pre"); }),
              AllOf(HasSubstr("m.gguf: tokenizer.ggml.pre: unknown pre-tokenizer 'smollm2'"), HasSubstr("did you mean 'smollm'?")));
  EXPECT_THAT(test::error_of([] { named_pre_tokenizer("zzzzzzzzzzzzzzzz", "f"); }), AllOf(HasSubstr("gpt-2"), HasSubstr("llama-bpe")));
}

TEST(PreTokenizer, BehavioursSayWhatBecomesOfAMatch) {
  EXPECT_EQ(split_at("-", SplitBehaviour::removed, false, "-a--b-"), (Texts{"a", "b"}));
  EXPECT_EQ(split_at("-", SplitBehaviour::isolated, false, "-a--b-"), (Texts{"-", "a", "-", "-", "b", "-"}));
  EXPECT_EQ(split_at("-", SplitBehaviour::merged_with_previous, false, "-a--b-"), (Texts{"-", "a-", "-", "b-"}));
  EXPECT_EQ(split_at("-", SplitBehaviour::merged_with_next, false, "-a--b-"), (Texts{"-a", "-", "-b", "-"}));
  EXPECT_EQ(split_at("-", SplitBehaviour::contiguous, false, "-a--b-"), (Texts{"-", "a", "--", "b", "-"}));
  EXPECT_EQ(split_at("-", SplitBehaviour::removed, true, "-a--b-"), (Texts{"-", "-", "-", "-"}));
}

TEST(PreTokenizer, APrefixIsPutOnceAndOnlyWhereItIsMissing) {
  std::vector<PreTokenizerStep> steps;
  steps.emplace_back(PrefixStep{" "});
  const PreTokenizer everywhere(std::move(steps));
  EXPECT_EQ(texts_of(everywhere, "a"), Texts{" a"});
  EXPECT_EQ(texts_of(everywhere, " a"), Texts{" a"});
  EXPECT_EQ(texts_of(everywhere, ""), Texts{});

  std::vector<PreTokenizerStep> first;
  first.emplace_back(PrefixStep{" ", true});
  const PreTokenizer at_start(std::move(first));
  EXPECT_EQ(at_start.split("a", true).views[0], " a");
  EXPECT_EQ(at_start.split("a", false).views[0], "a");
}

TEST(Pattern, WhiteSpaceIsUnicodes) {
  const std::string spaces = "\u0085\u00a0\u1680\u2003\u2028\u3000";
  EXPECT_EQ(split_at(R"(\s+)", SplitBehaviour::isolated, false, "a" + spaces + "b"), (Texts{"a", spaces, "b"}));
  EXPECT_EQ(split_at(R"([^\s]+)", SplitBehaviour::isolated, false, "\u180e\u200b"), (Texts{"\u180e\u200b"}));
}

TEST(Pattern, LiteralTextMatchesItself) {
  const std::string literal = "a.b*[c]\\ (\n)^$\t▁";
  EXPECT_EQ(split_at(Pattern::literally(literal), SplitBehaviour::isolated, false, "x" + literal + "y"), (Texts{"x", literal, "y"}));
}

TEST(Pattern, EmptyMatchesCutNothing) { EXPECT_EQ(split_at("x*", SplitBehaviour::isolated, false, "axxb"), (Texts{"a", "xx", "b"})); }

TEST(Pattern, WhatDoesNotCompileNamesThePlaceAndTheRegex) {
  EXPECT_THAT(test::error_of([] { Pattern("a(", "f.json: $.x"); }),
              AllOf(HasSubstr("f.json: $.x"), HasSubstr("'a('"), HasSubstr("does not compile")));
}

TEST(Pattern, WhatTwoLibrariesReadDifferentlyIsRefused) {
  EXPECT_THAT(test::error_of([] { Pattern("[a[b]]", "f"); }), HasSubstr("a set inside a set"));
  EXPECT_THAT(test::error_of([] { Pattern("[a&&b]", "f"); }), HasSubstr("an intersection of sets"));
  EXPECT_THAT(test::error_of([] { Pattern(R"(\h+)", "f"); }), HasSubstr(R"(the escape '\h')"));
  EXPECT_THAT(test::error_of([] { Pattern(R"(a\Kb)", "f"); }), HasSubstr(R"(the escape '\K')"));
  EXPECT_NO_THROW(Pattern(R"([]a\[&]|[^]\]])", "f"));
}

TEST(Pattern, APatternThatNeverEndsIsAnErrorNotAHang) {
  const std::string text(200, 'a');
  EXPECT_THAT(test::error_of([&] { split_at("(a|aa)+[bc]", SplitBehaviour::isolated, false, text); }),
              HasSubstr("failed on a text of 200 bytes"));
}

}  // namespace
}  // namespace manabi::text
