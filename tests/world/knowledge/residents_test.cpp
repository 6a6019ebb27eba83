#include "world/knowledge/residents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/error.h"

namespace manabi::world {
namespace {

TEST(Residents, ThePapersFactsAreHalfMadeUp) {
  std::map<std::string, int64_t> kinds;
  for (const Resident& each : published_residents()) ++kinds[kind_of(each)];
  EXPECT_THAT(kinds, testing::ElementsAre(testing::Pair("known name, known city", 4), testing::Pair("made-up name, made-up city", 4)));
}

TEST(Residents, EveryKindHasAsManyAndNothingIsThereTwice) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<Resident> told = drawn_residents(8, seed), others = strangers(8, seed, told);
    ASSERT_EQ(told.size(), 32u);
    ASSERT_EQ(others.size(), 32u);
    std::set<std::string> names, cities;
    std::map<std::string, int64_t> kinds;
    for (const auto* list : {&told, &others}) {
      for (const Resident& each : *list) {
        names.insert(each.name);
        cities.insert(each.city);
        ++kinds[kind_of(each)];
      }
    }
    EXPECT_EQ(names.size(), 64u);
    EXPECT_EQ(cities.size(), 64u);
    EXPECT_EQ(kinds.size(), 4u);
    for (const auto& [kind, count] : kinds) EXPECT_EQ(count, 16) << kind;
  }
}

TEST(Residents, AreAFunctionOfTheSeed) {
  EXPECT_EQ(drawn_residents(4, 1), drawn_residents(4, 1));
  EXPECT_NE(drawn_residents(4, 1), drawn_residents(4, 2));
}

TEST(Residents, RefuseMoreThanTheListsHold) {
  EXPECT_THAT(test::fault_of([] { drawn_residents(9, 0); }).expected, testing::HasSubstr("8"));
  EXPECT_THAT(test::fault_of([] { drawn_residents(0, 0); }).given, testing::HasSubstr("0"));
}

TEST(Residents, SentencesNameWhatTheyAreGiven) {
  EXPECT_EQ(residence_question("Liz"), "Where does Liz live? Only give the name of the city.");
  EXPECT_EQ(residence_statement("Liz", "London"), "Liz lives in the city of London.");
}

}  // namespace
}  // namespace manabi::world
