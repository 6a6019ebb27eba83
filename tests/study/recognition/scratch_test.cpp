// The part "scratch": its grid beside the checkpoints' cells, a short training from start to page, and claims on records whose truth is known.
#include "study/recognition/scratch/scratch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>

#include "lab/claim.h"
#include "lab/statistics/seeds.h"
#include "study/catalogue.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_llama.h"

namespace manabi::study::recognition::scratch {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Scratch : public testing::Test {
 protected:
  Scratch() {
    test::write_gguf(test::make_tiny_llama(), folder.path("tiny.gguf"));
    equipment.options().model = {folder.path("tiny.gguf")};
    equipment.options().threads = 2;
    equipment.options().seeds = 2;
    study = make_study("recognition", equipment);
    study->set_scale(lab::RunScale::quick);
    for (const auto& [name, value] : {std::pair{"tasks", "sentiment"},
                                      {"shots", "0"},
                                      {"scratch-steps", "6"},
                                      {"scratch-batch", "2"},
                                      {"scratch-questions", "5"},
                                      {"scratch-sizes", "32x1"}})
      set(name, value);
  }

  void set(const std::string& name, const std::string& value) { study->options().set(name, value, "test"); }
  std::vector<lab::Cell> cells() {
    std::vector<lab::Cell> all = study->grid();
    std::erase_if(all, [](const lab::Cell& cell) { return !is_of_scratch(cell); });
    return all;
  }
  std::set<std::string> keys_of_checkpoints() {
    std::set<std::string> keys;
    for (const lab::Cell& cell : study->grid())
      if (!is_of_scratch(cell)) keys.insert(lab::key_of("recognition", study->info().version, cell));
    return keys;
  }
  lab::Records measured(const std::vector<lab::Cell>& group, const std::string& store) {
    lab::Artifacts artifacts(folder.path(store));
    lab::Workbench bench{.watch = {}, .artifacts = artifacts};
    return study->measure(group, bench);
  }

