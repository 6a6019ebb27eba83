// What a user gets wrong ends with exit code 2, a message that says how to mend it, and nothing lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/app/program.h"
#include "tests/support/tiny_llama.h"

namespace manabi {
namespace {

using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;

class Mistakes : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = new test::TemporaryFolder;
    test::write_gguf(test::make_tiny_llama(), model());
  }
  static void TearDownTestSuite() {
    delete folder;
    folder = nullptr;
  }
  static std::string model() { return folder->path("tiny.gguf"); }

  // Refused with exit code 2 and all of `parts` in the message.
  static void expect_refused(const std::vector<std::string>& words, const std::vector<std::string>& parts) {
    const Outcome outcome = test::run_program(words);
    EXPECT_EQ(outcome.code, 2) << outcome.messages;
    for (const std::string& part : parts) EXPECT_THAT(outcome.messages, HasSubstr(part));
    EXPECT_THAT(outcome.messages, testing::Not(HasSubstr("internal error")));
  }
  static void expect_score_refused(const std::string& requests, const std::vector<std::string>& parts) {
    expect_refused({"score", folder->write("requests.jsonl", requests), "--model", model()}, parts);
  }

  static test::TemporaryFolder* folder;
};

test::TemporaryFolder* Mistakes::folder = nullptr;

TEST_F(Mistakes, UnknownWordsNameTheNearest) {
  expect_refused({"rum"}, {"there is no verb 'rum'", "run"});
  expect_refused({"run", "recogniton"}, {"there is no study 'recogniton'", "recognition"});
  expect_refused({"run", "recognition", "--shotz", "4"}, {"there is no option --shotz", "--shots"});
  expect_refused({"run", "recognition", "--demos", "frsh"}, {"--demos", "fresh"});
  expect_refused({"run", "recognition", "--model", model(), "--tasks", "sentimant", "--output", folder->path("w3")}, {"sentimant", "sentiment"});
  expect_refused({"run", "recognition", "--data", folder->path("no-data"), "--output", folder->path("w4")}, {"--data", "no-data"});
  expect_refused({"list", "model"}, {"models"});
  expect_refused({"get", "smolm2"}, {"smolm2", "smollm2"});
}

TEST_F(Mistakes, MissingOrContradictoryWords) {
  expect_refused({"run"}, {"no study was named"});
  expect_refused({"run", "recognition", "--quick", "--full"}, {"more than one scale"});
  expect_refused({"run", "recognition", "--shots", "four"}, {"--shots", "four"});
  expect_refused({"run", "recognition", "--shots", "4,4"}, {"--shots", "every item once"});
  expect_refused({"run", "recognition", "--shots", "-4", "--model", model(), "--output", folder->path("w0")}, {"-4"});
  expect_refused({"run", "recognition", "--shard", "9/8"}, {"--shard", "1 <= I <= N"});
  expect_refused({"run", "recognition", "--templates", "7", "--model", model(), "--output", folder->path("w1")}, {"template 7", "1 to 3"});
  expect_refused({"run", "recognition", "--device", "gpu", "--model", model(), "--output", folder->path("w2")}, {"gpu", "cpu"});
  expect_refused({"score"}, {"REQUESTS"});
}

TEST_F(Mistakes, NumbersOutOfRangeSayTheRange) {
  const std::vector<std::string> run = {"run", "recognition", "--model", model(), "--output", folder->path("range")};
  for (const auto& [flag, text] : std::vector<std::pair<std::string, std::string>>{
           {"--items", "0"}, {"--items", "-3"}, {"--seed", "-1"}, {"--seeds", "-3"}, {"--threads", "4294967296"}, {"--token-budget", "0"}}) {
    std::vector<std::string> words = run;
    words.insert(words.end(), {flag, text});
    expect_refused(words, {flag, "an integer from"});
  }
  expect_refused({"run", "recognition", "--model", model(), "--settings", "", "--output", folder->path("range")}, {"ask for no cell"});
  expect_refused({"run", "recognition", "--model", model(), "--tasks", "sentiment,sentiment"}, {"every item once"});
  expect_refused({"run", "recognition", "--shard", "1/ 2"}, {"--shard"});
  expect_refused({"run", "recognition", "--one-token=maybe"}, {"--one-token", "true or false"});
}

TEST_F(Mistakes, ScoresAreNotComputedForAPlaceThatCannotTakeThem) {
  const std::string requests = folder->write("one.jsonl", "{\"context\": \"a\", \"choices\": [\" b\"]}\n");
  expect_refused({"score", requests, "--model", model(), "--output", folder->path("no-folder/x.jsonl")}, {"no-folder"});
  expect_refused({"score", requests, "--model", model(), "--output", requests}, {"the requests file itself"});
  EXPECT_EQ(base::read_text(requests).find("{\"context\""), 0u);
}

