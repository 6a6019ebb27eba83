// Tuning as a whole, on a small network: it learns, it is the same alone and among others, it can be cut off, the best step is kept.
#include "learn/tuning/run/tuning.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "learn/tuning/method.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_lm.h"
#include "tests/support/toy_lm.h"
#include "tests/support/toy_tokenizer.h"

namespace manabi::learn {
namespace {

using testing::HasSubstr;

// The sign of a prompt is its first token: 3 or 4; its label follows as 10 or 11.
std::vector<JudgedEpisode> episodes(size_t count, uint64_t seed) {
  std::vector<JudgedEpisode> all;
  for (size_t i = 0; i < count; ++i) {
    JudgedEpisode& episode = all.emplace_back();
    episode.target = static_cast<int64_t>(i % 2);
    episode.encoded.prompt = test::random_tokens(2 + i % 3, seed + i);
    episode.encoded.prompt.front() = static_cast<TokenId>(3 + episode.target);
    episode.encoded.choices = {{10}, {11}};
  }
  return all;
}

TuningData data_of(const std::vector<JudgedEpisode>& some, int64_t places, uint64_t seed) {
  auto items = std::make_shared<std::vector<TuningItem>>();
  for (const JudgedEpisode& episode : some) items->push_back(item_of(episode.encoded, episode.target));
  return {.items = items, .order = shuffled_epochs(std::ssize(*items), places, base::Rng(seed))};
}

std::shared_ptr<const model::FrozenNetwork> network() { return test::build(test::make_tiny_llama())->frozen(at::kFloat); }

TuningPlan plan(model::TunedParts parts, std::vector<double> lr, int64_t steps = 40) {
  TuningPlan plan{.parts = std::move(parts), .lr = std::move(lr), .dev = episodes(12, 900), .judged_every = 10};
  plan.schedule.steps = steps;
  plan.batch = 8;
  for (size_t replica = 0; replica < plan.lr.size(); ++replica) {
    plan.seeds.push_back(replica);
    plan.data.push_back(data_of(episodes(24, 100), steps * plan.batch, replica));
  }
  plan.made_of = {{"test", steps}};
  return plan;
}

std::vector<model::TunedParts> every_kind() {
  return {{.prompt = model::SoftPromptParts{.lengths = {3}}},
          {.prompt = model::SoftPromptParts{.lengths = {3}, .encoder = model::PromptEncoder::lstm}},
          {.prefix = model::PrefixParts{.lengths = {3}}},
          {.prefix = model::PrefixParts{.lengths = {3}}, .classes = 2},
          {.lora = model::LoraParts{}},
          {.biases = true},
          {.weights = true}};
}

// Random weights let a prompt or a prefix say what labels there are, not which one; low ranks and whole weights learn that too.
TEST(Tuning, EveryKindOfPartLearns) {
  for (const model::TunedParts& parts : every_kind()) {
    const test::TemporaryFolder folder;
    Tuning tuning(network(), plan(parts, {parts.weights ? 3e-3 : 3e-2}, 60), folder.path(""));
    tuning.run({});
    SCOPED_TRACE(tuning.parameters().shapes().front().name);
    EXPECT_LT(tuning.curves()[0].back(), 0.9 * tuning.curves()[0].front());
    if (parts.weights || parts.lora) {
      EXPECT_GE(tuning.replicas()[0].best.accuracy, 0.9);
    }
  }
}

TEST(Tuning, AReplicaIsTheSameAloneAndAmongOthers) {
  const model::TunedParts parts{.prompt = model::SoftPromptParts{.lengths = {2, 4}}};
  const test::TemporaryFolder together_folder, alone_folder;
  Tuning together(network(), plan(parts, {1e-2, 3e-2}), together_folder.path(""));
  together.run({});
  TuningPlan second = plan({.prompt = model::SoftPromptParts{.lengths = {4}}}, {3e-2});
  second.seeds = {1};
  second.data = {data_of(episodes(24, 100), 320, 1)};
  Tuning alone(network(), second, alone_folder.path(""));
  alone.run({});
  const at::Tensor left = together.parameters().view("prompt.table")[1], right = alone.parameters().view("prompt.table")[0];
  EXPECT_LT((left - right).abs().max().item<double>(), 1e-3);
  EXPECT_EQ(together.replicas()[1].best_step, alone.replicas()[0].best_step);
}

TEST(Tuning, CutOffItGoesOnBitForBit) {
  const model::TunedParts parts{.lora = model::LoraParts{}};
  const test::TemporaryFolder whole_folder, cut_folder;
  Tuning whole(network(), plan(parts, {1e-2}), whole_folder.path(""));
  whole.run({});
  {
    class StopAfter final : public base::Progress {
     public:
      explicit StopAfter(base::Cancel& cancel) : cancel_(cancel) {}
      void begin(const std::string&, int64_t) override {}
      void advance(int64_t units) override {
        if ((done_ += units) >= 23) cancel_.request();
      }
      void note(const std::string&) override {}
      void end() override {}

     private:
      base::Cancel& cancel_;
      int64_t done_ = 0;
    };
    base::Cancel cancel;
    StopAfter stop(cancel);
    Tuning cut(network(), plan(parts, {1e-2}), cut_folder.path(""));
    EXPECT_THROW(cut.run({.progress = &stop, .cancel = &cancel}), base::Cancelled);
    EXPECT_LT(cut.steps_done(), 40);
  }
  Tuning rest(network(), plan(parts, {1e-2}), cut_folder.path(""));
  EXPECT_GT(rest.steps_done(), 0);
  rest.run({});
  EXPECT_TRUE(at::equal(rest.parameters().values(), whole.parameters().values()));
  EXPECT_EQ(rest.replicas()[0].best_step, whole.replicas()[0].best_step);
}

TEST(Tuning, AStateWhoseBestValuesAreGoneIsRefused) {
  const test::TemporaryFolder folder;
  const model::TunedParts parts{.lora = model::LoraParts{}};
  Tuning(network(), plan(parts, {1e-2}), folder.path("")).run({});
  std::filesystem::remove(folder.path("best.safetensors"));
  EXPECT_THAT(test::error_of([&] { Tuning(network(), plan(parts, {1e-2}), folder.path("")).run({}); }), HasSubstr("best step"));
}

// A rate that ruins the network: what the best step had is what stays.
TEST(Tuning, TheBestStepIsKept) {
  const test::TemporaryFolder folder;
  TuningPlan ruinous = plan({.prompt = model::SoftPromptParts{.lengths = {3}}}, {3e-2}, 60);
  ruinous.judged_every = 5;
  Tuning tuning(network(), ruinous, folder.path(""));
  tuning.run({});
  double best = 0;
  for (const Measurement& measured : tuning.measurements()) best = std::max(best, measured.values[0][0]);
  const TunedReplica kept = tuning.replicas()[0];
  EXPECT_EQ(kept.best.accuracy, best);
  const tensor::ParameterLeaves leaves(tuning.parameters());
  const auto dev = episodes(12, 900);
  const Judgement again = judge(scores_of(tuning.network(), leaves, 0, dev, 2048), dev);
  EXPECT_EQ(again.accuracy, kept.best.accuracy);
  EXPECT_NEAR(again.loss, kept.best.loss, 1e-5);
}

TEST(Tuning, ADivergedReplicaKeepsItsLastGoodValuesAndTheOthersGoOn) {
  const test::TemporaryFolder folder;
  Tuning tuning(network(), plan({.prompt = model::SoftPromptParts{.lengths = {2, 2}}}, {1e38, 1e-2}), folder.path(""));
  tuning.run({});
  EXPECT_GE(tuning.replicas()[0].diverged_at, 0);
  EXPECT_EQ(tuning.replicas()[1].diverged_at, -1);
  EXPECT_TRUE(at::isfinite(tuning.parameters().values()[1]).all().item<bool>());
}

TEST(Tuning, OptionsThatDoNotFitAreRefused) {
  const test::TemporaryFolder folder;
  const auto refusal = [&](TuningPlan wrong) { return test::error_of([&] { Tuning(network(), std::move(wrong), folder.path("")); }); };
  TuningPlan none = plan({.lora = model::LoraParts{}}, {1e-2});
  none.data[0] = {.items = std::make_shared<std::vector<TuningItem>>(), .order = std::vector<int64_t>(320, 0)};
  EXPECT_THAT(refusal(none), HasSubstr("no items"));
  EXPECT_THAT(refusal(plan({.weights = true}, {1e-2, 1e-3})), HasSubstr("one at a time"));
  TuningPlan few = plan({.lora = model::LoraParts{}}, {1e-2});
  few.data[0].order.resize(3);
  EXPECT_THAT(refusal(few), HasSubstr("order of 3"));
}

// Items of several tokens count as one each, whatever their length.
TEST(TuningObjective, TheLossIsTheMeanOverItemsOfTheirMeans) {
  const auto lm = test::build(test::make_tiny_llama());
  const model::TunedNetwork tuned(lm->frozen(at::kFloat), {.lora = model::LoraParts{}});
  tensor::ParameterBuffer parameters(tuned.plan(), 1, at::kFloat);
  parameters.initialise(0, 1);
  auto items = std::make_shared<std::vector<TuningItem>>();
  items->push_back({.tokens = test::random_tokens(6, 1), .asked_from = 2});
  items->push_back({.tokens = test::random_tokens(4, 2), .asked_from = 3});
  const TuningObjective objective(tuned, {{.items = items, .order = {0, 1}}});
  const tensor::ParameterLeaves leaves(parameters, 0, at::zeros_like(parameters.values()));
  const double loss = objective.losses(leaves, {.rows = 2, .batch = 2})[0].item<double>();
  double expected = 0;
  for (const TuningItem& item : *items) {
    const at::Tensor told = test::logits_of(*lm, item.tokens).to(at::kFloat).log_softmax(-1);
    double sum = 0;
    for (int64_t i = item.asked_from; i < std::ssize(item.tokens); ++i) sum -= told[i - 1][item.tokens[static_cast<size_t>(i)]].item<double>();
    expected += sum / static_cast<double>(std::ssize(item.tokens) - item.asked_from) / 2;
  }
  EXPECT_NEAR(loss, expected, 1e-4);
}

TEST(TuningObjective, WeightsShareOutAnItemsMean) {
  const auto lm = test::build(test::make_tiny_llama());
  const model::TunedNetwork tuned(lm->frozen(at::kFloat), {.lora = model::LoraParts{}});
  tensor::ParameterBuffer parameters(tuned.plan(), 1, at::kFloat);
  parameters.initialise(0, 1);
  const std::vector<TokenId> tokens = test::random_tokens(4, 1);
  const auto loss_with = [&](std::vector<double> weights) {
    auto items = std::make_shared<std::vector<TuningItem>>();
    items->push_back({.tokens = tokens, .asked_from = 2, .weights = std::move(weights)});
    const TuningObjective objective(tuned, {{.items = items, .order = {0}}});
    const tensor::ParameterLeaves leaves(parameters, 0, at::zeros_like(parameters.values()));
    return objective.losses(leaves, {.rows = 1, .batch = 1})[0].item<double>();
  };
  const double first = loss_with({1, 0}), second = loss_with({0, 1});
  EXPECT_NEAR(loss_with({}), (first + second) / 2, 1e-6);
  EXPECT_NEAR(loss_with({1, 0.5}), (first + 0.5 * second) / 1.5, 1e-6);
  EXPECT_NEAR(loss_with({10, 5}), loss_with({1, 0.5}), 1e-6) << "their ratio alone counts";
  EXPECT_THAT(test::fault_of([&] { loss_with({1}); }).given, HasSubstr("1 weights of 2"));
}

// Without a development split other things may be measured on the way; a tuning that goes on knows what was measured before.
TEST(Tuning, MeasuresWhatItIsAskedToOnTheWay) {
  const test::TemporaryFolder folder;
  TuningPlan some = plan({.lora = model::LoraParts{}}, {0.01}, 12);
  some.dev.clear();
  some.measured_after = {3, 9, 12};
  int64_t calls = 0;
  some.measure = [&](const model::TunedNetwork&, const tensor::ParameterBuffer& parameters) {
    return std::vector<std::vector<double>>{{static_cast<double>(++calls), parameters.values().norm().item<double>()}};
  };
  Tuning tuning(network(), some, folder.path(""));
  tuning.run({});
  ASSERT_EQ(tuning.measurements().size(), 3u);
  EXPECT_EQ(tuning.measurements()[1].step, 9);
  EXPECT_EQ(tuning.measurements()[1].values[0][0], 2);
  EXPECT_NE(tuning.measurements()[0].values[0][1], tuning.measurements()[2].values[0][1]);
  Tuning again(network(), some, folder.path(""));
  again.run({});
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(again.measurements().size(), 3u);
  EXPECT_TRUE(at::equal(again.parameters().values(), tuning.parameters().values()));
}

TEST(TuningJudge, ChoicesOfSeveralTokensAreScoredAsTheirSum) {
  const auto lm = test::build(test::make_tiny_llama());
  const model::TunedNetwork tuned(lm->frozen(at::kFloat), {.lora = model::LoraParts{}});
  tensor::ParameterBuffer parameters(tuned.plan(), 1, at::kFloat);
  parameters.initialise(0, 1);
  const JudgedEpisode episode{.encoded = {.prompt = test::random_tokens(5, 3), .choices = {{1, 2}, {7}, {4, 5, 6}}}, .target = 1};
  const std::vector<JudgedEpisode> all(3, episode);
  const auto scores = scores_of(tuned, tensor::ParameterLeaves(parameters), 0, all, 12);
  for (size_t choice = 0; choice < 3; ++choice) {
    std::vector<TokenId> tokens = episode.encoded.prompt;
    tokens.insert(tokens.end(), episode.encoded.choices[choice].begin(), episode.encoded.choices[choice].end());
    const at::Tensor told = test::logits_of(*lm, tokens).to(at::kFloat).log_softmax(-1);
    double sum = 0;
    for (int64_t i = 5; i < std::ssize(tokens); ++i) sum += told[i - 1][tokens[static_cast<size_t>(i)]].item<double>();
    for (const std::vector<double>& each : scores) EXPECT_NEAR(each[choice], sum, 1e-4);
  }
}

TEST(ShuffledEpochs, EveryEpochHoldsEveryItem) {
  const std::vector<int64_t> order = shuffled_epochs(5, 13, base::Rng(1));
  ASSERT_EQ(order.size(), 13u);
  for (size_t epoch = 0; epoch < 2; ++epoch) {
    std::vector<int64_t> once(order.begin() + static_cast<std::ptrdiff_t>(5 * epoch),
                              order.begin() + static_cast<std::ptrdiff_t>(5 * epoch + 5));
    std::ranges::sort(once);
    EXPECT_EQ(once, (std::vector<int64_t>{0, 1, 2, 3, 4}));
  }
}

}  // namespace
}  // namespace manabi::learn
