#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/format/json.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/vocabulary.h"
#include "text/tokenizer.h"

namespace manabi::text {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Open : public ::testing::Test {
 protected:
  // vocab.json and merges.txt of the small vocabulary.
  void write_gpt2_files(const std::string& vocabulary_name, const std::string& merges_name, const std::string& extra_merge = "") const {
    base::Json vocabulary = base::Json::object();
    for (const std::string& spelling : test::small_spellings()) vocabulary[spelling] = vocabulary.size();
    folder_.write(vocabulary_name, vocabulary.dump());
    std::string merges = "#version: 0.2\n";
    for (const std::string& merge : test::kSmallMerges) merges += merge + "\r\n";
    folder_.write(merges_name, merges + extra_merge);
  }

  void write_config(const std::string& json) const { folder_.write("tokenizer_config.json", json); }

  std::unique_ptr<Tokenizer> open(const std::string& name = "") const { return open_tokenizer(folder_.path(name)); }
  std::string error(const std::string& name = "") const {
    return test::error_of([&] { open(name); });
  }

  test::TemporaryFolder folder_;
};

TEST_F(Open, AFolderWithoutATokenizerSaysWhatWasLookedFor) {
  EXPECT_THAT(error(), AllOf(HasSubstr("the folder holds no tokenizer"), HasSubstr("tokenizer.json"), HasSubstr("tokenizer.model"),
                             HasSubstr("vocab.json with merges.txt"), HasSubstr("*.gguf")));
  folder_.write("notes.txt", "");
  EXPECT_THAT(error("notes.txt"), AllOf(HasSubstr("notes.txt"), HasSubstr(".gguf")));
  EXPECT_THAT(error("missing"), HasSubstr("there is no such file or folder"));
}

TEST_F(Open, VocabularyAndMergesUnderEitherName) {
  write_gpt2_files("vocab.json", "merges.txt");
  EXPECT_EQ(open()->encode("hello w"), (std::vector<TokenId>{260, 261}));
  EXPECT_EQ(open("vocab.json")->fingerprint(), open()->fingerprint());
  std::filesystem::rename(folder_.path("vocab.json"), folder_.path("encoder.json"));
  EXPECT_THAT(error(), AllOf(HasSubstr("vocab.bpe"), HasSubstr("there is no such file")));
  std::filesystem::rename(folder_.path("merges.txt"), folder_.path("vocab.bpe"));
  EXPECT_EQ(open()->encode("hello w"), (std::vector<TokenId>{260, 261}));
}

TEST_F(Open, TheSameTokenizerHasOneFingerprintInEveryContainer) {
  write_gpt2_files("vocab.json", "merges.txt");
  write_config(R"({"added_tokens_decoder": {"0": {"content": "<|end|>", "special": true}}})");
  folder_.write("m.gguf", test::SmallGguf{}.writer().bytes());
  EXPECT_EQ(open("vocab.json")->fingerprint(), open("m.gguf")->fingerprint());
}

TEST_F(Open, MergesAreNamedByTheirLine) {
  write_gpt2_files("vocab.json", "merges.txt", "\nh e y\n");
  EXPECT_THAT(error(), AllOf(HasSubstr("merges.txt:9: 'h e y'"), HasSubstr("one space")));
  write_gpt2_files("vocab.json", "merges.txt", "h zz\n");
  EXPECT_THAT(error(), AllOf(HasSubstr("merges.txt:8"), HasSubstr("'zz'"), HasSubstr("not in the vocabulary")));
}

TEST_F(Open, ConfigurationNamesTheEnds) {
  write_gpt2_files("vocab.json", "merges.txt");
  folder_.write("config.json", R"({"bos_token_id": 5, "eos_token_id": [6, 7]})");
  EXPECT_EQ(open()->bos(), 5);
  EXPECT_EQ(open()->eos(), 6);
  EXPECT_FALSE(open()->adds_bos());
  folder_.write("special_tokens_map.json", R"({"eos_token": {"content": "<|end|>"}})");
  EXPECT_EQ(open()->eos(), 0);
  write_config(R"({"bos_token": null, "eos_token": "hello", "add_bos_token": true})");
  EXPECT_EQ(open()->bos(), std::nullopt) << "null means that there is none, whatever config.json says";
  EXPECT_EQ(open()->eos(), 260);
  EXPECT_FALSE(open()->adds_bos());
  write_config(R"({"bos_token": "<|end|>", "add_bos_token": true})");
  EXPECT_TRUE(open()->adds_bos());
  folder_.write("config.json", R"({"eos_token_id": 999})");
  folder_.write("special_tokens_map.json", "{}");
  EXPECT_THAT(error(), HasSubstr("the end token's id is 999"));
}

TEST_F(Open, ConfiguredTokensAreFoundInText) {
  write_gpt2_files("vocab.json", "merges.txt");
  write_config(R"({"added_tokens_decoder": {"263": {"content": "<pad>", "special": true}}})");
  folder_.write("added_tokens.json", R"({"<pad>": 263, "<more>": 264})");
  const auto tokenizer = open();
  EXPECT_EQ(tokenizer->size(), 265);
  EXPECT_EQ(tokenizer->encode("hello<pad><more>"), (std::vector<TokenId>{260, 263, 264}));
  EXPECT_TRUE(tokenizer->is_special(263));
  write_config(R"({"added_tokens_decoder": {"x1": {"content": "<pad>"}}})");
  EXPECT_THAT(error(), AllOf(HasSubstr("tokenizer_config.json"), HasSubstr("'x1'")));
}

TEST_F(Open, GroundRulesOfAPrefixSpaceComeFromTheConfiguration) {
  write_gpt2_files("vocab.json", "merges.txt");
  write_config(R"({"add_prefix_space": true})");
  EXPECT_EQ(open()->encode("w").front(), 261);
}

TEST_F(Open, ABrokenNeighbourIsNamed) {
  write_gpt2_files("vocab.json", "merges.txt");
  write_config("{\n  \"bos_token\": 3}");
  EXPECT_THAT(error(), AllOf(HasSubstr("tokenizer_config.json: $.bos_token"), HasSubstr("a string")));
  write_config("{");
  EXPECT_THAT(error(), HasSubstr("tokenizer_config.json"));
}

TEST_F(Open, OneFileOfAKindIsFoundUnderAnyName) {
  folder_.write("anything.gguf", test::SmallGguf{}.writer().bytes());
  EXPECT_EQ(open()->size(), 263);
  folder_.write("another.gguf", test::SmallGguf{}.writer().bytes());
  EXPECT_THAT(error(), HasSubstr("holds no tokenizer"));
}

TEST_F(Open, AFileThatIsNoSentencePieceModelIsAnError) {
  folder_.write("x.model", "not a model");
  EXPECT_THAT(error("x.model"), AllOf(HasSubstr("x.model"), HasSubstr("SentencePiece")));
  folder_.write("x.model", "");
  EXPECT_THAT(error("x.model"), AllOf(HasSubstr("x.model"), HasSubstr("SentencePiece")));
}

// llama2.c's file: the longest token, then score, length and bytes of each.
std::string llama2c(const std::vector<std::string>& tokens, int32_t longest = 16) {
  std::string bytes = test::GgufWriter::plain_bytes(longest);
  float score = 0;
  for (const std::string& token : tokens)
    bytes += test::GgufWriter::plain_bytes(score--) + test::GgufWriter::plain_bytes(static_cast<int32_t>(token.size())) + token;
  return bytes;
}

TEST_F(Open, Llama2cWritesSpacesAsSpaces) {
  folder_.write("tok.bin", llama2c({"<unk>", "\n<s>\n", "\n</s>\n", " ", "a", " a", "b"}));
  const auto tokenizer = open();
  EXPECT_EQ(tokenizer->encode("a b"), (std::vector<TokenId>{5, 3, 6}));
  EXPECT_EQ(tokenizer->decode(std::vector<TokenId>{5, 3, 6}), " a b");
  EXPECT_EQ(tokenizer->bytes_of(1), "<s>");
  EXPECT_EQ(tokenizer->bos(), 1);
  EXPECT_EQ(tokenizer->eos(), 2);
  EXPECT_TRUE(tokenizer->adds_bos());
}

TEST_F(Open, ALlama2cFileIsChecked) {
  const std::string good = llama2c({"<unk>", "<s>", "</s>", "a"});
  folder_.write("tok.bin", good.substr(0, good.size() - 1));
  EXPECT_THAT(error("tok.bin"), AllOf(HasSubstr("the file ends inside the token"), HasSubstr("not its model")));
  folder_.write("tok.bin", "");
  EXPECT_THAT(error("tok.bin"), HasSubstr("the file ends"));
  folder_.write("tok.bin", llama2c({"<unk>", "<s>", "</s>", "abcd"}, 3));
  EXPECT_THAT(error("tok.bin"), AllOf(HasSubstr("has the length 5"), HasSubstr("1 to 3")));
  folder_.write("tok.bin", llama2c({"<unk>"}));
  EXPECT_THAT(error("tok.bin"), HasSubstr("at least three"));
  folder_.write("tok.bin", llama2c({"<unk>", "<s>", "</s>", "a", "a"}));
  EXPECT_THAT(error("tok.bin"), HasSubstr("'a' has two ids, 3 and 4"));
}

}  // namespace
}  // namespace manabi::text
