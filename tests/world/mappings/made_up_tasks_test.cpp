#include "world/mappings/made_up_tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/error.h"

namespace manabi::world {
namespace {

const std::string kAssets = std::string(MANABI_SOURCE_FOLDER) + "/assets";
const MappingDraw kDraw = {.demonstrations = 5, .dummies = 2};

std::map<std::string, std::string> shown(const MappingItem& item) {
  std::map<std::string, std::string> outputs;
  for (const Mapping& pair : item.demonstrations) outputs[pair.input] = pair.output;
  return outputs;
}

TEST(MadeUpTasks, AreTwoOfEachKindAndPureFunctions) {
  std::map<Novelty, int> kinds;
  for (const MadeUpTask& task : made_up_tasks(kAssets)) {
    ++kinds[task.novelty];
    const MappingItem once = task.draw(base::Rng(3), kDraw), again = task.draw(base::Rng(3), kDraw), other = task.draw(base::Rng(4), kDraw);
    EXPECT_EQ(prompt_of(once.demonstrations, once.query.input), prompt_of(again.demonstrations, again.query.input)) << task.name;
    EXPECT_NE(prompt_of(once.demonstrations, once.query.input), prompt_of(other.demonstrations, other.query.input)) << task.name;
    EXPECT_EQ(once.demonstrations.size(), 5u);
    EXPECT_EQ(once.dummies.size(), 2u);
    EXPECT_EQ(shown(once).size(), 5u) << task.name;
    for (const Mapping& dummy : once.dummies) EXPECT_NE(dummy.input, once.query.input) << task.name;
  }
  EXPECT_EQ(kinds, (std::map<Novelty, int>{{Novelty::two_steps, 2}, {Novelty::labels, 2}, {Novelty::correspondence, 2}}));
}

TEST(MadeUpTasks, TwoStepsAreTwoKnownRules) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const MappingItem next = made_up_tasks(kAssets)[0].draw(base::Rng(seed), kDraw),
                      previous = made_up_tasks(kAssets)[1].draw(base::Rng(seed), kDraw);
    EXPECT_EQ(next.query.output[0] - 'A', next.query.input[0] - 'a' + 1);
    EXPECT_EQ(previous.query.output[0] - 'A', previous.query.input[0] - 'a' - 1);
  }
}

TEST(MadeUpTasks, LabelsAreThePromptsOwnAndBothAreShown) {
  for (const size_t which : {size_t{2}, size_t{3}}) {
    const MadeUpTask task = made_up_tasks(kAssets)[which];
    std::set<std::string> all;
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const MappingItem item = task.draw(base::Rng(seed), kDraw);
      std::set<std::string> labels;
      for (const auto& [input, output] : shown(item)) labels.insert(output);
      EXPECT_EQ(labels.size(), 2u);
      EXPECT_TRUE(labels.contains(item.query.output));
      EXPECT_FALSE(shown(item).contains(item.query.input));
      all.insert(labels.begin(), labels.end());
    }
    EXPECT_GT(all.size(), 5u) << task.name;
  }
}

TEST(MadeUpTasks, OfPairsWhatIsAskedWasShown) {
  for (const size_t which : {size_t{4}, size_t{5}}) {
    const MadeUpTask task = made_up_tasks(kAssets)[which];
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const MappingItem item = task.draw(base::Rng(seed), kDraw);
      EXPECT_EQ(shown(item).at(item.query.input), item.query.output);
      for (const Mapping& dummy : item.dummies) EXPECT_EQ(shown(item).at(dummy.input), dummy.output);
      std::set<std::string> outputs;
      for (const auto& [input, output] : shown(item)) outputs.insert(output);
      EXPECT_EQ(outputs.size(), 5u);
    }
    EXPECT_THROW(task.draw(base::Rng(1), {.demonstrations = 1}), base::Error);
    EXPECT_THROW(task.draw(base::Rng(1), {.demonstrations = 1000}), base::Error);
  }
}

}  // namespace
}  // namespace manabi::world
