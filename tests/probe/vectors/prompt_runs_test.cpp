#include "probe/vectors/prompt_runs.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"
#include "tests/support/tiny_lm.h"

namespace manabi::probe {
namespace {

using test::expect_close;
using test::Vector;
using testing::HasSubstr;

class PromptRunsOfALlama : public testing::Test {
 protected:
  static std::vector<TokenId> joined(const std::vector<TokenId>& left, const std::vector<TokenId>& right) {
    std::vector<TokenId> all = left;
    all.insert(all.end(), right.begin(), right.end());
    return all;
  }
  // The last token's stream after a block, written over or only read, and the logits that follow.
  struct Naive {
    Vector state, logits;
  };
  Naive naive(const std::vector<TokenId>& prompt, int64_t layer, const Vector& replacement = {}) const {
    Naive result;
    result.logits = test::naive_logits(tiny, prompt, [&](const model::Site& site, size_t position, Vector& values) {
                      if (site != model::Site{model::SiteKind::resid_post, layer} || position + 1 != prompt.size()) return;
                      result.state = values;
                      if (!replacement.empty()) values = replacement;
                    }).back();
    return result;
  }

  const test::TinyLlama tiny = test::make_tiny_llama();
  const std::unique_ptr<model::CausalLM> lm = test::build(tiny);
  const std::vector<TokenId> shared = test::random_tokens(7, 1), first = test::random_tokens(3, 2), second = test::random_tokens(1, 3),
                             alone = test::random_tokens(4, 4), single = {5};
  // A group that shares a beginning, one of the same prompt twice, one prompt alone, one of one token.
  const std::vector<PromptGroup> groups = {{joined(shared, first), joined(shared, second)}, {alone, alone}, {shared}, {single}};
  const std::vector<std::vector<TokenId>> prompts = {joined(shared, first), joined(shared, second), alone, alone, shared, single};
};

TEST_F(PromptRunsOfALlama, StatesAndLogitsAreThoseOfEachPromptAlone) {
  for (const int64_t budget : {1, 8, 2048}) {
    SCOPED_TRACE(budget);
    const PromptRuns runs(*lm, groups, budget);
    ASSERT_EQ(runs.size(), 6);
    const at::Tensor logits = lm->logits(runs.hidden());
    for (int64_t prompt = 0; prompt < 6; ++prompt) {
      for (int64_t layer = 0; layer < 3; ++layer) {
        const Naive expected = naive(prompts[static_cast<size_t>(prompt)], layer);
        expect_close(runs.states()[prompt][layer].unsqueeze(0), test::to_tensor({expected.state}));
        if (layer == 0) expect_close(logits[prompt].unsqueeze(0), test::to_tensor({expected.logits}));
      }
    }
  }
}

TEST_F(PromptRunsOfALlama, WhatFollowsAReplacedStateIsWhatTheModelWouldSay) {
  const PromptRuns runs(*lm, groups, /*token_budget=*/3);
  at::manual_seed(1);
  const at::Tensor states = at::randn({6, 16});
  for (int64_t layer = 0; layer < 3; ++layer) {
    const at::Tensor logits = lm->logits(runs.hidden_after(layer, states));
    for (int64_t prompt = 0; prompt < 6; ++prompt) {
      const at::Tensor own = states[prompt].to(at::kDouble).contiguous();
      const Vector replacement(own.const_data_ptr<double>(), own.const_data_ptr<double>() + 16);
      expect_close(logits[prompt].unsqueeze(0), test::to_tensor({naive(prompts[static_cast<size_t>(prompt)], layer, replacement).logits}));
    }
  }
}

// One head of one layer written over at the last token, prompt by prompt and in any order.
TEST_F(PromptRunsOfALlama, WhatIsWrittenAtASiteIsWhatFollows) {
  const std::vector<int64_t> asked = {3, 0, 5, 0};
  for (const int64_t budget : {1, 2048}) {
    const PromptRuns runs(*lm, groups, budget);
    for (int64_t layer = 0; layer < 3; ++layer) {
      const model::Site site{model::SiteKind::z, layer};
      const at::Tensor hidden = runs.hidden_with(site, asked, [](size_t row, at::Tensor values) {
        ASSERT_EQ(values.size(0), 1);
        values.select(1, 2).fill_(static_cast<double>(row) - 0.5);
      });
      const at::Tensor logits = lm->logits(hidden);
      for (size_t row = 0; row < asked.size(); ++row) {
        const std::vector<TokenId>& prompt = prompts[static_cast<size_t>(asked[row])];
        const auto naive = test::naive_logits(tiny, prompt, [&](const model::Site& at, size_t position, Vector& values) {
          if (at != site || position + 1 != prompt.size()) return;
          for (size_t i = 8; i < 12; ++i) values[i] = static_cast<double>(row) - 0.5;  // head 2 of width 4
        });
        expect_close(logits.narrow(0, static_cast<int64_t>(row), 1), test::to_tensor({naive.back()}));
      }
    }
  }
}

TEST_F(PromptRunsOfALlama, ItsOwnStatesChangeNothing) {
  const PromptRuns runs(*lm, groups);
  for (int64_t layer = 0; layer < 3; ++layer) expect_close(runs.hidden_after(layer, runs.states().select(1, layer)), runs.hidden(), 1e-5);
  EXPECT_EQ(likeliest_next(*lm, runs.hidden()).size(), 6u);
  EXPECT_EQ(likeliest_next(*lm, runs.hidden())[0], lm->logits(runs.hidden())[0].argmax().item<int64_t>());
}

TEST_F(PromptRunsOfALlama, PromptsThatCannotBeAreRefused) {
  EXPECT_THAT(test::error_of([&] { PromptRuns(*lm, std::vector<PromptGroup>{{alone}, {{}}}); }), HasSubstr("group 1"));
  EXPECT_THAT(test::error_of([&] { PromptRuns(*lm, std::vector<PromptGroup>{{std::vector<TokenId>(513, 1)}}); }), HasSubstr("512"));
  EXPECT_EQ(PromptRuns(*lm, {}).size(), 0);
}

}  // namespace
}  // namespace manabi::probe
