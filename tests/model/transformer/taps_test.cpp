// What taps see and what they do: every site of a Llama against a naive one, read and written.
#include "model/sites/taps.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/support/tiny_lm.h"

namespace manabi::model {
namespace {

using test::expect_close;
using test::Vector;

constexpr size_t kLength = 9;
constexpr int64_t kLayer = 1;

bool is_matrix(SiteKind kind) { return kind == SiteKind::attn_scores || kind == SiteKind::pattern; }

// What the naive model has at a site, one vector a position; of scores and patterns one vector a position and head.
std::vector<Vector> naive_values(const test::TinyLlama& tiny, const std::vector<TokenId>& tokens, const Site& site) {
  std::vector<Vector> all;
  test::naive_logits(tiny, tokens, [&](const Site& at, size_t, Vector& values) {
    if (at == site) all.push_back(values);
  });
  return all;
}

// The same shape: [T, .] of a site with tokens first; of [H, T, S] the seen positions of each query and head.
std::vector<Vector> rows_of(const at::Tensor& values, SiteKind kind) {
  const at::Tensor plain = values.to(at::kDouble).contiguous();
  std::vector<Vector> rows;
  const auto add = [&](const at::Tensor& row) { rows.emplace_back(row.const_data_ptr<double>(), row.const_data_ptr<double>() + row.numel()); };
  if (!is_matrix(kind)) {
    for (int64_t token = 0; token < plain.size(0); ++token) add(plain[token].contiguous());
    return rows;
  }
  for (int64_t query = 0; query < plain.size(1); ++query)
    for (int64_t head = 0; head < plain.size(0); ++head) add(plain[head][query].narrow(0, 0, query + 1).contiguous());
  return rows;
}

class TapsOfALlama : public testing::Test {
 protected:
  // All logits, [T, V].
  at::Tensor logits(const Taps& taps) const {
    const Row row{.tokens = tokens, .wanted = test::all_offsets(kLength)};
    return lm->logits(lm->forward(std::span(&row, 1), {.taps = &taps}).hidden);
  }
  Site site(SiteKind kind) const { return {.kind = kind, .layer = has_layer(kind) ? kLayer : -1}; }

