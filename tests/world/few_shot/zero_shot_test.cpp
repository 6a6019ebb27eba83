#include "world/few_shot/zero_shot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/error.h"

namespace manabi::world {
namespace {

using testing::HasSubstr;

std::shared_ptr<const Dataset> dataset() { return DatasetCatalogue(std::string(MANABI_SOURCE_FOLDER) + "/assets", "").open("sentiment"); }

TEST(ZeroShot, AnEpisodeIsTheTemplateUpToItsLabelAndEveryLabel) {
  const auto set = dataset();
  const ZeroShot task(set, 0);
  const Example& example = set->train.front();
  const Episode episode = task.episode(example);
  EXPECT_THAT(episode.context, HasSubstr(example.fields[0].substr(0, 10)));
  EXPECT_NE(episode.context.back(), ' ');
  ASSERT_EQ(std::ssize(episode.choices), set->classes());
  EXPECT_THAT(episode.choices[static_cast<size_t>(example.label)], HasSubstr(set->natural[0].label_words[static_cast<size_t>(example.label)]));
  EXPECT_EQ(episode.target, example.label);
  EXPECT_TRUE(episode.demonstrations.empty());
  EXPECT_THAT(test::error_of([&] { ZeroShot(set, 99); }), HasSubstr("0 to"));
}

TEST(BalancedSample, ClassesTakeTurnsAndNoExampleComesTwice) {
  const auto set = dataset();
  for (const int64_t count : {1, 7, 16}) {
    const std::vector<Example> sample = balanced_sample(set->train, set->classes(), count, 3);
    ASSERT_EQ(std::ssize(sample), count);
    std::map<int64_t, int64_t> of_class;
    std::set<std::string> ids;
    for (const Example& example : sample) {
      ++of_class[example.label];
      ids.insert(example.id);
    }
    EXPECT_EQ(std::ssize(ids), count);
    EXPECT_LE(of_class[0] - of_class[1], 1);
  }
  const auto ids = [&](uint64_t seed) {
    std::string all;
    for (const Example& example : balanced_sample(set->train, set->classes(), 8, seed)) all += example.id + " ";
    return all;
  };
  EXPECT_EQ(ids(3), ids(3));
  EXPECT_NE(ids(3), ids(4));
  // A class that runs out leaves the rest to the others.
  EXPECT_EQ(std::ssize(balanced_sample(set->train, set->classes(), 1'000'000, 3)), std::ssize(set->train));
}

}  // namespace
}  // namespace manabi::world
