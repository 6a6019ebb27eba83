// The drawn characters of in-weights: from the grid to the page on a few steps, and claims on records whose truth is known.
#include "study/in_weights/omniglot/omniglot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "lab/claim.h"
#include "lab/study.h"
#include "study/catalogue.h"
#include "tests/support/data.h"
#include "tests/support/temporary_folder.h"

namespace manabi::study::in_weights {
namespace {

class DrawnCharacters : public testing::Test {
 protected:
  std::unique_ptr<lab::Study> make(lab::RunScale scale = lab::RunScale::full) {
    equipment_.options().threads = 2;
    std::unique_ptr<lab::Study> study = make_study("in-weights", equipment_);
    study->set_scale(scale);
    base::OptionTable options = study->options();
    for (const auto& [option, value] : {std::pair{"image-steps", "4"}, {"image-side", "8"}, {"batch", "4"}, {"questions", "10"}})
      options.set(option, value, "test");
    return study;
  }

  static std::vector<lab::Cell> drawn_cells(lab::Study& study) {
    std::vector<lab::Cell> cells = study.grid();
    std::erase_if(cells, [](const lab::Cell& cell) { return !is_drawn(cell.at); });
    return cells;
  }

  lab::Records measured(lab::Study& study, std::span<const lab::Cell> cells) {
    lab::Artifacts artifacts(folder_.path("artifacts"));
    lab::Workbench bench{.watch = {}, .artifacts = artifacts};
    return study.measure(cells, bench);
  }

  test::TemporaryFolder folder_;
  Equipment equipment_{std::string(MANABI_SOURCE_FOLDER) + "/assets", {}};
};

TEST_F(DrawnCharacters, StandInTheFullGridWithThreeSeedsAndNotInTheQuickOne) {
  EXPECT_TRUE(drawn_cells(*make(lab::RunScale::quick)).empty());
  const std::vector<lab::Cell> cells = drawn_cells(*make());
  EXPECT_EQ(cells.size(), 12u);
  for (const lab::Cell& cell : cells) {
    EXPECT_EQ(cell.part, "omniglot");
    EXPECT_EQ(cell.at.at("drawings"), "random strokes") << "without a data folder the built-in set is taken";
  }
}

TEST_F(DrawnCharacters, TheirCellsGoByTheirOwnOptionsAndDataAndTheOthersByNone) {
  const std::unique_ptr<lab::Study> before = make(), after = make();
  base::OptionTable options = after->options();
  options.set("image-steps", "5", "test");
  const std::vector<lab::Cell> some = before->grid(), changed = after->grid();
  options.set("image-steps", "4", "test");
  options.set("steps", "7", "test");
  const std::vector<lab::Cell> longer = after->grid();
  for (size_t i = 0; i < some.size(); ++i) {
    EXPECT_EQ(some[i].inputs == changed[i].inputs, !is_drawn(some[i].at)) << lab::name_of(some[i].at);
    const bool has_other_steps = is_drawn(some[i].at) || predictor_of(some[i].at) == kOnline;
    EXPECT_EQ(some[i].inputs == longer[i].inputs, has_other_steps) << lab::name_of(some[i].at);
    EXPECT_EQ(some[i].inputs.contains("images"), is_drawn(some[i].at));
  }
}

TEST_F(DrawnCharacters, AreMeasuredAndDrawn) {
  const std::unique_ptr<lab::Study> study = make();
  std::vector<lab::Cell> cells = drawn_cells(*study);
  cells.resize(2);
  const lab::Records records = measured(*study, cells);
  for (const lab::CellRecord& record : records) {
    for (const DrawnQuestion& question : drawn_questions()) {
      const auto is_its_error = [&](const lab::Row& row) {
        lab::Coordinates at = row.at;
        at.erase("step");
        return row.metric == kError && at == question.at() && row.value >= 0 && row.value <= 1 && row.n == 10;
      };
      EXPECT_TRUE(std::ranges::any_of(record.rows, is_its_error)) << lab::name_of(question.at());
    }
  }
  const std::vector<lab::Section> sections = study->sections(records);
  EXPECT_TRUE(std::ranges::any_of(sections, [](const lab::Section& section) { return section.title == "Drawn characters"; }));
}

TEST_F(DrawnCharacters, OmniglotIsTakenWhereItLies) {
  MANABI_NEEDS(test::data_folder() + "/omniglot");
  equipment_.options().data = test::data_folder();
  const std::vector<lab::Cell> cells = drawn_cells(*make());
  EXPECT_EQ(cells.front().at.at("drawings"), "omniglot");
  equipment_.options().data = "";
  EXPECT_NE(cells.front().inputs.at("images"), drawn_cells(*make()).front().inputs.at("images"));
}

// Three seeds of little spread, the same error for every question that shifts labels.
void add(lab::Records& records, int64_t rows, double relevant, double frequent, double rare) {
  for (const int64_t seed : {0, 1, 2}) {
    lab::CellRecord record;
    record.cell.at = coordinates_of(DrawnCondition{.rows = rows, .relevant_share = relevant});
    record.cell.at["seed"] = std::to_string(seed);
    for (const DrawnQuestion& question : drawn_questions()) {
      lab::Coordinates at = question.at();
      at["step"] = "1";
      const double error = question.question.query == "high" ? frequent : rare;
      record.rows.push_back({.metric = kError, .at = std::move(at), .value = error + 0.001 * static_cast<double>(seed)});
    }
    records.push_back(std::move(record));
  }
}

std::vector<lab::Verdict> verdicts(const lab::Records& records) {
  std::vector<lab::Verdict> all;
  for (const lab::Claim& claim : drawn_claims(records)) all.push_back(lab::verdict_of(claim));
  return all;
}

TEST(DrawnClaims, HoldWhereRareCharactersAreReadFromRelevantContextsOfFewRows) {
  lab::Records records;
  add(records, 10'000, 0.9, .99, .60);
  add(records, 10'000, 0.5, .99, .90);
  add(records, 100'000, 0.9, .99, .80);
  EXPECT_THAT(verdicts(records), testing::Each(lab::Verdict::holds));
}

TEST(DrawnClaims, DoNotHoldWhereNothingIsReadFromTheContext) {
  lab::Records records;
  for (const double relevant : {0.9, 0.5})
    for (const int64_t rows : {10'000, 100'000}) add(records, rows, relevant, .99, .99);
  EXPECT_THAT(verdicts(records), testing::Each(lab::Verdict::does_not_hold));
}

TEST(DrawnClaims, AreNotTestedWithoutTheirCells) {
  EXPECT_THAT(verdicts({}), testing::Each(lab::Verdict::not_tested));
  lab::Records records;
  add(records, 10'000, 0.9, .99, .60);
  EXPECT_THAT(verdicts(records), testing::ElementsAre(lab::Verdict::not_tested, lab::Verdict::not_tested, lab::Verdict::holds));
}

TEST(DrawnClaims, LeaveTheVectorsRecordsAlone) {
  lab::Records records;
  add(records, 10'000, 0.9, .99, .60);
  EXPECT_EQ(drawn_records(records, true).size(), 3u);
  EXPECT_TRUE(drawn_records(records, false).empty());
}

}  // namespace
}  // namespace manabi::study::in_weights
