// `manabi tune`: every method from the command line on a tiny model, what the other verbs read of it, and mistakes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/format/json.h"
#include "tests/app/program.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_llama.h"

namespace manabi {
namespace {

using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;

class Tune : public testing::Test {
 protected:
  Tune() {
    std::filesystem::create_directories(folder_.path("model"));
    test::write_hugging_face(test::make_tiny_llama(), folder_.path("model"));
  }

  // Tunes for some steps, each option unless `more` gives it.
  Outcome tune(const std::string& method, const std::vector<std::string>& more = {}) const {
    const std::vector<std::pair<std::string, std::string>> usual = {{"--model", folder_.path("model")},
                                                                    {"--task", "sentiment"},
                                                                    {"--save", folder_.path("tuned")},
                                                                    {"--train", "16"},
                                                                    {"--dev", "8"},
                                                                    {"--test", "8"},
                                                                    {"--steps", "10"},
                                                                    {"--batch", "4"},
                                                                    {"--warm-up", "2"},
                                                                    {"--judged-every", "5"},
                                                                    {"--threads", "1"},
                                                                    {"--length", "3"}};
    std::vector<std::string> words = {"tune", method};
    for (const auto& [name, value] : usual)
      if (std::ranges::find(more, name) == more.end()) words.insert(words.end(), {name, value});
    words.insert(words.end(), more.begin(), more.end());
    return test::run_program(words);
  }

  test::TemporaryFolder folder_;
};

// Before any step is done: its tokenizer has no form that a saved folder could hold.
TEST_F(Tune, AllWeightsOfALlama2cFileAreRefused) {
  const std::string file = folder_.path("tiny.bin");
  test::write_llama2c(test::make_tiny_llama(), file);
  const Outcome outcome = tune("full", {"--model", file});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.messages, AllOf(HasSubstr("tiny.bin"), HasSubstr("llama2.c"), HasSubstr("lora")));
}

TEST_F(Tune, EveryMethodLeavesAnAdapterThatScoreReads) {
  const std::string requests = folder_.write("requests.jsonl", "{\"context\": \"it was\", \"choices\": [\" good\", \" bad\"]}\n");
  const auto score = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"score", requests, "--model", folder_.path("model"), "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return test::run_program(words);
  };
  const std::string plain = score({}).out;
  for (const char* method : {"prompt-tuning", "prefix-tuning", "p-tuning", "lora", "bitfit"}) {
    SCOPED_TRACE(method);
    const std::string place = folder_.path(method);
    const Outcome outcome = tune(method, {"--save", place, "--lr", "0.1"});
    ASSERT_EQ(outcome.code, 0) << outcome.messages;
    EXPECT_TRUE(std::filesystem::exists(place + "/adapter_config.json"));
    EXPECT_THAT(base::read_text(place + "/tuning.html"), HasSubstr("Accuracy while it is tuned"));
    const Outcome scored = score({"--adapter", place});
    EXPECT_EQ(scored.code, 0) << scored.messages;
    EXPECT_NE(scored.out, plain);
  }
}

// Lines of one file may be read with different adapters, or with none: each has the scores that it has alone.
TEST_F(Tune, RequestsMayNameTheirAdapters) {
  const auto line = [](const std::string& context, const std::string& adapter) {
    return "{\"context\": \"" + context + "\", \"choices\": [\" good\", \" bad\"]" +
           (adapter.empty() ? "" : ", \"adapter\": \"" + adapter + "\"") + "}\n";
  };
  const auto score = [&](const std::string& requests, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"score", folder_.write("requests.jsonl", requests), "--model", folder_.path("model"), "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return test::run_program(words);
  };
  std::string mixed, expected;
  for (const char* method : {"lora", "prompt-tuning", "prefix-tuning"})
    ASSERT_EQ(tune(method, {"--save", folder_.path(method), "--lr", "0.1"}).code, 0);
  for (const char* context : {"it was", "so"}) {
    for (const char* method : {"lora", "", "prompt-tuning", "prefix-tuning"}) {
      const std::string place = *method ? folder_.path(method) : "";
      mixed += line(context, place);
      expected += score(line(context, ""), place.empty() ? std::vector<std::string>{} : std::vector<std::string>{"--adapter", place}).out;
    }
  }
  const Outcome outcome = score(mixed);
  ASSERT_EQ(outcome.code, 0) << outcome.messages;
  std::istringstream told(outcome.out), alone(expected);
  for (std::string left, right; std::getline(alone, right);) {
    ASSERT_TRUE(std::getline(told, left));
    const base::Json a = base::parse_json(left, "mixed"), b = base::parse_json(right, "alone");
    for (size_t i = 0; i < 2; ++i) EXPECT_NEAR(a["scores"][i].get<double>(), b["scores"][i].get<double>(), 1e-4);
  }
  const Outcome missing = score(line("it was", "") + line("so", folder_.path("nowhere")));
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.messages, AllOf(HasSubstr("requests.jsonl:2"), HasSubstr("nowhere")));
  const Outcome no_text = score("{\"context\": \"a\", \"choices\": [\"b\"], \"adapter\": 7}\n");
  EXPECT_EQ(no_text.code, 2);
  EXPECT_THAT(no_text.messages, HasSubstr("\"adapter\" is number"));
}

