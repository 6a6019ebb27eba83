// Properties of whole tokenizers on random text.
#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "base/format/utf8.h"
#include "base/random.h"
#include "tests/support/data.h"
#include "tests/support/default_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/vocabulary.h"
#include "text/tokenizer.h"
#include "text/utf8.h"

namespace manabi::text {
namespace {

// What SentencePiece writes for a space: text that has one itself does not come back.
constexpr char32_t kSpaceMark = 0x2581;

// Letters, digits, blanks and marks far more often than rare planes, so that every branch of a pattern is met.
char32_t random_code_point(base::Rng& rng) {
  constexpr std::u32string_view kCommon = U"aehlotw EHL 0123 ''\n\n\t  .,!-_<|>éßжи学び한🙂\u0301\u200d\u00a0\u3000٣²";
  if (rng.below(4) > 0) return kCommon[rng.below(kCommon.size())];
  const auto code_point = static_cast<char32_t>(rng.below(rng.below(2) ? 0x3000 : 0x110000));
  const bool is_excluded = (code_point >= 0xd800 && code_point < 0xe000) || code_point == kSpaceMark;
  return is_excluded ? U'\ufffd' : code_point;
}

std::string random_text(base::Rng& rng, uint64_t longest) {
  std::string text;
  const uint64_t length = rng.below(longest);
  for (uint64_t i = 0; i < length; ++i) text += utf8_of(random_code_point(rng));
  return text;
}

// Without the characters that a vocabulary refuses: the default model's has no token for some control characters and for the planes above 3.
std::string known_text(const Tokenizer& tokenizer, const std::string& text) {
  try {
    tokenizer.encode(text);
    return text;
  } catch (const base::Error&) {
  }
  std::string known;
  for (size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    for (end = begin + 1; end < text.size() && continues_character(text[end]);) ++end;
    const std::string character = text.substr(begin, end - begin);
    try {
      tokenizer.encode(character);
      known += character;
    } catch (const base::Error&) {
    }
  }
  return known;
}

void expect_round_trips(const Tokenizer& tokenizer, const std::string& prefix, int trials) {
  base::Rng rng(7);
  for (int trial = 0; trial < trials; ++trial) {
    const std::string text = known_text(tokenizer, random_text(rng, trial % 20 == 0 ? 400 : 40));
    const std::vector<TokenId> ids = tokenizer.encode(text);
    ASSERT_EQ(tokenizer.decode(ids), text.empty() ? "" : prefix + text) << "trial " << trial;
    ASSERT_EQ(tokenizer.decode(tokenizer.encode(text, Specials::literal)), text.empty() ? "" : prefix + text) << "trial " << trial;
    for (const TokenId id : ids) ASSERT_TRUE(id >= 0 && id < tokenizer.size());
  }
}

TEST(RoundTrip, ByteLevelTokenizersKeepEveryByteWhateverTheFamily) {
  const test::TemporaryFolder folder;
  for (const char* family : {"default", "gpt-2", "smollm", "llama-bpe", "qwen2"}) {
    SCOPED_TRACE(family);
    expect_round_trips(*open_tokenizer(folder.write("m.gguf", test::SmallGguf{.pre = family}.writer().bytes())), "", 500);
  }
}

TEST(RoundTrip, TheDefaultModelKeepsEveryByte) {
  MANABI_NEEDS_DEFAULT_MODEL();
  expect_round_trips(*open_tokenizer(test::default_model_path()), "", 3000);
}

TEST(RoundTrip, LlamaKeepsEveryByteBehindItsDummyPrefix) {
  const std::string path = test::shared_path("tokenizers/ggml/ggml-vocab-llama-spm.gguf");
  MANABI_NEEDS(path);
  expect_round_trips(*open_tokenizer(path), " ", 1000);
}

TEST(RoundTrip, EveryTokenOfTheDefaultModelButSomeIsWhatItsOwnBytesEncodeTo) {
  MANABI_NEEDS_DEFAULT_MODEL();
  const auto tokenizer = open_tokenizer(test::default_model_path());
  int64_t itself = 0;
  for (TokenId id = 0; id < tokenizer->size(); ++id) {
    const std::string bytes = tokenizer->bytes_of(id);
    ASSERT_FALSE(bytes.empty()) << id;
    if (!base::is_valid_utf8(bytes)) continue;
    const std::vector<TokenId> ids = tokenizer->encode(bytes);
    ASSERT_EQ(tokenizer->decode(ids), bytes);
    itself += ids == std::vector<TokenId>{id};
  }
  EXPECT_GT(itself, tokenizer->size() * 95 / 100);
}

TEST(RoundTrip, ManyThreadsMayEncodeAtOnce) {
  const test::TemporaryFolder folder;
  const auto tokenizer = open_tokenizer(folder.write("m.gguf", test::SmallGguf{.pre = "smollm"}.writer().bytes()));
  base::Rng rng(3);
  std::vector<std::string> texts(200);
  for (std::string& text : texts) text = random_text(rng, 100);
  std::vector<std::vector<TokenId>> expected;
  for (const std::string& text : texts) expected.push_back(tokenizer->encode(text));
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (size_t thread = 0; thread < wrong.size(); ++thread)
    threads.emplace_back([&, thread] {
      for (size_t i = 0; i < texts.size(); ++i) wrong[thread] += tokenizer->encode(texts[i]) != expected[i];
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(wrong.size()));
}

// A run of one letter is one piece: the cost of merging it must not grow with its square.
TEST(RoundTrip, AVeryLongWordIsEncodedInReasonableTime) {
  const test::TemporaryFolder folder;
  const auto tokenizer = open_tokenizer(folder.write("m.gguf", test::SmallGguf{}.writer().bytes()));
  const std::string text(300'000, 'l');
  EXPECT_EQ(tokenizer->encode(text).size(), text.size() / 2);
}

}  // namespace
}  // namespace manabi::text
