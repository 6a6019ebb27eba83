// What the study of abrupt learning relies on: which classes a row shows, which labels they carry, and what the network gets besides.
#include "world/pairs/abrupt_world.h"

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
using ::testing::HasSubstr;

constexpr int64_t kRows = 2000;

using Input = std::vector<float>;

Input input_of(const DrawnRow& row, size_t i) { return {row.input(i).begin(), row.input(i).end()}; }

// Classes by their means, for worlds without noise; -1 for an input that no known class has.
class KnownClasses {
 public:
  explicit KnownClasses(const AbruptWorld& world) {
    const auto width = static_cast<size_t>(world.shape().input_width);
    const std::span<const float> means = world.class_means();
    for (size_t c = 0; c * width < means.size(); ++c) {
      const std::span<const float> mean = means.subspan(c * width, width);
      classes_[Input(mean.begin(), mean.end())] = static_cast<int64_t>(c);
    }
  }

  std::vector<int64_t> of(const DrawnRow& row) const {
    std::vector<int64_t> classes;
    for (size_t i = 0; i < row.labels.size(); ++i) {
      const auto found = classes_.find(input_of(row, i));
      classes.push_back(found == classes_.end() ? -1 : found->second);
    }
    return classes;
  }

 private:
  std::map<Input, int64_t> classes_;
};

std::map<Input, int64_t> context_counts(const DrawnRow& row) {
  std::map<Input, int64_t> counts;
  for (size_t i = 0; i + 1 < row.labels.size(); ++i) ++counts[input_of(row, i)];
  return counts;
}

// Small, and without noise, so that classes can be told by their inputs.
AbruptConfig small() { return {.pairs = 8, .labels = 16, .classes = 64, .input_width = 5, .noise = 0}; }

TEST(AbruptWorld, EveryClassOfABurstyRowHasItsCopiesAndTheQuerysIsAmongThem) {
  for (const double novel_share : {0.0, 1.0}) {
    for (const int64_t burst : {1, 2, 4}) {
      AbruptConfig config = small();
      config.burst = burst;
      config.novel_share = novel_share;
      const AbruptWorld world(config);
      for (const DrawnRow& row : drawn_rows(world, 200)) {
        std::map<Input, int64_t> counts = context_counts(row);
        EXPECT_EQ(counts.size(), static_cast<size_t>(8 / burst));
        for (const auto& [input, count] : counts) EXPECT_EQ(count, burst);
        EXPECT_EQ(counts[input_of(row, 8)], burst);
      }
    }
  }
}

TEST(AbruptWorld, EveryPlaceOfTheContextIsAsLikelyForTheQuerysClass) {
  std::vector<int64_t> places(8, 0);
  for (const DrawnRow& row : drawn_rows(AbruptWorld(small()), kRows))
    for (size_t i = 0; i < 8; ++i) places[i] += row.labels[i] == row.target() ? 1 : 0;
  for (const int64_t count : places) expect_share(count, kRows, 1.0 / 8);
}

TEST(AbruptWorld, AClassHasTheLabelOfItsNumberModuloTheLabels) {
  const AbruptWorld world(small());
  const KnownClasses known(world);
  for (const DrawnRow& row : drawn_rows(world, 200)) {
    const std::vector<int64_t> classes = known.of(row);
    for (size_t i = 0; i < 9; ++i) {
      ASSERT_GE(classes[i], 0);
      EXPECT_EQ(row.labels[i], classes[i] % 16);
    }
  }
}

TEST(AbruptWorld, DistinctLabelsAreDistinctAndEveryClassAsLikely) {
  AbruptConfig config = small();
  config.labels = 8;
  const AbruptWorld world(config);
  const KnownClasses known(world);
  std::vector<int64_t> counts(64, 0);
  for (const DrawnRow& row : drawn_rows(world, kRows)) {
    EXPECT_EQ(std::set<int64_t>(row.labels.begin(), row.labels.end()).size(), 8u);
    ++counts[static_cast<size_t>(known.of(row).back())];
  }
  for (const int64_t count : counts) expect_share(count, kRows, 1.0 / 64);
}

