// What the study measures, on networks of random weights and on invented records.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "model/trained/blueprint.h"
#include "probe/tasks/task_reading.h"
#include "study/item_arms.h"
#include "study/task_vectors/evidence.h"
#include "study/task_vectors/geometry.h"
#include "study/task_vectors/measure.h"
#include "study/task_vectors/override.h"
#include "study/task_vectors/report.h"
#include "study/training/letter_network.h"
#include "text/symbols/symbol_tokenizer.h"
#include "world/mappings/letter_tasks.h"
#include "world/mappings/made_up_tasks.h"

namespace manabi::study::task_vectors {
namespace {

using probe::draw_items;
using probe::Queries;
using probe::read_items;
using probe::ReadItems;
using probe::tokens_of;
using probe::zero_shot_prompts;

constexpr int64_t kLayers = 3;

// A decoder of random weights over the letters' symbols.
model::Checkpoint random_checkpoint() {
  tensor::ParameterPlan plan;
  const model::TokenNetworkConfig config = {.decoder = {.layers = kLayers, .width = 32, .heads = 2},
                                            .vocabulary = static_cast<int64_t>(world::letter_symbols().size()),
                                            .context = 128,
                                            .positions = model::Positions::rotary};
  const model::TokenNetwork network(config, plan);
  tensor::ParameterBuffer parameters(plan, 1, at::kFloat);
  parameters.initialise(0, 5);
  at::manual_seed(1);
  parameters.values().add_(0.3 * at::randn_like(parameters.values()));
  return {.name = "random",
          .lm = model::language_model_of(network, parameters, 0, {}),
          .tokenizer = std::make_unique<text::SymbolTokenizer>(world::letter_symbols())};
}

ReadableTask task_named(const std::string& name) { return {.name = name, .pairs = world::letter_pairs(name)}; }

VectorOptions small(int64_t dummies = 2) { return {.items = 6, .draw = {.demonstrations = 3, .dummies = dummies}}; }

std::optional<double> value_of(const std::vector<lab::Row>& rows, const std::string& metric, const lab::Coordinates& at) {
  for (const lab::Row& row : rows)
    if (row.metric == metric && row.at == at) return row.value;
  return std::nullopt;
}

TEST(TaskVectors, AVectorIsTheMeanOfItsDummiesLastStates) {
  const model::Checkpoint checkpoint = random_checkpoint();
  const std::vector<MappingItem> items = draw_items(task_named("list_last"), 3, base::Rng(2), small().draw);
  const ReadItems read = read_items(checkpoint, items, 2048);
  for (size_t item = 0; item < 3; ++item) {
    at::Tensor sum = at::zeros({kLayers, 32});
    for (const Mapping& dummy : items[item].dummies) {
      const std::vector<text::TokenId> tokens = tokens_of(checkpoint, world::prompt_of(items[item].demonstrations, dummy.input));
      model::Taps taps;
      for (int64_t layer = 0; layer < kLayers; ++layer)
        taps.add({model::SiteKind::resid_post, layer},
                 [&, layer](const model::Sighting& sighting) { sum[layer] += sighting.values[static_cast<int64_t>(tokens.size()) - 1]; });
      const model::Row row{.tokens = tokens, .wanted = {static_cast<int64_t>(tokens.size()) - 1}};
      checkpoint.lm->forward(std::span(&row, 1), {.taps = &taps});
    }
    EXPECT_TRUE(at::allclose(read.thetas[static_cast<int64_t>(item)], sum / 2, 1e-4, 1e-4));
  }
}

TEST(TaskVectors, BehindTheLastBlockTheAnswerIsTheDummys) {
  const model::Checkpoint checkpoint = random_checkpoint();
  const std::vector<MappingItem> items = draw_items(task_named("next_letter"), 6, base::Rng(2), small(1).draw);
  const ReadItems read = read_items(checkpoint, items, 2048);
  std::vector<std::string> dummy_prompts;
  for (const MappingItem& item : items) dummy_prompts.push_back(world::prompt_of(item.demonstrations, item.dummies[0].input));
  const Queries queries(checkpoint, zero_shot_prompts(items), 2048), dummies(checkpoint, dummy_prompts, 2048);
  EXPECT_EQ(queries.answers(kLayers - 1, read.thetas), dummies.answers());
}

TEST(TaskVectors, EveryArmHasEveryLayerAndItsItemsAtTheBest) {
  const model::Checkpoint checkpoint = random_checkpoint();
  const std::vector<lab::Row> rows = measure_task(checkpoint, task_named("next_letter"), task_named("to_upper"), small(), base::Rng(7), {});
  const auto best = static_cast<int64_t>(value_of(rows, kBestLayer, {}).value());
  std::vector<double> dev;
  for (int64_t layer = 0; layer < kLayers; ++layer) dev.push_back(value_of(rows, kChosenOn, {{"layer", std::to_string(layer)}}).value());
  EXPECT_EQ(best, std::ranges::max_element(dev) - dev.begin());
  for (const Arm arm : {Arm::task, Arm::shuffled, Arm::other, Arm::random}) {
    double sum = 0;
    for (int item = 0; item < 6; ++item) sum += value_of(rows, kRight, {{"arm", name_of(arm)}, {"item", std::to_string(item)}}).value();
    EXPECT_NEAR(value_of(rows, kAccuracy, {{"arm", name_of(arm)}, {"layer", std::to_string(best)}}).value(), sum / 6, 1e-9);
  }
  EXPECT_TRUE(value_of(rows, kAccuracy, {{"arm", "regular"}}) && value_of(rows, kAccuracy, {{"arm", "zero-shot"}}));
}

TEST(TaskVectors, MeasuringTwiceGivesTheSame) {
  const model::Checkpoint checkpoint = random_checkpoint();
  const auto measure = [&](uint64_t seed) {
    std::vector<double> values;
    for (const lab::Row& row : measure_task(checkpoint, task_named("list_first"), task_named("to_upper"), small(), base::Rng(seed), {}))
      values.push_back(row.value);
    return values;
  };
  EXPECT_EQ(measure(7), measure(7));
  EXPECT_NE(measure(7), measure(8));
}

TEST(TaskVectors, ConflictsAskOnlyWhatBothTasksKnow) {
  const model::Checkpoint checkpoint = random_checkpoint();
  const std::vector<lab::Row> rows =
      measure_override(checkpoint, task_named("next_letter"), task_named("prev_letter"), small(), base::Rng(3), {});
  for (const char* run : {"regular", "patched"})
    for (const char* of : {"task", "injected"}) EXPECT_TRUE(value_of(rows, kAnswersOf, {{"run", run}, {"of", of}}).has_value());
  EXPECT_TRUE(measure_override(checkpoint, task_named("next_letter"), task_named("to_lower"), small(), base::Rng(3), {}).empty());
}

TEST(TaskVectors, DistancesAreMeansOverPairs) {
  const model::Checkpoint checkpoint = random_checkpoint();
  const std::vector<ReadableTask> tasks = {task_named("next_letter"), task_named("list_last")};
  const std::vector<lab::Row> rows = measure_geometry(checkpoint, tasks, small(), base::Rng(3), {});
  std::vector<at::Tensor> thetas;
  for (const ReadableTask& task : tasks)
    thetas.push_back(read_items(checkpoint, draw_items(task, 6, base::Rng(3).child(task.name), small().draw), 2048).thetas.select(1, 1));
  const auto distance = [](const at::Tensor& left, const at::Tensor& right) { return 1 - at::cosine_similarity(left, right, 0).item<double>(); };
  double within = 0, between = 0;
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t j = 0; j < 6; ++j) {
      if (i != j) within += distance(thetas[0][i], thetas[0][j]) / 30;
      between += distance(thetas[0][i], thetas[1][j]) / 36;
    }
  }
  EXPECT_NEAR(value_of(rows, kWithin, {{"task", "next_letter"}, {"layer", "1"}}).value(), within, 1e-5);
  EXPECT_NEAR(value_of(rows, kBetween, {{"task", "next_letter"}, {"layer", "1"}}).value(), between, 1e-5);
}

