// The studies that train: every one runs from its grid to its page on a few steps, and its claims read records whose truth is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <set>
#include <string>

#include "lab/claim.h"
#include "lab/statistics/seeds.h"
#include "lab/study.h"
#include "study/catalogue.h"
#include "study/equipment.h"
#include "study/training/pair_study.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"

namespace manabi::study {
namespace {

class TrainedStudies : public testing::Test {
 protected:
  std::unique_ptr<lab::Study> make(const std::string& name, lab::RunScale scale = lab::RunScale::quick) {
    equipment_.options().threads = 2;
    equipment_.options().seeds = 2;
    std::unique_ptr<lab::Study> study = make_study(name, equipment_);
    study->set_scale(scale);
    base::OptionTable options = study->options();
    for (const auto& [option, value] : {std::pair{"steps", "6"},
                                        {"batch", "8"},
                                        {"questions", "20"},
                                        {"attention-steps", "10"},
                                        {"decoder-steps", "10"},
                                        {"tasks", "50"},
                                        {"rows", "20"},
                                        {"prompts", "6"},
                                        {"documents", "3"}})
      if (options.find(option)) options.set(option, value, "test");
    return study;
  }

  // The first group of the grid, at most four cells of it.
  lab::Records measured(lab::Study& study) { return measured(study, study.grid()); }
  // The first group of these.
  lab::Records measured(lab::Study& study, std::vector<lab::Cell> cells) {
    const std::vector<std::string> together = study.together();
    const auto shape_of = [&](lab::Coordinates at) {
      for (const std::string& name : together) at.erase(name);
      return at;
    };
    const lab::Coordinates first = shape_of(cells.front().at);
    std::erase_if(cells, [&](const lab::Cell& cell) { return shape_of(cell.at) != first; });
    cells.resize(std::min<size_t>(cells.size(), 4));
    lab::Artifacts artifacts(folder_.path("artifacts"));
    lab::Workbench bench{.watch = {}, .artifacts = artifacts};
    return study.measure(cells, bench);
  }

