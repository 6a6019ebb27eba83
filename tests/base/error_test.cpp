#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manabi::base {
namespace {

using ::testing::StrEq;

TEST(Error, MessageHasOneLinePerPart) {
  const Error error({.where = "a.json:3", .given = "no choices", .expected = "a list", .hint = "add some"});
  EXPECT_THAT(error.what(), StrEq("a.json:3: no choices\n  expected: a list\n  hint: add some"));
}

TEST(Error, EmptyPartsLeaveNoTrace) { EXPECT_THAT(Error({.where = "", .given = "bad", .expected = "", .hint = ""}).what(), StrEq("bad")); }

TEST(Error, PartsCanBeReadBack) {
  const Error error({.where = "w", .given = "g", .expected = "e", .hint = "h"});
  EXPECT_EQ(error.fault().where, "w");
  EXPECT_EQ(error.fault().given, "g");
  EXPECT_EQ(error.fault().expected, "e");
  EXPECT_EQ(error.fault().hint, "h");
}

TEST(NearestName, FindsOneSlipOfEachKind) {
  const std::vector<std::string> names = {"shots", "models", "seed"};
  EXPECT_EQ(nearest_name("shot", names), "shots");    // a letter missing
  EXPECT_EQ(nearest_name("shoots", names), "shots");  // a letter too many
  EXPECT_EQ(nearest_name("shats", names), "shots");   // another letter
  EXPECT_EQ(nearest_name("seed", names), "seed");
}

TEST(NearestName, GivesNothingWhenAllAreFar) {
  const std::vector<std::string> names = {"shots", "models"};
  EXPECT_EQ(nearest_name("temperature", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name("shots", {}), "");
}

TEST(NearestName, TheFirstOfEquallyNearNamesWins) {
  const std::vector<std::string> names = {"cat", "car"};
  EXPECT_EQ(nearest_name("cas", names), "cat");
}

TEST(NearestHint, NamesTheNearestOrAll) {
  const std::vector<std::string> names = {"shots", "models"};
  EXPECT_EQ(nearest_hint("shotz", names), "did you mean 'shots'?");
  EXPECT_EQ(nearest_hint("zzzzzzzz", names), "known: shots models");
}

}  // namespace
}  // namespace manabi::base