// Cells of a task in which each arm is right on so many of ten items.
lab::CellRecord invented(const std::string& task, int64_t seed, const std::map<std::string, int>& right_of_ten,
                         const std::string& what = "task") {
  lab::CellRecord record{.cell = {.at = {{"model", "m"}, {kWhat, what}, {"task", task}, {"seed", std::to_string(seed)}}}};
  for (const auto& [arm, right] : right_of_ten) {
    for (int item = 0; item < 10; ++item)
      record.rows.push_back({.metric = kRight, .at = {{"arm", arm}, {"item", std::to_string(item)}}, .value = item < right ? 1.0 : 0.0, .n = 1});
    record.rows.push_back({.metric = kAccuracy, .at = {{"arm", arm}}, .value = right / 10.0, .n = 10});
  }
  for (int layer = 0; layer < 4; ++layer)
    record.rows.push_back({.metric = kChosenOn, .at = {{"layer", std::to_string(layer)}}, .value = layer == 2 ? 0.9 : 0.0, .n = 10});
  return record;
}

std::string verdict(const lab::Records& records, const std::string& id) {
  for (const lab::Claim& claim : vector_claims(records, "m"))
    if (claim.id == id + "-m") return lab::name_of(lab::verdict_of(claim));
  return "no such claim";
}

