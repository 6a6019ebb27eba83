#include "world/pairs/projected_tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/error.h"
#include "tests/world/pairs/drawn_row.h"
#include "world/images/random_characters.h"

namespace manabi::world {
namespace {

using ::testing::HasSubstr;

// One image a class, so that an input tells its class and a task's matrix.
std::shared_ptr<const LabelledImages> one_image_a_class(int64_t classes) {
  auto images = std::make_shared<LabelledImages>(LabelledImages{.name = "unit", .input_width = classes});
  for (int64_t i = 0; i < classes; ++i) {
    images->of_class.push_back({i});
    for (int64_t j = 0; j < classes; ++j) images->inputs.push_back(i == j ? 1.0F : 0.0F);
  }
  return images;
}

using Names = std::map<std::vector<float>, int64_t>;  // what every projected image is called

Names names_in(const test::DrawnRow& row) {
  Names names;
  for (size_t i = 0; i < row.labels.size(); ++i) {
    const auto input = row.input(i);
    const auto [place, is_new] = names.emplace(std::vector<float>(input.begin(), input.end()), row.labels[i]);
    EXPECT_EQ(place->second, row.labels[i]) << "an image is called alike within a row";
  }
  return names;
}

TEST(ProjectedTasks, WithinARowAnImageHasOneName) {
  const ProjectedTasks world(one_image_a_class(4), {.pairs = 40, .labels = 4});
  const Names names = names_in(test::drawn(world, 0, 0));
  EXPECT_EQ(names.size(), 4U);
  std::set<int64_t> used;
  for (const auto& [image, name] : names) used.insert(name);
  EXPECT_EQ(used.size(), 4U);
}

TEST(ProjectedTasks, RowsOfOneTaskShareMatrixAndNamesAndSeedsDrawTheRows) {
  const ProjectedTasks one(one_image_a_class(4), {.pairs = 40, .labels = 4, .tasks = 1, .seed = 1});
  EXPECT_EQ(names_in(test::drawn(one, 0, 0)), names_in(test::drawn(one, 5, 3)));
  EXPECT_NE(test::drawn(one, 0, 0), test::drawn(one, 5, 3));
  const ProjectedTasks same_task(one_image_a_class(4), {.pairs = 40, .labels = 4, .tasks = 1, .seed = 2});
  EXPECT_EQ(names_in(test::drawn(one, 0, 0)), names_in(test::drawn(same_task, 0, 0)));
  const ProjectedTasks other_tasks(one_image_a_class(4), {.pairs = 40, .labels = 4, .tasks = 1, .task_seed = 9, .seed = 1});
  EXPECT_NE(names_in(test::drawn(one, 0, 0)), names_in(test::drawn(other_tasks, 0, 0)));
}

TEST(ProjectedTasks, AsManyTasksAreSeenAsThereAre) {
  const ProjectedTasks world(one_image_a_class(3), {.pairs = 40, .labels = 3, .tasks = 4});
  std::set<Names> seen;
  for (int64_t row = 0; row < 100; ++row) seen.insert(names_in(test::drawn(world, 0, row)));
  EXPECT_EQ(seen.size(), 4U);
  const ProjectedTasks unseen(one_image_a_class(3), {.pairs = 40, .labels = 3, .tasks = 0});
  for (int64_t row = 0; row < 20; ++row) EXPECT_FALSE(seen.contains(names_in(test::drawn(unseen, 0, row))));
}

// Class c of one image a class is column c of the matrix, whatever the matrix.
TEST(ProjectedTasks, PlainNamesAreTheClassesOwn) {
  const ProjectedTasks named(one_image_a_class(3), {.pairs = 40, .labels = 3, .tasks = 1});
  const ProjectedTasks plain(one_image_a_class(3), {.pairs = 40, .labels = 3, .tasks = 1, .plain_share = 1});
  const ProjectedTasks plain_of_many(one_image_a_class(3), {.pairs = 40, .labels = 3, .tasks = 1000, .plain_share = 1});
  EXPECT_EQ(names_in(test::drawn(plain, 0, 0)), names_in(test::drawn(plain, 3, 7)));
  int64_t alike = 0;
  for (int64_t row = 0; row < 60; ++row) alike += names_in(test::drawn(named, 0, row)) == names_in(test::drawn(plain, 0, row));
  EXPECT_TRUE(alike == 0 || alike == 60);
  // Matrices differ from task to task while the labels stay those of the classes: counted over many rows each label is as frequent.
  std::map<int64_t, int64_t> counts;
  for (int64_t row = 0; row < 100; ++row)
    for (const int64_t label : test::drawn(plain_of_many, 0, row).labels) ++counts[label];
  for (const auto& [label, count] : counts) test::expect_share(count, 4100, 1.0 / 3);
}

TEST(ProjectedTasks, ALargerSetGivesEachTaskClassesOfItsOwn) {
  const ProjectedTasks world(one_image_a_class(30), {.pairs = 60, .labels = 3, .tasks = 1});
  EXPECT_EQ(names_in(test::drawn(world, 0, 0)).size(), 3U);
  EXPECT_EQ(names_in(test::drawn(world, 0, 0)), names_in(test::drawn(world, 0, 1)));
}

TEST(ProjectedTasks, NumbersThatDoNotFitAreRefused) {
  const auto refusal = [](const ProjectedTasksConfig& config) { return test::error_of([&] { ProjectedTasks(one_image_a_class(3), config); }); };
  EXPECT_THAT(refusal({.labels = 4}), HasSubstr("labels = 4 of 3 classes"));
  EXPECT_THAT(refusal({.pairs = 0, .labels = 3}), HasSubstr("pairs = 0"));
  EXPECT_THAT(refusal({.labels = 3, .tasks = -1}), HasSubstr("tasks = -1"));
  EXPECT_THAT(refusal({.labels = 3, .plain_share = 2}), HasSubstr("plain_share = 2"));
}

}  // namespace
}  // namespace manabi::world
