#include "world/pairs/class_mixture_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tests/support/error.h"

namespace manabi::world {
namespace {

using testing::HasSubstr;

struct Row {
  std::vector<float> inputs;
  std::vector<int64_t> labels;

  std::span<const int64_t> context() const { return std::span(labels).first(labels.size() - 1); }
  bool is_relevant() const { return std::ranges::count(context(), labels.back()) > 0; }
};

Row drawn(const ClassMixtureWorld& world, int64_t step, int64_t row) {
  const PairShape shape = world.shape();
  Row result{.inputs = std::vector<float>(static_cast<size_t>((shape.pairs + 1) * shape.input_width)),
             .labels = std::vector<int64_t>(static_cast<size_t>(shape.pairs + 1))};
  world.draw(step, row, {.inputs = result.inputs, .labels = result.labels});
  return result;
}

std::vector<Row> many(const ClassMixtureConfig& config, int64_t count) {
  const ClassMixtureWorld world(config);
  std::vector<Row> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(drawn(world, i / 32, i % 32));
  return rows;
}

template <class Test>
double share_of(const std::vector<Row>& rows, const Test& test) {
  return static_cast<double>(std::ranges::count_if(rows, test)) / static_cast<double>(rows.size());
}

constexpr double kFourDeviations = 4 * 0.5 / 100;  // of a share of 10,000 draws, at most
constexpr int64_t kDraws = 10'000;

TEST(ClassMixtureWorld, ARowIsAFunctionOfItsNumbersAlone) {
  const ClassMixtureWorld first({.rows = 64}), second({.rows = 64});
  drawn(first, 3, 3);
  EXPECT_EQ(drawn(first, 7, 2).inputs, drawn(second, 7, 2).inputs);
  EXPECT_NE(drawn(first, 7, 2).inputs, drawn(first, 7, 3).inputs);
}

TEST(ClassMixtureWorld, ARowsClassesAreThoseOfItsVectorsWithoutNoise) {
  const ClassMixtureWorld world({.input_width = 8, .pairs = 3, .noise = 0, .label_noise = 0.3});
  std::vector<float> inputs(32);
  std::vector<int64_t> shown(4), classes(4), labels(4);
  for (int64_t number = 0; number < 50; ++number) {
    world.draw_row(number, {.inputs = inputs, .labels = shown});
    world.draw_classes(number, classes, labels);
    EXPECT_EQ(labels, shown);
    for (size_t item = 0; item < 4; ++item)
      EXPECT_TRUE(std::ranges::equal(world.prototype(classes[item]), std::span(inputs).subspan(8 * item, 8)));
  }
}

TEST(ClassMixtureWorld, AFiniteSetRepeatsItsRowsWithTheirNoise) {
  std::set<std::vector<float>> seen;
  for (const Row& row : many({.rows = 16}, 2000)) seen.insert(row.inputs);
  EXPECT_EQ(seen.size(), 16u);
}

TEST(ClassMixtureWorld, EveryClassIsAQueryOfAFiniteSet) {
  const ClassMixtureWorld world({.rows = 10});
  std::set<int64_t> queries;
  for (int64_t number = 0; number < 10; ++number) {
    Row row{.inputs = std::vector<float>(128), .labels = std::vector<int64_t>(2)};
    world.draw_row(number, {.inputs = row.inputs, .labels = row.labels});
    queries.insert(row.labels.back());
  }
  EXPECT_EQ(queries.size(), 10u);
}

TEST(ClassMixtureWorld, HighClassesHaveTheirShareOfQueriesAndContexts) {
  const std::vector<Row> rows = many({.relevant_share = 0.5}, kDraws);
  EXPECT_NEAR(share_of(rows, [](const Row& row) { return row.labels.back() < 5; }), 0.9, kFourDeviations);
  EXPECT_NEAR(share_of(rows, [](const Row& row) { return row.labels.back() == 7; }), 0.02, kFourDeviations);
}

TEST(ClassMixtureWorld, RelevantRowsHaveTheirShare) {
  for (const double share : {0.0, 0.25, 1.0}) {
    const std::vector<Row> rows = many({.pairs = 3, .relevant_share = share}, kDraws);
    EXPECT_NEAR(share_of(rows, [](const Row& row) { return row.is_relevant(); }), share, share * (1 - share) == 0 ? 0 : kFourDeviations);
  }
}

// The law that drawing everything again until the class is there would give, by that very way.
TEST(ClassMixtureWorld, ARelevantContextIsTheClassLawGivenThatTheQueryIsThere) {
  const std::vector<Row> rows = many({.pairs = 4, .relevant_share = 1, .query = QueryClasses::high}, kDraws);
  std::map<int64_t, double> expected, actual;
  base::Rng rng(11);
  for (int64_t tries = 0, kept = 0; kept < kDraws; ++tries) {
    int64_t copies = 0;
    for (int i = 0; i < 4; ++i) copies += rng.uniform() < 0.18;
    if (copies == 0) continue;
    ++kept;
    expected[copies] += 1.0 / kDraws;
  }
  for (const Row& row : rows) actual[std::ranges::count(row.context(), row.labels.back())] += 1.0 / kDraws;
  for (int64_t copies = 1; copies <= 4; ++copies) EXPECT_NEAR(actual[copies], expected[copies], 1.5 * kFourDeviations) << copies;
  std::vector<double> at(4);
  for (const Row& row : rows)
    for (size_t i = 0; i < 4; ++i) at[i] += row.labels[i] == row.labels.back() ? 1.0 / kDraws : 0;
  for (size_t i = 1; i < 4; ++i) EXPECT_NEAR(at[i], at[0], 2 * kFourDeviations) << "place " << i;
}

TEST(ClassMixtureWorld, PrescribedCopiesAreExactAndStandAnywhere) {
  std::set<int64_t> first_is_query;
  for (const Row& row : many({.pairs = 4, .relevant_share = 1, .relevant_pairs = 2}, 500)) {
    EXPECT_EQ(std::ranges::count(row.context(), row.labels.back()), 2);
    first_is_query.insert(row.labels.front() == row.labels.back());
  }
  EXPECT_EQ(first_is_query.size(), 2u);
}

TEST(ClassMixtureWorld, InputsLieAboutTheirClassesUnitVectors) {
  const ClassMixtureWorld exact({.noise = 0}), noisy({.noise = 0.5});
  const Row row = drawn(exact, 0, 0);
  double squares = 0;
  for (size_t i = 0; i < 64; ++i) {
    EXPECT_EQ(row.inputs[i], exact.prototype(row.labels[0])[i]);
    squares += row.inputs[i] * row.inputs[i];
  }
  EXPECT_NEAR(squares, 1, 1e-5);
  double variance = 0;
  for (int64_t i = 0; i < 1000; ++i) {
    const Row some = drawn(noisy, i, 0);
    for (size_t j = 0; j < 64; ++j) variance += std::pow(some.inputs[j] - noisy.prototype(some.labels[0])[j], 2) / 64'000;
  }
  EXPECT_NEAR(variance, 0.25, 0.25 * 4 * std::sqrt(2.0 / 64'000));
}

TEST(ClassMixtureWorld, ShiftedLabelsStayInTheirGroupAndChangeNothingElse) {
  const ClassMixtureWorld plain({}), shifted({.shifts_labels = true});
  for (int64_t i = 0; i < 200; ++i) {
    const Row before = drawn(plain, i, 0), after = drawn(shifted, i, 0);
    EXPECT_EQ(before.inputs, after.inputs);
    for (size_t j = 0; j < 2; ++j) {
      EXPECT_NE(before.labels[j], after.labels[j]);
      EXPECT_EQ(before.labels[j] < 5, after.labels[j] < 5);
    }
  }
}

TEST(ClassMixtureWorld, LabelNoiseHitsItsShareOfLabels) {
  const ClassMixtureWorld clean({}), noisy({.label_noise = 0.1});
  int64_t changed = 0;
  for (int64_t i = 0; i < kDraws; ++i) {
    const Row before = drawn(clean, i, 0), after = drawn(noisy, i, 0);
    if (before.labels[0] == after.labels[0]) continue;
    EXPECT_EQ(after.labels[0], (before.labels[0] + 1) % 10);
    ++changed;
  }
  EXPECT_NEAR(static_cast<double>(changed) / kDraws, 0.1, kFourDeviations);
}

TEST(ClassMixtureWorld, OptionsThatCannotFitAreNamed) {
  const auto error_of = [](const ClassMixtureConfig& config) { return test::error_of([&] { ClassMixtureWorld world(config); }); };
  EXPECT_THAT(error_of({.rows = 9}), HasSubstr("9 rows for 10 classes"));
  EXPECT_THAT(error_of({.pairs = 2, .relevant_pairs = 3}), HasSubstr("3 relevant pairs of 2"));
  EXPECT_THAT(error_of({.high_share = 0.1}), HasSubstr("high-share"));
  EXPECT_THAT(error_of({.relevant_share = 1.5}), HasSubstr("relevant-share"));
}

}  // namespace
}  // namespace manabi::world