TEST(AbruptWorld, EverySetOfDistinctLabelsIsAsLikely) {
  AbruptConfig config = small();
  config.pairs = 2;
  config.labels = 4;
  std::map<std::vector<int64_t>, int64_t> counts;
  for (const DrawnRow& row : drawn_rows(AbruptWorld(config), kRows)) ++counts[{row.labels[0], row.labels[1]}];
  EXPECT_EQ(counts.size(), 12u);
  for (const auto& [pair, count] : counts) expect_share(count, kRows, 1.0 / 12);
}

TEST(AbruptWorld, WithRepeatsTheFirstClassIsTheMostFrequentInBurstyAndOtherRows) {
  const ClassLaw law(64, 1, MostFrequent::first);
  for (const double bursty_share : {0.0, 1.0}) {
    AbruptConfig config = small();
    config.bursty_share = bursty_share;
    config.distinct_labels = false;
    config.zipf_exponent = 1;
    const AbruptWorld world(config);
    const KnownClasses known(world);
    std::vector<int64_t> counts(64, 0);
    for (const DrawnRow& row : drawn_rows(world, kRows)) ++counts[static_cast<size_t>(known.of(row).back())];
    for (int64_t c = 0; c < 64; ++c) expect_share(counts[static_cast<size_t>(c)], kRows, law.probability(c));
  }
}

TEST(AbruptWorld, TheStatedSharesOfRowsAreNovelAndBursty) {
  AbruptConfig config = small();
  config.classes = 1600;  // so many that a row without bursts seldom shows its query's class
  config.bursty_share = 0.75;
  config.novel_share = 0.5;
  const AbruptWorld world(config);
  const KnownClasses known(world);
  int64_t novel = 0, separate = 0;
  for (const DrawnRow& row : drawn_rows(world, kRows)) {
    novel += known.of(row).back() < 0 ? 1 : 0;
    separate += context_counts(row).contains(input_of(row, 8)) ? 0 : 1;
  }
  expect_share(novel, kRows, 0.5);
  expect_share(separate, kRows, 0.5 * 0.25 * std::pow(1 - 1.0 / 1600, 8));
}

TEST(AbruptWorld, ABatchHasItsOwnNovelClassesAndItsRowsShareThem) {
  AbruptConfig config = small();
  config.novel_share = 1;
  config.novel_classes = 16;
  const AbruptWorld world(config);
  std::map<Input, int64_t> label_of;
  std::set<Input> later;
  for (int64_t i = 0; i < 64; ++i) {
    const DrawnRow row = drawn(world, 5, i), next = drawn(world, 6, i);
    for (size_t j = 0; j < 9; ++j) {
      const auto [found, is_new] = label_of.insert({input_of(row, j), row.labels[j]});
      EXPECT_EQ(found->second, row.labels[j]);
      later.insert(input_of(next, j));
    }
  }
  EXPECT_EQ(label_of.size(), 16u);
  EXPECT_EQ(later.size(), 16u);
  for (const Input& input : later) EXPECT_FALSE(label_of.contains(input));
}

TEST(AbruptWorld, NoiseScattersAnInputAndKeepsItsLength) {
  const AbruptConfig config = {.labels = 8, .classes = 8, .input_width = 200, .noise = 0.5};
  const AbruptWorld world(config);
  double length = 0, along = 0;
  std::set<Input> seen;
  for (const DrawnRow& row : drawn_rows(world, 100)) {
    for (size_t i = 0; i < 9; ++i) {
      seen.insert(input_of(row, i));
      const std::span<const float> mean = world.class_means().subspan(static_cast<size_t>(row.labels[i]) * 200, 200);  // class = label here
      double squares = 0, product = 0;
      for (size_t d = 0; d < 200; ++d) {
        squares += double{row.input(i)[d]} * row.input(i)[d];
        product += double{row.input(i)[d]} * mean[d];
      }
      length += squares / 900;
      along += product / 900;
    }
  }
  EXPECT_EQ(seen.size(), 900u);  // the query's item is a fresh one too
  // Eight means of 200 numbers: their lengths stray by sqrt(2 / 1600).
  EXPECT_NEAR(length, 1, 5 * std::sqrt(2.0 / 1600));
  EXPECT_NEAR(along, 1 / std::sqrt(1.25), 5 * std::sqrt(2.0 / 1600));
}

