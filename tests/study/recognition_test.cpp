// The study's grid, its measurement on a tiny model, and its claims on records whose truth is known.
#include "study/recognition/recognition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "base/random.h"
#include "lab/runner.h"
#include "study/catalogue.h"
#include "study/equipment.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_llama.h"

namespace manabi::study {
namespace {

using testing::HasSubstr;

class RecognitionStudy : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = new test::TemporaryFolder;
    test::write_gguf(test::make_tiny_llama(), folder->path("tiny.gguf"));
    test::write_gguf(test::make_tiny_llama(test::tiny_configuration(), /*seed=*/2), folder->path("other.gguf"));
  }
  static void TearDownTestSuite() {
    delete folder;
    folder = nullptr;
  }

  RecognitionStudy() {
    equipment.options().model = {folder->path("tiny.gguf")};
    equipment.options().threads = 1;
    study = make_study("recognition", equipment);
    study->set_scale(lab::RunScale::quick);
    set("tasks", "sentiment");
    set("shots", "0,2");
  }

  void set(const std::string& name, const std::string& text) { study->options().set(name, text, "test"); }
  std::set<std::string> keys() const {
    std::set<std::string> keys;
    for (const lab::Cell& cell : study->grid()) keys.insert(lab::key_of("recognition", study->info().version, cell));
    return keys;
  }
  lab::Records measure(const std::vector<lab::Cell>& group) {
    lab::Artifacts artifacts(folder->path("artifacts"));
    lab::Workbench bench{.watch = {}, .artifacts = artifacts};
    return study->measure(group, bench);
  }

  static test::TemporaryFolder* folder;
  Equipment equipment{std::string(MANABI_SOURCE_FOLDER) + "/assets", {}};
  std::unique_ptr<lab::Study> study;
};

test::TemporaryFolder* RecognitionStudy::folder = nullptr;

bool includes(const std::set<std::string>& larger, const std::set<std::string>& smaller) { return std::ranges::includes(larger, smaller); }

TEST_F(RecognitionStudy, AFullRunReusesAQuickOne) {
  study->set_scale(lab::RunScale::quick);
  equipment.options().seeds = 2;
  set("tasks", "sentiment");
  set("shots", "0,2");
  const std::set<std::string> quick = keys();
  study->set_scale(lab::RunScale::full);
  set("tasks", "sentiment");
  set("shots", "0,2,4");
  EXPECT_TRUE(includes(keys(), quick));
}

TEST_F(RecognitionStudy, GridListsAreNotInTheKeys) {
  const std::set<std::string> alone = keys();
  set("tasks", "sentiment,topics");
  set("templates", "1,2");
  set("symbols", "numbers,letters");
  set("shots", "0,2,4");
  EXPECT_TRUE(includes(keys(), alone));
}

