#include "text/symbols/symbol_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"

namespace manabi::text {
namespace {

using testing::HasSubstr;

TEST(SymbolTokenizer, ReadsTheLongestSymbolThatFits) {
  const SymbolTokenizer tokenizer({"a", "ab", "abc", "->", "-", "\n"});
  EXPECT_EQ(tokenizer.encode("abcab-a->\n"), (std::vector<TokenId>{2, 1, 4, 0, 3, 5}));
  EXPECT_EQ(tokenizer.encode(""), std::vector<TokenId>());
  for (TokenId id = 0; id < tokenizer.size(); ++id) EXPECT_EQ(tokenizer.encode(tokenizer.bytes_of(id)), std::vector<TokenId>{id});
}

TEST(SymbolTokenizer, WhatIsNoSymbolIsNamedWithItsPlace) {
  const SymbolTokenizer tokenizer({"a", "abc"});
  EXPECT_THAT(test::error_of([&] { tokenizer.encode("aab"); }), HasSubstr("byte 2"));
  EXPECT_THAT(test::error_of([&] { tokenizer.bytes_of(2); }), HasSubstr("0 to 1"));
  EXPECT_THAT(test::error_of([] { SymbolTokenizer({"a", "b", "a"}); }), HasSubstr("each once"));
  EXPECT_THAT(test::error_of([] { SymbolTokenizer({""}); }), HasSubstr("at least one byte"));
}

TEST(SymbolTokenizer, ItsFingerprintTellsListsApart) {
  EXPECT_NE(SymbolTokenizer({"ab", "c"}).fingerprint(), SymbolTokenizer({"a", "bc"}).fingerprint());
  EXPECT_EQ(SymbolTokenizer({"ab", "c"}).fingerprint(), SymbolTokenizer({"ab", "c"}).fingerprint());
}

}  // namespace
}  // namespace manabi::text