TEST(AbruptWorld, TablesAreNormalOfExpectedLengthOneAndSharedByAllWorldsOfASeed) {
  const AbruptWorld world(small()), evaluation(in_context_evaluation(small()));
  EXPECT_EQ(world.class_means().size(), 64u * 5);
  EXPECT_EQ(world.label_vectors().size(), 16u * 5);
  EXPECT_TRUE(test::same(world.class_means(), evaluation.class_means()));
  EXPECT_TRUE(test::same(world.label_vectors(), evaluation.label_vectors()));
  EXPECT_FALSE(test::same(world.class_means().first(80), world.label_vectors()));
  const AbruptWorld large({.labels = 128, .classes = 1024});
  for (const std::span<const float> table : {large.class_means(), large.label_vectors()}) {
    double squares = 0;
    for (const float entry : table) squares += double{entry} * entry;
    const auto count = static_cast<double>(table.size());
    EXPECT_NEAR(squares / count * 63, 1, 5 * std::sqrt(2 / count));
  }
}

TEST(AbruptWorld, OffsetsAreUniformOverThoseThatFit) {
  AbruptConfig config = small();
  config.most_pairs = 10;
  const AbruptWorld world(config);
  EXPECT_EQ(world.positions(), 21);
  std::map<int64_t, int64_t> counts;
  for (int64_t i = 0; i < kRows; ++i) ++counts[world.offset(i / 32, i % 32)];
  EXPECT_EQ(counts.size(), 5u);
  for (const auto& [offset, count] : counts) {
    EXPECT_GE(offset, 0);
    EXPECT_LE(offset + 2 * 8, world.positions() - 1);
    expect_share(count, kRows, 1.0 / 5);
  }
  config.most_pairs = 8;
  EXPECT_EQ(AbruptWorld(config).offset(0, 0), 0);
}

TEST(AbruptWorld, InWeightRowsNeverShowTheQueryClass) {
  const AbruptWorld world(in_weight_evaluation(small()));
  const KnownClasses known(world);
  int64_t others = 0;
  for (const DrawnRow& row : drawn_rows(world, kRows)) {
    const std::vector<int64_t> classes = known.of(row);
    EXPECT_EQ(std::count(classes.begin(), classes.end() - 1, classes.back()), 0);
    others += row.shown(row.target()) > 0 ? 1 : 0;
  }
  expect_share(others, kRows, 1 - std::pow(1 - 3.0 / 63, 8));  // three other classes have the same label
}

TEST(AbruptWorld, InContextRowsShowNovelClassesOnly) {
  const AbruptWorld world(in_context_evaluation(small()));
  const KnownClasses known(world);
  for (const DrawnRow& row : drawn_rows(world, 200)) {
    for (const int64_t one : known.of(row)) EXPECT_EQ(one, -1);
    EXPECT_EQ(row.shown(row.target()), 1);
  }
}

TEST(AbruptWorld, ShiftedRowsCarryTheNextLabelEverywhere) {
  const AbruptWorld world(shifted_label_evaluation(small()));
  const KnownClasses known(world);
  for (const DrawnRow& row : drawn_rows(world, 200)) {
    const std::vector<int64_t> classes = known.of(row);
    for (size_t i = 0; i < 9; ++i) {
      ASSERT_GE(classes[i], 0);
      EXPECT_EQ(row.labels[i], (classes[i] % 16 + 1) % 16);
    }
  }
}

TEST(AbruptWorld, ARowIsAFunctionOfItsNumbersAlone) {
  AbruptConfig config = small();
  config.noise = 0.1;
  config.novel_share = 0.5;
  const AbruptWorld world(config), again(config);
  const std::vector<DrawnRow> rows = drawn_rows(world, 64);
  for (int64_t i = 63; i >= 0; --i) {
    EXPECT_EQ(drawn(again, i / 32, i % 32), rows[static_cast<size_t>(i)]);
    EXPECT_EQ(again.offset(i / 32, i % 32), world.offset(i / 32, i % 32));
  }
  std::vector<std::vector<DrawnRow>> of_thread(4);
  std::vector<std::jthread> threads;
  for (std::vector<DrawnRow>& own : of_thread) threads.emplace_back([&] { own = drawn_rows(world, 64); });
  threads.clear();
  for (const std::vector<DrawnRow>& own : of_thread) EXPECT_EQ(own, rows);
}

