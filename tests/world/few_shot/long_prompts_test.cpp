// Prompts that do not fit the model: which items are dropped, and which demonstrations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/support/error.h"
#include "tests/world/toy_set.h"
#include "world/few_shot/few_shot.h"

namespace manabi::world {
namespace {

// One token a word; shorter than its bytes, as real tokenizers are.
class WordTokenizer final : public text::Tokenizer {
 public:
  std::vector<text::TokenId> encode(std::string_view text, text::Specials) const override {
    std::istringstream stream{std::string(text)};
    std::vector<text::TokenId> ids;
    for (std::string word; stream >> word;) ids.push_back(0);
    return ids;
  }
  std::string bytes_of(text::TokenId) const override { return ""; }
  int64_t size() const override { return 1; }
  std::optional<text::TokenId> bos() const override { return std::nullopt; }
  std::optional<text::TokenId> eos() const override { return std::nullopt; }
  bool adds_bos() const override { return false; }
  bool is_special(text::TokenId) const override { return false; }
  std::string fingerprint() const override { return "words"; }
};

const WordTokenizer kTokenizer;
const std::vector<LabelSetting> kSettings = {LabelSetting::gold, LabelSetting::random, LabelSetting::abstract, LabelSetting::flipped};

int64_t words_in(const std::string& text) { return static_cast<int64_t>(kTokenizer.encode(text, text::Specials::parse).size()); }

// Texts of one to twelve words; the second class has a label of three words.
std::shared_ptr<Dataset> uneven_set() {
  auto dataset = toy_set({"one", "by far longer"}, 60, 30);
  for (auto* examples : {&dataset->train, &dataset->test}) {
    for (size_t i = 0; i < examples->size(); ++i) {
      for (size_t word = 0; word < i % 12; ++word) (*examples)[i].fields[0] += " word";
    }
  }
  return dataset;
}

FewShotConfig config_for(LabelSetting setting, int64_t shots, TooLong too_long = TooLong::drop_item) {
  return {.setting = setting, .shots = shots, .ladder = {4, 8}, .too_long = too_long, .seed = 3};
}

TEST(LongPrompts, AnItemFitsExactlyWhenItsLongestPromptAtTheLargestKDoes) {
  const auto dataset = uneven_set();
  bool some_fit = false, some_do_not = false;
  for (int64_t index = 0; index < 30; ++index) {
    // By hand: 8 demonstrations, all with the longer label; the natural template has three words, a minimal one at most one.
    const Episode episode = FewShotWorld(dataset, config_for(LabelSetting::gold, 8)).draw(0, index);
    int64_t longest = words_in(dataset->test[static_cast<size_t>(index)].fields[0]) + 3 + 3;
    for (const Demonstration& shown : episode.demonstrations) longest += words_in(shown.input) + 3;
    for (const int64_t limit : {90, 100, 110, 120}) {
      for (const LabelSetting setting : kSettings) {
        for (const int64_t shots : {0, 4, 8}) {
          const FewShotWorld world(dataset, config_for(setting, shots), {&kTokenizer, limit});
          EXPECT_EQ(world.fits(0, index), longest <= limit) << "K = " << shots << ", " << name_of(setting) << ", " << longest << " in " << limit;
        }
      }
      (longest <= limit ? some_fit : some_do_not) = true;
    }
  }
  EXPECT_TRUE(some_fit && some_do_not);
}

TEST(LongPrompts, WithoutALimitEverythingFits) { EXPECT_TRUE(FewShotWorld(uneven_set(), config_for(LabelSetting::gold, 8)).fits(0, 0)); }

TEST(LongPrompts, DroppedDemonstrationsLeaveAListThatFitsInItsOrder) {
  const auto dataset = uneven_set();
  for (int64_t index = 0; index < 30; ++index) {
    const Episode whole = FewShotWorld(dataset, config_for(LabelSetting::gold, 8)).draw(0, index);
    const FewShotWorld world(dataset, config_for(LabelSetting::gold, 8, TooLong::drop_demonstrations), {&kTokenizer, 60});
    const Episode episode = world.draw(0, index);
    EXPECT_TRUE(world.fits(0, index));
    EXPECT_LE(words_in(episode.context + episode.choices[1]), 60);
    EXPECT_LT(episode.demonstrations.size(), whole.demonstrations.size());
    auto next = whole.demonstrations.begin();
    for (const Demonstration& kept : episode.demonstrations) {
      next = std::find_if(next, whole.demonstrations.end(), [&](const Demonstration& shown) { return shown.id == kept.id; });
      ASSERT_NE(next, whole.demonstrations.end());
      ++next;
    }
  }
}

TEST(LongPrompts, SettingsStillShareTheDemonstrationsThatAreKeptAndRandomLabelsStayWithTheirs) {
  const auto dataset = uneven_set();
  const auto kept = [&](LabelSetting setting) {
    std::vector<std::string> ids;
    const FewShotWorld world(dataset, config_for(setting, 8, TooLong::drop_demonstrations), {&kTokenizer, 60});
    for (const Demonstration& shown : world.draw(1, 5).demonstrations) ids.push_back(shown.id);
    return ids;
  };
  for (const LabelSetting setting : kSettings) EXPECT_EQ(kept(setting), kept(LabelSetting::gold));

  const Episode whole = FewShotWorld(dataset, config_for(LabelSetting::random, 8)).draw(1, 5);
  const FewShotWorld limited(dataset, config_for(LabelSetting::random, 8, TooLong::drop_demonstrations), {&kTokenizer, 60});
  for (const Demonstration& shown : limited.draw(1, 5).demonstrations) {
    const auto same =
        std::find_if(whole.demonstrations.begin(), whole.demonstrations.end(), [&](const auto& other) { return other.id == shown.id; });
    ASSERT_NE(same, whole.demonstrations.end());
    EXPECT_EQ(same->shown_class, shown.shown_class);
  }
}

TEST(LongPrompts, AQueryThatIsTooLongAloneNeverFits) {
  const FewShotWorld world(uneven_set(), config_for(LabelSetting::gold, 8, TooLong::drop_demonstrations), {&kTokenizer, 8});
  EXPECT_FALSE(world.fits(0, 11));
  EXPECT_TRUE(world.draw(0, 11).demonstrations.empty());
}

TEST(LongPrompts, DrawsTakeTheNextQueriesThatFitAndCountTheOthers) {
  const auto dataset = uneven_set();
  const FewShotWorld unlimited(dataset, config_for(LabelSetting::gold, 8));
  const std::vector<int64_t> order = query_order(*dataset, 0);
  EXPECT_EQ(fitting_queries(unlimited, *dataset, 0, 12).indices, std::vector<int64_t>(order.begin(), order.begin() + 12));
  EXPECT_EQ(fitting_queries(unlimited, *dataset, 1, 12).indices, std::vector<int64_t>(order.begin() + 12, order.begin() + 24));
  EXPECT_EQ(fitting_queries(unlimited, *dataset, 2, 12).indices.back(), order[5]) << "the order starts again at its end";
  EXPECT_EQ(fitting_queries(unlimited, *dataset, 0, 100).indices.size(), 30u) << "no query twice";

  const FewShotWorld limited(dataset, config_for(LabelSetting::gold, 8), {&kTokenizer, 120});
  const Queries queries = fitting_queries(limited, *dataset, 0, 100);
  EXPECT_GT(queries.dropped, 0);
  EXPECT_EQ(static_cast<int64_t>(queries.indices.size()) + queries.dropped, 30);
  for (const int64_t index : queries.indices) EXPECT_TRUE(limited.fits(0, index));

  const FewShotWorld hopeless(dataset, config_for(LabelSetting::gold, 8), {&kTokenizer, 10});
  EXPECT_THAT(test::error_of([&] { fitting_queries(hopeless, *dataset, 0, 4); }), ::testing::HasSubstr("toy: no prompt of the largest K fits"));
}

TEST(LongPrompts, TheLimitAndTheWholeLadderAreInTheHash) {
  const auto dataset = uneven_set();
  const auto hash = [&](std::vector<int64_t> ladder, int64_t tokens, TooLong too_long) {
    FewShotConfig config = config_for(LabelSetting::gold, 4, too_long);
    config.ladder = ladder;
    return FewShotWorld(dataset, config, {&kTokenizer, tokens}).hash();
  };
  const std::string base = hash({4, 8}, 60, TooLong::drop_item);
  EXPECT_NE(base, hash({4}, 60, TooLong::drop_item));
  EXPECT_NE(base, hash({4, 8}, 61, TooLong::drop_item));
  EXPECT_NE(base, hash({4, 8}, 60, TooLong::drop_demonstrations));
}

}  // namespace
}  // namespace manabi::world
