// What the study compares, on invented readings, and its measurement on a network of random weights.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.h"
#include "lab/claim.h"
#include "lab/study.h"
#include "study/catalogue.h"
#include "study/dual_form/measure.h"
#include "study/dual_form/readings.h"
#include "study/dual_form/report.h"
#include "study/dual_form/similarity.h"
#include "study/equipment.h"
#include "study/item_arms.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_lm.h"
#include "tests/support/toy_tokenizer.h"

namespace manabi::study::dual_form {
namespace {

using testing::ElementsAre;

double naive_tau(const std::vector<float>& left, const std::vector<float>& right) {
  double sum = 0, pairs = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    for (size_t j = i + 1; j < left.size(); ++j) {
      const auto sign = [](float a, float b) { return a < b ? 1 : a > b ? -1 : 0; };
      sum += sign(left[i], left[j]) * sign(right[i], right[j]);
      ++pairs;
    }
  }
  return pairs > 0 ? sum / pairs : 0;
}

TEST(KendallTau, EqualsCountingAllPairs) {
  base::Rng rng(1);
  for (const size_t count : {size_t{0}, size_t{1}, size_t{2}, size_t{3}, size_t{20}, size_t{101}}) {
    for (const uint64_t values : {3, 1000}) {  // with many ties and hardly any
      std::vector<float> left, right;
      for (size_t i = 0; i < count; ++i) {
        left.push_back(static_cast<float>(rng.below(values)));
        right.push_back(static_cast<float>(rng.below(values)));
      }
      EXPECT_NEAR(kendall_tau(left, right), naive_tau(left, right), 1e-12) << count << " of " << values;
    }
  }
  EXPECT_EQ(kendall_tau(std::vector<float>{1, 2, 3}, std::vector<float>{4, 5, 6}), 1);
  EXPECT_EQ(kendall_tau(std::vector<float>{1, 2, 3}, std::vector<float>{6, 5, 4}), -1);
}

TEST(UpdateSimilarity, IsOneForEqualUpdatesAndNothingForNoise) {
  const at::Tensor plain = at::randn({5, 3, 400}), shown = plain + at::randn_like(plain);
  EXPECT_TRUE(at::allclose(update_similarity(plain, shown, shown), at::ones({5, 3}), 1e-4, 1e-4));
  EXPECT_LT(update_similarity_to_noise(plain, shown, base::Rng(1)).mean().abs().item<double>(), 0.1);
  // Lengths do not count.
  EXPECT_TRUE(at::allclose(update_similarity(plain, shown, 7 * shown), at::ones({5, 3}), 1e-4, 1e-4));
}

TEST(MapSimilarity, ComparesTheQuerysOwnTokens) {
  const at::Tensor own = at::randn({2, 4, 6});
  const std::vector<at::Tensor> behind = {at::cat({at::randn({2, 4, 10}), own}, -1)}, alone = {own}, other = {-own};
  EXPECT_TRUE(at::allclose(map_similarity(behind, alone), at::ones({1, 2}), 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(map_similarity(behind, other), -at::ones({1, 2}), 1e-5, 1e-5));
}

// Attention that is the very ranking of what is remembered.
TEST(MemorySimilarity, IsOneForTheSameRanking) {
  const TrainingTokens training{.queries = at::randn({6, 1, 2, 4}), .counted = {1, 2, 4, 5}, .begins = {0, 3}};
  Readings tuned{.queries = at::randn({1, 1, 2, 4})};
  Readings shown{.queries = tuned.queries};
  const at::Tensor remembered = at::einsum("she,he->hs", {training.queries.select(1, 0), tuned.queries[0][0]});
  shown.scores = {at::cat({remembered, at::randn({2, 3})}, -1).unsqueeze(0)};
  const MemorySimilarity same = memory_similarity(shown, tuned, training);
  EXPECT_NEAR(same.tokens.item<double>(), 1, 1e-9);
  EXPECT_NEAR(same.examples.item<double>(), 1, 1e-9);
  shown.scores = {at::cat({-remembered, at::randn({2, 3})}, -1).unsqueeze(0)};
  EXPECT_NEAR(memory_similarity(shown, tuned, training).tokens.item<double>(), -1, 1e-9);
}

world::Episode episode(const std::string& context, int64_t shots) {
  world::Episode made{.id = "q", .context = context, .choices = {" yes", " no"}, .target = 1};
  for (int64_t i = 0; i < shots; ++i) made.demonstrations.push_back({.input = "in" + std::to_string(i) + ": ", .label = "yes"});
  return made;
}

TEST(TokenEpisodes, DemonstrationsAreCutAsTheyStand) {
  const test::ToyTokenizer tokenizer({});
  const world::Episode bare = episode("ask:", 0), shown = episode("in0: yes\n\n\nin1: yes\n\n\nask:", 2);
  const TokenEpisodes episodes = tokens_of(std::span(&shown, 1), std::span(&bare, 1), tokenizer);
  const auto text = [&](const std::vector<TokenId>& tokens) { return tokenizer.decode(tokens); };
  ASSERT_EQ(episodes.demonstrations.size(), 2u);
  EXPECT_EQ(text(episodes.demonstrations[0]), "in0: yes\n\n\n");
  EXPECT_EQ(text(episodes.demonstrations[1]), "in1: yes\n\n\n");
  EXPECT_EQ(text(episodes.queries[0]), "ask: ");  // what the answers share belongs to the query
  EXPECT_THAT(episodes.answers[0], ElementsAre('y', 'n'));
  EXPECT_THAT(episodes.targets, ElementsAre(1));
  world::Episode alike = bare;
  alike.choices = {" yes", " yeah", " no"};
  EXPECT_THROW(tokens_of(std::span(&shown, 1), std::span(&alike, 1), tokenizer), base::Error);
}

lab::CellRecord invented(const std::string& arm, double update, double noise) {
  lab::CellRecord record{.cell = {.at = {{"model", "m"}, {"task", "t"}, {kArm, arm}, {"seed", "0"}}}};
  for (int item = 0; item < 30; ++item) {
    const double wobble = 0.01 * (item % 3 - 1);
    for (const auto& [metric, value] :
         {std::pair{kUpdate, update}, {kUpdateNoise, noise}, {kMapAfter, 0.5}, {kMapBefore, 0.3}, {kMemory, 0.2}, {kMemoryNoise, 0.0}})
      record.rows.push_back({.metric = metric, .at = {{kItem, std::to_string(item)}}, .value = value + wobble, .n = 1});
  }
  for (int layer = 0; layer < 2; ++layer)
    record.rows.push_back({.metric = kUpdate, .at = {{"layer", std::to_string(layer)}}, .value = update, .n = 30});
  return record;
}

std::string verdict(const lab::Records& records, const std::string& id) {
  for (const lab::Claim& claim : dual_claims(records, "m"))
    if (claim.id == id + "-m") return lab::name_of(lab::verdict_of(claim));
  return "no such claim";
}

TEST(DualForm, ClaimsFollowTheRecords) {
  const lab::Records records = {invented(kTrained, 0.2, 0), invented(kRandomWeights, 0.3, 0)};
  EXPECT_EQ(verdict(records, "same-direction"), "holds");
  EXPECT_EQ(verdict(records, "same-map"), "holds");
  EXPECT_EQ(verdict(records, "same-memory"), "holds");
  EXPECT_EQ(verdict(records, "needs-training"), "does not hold");
  EXPECT_EQ(verdict(records, "needs-labels"), "not tested here");
  EXPECT_EQ(verdict(records, "covers-tuning"), "not tested here");
  EXPECT_EQ(dual_sections(records, "m").size(), 1u);
}

TEST(DualForm, MeasuresEveryArmOfABuiltInSet) {
  const test::TemporaryFolder folder;
  test::write_gguf(test::make_tiny_llama(), folder.path("tiny.gguf"));
  Equipment equipment(std::string(MANABI_SOURCE_FOLDER) + "/assets", {});
  equipment.options().model = {folder.path("tiny.gguf")};
  equipment.options().threads = 1;
  const std::unique_ptr<lab::Study> study = make_study("dual-form", equipment);
  study->set_scale(lab::RunScale::full);
  for (const auto& [name, text] : {std::pair{"tasks", "sentiment"},
                                   {"scratch", "false"},
                                   {"shots", "4"},
                                   {"items", "3"},
                                   {"tuning-items", "2"},
                                   {"ranked-items", "2"},
                                   {"rates", "0.001"}})
    study->options().set(name, text, "test");
  const std::vector<lab::Cell> cells = study->grid();
  ASSERT_EQ(cells.size(), 3u);
  lab::Artifacts artifacts(folder.path("artifacts"));
  lab::Workbench bench{.watch = {}, .artifacts = artifacts};
  for (const lab::Cell& cell : cells) {
    const lab::CellRecord record = study->measure(std::span(&cell, 1), bench).front();
    for (const char* metric : {kUpdate, kUpdateNoise, kMapAfter, kMapBefore}) EXPECT_EQ(item_values({&record}, metric).size(), 3u) << metric;
    for (const char* metric : {kMemory, kMemoryExamples, kMemoryNoise}) EXPECT_EQ(item_values({&record}, metric).size(), 2u) << metric;
    EXPECT_EQ(lab::value_of(record, kRate), 0.001);
    for (const lab::Row& row : record.rows) EXPECT_TRUE(std::isfinite(row.value)) << row.metric;
  }
}

TEST(DualForm, PairsAreAskedBesideTheDemonstrations) {
  const model::Checkpoint checkpoint{.name = "toy",
                                     .lm = test::build(test::make_tiny_llama()),
                                     .tokenizer = std::make_unique<test::ToyTokenizer>(test::ToyTokenizer::Options{})};
  probe::ReadableTask task{.name = "next"};
  for (char c = 'a'; c < 'k'; ++c) task.pairs.push_back({std::string(1, c), std::string(1, static_cast<char>(c + 1))});
  const DualOptions options = {.shots = 4, .items = 100, .tuning_items = 100};
  const DrawnTask drawn = draw_pairs(checkpoint, task, kTrained, 1, options),
                  shuffled = draw_pairs(checkpoint, task, kShuffledLabels, 1, options);
  EXPECT_EQ(drawn.measured.queries.size() + drawn.chosen_on.queries.size(), 6u);
  EXPECT_EQ(drawn.tuned_on, drawn.measured.demonstrations);
  EXPECT_NE(shuffled.tuned_on, drawn.tuned_on);
  EXPECT_EQ(shuffled.measured.demonstrations, drawn.measured.demonstrations);
  std::set<char> shown;
  for (const auto& line : drawn.measured.demonstrations) {
    const std::string text = checkpoint.tokenizer->decode(line);  // "example:x->y"
    EXPECT_EQ(text[11], text[8] + 1);
    shown.insert(text[8]);
  }
  for (size_t i = 0; i < drawn.measured.queries.size(); ++i) {
    const std::string query = checkpoint.tokenizer->decode(drawn.measured.queries[i]);
    EXPECT_FALSE(shown.contains(query[8]));
    EXPECT_EQ(drawn.measured.answers[i][static_cast<size_t>(drawn.measured.targets[i])], query[8] + 1);
  }
  EXPECT_THROW(draw_pairs(checkpoint, task, kTrained, 1, {.shots = 9}), base::Error);
}

}  // namespace
}  // namespace manabi::study::dual_form
