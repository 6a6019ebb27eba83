// What the study measures, on a network of random weights and on invented records.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "lab/claim.h"
#include "lab/study.h"
#include "study/catalogue.h"
#include "study/equipment.h"
#include "study/function_vectors/composition.h"
#include "study/function_vectors/measure.h"
#include "study/function_vectors/report.h"
#include "study/item_arms.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_lm.h"
#include "tests/support/toy_tokenizer.h"

namespace manabi::study::function_vectors {
namespace {

using testing::UnorderedElementsAre;

// Words of one byte each, so that every output has a first token of its own.
world::MappingTask letters(int64_t count = 40) {
  world::MappingTask task{.name = "letters"};
  for (int64_t i = 0; i < count; ++i)
    task.pairs.push_back({std::string(1, static_cast<char>('0' + i)), std::string(1, static_cast<char>('A' + i))});
  return task;
}

model::Checkpoint tiny_checkpoint() {
  return {.name = "tiny",
          .lm = test::build(test::make_tiny_llama()),
          .tokenizer = std::make_unique<test::ToyTokenizer>(test::ToyTokenizer::Options{})};
}

// A letter and the space in front of it are one token.
const test::ToyTokenizer kWords({.words = {" A", " B", " C", " D", " E", " F", " G", " H", " I", " J", " K", " L", " M", " N",
                                           " O", " P", " Q", " R", " S", " T", " U", " V", " W", " X", " Y", " Z", " [", " \\",
                                           " ]", " ^", " _", " `", " a", " b", " c", " d", " e", " f", " g", " h"}});

const FunctionOptions kSmall = {.shots = 3, .clean = 5, .corrupted = 3, .items = 6, .heads = 2};

TEST(FunctionTasks, AreDividedIntoThreePartsOfAllTheirPairs) {
  const FunctionTask divided = divide(letters(), kWords, base::Rng(1));
  EXPECT_EQ(divided.train.size(), 28u);
  EXPECT_EQ(divided.valid.size(), 3u);
  EXPECT_EQ(divided.test.size(), 9u);
  std::set<std::string> inputs;
  for (const auto* part : {&divided.train, &divided.valid, &divided.test})
    for (const Mapping& pair : *part) {
      EXPECT_TRUE(pair.input.starts_with(" ") && pair.output.starts_with(" "));
      inputs.insert(pair.input);
    }
  EXPECT_EQ(inputs.size(), 40u);
}

TEST(FunctionTasks, OutputsThatBeginWithABareSpaceAreLeftOut) {
  const FunctionTask divided = divide(letters(), test::ToyTokenizer({.words = {" A", " B", " C"}}), base::Rng(1));
  EXPECT_EQ(divided.train.size() + divided.valid.size() + divided.test.size(), 3u);
  const FunctionTask none = divide(letters(), test::ToyTokenizer({}), base::Rng(1));
  EXPECT_TRUE(none.train.empty() && none.valid.empty() && none.test.empty());
}

TEST(FunctionTasks, ItemsAskEveryQueryOnceBehindOtherPairs) {
  const FunctionTask task = divide(letters(), kWords, base::Rng(1));
  const std::vector<MappingItem> items = draw_items(task, task.test, 100, 4, base::Rng(2));
  ASSERT_EQ(items.size(), 9u);
  std::set<std::string> queries;
  for (const MappingItem& item : items) {
    queries.insert(item.query.input);
    std::set<std::string> shown;
    for (const Mapping& pair : item.demonstrations) shown.insert(pair.input);
    EXPECT_EQ(shown.size(), 4u);
    EXPECT_FALSE(shown.contains(item.query.input));
  }
  EXPECT_EQ(queries.size(), 9u);
}

TEST(FunctionVectors, ATaskThatDemonstrationsDoNotSolveIsNotRead) {
  EXPECT_FALSE(read_heads(tiny_checkpoint(), divide(letters(), kWords, base::Rng(1)), kSmall, base::Rng(3), {}).has_value());
}

// The judged arms are the rows at the judged layer; a vector of nothing changes no answer.
TEST(FunctionVectors, ArmsAgreeWithTheirRows) {
  const model::Checkpoint checkpoint = tiny_checkpoint();
  FunctionTask task = divide(letters(), kWords, base::Rng(1));
  FunctionOptions options = kSmall;
  options.items = 9;
  // Outputs that the model says anyway, so that items are solved.
  std::vector<MappingItem> items = draw_items(task, task.test, options.items, options.shots, base::Rng(4).child("test"));
  const AskedPrompts asked(checkpoint, items, true, kSmall);
  const std::vector<text::TokenId> said = probe::likeliest_next(*checkpoint.lm, asked.runs.hidden());
  for (size_t i = 0; i < items.size(); ++i)
    for (Mapping& pair : task.test)
      if (pair.input == items[i].query.input) pair.output = checkpoint.tokenizer->bytes_of(said[i]);
  std::vector<std::vector<text::TokenId>> prompts = {{1, 2, 3}};
  TaskHeads heads{.means = probe::last_token_means(*checkpoint.lm, prompts, 2048), .effects = {{0, 1, 0, 0}, {0, 0, 0, 2}, {0, 0, 0, 0}}};
  const std::vector<lab::Row> rows = judge_vector(checkpoint, task, heads, {{1, 3}, {0, 1}}, options, base::Rng(4), {});
  const lab::CellRecord record{.cell = {.at = {{"seed", "0"}}}, .rows = rows};
  ASSERT_GT(lab::value_of(record, kSolved).value_or(0), 0.3);
  for (const char* context : {kZeroShot, kShuffled}) {
    for (const char* vector : {kFunction, kOwnHeads, kRandomHeads, kMeanState}) {
      const std::vector<lab::Observation> right = right_items({&record}, arm_of(context, vector));
      ASSERT_FALSE(right.empty());
      double sum = 0;
      for (const lab::Observation& observation : right) sum += observation.value;
      const auto value = lab::value_of(record, kAccuracy, {{"context", context}, {"vector", vector}, {"layer", "1"}});
      EXPECT_NEAR(value.value_or(-1), sum / static_cast<double>(right.size()), 1e-9);
    }
    // The chosen heads are the task's own strongest ones.
    for (int64_t layer = 0; layer < 3; ++layer) {
      const auto at = [&](const char* vector) {
        return lab::value_of(record, kAccuracy, {{"context", context}, {"vector", vector}, {"layer", std::to_string(layer)}});
      };
      EXPECT_EQ(at(kFunction), at(kOwnHeads));
    }
  }
}

lab::CellRecord invented(const std::string& task, const std::map<std::string, int>& right_of_ten) {
  lab::CellRecord record{.cell = {.at = {{"model", "m"}, {kWhat, "task"}, {"task", task}, {"seed", "0"}}}};
  for (const auto& [arm, right] : right_of_ten) {
    std::vector<bool> items;
    for (int item = 0; item < 10; ++item) items.push_back(item < right);
    add_items(arm, items, record.rows);
  }
  for (int layer = 0; layer < 6; ++layer) {
    record.rows.push_back({.metric = kAccuracy,
                           .at = {{"context", kZeroShot}, {"vector", kFunction}, {"layer", std::to_string(layer)}},
                           .value = layer == 2 ? 0.8 : 0.1,
                           .n = 10});
    for (int head = 0; head < 4; ++head)
      record.rows.push_back({.metric = kEffect,
                             .at = {{"layer", std::to_string(layer)}, {"head", std::to_string(head)}},
                             .value = layer == 1 && head < 2 ? 0.4 : 0.001,
                             .n = 10});
  }
  return record;
}

std::string verdict(const lab::Records& records, const std::string& id) {
  for (const lab::Claim& claim : function_claims(records, "m"))
    if (claim.id == id + "-m") return lab::name_of(lab::verdict_of(claim));
  return "no such claim";
}

TEST(FunctionVectors, ClaimsFollowTheRecords) {
  const auto records = [](int with, int mean) {
    const std::map<std::string, int> right = {{arm_of(kZeroShot, kNone), 0},        {arm_of(kZeroShot, kFunction), with},
                                              {arm_of(kZeroShot, kRandomHeads), 0}, {arm_of(kZeroShot, kMeanState), mean},
                                              {arm_of(kShuffled, kNone), 3},        {arm_of(kShuffled, kFunction), 10}};
    return lab::Records{invented("a", right), invented("b", right), invented("c", right)};
  };
  EXPECT_EQ(verdict(records(10, 0), "starts-the-task"), "holds");
  EXPECT_EQ(verdict(records(0, 10), "starts-the-task"), "does not hold");
  EXPECT_EQ(verdict(records(0, 10), "not-the-mean-state"), "does not hold");
  EXPECT_EQ(verdict(records(10, 0), "mends-shuffled-outputs"), "holds");
  EXPECT_EQ(verdict(records(10, 0), "few-heads"), "holds");
  EXPECT_EQ(verdict(records(10, 0), "early-and-middle-blocks"), "holds");
  EXPECT_EQ(verdict({}, "starts-the-task"), "not tested here");
  EXPECT_EQ(function_sections(records(10, 0), "m").size(), 1u);
}

TEST(FunctionVectors, TheGridNamesTasksAndCompositions) {
  Equipment equipment(std::string(MANABI_SOURCE_FOLDER) + "/assets", {});
  const test::TemporaryFolder folder;
  test::write_gguf(test::make_tiny_llama(), folder.path("tiny.gguf"));
  equipment.options().model = {folder.path("tiny.gguf")};
  const std::unique_ptr<lab::Study> study = make_study("function-vectors", equipment);
  study->set_scale(lab::RunScale::quick);
  study->options().set("composition", "true", "test");
  std::multiset<std::string> what;
  for (const lab::Cell& cell : study->grid()) what.insert(cell.at.at(kWhat) + " " + cell.at.at("task"));
  EXPECT_THAT(what, UnorderedElementsAre("task antonym", "task country-capital", "task english-french", "composition antonym",
                                         "composition country-capital"));
}

}  // namespace
}  // namespace manabi::study::function_vectors
