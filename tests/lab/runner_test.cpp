#include "lab/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <stdexcept>

#include "base/error.h"
#include "tests/lab/fake_study.h"
#include "tests/support/temporary_folder.h"

namespace manabi::lab {
namespace {

using test::content_of;
using test::FakeStudy;
using test::message_of;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class CountingProgress : public base::Progress {
 public:
  void begin(const std::string& what, int64_t total) override {
    begun.push_back(what);
    total_ = total;
  }
  void advance(int64_t units) override {
    done += units;
    EXPECT_LE(done, total_);
  }
  void note(const std::string& line) override { notes.push_back(line); }
  void end() override { ++ended; }

  std::vector<std::string> begun, notes;
  int64_t done = 0;
  int ended = 0;
  int64_t total_ = 0;
};

class RunnerTest : public testing::Test {
 protected:
  RunOutcome run(const RunRequest& request = {}, const base::Watch& watch = {}) { return run_study(study_, store_, request, watch); }
  Records stored(const RunOutcome& outcome) const { return store_.get(outcome.keys); }

  test::TemporaryFolder folder_;
  FakeStudy study_;
  Store store_{folder_.path("runs.sqlite"), Store::Mode::write};
};

std::vector<std::string> names_of(const std::vector<Cell>& cells) {
  std::vector<std::string> names;
  for (const Cell& cell : cells) names.push_back(name_of(cell.at));
  return names;
}

TEST(Groups, AgreeInAllOtherCoordinatesInTheOrderOfTheirFirstCells) {
  const std::vector<Cell> cells = {
      {.at = {{"k", "0"}, {"task", "b"}}}, {.at = {{"k", "0"}, {"task", "a"}}}, {.at = {{"k", "4"}, {"task", "b"}}}};
  const auto groups = groups_of(cells, std::vector<std::string>{"k"});
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_THAT(names_of(groups[0]), ElementsAre("k=0 task=b", "k=4 task=b"));
  EXPECT_THAT(names_of(groups[1]), ElementsAre("k=0 task=a"));
}

TEST(Groups, ArePutTogetherByNothingOrByEverything) {
  const std::vector<Cell> cells = {{.at = {{"k", "0"}}}, {.at = {{"k", "4"}}}};
  EXPECT_EQ(groups_of(cells, {}).size(), 2u);
  EXPECT_EQ(groups_of(cells, std::vector<std::string>{"k"}).size(), 1u);
  EXPECT_TRUE(groups_of({}, {}).empty());
}

TEST_F(RunnerTest, MeasuresTheWholeGrid) {
  const RunOutcome outcome = run({.manifest = {{"model", "tiny"}}});
  EXPECT_EQ(outcome.cells, 12);
  EXPECT_EQ(outcome.measured, 12);
  EXPECT_EQ(outcome.reused, 0);
  EXPECT_FALSE(outcome.was_cancelled);
  EXPECT_EQ(study_.measured.size(), 3u);
  const Records records = stored(outcome);
  ASSERT_EQ(records.size(), 12u);
  Records expected;
  for (const Cell& cell : study_.grid()) {
    expected.push_back(FakeStudy::record_of(cell));
    expected.back().key = key_of("fake", 1, cell);
  }
  EXPECT_EQ(content_of(records), content_of(expected));
  const RunEntry entry = store_.runs().front();
  EXPECT_EQ(entry.id, outcome.run_id);
  EXPECT_EQ(entry.state, "finished");
  EXPECT_EQ(entry.manifest, base::Json({{"model", "tiny"}}));
  EXPECT_EQ(entry.cells, outcome.keys);
  EXPECT_THAT(entry.started, testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"));
}

TEST_F(RunnerTest, ASecondRunMeasuresNothing) {
  run();
  study_.measured.clear();
  const RunOutcome again = run();
  EXPECT_EQ(again.reused, 12);
  EXPECT_EQ(again.measured, 0);
  EXPECT_TRUE(study_.measured.empty());
}

TEST_F(RunnerTest, ALargerGridMeasuresOnlyItsNewCells) {
  study_.set_scale(RunScale::quick);
  run();
  study_.measured.clear();
  study_.shots = {"0", "4", "8"};
  const RunOutcome outcome = run();
  EXPECT_EQ(outcome.reused, 6);
  EXPECT_EQ(outcome.measured, 3);
  EXPECT_THAT(study_.measured,
              ElementsAre(ElementsAre("shots=8 task=sst2"), ElementsAre("shots=8 task=trec"), ElementsAre("shots=8 task=agnews")));
}

TEST_F(RunnerTest, ANewVersionMeasuresAllAgain) {
  run();
  study_.version = 2;
  EXPECT_EQ(run().measured, 12);
}

TEST_F(RunnerTest, APartMeasuresItsCellsAndKnowsTheWholeGrid) {
  const RunOutcome outcome = run({.part = "first"});
  EXPECT_EQ(outcome.cells, 4);
  EXPECT_EQ(outcome.measured, 4);
  EXPECT_EQ(outcome.keys.size(), 12u);
  EXPECT_EQ(run({.part = "rest"}).measured, 8);
  EXPECT_EQ(run().measured, 0);
}

TEST_F(RunnerTest, AnUnknownPartNamesTheNearest) {
  EXPECT_THAT(message_of<base::Error>([&] { run({.part = "frist"}); }), AllOf(HasSubstr("--part"), HasSubstr("'frist'"), HasSubstr("'first'")));
  EXPECT_TRUE(store_.runs().empty());
}

TEST_F(RunnerTest, APartOfAGridWithoutPartsIsRefused) {
  struct Undivided : FakeStudy {
    std::vector<Cell> grid() override { return {{.at = {{"shots", "0"}, {"task", "sst2"}}}}; }
  } study;
  EXPECT_THAT(message_of<base::Error>([&] { run_study(study, store_, {.part = "first"}); }), HasSubstr("has no parts"));
}

TEST_F(RunnerTest, ShardsAreDisjointAndTogetherTheWhole) {
  study_.tasks = {"a", "b", "c", "d", "e"};
  std::vector<std::string> measured;
  int64_t cells = 0;
  for (int64_t shard = 1; shard <= 3; ++shard) {
    const RunOutcome outcome = run({.shard = shard, .shards = 3});
    EXPECT_EQ(outcome.reused, 0);
    cells += outcome.measured;
  }
  EXPECT_EQ(cells, 20);
  EXPECT_EQ(run().reused, 20);
}

TEST_F(RunnerTest, AShardIsTheSameWhateverIsThere) {
  Store other(folder_.path("other.sqlite"), Store::Mode::write);
  run_study(study_, other, {.part = "first"});
  const std::vector<std::string> before = other.keys_of("fake");
  run_study(study_, other, {.shard = 2, .shards = 3});
  run({.shard = 2, .shards = 3});
  const std::vector<std::string> all = other.keys_of("fake");
  EXPECT_EQ(std::vector<std::string>(all.begin() + std::ssize(before), all.end()), store_.keys_of("fake"));
}

TEST_F(RunnerTest, BadShardsAreRefused) {
  for (const auto& [shard, shards] : std::vector<std::pair<int64_t, int64_t>>{{0, 2}, {3, 2}, {1, 0}, {-1, -1}}) {
    const std::string given = "'" + std::to_string(shard) + "/" + std::to_string(shards) + "'";
    EXPECT_THAT(message_of<base::Error>([&] { run({.shard = shard, .shards = shards}); }), AllOf(HasSubstr("--shard"), HasSubstr(given)));
  }
}

TEST_F(RunnerTest, ProgressIsExactWhateverTheStudyReports) {
  for (const int64_t reported : {0, 7, 25, 1000}) {
    Store store(folder_.path(std::to_string(reported)), Store::Mode::write);
    study_.before_measuring = [&](auto, Workbench& bench) {
      bench.watch.begin("scoring", 5);
      bench.watch.advance(reported);
      bench.watch.advance(-3);
      bench.watch.note("dropped 2 items");
      bench.watch.end();
    };
    CountingProgress progress;
    run_study(study_, store, {}, {.progress = &progress});
    EXPECT_THAT(progress.begun, ElementsAre("fake"));
    EXPECT_EQ(progress.total_, 120);
    EXPECT_EQ(progress.done, 120);
    EXPECT_EQ(progress.ended, 1);
    EXPECT_EQ(progress.notes.size(), 3u);
  }
}

TEST_F(RunnerTest, ProgressCountsOnlyWhatIsMissing) {
  run({.part = "first"});
  CountingProgress progress;
  run({}, {.progress = &progress});
  EXPECT_EQ(progress.total_, 80);
  EXPECT_EQ(progress.done, 80);
}

TEST_F(RunnerTest, CancellationBetweenGroupsKeepsWhatIsCommitted) {
  base::Cancel cancel;
  study_.after_measuring = [&](Records&) { cancel.request(); };
  const RunOutcome outcome = run({}, {.cancel = &cancel});
  EXPECT_TRUE(outcome.was_cancelled);
  EXPECT_EQ(outcome.measured, 4);
  EXPECT_EQ(stored(outcome).size(), 4u);
  EXPECT_EQ(store_.runs().front().state, "cancelled");
  study_.after_measuring = nullptr;
  const RunOutcome rest = run();
  EXPECT_EQ(rest.reused, 4);
  EXPECT_EQ(rest.measured, 8);
}

TEST_F(RunnerTest, CancellationInsideAGroupDropsIt) {
  base::Cancel cancel;
  study_.before_measuring = [&](std::span<const Cell> group, Workbench& bench) {
    if (group.front().at.at("task") != "trec") return;
    cancel.request();
    bench.watch.throw_if_cancelled();
  };
  CountingProgress progress;
  const RunOutcome outcome = run({}, {.progress = &progress, .cancel = &cancel});
  EXPECT_TRUE(outcome.was_cancelled);
  EXPECT_EQ(outcome.measured, 4);
  EXPECT_EQ(stored(outcome).size(), 4u);
  EXPECT_EQ(progress.ended, 1);
}

TEST_F(RunnerTest, AnErrorEndsTheRunAsFailedAndKeepsTheGroupsBefore) {
  study_.before_measuring = [](std::span<const Cell> group, Workbench&) {
    if (group.front().at.at("task") == "trec") throw base::Error({.where = "trec", .given = "too long", .expected = "", .hint = ""});
  };
  CountingProgress progress;
  EXPECT_THAT(message_of<base::Error>([&] { run({}, {.progress = &progress}); }), HasSubstr("trec: too long"));
  EXPECT_EQ(store_.runs().front().state, "failed");
  EXPECT_EQ(store_.keys_of("fake").size(), 4u);
  EXPECT_EQ(progress.ended, 1);
}

TEST_F(RunnerTest, AGridThatListsACellTwiceIsRefused) {
  study_.shots = {"0", "4", "0"};
  EXPECT_THAT(message_of<std::logic_error>([&] { run(); }),
              AllOf(HasSubstr("study 'fake'"), HasSubstr("shots=0 task=sst2"), HasSubstr("twice")));
}

TEST_F(RunnerTest, RecordsOfAnotherGroupAreRefused) {
  study_.after_measuring = [](Records& records) { records.pop_back(); };
  EXPECT_THAT(message_of<std::logic_error>([&] { run(); }), AllOf(HasSubstr("study 'fake'"), HasSubstr("3 records for a group of 4")));
  study_.after_measuring = [](Records& records) { std::swap(records[0], records[1]); };
  EXPECT_THAT(message_of<std::logic_error>([&] { run(); }),
              AllOf(HasSubstr("study 'fake'"), HasSubstr("shots=4"), HasSubstr("in the place of shots=0")));
  EXPECT_TRUE(store_.keys_of("fake").empty());
}

TEST_F(RunnerTest, WritesDownTheArtifactsThatAGroupUsed) {
  study_.before_measuring = [](std::span<const Cell> group, Workbench& bench) {
    if (group.front().at.at("task") == "trec") return;
    bench.artifacts.artifact({.kind = "vector"}, "", [](const auto&, const auto& result) { std::ofstream(result) << "v"; });
  };
  const Records records = stored(run());
  const std::string name = name_of(ArtifactKey{.kind = "vector"});
  for (const CellRecord& record : records) {
    if (record.cell.at.at("task") == "trec")
      EXPECT_TRUE(record.artifacts.empty());
    else
      EXPECT_THAT(record.artifacts, ElementsAre(name));
  }
  EXPECT_EQ(Artifacts(folder_.path("artifacts")).list().size(), 1u);
}

TEST_F(RunnerTest, AGroupsTimeIsSharedByItsCells) {
  study_.tasks = {"sst2"};
  study_.group_time = std::chrono::milliseconds(20);
  const RunOutcome outcome = run();
  for (const CellRecord& record : stored(outcome)) EXPECT_GE(record.seconds, 0.005);
  EXPECT_GE(outcome.seconds, 0.02);
  EXPECT_GE(store_.runs().front().seconds, 0.02);
}

TEST_F(RunnerTest, PageShowsWhatIsThereOfTheWholeGrid) {
  run({.part = "first"});
  const RunOutcome outcome =
      run({.shard = 1, .shards = 2, .manifest = {{"options", {{"shots", {0, 4}}, {"dtype", "float32"}}}, {"seed", 7}, {"none", nullptr}}});
  const Store* store = &store_;
  const Report report = report_of(study_, {&store, 1}, store_.runs().front());
  EXPECT_EQ(report.title, "A fake");
  EXPECT_EQ(report.question, "Does it run?");
  EXPECT_EQ(report.paper, "Nobody 2024");
  EXPECT_EQ(report.link, "https://example.org");
  ASSERT_EQ(report.claims.size(), 1u);
  EXPECT_EQ(report.claims[0].effect->value, 8);
  ASSERT_EQ(report.sections.size(), 1u);
  using Line = std::pair<std::string, std::string>;
  EXPECT_THAT(report.manifest, AllOf(testing::Contains(Line("study", "fake, version 1")), testing::Contains(Line("cells", "8 of 12 measured")),
                                     testing::Contains(Line("options shots", "0, 4")), testing::Contains(Line("options dtype", "float32")),
                                     testing::Contains(Line("seed", "7")), testing::Not(testing::Contains(testing::Pair("none", testing::_)))));
  EXPECT_THAT(report.manifest, testing::Contains(testing::Pair("run", testing::StartsWith(std::to_string(outcome.run_id) + ", started 2"))));
}

TEST_F(RunnerTest, PageTakesShardsFromSeveralStores) {
  Store second(folder_.path("second.sqlite"), Store::Mode::write);
  run({.shard = 1, .shards = 2});
  run_study(study_, second, {.shard = 2, .shards = 2});
  const std::vector<const Store*> stores = {&store_, &second};
  const Report report = report_of(study_, stores, second.runs().front());
  EXPECT_EQ(report.claims[0].effect->value, 12);
}

TEST_F(RunnerTest, PageWithoutRecordsStillSaysWhatIsMissing) {
  const Report report = report_of(study_, {}, {.id = 1, .study = "fake", .cells = {std::string(64, '0')}});
  EXPECT_EQ(verdict_of(report.claims[0]), Verdict::not_tested);
  EXPECT_THAT(report.manifest, testing::Contains(testing::Pair("cells", "0 of 1 measured")));
}

}  // namespace
}  // namespace manabi::lab
