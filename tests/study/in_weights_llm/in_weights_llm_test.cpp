// Facts by heart against the prompt: the probes, one measurement on a tiny model, and claims on records whose truth is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "lab/claim.h"
#include "lab/statistics/seeds.h"
#include "lab/study.h"
#include "study/catalogue.h"
#include "study/equipment.h"
#include "study/in_weights_llm/probes.h"
#include "study/in_weights_llm/report.h"
#include "study/item_arms.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_llama.h"

namespace manabi::study::in_weights_llm {
namespace {

TEST(Probes, StateOtherCitiesOfTheListAndAskStrangersToo) {
  const std::vector<world::Resident> residents = world::published_residents(), others = world::strangers(1, 0, residents);
  std::map<Situation, int64_t> counts;
  std::set<std::string> cities, ids;
  for (const world::Resident& each : residents) cities.insert(each.city);
  for (const Probe& probe : probes_of(residents, others, 3, 0)) {
    ++counts[probe.situation];
    EXPECT_TRUE(ids.insert(probe.id()).second) << probe.id();
    EXPECT_THAT(probe.prompt(), testing::EndsWith(world::residence_question(probe.resident.name)));
    if (probe.situation == Situation::asked) {
      EXPECT_TRUE(probe.stated.empty());
      continue;
    }
    EXPECT_TRUE(cities.contains(probe.stated));
    EXPECT_THAT(probe.prompt(), testing::StartsWith(world::residence_statement(probe.resident.name, probe.stated)));
    EXPECT_EQ(probe.stated == probe.resident.city, probe.situation != Situation::opposed);
  }
  EXPECT_EQ(counts[Situation::asked], 8);
  EXPECT_EQ(counts[Situation::agreed], 8);
  EXPECT_EQ(counts[Situation::opposed], 24);
  EXPECT_EQ(counts[Situation::stranger], 12);
}

class InWeightsLlmStudy : public testing::Test {
 protected:
  InWeightsLlmStudy() {
    test::write_gguf(test::make_tiny_llama(), folder.path("tiny.gguf"));
    equipment.options().model = {folder.path("tiny.gguf")};
    equipment.options().threads = 1;
    equipment.options().seeds = 1;
    study = make_study("in-weights-llm", equipment);
    study->set_scale(lab::RunScale::full);
    for (const auto& [name, text] : {std::pair{"facts", "8 published,8"}, {"steps", "4"}, {"batch", "4"}, {"checks", "2"}, {"opposing", "2"}})
      study->options().set(name, text, "test");
  }

  test::TemporaryFolder folder;
  Equipment equipment{std::string(MANABI_SOURCE_FOLDER) + "/assets", {}};
  std::unique_ptr<lab::Study> study;
};

TEST_F(InWeightsLlmStudy, InterviewsBeforeOnTheWayAndAfter) {
  const std::vector<lab::Cell> cells = study->grid();
  ASSERT_EQ(cells.size(), 3u) << "all weights on both sets, low ranks on the drawn one";
  lab::Artifacts artifacts(folder.path("artifacts"));
  lab::Workbench bench{.watch = {}, .artifacts = artifacts};
  const lab::Records records = study->measure(cells, bench);
  for (const lab::CellRecord& record : records) {
    for (const char* step : {"0", "2", "4"})
      EXPECT_TRUE(lab::value_of(record, kTold, {{kSituation, "asked alone"}, {kKind, kAll}, {lab::kStep, step}})) << step;
    EXPECT_EQ(record.exhibits.at(kPeople).size(), 8u);
  }
  for (const lab::Claim& claim : study->claims(records)) EXPECT_TRUE(claim.effect) << claim.id;
  EXPECT_EQ(study->sections(records).size(), 3u);
  const lab::Records again = study->measure(cells, bench);
  for (size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(again[i].rows.size(), records[i].rows.size());
    for (size_t row = 0; row < records[i].rows.size(); ++row) EXPECT_EQ(again[i].rows[row].value, records[i].rows[row].value);
  }
}

TEST(InWeightsLlmClaims, FollowTheRecords) {
  lab::Records records;
  for (int64_t seed = 0; seed < 3; ++seed) {
    lab::CellRecord record{.cell = {.at = {{"model", "m"}, {kFacts, kPublished}, {kTuned, "weights"}, {lab::kSeed, std::to_string(seed)}}}};
    const auto add = [&](const std::string& metric, const std::string& arm, const std::function<double(int64_t)>& value) {
      for (int64_t who = 0; who < 20; ++who) {
        lab::Coordinates at = {{kWho, "name " + std::to_string(who)}, {kItem, std::to_string(who)}};
        if (!arm.empty()) at["arm"] = arm;
        record.rows.push_back({.metric = metric, .at = at, .value = value(who), .n = 1});
      }
    };
    const auto none = [](int64_t) { return 0.0; };
    const auto half = [](int64_t who) { return who < 10 ? 1.0 : 0.0; };
    add(kRight, "before, asked alone, told", none);
    add(kRight, "after, asked alone, told", [](int64_t) { return 1.0; });
    add(kRight, "before, another city stated, told", none);
    add(kRight, "after, another city stated, told", half);
    add(kRight, "after, another city stated, stated", half);
    add(kRight, "after, stranger, city stated, stated", none);
    add("leaning before", "", [](int64_t) { return 4.0; });
    add("leaning after", "", [](int64_t) { return 1.5; });
    records.push_back(std::move(record));
  }
  std::map<std::string, lab::Claim> claims;
  for (const lab::Claim& claim : claims_of(records)) claims[claim.id.substr(0, claim.id.find(','))] = claim;
  EXPECT_EQ(lab::verdict_of(claims.at("learned-by-heart")), lab::Verdict::holds);
  EXPECT_EQ(lab::verdict_of(claims.at("memory-overrides-the-prompt")), lab::Verdict::holds);
  // The same eight facts in every seed: seeds that agree do not make the answer certain.
  const lab::Interval& override = *claims.at("memory-overrides-the-prompt").effect;
  EXPECT_DOUBLE_EQ(override.value, 50);
  EXPECT_GT(override.high - override.low, 20);
  EXPECT_EQ(override.items, 20);
  EXPECT_EQ(lab::verdict_of(claims.at("strangers-are-still-believed")), lab::Verdict::does_not_hold);
  EXPECT_DOUBLE_EQ(claims.at("the-stated-city-loses-ground").effect->value, 2.5);
}

}  // namespace
}  // namespace manabi::study::in_weights_llm
