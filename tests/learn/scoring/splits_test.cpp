// The split of requests against lm-evaluation-harness's own, with the default model's tokenizer (golden/make_splits.py).
#include <gtest/gtest.h>

#include <string>

#include "base/format/json.h"
#include "learn/scoring/requests.h"
#include "tests/support/default_model.h"

namespace manabi::learn {
namespace {

TEST(Splits, AreThoseOfLmEvaluationHarness) {
  MANABI_NEEDS_DEFAULT_MODEL();
  const auto tokenizer = text::open_tokenizer(test::default_model_path());
  const base::Json golden = base::read_json(std::string(MANABI_SOURCE_FOLDER) + "/tests/learn/golden/splits.json");
  ASSERT_GE(golden.size(), 30u);
  for (const base::Json& pair : golden) {
    const Request request{.context = pair["context"], .choices = {pair["choice"]}, .line = 1};
    if (pair["scored"].empty()) {
      EXPECT_THROW(encode_request(*tokenizer, request, 0, BeginningToken::as_checkpoint, 2048, "splits"), base::Error) << pair.dump();
      continue;
    }
    const ScoredSequence sequence = encode_request(*tokenizer, request, 0, BeginningToken::as_checkpoint, 2048, "splits");
    EXPECT_EQ(sequence.scored_from, pair["context_tokens"].get<int64_t>()) << pair.dump();
    const std::vector<TokenId> scored(sequence.tokens.begin() + sequence.scored_from, sequence.tokens.end());
    EXPECT_EQ(scored, pair["scored"].get<std::vector<TokenId>>()) << pair.dump();
  }
}

}  // namespace
}  // namespace manabi::learn