  const test::TinyLlama tiny = test::make_tiny_llama();
  const std::unique_ptr<CausalLM> lm = test::build(tiny);
  const std::vector<TokenId> tokens = test::random_tokens(kLength, 3);
};

TEST_F(TapsOfALlama, EverySiteShowsWhatTheNaiveModelHas) {
  for (const SiteKind kind : lm->site_kinds()) {
    SCOPED_TRACE(name_of(site(kind)));
    std::vector<Vector> seen;
    Taps taps;
    taps.add(site(kind), [&](const Sighting& sighting) {
      EXPECT_EQ(sighting.positions.size(), kLength);
      seen = rows_of(sighting.values, kind);
    });
    expect_close(logits(taps), test::to_tensor(test::naive_logits(tiny, tokens)), test::kTolerance);
    const std::vector<Vector> expected = naive_values(tiny, tokens, site(kind));
    ASSERT_EQ(seen.size(), expected.size());
    for (size_t row = 0; row < seen.size(); ++row) {
      ASSERT_EQ(seen[row].size(), expected[row].size());
      for (size_t i = 0; i < seen[row].size(); ++i) ASSERT_NEAR(seen[row][i], expected[row][i], test::kTolerance) << row << ", " << i;
    }
  }
}

TEST_F(TapsOfALlama, WhatIsWrittenAtASiteIsWhatThePassGoesOnWith) {
  for (const SiteKind kind : lm->site_kinds()) {
    SCOPED_TRACE(name_of(site(kind)));
    Taps taps;
    // Halved at position 4: of matrices, the weights that its query gives.
    taps.add(site(kind), [&](const Sighting& sighting) { sighting.values.select(is_matrix(kind) ? 1 : 0, 4).mul_(0.5); });
    const std::vector<Vector> expected = test::naive_logits(tiny, tokens, [&](const Site& at, size_t position, Vector& values) {
      if (at == site(kind) && position == 4)
        for (double& value : values) value *= 0.5;
    });
    const at::Tensor changed = logits(taps);
    expect_close(changed, test::to_tensor(expected), test::kTolerance);
    EXPECT_GT((changed - logits({})).abs().max().item<double>(), 10 * test::kTolerance);
  }
}

TEST_F(TapsOfALlama, TapsInAllLayersSeeTheirOwn) {
  std::map<int64_t, at::Tensor> seen;
  Taps taps;
  for (int64_t layer = 0; layer < lm->layers(); ++layer)
    taps.add({SiteKind::resid_post, layer}, [&seen, layer](const Sighting& sighting) { seen[layer] = sighting.values.clone(); });
  logits(taps);
  ASSERT_EQ(seen.size(), 3u);
  for (const auto& [layer, values] : seen) expect_close(values, test::to_tensor(naive_values(tiny, tokens, {SiteKind::resid_post, layer})));
}

TEST_F(TapsOfALlama, ARowIsSeenAloneWithItsPositionsBehindAPrefix) {
  const std::span<const TokenId> all = tokens;
  const auto prefix = test::cache_of(*lm, all.first(4));
  const std::vector<TokenId> other = test::random_tokens(3, 8);
  const std::vector<Row> rows = {{.tokens = other, .wanted = {2}}, {.tokens = all.subspan(4), .prefix = prefix, .wanted = {2, 4}}};
  std::map<size_t, std::vector<int64_t>> positions, wanted;
  std::map<size_t, at::Tensor> patterns;
  Taps taps;
  taps.add({SiteKind::pattern, kLayer}, [&](const Sighting& sighting) {
    positions[sighting.row] = {sighting.positions.begin(), sighting.positions.end()};
    patterns[sighting.row] = sighting.values.clone();
  });
  taps.add({SiteKind::normalized}, [&](const Sighting& sighting) {
    wanted[sighting.row] = {sighting.positions.begin(), sighting.positions.end()};
  });
  lm->forward(rows, {.taps = &taps});
  EXPECT_EQ(positions[0], (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(positions[1], (std::vector<int64_t>{4, 5, 6, 7, 8}));
  EXPECT_EQ(wanted[0], (std::vector<int64_t>{2}));
  EXPECT_EQ(wanted[1], (std::vector<int64_t>{6, 8}));
  EXPECT_EQ(patterns[0].sizes(), (std::vector<int64_t>{4, 3, 3}));
  EXPECT_EQ(patterns[1].sizes(), (std::vector<int64_t>{4, 5, 9}));
  const std::vector<Vector> expected = naive_values(tiny, tokens, {SiteKind::pattern, kLayer});  // [position][head]
  for (int64_t head = 0; head < 4; ++head)
    for (int64_t key = 0; key < 9; ++key)
      EXPECT_NEAR(patterns[1][head][4][key].item<double>(), expected[static_cast<size_t>(8 * 4 + head)][static_cast<size_t>(key)],
                  test::kTolerance);
}

TEST_F(TapsOfALlama, WhatIsWrittenInOneRowLeavesTheOthersAlone) {
  const std::vector<TokenId> other = test::random_tokens(5, 8);
  const std::vector<Row> rows = {{.tokens = other, .wanted = {4}}, {.tokens = tokens, .wanted = {8}}};
  const at::Tensor plain = lm->forward(rows).hidden;
  for (const SiteKind kind : lm->site_kinds()) {
    SCOPED_TRACE(name_of(site(kind)));
    Taps taps;
    taps.add(site(kind), [](const Sighting& sighting) {
      if (sighting.row == 1) sighting.values.mul_(0.5);
    });
    const at::Tensor changed = lm->forward(rows, {.taps = &taps}).hidden;
    expect_close(changed[0], plain[0], test::kTolerance);
    EXPECT_GT((changed[1] - plain[1]).abs().max().item<double>(), 10 * test::kTolerance);
  }
}

TEST_F(TapsOfALlama, CachesOfALookedAtPassServeAsAnyOther) {
  Taps taps;
  for (int64_t layer = 0; layer < lm->layers(); ++layer) taps.add({SiteKind::v, layer}, [](const Sighting&) {});
  const std::span<const TokenId> all = tokens;
  const Row first{.tokens = all.first(5), .keeps_cache = true};
  const auto prefix = lm->forward(std::span(&first, 1), {.taps = &taps}).caches.front();
  expect_close(test::hidden_of(*lm, {.tokens = all.subspan(5), .prefix = prefix, .wanted = {3}}),
               test::hidden_of(*lm, {.tokens = tokens, .wanted = {8}}), test::kTolerance);
}

}  // namespace
}  // namespace manabi::model
