#include "probe/lens/logit_lens.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/tiny_lm.h"

namespace manabi::probe {
namespace {

using test::Vector;

class LogitLenses : public testing::Test {
 protected:
  // What the naive model's unembedding says of its own stream: [position][token] log-probabilities.
  std::vector<Vector> naive_lens(const model::Site& site) const {
    std::vector<Vector> all;
    test::naive_logits(tiny, tokens, [&](const model::Site& at, size_t, Vector& values) {
      if (at != site) return;
      const Vector normed = test::normalised(values, tiny.tensor("model.norm.weight"), tiny.configuration.norm_epsilon);
      Vector shares = test::softmax(test::product(tiny.tensor("model.embed_tokens.weight"), normed));
      for (double& share : shares) share = std::log(share);
      all.push_back(shares);
    });
    return all;
  }

  const test::TinyLlama tiny = test::make_tiny_llama();
  const std::unique_ptr<model::CausalLM> lm = test::build(tiny);
  const std::vector<model::TokenId> tokens = test::random_tokens(6, 3);
};

TEST_F(LogitLenses, SayOfEveryLayerWhatTheUnembeddingWould) {
  const LogitLens lens = logit_lens(*lm, tokens, 3, /*answer=*/17);
  ASSERT_EQ(lens.answer.size(), 4u);
  for (size_t layer = 0; layer < 4; ++layer) {
    const model::Site site =
        layer < 3 ? model::Site{model::SiteKind::resid_pre, static_cast<int64_t>(layer)} : model::Site{model::SiteKind::resid_post, 2};
    const std::vector<Vector> expected = naive_lens(site);
    ASSERT_EQ(lens.answer[layer].size(), tokens.size());
    for (size_t position = 0; position < tokens.size(); ++position) {
      const Vector& row = expected[position];
      EXPECT_NEAR(lens.answer[layer][position], row[17], test::kTolerance);
      const std::vector<LikelyToken>& likeliest = lens.likeliest[layer][position];
      ASSERT_EQ(likeliest.size(), 3u);
      EXPECT_EQ(likeliest[0].token, std::ranges::max_element(row) - row.begin());
      for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(likeliest[i].log_probability, row[static_cast<size_t>(likeliest[i].token)], test::kTolerance);
      EXPECT_GE(likeliest[0].log_probability, likeliest[2].log_probability);
    }
  }
}

TEST_F(LogitLenses, TheLastLayerIsTheModelItself) {
  const LogitLens lens = logit_lens(*lm, tokens, 1, 9);
  const at::Tensor expected = test::logits_of(*lm, tokens).log_softmax(-1).select(1, 9);
  for (size_t position = 0; position < tokens.size(); ++position)
    EXPECT_NEAR(lens.answer.back()[position], expected[static_cast<int64_t>(position)].item<double>(), test::kTolerance);
}

TEST_F(LogitLenses, FewerPositionsAreTheLastOnes) {
  const LogitLens all = logit_lens(*lm, tokens, 2, 9), last = logit_lens(*lm, tokens, 2, 9, /*positions=*/2);
  ASSERT_EQ(last.answer[1].size(), 2u);
  EXPECT_NEAR(last.answer[1][0], all.answer[1][4], test::kTolerance);
  EXPECT_NEAR(last.answer[1][1], all.answer[1][5], test::kTolerance);
}

TEST_F(LogitLenses, WithoutAnAnswerNoneIsGiven) {
  EXPECT_TRUE(logit_lens(*lm, tokens, 1).answer.empty());
  EXPECT_EQ(logit_lens(*lm, tokens, 1000).likeliest[0][0].size(), 264u);
}

}  // namespace
}  // namespace manabi::probe
