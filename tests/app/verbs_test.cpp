// Verbs that answer at once: what they print, and that --json can be read by machines.
#include "app/verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/format/json.h"
#include "tests/app/program.h"
#include "tests/support/default_model.h"
#include "tests/support/tiny_llama.h"

namespace manabi {
namespace {

using test::Outcome;
using testing::HasSubstr;

class Verbs : public testing::Test {
 protected:
  void SetUp() override { test::write_gguf(test::make_tiny_llama(), model()); }
  std::string model() const { return folder.path("tiny.gguf"); }
  static Outcome done(const std::vector<std::string>& words) {
    const Outcome outcome = test::run_program(words);
    EXPECT_EQ(outcome.code, 0) << outcome.messages;
    return outcome;
  }
  test::TemporaryFolder folder;
};

TEST_F(Verbs, HelpNamesEveryVerbAndEveryVerbHasHelp) {
  const std::string help = done({"--help"}).out;
  for (const app::Verb& verb : app::verbs()) {
    EXPECT_THAT(help, HasSubstr("manabi " + verb.name));
    const std::vector<std::string> words =
        verb.name == "run" ? std::vector<std::string>{"run", "recognition", "--help"} : std::vector<std::string>{verb.name, "--help"};
    EXPECT_THAT(done(words).out, HasSubstr("manabi " + verb.name));
  }
}

TEST_F(Verbs, ScoreAnswersInTheOrderOfTheRequests) {
  const std::string requests = folder.write("r.jsonl",
                                            "{\"id\": \"x\", \"context\": \"the end\", \"choices\": [\" and\", \" then\"], \"target\": 1}\n"
                                            "{\"context\": \"\", \"choices\": [\"the\"]}\n");
  const Outcome printed = done({"score", requests, "--model", model()});
  std::vector<base::Json> lines;
  base::for_each_json_line(printed.out, "out", [&](const base::Json& line, int64_t) { lines.push_back(line); });
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].at("id"), "x");
  EXPECT_EQ(lines[0].at("scores").size(), 2u);
  EXPECT_LT(lines[0].at("scores")[0].get<double>(), 0);
  EXPECT_EQ(lines[1].at("tokens")[0], 1);
  EXPECT_THAT(printed.messages, HasSubstr("accuracy"));

  const Outcome timed = done({"score", requests, "--model", model(), "--output", folder.path("a.jsonl"), "--json"});
  const base::Json cost = base::parse_json(timed.out, "cost");
  for (const char* key : {"seconds", "load_seconds", "items_per_s", "peak_mib"}) EXPECT_GT(cost.at(key).get<double>(), 0) << key;
  EXPECT_EQ(base::read_text(folder.path("a.jsonl")), printed.out);
}

TEST_F(Verbs, TokenizeShowsIdsAndBytes) {
  const base::Json tokens =
      base::parse_json(done({"tokenize", "the the<|endoftext|>", "--model", model(), "--json"}).out, "tokens").at("tokens");
  ASSERT_EQ(tokens.size(), 3u);
  EXPECT_EQ(tokens[1].at("text"), " the");
  EXPECT_EQ(tokens[1].at("bytes"), "20 74 68 65");
  EXPECT_EQ(tokens[2].at("special"), true);
  const base::Json literal =
      base::parse_json(done({"tokenize", "<|endoftext|>", "--literal", "--model", model(), "--json"}).out, "tokens").at("tokens");
  EXPECT_GT(literal.size(), 3u);
}

TEST_F(Verbs, BehindTwoDashesStandsAText) {
  const base::Json tokens = base::parse_json(done({"tokenize", "--json", "--model", model(), "--", "--x"}).out, "tokens").at("tokens");
  EXPECT_EQ(tokens.size(), 3u);
}

TEST_F(Verbs, GenerateIsAFunctionOfItsSeed) {
  const std::vector<std::string> words = {"generate", "the", "--model", model(), "--tokens", "12", "--temperature", "1", "--seed", "3"};
  const std::string once = done(words).out;
  EXPECT_EQ(done(words).out, once);
  EXPECT_FALSE(once.empty());
}

TEST_F(Verbs, ListsHaveALineForEverything) {
  EXPECT_THAT(done({"list", "studies"}).out, testing::AllOf(HasSubstr("recognition"), HasSubstr("order")));
  EXPECT_THAT(done({"list", "models"}).out, HasSubstr("smollm2"));
  EXPECT_THAT(done({"list", "worlds"}).out, HasSubstr("topics"));
  EXPECT_THAT(done({"list", "tasks"}).out, testing::AllOf(HasSubstr("sentiment"), HasSubstr("sst2")));
  EXPECT_EQ(test::run_program({"list", "runs", "--output", folder.path("none")}).code, 2);
}

TEST_F(Verbs, DoctorLooksAtTheMachine) { EXPECT_THAT(done({"doctor"}).out, testing::AllOf(HasSubstr("libtorch"), HasSubstr("cache"))); }

TEST_F(Verbs, GetPrintsWhereTheModelLies) {
  MANABI_NEEDS_DEFAULT_MODEL();
  EXPECT_EQ(base::parse_json(done({"get", "smollm2", "--json"}).out, "get").at("path"), test::default_model_path());
}

TEST_F(Verbs, GetWithoutANetworkSaysSoAndHowToGoOn) {
  const Outcome outcome =
      test::run_program({"get", "smollm2"}, {"MANABI_CACHE=" + folder.path("cache"), "PIP_INDEX_URL=http://127.0.0.1:9/",
                                             "PIP_EXTRA_INDEX_URL=", "PIP_FIND_LINKS=", "PIP_RETRIES=0", "PIP_CONFIG_FILE=/dev/null"});
  EXPECT_EQ(outcome.code, 2) << outcome.messages;
  EXPECT_THAT(outcome.messages, HasSubstr("network"));
}

}  // namespace
}  // namespace manabi