TEST(TaskVectors, ClaimsFollowTheRecords) {
  const std::map<std::string, int> good = {{"task vector", 9},  {"regular", 10},      {"zero-shot", 0},
                                           {"another task", 0}, {"random vector", 0}, {"shuffled labels", 5}};
  std::map<std::string, int> bad = good;
  bad["task vector"] = 1;
  lab::Records records, poor;
  for (int64_t seed = 0; seed < 3; ++seed) {
    for (const char* task : {"one", "two"}) {
      records.push_back(invented(task, seed, good));
      poor.push_back(invented(task, seed, bad));
    }
    // Nothing is learned from demonstrations: such a task does not count.
    records.push_back(
        invented("unlearned", seed, {{"task vector", 0}, {"regular", 1}, {"zero-shot", 1}, {"another task", 0}, {"random vector", 0}}));
  }
  EXPECT_EQ(Evidence(records, "m").learned_tasks(), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(verdict(records, "vector-carries-the-task"), "holds");
  EXPECT_EQ(verdict(poor, "vector-carries-the-task"), "does not hold");
  EXPECT_EQ(verdict(records, "not-any-vector"), "holds");
  EXPECT_EQ(verdict(poor, "not-any-vector"), "does not hold");
  EXPECT_EQ(verdict(records, "early-blocks-read-late-blocks-apply"), "holds");
  EXPECT_EQ(verdict(records, "vectors-cluster"), "not tested here");
  EXPECT_EQ(verdict(records, "override-to_upper"), "no such claim");
  EXPECT_EQ(verdict({}, "vector-carries-the-task"), "not tested here");
  EXPECT_FALSE(vector_sections(records, "m").empty());
}

TEST(TaskVectors, MadeUpTasksAreJudgedByWhatIsNewInThem) {
  const auto records = [](int vector_of_made_up) {
    lab::Records all;
    for (const int64_t seed : {0, 1, 2}) {
      for (const char* known : {"a", "b"}) all.push_back(invented(known, seed, {{"regular", 9}, {"zero-shot", 0}, {"task vector", 8}}));
      all.push_back(invented("made", seed, {{"regular", 9}, {"zero-shot", 0}, {"task vector", vector_of_made_up}}, kMadeUp));
      all.back().exhibits[kNovelty] = world::name_of(world::Novelty::labels);
      all.push_back(invented("two", seed, {{"regular", 9}, {"zero-shot", 0}, {"task vector", 0}}, kMadeUp));
      all.back().exhibits[kNovelty] = world::name_of(world::Novelty::two_steps);
    }
    return all;
  };
  EXPECT_EQ(verdict(records(0), "made-up-labels"), "holds");
  EXPECT_EQ(verdict(records(9), "made-up-labels"), "does not hold");
  EXPECT_EQ(verdict(records(0), "made-up-pairs"), "not tested here");
  const std::vector<lab::Section> sections = vector_sections(records(2), "m");
  const auto found = std::ranges::find(sections, std::string("Tasks that are made up in m"), &lab::Section::title);
  ASSERT_NE(found, sections.end());
  EXPECT_EQ(std::get<lab::Table>(found->blocks[0]).rows.size(), 3u);
}

}  // namespace
}  // namespace manabi::study::task_vectors