  test::TemporaryFolder folder_;
  Equipment equipment_{std::string(MANABI_SOURCE_FOLDER) + "/assets", {}};
};

TEST_F(TrainedStudies, MeasureAnswersForEveryQuestionAndDrawAPage) {
  for (const char* name : {"in-weights", "burstiness", "abrupt", "transience"}) {
    SCOPED_TRACE(name);
    const std::unique_ptr<lab::Study> study = make(name);
    const lab::Records records = measured(*study);
    ASSERT_FALSE(records.empty());
    for (const lab::CellRecord& record : records) {
      const auto is_error = [](const lab::Row& row) { return row.metric == kError && row.value >= 0 && row.value <= 1 && row.n == 20; };
      EXPECT_TRUE(std::ranges::any_of(record.rows, is_error));
    }
    EXPECT_FALSE(study->sections(records).empty());
    EXPECT_FALSE(study->claims(records).empty());
  }
}

// Every part's first group, so that each experiment of a study is measured.
TEST_F(TrainedStudies, StudiesBesideTheoryMeasureTheLearnersOfTheoryToo) {
  for (const char* name : {"descent", "regression", "bayes", "general-learner"}) {
    SCOPED_TRACE(name);
    const std::unique_ptr<lab::Study> study = make(name);
    lab::Records records;
    std::set<std::string> parts;
    for (const lab::Cell& cell : study->grid()) parts.insert(cell.part);
    for (const std::string& part : parts) {
      std::vector<lab::Cell> cells = study->grid();
      std::erase_if(cells, [&](const lab::Cell& cell) { return cell.part != part; });
      std::ranges::move(measured(*study, cells), std::back_inserter(records));
    }
    for (const lab::CellRecord& record : records) {
      std::set<std::string> learners;
      for (const lab::Row& row : record.rows) {
        EXPECT_TRUE(std::isfinite(row.value)) << row.metric;
        if (row.at.contains("learner")) learners.insert(row.at.at("learner"));
      }
      EXPECT_GE(learners.size(), 3U) << lab::name_of(record.cell.at);
    }
    EXPECT_FALSE(study->sections(records).empty());
    for (const lab::Claim& claim : study->claims(records)) EXPECT_TRUE(claim.effect || !claim.missing.empty()) << claim.id;
  }
}

TEST_F(TrainedStudies, ValuesDoNotDependOnTheGroup) {
  const std::unique_ptr<lab::Study> study = make("in-weights");
  const lab::Records together = measured(*study);
  lab::Artifacts artifacts(folder_.path("others"));
  lab::Workbench bench{.watch = {}, .artifacts = artifacts};
  for (const lab::CellRecord& record : together) {
    const std::vector<lab::Cell> one = {record.cell};
    const lab::CellRecord alone = study->measure(one, bench).front();
    ASSERT_EQ(alone.rows.size(), record.rows.size());
    for (size_t i = 0; i < alone.rows.size(); ++i) EXPECT_NEAR(alone.rows[i].value, record.rows[i].value, 1e-3) << alone.rows[i].metric;
  }
}

TEST_F(TrainedStudies, AFinishedTrainingIsReadAndNotRepeated) {
  const std::unique_ptr<lab::Study> study = make("in-weights");
  const lab::Records first = measured(*study), second = measured(*study);
  for (size_t i = 0; i < first.size(); ++i)
    for (size_t row = 0; row < first[i].rows.size(); ++row) EXPECT_EQ(first[i].rows[row].value, second[i].rows[row].value);
}

TEST_F(TrainedStudies, FullGridsHoldEachCellOnce) {
  for (const char* name : {"in-weights", "burstiness", "abrupt", "transience", "descent", "bayes", "general-learner", "regression"}) {
    SCOPED_TRACE(name);
    const std::vector<lab::Cell> full = make(name, lab::RunScale::full)->grid();
    for (size_t i = 0; i < full.size(); ++i)
      for (size_t j = i + 1; j < full.size(); ++j) ASSERT_NE(full[i].at, full[j].at);
  }
}

TEST_F(TrainedStudies, AFullGridHoldsTheQuickOnesSettings) {
  for (const char* name : {"in-weights", "burstiness", "abrupt", "transience", "descent", "bayes", "general-learner", "regression"}) {
    SCOPED_TRACE(name);
    const std::vector<lab::Cell> full = make(name, lab::RunScale::full)->grid();
    for (const lab::Cell& cell : make(name)->grid())
      EXPECT_NE(std::ranges::find(full, cell.at, &lab::Cell::at), full.end()) << lab::name_of(cell.at);
  }
}

TEST_F(TrainedStudies, EveryNetworkOfBurstinessIsTrainedAtTwoNumbersOfClasses) {
  const std::unique_ptr<lab::Study> study = make("burstiness", lab::RunScale::full);
  for (const char* network : {"transformer", "rnn", "lstm", "mlp"}) {
    SCOPED_TRACE(network);
    for (const int64_t classes : {2048, 12'800}) {
      std::vector<lab::Cell> cells = study->grid();
      std::erase_if(cells, [&](const lab::Cell& cell) {
        return lab::text_at(cell.at, "network") != network || lab::integer_at(cell.at, "classes") != classes;
      });
      ASSERT_FALSE(cells.empty());
      cells.resize(1);
      if (classes > 2048) continue;  // as the other, and longer
      EXPECT_FALSE(measured(*study, cells).empty());
    }
  }
}

TEST_F(TrainedStudies, ADtypeThatTrainingDoesNotHaveIsRefusedBeforeAnyWork) {
  equipment_.options().dtype = "bfloat16";
  const std::unique_ptr<lab::Study> study = make("in-weights");
  EXPECT_THAT(test::error_of([&] { study->grid(); }), testing::HasSubstr("--dtype"));
}

TEST_F(TrainedStudies, TheHeadsOfInductionAreMeasuredAtEveryLook) {
  const std::unique_ptr<lab::Study> study = make("transience");
  std::vector<lab::Cell> cells = study->grid();
  std::erase_if(cells, [](const lab::Cell& cell) { return cell.part != "induction"; });
  const lab::Records records = measured(*study, cells);
  ASSERT_EQ(records.size(), 2u);
  for (const lab::CellRecord& record : records) {
    const auto strengths = std::ranges::count(record.rows, "induction strength", &lab::Row::metric);
    EXPECT_EQ(strengths, 6 * 8) << "steps times heads";
    for (const lab::Row& row : record.rows) {
      if (row.metric == "induction strength") {
        EXPECT_LE(std::abs(row.value), 1);
      }
    }
  }
  EXPECT_EQ(study->sections(records).size(), 1u);
}

// The cells of the study of in-weight and in-context learning that one predictor answers.
std::vector<lab::Cell> cells_of(lab::Study& study, const std::string& predictor) {
  std::vector<lab::Cell> cells = study.grid();
  std::erase_if(cells, [&](const lab::Cell& cell) { return !cell.at.contains("predictor") || cell.at.at("predictor") != predictor; });
  return cells;
}

int64_t count_rows(const lab::CellRecord& record, const std::string& metric) {
  return std::ranges::count(record.rows, metric, &lab::Row::metric);
}

TEST_F(TrainedStudies, AGateIsTrainedBetweenThePredictorsOfItsOwnCells) {
  const std::unique_ptr<lab::Study> study = make("in-weights");
  lab::Records records;
  for (const char* predictor : {"gate", "in-weight", "in-context"}) {
    SCOPED_TRACE(predictor);
    const lab::Records some = measured(*study, cells_of(*study, predictor));
    ASSERT_FALSE(some.empty());
    for (const lab::CellRecord& record : some) {
      EXPECT_GT(count_rows(record, kError), 0);
      EXPECT_EQ(count_rows(record, "P(weights)"), std::string(predictor) == "gate" ? 4 : 0);
    }
    records.insert(records.end(), some.begin(), some.end());
  }
  // The gate's two predictors were trained for it: their own cells read them.
  EXPECT_EQ(lab::Artifacts(folder_.path("artifacts")).list().size(), 3u);
  EXPECT_FALSE(study->sections(records).empty());
}

TEST_F(TrainedStudies, TheOnlineAlgorithmKeepsItsBounds) {
  const std::unique_ptr<lab::Study> study = make("in-weights");
  const lab::Records records = measured(*study, cells_of(*study, "online"));
  ASSERT_FALSE(records.empty());
  for (const lab::CellRecord& record : records) {
    for (const lab::Row& row : record.rows) {
      if (row.metric != "regret") continue;
      const auto bound =
          std::ranges::find_if(record.rows, [&](const lab::Row& other) { return other.metric == "regret bound" && other.at == row.at; });
      ASSERT_NE(bound, record.rows.end());
      EXPECT_LE(row.value, bound->value + 1e-6);
    }
  }
  EXPECT_FALSE(study->sections(records).empty());
}

// The gate's shares as the paper reads them off, where the weights take frequent classes alone.
TEST_F(TrainedStudies, TheGatesClaimsHoldOnThePapersNumbers) {
  const std::unique_ptr<lab::Study> study = make("in-weights", lab::RunScale::full);
  lab::Records records;
  for (const lab::Cell& cell : cells_of(*study, "gate")) {
    const int64_t rows = lab::integer_at(cell.at, "rows");
    const bool is_noisy = lab::number_at(cell.at, "noise") == 0.4;
    lab::CellRecord record{.cell = cell};
    const auto add = [&](const char* context, const char* query, double value) {
      record.rows.push_back({.metric = "P(weights)", .at = {{"context", context}, {"query", query}, {"labels", "base"}}, .value = value});
    };
    const double seed = 0.001 * lab::number_at(cell.at, "seed");
    add("relevant", "high", seed + (is_noisy ? .33 : rows < 256 ? .05 : .98));
    add("relevant", "low", seed + .06);
    add("irrelevant", "high", seed + .83);
    add("irrelevant", "low", 2 * seed + .45);
    records.push_back(record);
  }
  for (const lab::Claim& claim : study->claims(records)) {
    if (!claim.id.starts_with("gate-")) continue;
    EXPECT_EQ(lab::verdict_of(claim), lab::Verdict::holds) << claim.id;
  }
}

// Errors as the paper reads them off, two seeds of little spread.
lab::Records in_weights_as_published() {
  lab::Records records;
  const auto add = [&](int64_t rows, double frequent_shifted, double rare_shifted, double frequent_alone, double rare_alone) {
    for (const int64_t seed : {0, 1}) {
      lab::CellRecord record;
      record.cell.at = {{"rows", std::to_string(rows)}, {"noise", "0.2"},     {"relevant", "0.9"},
                        {"high-share", "0.9"},          {"pairs", "1"},       {"relevant-pairs", "0"},
                        {"low-classes", "5"},           {"label-noise", "0"}, {"seed", std::to_string(seed)}};
      const auto row = [&](const char* context, const char* query, const char* labels, double value) {
        record.rows.push_back({.metric = kError,
                               .at = {{"context", context}, {"query", query}, {"labels", labels}, {"step", "1"}},
                               .value = value + 0.001 * static_cast<double>(seed)});
      };
      row("relevant", "high", "shifted", frequent_shifted);
      row("relevant", "low", "shifted", rare_shifted);
      row("irrelevant", "high", "base", frequent_alone);
      row("irrelevant", "low", "base", rare_alone);
      records.push_back(record);
    }
  };
  add(64, .30, .62, .87, .95);
  add(1024, .90, .20, .15, .72);
  add(4096, .99, .60, .04, .35);
  add(16384, .99, .88, .01, .08);
  return records;
}

TEST_F(TrainedStudies, InWeightsClaimsHoldOnThePapersNumbers) {
  const std::unique_ptr<lab::Study> study = make("in-weights");
  for (const lab::Claim& claim : study->claims(in_weights_as_published())) {
    const lab::Verdict verdict = lab::verdict_of(claim);
    EXPECT_TRUE(verdict == lab::Verdict::holds || verdict == lab::Verdict::not_tested) << claim.id << ": " << lab::name_of(verdict);
  }
}

TEST_F(TrainedStudies, InWeightsClaimsFailWhereTheContextIsAlwaysUsed) {
  lab::Records records = in_weights_as_published();
  for (lab::CellRecord& record : records)
    for (lab::Row& row : record.rows) row.value = row.at.at("labels") == "shifted" ? 0.0 : 0.9;
  const std::vector<lab::Claim> claims = make("in-weights")->claims(records);
  const auto claim = std::ranges::find(claims, "frequent-classes-leave-the-context", &lab::Claim::id);
  ASSERT_NE(claim, claims.end());
  EXPECT_EQ(lab::verdict_of(*claim), lab::Verdict::does_not_hold);
}

}  // namespace
}  // namespace manabi::study
