// The study of pre-instruction-tuning on tiny networks: its grid, one measurement of every arm, own documents, and its claims on records whose
// truth is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "lab/claim.h"
#include "lab/statistics/seeds.h"
#include "lab/study.h"
#include "study/catalogue.h"
#include "study/equipment.h"
#include "study/pre_instruction/measure.h"
#include "study/pre_instruction/report.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_llama.h"

namespace manabi::study::pre_instruction {
namespace {

using testing::HasSubstr;

class PreInstructionStudy : public testing::Test {
 protected:
  PreInstructionStudy() {
    test::write_gguf(test::make_tiny_llama(), folder.path("tiny.gguf"));
    equipment.options().model = {folder.path("tiny.gguf")};
    equipment.options().threads = 1;
    equipment.options().seeds = 1;
    use(lab::RunScale::quick);
  }
  void use(lab::RunScale scale) {
    study = make_study("pre-instruction", equipment);
    study->set_scale(scale);
    for (const auto& [name, text] : {std::pair{"people", "4"},
                                     {"tested", "4"},
                                     {"known", "6"},
                                     {"scratch-width", "32"},
                                     {"scratch-layers", "1"},
                                     {"scratch-steps", "4"},
                                     {"scratch-batch", "4"},
                                     {"updates", "12"},
                                     {"batch", "4"},
                                     {"growth-documents", "4"}})
      study->options().set(name, text, "test");
  }
  lab::Records measured() {
    const std::vector<lab::Cell> cells = study->grid();
    lab::Artifacts artifacts(folder.path("artifacts"));
    lab::Workbench bench{.watch = {}, .artifacts = artifacts};
    lab::Records all;
    for (const lab::Cell& cell : cells)
      for (lab::CellRecord& record : study->measure({&cell, 1}, bench)) all.push_back(std::move(record));
    return all;
  }

  test::TemporaryFolder folder;
  Equipment equipment{std::string(MANABI_SOURCE_FOLDER) + "/assets", {}};
  std::unique_ptr<lab::Study> study;
};

TEST_F(PreInstructionStudy, EveryArmTakesAsManyUpdatesAndAnswersTheSameQuestions) {
  use(lab::RunScale::full);
  study->options().set("growth", "1", "test");
  study->options().set("transfer", "false", "test");
  const lab::Records records = measured();
  ASSERT_EQ(records.size(), 1u + 16u) << "the untrained network and every arm; what grows once is there already";
  std::set<std::string> ids;
  for (const lab::CellRecord& record : records) {
    SCOPED_TRACE(record.cell.at.at(kArm));
    ASSERT_EQ(record.items.size(), 4u * 6);
    std::string own;
    for (const lab::ScoredItem& item : record.items) own += item.id + " ";
    ids.insert(own);
    if (record.cell.at.at(kArm) == kUntrained) continue;
    EXPECT_EQ(lab::value_of(record, kUpdates), 12);
    EXPECT_TRUE(lab::value_of(record, kExact, {{kAsked, kSample}, {lab::kStep, "12"}}));
    EXPECT_TRUE(lab::value_of(record, kKept, {{kAsked, kSample}, {lab::kStep, "12"}}));
    EXPECT_TRUE(lab::value_of(record, kPerplexity));
  }
  EXPECT_EQ(ids.size(), 1u) << "arms were asked different questions";
  for (const lab::Claim& claim : study->claims(records)) EXPECT_TRUE(claim.effect) << claim.id;
  EXPECT_EQ(study->claims(records).size(), 18u);
  EXPECT_FALSE(study->sections(records).empty());
}

TEST_F(PreInstructionStudy, GrowthAndTransferReadOtherDocuments) {
  use(lab::RunScale::full);
  study->options().set("growth", "1,2", "test");
  std::map<std::string, std::set<std::string>> arms_of;
  for (const lab::Cell& cell : study->grid())
    if (cell.part != "arms") arms_of[cell.at.at(kKnowledge) + " " + cell.at.at(kDocuments)].insert(cell.at.at(kArm));
  const std::set<std::string> three = {"cpt", "it", "pit"};
  EXPECT_EQ(arms_of.at("people 4+8"), three);
  EXPECT_EQ(arms_of.at("ships > people 4+4"), three);
}

TEST_F(PreInstructionStudy, AMeasurementIsTheSameWhenItIsAskedForAgain) {
  const lab::Records once = measured(), again = measured();
  ASSERT_EQ(once.size(), again.size());
  for (size_t i = 0; i < once.size(); ++i)
    for (size_t item = 0; item < once[i].items.size(); ++item) EXPECT_EQ(once[i].items[item].scores, again[i].items[item].scores);
}

TEST_F(PreInstructionStudy, OwnDocumentsLeaveATunedModel) {
  std::string questions;
  for (const char* name : {"ab", "cd", "ef"}) {
    folder.write(std::string("docs/") + name + ".txt", std::string(name) + "\na text on " + name);
    questions += std::string("{\"id\": \"") + name + "\", \"question\": \"what?\", \"answer\": \"a text\"}\n";
  }
  study->options().set("docs", folder.path("docs"), "test");
  study->options().set("qa", folder.write("qa.jsonl", questions), "test");
  const lab::Records records = measured();
  ASSERT_EQ(records.size(), 5u);
  for (const lab::CellRecord& record : records) EXPECT_EQ(record.cell.at.at(kKnowledge), "own");
  int64_t models = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path("artifacts")))
    models += entry.path().filename() == "model.safetensors";
  EXPECT_EQ(models, 1 + 2 + 2) << "a model for each phase of cpt, it and pit";
}

