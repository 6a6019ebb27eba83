#include "model/sites/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"

namespace manabi::model {
namespace {

using testing::HasSubstr;

std::vector<SiteKind> all_kinds() {
  std::vector<SiteKind> kinds;
  for (int kind = 0; kind <= static_cast<int>(SiteKind::normalized); ++kind) kinds.push_back(static_cast<SiteKind>(kind));
  return kinds;
}

TEST(Site, ANameLeadsBackToItsSite) {
  for (const SiteKind kind : all_kinds()) {
    const Site site{.kind = kind, .layer = has_layer(kind) ? 11 : -1};
    EXPECT_EQ(site_named(name_of(site), all_kinds(), 12), site) << name_of(site);
  }
}

TEST(Site, NamesAreThoseOfTransformerLens) {
  EXPECT_EQ(name_of({SiteKind::resid_pre, 3}), "blocks.3.hook_resid_pre");
  EXPECT_EQ(name_of({SiteKind::pattern, 0}), "blocks.0.attn.hook_pattern");
  EXPECT_EQ(name_of({SiteKind::mlp_pre_linear, 10}), "blocks.10.mlp.hook_pre_linear");
  EXPECT_EQ(name_of({SiteKind::embed}), "hook_embed");
  EXPECT_EQ(name_of({SiteKind::normalized}), "ln_final.hook_normalized");
  EXPECT_EQ(pattern_of(SiteKind::z), "blocks.{}.attn.hook_z");
}

std::string refusal(const std::string& name, const std::vector<SiteKind>& kinds = all_kinds()) {
  return test::error_of([&] { site_named(name, kinds, 12); });
}

TEST(Site, AnUnknownNameIsAnsweredWithTheNearest) {
  EXPECT_THAT(refusal("blocks.3.hook_resid_prae"), HasSubstr("did you mean 'blocks.3.hook_resid_pre'?"));
  EXPECT_THAT(refusal("blocks.3.attn.hook_patern"), HasSubstr("did you mean 'blocks.3.attn.hook_pattern'?"));
  for (const char* name : {"", "blocks.", "blocks.x.hook_z", "blocks..attn.hook_z", "blocks.3", "blocks.3.", "blocks.{}.attn.hook_z",
                           "blocks.3.attn.hook_z ", "hook_embed.3"})
    EXPECT_THAT(refusal(name), HasSubstr("one that this model has")) << name;
}

TEST(Site, AWordLeadsBackToItsKind) {
  for (const SiteKind kind : all_kinds()) EXPECT_EQ(site_kind_named(word_of(kind), all_kinds()), kind);
  EXPECT_EQ(word_of(SiteKind::mlp_pre_linear), "mlp_pre_linear");
  EXPECT_EQ(word_of(SiteKind::rot_q), "rot_q");
  EXPECT_THAT(test::error_of([] { site_kind_named("resid_prae", all_kinds()); }), HasSubstr("did you mean 'resid_pre'?"));
}

TEST(Site, ALayerOutOfRangeIsAnsweredWithTheRange) {
  EXPECT_THAT(refusal("blocks.12.attn.hook_z"), HasSubstr("a layer from 0 to 11"));
  EXPECT_THAT(refusal("blocks.-1.attn.hook_z"), HasSubstr("a layer from 0 to 11"));
  EXPECT_THAT(refusal("blocks.99999999999999999999.attn.hook_z"), HasSubstr("one that this model has"));
}

TEST(Site, AKindThatTheModelLacksIsUnknownThere) {
  EXPECT_THAT(refusal("blocks.3.mlp.hook_pre_linear", {SiteKind::mlp_pre, SiteKind::z}), HasSubstr("did you mean 'blocks.3.mlp.hook_pre'?"));
}

}  // namespace
}  // namespace manabi::model