TEST(AbruptWorld, AnEvaluationHasRowsAndNovelClassesOfItsOwn) {
  AbruptConfig training = small();
  training.novel_share = 1;
  AbruptConfig other_seed = training;
  other_seed.seed = 1;
  const DrawnRow row = drawn(AbruptWorld(training), 0, 0);
  EXPECT_NE(row.inputs, drawn(AbruptWorld(in_context_evaluation(training)), 0, 0).inputs);
  EXPECT_NE(row.inputs, drawn(AbruptWorld(other_seed), 0, 0).inputs);
  std::set<Input> trained;
  for (int64_t i = 0; i < 64; ++i)
    for (size_t j = 0; j < 9; ++j) trained.insert(input_of(drawn(AbruptWorld(training), 0, i), j));
  for (int64_t i = 0; i < 64; ++i) EXPECT_FALSE(trained.contains(input_of(drawn(AbruptWorld(in_context_evaluation(training)), 0, i), 0)));
}

TEST(AbruptWorld, EvaluationsOfAnyTrainingConfigurationAgreeWithThemselves) {
  for (AbruptConfig config : {in_weight_evaluation(small()), in_context_evaluation(small()), shifted_label_evaluation(small())}) {
    EXPECT_NO_THROW(
        (AbruptWorld(in_weight_evaluation(config)), AbruptWorld(in_context_evaluation(config)), AbruptWorld(shifted_label_evaluation(config))));
    EXPECT_FALSE(in_context_evaluation(config).shifted_labels);
    EXPECT_FALSE(in_weight_evaluation(config).shifted_labels);
  }
}

std::string error_of(AbruptConfig config) {
  return test::error_of([&] { AbruptWorld world(config); });
}

TEST(AbruptWorld, RefusesNumbersThatCannotBe) {
  EXPECT_THAT(error_of({.pairs = 1}), HasSubstr("pairs = 1"));
  EXPECT_THAT(error_of({.labels = 1}), HasSubstr("labels = 1"));
  EXPECT_THAT(error_of({.input_width = 0}), HasSubstr("input_width = 0"));
  EXPECT_THAT(error_of({.bursty_share = 2}), HasSubstr("bursty_share = 2"));
  EXPECT_THAT(error_of({.novel_share = -0.5}), HasSubstr("novel_share = -0.5"));
  EXPECT_THAT(error_of({.noise = -1}), HasSubstr("noise = -1"));
  EXPECT_THAT(error_of({.bursty_share = 0, .zipf_exponent = -1}), HasSubstr("zipf_exponent = -1"));
}

TEST(AbruptWorld, RefusesSettingsThatContradictEachOther) {
  EXPECT_THAT(error_of({.pairs = 8, .burst = 3}), HasSubstr("burst = 3, pairs = 8"));
  EXPECT_THAT(error_of({.pairs = 8, .burst = 8}), HasSubstr("burst = 8, pairs = 8"));
  EXPECT_THAT(error_of({.pairs = 8, .burst = 0}), HasSubstr("burst = 0, pairs = 8"));
  EXPECT_THAT(error_of({.labels = 32, .classes = 48}), HasSubstr("classes = 48, labels = 32"));
  EXPECT_THAT(error_of({.labels = 32, .classes = 0}), HasSubstr("classes = 0, labels = 32"));
  EXPECT_THAT(error_of({.labels = 24, .classes = 48, .novel_share = 0.1}), HasSubstr("novel_classes = 128, labels = 24"));
  EXPECT_EQ(error_of({.labels = 24, .classes = 48}), "");
  EXPECT_THAT(error_of({.pairs = 40}), HasSubstr("pairs = 40, most_pairs = 32"));
  EXPECT_THAT(error_of({.pairs = 8, .labels = 4}), HasSubstr("distinct_labels = true, pairs / burst = 8, labels = 4"));
  EXPECT_EQ(error_of({.pairs = 8, .labels = 4, .distinct_labels = false}), "");
  EXPECT_THAT(error_of({.zipf_exponent = 1}), HasSubstr("distinct_labels = true, zipf_exponent = 1"));
  EXPECT_EQ(error_of({.bursty_share = 0, .zipf_exponent = 1}), "");
  EXPECT_EQ(error_of({.distinct_labels = false, .zipf_exponent = 1}), "");
  EXPECT_THAT(error_of({.target_absent = true}), HasSubstr("target_absent = true, bursty_share = 1"));
}

}  // namespace
}  // namespace manabi::world