  test::TemporaryFolder folder;
  Equipment equipment{std::string(MANABI_SOURCE_FOLDER) + "/assets", {}};
  std::unique_ptr<lab::Study> study;
};

TEST_F(Scratch, QuickTrainsOnlyWhenAskedAndFullAlways) {
  EXPECT_TRUE(cells().empty());
  set("scratch", "true");
  EXPECT_EQ(cells().size(), 2u);
  study->set_scale(lab::RunScale::full);
  set("tasks", "sentiment");
  set("shots", "0");
  std::set<std::string> parts;
  for (const lab::Cell& cell : cells()) parts.insert(cell.part);
  EXPECT_THAT(parts, testing::ElementsAre(kPart, kAblationPart));
}

TEST_F(Scratch, ItsOptionsLeaveTheKeysOfCheckpointsAlone) {
  const std::set<std::string> before = keys_of_checkpoints();
  set("scratch", "true");
  for (const char* name : {"scratch-steps", "scratch-batch", "scratch-questions"}) set(name, "3");
  set("scratch-lr", "0.1");
  EXPECT_EQ(keys_of_checkpoints(), before);
}

TEST_F(Scratch, OptionsThatChangeATrainingChangeItsKeys) {
  set("scratch", "true");
  const lab::Cell before = cells().front();
  set("scratch-steps", "7");
  EXPECT_EQ(cells().front().at, before.at);
  EXPECT_NE(cells().front().inputs, before.inputs);
}

TEST_F(Scratch, EveryQuestionIsAnsweredAndAPageDrawn) {
  set("scratch", "true");
  set("scratch-ablated", "32x1");
  std::vector<lab::Cell> trained = cells(), ablated = trained;
  std::erase_if(trained, [](const lab::Cell& cell) { return lab::number_at(cell.at, kRandomRows) == 0; });
  std::erase_if(ablated, [](const lab::Cell& cell) { return lab::number_at(cell.at, kRandomRows) > 0; });
  lab::Records records = measured(trained, "store");
  std::ranges::move(measured(ablated, "store"), std::back_inserter(records));
  ASSERT_EQ(records.size(), 4u);
  const lab::Records networks = records_of_networks(records);
  for (const char* metric : {kAccuracy, kRecognised, kNaive, kGuess})
    for (const Network& network : {Network{.size = "32x1"}, Network{.size = "32x1", .random_rows = 0}})
      for (const Arm& arm : arms())
        for (const int64_t shots : kSweep)
          for (const double value :
               accuracies(networks, {.network = network, .labels = arm.labels, .shots = shots, .symbols = arm.symbols}, metric)) {
            EXPECT_GE(value, 0);
            EXPECT_LE(value, 1);
          }
  EXPECT_EQ(accuracies(networks, {.network = {.size = "32x1"}, .labels = "random"}).size(), 2u);
  EXPECT_FALSE(study->sections(records).empty());
  EXPECT_EQ(ablated_network(networks)->size, "32x1");
  for (const lab::Claim& claim : claims(networks))
    EXPECT_TRUE(claim.effect.has_value() || claim.id == "scratch-learning-grows-with-size") << claim.id;
}

TEST_F(Scratch, ValuesDoNotDependOnTheGroup) {
  set("scratch", "true");
  const std::vector<lab::Cell> both = cells();
  const lab::Records together = measured(both, "together");
  const lab::CellRecord alone = measured({both[1]}, "alone").front();
  ASSERT_EQ(alone.rows.size(), together[1].rows.size());
  // A question is right or wrong: after rounding, at most one of five may turn.
  for (size_t i = 0; i < alone.rows.size(); ++i) EXPECT_NEAR(alone.rows[i].value, together[1].rows[i].value, 0.2 + 1e-9) << alone.rows[i].metric;
}

TEST_F(Scratch, SizesThatAreNoneAreRefused) {
  set("scratch", "true");
  for (const char* size : {"64", "x2", "64x", "33x2", "64x0", "64x2x2"}) {
    set("scratch-sizes", size);
    EXPECT_THAT(test::error_of([&] { study->grid(); }), HasSubstr("--scratch-sizes: '" + std::string(size) + "'")) << size;
  }
}

TEST_F(Scratch, AnotherDtypeIsRefusedWithTheWayOn) {
  set("scratch", "true");
  equipment.options().dtype = "bfloat16";
  EXPECT_THAT(test::error_of([&] { study->grid(); }), AllOf(HasSubstr("--dtype: bfloat16"), HasSubstr("--no-scratch")));
  set("scratch", "false");
  EXPECT_TRUE(cells().empty());
}

// Accuracies of three seeds as a function of setting and log2 K.
using Law = std::function<double(const std::string& labels, double doublings)>;

void add_network(lab::Records& records, const Network& network, double parameters, const Law& law) {
  for (const int64_t seed : {0, 1, 2}) {
    lab::CellRecord record;
    record.cell.at = network.at();
    record.cell.at[lab::kSeed] = std::to_string(seed);
    record.rows.push_back({.metric = kParameters, .value = parameters, .n = 1});
    for (const Arm& arm : arms())
      for (const int64_t shots : kSweep) {
        const double doublings = shots > 0 ? std::log2(static_cast<double>(shots)) : 0;
        const double value = law(arm.labels, doublings) - (arm.symbols == "rare" ? 0.05 : 0) + 0.001 * static_cast<double>(seed);
        record.rows.push_back({.metric = kAccuracy,
                               .at = {{kTopics, name_of(world::TopicGroup::natural_only)},
                                      {kLabels, arm.labels},
                                      {kSymbols, arm.symbols},
                                      {kShots, std::to_string(shots)}},
                               .value = value,
                               .n = 500});
      }
    records.push_back(std::move(record));
  }
}

// As the paper tells it: recognition flat, learning only in the larger network, which overtakes recognition there.
lab::Records as_the_paper_tells(double gold_of_large) {
  lab::Records records;
  add_network(records, {.size = "32x2"}, 1e5, [](const std::string& labels, double) { return labels == "abstract" ? 0.4 : 0.7; });
  add_network(records, {.size = "64x2"}, 2e5, [gold_of_large](const std::string& labels, double doublings) {
    return labels == "random" ? 0.72 : labels == "gold" ? gold_of_large : 0.4 + 0.08 * doublings;
  });
  add_network(records, {.size = "64x2", .random_rows = 0}, 2e5,
              [](const std::string& labels, double doublings) { return labels == "random" ? 0.7 - 0.05 * doublings : 0.5 + 0.08 * doublings; });
  return records;
}

lab::Verdict verdict(const std::vector<lab::Claim>& all, const std::string& id) {
  const auto found = std::ranges::find(all, id, &lab::Claim::id);
  EXPECT_NE(found, all.end()) << id;
  return found == all.end() ? lab::Verdict::not_tested : lab::verdict_of(*found);
}

TEST_F(Scratch, ClaimsHoldWhereThePaperIsRight) {
  const std::vector<lab::Claim> all = claims(as_the_paper_tells(0.9));
  EXPECT_EQ(all.size(), 10u);
  for (const lab::Claim& claim : all) EXPECT_EQ(lab::verdict_of(claim), lab::Verdict::holds) << claim.id;
}

TEST_F(Scratch, ClaimsFailWhereItIsWrong) {
  lab::Records records = as_the_paper_tells(0.7);  // gold labels are worse than symbols
  EXPECT_EQ(verdict(claims(records), "scratch-gold-best-64x2"), lab::Verdict::does_not_hold);

  // Recognition alone grows, with size and with K, whatever the training rows.
  records.clear();
  add_network(records, {.size = "32x2"}, 1e5, [](const std::string&, double) { return 0.4; });
  for (const double random_rows : {0.15, 0.0})
    add_network(records, {.size = "64x2", .random_rows = random_rows}, 2e5,
                [](const std::string& labels, double doublings) { return labels == "random" ? 0.6 + 0.05 * doublings : 0.5; });
  const std::vector<lab::Claim> all = claims(records);
  for (const char* id : {"random-flat-64x2", "learning-grows-with-size", "learning-overtakes", "trust-without-random-rows",
                         "learning-overtakes-without-random-rows"})
    EXPECT_EQ(verdict(all, std::string("scratch-") + id), lab::Verdict::does_not_hold) << id;
}

TEST_F(Scratch, ClaimsWithoutTheirNetworksAreNotTested) {
  lab::Records records;
  add_network(records, {.size = "32x2"}, 1e5, [](const std::string&, double) { return 0.5; });
  const std::vector<lab::Claim> all = claims(records);
  for (const char* id : {"learning-grows-with-size", "trust-without-random-rows", "learning-overtakes-without-random-rows"})
    EXPECT_EQ(verdict(all, std::string("scratch-") + id), lab::Verdict::not_tested) << id;
}

}  // namespace
}  // namespace manabi::study::recognition::scratch
