// The study of prompt tuning on a tiny model: its grid, one measurement of every method, and its claims on records whose truth is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "lab/claim.h"
#include "lab/statistics/seeds.h"
#include "lab/study.h"
#include "study/catalogue.h"
#include "study/equipment.h"
#include "study/prompt_tuning/measure.h"
#include "study/prompt_tuning/report.h"
#include "tests/support/data.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_llama.h"

namespace manabi::study::prompt_tuning {
namespace {

class PromptTuningStudy : public testing::Test {
 protected:
  PromptTuningStudy() {
    test::write_gguf(test::make_tiny_llama(), folder.path("tiny.gguf"));
    equipment.options().model = {folder.path("tiny.gguf")};
    equipment.options().threads = 1;
    study = make_study("prompt-tuning", equipment);
    study->set_scale(lab::RunScale::quick);
    for (const auto& [name, text] : {std::pair{"tasks", "sentiment"},
                                     {"examples", "8"},
                                     {"dev", "4"},
                                     {"items", "6"},
                                     {"batch", "2"},
                                     {"steps-factor", "0.02"},
                                     {"scratch-widths", ""}})
      study->options().set(name, text, "test");
  }

  test::TemporaryFolder folder;
  Equipment equipment{std::string(MANABI_SOURCE_FOLDER) + "/assets", {}};
  std::unique_ptr<lab::Study> study;
};

TEST_F(PromptTuningStudy, EveryMethodAnswersTheSameItems) {
  study->options().set("methods", "manual,autoprompt,prompt-tuning,p-tuning,prefix-tuning,p-tuning-v2,lora,bitfit,full", "test");
  equipment.options().seeds = 2;
  const std::vector<lab::Cell> cells = study->grid();
  ASSERT_EQ(cells.size(), 9u * 2);
  lab::Artifacts artifacts(folder.path("artifacts"));
  lab::Workbench bench{.watch = {}, .artifacts = artifacts};
  std::set<std::string> ids;
  lab::Records all;
  for (size_t first = 0; first < cells.size(); first += 2) {
    SCOPED_TRACE(cells[first].at.at(kMethod));
    const lab::Records records = study->measure(std::span(cells).subspan(first, 2), bench);
    ASSERT_EQ(records.size(), 2u);
    for (const lab::CellRecord& record : records) {
      ASSERT_EQ(record.items.size(), 6u);
      std::string own;
      for (const lab::ScoredItem& item : record.items) {
        own += item.id + " ";
        EXPECT_EQ(item.scores.size(), 2u);
      }
      ids.insert(own);
      all.push_back(record);
    }
  }
  EXPECT_EQ(ids.size(), 1u) << "methods were judged on different items";
  for (const lab::Claim& claim : study->claims(all))
    EXPECT_TRUE(claim.effect || claim.id.find("beats-manual") == std::string::npos) << claim.id << ": " << claim.missing;
  EXPECT_FALSE(study->sections(all).empty());
}

// The data folder is an option like others: it is not known yet when the scale is set.
TEST_F(PromptTuningStudy, FullTakesPublishedSetsWhereThereIsADataFolder) {
  MANABI_NEEDS(test::data_folder());
  const auto tasks_with = [&](const std::string& data) {
    const auto full = make_study("prompt-tuning", equipment);
    full->set_scale(lab::RunScale::full);
    equipment.options().data = data;
    std::set<std::string> tasks, numbers;
    for (const lab::Cell& cell : full->grid()) {
      tasks.insert(cell.at.contains("task") ? cell.at.at("task") : "");
      numbers.insert(cell.at.contains(kExamples) ? cell.at.at(kExamples) : "");
    }
    EXPECT_TRUE(numbers.contains(data.empty() ? "64" : "256"));
    return tasks;
  };
  EXPECT_THAT(tasks_with(""), testing::IsSupersetOf({"sentiment", "questions"}));
  EXPECT_THAT(tasks_with(test::data_folder()), testing::IsSupersetOf({"sst2", "trec"}));
}

TEST_F(PromptTuningStudy, ARateOfAMethodChangesItsKeysAlone) {
  study->options().set("methods", "manual,lora,bitfit", "test");
  const std::vector<lab::Cell> before = study->grid();
  study->options().set("rates", "lora=0.5", "test");
  const std::vector<lab::Cell> after = study->grid();
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].inputs != after[i].inputs, before[i].at.at(kMethod) == "lora") << i;
}

TEST_F(PromptTuningStudy, RatesThatAreNoneAreRefused) {
  for (const char* text : {"lora", "lora=", "lora=0", "lora=1x", "manual=0.1", "lorra=0.1", "lora=0.1,lora=0.2", "=0.1"}) {
    study->options().set("rates", text, "test");
    EXPECT_THAT(test::error_of([&] { study->grid(); }), testing::HasSubstr("METHOD=RATE")) << text;
  }
}

