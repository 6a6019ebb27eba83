#include "lab/statistics/seeds.h"

#include <gtest/gtest.h>

namespace manabi::lab {
namespace {

// Seed s at step t has value s + t / 10 of "error" for question a, 100 more for b.
Records made_up() {
  Records records;
  for (const int64_t seed : {2, 0, 1}) {
    CellRecord record;
    record.cell.at = {{"rows", "64"}, {kSeed, std::to_string(seed)}};
    for (const int64_t step : {10, 5, 20})
      for (const auto& [question, shift] : {std::pair{"a", 0.0}, {"b", 100.0}})
        record.rows.push_back({.metric = "error",
                               .at = {{"question", question}, {kStep, std::to_string(step)}},
                               .value = shift + static_cast<double>(seed) + static_cast<double>(step) / 10});
    records.push_back(record);
  }
  return records;
}

const Measured kWhat = {.cell = {{"rows", "64"}}, .metric = "error", .row = {{"question", "a"}}};

TEST(Seeds, LastValuesAreThoseOfTheLastStepInTheOrderOfSeeds) { EXPECT_EQ(last_values(made_up(), kWhat), (std::vector<double>{2, 3, 4})); }

TEST(Seeds, LeastValuesAreTakenAlongTheSteps) { EXPECT_EQ(least_values(made_up(), kWhat), (std::vector<double>{0.5, 1.5, 2.5})); }

TEST(Seeds, OtherCellsAndQuestionsDoNotCount) {
  EXPECT_EQ(last_values(made_up(), {.cell = {{"rows", "64"}}, .metric = "error", .row = {{"question", "b"}}}),
            (std::vector<double>{102, 103, 104}));
  EXPECT_TRUE(last_values(made_up(), {.cell = {{"rows", "65"}}, .metric = "error"}).empty());
}

TEST(Seeds, DifferencesNeedTheSameSeeds) {
  EXPECT_EQ(differences({1, 2}, {5, 5}), (std::vector<double>{4, 3}));
  EXPECT_TRUE(differences({1, 2}, {5}).empty());
}

TEST(Seeds, SettingsAreTheCellsWithoutTheirSeeds) { EXPECT_EQ(settings_in(made_up()), (std::vector<Coordinates>{{{"rows", "64"}}})); }

TEST(Seeds, ComplementsOfErrorsAreAccuracies) { EXPECT_EQ(complements({0.25, 1}), (std::vector<double>{0.75, 0})); }

TEST(Seeds, OneSeedHasNoInterval) {
  EXPECT_FALSE(interval_over_seeds({1}).has_value());
  EXPECT_TRUE(interval_over_seeds({1, 2}).has_value());
  EXPECT_FALSE(point_over_seeds(3, {0.5}).low.has_value());
}

TEST(Seeds, IntervalsOfSharesStayWithinThem) {
  const Point point = point_over_seeds(1, {0.9, 1.0, 1.0});
  EXPECT_LE(*point.high, 1);
  EXPECT_GT(*point_over_seeds(1, {0.9, 1.0, 1.0}, /*is_share=*/false).high, 1);
}

TEST(Seeds, ACurveHasAPointAStep) {
  const Series series = series_over_steps("a", made_up(), kWhat, false);
  ASSERT_EQ(series.points.size(), 3u);
  EXPECT_EQ(series.points[0].x, 5);
  EXPECT_DOUBLE_EQ(series.points[0].y, 1.5);
  EXPECT_EQ(series.points[2].n, 3);
}

}  // namespace
}  // namespace manabi::lab
