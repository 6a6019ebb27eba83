// The tokenizer of whole words: what it writes is read back as the words that it was made of.
#include "text/open/word_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/error.h"
#include "text/open/open.h"

namespace manabi::text {
namespace {

const std::vector<std::string> kWords = {"a", "ab", ":", ";", "b"};

TEST(WordTokenizer, AWordIsATokenWhateverWhiteSpaceStandsAround) {
  const auto tokenizer = parse_tokenizer_json(word_tokenizer_json(kWords), "words");
  EXPECT_EQ(tokenizer->size(), std::ssize(kWords));
  const std::vector<TokenId> expected = {1, 0, 2, 4, 3};
  EXPECT_EQ(tokenizer->encode("ab a : b ;"), expected);
  EXPECT_EQ(tokenizer->encode(" ab  a\n: b ; \n"), expected);
  EXPECT_EQ(tokenizer->encode(tokenizer->decode(expected)), expected);
  EXPECT_TRUE(tokenizer->encode("").empty());
}

// A folder's tokenizer_config.json then says which of them begins and ends.
TEST(WordTokenizer, SpecialTokensHaveTheIdsBehindTheWords) {
  const std::vector<std::string> specials = {"<begin>", "<end>"};
  const auto tokenizer = parse_tokenizer_json(word_tokenizer_json(kWords, specials), "words");
  EXPECT_EQ(tokenizer->size(), std::ssize(kWords) + 2);
  const std::vector<TokenId> expected = {5, 1, 2, 6};
  EXPECT_EQ(tokenizer->encode("<begin> ab : <end>"), expected);
  EXPECT_TRUE(tokenizer->is_special(6));
  EXPECT_EQ(tokenizer->bytes_of(6), "<end>");
}

TEST(WordTokenizer, AnotherWordIsNamed) {
  const auto tokenizer = parse_tokenizer_json(word_tokenizer_json(kWords), "words");
  EXPECT_THAT(test::error_of([&] { tokenizer->encode("a cat"); }), testing::HasSubstr("cat"));
}

}  // namespace
}  // namespace manabi::text
