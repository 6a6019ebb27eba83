#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/format/json.h"
#include "tests/support/error.h"
#include "text/open/open.h"

namespace manabi::text {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const base::Json& golden() {
  static const base::Json document = base::read_json(MANABI_SOURCE_FOLDER "/tests/text/golden/tokenizer_json.json");
  return document;
}

base::Json patched(const std::string& base_name, const base::Json& patch = base::Json::object()) {
  base::Json document = golden().at(base_name);
  document.merge_patch(patch);
  return document;
}

std::unique_ptr<Tokenizer> open(const base::Json& document) { return parse_tokenizer_json(document.dump(), "tokenizer.json"); }

std::string error(const std::string& base_name, const std::string& patch) {
  return test::error_of([&] { open(patched(base_name, base::Json::parse(patch))); });
}

// Normalizers and pre-tokenizers of every kind, added tokens with every flag.
TEST(TokenizerJson, EveryComponentAgreesWithHuggingFacesLibrary) {
  ASSERT_GE(golden().at("cases").size(), 20u);
  for (const base::Json& one : golden().at("cases")) {
    const auto name = one.at("name").get<std::string>();
    const auto tokenizer = open(patched(one.at("base").get<std::string>(), one.at("patch")));
    for (const base::Json& vector : one.at("vectors"))
      EXPECT_EQ(tokenizer->encode(vector[0].get<std::string>()), vector[1].get<std::vector<TokenId>>()) << name << ": '" << vector[0] << "'";
  }
}

TEST(TokenizerJson, BytesAreExact) {
  const auto bytes = open(patched("bytes"));
  const std::string text = "the cat\n naïve 🙂 学び";
  EXPECT_EQ(bytes->decode(bytes->encode(text)), text);
  const auto characters = open(patched("characters"));
  EXPECT_EQ(characters->decode(characters->encode(text)), " " + text);
}

constexpr const char* kTemplate = R"({"post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens": {}}]}})";

TEST(TokenizerJson, ATemplateDecidesTheBeginningToken) {
  const auto with = open(patched("characters", base::Json::parse(kTemplate)));
  EXPECT_TRUE(with->adds_bos());
  EXPECT_EQ(with->bytes_of(with->bos().value()), "<s>");
  const auto without = open(patched("characters"));
  EXPECT_FALSE(without->adds_bos());
  EXPECT_EQ(without->bos(), std::nullopt);
  EXPECT_THAT(error("bytes", kTemplate), AllOf(HasSubstr("$.post_processor"), HasSubstr("'<s>' is not in the vocabulary")));
}

TEST(TokenizerJson, WhatIsNotSupportedIsNamedByItsPath) {
  EXPECT_THAT(error("bytes", R"({"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "NFKD"}]}})"),
              AllOf(HasSubstr("tokenizer.json: $.normalizer.normalizers[1].type"), HasSubstr("'NFKD' is not supported")));
  EXPECT_THAT(error("bytes", R"({"pre_tokenizer": {"type": "Whitespace"}})"), AllOf(HasSubstr("$.pre_tokenizer.type"), HasSubstr("Split")));
  EXPECT_THAT(error("bytes", R"({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}, {"type": "Digits"}]}})"),
              AllOf(HasSubstr("$.pre_tokenizer.pretokenizers[1]"), HasSubstr("behind ByteLevel")));
  EXPECT_THAT(error("bytes", R"({"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "["}, "behavior": "Isolated"}})"),
              AllOf(HasSubstr("$.pre_tokenizer.pattern"), HasSubstr("does not compile")));
  EXPECT_THAT(error("bytes", R"({"pre_tokenizer": {"type": "Split", "pattern": {"String": "x"}, "behavior": "Maybe"}})"),
              AllOf(HasSubstr("$.pre_tokenizer.behavior"), HasSubstr("'Maybe'")));
  EXPECT_THAT(error("bytes", R"({"decoder": {"type": "WordPiece"}})"), HasSubstr("$.decoder.type"));
  EXPECT_THAT(error("bytes", R"({"post_processor": {"type": "BertProcessing"}})"), HasSubstr("$.post_processor.type"));
  EXPECT_THAT(error("bytes", R"({"model": {"type": "WordLevel"}})"), AllOf(HasSubstr("$.model.type"), HasSubstr("BPE")));
  EXPECT_THAT(error("bytes", R"({"model": {"dropout": 0.1}})"), AllOf(HasSubstr("$.model.dropout"), HasSubstr("0.1")));
  EXPECT_THAT(error("bytes", R"({"model": {"end_of_word_suffix": "</w>"}})"), HasSubstr("$.model.end_of_word_suffix"));
  EXPECT_THAT(error("characters", R"({"pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "last"}})"),
              HasSubstr("$.pre_tokenizer.prepend_scheme"));
  EXPECT_THAT(error("characters", R"({"added_tokens": [{"id": 0, "content": "<unk>", "normalized": true}]})"),
              AllOf(HasSubstr("$.added_tokens"), HasSubstr("'<unk>'")));
}

