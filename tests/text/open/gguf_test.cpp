#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/vocabulary.h"
#include "text/tokenizer.h"

namespace manabi::text {
namespace {

using test::SmallGguf;
using ::testing::AllOf;
using ::testing::HasSubstr;

class GgufTokenizer : public ::testing::Test {
 protected:
  std::unique_ptr<Tokenizer> open(const test::GgufWriter& writer) const { return open_tokenizer(folder_.write("m.gguf", writer.bytes())); }
  std::unique_ptr<Tokenizer> open(const SmallGguf& small) const { return open(small.writer()); }

  template <class Thing>
  std::string error(const Thing& thing) const {
    return test::error_of([&] { open(thing); });
  }

  test::TemporaryFolder folder_;
};

constexpr TokenId kHello = 260;  // 1 + 256 + 3

TEST_F(GgufTokenizer, MergesBytesAndFindsSpecialTokens) {
  const auto tokenizer = open(SmallGguf{});
  EXPECT_EQ(tokenizer->encode("hello"), std::vector<TokenId>{kHello});
  EXPECT_EQ(tokenizer->encode("hello<|end|>"), (std::vector<TokenId>{kHello, 0}));
  EXPECT_GT(tokenizer->encode("<|end|>", Specials::literal).size(), 1u);
  EXPECT_TRUE(tokenizer->is_special(0));
  EXPECT_FALSE(tokenizer->is_special(kHello));
  EXPECT_EQ(tokenizer->bytes_of(kHello), "hello");
  EXPECT_EQ(tokenizer->bytes_of(0), "<|end|>");
  EXPECT_EQ(tokenizer->bytes_of(1), std::string(1, '\0'));
  EXPECT_EQ(tokenizer->size(), 263);
}

TEST_F(GgufTokenizer, TheBeginningTokenFollowsTheKeyThenTheFamily) {
  EXPECT_FALSE(open(SmallGguf{})->adds_bos());
  EXPECT_FALSE(open(SmallGguf{.pre = "llama-bpe"})->adds_bos()) << "no beginning token to add";

  test::GgufWriter llama = SmallGguf{.pre = "llama-bpe"}.writer();
  llama.key("tokenizer.ggml.bos_token_id", uint32_t{0});
  EXPECT_TRUE(open(llama)->adds_bos());
  EXPECT_EQ(open(llama)->bos(), 0);
  EXPECT_EQ(open(llama)->eos(), std::nullopt);

  llama.key("tokenizer.ggml.add_bos_token", false);
  EXPECT_FALSE(open(llama)->adds_bos());

  test::GgufWriter gpt2 = SmallGguf{}.writer();
  gpt2.key("tokenizer.ggml.add_bos_token", true);
  EXPECT_THAT(error(gpt2), AllOf(HasSubstr("tokenizer.ggml.add_bos_token"), HasSubstr("names no beginning token")));
}

TEST_F(GgufTokenizer, AWholePieceIsTakenBeforeMergesWhereTheFamilySaysSo) {
  const SmallGguf gpt2{.merges = {}};
  EXPECT_EQ(open(gpt2)->encode("hello").size(), 5u);
  const SmallGguf llama{.merges = {}, .pre = "llama-bpe"};
  EXPECT_EQ(open(llama)->encode("hello"), std::vector<TokenId>{kHello});
}

TEST_F(GgufTokenizer, AFileWithoutAFamilyCutsAsItsArchitectureDoes) {
  test::GgufWriter neox = SmallGguf{.pre = ""}.writer();
  neox.key("general.architecture", "gptneox");
  EXPECT_EQ(open(neox)->fingerprint(), open(SmallGguf{})->fingerprint());
  EXPECT_EQ(open(SmallGguf{.pre = ""})->fingerprint(), open(SmallGguf{.pre = "default"})->fingerprint());
}

TEST_F(GgufTokenizer, TheFingerprintFollowsEverythingThatChangesAnId) {
  const std::string original = open(SmallGguf{})->fingerprint();
  SmallGguf merges;
  std::swap(merges.merges[0], merges.merges[1]);
  SmallGguf tokens;
  std::swap(tokens.tokens[1], tokens.tokens[2]);
  SmallGguf types;
  types.types[5] = 4;
  EXPECT_NE(open(merges)->fingerprint(), original);
  EXPECT_NE(open(tokens)->fingerprint(), original);
  EXPECT_NE(open(types)->fingerprint(), original);
  EXPECT_NE(open(SmallGguf{.pre = "smollm"})->fingerprint(), original);
  EXPECT_EQ(open(SmallGguf{})->fingerprint(), original);
}

TEST_F(GgufTokenizer, AnIdOutsideTheVocabularyIsAnError) {
  const auto tokenizer = open(SmallGguf{});
  for (const TokenId id : {-1, 263}) {
    EXPECT_THAT(test::error_of([&] { tokenizer->bytes_of(id); }),
                AllOf(HasSubstr("no token has the id " + std::to_string(id)), HasSubstr("0 to 262")));
    EXPECT_THAT(test::error_of([&] { tokenizer->is_special(id); }), HasSubstr("no token has the id"));
    EXPECT_THAT(test::error_of([&] { tokenizer->decode(std::vector<TokenId>{0, id}); }), HasSubstr("no token has the id"));
  }
}

TEST_F(GgufTokenizer, TextThatIsNotUtf8IsAnErrorWithItsByte) {
  const auto tokenizer = open(SmallGguf{});
  EXPECT_THAT(test::error_of([&] { tokenizer->encode("ab\xff"); }), AllOf(HasSubstr("byte 2 "), HasSubstr("UTF-8")));
  EXPECT_THAT(test::error_of([&] { tokenizer->encode("a\xe5\xad"); }), HasSubstr("byte 1 "));
}

TEST_F(GgufTokenizer, ATokenTwiceOrEmptyIsAnError) {
  SmallGguf twice;
  twice.tokens[260] = twice.tokens[1];
  EXPECT_THAT(error(twice), AllOf(HasSubstr("m.gguf"), HasSubstr("two ids, 1 and 260")));
  SmallGguf empty;
  empty.tokens[7] = "";
  EXPECT_THAT(error(empty), HasSubstr("no token has the id 7"));
}

TEST_F(GgufTokenizer, AMergeOfUnknownTokensIsAnErrorWithItsPlace) {
  SmallGguf unknown;
  unknown.merges[1] = "l xyz";
  EXPECT_THAT(error(unknown), AllOf(HasSubstr("tokenizer.ggml.merges[1]"), HasSubstr("'xyz'"), HasSubstr("not in the vocabulary")));
  SmallGguf result;
  result.merges[2] = "l o";
  EXPECT_THAT(error(result), AllOf(HasSubstr("tokenizer.ggml.merges[2]"), HasSubstr("'lo'")));
  for (const char* merge : {"hello", " h", "h ", "h e l", ""}) {
    SmallGguf shape;
    shape.merges[0] = merge;
    EXPECT_THAT(error(shape), AllOf(HasSubstr("tokenizer.ggml.merges[0]"), HasSubstr("one space"))) << merge;
  }
}

TEST_F(GgufTokenizer, CountsTypesAndEndsAreChecked) {
  SmallGguf types;
  types.types.pop_back();
  EXPECT_THAT(error(types), AllOf(HasSubstr("tokenizer.ggml.token_type: 262 entries"), HasSubstr("263, one for each token")));
  SmallGguf kind;
  kind.types[3] = 9;
  EXPECT_THAT(error(kind), HasSubstr("token 3 has the type 9"));
  for (const int64_t id : {int64_t{-1}, int64_t{263}, int64_t{1} << 40}) {
    test::GgufWriter ends = SmallGguf{}.writer();
    ends.key("tokenizer.ggml.eos_token_id", id);
    EXPECT_THAT(error(ends), AllOf(HasSubstr("tokenizer.ggml.eos_token_id"), HasSubstr("0 to 262"))) << id;
  }
}

TEST_F(GgufTokenizer, AnUnknownFamilyOrModelNamesTheKnownOnes) {
  EXPECT_THAT(error(SmallGguf{.pre = "gpt2"}), AllOf(HasSubstr("tokenizer.ggml.pre"), HasSubstr("did you mean 'gpt-2'?")));
  test::GgufWriter bert;
  bert.key("tokenizer.ggml.model", "bert");
  EXPECT_THAT(error(bert), AllOf(HasSubstr("'bert' is not supported"), HasSubstr("gpt2"), HasSubstr("llama")));
  EXPECT_THAT(error(test::GgufWriter()), AllOf(HasSubstr("holds no tokenizer"), HasSubstr("tokenizer.ggml.model")));
}

// A Llama vocabulary in miniature: unknown, beginning and end, the bytes, pieces with scores.
test::GgufWriter llama_writer(const std::vector<std::string>& pieces) {
  std::vector<std::string> tokens = {"<unk>", "<s>", "</s>"};
  std::vector<int32_t> types = {2, 3, 3};
  for (int byte = 0; byte < 256; ++byte) tokens.push_back(byte_piece(static_cast<unsigned char>(byte)));
  types.resize(tokens.size(), 6);
  tokens.insert(tokens.end(), pieces.begin(), pieces.end());
  types.resize(tokens.size(), 1);
  std::vector<float> scores(tokens.size());
  for (size_t id = 259; id < tokens.size(); ++id) scores[id] = 259.0f - static_cast<float>(id);
  test::GgufWriter writer;
  writer.key("tokenizer.ggml.model", "llama");
  writer.array("tokenizer.ggml.tokens", tokens);
  writer.array("tokenizer.ggml.token_type", types);
  writer.array("tokenizer.ggml.scores", scores);
  writer.key("tokenizer.ggml.bos_token_id", uint32_t{1});
  writer.key("tokenizer.ggml.eos_token_id", uint32_t{2});
  return writer;
}

const std::vector<std::string> kPieces = {"▁a", "▁", "a", "b", "▁ab"};  // ids from 259

TEST_F(GgufTokenizer, SentencePieceMergesByScoreAndFallsBackToBytes) {
  const auto tokenizer = open(llama_writer(kPieces));
  EXPECT_EQ(tokenizer->encode("ab"), std::vector<TokenId>{263});
  EXPECT_EQ(tokenizer->encode("b\n"), (std::vector<TokenId>{260, 262, 3 + '\n'}));
  EXPECT_EQ(tokenizer->bytes_of(3 + '\n'), "\n");
  EXPECT_EQ(tokenizer->bytes_of(3 + 0xff), "\xff");
  EXPECT_EQ(tokenizer->bytes_of(259), " a");
  EXPECT_EQ(tokenizer->encode("a</s>b"), (std::vector<TokenId>{259, 2, 260, 262}));
  EXPECT_TRUE(tokenizer->adds_bos());
  EXPECT_TRUE(tokenizer->is_special(0));
  EXPECT_FALSE(tokenizer->is_special(3));
}

TEST_F(GgufTokenizer, TheDummyPrefixFollowsItsKey) {
  test::GgufWriter writer = llama_writer(kPieces);
  writer.key("tokenizer.ggml.add_space_prefix", false);
  EXPECT_EQ(open(writer)->encode("a"), std::vector<TokenId>{261});
  EXPECT_NE(open(writer)->fingerprint(), open(llama_writer(kPieces))->fingerprint());
}

TEST_F(GgufTokenizer, ASentencePieceVocabularyIsChecked) {
  EXPECT_THAT(error(llama_writer({"a", "b", "a"})), AllOf(HasSubstr("tokenizer.ggml.tokens"), HasSubstr("'a' has two ids, 259 and 261")));
  EXPECT_THAT(error(llama_writer({""})), AllOf(HasSubstr("m.gguf"), HasSubstr("SentencePiece cannot read this vocabulary")));
}

}  // namespace
}  // namespace manabi::text
