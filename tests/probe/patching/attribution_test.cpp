#include "probe/patching/attribution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/support/tiny_lm.h"

namespace manabi::probe {
namespace {

using model::SiteKind;

class Attribution : public testing::Test {
 protected:
  PatchPlan plan_of(SiteKind site) const {
    PatchPlan plan{.clean = test::random_tokens(6, 3), .metric = {.answer = 7, .foil = 11}, .site = site};
    plan.corrupted = plan.clean;
    plan.corrupted[2] = (plan.clean[2] + 1) % 264;
    return plan;
  }
  // The metric when a cell goes a small part of the way from the corrupted run to the clean one, over that part.
  double slope(const PatchPlan& plan, int64_t layer, int64_t cell) const {
    constexpr double kPart = 1e-2;
    const model::Site site{plan.site, layer};
    const auto keep = [&](const std::vector<TokenId>& tokens) {
      std::vector<test::Vector> values;
      test::naive_logits(tiny, tokens, [&](const model::Site& at, size_t, test::Vector& seen) {
        if (at == site) values.push_back(seen);
      });
      return values;
    };
    const std::vector<test::Vector> clean = keep(plan.clean);
    const auto metric = [&](double part) {
      const test::Vector logits = test::naive_logits(tiny, plan.corrupted, [&](const model::Site& at, size_t position, test::Vector& values) {
                                    if (at != site) return;
                                    for (size_t i = 0; i < values.size(); ++i) {
                                      const bool is_patched = cells_of(plan.site) == PatchCells::positions
                                                                  ? static_cast<int64_t>(position) == cell
                                                                  : static_cast<int64_t>(i / 4) == cell;  // heads are 4 wide
                                      if (is_patched) values[i] += part * (clean[position][i] - values[i]);
                                    }
                                  }).back();
      return logits[7] - logits[11];
    };
    return (metric(kPart) - metric(-kPart)) / (2 * kPart);
  }
  const test::TinyLlama tiny = test::make_tiny_llama();
  const std::unique_ptr<model::CausalLM> lm = test::build(tiny);
};

TEST_F(Attribution, IsTheSlopeOfEveryPatch) {
  using enum SiteKind;
  for (const SiteKind kind : {resid_pre, resid_mid, resid_post, attn_out, mlp_out, mlp_post, z, q, k, v, rot_k}) {
    SCOPED_TRACE(model::word_of(kind));
    const PatchPlan plan = plan_of(kind);
    const PatchMap map = attribution_map(*lm, plan);
    double largest = 0;
    for (size_t layer = 0; layer < map.values.size(); ++layer)
      for (size_t cell = 0; cell < map.values[layer].size(); ++cell) {
        const double gain = map.values[layer][cell] - map.corrupted;
        EXPECT_NEAR(gain, slope(plan, static_cast<int64_t>(layer), static_cast<int64_t>(cell)), 5e-3 + 0.02 * std::abs(gain));
        largest = std::max(largest, std::abs(gain));
      }
    EXPECT_GT(largest, 0.05);
  }
}

TEST_F(Attribution, OfSmallChangesEqualsTheExactMap) {
  const PatchPlan plan = plan_of(SiteKind::resid_pre);
  const PatchMap exact = patch_map(*lm, plan), estimate = attribution_map(*lm, plan);
  EXPECT_NEAR(estimate.clean, exact.clean, test::kTolerance);
  EXPECT_NEAR(estimate.corrupted, exact.corrupted, test::kTolerance);
  const MapError error = error_of(estimate, exact);
  EXPECT_GT(error.largest, 0);
  EXPECT_GE(error.largest, error.mean);
  EXPECT_EQ(error_of(exact, exact).largest, 0);
  EXPECT_NEAR(error_of(exact, exact).correlation, 1, 1e-9);
}

TEST_F(Attribution, SitesWithoutAGradientAreRefused) {
  for (const SiteKind kind : {SiteKind::pattern, SiteKind::attn_scores, SiteKind::result})
    EXPECT_THROW(attribution_map(*lm, plan_of(kind)), base::Error);
}

}  // namespace
}  // namespace manabi::probe