TEST_F(Mistakes, LoopsOfLinksAndLongNamesAreTheUsersToo) {
  std::filesystem::create_symlink(folder->path("loop"), folder->path("loop"));
  expect_refused({"tokenize", "x", "--tokenizer", folder->path("loop")}, {"loop"});
  expect_refused({"list", "runs", "--output", std::string(300, 'n')}, {});
}

TEST_F(Mistakes, TheEnvironmentIsHeldToTheSameRules) {
  const Outcome outcome = test::run_program({"run", "recognition"}, {"MANABI_SHOTS=many"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.messages, HasSubstr("MANABI_SHOTS"));
  const std::string file = folder->write("unknown.toml", "shotz = [4]\n");
  EXPECT_THAT(test::run_program({"run", "recognition"}, {"MANABI_CONFIG=" + file}).messages, HasSubstr("shotz"));
}

TEST_F(Mistakes, RequestsAreRefusedByLine) {
  expect_score_refused("{\"context\": \"a\", \"choices\": [\" b\"]}\n{\"context\": \"a\",\n", {"requests.jsonl:2"});
  expect_score_refused("{\"context\": \"a\", \"choices\": []}\n", {"requests.jsonl:1", "\"choices\" is empty"});
  expect_score_refused("{\"context\": \"a\", \"choices\": [\"\"]}\n", {"requests.jsonl:1", "adds no token"});
  expect_score_refused("{\"context\": \"a\xff\", \"choices\": [\" b\"]}\n", {"requests.jsonl:1", "UTF-8"});
  expect_score_refused("{\"context\": \"" + std::string(4000, 'x') + "\", \"choices\": [\" b\"]}\n", {"requests.jsonl:1", "512", "fewer"});
}

TEST_F(Mistakes, CheckpointsThatAreNoneAreRefused) {
  const std::string requests = folder->write("one.jsonl", "{\"context\": \"a\", \"choices\": [\" b\"]}\n");
  expect_refused({"score", requests, "--model", folder->path("nowhere.gguf")}, {"nowhere.gguf"});
  expect_refused({"score", requests, "--model", folder->write("cut.gguf", base::read_text(model()).substr(0, 5000))}, {"cut.gguf"});
  expect_refused({"score", requests, "--model", folder->write("text.bin", "hello")}, {"text.bin"});
  std::filesystem::create_directories(folder->path("empty"));
  expect_refused({"score", requests, "--model", folder->path("empty")}, {"config.json"});
  expect_refused({"score", folder->path("no.jsonl"), "--model", model()}, {"no.jsonl"});
}

TEST_F(Mistakes, AFullDiskLosesNothingSilently) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "needs /dev/full";
  const std::string requests = folder->write("one.jsonl", "{\"context\": \"a\", \"choices\": [\" b\"]}\n");
  const Outcome printed = test::RunningProgram({"score", requests, "--model", model()}, {}, "/dev/full").wait();
  EXPECT_EQ(printed.code, 2);
  EXPECT_THAT(printed.messages, HasSubstr("standard output"));
  expect_refused({"score", requests, "--model", model(), "--output", "/dev/full"}, {"/dev/full"});
}

TEST_F(Mistakes, APromptPastTheContextSaysWhatToDo) {
  expect_refused({"run", "recognition", "--model", model(), "--tasks", "entailment", "--shots", "64", "--output", folder->path("long")},
                 {"context", "--too-long drop_demonstrations"});
}

TEST_F(Mistakes, LabelsThatStartAlikeAreRefusedWhereOneTokenIsScored) {
  folder->write("rows.jsonl",
                "{\"text\": \"good day\", \"label\": \"a\"}\n{\"text\": \"bad day\", \"label\": \"b\"}\n"
                "{\"text\": \"fine hour\", \"label\": \"a\"}\n{\"text\": \"poor hour\", \"label\": \"b\"}\n");
  const std::string set = folder->write("alike.toml", R"toml([dataset]
name = "alike"
kind = "sentiment"
train = "rows.jsonl"
test_share = 0.5
fields = { sentence = "text" }
label = "label"
labels = { "a" = "yes", "b" = "yesterday" }
natural = ["{sentence}\nIt is {label}"]
)toml");
  expect_refused({"run", "recognition", "--model", model(), "--tasks", set, "--shots", "0", "--settings", "gold", "--one-token", "--output",
                  folder->path("alike")},
                 {"start with the same token"});
}

TEST_F(Mistakes, AWorkspaceThatCannotBeUsedIsRefused) {
  const std::vector<std::string> run = {"run", "recognition", "--model", model(), "--tasks", "sentiment", "--shots", "0", "--output"};
  const auto with = [&](const std::string& workspace) {
    std::vector<std::string> words = run;
    words.push_back(workspace);
    return words;
  };
  expect_refused(with(folder->write("a-file", "x")), {"a-file"});
  folder->write("broken/store.sqlite", std::string(3000, 'x'));
  expect_refused(with(folder->path("broken")), {"store.sqlite"});
  expect_refused({"report", "recognition", "--output", folder->path("nothing-here")}, {"holds no run of the study", "manabi run recognition"});
}

}  // namespace
}  // namespace manabi