TEST(TokenizerJson, WrongTypesAreNamedByTheirPath) {
  EXPECT_THAT(error("bytes", R"({"model": {"vocab": [1]}})"), AllOf(HasSubstr("$.model.vocab"), HasSubstr("array"), HasSubstr("an object")));
  EXPECT_THAT(error("bytes", R"({"model": {"merges": null}})"), AllOf(HasSubstr("$.model.merges"), HasSubstr("an array")));
  EXPECT_THAT(error("bytes", R"({"model": {"vocab": {"a": "b"}}})"), AllOf(HasSubstr("$.model.vocab.a"), HasSubstr("an integer")));
  EXPECT_THAT(error("bytes", R"({"model": {"merges": [["a"]]}})"), AllOf(HasSubstr("$.model.merges[0]"), HasSubstr("two tokens")));
  EXPECT_THAT(error("bytes", R"({"model": {"merges": ["a b c"]}})"), HasSubstr("$.model.merges[0]"));
  EXPECT_THAT(error("bytes", R"({"model": {"ignore_merges": 1}})"), HasSubstr("$.model.ignore_merges"));
  EXPECT_THAT(error("bytes", R"({"pre_tokenizer": "ByteLevel"})"), AllOf(HasSubstr("$.pre_tokenizer"), HasSubstr("an object")));
  EXPECT_THAT(test::error_of([] { parse_tokenizer_json("[]", "t.json"); }), AllOf(HasSubstr("t.json: $"), HasSubstr("an object")));
  EXPECT_THAT(test::error_of([] { parse_tokenizer_json("{", "t.json"); }), HasSubstr("t.json"));
}

TEST(TokenizerJson, HolesAndDuplicatesAreErrors) {
  EXPECT_THAT(error("bytes", R"({"model": {"vocab": {"!": null}}})"), AllOf(HasSubstr("$.model.vocab"), HasSubstr("hole")));
  EXPECT_THAT(error("bytes", R"({"model": {"vocab": {"!": 5}}})"), AllOf(HasSubstr("$.model.vocab"), HasSubstr("same id 5")));
  EXPECT_THAT(error("bytes", R"({"model": {"vocab": {"!": -1}}})"), AllOf(HasSubstr("$.model.vocab.!: the id -1"), HasSubstr("0 or more")));
  EXPECT_THAT(error("bytes", R"({"added_tokens": [{"id": 0, "content": "<x>"}]})"),
              AllOf(HasSubstr("the id 0 is both '!'"), HasSubstr("'<x>'")));
  EXPECT_THAT(error("bytes", R"({"added_tokens": [{"id": 4294967296, "content": "<x>"}]})"),
              AllOf(HasSubstr("$.added_tokens[0].id"), HasSubstr("4294967296")));
  EXPECT_THAT(error("bytes", R"({"added_tokens": [{"id": 9999, "content": "<x>"}]})"), AllOf(HasSubstr("9999"), HasSubstr("hole")));
  EXPECT_THAT(error("bytes", R"({"added_tokens": [{"id": 0, "content": "!"}, {"id": 462, "content": "<y>"}]})"),
              HasSubstr("no token has the id 461"));
}

TEST(TokenizerJson, AMergeOfUnknownTokensIsNamedByItsPath) {
  EXPECT_THAT(error("bytes", R"({"model": {"merges": [["t", "h"], ["q", "q"]]}})"), AllOf(HasSubstr("$.model.merges[1]"), HasSubstr("'qq'")));
}

TEST(TokenizerJson, ACharacterWithoutATokenIsAnErrorWhenNothingStandsForIt) {
  const auto tokenizer = open(patched("characters", base::Json::parse(R"({"model": {"byte_fallback": false, "unk_token": null}})")));
  EXPECT_THAT(test::error_of([&] { tokenizer->encode("🙂"); }), HasSubstr("no token for '🙂'"));
}

}  // namespace
}  // namespace manabi::text