TEST_F(PreInstructionStudy, SaysWhatIsMissing) {
  study->options().set("docs", folder.path(""), "test");
  EXPECT_THAT(test::fault_of([&] { study->grid(); }).expected, HasSubstr("--qa"));
  use(lab::RunScale::quick);
  study->options().set("arms", "pitt", "test");
  EXPECT_THAT(test::fault_of([&] { study->grid(); }).hint, HasSubstr("pit"));
}

// Two seeds of a hundred questions, of which an arm answers a share.
lab::Records records_with(const std::map<std::string, double>& shares, const std::string& model = "m") {
  lab::Records records;
  for (int64_t seed = 0; seed < 2; ++seed) {
    for (const auto& [arm, share] : shares) {
      lab::CellRecord record{
          .cell = {.at = {{"model", model}, {kKnowledge, "people"}, {kDocuments, "1+1"}, {kArm, arm}, {lab::kSeed, std::to_string(seed)}}}};
      for (int64_t item = 0; item < 100; ++item) {
        const bool is_right = static_cast<double>(item) < 100 * share;
        record.items.push_back(
            {.id = std::to_string(seed) + ":" + std::to_string(item), .draw = seed, .scores = {is_right ? 1.0 : 0.0, is_right ? 0.0 : 1.0}});
      }
      records.push_back(std::move(record));
    }
  }
  return records;
}

TEST(PreInstructionClaims, FollowTheRecords) {
  std::map<std::string, lab::Verdict> verdicts;
  for (const lab::Claim& claim : claims_of(records_with({{"pit", 0.9}, {"it", 0.3}, {"cpt", 0.9}, {"mix", 0.95}})))
    verdicts[claim.id.substr(0, claim.id.find(','))] = lab::verdict_of(claim);
  EXPECT_EQ(verdicts.at("pit-above-it"), lab::Verdict::holds);
  EXPECT_EQ(verdicts.at("pit-above-mix"), lab::Verdict::does_not_hold);
  EXPECT_NE(verdicts.at("pit-above-cpt"), lab::Verdict::holds);
  EXPECT_FALSE(verdicts.contains("pit++-above-pit")) << "an arm that was not asked for";
}

TEST(PreInstructionClaims, KeepModelsApart) {
  lab::Records records = records_with({{"pit", 0.9}, {"it", 0.3}});
  for (lab::CellRecord& record : records_with({{"pit", 0.5}, {"it", 0.4}}, "other")) records.push_back(std::move(record));
  std::map<std::string, double> effects;
  for (const lab::Claim& claim : claims_of(records)) effects[claim.id] = claim.effect->value;
  EXPECT_NEAR(effects.at("pit-above-it, m, people 1+1"), 60, 1e-9);
  EXPECT_NEAR(effects.at("pit-above-it, other, people 1+1"), 10, 1e-9);
}

}  // namespace
}  // namespace manabi::study::pre_instruction
