#include "learn/generation/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/format/utf8.h"
#include "learn/generation/text_stream.h"
#include "tests/support/error.h"
#include "tests/support/toy_checkpoint.h"

namespace manabi::learn {
namespace {

using test::fault_of;
using test::toy_checkpoint;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The next token by definition: the whole sequence anew, the first of the largest logits.
TokenId naive_next(const model::Checkpoint& checkpoint, const std::vector<TokenId>& tokens) {
  const model::Row row{.tokens = tokens, .wanted = {static_cast<int64_t>(tokens.size()) - 1}};
  return static_cast<TokenId>(checkpoint.lm->logits(checkpoint.lm->forward(std::span(&row, 1)).hidden)[0].argmax().item<int64_t>());
}

std::string naive_greedy(const model::Checkpoint& checkpoint, const std::string& prompt, int64_t count) {
  std::vector<TokenId> tokens = checkpoint.tokenizer->encode(prompt);
  TextStream stream("", {});
  for (int64_t step = 0; step < count; ++step) {
    tokens.push_back(naive_next(checkpoint, tokens));
    if (tokens.back() == checkpoint.tokenizer->eos()) break;
    stream.push(checkpoint.tokenizer->bytes_of(tokens.back()));
  }
  stream.finish();
  return stream.text();
}

TEST(Generate, GreedyTakesTheLikeliestTokenOneAtATime) {
  const model::Checkpoint checkpoint = toy_checkpoint({});
  for (const std::string prompt : {"a", "some text", "x y z"}) {
    test::toy_lm_of(checkpoint);
    const std::string expected = naive_greedy(checkpoint, prompt, 50);
    EXPECT_EQ(generate(checkpoint, prompt, {.tokens = 50}), expected);
    EXPECT_EQ(test::toy_lm_of(checkpoint).calls().back().tokens, 1) << "cached: one token a step";
  }
}

TEST(Generate, PiecesAreWholeCharactersAndMakeTheText) {
  const model::Checkpoint checkpoint = toy_checkpoint({.words = {"\xc3", "\xa9", "\xe2\x82", "\xac", "ab"}});
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::string joined;
    const std::string text = generate(checkpoint, "a", {.tokens = 80, .temperature = 1, .seed = seed}, [&](const std::string& piece) {
      EXPECT_TRUE(base::is_valid_utf8(piece));
      joined += piece;
    });
    EXPECT_EQ(joined, text);
  }
}

TEST(Generate, ADrawIsAPureFunctionOfItsSeed) {
  const model::Checkpoint checkpoint = toy_checkpoint({});
  const auto draw = [&](uint64_t seed, int64_t tokens) { return generate(checkpoint, "a", {.tokens = tokens, .temperature = 1, .seed = seed}); };
  EXPECT_EQ(draw(1, 40), draw(1, 40));
  EXPECT_NE(draw(1, 40), draw(2, 40));
}

TEST(Generate, TemperatureFollowsTheModelsDistribution) {
  const model::Checkpoint checkpoint = toy_checkpoint({});
  const std::vector<TokenId> prompt = checkpoint.tokenizer->encode("q");
  const model::Row row{.tokens = prompt, .wanted = {0}};
  const at::Tensor shares = checkpoint.lm->logits(checkpoint.lm->forward(std::span(&row, 1)).hidden)[0].softmax(0);
  double ascii = 0;
  for (int64_t token = 0; token < 128; ++token) ascii += shares[token].item<double>();
  ascii /= 1 - shares[test::ToyTokenizer::kEnd].item<double>();
  int64_t drawn = 0, drawn_ascii = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    const std::string text = generate(checkpoint, "q", {.tokens = 1, .temperature = 1, .seed = seed});
    if (text.empty()) continue;
    ++drawn;
    drawn_ascii += static_cast<unsigned char>(text.front()) < 0x80 && text != "<s>";
  }
  const double spread = std::sqrt(ascii * (1 - ascii) / static_cast<double>(drawn));
  EXPECT_NEAR(static_cast<double>(drawn_ascii) / static_cast<double>(drawn), ascii, 4 * spread + 0.01);
}

TEST(Generate, AVerySmallTemperatureIsGreedy) {
  const model::Checkpoint checkpoint = toy_checkpoint({});
  EXPECT_EQ(generate(checkpoint, "ab", {.tokens = 20, .temperature = 1e-9}), generate(checkpoint, "ab", {.tokens = 20}));
}

TEST(Generate, EndsBeforeTheStopText) {
  const model::Checkpoint checkpoint = toy_checkpoint({});
  const std::string whole = generate(checkpoint, "some text", {.tokens = 40});
  ASSERT_GT(whole.size(), 10u);
  const std::string stop = whole.substr(6, 3);
  std::string joined;
  const std::string text = generate(checkpoint, "some text", {.tokens = 40, .stop = stop}, [&](const std::string& piece) { joined += piece; });
  EXPECT_EQ(text, whole.substr(0, whole.find(stop)));
  EXPECT_EQ(joined, text);
}

