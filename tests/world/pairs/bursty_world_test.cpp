// What the studies of burstiness and transience rely on: how often a class is in the context, which label it carries there, and that an
// evaluation shows the classes of training in rows of its own.
#include "world/pairs/bursty_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <thread>

#include "tests/support/error.h"
#include "tests/world/pairs/drawn_row.h"

namespace manabi::world {
namespace {

using test::drawn;
using test::drawn_rows;
using test::DrawnRow;
using test::expect_share;
using test::same;
using ::testing::HasSubstr;

constexpr int64_t kRows = 2000;

std::shared_ptr<const ClassInputs> inputs_of(int64_t classes, int64_t holdout = 0, double noise = 0.1) {
  return std::make_shared<ClassInputs>(ClassInputsConfig{.classes = classes, .holdout = holdout, .input_width = 6, .noise = noise});
}

std::map<int64_t, int64_t> counts_of(std::span<const int64_t> labels) {
  std::map<int64_t, int64_t> counts;
  for (const int64_t label : labels) ++counts[label];
  return counts;
}

// The class that a noiseless input shows.
int64_t class_of(const ClassInputs& inputs, std::span<const float> input) {
  for (int64_t c = 0; c < inputs.count(); ++c)
    if (same(inputs.prototype(c), input)) return c;
  return -1;
}

TEST(BurstyWorld, TheQueryClassHasItsCopies) {
  for (const int64_t burst : {1, 2, 3, 4}) {
    const BurstyWorld world(inputs_of(100),
                            {.pairs = 8, .bursty_share = 1, .burst = burst, .distractor = Distractor::other, .rest = Rest::distinct});
    for (const DrawnRow& row : drawn_rows(world, 200)) {
      std::map<int64_t, int64_t> counts = counts_of(row.context());
      ASSERT_EQ(counts[row.target()], burst);
      const int64_t bursts = std::count_if(counts.begin(), counts.end(), [&](const auto& entry) { return entry.second == burst; });
      EXPECT_EQ(bursts, burst == 1 ? 8 : 2);
      EXPECT_EQ(counts.size(), static_cast<size_t>(8 - 2 * burst + 2));  // the rest are all distinct
    }
  }
}

// Each pair equally often, either way round, whatever the class; worlds of other pairs show the same inputs.
TEST(BurstyWorld, PairedLabelsBelongToRowsNotToClasses) {
  BurstyConfig config = {.pairs = 2,
                         .bursty_share = 1,
                         .burst = 1,
                         .distractor = Distractor::other,
                         .label_map = LabelMap::paired,
                         .label_pairs = {{0, 3}, {1, 4}, {2, 4}},
                         .paired_labels = 5};
  const auto inputs = inputs_of(3);
  const BurstyWorld world(inputs, config);
  EXPECT_EQ(world.shape().labels, 5);
  std::map<std::pair<int64_t, int64_t>, int64_t> count;  // of (query's, other's)
  const std::vector<DrawnRow> rows = drawn_rows(world, kRows);
  for (const DrawnRow& row : rows) {
    ASSERT_EQ(row.shown(row.target()), 1);
    const int64_t other = row.labels[0] == row.target() ? row.labels[1] : row.labels[0];
    ++count[{row.target(), other}];
  }
  EXPECT_EQ(count.size(), 6u);
  for (const auto& [first, second] : config.label_pairs)
    for (const auto& names : {std::pair{first, second}, {second, first}}) expect_share(count[names], kRows, 1.0 / 6);
  config.label_pairs = {{0, 1}};
  EXPECT_EQ(rows.front().inputs, drawn(BurstyWorld(inputs, config), 0, 0).inputs);
}

TEST(BurstyWorld, WithoutADistractorOnlyTheQueryClassRepeats) {
  const BurstyWorld world(inputs_of(100), {.bursty_share = 1, .burst = 5, .distractor = Distractor::none, .rest = Rest::distinct});
  for (const DrawnRow& row : drawn_rows(world, 200)) {
    EXPECT_EQ(row.shown(row.target()), 5);
    EXPECT_EQ(counts_of(row.context()).size(), 4u);
  }
}

TEST(BurstyWorld, ADistractorOfAnyClassIsSometimesTheQuerysOwn) {
  const BurstyConfig config = {.pairs = 6, .bursty_share = 1, .burst = 3, .distractor = Distractor::any};
  int64_t coincide = 0;
  for (const DrawnRow& row : drawn_rows(BurstyWorld(inputs_of(4), config), kRows)) coincide += row.shown(row.target()) == 6 ? 1 : 0;
  expect_share(coincide, kRows, 0.25);
}

TEST(BurstyWorld, TheStatedShareOfRowsIsBursty) {
  for (const double share : {0.0, 0.5, 0.9, 1.0}) {
    const BurstyWorld world(inputs_of(50), {.bursty_share = share, .rest = Rest::distinct});
    int64_t bursty = 0;
    for (const DrawnRow& row : drawn_rows(world, kRows)) bursty += row.shown(row.target()) > 0 ? 1 : 0;
    expect_share(bursty, kRows, share);
  }
}

TEST(BurstyWorld, RowsWithoutBurstsShowTheQueryClassByChance) {
  const BurstyWorld world(inputs_of(20), {.pairs = 8, .bursty_share = 0});
  int64_t shown = 0;
  for (const DrawnRow& row : drawn_rows(world, kRows)) shown += row.shown(row.target()) > 0 ? 1 : 0;
  expect_share(shown, kRows, 1 - std::pow(0.95, 8));
}

TEST(BurstyWorld, EveryPlaceOfTheContextIsAsLikelyForTheQueryClass) {
  const BurstyWorld world(inputs_of(50), {.pairs = 4, .bursty_share = 1, .burst = 1, .distractor = Distractor::other, .rest = Rest::distinct});
  std::vector<int64_t> places(4, 0);
  for (const DrawnRow& row : drawn_rows(world, kRows))
    for (size_t i = 0; i < 4; ++i) places[i] += row.labels[i] == row.target() ? 1 : 0;
  for (const int64_t count : places) expect_share(count, kRows, 0.25);
}

TEST(BurstyWorld, TheLastClassIsTheMostFrequentInQueriesDistractorsAndTheRest) {
  const ClassLaw law(10, 1, MostFrequent::last);
  const BurstyConfig config = {.pairs = 3, .bursty_share = 1, .burst = 1, .zipf_exponent = 1};
  std::vector<int64_t> queries(10, 0), shown(10, 0);
  for (const DrawnRow& row : drawn_rows(BurstyWorld(inputs_of(10), config), kRows)) {
    ++queries[static_cast<size_t>(row.target())];
    for (const int64_t label : row.context()) ++shown[static_cast<size_t>(label)];
  }
  for (size_t c = 0; c < 10; ++c) {
    expect_share(queries[c], kRows, law.probability(static_cast<int64_t>(c)));
    // The query's own copy is one of the three, so that a tolerance for independent counts is a little wide.
    expect_share(shown[c] - queries[c], 2 * kRows, law.probability(static_cast<int64_t>(c)));
  }
  EXPECT_GT(queries[9], queries[0]);
}

TEST(BurstyWorld, InWeightRowsDoNotShowTheQueryClass) {
  for (const Rest rest : {Rest::not_query, Rest::distinct}) {
    const BurstyWorld world(inputs_of(9), in_weight_evaluation({.zipf_exponent = 1}, rest));
    bool repeats = false;
    for (const DrawnRow& row : drawn_rows(world, 300)) {
      EXPECT_EQ(row.shown(row.target()), 0);
      repeats = repeats || counts_of(row.context()).size() < 8;
    }
    EXPECT_EQ(repeats, rest == Rest::not_query);
  }
}

TEST(BurstyWorld, InContextRowsCallTwoClassesOfThePoolZeroAndOneEitherWayRound) {
  const auto inputs = inputs_of(12, 5, 0);
  for (const ClassPool pool : {ClassPool::trained, ClassPool::holdout}) {
    const BurstyWorld world(inputs, in_context_evaluation({.zipf_exponent = 1}, pool));
    int64_t ones = 0, smaller_is_one = 0;
    for (const DrawnRow& row : drawn_rows(world, kRows)) {
      ASSERT_EQ(row.shown(0), 4);
      ASSERT_EQ(row.shown(1), 4);
      std::map<int64_t, std::set<int64_t>> labels_of;
      for (size_t i = 0; i < 9; ++i) labels_of[class_of(*inputs, row.input(i))].insert(row.labels[i]);
      ASSERT_EQ(labels_of.size(), 2u);
      for (const auto& [shown, labels] : labels_of) {
        EXPECT_EQ(labels.size(), 1u);
        EXPECT_EQ(shown >= 12, pool == ClassPool::holdout);
      }
      ones += row.target();
      smaller_is_one += *labels_of.begin()->second.begin();
    }
    expect_share(ones, kRows, 0.5);
    expect_share(smaller_is_one, kRows, 0.5);
  }
}

TEST(BurstyWorld, FlippedRowsExchangeTheLabelsOfTheirTwoClasses) {
  const auto inputs = inputs_of(12, 0, 0);
  const BurstyWorld world(inputs, flip_evaluation({}));
  for (const DrawnRow& row : drawn_rows(world, 300)) {
    const int64_t other = class_of(*inputs, row.input(8));
    ASSERT_NE(row.target(), other);
    EXPECT_EQ(row.shown(row.target()), 4);
    EXPECT_EQ(row.shown(other), 4);
    for (size_t i = 0; i < 8; ++i) {
      const int64_t shown = class_of(*inputs, row.input(i));
      EXPECT_EQ(row.labels[i], shown == other ? row.target() : other);
    }
  }
}

TEST(BurstyWorld, AnotherLabelMapShowsTheSameInputs) {
  const auto inputs = inputs_of(40);
  const BurstyConfig flipped = flip_evaluation({});
  BurstyConfig own = flipped, binary = flipped;
  own.label_map = LabelMap::own;
  binary.label_map = LabelMap::binary;
  for (int64_t i = 0; i < 20; ++i) {
    const DrawnRow row = drawn(BurstyWorld(inputs, own), 3, i);
    EXPECT_EQ(row.inputs, drawn(BurstyWorld(inputs, flipped), 3, i).inputs);
    EXPECT_EQ(row.inputs, drawn(BurstyWorld(inputs, binary), 3, i).inputs);
  }
}

TEST(BurstyWorld, CopyRowsHideTheRightLabelUnderAnotherClass) {
  const auto inputs = inputs_of(20, 0, 0);
  std::vector<int64_t> places(8, 0);
  for (const DrawnRow& row : drawn_rows(BurstyWorld(inputs, copy_evaluation({})), kRows)) {
    ASSERT_EQ(class_of(*inputs, row.input(8)), row.target());
    ASSERT_EQ(row.shown(row.target()), 1);
    std::set<int64_t> classes;
    for (size_t i = 0; i < 8; ++i) {
      const int64_t shown = class_of(*inputs, row.input(i));
      classes.insert(shown);
      EXPECT_NE(shown, row.target());
      if (row.labels[i] == row.target()) {
        ++places[i];
      } else {
        EXPECT_EQ(row.labels[i], shown);
      }
    }
    EXPECT_EQ(classes.size(), 8u);
  }
  for (const int64_t count : places) expect_share(count, kRows, 1.0 / 8);
}

TEST(BurstyWorld, WithTwoPairsOneIsRelevantAndOneNot) {
  const auto inputs = std::make_shared<ClassInputs>(ClassInputsConfig{.classes = 30, .input_width = 64, .exemplars = 20, .noise = 0.5});
  const BurstyConfig training = {.pairs = 2, .bursty_share = 1, .burst = 1, .distractor = Distractor::other};
  for (const BurstyConfig& config :
       {training, flip_evaluation(training), in_context_evaluation(training, ClassPool::trained), copy_evaluation(training)}) {
    for (const DrawnRow& row : drawn_rows(BurstyWorld(inputs, config), 200)) {
      EXPECT_EQ(row.shown(row.target()), 1);
      EXPECT_NE(row.labels[0], row.labels[1]);
    }
  }
}

TEST(BurstyWorld, ClassesWithSeveralLabelsKeepOneThroughoutARow) {
  const auto inputs = inputs_of(6, 2, 0);
  const BurstyWorld world(inputs, {.pairs = 8, .bursty_share = 0.5, .labels_per_class = 3});
  EXPECT_EQ(world.shape().labels, 24);
  std::map<int64_t, int64_t> counts;
  for (const DrawnRow& row : drawn_rows(world, kRows)) {
    std::map<int64_t, std::set<int64_t>> labels_of;
    for (size_t i = 0; i < 9; ++i) {
      const int64_t shown = class_of(*inputs, row.input(i));
      EXPECT_EQ(row.labels[i] / 3, shown);
      labels_of[shown].insert(row.labels[i]);
    }
    for (const auto& [shown, labels] : labels_of) EXPECT_EQ(labels.size(), 1u);
    ++counts[row.target() % 3];
  }
  for (int64_t meaning = 0; meaning < 3; ++meaning) expect_share(counts[meaning], kRows, 1.0 / 3);
}

TEST(BurstyWorld, EveryLabelLiesInTheShape) {
  const auto inputs = inputs_of(9, 3);
  const BurstyConfig training = {.zipf_exponent = 1, .labels_per_class = 2};
  for (const BurstyConfig& config : {training, in_weight_evaluation(training), in_context_evaluation(training, ClassPool::holdout),
                                     flip_evaluation(training), copy_evaluation(training), BurstyConfig{.pool = ClassPool::holdout}}) {
    const BurstyWorld world(inputs, config);
    for (const DrawnRow& row : drawn_rows(world, 200)) {
      for (const int64_t label : row.labels) {
        EXPECT_GE(label, 0);
        EXPECT_LT(label, world.shape().labels);
      }
    }
  }
}

TEST(BurstyWorld, ARowIsAFunctionOfItsNumbersAlone) {
  const BurstyConfig config = {.zipf_exponent = 1};
  const BurstyWorld world(inputs_of(100), config), again(inputs_of(100), config);
  const std::vector<DrawnRow> rows = drawn_rows(world, 64);
  for (int64_t i = 63; i >= 0; --i) EXPECT_EQ(drawn(again, i / 32, i % 32), rows[static_cast<size_t>(i)]);
  std::vector<std::vector<DrawnRow>> of_thread(4);
  std::vector<std::jthread> threads;
  for (std::vector<DrawnRow>& own : of_thread) threads.emplace_back([&] { own = drawn_rows(world, 64); });
  threads.clear();
  for (const std::vector<DrawnRow>& own : of_thread) EXPECT_EQ(own, rows);
}

TEST(BurstyWorld, OtherNumbersGiveOtherRows) {
  const auto inputs = inputs_of(100);
  const DrawnRow row = drawn(BurstyWorld(inputs, {}), 1, 2);
  EXPECT_NE(row, drawn(BurstyWorld(inputs, {}), 2, 1));
  EXPECT_NE(row, drawn(BurstyWorld(inputs, {}), 1, 3));
  EXPECT_NE(row, drawn(BurstyWorld(inputs, {.seed = 1}), 1, 2));
  EXPECT_NE(row, drawn(BurstyWorld(inputs, {.evaluation = true}), 1, 2));
}

TEST(BurstyWorld, RefusesNumbersThatCannotBe) {
  const auto inputs = inputs_of(20);
  const auto error_of = [&](BurstyConfig config) { return test::error_of([&] { BurstyWorld(inputs, config); }); };
  EXPECT_THAT(error_of({.pairs = 0}), HasSubstr("pairs = 0"));
  EXPECT_THAT(error_of({.bursty_share = 1.5}), HasSubstr("bursty_share = 1.5"));
  EXPECT_THAT(error_of({.bursty_share = std::nan("")}), HasSubstr("bursty_share = nan"));
  EXPECT_THAT(error_of({.burst = -1}), HasSubstr("burst = -1"));
  EXPECT_THAT(error_of({.zipf_exponent = -1}), HasSubstr("zipf_exponent = -1"));
  EXPECT_THAT(error_of({.labels_per_class = 0}), HasSubstr("labels_per_class = 0"));
}

TEST(BurstyWorld, RefusesSettingsThatContradictEachOther) {
  const auto inputs = inputs_of(8);
  const auto error_of = [&](BurstyConfig config) { return test::error_of([&] { BurstyWorld(inputs, config); }); };
  EXPECT_THAT(error_of({.pairs = 8, .burst = 5}), HasSubstr("burst = 5, pairs = 8"));
  EXPECT_EQ(error_of({.pairs = 8, .burst = 5, .distractor = Distractor::none}), "");
  EXPECT_EQ(error_of({.pairs = 8, .bursty_share = 0, .burst = 5}), "");
  EXPECT_THAT(error_of({.pairs = 8, .rest = Rest::distinct}), HasSubstr("8 classes to draw from, pairs = 8"));
  EXPECT_EQ(error_of({.pairs = 8, .bursty_share = 1, .rest = Rest::distinct}), "");
  EXPECT_THAT(error_of(in_context_evaluation({}, ClassPool::holdout)), HasSubstr("pool = holdout, holdout = 0"));
  EXPECT_THAT(error_of(flip_evaluation({.pairs = 7})), HasSubstr("label_map = swapped, bursty_share = 1, burst = 3, pairs = 7"));
  EXPECT_THAT(error_of({.label_map = LabelMap::paired}), HasSubstr("no label_pairs"));
  EXPECT_THAT(error_of({.label_map = LabelMap::paired, .label_pairs = {{1, 1}}, .paired_labels = 5}), HasSubstr("labels 1 and 1 as a pair"));
  EXPECT_THAT(error_of({.label_map = LabelMap::paired, .label_pairs = {{0, 5}}, .paired_labels = 5}), HasSubstr("paired_labels = 5"));
  EXPECT_THAT(error_of({.label_map = LabelMap::binary}), HasSubstr("label_map = binary, bursty_share = 0.9, burst = 3, pairs = 8"));
  BurstyConfig coinciding = flip_evaluation({});
  coinciding.distractor = Distractor::any;
  EXPECT_THAT(error_of(coinciding), HasSubstr("distractor other"));
  EXPECT_THAT(error_of({.rest = Rest::not_query, .label_map = LabelMap::copied}), HasSubstr("label_map = copied"));
  EXPECT_THAT(error_of({.bursty_share = 0, .label_map = LabelMap::copied}), HasSubstr("rest not_query or distinct"));
  EXPECT_THAT(test::error_of([] { BurstyWorld(inputs_of(1), {.distractor = Distractor::other}); }), HasSubstr("at least 2 classes"));
}

TEST(BurstyWorld, OfOneClassRepeatsIt) {
  for (const DrawnRow& row : drawn_rows(BurstyWorld(inputs_of(1), {}), 20)) EXPECT_EQ(row.shown(0), 8);
}

}  // namespace
}  // namespace manabi::world
