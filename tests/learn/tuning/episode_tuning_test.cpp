#include "learn/tuning/episode_tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/error.h"

namespace manabi::learn {
namespace {

using testing::HasSubstr;

std::set<std::string> ids_of(const std::vector<world::Episode>& episodes) {
  std::set<std::string> ids;
  for (const world::Episode& episode : episodes) ids.insert(episode.id);
  return ids;
}

TEST(DrawSplits, NoExampleIsInTwoAndOnlyTrainDependsOnTheSeed) {
  const auto dataset = world::DatasetCatalogue(std::string(MANABI_SOURCE_FOLDER) + "/assets", "").open("sentiment");
  const world::ZeroShot task(dataset, 0);
  const SplitSizes sizes{.train = 20, .dev = 12, .test = 10};
  const Splits one = draw_splits(task, sizes, 1), two = draw_splits(task, sizes, 2);
  EXPECT_EQ(ids_of(one.train).size(), 20u);
  EXPECT_EQ(ids_of(one.dev).size(), 12u);
  EXPECT_EQ(one.test.size(), 10u);
  EXPECT_EQ(ids_of(one.dev), ids_of(two.dev));
  EXPECT_EQ(ids_of(one.test), ids_of(two.test));
  EXPECT_NE(ids_of(one.train), ids_of(two.train));
  for (const Splits& splits : {one, two})
    for (const std::string& id : ids_of(splits.train)) EXPECT_FALSE(ids_of(one.dev).contains(id)) << id;
  EXPECT_THAT(test::error_of([&] { draw_splits(task, {.train = 1'000'000}, 1); }), HasSubstr("training split"));
}

}  // namespace
}  // namespace manabi::learn