TEST_F(RecognitionStudy, WhatChangesAValueChangesEveryKey) {
  const std::set<std::string> plain = keys();
  for (const auto& [name, value] : std::map<std::string, std::string>{{"items", "3"},
                                                                      {"demos", "fixed"},
                                                                      {"white-space", "paper"},
                                                                      {"too-long", "drop_demonstrations"},
                                                                      {"beginning", "always"},
                                                                      {"one-token", "true"}}) {
    const std::unique_ptr<lab::Study> plain_study = std::exchange(study, make_study("recognition", equipment));
    study->set_scale(lab::RunScale::quick);
    set("tasks", "sentiment");
    set("shots", "0,2");
    set(name, value);
    for (const std::string& key : keys()) EXPECT_FALSE(plain.contains(key)) << name;
  }
  equipment.options().dtype = "bfloat16";
  for (const std::string& key : keys()) EXPECT_FALSE(plain.contains(key)) << "dtype";
  equipment.options().dtype = "float32";
  // The same name, other weights.
  std::filesystem::copy_file(folder->path("tiny.gguf"), folder->path("kept.gguf"), std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy_file(folder->path("other.gguf"), folder->path("tiny.gguf"), std::filesystem::copy_options::overwrite_existing);
  Equipment fresh(std::string(MANABI_SOURCE_FOLDER) + "/assets", {});
  fresh.options() = equipment.options();
  study = make_study("recognition", fresh);
  study->set_scale(lab::RunScale::quick);
  set("tasks", "sentiment");
  set("shots", "0,2");
  for (const std::string& key : keys()) EXPECT_FALSE(plain.contains(key)) << "weights";
  study.reset();
  std::filesystem::copy_file(folder->path("kept.gguf"), folder->path("tiny.gguf"), std::filesystem::copy_options::overwrite_existing);
}

TEST_F(RecognitionStudy, AValueDoesNotDependOnItsGroup) {
  equipment.options().seeds = 1;
  for (const std::vector<lab::Cell>& group : lab::groups_of(study->grid(), study->together())) {
    ASSERT_EQ(group.size(), 2u);
    const lab::Records together = measure(group);
    for (size_t cell = 0; cell < group.size(); ++cell) {
      const lab::CellRecord alone = measure({group[cell]}).front();
      ASSERT_EQ(alone.items.size(), together[cell].items.size());
      for (size_t item = 0; item < alone.items.size(); ++item) {
        EXPECT_EQ(alone.items[item].id, together[cell].items[item].id);
        for (size_t choice = 0; choice < alone.items[item].scores.size(); ++choice)
          EXPECT_NEAR(alone.items[item].scores[choice], together[cell].items[item].scores[choice], 1e-4);
      }
    }
  }
}

TEST_F(RecognitionStudy, SettingsAskTheSameItemsForTheSameTargets) {
  equipment.options().seeds = 1;
  std::map<std::string, std::set<std::string>> asked;
  for (const std::vector<lab::Cell>& group : lab::groups_of(study->grid(), study->together()))
    for (const lab::CellRecord& record : measure(group)) {
      std::string items;
      for (const lab::ScoredItem& item : record.items) items += item.id + "=" + std::to_string(item.target) + " ";
      asked[lab::text_at(record.cell.at, recognition::kSeed)].insert(items);
    }
  for (const auto& [seed, lists] : asked) EXPECT_EQ(lists.size(), 1u) << "seed " << seed;
}

TEST_F(RecognitionStudy, EveryRunKeepsAPromptASetting) {
  equipment.options().seeds = 1;
  set("shots", "5");
  for (const std::vector<lab::Cell>& group : lab::groups_of(study->grid(), study->together()))
    for (const lab::CellRecord& record : measure(group)) EXPECT_TRUE(record.exhibits.contains("prompt")) << lab::name_of(record.cell.at);
}

TEST_F(RecognitionStudy, DroppedDemonstrationsAreCounted) {
  equipment.options().seeds = 1;
  set("settings", "gold");
  set("shots", "16");
  set("too-long", "drop_demonstrations");
  const lab::CellRecord record = measure(study->grid()).front();
  const auto row = std::ranges::find(record.rows, recognition::kDroppedShots, &lab::Row::metric);
  ASSERT_NE(row, record.rows.end()) << "sixteen demonstrations of bytes do not fit a context of 512";
  EXPECT_GT(row->value, 0);
}

TEST_F(RecognitionStudy, TwoDataSetsOfOneNameAreRefused) {
  set("tasks", "sentiment");
  const Tasks twice = equipment.open_tasks({"sentiment"});
  Tasks tasks = twice;
  EXPECT_THAT(test::error_of([&] { tasks.add("mine.toml", twice.all().front()); }),
              testing::AllOf(HasSubstr("mine.toml"), HasSubstr("called 'sentiment'")));
}

// Records whose accuracies are given: 12 draws of 40 items, each right with the given probability.
class MadeUp {
 public:
  void add(const std::string& setting, int64_t shots, double accuracy, const std::string& task = "sst2", const std::string& kind = "sentiment",
           const std::string& symbols = "-", const std::string& model = "small", double parameters = 1e8) {
    base::Rng rng = base::Rng(7).child(setting + symbols + task + model).child(static_cast<uint64_t>(shots));
    for (int64_t draw = 0; draw < 12; ++draw) {
      lab::CellRecord record;
      record.cell.at = {{recognition::kModel, model},
                        {recognition::kTask, task},
                        {recognition::kTemplate, "1"},
                        {recognition::kSetting, setting},
                        {recognition::kSymbols, symbols},
                        {recognition::kShots, std::to_string(shots)},
                        {recognition::kSeed, std::to_string(draw)}};
      for (int64_t item = 0; item < 40; ++item) {
        const bool is_right = rng.uniform() < accuracy;
        record.items.push_back({.id = std::to_string(draw) + ":" + std::to_string(item),
                                .draw = draw,
                                .scores = {is_right ? -1.0 : -2.0, is_right ? -2.0 : -1.0},
                                .target = 0});
      }
      record.rows = {{.metric = recognition::kChance, .value = 0.5, .n = 40},
                     {.metric = recognition::kMajority, .value = 0.5, .n = 40},
                     {.metric = recognition::kParameters, .value = parameters, .n = 1},
                     {.metric = recognition::kDropped, .value = 0, .n = 40}};
      record.exhibits[recognition::kKind] = kind;
      record.exhibits["source"] = "made up";
      record.exhibits["notes"] = base::Json::array();
      records.push_back(std::move(record));
    }
  }
  lab::Claim claim(const std::string& id) const {
    for (lab::Claim& claim : recognition::claims(records))
      if (claim.id == id) return claim;
    ADD_FAILURE() << "there is no claim " << id;
    return {};
  }

  lab::Records records;
};

// GOLD learns, RANDOM stays, ABSTRACT rises from chance.
MadeUp plain_paper() {
  MadeUp made;
  for (int64_t shots : {4, 8, 16}) {
    const double doublings = std::log2(static_cast<double>(shots)) - 2;
    made.add("gold", shots, 0.70 + 0.08 * doublings);
    made.add("random", shots, 0.70);
    made.add("abstract", shots, 0.50 + 0.10 * doublings, "sst2", "sentiment", "numbers");
  }
  return made;
}

TEST(RecognitionClaims, FollowFromRecordsWhoseTruthIsKnown) {
  const MadeUp made = plain_paper();
  const std::map<std::string, std::pair<double, lab::Verdict>> expected = {
      {"random-above-chance", {20, lab::Verdict::holds}},  {"gold-above-random", {16, lab::Verdict::holds}},
      {"gold-above-abstract", {16, lab::Verdict::holds}},  {"abstract-below-random", {-10, lab::Verdict::holds}},
      {"gold-random-gap-grows", {8, lab::Verdict::holds}}, {"small-abstract-flat-in-shots", {10, lab::Verdict::does_not_hold}},
  };
  for (const auto& [id, truth] : expected) {
    const lab::Claim claim = made.claim(id);
    ASSERT_TRUE(claim.effect) << id << ": " << claim.missing;
    EXPECT_NEAR(claim.effect->value, truth.first, 7) << id;
    EXPECT_LE(claim.effect->low, truth.first + 1) << id;
    EXPECT_GE(claim.effect->high, truth.first - 1) << id;
    EXPECT_EQ(lab::verdict_of(claim), truth.second) << id;
  }
}

TEST(RecognitionClaims, AWorldWithoutRecognitionDoesNotShowIt) {
  MadeUp made;
  for (int64_t shots : {4, 8, 16})
    for (const char* setting : {"gold", "random"}) made.add(setting, shots, 0.30);
  EXPECT_EQ(lab::verdict_of(made.claim("random-above-chance")), lab::Verdict::does_not_hold);
}

TEST(RecognitionClaims, WhatWasNotMeasuredIsNotTested) {
  MadeUp made;
  made.add("gold", 4, 0.8);
  for (const lab::Claim& claim : recognition::claims(made.records)) {
    EXPECT_EQ(lab::verdict_of(claim), lab::Verdict::not_tested) << claim.id;
    EXPECT_FALSE(claim.missing.empty()) << claim.id;
  }
}

// All templates ask the same items with the same demonstrations: three that agree are no more evidence than one.
TEST(RecognitionClaims, TemplatesAreNotIndependentEvidence) {
  MadeUp once = plain_paper(), thrice = once;
  for (const char* name : {"2", "3"})
    for (lab::CellRecord record : once.records) {
      record.cell.at[recognition::kTemplate] = name;
      thrice.records.push_back(std::move(record));
    }
  const lab::Claim one = once.claim("gold-above-random"), three = thrice.claim("gold-above-random");
  EXPECT_NEAR(three.effect->value, one.effect->value, 1e-9);
  EXPECT_NEAR(three.effect->high - three.effect->low, one.effect->high - one.effect->low, 0.5);
  EXPECT_EQ(three.effect->items, one.effect->items);
}

TEST(RecognitionClaims, ChanceIsThatOfTheTasksThatAreCompared) {
  MadeUp made = plain_paper();
  made.add("gold", 8, 0.9, "trec", "topic");
  for (lab::CellRecord& record : made.records)
    if (record.cell.at.at(recognition::kTask) == "trec") record.rows[0].value = 1.0 / 6;
  EXPECT_NEAR(made.claim("random-above-chance").effect->value, 20, 7);
}

TEST(RecognitionClaims, WhatThePaperSaysOfSmallModelsIsAskedOfSmallModels) {
  MadeUp made = plain_paper();
  EXPECT_NE(lab::verdict_of(made.claim("small-abstract-flat-in-shots")), lab::Verdict::not_tested);
  EXPECT_EQ(lab::verdict_of(made.claim("large-abstract-above-random")), lab::Verdict::not_tested);
  for (lab::CellRecord& record : made.records) record.rows[2].value = 7e10;
  EXPECT_EQ(lab::verdict_of(made.claim("small-abstract-flat-in-shots")), lab::Verdict::not_tested);
  EXPECT_NE(lab::verdict_of(made.claim("large-abstract-above-random")), lab::Verdict::not_tested);
}

TEST(RecognitionClaims, TwoFilesOfOneSizeAreNoComparisonOfSizes) {
  MadeUp made = plain_paper();
  for (int64_t shots : {4, 8, 16}) made.add("random", shots, 0.7, "sst2", "sentiment", "-", "the same in bf16");
  EXPECT_EQ(lab::verdict_of(made.claim("random-flat-in-size")), lab::Verdict::not_tested);
}

TEST(RecognitionMacroF1, ForgetsHowFrequentAClassIs) {
  lab::CellRecord record;
  record.cell.at = {{recognition::kModel, "m"},   {recognition::kTask, "t"},  {recognition::kTemplate, "1"}, {recognition::kSetting, "gold"},
                    {recognition::kSymbols, "-"}, {recognition::kShots, "4"}, {recognition::kSeed, "0"}};
  for (int64_t item = 0; item < 10; ++item) record.items.push_back({.id = std::to_string(item), .scores = {0.0, -1.0}, .target = item == 9});
  // Class 0: 2 x 9 / (10 + 9); class 1: never chosen.
  EXPECT_NEAR(recognition::macro_f1({record}, {"m", "gold", "-"}, 4), 0.5 * 18 / 19, 1e-12);
}

TEST(RecognitionClaims, SizeNeedsASecondModelAndComparesTheLargestWithTheSmallest) {
  MadeUp made = plain_paper();
  EXPECT_EQ(lab::verdict_of(made.claim("abstract-grows-with-size")), lab::Verdict::not_tested);
  for (int64_t shots : {4, 8, 16}) {
    made.add("random", shots, 0.70, "sst2", "sentiment", "-", "large", 1e9);
    made.add("abstract", shots, 0.95, "sst2", "sentiment", "numbers", "large", 1e9);
  }
  const lab::Claim claim = made.claim("abstract-grows-with-size");
  ASSERT_TRUE(claim.effect) << claim.missing;
  EXPECT_NEAR(claim.effect->value, 25, 7);
  EXPECT_EQ(lab::verdict_of(claim), lab::Verdict::holds);
}

TEST(RecognitionClaims, TaskTypesAreComparedWithinTheAbstractSetting) {
  MadeUp made;
  for (int64_t shots : {4, 8, 16}) {
    const double doublings = std::log2(static_cast<double>(shots)) - 2;
    made.add("abstract", shots, 0.5 + 0.2 * doublings, "sst2", "sentiment", "numbers");
    made.add("abstract", shots, 0.5, "sick", "inference", "numbers");
  }
  const lab::Claim claim = made.claim("sentiment-steeper-than-inference");
  ASSERT_TRUE(claim.effect) << claim.missing;
  EXPECT_NEAR(claim.effect->value, 20, 6);
  EXPECT_EQ(lab::verdict_of(claim), lab::Verdict::holds);
}

TEST(RecognitionSections, ShowTheNearestPublishedModelBesideOurs) {
  MadeUp made = plain_paper();
  const std::vector<lab::Section> sections = recognition::sections(made.records);
  ASSERT_FALSE(sections.empty());
  const auto* figure = std::get_if<lab::Figure>(&sections.front().blocks.front());
  ASSERT_NE(figure, nullptr);
  EXPECT_EQ(std::ranges::count_if(figure->series, &lab::Series::is_published), 3);
  for (const lab::Series& series : figure->series) {
    if (series.is_published) continue;
    for (const lab::Point& point : series.points) EXPECT_EQ(point.n, 12 * 40);
  }
}

TEST(RecognitionSections, NoRecordsGiveNoSections) { EXPECT_TRUE(recognition::sections({}).empty()); }

}  // namespace
}  // namespace manabi::study
