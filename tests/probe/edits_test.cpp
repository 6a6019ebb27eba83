#include "probe/edits.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"
#include "tests/support/tiny_lm.h"

namespace manabi::probe {
namespace {

using model::SiteKind;
using test::Vector;
using testing::HasSubstr;

class Edits : public testing::Test {
 protected:
  at::Tensor logits_with(const SiteEdit& edit) const {
    model::Taps taps;
    add_edit(*lm, std::ssize(tokens), edit, taps);
    const model::Row row{.tokens = tokens, .wanted = test::all_offsets(tokens.size())};
    return lm->logits(lm->forward(std::span(&row, 1), {.taps = &taps}).hidden);
  }
  // change(position, head or -1, part of the values)
  template <class Change>
  at::Tensor naive_with(const model::Site& site, size_t head_width, const Change& change) const {
    return test::to_tensor(test::naive_logits(tiny, tokens, [&](const model::Site& at, size_t position, Vector& values) {
      if (at != site) return;
      for (size_t i = 0; i < values.size(); ++i)
        change(static_cast<int64_t>(position), head_width > 0 ? static_cast<int64_t>(i / head_width) : -1, i, values[i]);
    }));
  }
  std::string refusal(const SiteEdit& edit) const {
    model::Taps taps;
    return test::error_of([&] { add_edit(*lm, std::ssize(tokens), edit, taps); });
  }

  const test::TinyLlama tiny = test::make_tiny_llama();
  const std::unique_ptr<model::CausalLM> lm = test::build(tiny);
  const std::vector<model::TokenId> tokens = test::random_tokens(6, 1);
};

TEST_F(Edits, OfTheStreamAreWhatFollows) {
  const model::Site site{SiteKind::resid_post, 1};
  test::expect_close(logits_with({.site = site, .kind = EditKind::zero, .positions = {2}}),
                     naive_with(site, 0, [](int64_t position, int64_t, size_t, double& value) {
                       if (position == 2) value = 0;
                     }));
  test::expect_close(logits_with({.site = site, .kind = EditKind::scale, .factor = -2, .positions = {0, -1}}),
                     naive_with(site, 0, [](int64_t position, int64_t, size_t, double& value) {
                       if (position == 0 || position == 5) value *= -2;
                     }));
  const at::Tensor values = at::arange(16, at::kFloat) / 16;
  test::expect_close(logits_with({.site = site, .kind = EditKind::add, .factor = 3, .values = values}),
                     naive_with(site, 0, [](int64_t, int64_t, size_t i, double& value) { value += 3 * static_cast<double>(i) / 16; }));
  test::expect_close(logits_with({.site = site, .kind = EditKind::replace, .values = values, .positions = {4}}),
                     naive_with(site, 0, [](int64_t position, int64_t, size_t i, double& value) {
                       if (position == 4) value = static_cast<double>(i) / 16;
                     }));
}

TEST_F(Edits, OfHeadsLeaveTheOthers) {
  const model::Site site{SiteKind::z, 2};
  test::expect_close(logits_with({.site = site, .kind = EditKind::zero, .positions = {3}, .heads = {1, -1}}),
                     naive_with(site, 4, [](int64_t position, int64_t head, size_t, double& value) {
                       if (position == 3 && (head == 1 || head == 3)) value = 0;
                     }));
  EXPECT_EQ(heads_at(*lm, SiteKind::z), 4);
  EXPECT_EQ(heads_at(*lm, SiteKind::k), 2);
  EXPECT_EQ(heads_at(*lm, SiteKind::pattern), 4);
  EXPECT_EQ(heads_at(*lm, SiteKind::mlp_out), 0);
}

// A pattern row of zeros is a head that says nothing there.
TEST_F(Edits, OfAPatternAreOfItsQueries) {
  test::expect_close(logits_with({.site = {SiteKind::pattern, 1}, .kind = EditKind::zero, .positions = {4}, .heads = {2}}),
                     logits_with({.site = {SiteKind::z, 1}, .kind = EditKind::zero, .positions = {4}, .heads = {2}}));
}

TEST_F(Edits, AMeanIsTakenOverThePositions) {
  Vector mean(16, 0);
  test::naive_logits(tiny, tokens, [&](const model::Site& at, size_t, Vector& values) {
    if (at != model::Site{SiteKind::mlp_out, 0}) return;
    for (size_t i = 0; i < values.size(); ++i) mean[i] += values[i] / 6;
  });
  const model::Site site{SiteKind::mlp_out, 0};
  test::expect_close(logits_with({.site = site, .kind = EditKind::mean, .positions = {5}}),
                     naive_with(site, 0, [&](int64_t position, int64_t, size_t i, double& value) {
                       if (position == 5) value = mean[i];
                     }));
}

TEST_F(Edits, WhatIsOutOfRangeIsNamedWithItsRange) {
  EXPECT_THAT(refusal({.site = {SiteKind::z, 3}}), HasSubstr("0 to 2"));
  EXPECT_THAT(refusal({.site = {SiteKind::z, 0}, .heads = {4}}), HasSubstr("0 to 3"));
  EXPECT_THAT(refusal({.site = {SiteKind::z, 0}, .positions = {6}}), HasSubstr("0 to 5"));
  EXPECT_THAT(refusal({.site = {SiteKind::z, 0}, .positions = {-7}}), HasSubstr("-1 to -6"));
  EXPECT_THAT(refusal({.site = {SiteKind::mlp_out, 0}, .heads = {0}}), HasSubstr("a site that has heads"));
  EXPECT_THAT(refusal({.site = {SiteKind::embed}}), HasSubstr("of a block"));
  EXPECT_THAT(test::error_of([&] {
                logits_with({.site = {SiteKind::z, 0}, .kind = EditKind::add, .values = at::ones({3})});
              }),
              HasSubstr("3 wide"));
  EXPECT_THAT(test::error_of([&] { edit_kind_named("zeros"); }), HasSubstr("zero"));
}

}  // namespace
}  // namespace manabi::probe
