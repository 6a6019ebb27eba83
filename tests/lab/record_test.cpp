#include "lab/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/hash.h"

namespace manabi::lab {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const base::Error& error) {
    return error.what();
  }
  return "no error";
}

const Cell kCell = {.at = {{"shots", "4"}, {"task", "sst2"}}, .inputs = {{"weights", "ab12"}}, .part = "one"};

TEST(Record, KeyIsTheHashOfSortedJson) {
  EXPECT_EQ(key_of("recognition", 2, kCell),
            base::sha256(R"({"at":{"shots":"4","task":"sst2"},"inputs":{"weights":"ab12"},"study":"recognition","version":2})"));
}

TEST(Record, KeyChangesWithEverythingThatCouldChangeTheValue) {
  const std::string key = key_of("recognition", 2, kCell);
  EXPECT_NE(key, key_of("recognitions", 2, kCell));
  EXPECT_NE(key, key_of("recognition", 3, kCell));
  Cell other = kCell;
  other.at["shots"] = "8";
  EXPECT_NE(key, key_of("recognition", 2, other));
  other = kCell;
  other.inputs["weights"] = "ab13";
  EXPECT_NE(key, key_of("recognition", 2, other));
  other = kCell;  // the same text in another place is another cell
  other.at.erase("task");
  other.inputs["task"] = "sst2";
  EXPECT_NE(key, key_of("recognition", 2, other));
}

TEST(Record, KeyIgnoresThePart) {
  Cell other = kCell;
  other.part = "two";
  EXPECT_EQ(key_of("recognition", 2, kCell), key_of("recognition", 2, other));
}

TEST(Record, KeyTakesAnyBytes) {
  Cell odd = kCell;
  odd.at["task"] = "\xff\"\n";
  EXPECT_EQ(key_of("recognition", 2, odd).size(), 64u);
}

TEST(Record, CoordinatesReadAsNumbers) {
  const Coordinates at = {{"shots", "16"}, {"lr", "1e-3"}, {"draw", "-2"}};
  EXPECT_EQ(integer_at(at, "shots"), 16);
  EXPECT_EQ(integer_at(at, "draw"), -2);
  EXPECT_EQ(number_at(at, "lr"), 1e-3);
  EXPECT_EQ(text_at(at, "lr"), "1e-3");
}

TEST(Record, BadCoordinatesNameTheCell) {
  const Coordinates at = {{"shots", "many"}, {"task", "sst2"}};
  EXPECT_THAT(message_of([&] { text_at(at, "shot"); }),
              AllOf(HasSubstr("shots=many task=sst2"), HasSubstr("'shot'"), HasSubstr("did you mean 'shots'?")));
  EXPECT_THAT(message_of([&] { integer_at(at, "shots"); }), AllOf(HasSubstr("'shots' is 'many'"), HasSubstr("a whole number")));
  EXPECT_THAT(message_of([&] { number_at({{"lr", "1e-3x"}}, "lr"); }), AllOf(HasSubstr("'1e-3x'"), HasSubstr("a number")));
  EXPECT_THAT(message_of([&] { text_at({}, "shots"); }), HasSubstr("(without coordinates): has no coordinate 'shots'"));
}

TEST(Record, TheFirstLargestScoreAnswers) {
  const auto is_right = [](std::vector<double> scores, int64_t target) {
    return ScoredItem{.scores = std::move(scores), .target = target}.is_right();
  };
  EXPECT_TRUE(is_right({-1, -2, -3}, 0));
  EXPECT_FALSE(is_right({-1, -2, -3}, 1));
  EXPECT_TRUE(is_right({-2, -1, -1}, 1));
  EXPECT_FALSE(is_right({-2, -1, -1}, 2));
  EXPECT_TRUE(is_right({-5}, 0));
}

TEST(Record, NoScoreOrOneThatIsNotANumberIsWrong) {
  const auto is_right = [](std::vector<double> scores, int64_t target) {
    return ScoredItem{.scores = std::move(scores), .target = target}.is_right();
  };
  EXPECT_FALSE(is_right({}, 0));
  EXPECT_FALSE(is_right({-1}, 1));
  EXPECT_FALSE(is_right({-1}, -1));
  EXPECT_FALSE(is_right({NAN, -1}, 0));
  EXPECT_FALSE(is_right({NAN, -1}, 1));
  EXPECT_FALSE(is_right({-1, NAN}, 0));
}

TEST(Record, SelectTakesRecordsThatHaveAllCoordinates) {
  Records records(3);
  records[0].cell.at = {{"shots", "4"}, {"task", "sst2"}};
  records[1].cell.at = {{"shots", "4"}, {"task", "trec"}};
  records[2].cell.at = {{"shots", "8"}};
  EXPECT_THAT(select(records, {{"shots", "4"}}), testing::ElementsAre(&records[0], &records[1]));
  EXPECT_THAT(select(records, {{"shots", "4"}, {"task", "trec"}}), testing::ElementsAre(&records[1]));
  EXPECT_THAT(select(records, {{"task", "agnews"}}), testing::IsEmpty());
  EXPECT_EQ(select(records, {}).size(), 3u);
}

}  // namespace
}  // namespace manabi::lab
