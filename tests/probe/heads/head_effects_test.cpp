#include "probe/heads/head_effects.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/support/tiny_lm.h"

namespace manabi::probe {
namespace {

using model::SiteKind;
using test::Vector;

constexpr int64_t kLayers = 3, kHeads = 4, kHeadWidth = 4;

class HeadEffects : public testing::Test {
 protected:
  double naive_probability(
      const std::vector<TokenId>& prompt, TokenId answer, const test::NaiveWatch& watch = [](const model::Site&, size_t, Vector&) {}) const {
    const Vector logits = test::naive_logits(tiny, prompt, watch).back();
    double sum = 0;
    for (const double logit : logits) sum += std::exp(logit);
    return std::exp(logits[static_cast<size_t>(answer)]) / sum;
  }
  const test::TinyLlama tiny = test::make_tiny_llama();
  const std::unique_ptr<model::CausalLM> lm = test::build(tiny);
  const std::vector<std::vector<TokenId>> clean = {test::random_tokens(6, 1), test::random_tokens(3, 2), {7}};
  const std::vector<std::vector<TokenId>> corrupted = {test::random_tokens(5, 3), {9}};
  const std::vector<TokenId> answers = {11, 200};
};

TEST_F(HeadEffects, MeansAreThoseOfTheLastTokens) {
  for (const int64_t budget : {1, 2048}) {
    const LastTokenMeans means = last_token_means(*lm, clean, budget);
    at::Tensor z = at::zeros({kLayers, kHeads * kHeadWidth}, at::kDouble), states = at::zeros({kLayers, 16}, at::kDouble);
    for (const std::vector<TokenId>& prompt : clean)
      test::naive_logits(tiny, prompt, [&](const model::Site& site, size_t position, Vector& values) {
        if (position + 1 != prompt.size()) return;
        if (site.kind == SiteKind::z) z[site.layer] += test::to_tensor({values})[0] / 3.0;
        if (site.kind == SiteKind::resid_post) states[site.layer] += test::to_tensor({values})[0] / 3.0;
      });
    test::expect_close(means.z.flatten(1), z);
    test::expect_close(means.states, states);
  }
  EXPECT_THROW(last_token_means(*lm, {}, 2048), base::Error);
}

// The heads' writings and the stream that enters the block sum up to what follows attention.
TEST_F(HeadEffects, AllHeadsTogetherWriteWhatAttentionWrites) {
  const LastTokenMeans means = last_token_means(*lm, clean, 2048);
  for (int64_t layer = 0; layer < kLayers; ++layer) {
    Vector expected(16, 0);
    for (const std::vector<TokenId>& prompt : clean)
      test::naive_logits(tiny, prompt, [&](const model::Site& site, size_t position, const Vector& values) {
        if (position + 1 != prompt.size() || site != model::Site{SiteKind::attn_out, layer}) return;
        for (size_t i = 0; i < values.size(); ++i) expected[i] += values[i] / 3;
      });
    std::vector<Head> heads;
    for (int64_t head = 0; head < kHeads; ++head) heads.push_back({layer, head});
    test::expect_close(function_vector(means, heads).unsqueeze(0), test::to_tensor({expected}));
  }
}

TEST_F(HeadEffects, AnEffectIsWhatTheAnswerGains) {
  const LastTokenMeans means = last_token_means(*lm, clean, 2048);
  std::vector<PromptGroup> groups;
  for (const std::vector<TokenId>& prompt : corrupted) groups.push_back({prompt});
  for (const int64_t budget : {1, 2048}) {
    const PromptRuns runs(*lm, groups, budget);
    const std::vector<std::vector<double>> effects = head_effects(*lm, {runs, answers}, means);
    ASSERT_EQ(effects.size(), static_cast<size_t>(kLayers));
    double largest = 0;
    for (int64_t layer = 0; layer < kLayers; ++layer) {
      for (int64_t head = 0; head < kHeads; ++head) {
        double gain = 0;
        for (size_t i = 0; i < corrupted.size(); ++i) {
          const auto patch = [&](const model::Site& site, size_t position, Vector& values) {
            if (site != model::Site{SiteKind::z, layer} || position + 1 != corrupted[i].size()) return;
            for (int64_t e = 0; e < kHeadWidth; ++e) values[static_cast<size_t>(head * kHeadWidth + e)] = means.z[layer][head][e].item<double>();
          };
          gain += (naive_probability(corrupted[i], answers[i], patch) - naive_probability(corrupted[i], answers[i])) / 2;
        }
        EXPECT_NEAR(effects[static_cast<size_t>(layer)][static_cast<size_t>(head)], gain, 1e-5);
        largest = std::max(largest, std::abs(gain));
      }
    }
    EXPECT_GT(largest, 1e-4) << "no head does anything";
  }
}

TEST(StrongestHeads, AreInDescendingOrderAndTheEarlierOneAmongEquals) {
  const std::vector<std::vector<double>> effects = {{0.1, 0.3}, {0.3, -1}};
  EXPECT_THAT(strongest_heads(effects, 3), testing::ElementsAre(Head{0, 1}, Head{1, 0}, Head{0, 0}));
  EXPECT_EQ(strongest_heads(effects, 9).size(), 4u);
  EXPECT_TRUE(strongest_heads(effects, 0).empty());
}

}  // namespace
}  // namespace manabi::probe