TEST_F(Tune, WholeWeightsAreSavedAsAModel) {
  const Outcome outcome = tune("full");
  ASSERT_EQ(outcome.code, 0) << outcome.messages;
  EXPECT_TRUE(std::filesystem::exists(folder_.path("tuned/model.safetensors")));
  const Outcome generated = test::run_program({"generate", "it was", "--model", folder_.path("tuned"), "--tokens", "3", "--threads", "1"});
  EXPECT_EQ(generated.code, 0) << generated.messages;
}

TEST_F(Tune, ASweepLeavesAFolderForEverySetting) {
  const Outcome outcome = tune("prompt-tuning", {"--lr", "0.01,0.1", "--length", "2,4", "--seeds", "2", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.messages;
  const base::Json json = base::parse_json(outcome.out, "out");
  EXPECT_EQ(json["outcomes"].size(), 8u);
  EXPECT_TRUE(std::filesystem::exists(folder_.path("tuned/seed-1_lr-0.1_length-4/adapter_config.json")));
}

TEST_F(Tune, WhatIsDoneIsNotDoneAgain) {
  const Outcome once = tune("lora");
  EXPECT_THAT(once.messages, HasSubstr("without tuning"));
  const Outcome again = tune("lora");
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.messages, AllOf(HasSubstr("is done"), testing::Not(HasSubstr("without tuning"))));
}

TEST_F(Tune, AnAdapterOfAnotherModelIsRefused) {
  ASSERT_EQ(tune("lora").code, 0);
  std::filesystem::create_directories(folder_.path("other"));
  test::write_hugging_face(test::make_tiny_llama(test::tiny_configuration(), 2), folder_.path("other"));
  const std::string requests = folder_.write("requests.jsonl", "{\"context\": \"it was\", \"choices\": [\" good\", \" bad\"]}\n");
  const Outcome outcome =
      test::run_program({"score", requests, "--model", folder_.path("other"), "--adapter", folder_.path("tuned"), "--threads", "1"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.messages, AllOf(HasSubstr("checkpoint"), HasSubstr("tune it again")));
}

TEST_F(Tune, ItIsNotTunedAgainInAFolderOfOtherOptions) {
  ASSERT_EQ(tune("lora").code, 0);
  const Outcome outcome = tune("lora", {"--rank", "2"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.messages, AllOf(HasSubstr("rank"), HasSubstr("another folder")));
}

TEST_F(Tune, AutopromptLeavesItsWordsAndTheirPrompt) {
  const Outcome outcome = tune("autoprompt", {"--label-words", "2", "--candidates", "3", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.messages;
  const base::Json json = base::read_json(folder_.path("tuned/autoprompt.json"));
  EXPECT_EQ(json["triggers"]["ids"].size(), 3u);
  EXPECT_EQ(json["labels"].size(), 2u);
  EXPECT_TRUE(std::filesystem::exists(folder_.path("tuned/adapter_config.json")));
  EXPECT_THAT(tune("autoprompt", {"--dev", "0"}).messages, HasSubstr("--dev"));
  EXPECT_THAT(tune("autoprompt", {"--label-words", "2", "--candidates", "3"}).messages, HasSubstr("is done"));
  EXPECT_THAT(tune("autoprompt", {"--label-words", "2", "--candidates", "4"}).messages, HasSubstr("candidates"));
}

TEST_F(Tune, MistakesAreNamed) {
  const auto refusal = [&](const std::string& method, const std::vector<std::string>& more) {
    const Outcome outcome = tune(method, more);
    EXPECT_EQ(outcome.code, 2);
    return outcome.messages;
  };
  EXPECT_THAT(refusal("prompt-tunning", {}), HasSubstr("prompt-tuning"));
  EXPECT_THAT(refusal("lora", {"--task", "sst22"}), HasSubstr("sst2"));
  EXPECT_THAT(refusal("lora", {"--train", "100000"}), HasSubstr("training split"));
  EXPECT_THAT(refusal("lora", {"--lr", "-1"}), HasSubstr("--lr"));
  EXPECT_THAT(refusal("lora", {"--warm-up", "50"}), HasSubstr("--warm-up"));
  EXPECT_THAT(refusal("lora", {"--matrices", "queries"}), HasSubstr("q, k, v"));
  EXPECT_THAT(refusal("lora", {"--soft-template", "{soft:2}{prompt}"}), HasSubstr("p-tuning"));
  EXPECT_THAT(refusal("p-tuning", {"--soft-template", "{soft:2}"}), HasSubstr("{prompt} once"));
  EXPECT_THAT(refusal("p-tuning", {"--soft-template", "{hard:2}{prompt}"}), HasSubstr("{hard:2}"));
  EXPECT_THAT(refusal("prompt-tuning", {"--init", "text"}), HasSubstr("--init-text"));
  EXPECT_THAT(refusal("prompt-tuning", {"--length", "0"}), HasSubstr("length"));
  EXPECT_THAT(refusal("prompt-tuning", {"--length", "600"}), HasSubstr("context"));
}

}  // namespace
}  // namespace manabi
