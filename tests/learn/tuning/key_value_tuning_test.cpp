#include "learn/tuning/key_value_tuning.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/support/tiny_lm.h"

namespace manabi::learn {
namespace {

using model::TokenId;

const std::vector<std::vector<TokenId>> kRows = {test::random_tokens(6, 1), test::random_tokens(4, 2)};

// The mean cross-entropy of a row's next tokens, from the model's own logits.
double loss_of(const model::CausalLM& lm, const std::vector<TokenId>& tokens) {
  const at::Tensor logs = test::logits_of(lm, tokens).log_softmax(-1);
  double sum = 0;
  for (size_t i = 0; i + 1 < tokens.size(); ++i) sum -= logs[static_cast<int64_t>(i)][tokens[i + 1]].item<double>();
  return sum / static_cast<double>(tokens.size() - 1);
}

TEST(KeyValueTuning, LossesAreThoseBeforeEachStep) {
  const auto lm = test::build(test::make_tiny_llama());
  const auto network = lm->trainable();
  const std::vector<double> losses = tune_keys_and_values(*network, kRows, 0.01);
  ASSERT_EQ(losses.size(), 2u);
  EXPECT_NEAR(losses[0], loss_of(*lm, kRows[0]), 1e-4);
  const auto once = lm->trainable();
  tune_keys_and_values(*once, std::span(kRows).first(1), 0.01);
  EXPECT_NEAR(losses[1], loss_of(*once->frozen({}), kRows[1]), 1e-4);
  EXPECT_LT(loss_of(*once->frozen({}), kRows[0]), losses[0]);
}

TEST(KeyValueTuning, ChangesKeysAndValuesAloneByTheGradientTimesTheRate) {
  const auto lm = test::build(test::make_tiny_llama());
  const auto small = lm->trainable(), large = lm->trainable(), untouched = lm->trainable();
  tune_keys_and_values(*small, std::span(kRows).first(1), 0.001);
  tune_keys_and_values(*large, std::span(kRows).first(1), 0.003);
  for (size_t layer = 0; layer < 3; ++layer) {
    const auto &before = untouched->layers()[layer], &once = small->layers()[layer], &thrice = large->layers()[layer];
    for (const auto& [was, is, is_more] :
         {std::tuple{before.k.weight, once.k.weight, thrice.k.weight}, std::tuple{before.v.weight, once.v.weight, thrice.v.weight}}) {
      EXPECT_GT((is - was).abs().max().item<double>(), 1e-6);
      EXPECT_TRUE(at::allclose(3 * (is - was), is_more - was, 1e-2, 1e-6));
      EXPECT_FALSE(is.requires_grad());
    }
    EXPECT_TRUE(at::equal(before.q.weight, once.q.weight));
    EXPECT_TRUE(at::equal(before.down.weight, once.down.weight));
    EXPECT_TRUE(at::equal(before.attention_norm.gain, once.attention_norm.gain));
  }
}

TEST(KeyValueTuning, QueriesAreSeenOfEveryTokenBeforeTheStep) {
  const auto lm = test::build(test::make_tiny_llama());
  std::vector<std::vector<at::Tensor>> seen(2);
  const auto network = lm->trainable();
  tune_keys_and_values(*network, kRows, 0.01, [&](size_t row, int64_t layer, const at::Tensor& queries) {
    EXPECT_EQ(layer, std::ssize(seen[row]));
    seen[row].push_back(queries);
  });
  for (size_t row = 0; row < 2; ++row) {
    ASSERT_EQ(seen[row].size(), 3u);
    for (const at::Tensor& queries : seen[row]) EXPECT_EQ(queries.sizes(), (std::vector<int64_t>{std::ssize(kRows[row]), 4, 4}));
  }
  model::Taps taps;
  taps.add({model::SiteKind::q, 1}, [&](const model::Sighting& sighting) { test::expect_close(seen[0][1], sighting.values); });
  const model::Row row{.tokens = kRows[0], .wanted = {5}};
  lm->forward(std::span(&row, 1), {.taps = &taps});
}

TEST(KeyValueTuning, ARateThatDivergesIsNamed) {
  const auto network = test::build(test::make_tiny_llama())->trainable();
  const std::vector<std::vector<TokenId>> rows(40, kRows[0]);
  EXPECT_THROW(tune_keys_and_values(*network, rows, 3e38), base::Error);
  for (const double rate : {0.0, -1.0, 1e300, std::nan("")}) EXPECT_THROW(tune_keys_and_values(*network, rows, rate), base::Error);
}

}  // namespace
}  // namespace manabi::learn
