#include "world/tokens/named_worlds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "tests/support/error.h"

namespace manabi::world {
namespace {

TEST(NamedWorlds, EveryTokenHasAWordOfItsOwn) {
  for (const NamedWorld& world : named_worlds()) {
    SCOPED_TRACE(world.name);
    EXPECT_EQ(std::ssize(world.words), world.make(world.usual_length, 0)->vocabulary());
    EXPECT_EQ(std::set<std::string>(world.words.begin(), world.words.end()).size(), world.words.size());
    for (const std::string& word : world.words) EXPECT_TRUE(!word.empty() && word.find_first_of(" \n\t") == word.npos) << word;
  }
}

TEST(NamedWorlds, ARowOfTopicsReadsAsExamples) {
  const NamedWorld topics = named_worlds().front();
  std::vector<int64_t> ids(18), targets(18);
  topics.make(18, 1)->draw(0, 0, {.ids = ids, .targets = targets});
  const auto word = [&](size_t place) { return topics.words[static_cast<size_t>(ids[place])]; };
  for (const size_t example : {0u, 9u}) {
    EXPECT_EQ(word(example + 6), ":");
    EXPECT_EQ(word(example + 8), ";");
    EXPECT_NE(targets[example + 6], kNotAsked);
  }
}

TEST(NamedWorlds, RowsOfTopicsAreWholeExamples) {
  const NamedWorld topics = named_worlds().front();
  EXPECT_THAT(test::error_of([&] { topics.make(64, 0); }), testing::AllOf(testing::HasSubstr("64 tokens"), testing::HasSubstr("63 or 72")));
  EXPECT_THAT(test::error_of([&] { topics.make(3, 0); }), testing::HasSubstr("9 or a multiple"));
}

}  // namespace
}  // namespace manabi::world