TEST(Generate, EndsAtTheEndToken) {
  // Greedy walks over 258 tokens come by the end token sooner or later.
  const model::Checkpoint checkpoint = toy_checkpoint({});
  bool has_ended = false;
  for (int first = 'a'; first <= 'z' && !has_ended; ++first) {
    const std::string prompt(1, static_cast<char>(first));
    const size_t before = test::toy_lm_of(checkpoint).calls().size();
    const std::string text = generate(checkpoint, prompt, {.tokens = 400});
    const size_t steps = test::toy_lm_of(checkpoint).calls().size() - before;
    has_ended = steps < 400;
    EXPECT_EQ(text.find("</s>"), std::string::npos);
  }
  EXPECT_TRUE(has_ended);
}

TEST(Generate, StopsWhereTheContextIsFull) {
  const model::Checkpoint checkpoint = toy_checkpoint({.has_eos = false}, 10);
  generate(checkpoint, "1234567", {.tokens = 100});
  EXPECT_EQ(test::toy_lm_of(checkpoint).calls().size(), 3u);
}

TEST(Generate, APromptThatLeavesNoRoomIsAnError) {
  const model::Checkpoint checkpoint = toy_checkpoint({}, 10);
  const base::Fault fault = fault_of([&] { generate(checkpoint, "1234567890", {}); });
  EXPECT_EQ(fault.where, "prompt");
  EXPECT_EQ(fault.given, "10 tokens");
  EXPECT_THAT(fault.expected, HasSubstr("fewer than 10, the context of toy"));
}

TEST(Generate, AnEmptyPromptStartsFromTheBeginningToken) {
  const model::Checkpoint checkpoint = toy_checkpoint({});
  EXPECT_EQ(generate(checkpoint, "", {.tokens = 10}), generate(checkpoint, "<s>", {.tokens = 10}));
}

TEST(Generate, RefusesOptionsWithoutMeaning) {
  const model::Checkpoint checkpoint = toy_checkpoint({});
  EXPECT_EQ(fault_of([&] { generate(checkpoint, "a", {.tokens = -1}); }).where, "tokens");
  for (const double wrong : {-0.5, std::nan(""), HUGE_VAL}) {
    EXPECT_EQ(fault_of([&] { generate(checkpoint, "a", {.temperature = wrong}); }).where, "temperature");
  }
  EXPECT_EQ(generate(checkpoint, "a", {.tokens = 0}), "");
}

TEST(Generate, CanBeCancelledBetweenTokens) {
  const model::Checkpoint checkpoint = toy_checkpoint({.has_eos = false});
  base::Cancel cancel;
  int pieces = 0;
  const auto piece = [&](const std::string&) {
    if (++pieces == 3) cancel.request();
  };
  EXPECT_THROW(generate(checkpoint, "a", {.tokens = 1000}, piece, {nullptr, &cancel}), base::Cancelled);
  EXPECT_EQ(pieces, 3);
}

// Pieces that come out of a stream fed with these bits.
std::vector<std::string> pieces_of(const std::vector<std::string>& bits, const std::string& stop = "") {
  std::vector<std::string> pieces;
  TextStream stream(stop, [&](const std::string& piece) { pieces.push_back(piece); });
  for (const std::string& bit : bits) {
    if (!stream.push(bit)) break;
  }
  stream.finish();
  return pieces;
}

TEST(TextStream, WaitsForTheEndOfACharacter) {
  EXPECT_THAT(pieces_of({"a", "\xc3", "\xa9z"}), ElementsAre("a", "\xc3\xa9z"));
  EXPECT_THAT(pieces_of({"\xf0", "\x9f", "\x98", "\x80"}), ElementsAre("\xf0\x9f\x98\x80"));
}

TEST(TextStream, ReplacesWhatIsNoUtf8) {
  EXPECT_THAT(pieces_of({"a\xff", "b"}), ElementsAre("a\xef\xbf\xbd", "b"));
  EXPECT_THAT(pieces_of({"\xc3", "z"}), ElementsAre("\xef\xbf\xbdz"));
  EXPECT_THAT(pieces_of({"\xe2\x82"}), ElementsAre("\xef\xbf\xbd")) << "never completed";
  EXPECT_THAT(pieces_of({"\xed\xa0\x80"}), ElementsAre("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd")) << "a surrogate";
}

TEST(TextStream, HoldsBackWhatMayBecomeTheStopText) {
  EXPECT_THAT(pieces_of({"a", "\n", "b", "\n", "\n", "c"}, "\n\n"), ElementsAre("a", "\nb"));
  EXPECT_THAT(pieces_of({"a\n"}, "\n\n"), ElementsAre("a", "\n")) << "it did not";
  EXPECT_THAT(pieces_of({"aab"}, "ab"), ElementsAre("a"));
  EXPECT_THAT(pieces_of({"stop"}, "stop"), ElementsAre());
}

}  // namespace
}  // namespace manabi::learn
