#include "text/splitting/normalizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"

namespace manabi::text {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

bool passes_nfc(std::string_view text) {
  size_t offset = 0;
  return is_surely_nfc(text, &offset);
}

TEST(Nfc, ComposedTextOfAnyScriptPasses) {
  for (const char* text : {"", "plain", "café Größe", "Tiếng Việt", "你好，世界", "안녕하세요", "こんにちは がぎぐ", "नमस्ते", "สวัสดี",
                           "🙂👩‍👩‍👧‍👦🏳️‍🌈", "שלום", "مرحبا", "ខ្មែរ"})
    EXPECT_TRUE(passes_nfc(text)) << text;
}

TEST(Nfc, WhatMayNeedComposingIsFoundAtItsByte) {
  size_t offset = 0;
  EXPECT_FALSE(is_surely_nfc("cafe\u0301", &offset));
  EXPECT_EQ(offset, 4u);
  for (const char* text : {"\u212b", "\u1100\u1161", "a\u0323\u0301", "\u2126", "か\u3099", "\u0958", "\U0002f800"})
    EXPECT_FALSE(passes_nfc(text)) << text;
}

TEST(Normalizer, RefusesToComposeAndSaysWhere) {
  std::vector<NormalizerStep> steps;
  steps.emplace_back(NfcStep{"tokenizer.json: $.normalizer"});
  const Normalizer normalizer(std::move(steps));
  EXPECT_EQ(normalizer.normalize("é"), "é");
  EXPECT_THAT(test::error_of([&] { normalizer.normalize("xe\u0301"); }),
              AllOf(HasSubstr("tokenizer.json: $.normalizer"), HasSubstr("byte 2"), HasSubstr("normalization form C")));
}

TEST(Normalizer, StepsApplyInOrder) {
  std::vector<NormalizerStep> steps;
  steps.emplace_back(PrependStep{"_"});
  steps.emplace_back(ReplaceStep{Pattern("_+|b", "test"), "<\\1>"});
  const Normalizer normalizer(std::move(steps));
  EXPECT_EQ(normalizer.normalize("a__b"), "<\\1>a<\\1><\\1>");
  EXPECT_EQ(normalizer.normalize(""), "");
  EXPECT_TRUE(normalizer.rewrites());
}

}  // namespace
}  // namespace manabi::text
