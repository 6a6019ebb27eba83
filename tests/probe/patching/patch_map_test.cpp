#include "probe/patching/patch_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/error.h"
#include "tests/support/tiny_lm.h"

namespace manabi::probe {
namespace {

using model::SiteKind;
using testing::HasSubstr;

class PatchMaps : public testing::Test {
 protected:
  // Eight tokens that differ at positions 2 and 5.
  PatchPlan plan_of(SiteKind site) const {
    PatchPlan plan{.clean = test::random_tokens(8, 3), .metric = {.answer = 7, .foil = 11}, .site = site};
    plan.corrupted = plan.clean;
    plan.corrupted[2] = (plan.clean[2] + 1) % 264;
    plan.corrupted[5] = (plan.clean[5] + 9) % 264;
    return plan;
  }
  std::string refusal(const PatchPlan& plan) const {
    return test::error_of([&] { patch_map(*lm, plan); });
  }

  const std::unique_ptr<model::CausalLM> lm = test::build(test::make_tiny_llama());
};

void expect_same(const PatchMap& map, const PatchMap& expected) {
  EXPECT_EQ(map.cells, expected.cells);
  EXPECT_NEAR(map.clean, expected.clean, test::kTolerance);
  EXPECT_NEAR(map.corrupted, expected.corrupted, test::kTolerance);
  ASSERT_EQ(map.values.size(), expected.values.size());
  for (size_t layer = 0; layer < map.values.size(); ++layer) {
    ASSERT_EQ(map.values[layer].size(), expected.values[layer].size());
    for (size_t cell = 0; cell < map.values[layer].size(); ++cell)
      EXPECT_NEAR(map.values[layer][cell], expected.values[layer][cell], test::kTolerance) << layer << ", " << cell;
  }
}

double spread_of(const PatchMap& map) {
  double largest = 0;
  for (const std::vector<double>& row : map.values)
    for (const double value : row) largest = std::max(largest, std::abs(value - map.corrupted));
  return largest;
}

TEST_F(PatchMaps, EqualOnePassACell) {
  for (const SiteKind kind : lm->site_kinds()) {
    if (cells_of(kind) == PatchCells::none) continue;
    SCOPED_TRACE(model::pattern_of(kind));
    const PatchMap map = patch_map(*lm, plan_of(kind));
    expect_same(map, patch_map_reference(*lm, plan_of(kind)));
    EXPECT_GT(spread_of(map), 100 * test::kTolerance);
  }
}

TEST_F(PatchMaps, OfAlignedRunsEqualOnePassACell) {
  for (const Align align : {Align::start, Align::end}) {
    for (const SiteKind kind : {SiteKind::resid_pre, SiteKind::attn_out, SiteKind::k, SiteKind::z, SiteKind::resid_post}) {
      for (const bool is_clean_longer : {true, false}) {
        SCOPED_TRACE(model::pattern_of(kind) + (align == Align::end ? ", end" : ", start") + (is_clean_longer ? ", clean longer" : ""));
        PatchPlan plan = plan_of(kind);
        plan.align = align;
        std::vector<TokenId>& longer = is_clean_longer ? plan.clean : plan.corrupted;
        longer.insert(longer.begin() + 3, {9, 8});
        const PatchMap map = patch_map(*lm, plan);
        EXPECT_EQ(map.values[0].size(), kind == SiteKind::k ? 2u : kind == SiteKind::z ? 4u : plan.corrupted.size());
        expect_same(map, patch_map_reference(*lm, plan));
        EXPECT_GT(spread_of(map), 100 * test::kTolerance);
      }
    }
  }
}

TEST_F(PatchMaps, DoNotDependOnTheTokenBudget) {
  for (const SiteKind kind : {SiteKind::resid_pre, SiteKind::z}) {
    PatchPlan plan = plan_of(kind);
    const PatchMap whole = patch_map(*lm, plan);
    plan.token_budget = 1;
    expect_same(patch_map(*lm, plan), whole);
  }
}

TEST_F(PatchMaps, WholeStreamsRestoreTheCleanRun) {
  PatchPlan plan = plan_of(SiteKind::resid_post);
  const PatchMap map = patch_map(*lm, plan);
  // The last position behind the last block is all that the answer reads.
  EXPECT_NEAR(map.restored(2, 7), 1, 1e-4);
  for (size_t cell = 0; cell < 7; ++cell) EXPECT_NEAR(map.restored(2, cell), 0, 1e-4);
}

TEST_F(PatchMaps, WhatTheRunsShareRestoresNothing) {
  const PatchMap map = patch_map(*lm, plan_of(SiteKind::resid_pre));
  for (const std::vector<double>& row : map.values)
    for (const size_t position : {0u, 1u}) EXPECT_EQ(row[position], map.corrupted);
  for (const size_t position : {3u, 4u, 6u, 7u}) EXPECT_EQ(map.values[0][position], map.corrupted);  // equal tokens
}

TEST_F(PatchMaps, EqualRunsGiveOneValue) {
  PatchPlan plan = plan_of(SiteKind::z);
  plan.corrupted = plan.clean;
  const PatchMap map = patch_map(*lm, plan);
  EXPECT_NEAR(map.clean, map.corrupted, test::kTolerance);
  EXPECT_LE(spread_of(map), test::kTolerance);
}

TEST_F(PatchMaps, OneTokenIsEnough) {
  for (const SiteKind kind : {SiteKind::resid_pre, SiteKind::attn_out, SiteKind::pattern}) {
    const PatchPlan plan{.clean = {3}, .corrupted = {5}, .metric = {.answer = 7}, .site = kind};
    expect_same(patch_map(*lm, plan), patch_map_reference(*lm, plan));
  }
}

TEST_F(PatchMaps, RunsThatDoNotFitAreRefused) {
  PatchPlan plan = plan_of(SiteKind::resid_pre);
  plan.corrupted.pop_back();
  EXPECT_THAT(refusal(plan), HasSubstr("8 and 7 tokens"));
  plan.align = Align::end;
  EXPECT_EQ(refusal(plan), "");
  plan.site = SiteKind::pattern;
  EXPECT_THAT(refusal(plan), HasSubstr("attention"));
  plan = plan_of(SiteKind::resid_pre);
  plan.clean = plan.corrupted = {};
  EXPECT_THAT(refusal(plan), HasSubstr("at least one"));
  plan = plan_of(SiteKind::resid_pre);
  plan.metric.answer = 264;
  EXPECT_THAT(refusal(plan), HasSubstr("0 to 263"));
  plan = plan_of(SiteKind::resid_pre);
  plan.metric.foil = -1;
  EXPECT_THAT(refusal(plan), HasSubstr("foil"));
  EXPECT_THAT(refusal(plan_of(SiteKind::embed)), HasSubstr("hook_embed"));
}

}  // namespace
}  // namespace manabi::probe
