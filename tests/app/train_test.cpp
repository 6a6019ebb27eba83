// `manabi train`: what it saves is read by the other verbs, it goes on where it was cut, and mistakes are named before any work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/format/json.h"
#include "tests/app/program.h"
#include "tests/support/temporary_folder.h"

namespace manabi {
namespace {

using test::Outcome;
using testing::HasSubstr;

class Train : public testing::Test {
 protected:
  Train() {
    std::string text;
    for (int i = 0; i < 300; ++i) text += "the cat sat on the mat; ";
    text_ = folder_.write("text.txt", text);
  }

  // A tiny model's options, each unless `more` gives it.
  std::vector<std::string> words(const std::vector<std::string>& more) const {
    const std::vector<std::pair<std::string, std::string>> usual = {{"--output", folder_.path("model")},
                                                                    {"--layers", "1"},
                                                                    {"--width", "16"},
                                                                    {"--heads", "2"},
                                                                    {"--context", "16"},
                                                                    {"--batch", "8"},
                                                                    {"--warm-up", "5"},
                                                                    {"--threads", "1"}};
    std::vector<std::string> all = {"train", text_};
    for (const auto& [name, value] : usual)
      if (std::ranges::find(more, name) == more.end()) all.insert(all.end(), {name, value});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  base::Json trained(const std::vector<std::string>& more) const {
    std::vector<std::string> all = words(more);
    all.push_back("--json");
    const Outcome outcome = test::run_program(all);
    EXPECT_EQ(outcome.code, 0) << outcome.messages;
    return base::parse_json(outcome.out, "out");
  }

  test::TemporaryFolder folder_;
  std::string text_;
};

TEST_F(Train, LearnsAndSavesWhatTheOtherVerbsRead) {
  const base::Json outcome = trained({"--steps", "200", "--lr", "0.01"});
  EXPECT_LT(outcome.at("held_out_loss").get<double>(), 1.5);
  EXPECT_FALSE(outcome.at("diverged").get<bool>());
  const Outcome generated = test::run_program({"generate", "the cat", "--model", folder_.path("model"), "--tokens", "4"});
  EXPECT_EQ(generated.code, 0) << generated.messages;
  const std::string requests = folder_.write("r.jsonl", "{\"context\": \"the cat \", \"choices\": [\"sat\", \"zzz\"], \"target\": 0}\n");
  const Outcome scored = test::run_program({"score", requests, "--model", folder_.path("model")});
  EXPECT_THAT(scored.messages, HasSubstr("accuracy 100.0 %"));
  EXPECT_THAT(base::read_text(folder_.path("model/losses.csv")), HasSubstr("step,loss\n"));
  const std::string page = base::read_text(folder_.path("model/training.html"));
  EXPECT_THAT(page, HasSubstr("nats a token, held out"));
  EXPECT_THAT(page, HasSubstr("<svg"));
}

TEST_F(Train, AFinishedTrainingIsNotRepeatedAndAnotherIsRefused) {
  const base::Json first = trained({"--steps", "30"}), second = trained({"--steps", "30"});
  EXPECT_EQ(first.at("held_out_loss"), second.at("held_out_loss"));
  const Outcome other = test::run_program(words({"--steps", "30", "--width", "32"}));
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.messages, HasSubstr("width: 16 there, 32 here"));
}

TEST_F(Train, ANetworkThatIsNoGpt2IsReadByTheOtherVerbsToo) {
  trained({"--steps", "200", "--lr", "0.01", "--positions", "rotary", "--norms", "after", "--activation", "relu"});
  EXPECT_THAT(base::read_text(folder_.path("model/config.json")), HasSubstr("\"manabi\""));
  const std::string requests = folder_.write("r.jsonl", "{\"context\": \"the cat \", \"choices\": [\"sat\", \"zzz\"], \"target\": 0}\n");
  const Outcome scored = test::run_program({"score", requests, "--model", folder_.path("model")});
  EXPECT_THAT(scored.messages, HasSubstr("accuracy 100.0 %"));
  const Outcome generated = test::run_program({"generate", "the cat", "--model", folder_.path("model"), "--tokens", "4"});
  EXPECT_EQ(generated.code, 0) << generated.messages;
}

TEST_F(Train, ProductsInBfloat16LearnTheSame) {
  const base::Json exact = trained({"--steps", "100", "--lr", "0.01"});
  const base::Json rounded = trained({"--steps", "100", "--lr", "0.01", "--dtype", "bfloat16", "--output", folder_.path("rounded")});
  EXPECT_NEAR(rounded.at("held_out_loss").get<double>(), exact.at("held_out_loss").get<double>(), 0.2);
  EXPECT_NE(rounded.at("held_out_loss"), exact.at("held_out_loss"));
}

TEST_F(Train, ADivergedTrainingKeepsItsLastGoodStepAndSaysSo) {
  const Outcome outcome = test::run_program(words({"--steps", "60", "--lr", "1e30", "--clip", "0"}));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.messages, HasSubstr("diverged"));
}

TEST_F(Train, AWorldNeedsNoFileAndItsModelIsReadByTheOtherVerbs) {
  std::vector<std::string> all = words({"--steps", "20", "--context", "18", "--json"});
  all[1] = "topics";
  const Outcome outcome = test::run_program(all);
  ASSERT_EQ(outcome.code, 0) << outcome.messages;
  EXPECT_GT(base::parse_json(outcome.out, "out").at("held_out_loss").get<double>(), 0);
  const std::string requests = folder_.write("r.jsonl", "{\"context\": \"f1 t3c1w5 f2 f3 f4 f5 :\", \"choices\": [\" t3c1\", \" A\"]}\n");
  const Outcome scored = test::run_program({"score", requests, "--model", folder_.path("model")});
  EXPECT_EQ(scored.code, 0) << scored.messages;
  EXPECT_EQ(test::run_program({"generate", "f1 f2 :", "--model", folder_.path("model"), "--tokens", "2"}).code, 0);
  const Outcome unknown = test::run_program({"generate", "f1 cat :", "--model", folder_.path("model"), "--tokens", "2"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.messages, HasSubstr("cat"));
}

TEST_F(Train, WorldsThatAreNotThereAndOptionsThatDoNotFitThemAreNamed) {
  const auto refusal = [&](const std::string& world, const std::vector<std::string>& more) {
    std::vector<std::string> all = words(more);
    all[1] = world;
    const Outcome outcome = test::run_program(all);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_FALSE(std::filesystem::exists(folder_.path("model")));
    return outcome.messages;
  };
  EXPECT_THAT(refusal("topcis", {}), testing::AllOf(HasSubstr("no file 'topcis'"), HasSubstr("topics")));
  EXPECT_THAT(refusal("topics", {"--context", "64"}), HasSubstr("63 or 72"));
  EXPECT_THAT(refusal("topics", {"--context", "18", "--tokenizer", "x"}), HasSubstr("words of its own"));
  EXPECT_THAT(refusal(text_, {"--steps", "5", "--warm-up", "5"}), HasSubstr("5 steps with a warm-up of 5"));
}

TEST_F(Train, AModelOptionMayNameItsTable) {
  const Outcome outcome = test::run_program({"train", text_, "--output", folder_.path("other"), "--model.layers", "2", "--model.width", "16",
                                             "--model.heads", "2", "--model.context", "16", "--steps", "6", "--warm-up", "2"});
  ASSERT_EQ(outcome.code, 0) << outcome.messages;
  EXPECT_EQ(base::read_json(folder_.path("other/config.json")).at("n_layer"), 2);
}

TEST_F(Train, TrainingsAreListedFinishedOrNot) {
  const base::Json done = trained({"--steps", "20"});
  test::RunningProgram endless(words({"--steps", "100000000", "--output", folder_.path("endless")}));
  while (!std::filesystem::exists(folder_.path("endless/training.safetensors"))) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  endless.send(SIGKILL);
  endless.wait();
  folder_.write("broken/training.safetensors", "no state");
  const Outcome listed = test::run_program({"list", "runs", "--output", folder_.path("")});
  ASSERT_EQ(listed.code, 0) << listed.messages;
  EXPECT_THAT(listed.out, testing::ContainsRegex("broken +cannot be read"));
  EXPECT_THAT(listed.out, testing::ContainsRegex("endless +text.txt +unfinished +[0-9]+ of 100000000 steps"));
  EXPECT_THAT(listed.out, testing::ContainsRegex("model +text.txt +finished +20 of 20 steps"));
  EXPECT_THAT(listed.out, HasSubstr(std::to_string(done.at("parameters").get<int64_t>()) + " parameters"));
  EXPECT_THAT(test::run_program({"list", "runs", "--output", folder_.path("model")}).out, HasSubstr("finished"));
}

TEST_F(Train, MistakesAreNamedBeforeAnyWork) {
  const auto refusal = [&](const std::vector<std::string>& more) {
    const Outcome outcome = test::run_program(words(more));
    EXPECT_EQ(outcome.code, 2);
    return outcome.messages;
  };
  EXPECT_THAT(refusal({"--heads", "3"}), HasSubstr("3 heads over a width of 16"));
  EXPECT_THAT(refusal({"--positions", "rotary", "--width", "15", "--heads", "5"}), HasSubstr("rotary positions in 5 heads over a width of 15"));
  EXPECT_THAT(refusal({"--positions", "one_hot"}), HasSubstr("one-hot positions of 16 places in a width of 16"));
  EXPECT_THAT(refusal({"--norms", "beside"}), HasSubstr("before"));
  EXPECT_THAT(refusal({"--lr", "-1"}), HasSubstr("--lr"));
  EXPECT_THAT(refusal({"--lr", "0"}), HasSubstr("more than 0"));
  EXPECT_THAT(refusal({"--clip", "-1"}), HasSubstr("--clip"));
  EXPECT_THAT(refusal({"--steps", "5", "--warm-up", "5"}), HasSubstr("warm-up"));
  EXPECT_THAT(refusal({"--context", "100000"}), HasSubstr("tokens for rows of"));
  EXPECT_THAT(refusal({"--tokenizer", folder_.path("none")}), HasSubstr("tokenizer.json"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("model")));
}

}  // namespace
}  // namespace manabi
