// Whole tokenizers against vectors that other programs made.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/file.h"
#include "base/format/json.h"
#include "tests/support/data.h"
#include "tests/support/default_model.h"
#include "text/tokenizer.h"

namespace manabi::text {
namespace {

std::string ggml(const std::string& name) { return test::shared_path("tokenizers/ggml/ggml-vocab-" + name + ".gguf"); }

std::string golden_file(const std::string& name) { return std::string(MANABI_SOURCE_FOLDER "/tests/text/golden/") + name; }

// The texts of a ggml .inp file.
std::vector<std::string> ggml_texts(const std::string& path) {
  constexpr std::string_view kSeparator = "\n__ggml_vocab_test__\n";
  const std::string file = base::read_text(path);
  std::vector<std::string> texts;
  size_t at = 0;
  for (size_t end = file.find(kSeparator); end != std::string::npos; end = file.find(kSeparator, at)) {
    texts.push_back(file.substr(at, end - at));
    at = end + kSeparator.size();
  }
  return texts;
}

std::vector<std::vector<TokenId>> ggml_ids(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::vector<TokenId>> all;
  for (std::string line; std::getline(file, line);) {
    std::istringstream numbers(line);
    all.emplace_back(std::istream_iterator<TokenId>(numbers), std::istream_iterator<TokenId>());
  }
  return all;
}

void expect_ggml_vectors(const std::string& name) {
  const auto tokenizer = open_tokenizer(ggml(name));
  const auto texts = ggml_texts(ggml(name) + ".inp");
  const auto ids = ggml_ids(ggml(name) + ".out");
  ASSERT_GE(texts.size(), 40u);
  ASSERT_EQ(texts.size(), ids.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(tokenizer->encode(texts[i]), ids[i]) << "text " << i << ": " << texts[i];
    EXPECT_EQ(tokenizer->decode(ids[i]), texts[i]);
  }
}

TEST(Vectors, Gpt2AgreesWithGgml) {
  MANABI_NEEDS(ggml("gpt-2"));
  expect_ggml_vectors("gpt-2");
}

TEST(Vectors, MptAgreesWithGgml) {
  MANABI_NEEDS(ggml("mpt"));
  expect_ggml_vectors("mpt");
}

TEST(Vectors, Gpt2sOwnFilesAreTheSameTokenizerAsItsGguf) {
  MANABI_NEEDS(test::shared_path("tokenizers/GPT-2/encoder.json"));
  MANABI_NEEDS(ggml("gpt-2"));
  const auto own = open_tokenizer(test::shared_path("tokenizers/GPT-2"));
  const auto gguf = open_tokenizer(ggml("gpt-2"));
  EXPECT_EQ(own->size(), gguf->size());
  EXPECT_EQ(own->bos(), gguf->bos());
  EXPECT_EQ(own->eos(), gguf->eos());
  EXPECT_FALSE(own->adds_bos());
  EXPECT_EQ(own->fingerprint(), gguf->fingerprint());
  for (const std::string& text : ggml_texts(ggml("gpt-2") + ".inp")) EXPECT_EQ(own->encode(text), gguf->encode(text));
}

void expect_sentencepiece_vectors(const std::string& name, const std::string& path, bool round_trips) {
  const auto tokenizer = open_tokenizer(path);
  const base::Json golden = base::read_json(golden_file("sentencepiece.json")).at(name);
  ASSERT_GE(golden.size(), 30u);
  for (const base::Json& vector : golden) {
    const auto text = vector.at("text").get<std::string>();
    const auto ids = vector.at("ids").get<std::vector<TokenId>>();
    EXPECT_EQ(tokenizer->encode(text), ids) << text;
    if (!round_trips || text.find('<') != std::string::npos) continue;
    EXPECT_EQ(tokenizer->decode(ids), " " + text);
  }
}

TEST(Vectors, LlamasGgufAgreesWithLlamaCpp) {
  MANABI_NEEDS(ggml("llama-spm"));
  expect_sentencepiece_vectors("llama-spm", ggml("llama-spm"), true);
}

TEST(Vectors, Llama2csFileAgreesWithItsOwnAlgorithm) {
  MANABI_NEEDS(test::shared_path("models/stories260K/tok512.bin"));
  expect_sentencepiece_vectors("tok512", test::shared_path("models/stories260K/tok512.bin"), true);
}

TEST(Vectors, AModelFileAgreesWithSentencePiece) {
  MANABI_NEEDS(test::shared_path("models/babyllama_tok105/tok105.model"));
  expect_sentencepiece_vectors("tok105", test::shared_path("models/babyllama_tok105/tok105.model"), false);
}

TEST(Vectors, Smollm2AgreesWithTheGoldenFile) {
  MANABI_NEEDS_DEFAULT_MODEL();
  const auto tokenizer = open_tokenizer(test::default_model_path());
  const base::Json golden = base::read_json(golden_file("smollm2.json"));
  ASSERT_GE(golden.at("vectors").size(), 150u);
  for (const base::Json& vector : golden.at("vectors")) {
    const auto text = vector.at("text").get<std::string>();
    const auto ids = vector.at("ids").get<std::vector<TokenId>>();
    EXPECT_EQ(tokenizer->encode(text), ids) << text;
    EXPECT_EQ(tokenizer->decode(ids), text);
  }
}

}  // namespace
}  // namespace manabi::text
