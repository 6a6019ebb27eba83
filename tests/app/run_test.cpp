// The study on a tiny model through the program itself: resume, shards, interruption, export, the page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/format/json.h"
#include "base/random.h"
#include "tests/app/program.h"
#include "tests/support/tiny_llama.h"

namespace manabi {
namespace {

using test::Outcome;
using testing::HasSubstr;

class RunProgram : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    models = new test::TemporaryFolder;
    test::write_gguf(test::make_tiny_llama(), models->path("tiny.gguf"));
  }
  static void TearDownTestSuite() {
    delete models;
    models = nullptr;
  }

  // A sweep of 24 cells in 12 groups.
  std::vector<std::string> words(const std::string& workspace, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {"run",       "recognition",
                                    "--model",   models->path("tiny.gguf"),
                                    "--tasks",   "sentiment,topics",
                                    "--shots",   "0,2",
                                    "--items",   "2",
                                    "--seeds",   "2",
                                    "--threads", "1",
                                    "--output",  folder.path(workspace)};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  base::Json run(const std::string& workspace, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = words(workspace, more);
    all.push_back("--json");
    const Outcome outcome = test::run_program(all);
    EXPECT_EQ(outcome.code, 0) << outcome.messages;
    return base::parse_json(outcome.out, "outcome");
  }

  // Everything measured, by cell, without what may differ between two runs.
  std::map<std::string, std::string> records_in(const std::string& workspace) const {
    const Outcome outcome = test::run_program({"export", "recognition", "--output", folder.path(workspace), "--format", "jsonl"});
    EXPECT_EQ(outcome.code, 0) << outcome.messages;
    std::map<std::string, std::string> records;
    base::for_each_json_line(outcome.out, "export", [&](const base::Json& line, int64_t) {
      base::Json content = line;
      content.erase("seconds");
      records[line.at("cell")] += content.dump() + "\n";
    });
    return records;
  }

  static test::TemporaryFolder* models;
  test::TemporaryFolder folder;
};

test::TemporaryFolder* RunProgram::models = nullptr;

TEST_F(RunProgram, WritesARecordACellAndThePage) {
  const base::Json outcome = run("w");
  EXPECT_EQ(outcome.at("cells"), 24);
  EXPECT_EQ(outcome.at("measured"), 24);
  EXPECT_EQ(records_in("w").size(), 24u);
  const std::string page = base::read_text(outcome.at("report"));
  for (const char* part : {"Recognition or learning?", "GOLD", "RANDOM", "ABSTRACT (numbers)", "sentiment", "topics", "not tested here"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_THAT(page, testing::Not(HasSubstr("src=\"http")));
}

TEST_F(RunProgram, ASecondRunMeasuresNothingAndALargerOneWhatIsNew) {
  run("w");
  EXPECT_EQ(run("w").at("measured"), 0);
  EXPECT_EQ(run("w", {"--shots", "0,2,4"}).at("measured"), 12);
}

TEST_F(RunProgram, ThreadsAndTokenBudgetChangeNoKey) {
  run("w");
  EXPECT_EQ(run("w", {"--threads", "2", "--token-budget", "64"}).at("measured"), 0);
  EXPECT_EQ(run("w", {"--white-space", "paper"}).at("measured"), 24);
}

TEST_F(RunProgram, ShardsTogetherAreTheWholeRun) {
  run("whole");
  const int64_t first = run("w", {"--shard", "1/2"}).at("measured"), second = run("w", {"--shard", "2/2"}).at("measured");
  EXPECT_EQ(first + second, 24);
  EXPECT_EQ(records_in("w"), records_in("whole"));
}

TEST_F(RunProgram, TheReportIsMadeFromRecordsAlone) {
  run("w");
  const std::string page = folder.path("again.html");
  const Outcome outcome = test::run_program({"report", "recognition", "--output", folder.path("w"), "--file", page});
  ASSERT_EQ(outcome.code, 0) << outcome.messages;
  EXPECT_EQ(base::read_text(page), base::read_text(folder.path("w/recognition.html")));
}

TEST_F(RunProgram, ExportsOneLineAMetricAndOneAnItem) {
  run("w");
  const auto lines_of = [&](const std::string& format) {
    const Outcome outcome = test::run_program({"export", "recognition", "--output", folder.path("w"), "--format", format});
    EXPECT_EQ(outcome.code, 0) << outcome.messages;
    return std::ranges::count(outcome.out, '\n');
  };
  EXPECT_EQ(lines_of("items"), 1 + 24 * 2);
  EXPECT_GT(lines_of("csv"), 24);
}

TEST_F(RunProgram, CtrlCKeepsWhatIsFinishedAndSaysHowToGoOn) {
  const std::vector<std::string> many = words("w", {"--seeds", "400"});
  test::RunningProgram program(many);
  // The store exists once the first cells are being measured.
  while (!std::filesystem::exists(folder.path("w/store.sqlite"))) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  program.send(SIGINT);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.code, 130) << outcome.messages;
  EXPECT_THAT(outcome.messages, HasSubstr("the same command goes on from there"));
  const base::Json next = run("w");
  EXPECT_EQ(next.at("reused").get<int64_t>() + next.at("measured").get<int64_t>(), 24);
}

// Restarts of the program alone take half a minute.
class SlowRunProgram : public RunProgram {};

TEST_F(SlowRunProgram, FiftyKillsEndInTheRecordsOfAnUndisturbedRun) {
  run("calm", {"--seeds", "30"});
  base::Rng rng(50);
  int killed = 0;
  for (int round = 0; round < 50; ++round) {
    test::RunningProgram program(words("w", {"--seeds", "30"}));
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + rng.below(700)));
    program.send(SIGKILL);
    const Outcome outcome = program.wait();
    killed += outcome.code == 128 + SIGKILL;
    ASSERT_TRUE(outcome.code == 0 || outcome.code == 128 + SIGKILL) << outcome.messages;
  }
  EXPECT_GE(killed, 25);
  run("w", {"--seeds", "30"});
  EXPECT_EQ(records_in("w"), records_in("calm"));
}

}  // namespace
}  // namespace manabi