// Networks of two sizes, taught for a few steps: every way answers the same sequences, and the claim has its effect.
TEST_F(PromptTuningStudy, NetworksOfSeveralSizesAreTunedToARuleWithoutItsName) {
  equipment.options().model = {};
  for (const auto& [name, text] : {std::pair{"scratch-widths", "32,64"},
                                   {"scratch-rules", "copy,next then sort"},
                                   {"scratch-lengths", "1,3"},
                                   {"scratch-steps", "3"},
                                   {"scratch-batch", "4"},
                                   {"scratch-tuning-steps", "2"}})
    study->options().set(name, text, "test");
  equipment.options().seeds = 2;
  const std::vector<lab::Cell> cells = study->grid();
  ASSERT_EQ(cells.size(), 2u * 2 * (5 + 4)) << "widths, seeds; unnamed, two prompts, all weights, and named where the rule has a name";
  lab::Artifacts artifacts(folder.path("artifacts"));
  lab::Workbench bench{.watch = {}, .artifacts = artifacts};
  lab::Records all;
  for (const lab::Cell& cell : cells)
    for (lab::CellRecord& record : study->measure({&cell, 1}, bench)) all.push_back(std::move(record));
  std::map<std::string, std::set<std::string>> items_of_seed;
  for (const lab::CellRecord& record : all) {
    std::string ids;
    for (const lab::ScoredItem& item : record.items) ids += item.id + " ";
    items_of_seed[record.cell.at.at(lab::kSeed)].insert(ids);
  }
  EXPECT_EQ(items_of_seed.size(), 2u);
  for (const auto& [seed, items] : items_of_seed) EXPECT_EQ(items.size(), 1u) << "ways were judged on different sequences";
  const std::vector<lab::Claim> claims = study->claims(all);
  ASSERT_EQ(claims.size(), 2u);
  for (const lab::Claim& claim : claims) EXPECT_TRUE(claim.effect) << claim.id;
  EXPECT_EQ(study->sections(all).size(), 1u);
}

// What was tuned once is read from its artifact, seeds together or a seed alone.
TEST_F(PromptTuningStudy, AMeasurementIsTheSameWhenItIsAskedForAgain) {
  study->options().set("methods", "prompt-tuning", "test");
  equipment.options().seeds = 1;
  const std::vector<lab::Cell> cells = study->grid();
  lab::Artifacts artifacts(folder.path("artifacts"));
  lab::Workbench bench{.watch = {}, .artifacts = artifacts};
  const lab::Records once = study->measure(cells, bench), again = study->measure(cells, bench);
  ASSERT_EQ(once.size(), again.size());
  for (size_t i = 0; i < once[0].items.size(); ++i) EXPECT_EQ(once[0].items[i].scores, again[0].items[i].scores);
}

TEST_F(PromptTuningStudy, TheGridVariesOneThingAtATimeOnTheFirstTask) {
  for (const auto& [name, text] : {std::pair{"tasks", "sentiment,questions"},
                                   {"methods", "manual,prompt-tuning,full"},
                                   {"lengths", "1,5"},
                                   {"beginnings", "random"},
                                   {"examples", "8,4"}})
    study->options().set(name, text, "test");
  std::map<std::string, int> parts;
  for (const lab::Cell& cell : study->grid()) {
    ++parts[cell.part];
    EXPECT_TRUE(cell.part == "methods" || cell.at.at("task") == "sentiment");
  }
  EXPECT_EQ(parts, (std::map<std::string, int>{{"methods", 6}, {"length", 2}, {"beginning", 1}, {"examples", 2}}));
}

// Six items, three seeds; a method that is right where the bits say so.
lab::Records records_of(const std::string& method, const std::vector<std::string>& right_of_seed) {
  lab::Records records;
  for (size_t seed = 0; seed < right_of_seed.size(); ++seed) {
    lab::CellRecord record;
    record.cell.at = {
        {"model", "m"}, {"task", "t"}, {kMethod, method}, {kLength, "20"}, {kFirst, "labels"}, {kExamples, "8"}, {"seed", std::to_string(seed)}};
    for (size_t item = 0; item < right_of_seed[seed].size(); ++item) {
      const bool is_right = right_of_seed[seed][item] == '1';
      record.items.push_back({.id = std::to_string(item),
                              .draw = static_cast<int64_t>(seed),
                              .scores = {is_right ? -1.0 : -2.0, is_right ? -2.0 : -1.0},
                              .target = 0});
    }
    records.push_back(std::move(record));
  }
  return records;
}

lab::Claim find(const std::vector<lab::Claim>& claims, const std::string& id) {
  for (const lab::Claim& claim : claims)
    if (claim.id == id) return claim;
  ADD_FAILURE() << id;
  return {};
}

TEST(PromptTuningClaims, AMethodIsComparedWithTheManualPromptItemByItem) {
  lab::Records records = records_of("manual", {"000111000111", "000111000111", "000111000111"});
  for (const lab::CellRecord& record : records_of("prompt-tuning", {"111111111111", "111111111111", "111111111111"})) records.push_back(record);
  const std::vector<lab::Claim> claims = tuning_claims(records, "m");
  const lab::Claim beats = find(claims, "prompt-tuning-beats-manual-m");
  ASSERT_TRUE(beats.effect);
  EXPECT_NEAR(beats.effect->value, 50, 1e-9);
  EXPECT_EQ(lab::verdict_of(beats), lab::Verdict::holds);
  EXPECT_EQ(lab::verdict_of(find(claims, "more-than-one-row-m")), lab::Verdict::not_tested);
}

// Each seed errs on items of its own, so that two are always right.
TEST(PromptTuningClaims, AnEnsembleIsTheMajorityOfTheSeeds) {
  const lab::Claim claim = find(tuning_claims(records_of("prompt-tuning", {"011011", "101101", "110110"}), "m"), "ensemble-m");
  ASSERT_TRUE(claim.effect);
  EXPECT_NEAR(claim.effect->value, 100.0 / 3, 1e-9);
}

}  // namespace
}  // namespace manabi::study::prompt_tuning
