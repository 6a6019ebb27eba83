// Trainings that start from others: what is taken, what stays, what is trained once.
#include "study/training/pair_runs.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/network/pairs/gated_pair_model.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "world/pairs/class_mixture_world.h"

namespace manabi::study {
namespace {

using testing::HasSubstr;

constexpr model::GatedPairConfig kConfig = {.pairs = 1, .input_width = 8, .labels = 10, .hidden_width = 8, .hidden_layers = 1};

class PairRuns : public testing::Test {
 protected:
  template <class Model>
  PairRunPlan plan_of(const std::string& kind, int64_t steps) const {
    PairRunPlan plan = {.model = [](tensor::ParameterPlan& declared, const auto&) { return std::make_unique<Model>(kConfig, declared); },
                        .model_made_of = kind,
                        .batch = 4,
                        .steps = steps,
                        .measured_after = {steps},
                        .measure_name = "nothing"};
    for (const uint64_t seed : {0, 1})
      plan.replicas.push_back(
          {.seed = seed,
           .world = std::make_shared<world::ClassMixtureWorld>(world::ClassMixtureConfig{.input_width = 8, .row_seed = seed}),
           .world_made_of = "mixture",
           .lr = 0.01});
    return plan;
  }

  // Keeps the parameters of that name at the last step in `into`.
  static MeasurePairs keeping(const std::string& name, at::Tensor& into) {
    return [name, &into](const model::PairModel&, const tensor::ParameterBuffer& parameters) {
      into = parameters.view(name).clone();
      return std::vector<std::vector<double>>(2);
    };
  }

  PairSource source(at::Tensor& left, bool stays_frozen) const {
    return {.plan = std::make_shared<PairRunPlan>(plan_of<model::InWeightPredictor>("in-weight", 5)),
            .measure = keeping(kWeight, left),
            .prefix = model::InWeightPredictor::kPrefix,
            .stays_frozen = stays_frozen};
  }

  static constexpr const char* kWeight = "in-weight.layers.0.weight";
  test::TemporaryFolder folder_;
  Equipment equipment_{std::string(MANABI_SOURCE_FOLDER) + "/assets", {}};
  lab::Artifacts artifacts_{folder_.path("artifacts")};
  lab::Workbench bench_{.watch = {}, .artifacts = artifacts_};
};

TEST_F(PairRuns, FrozenParametersStayWhatTheSourceLeft) {
  at::Tensor left, kept, moved;
  PairRunPlan plan = plan_of<model::GatedPairModel>("gate", 7);
  plan.sources = {source(left, true)};
  train_pairs(plan, keeping(kWeight, kept), equipment_, bench_);
  EXPECT_TRUE(at::equal(kept, left));

  plan.sources = {source(left, false)};
  train_pairs(plan, keeping(kWeight, moved), equipment_, bench_);
  EXPECT_FALSE(at::equal(moved, left));
  EXPECT_LT((moved - left).abs().max().item<double>(), 7 * 0.011);  // Adam's steps are at most the learning rate
}

TEST_F(PairRuns, ASourceIsTrainedOnce) {
  at::Tensor left, kept;
  PairRunPlan plan = plan_of<model::GatedPairModel>("gate", 3);
  plan.sources = {source(left, true)};
  train_pairs(plan, keeping(kWeight, kept), equipment_, bench_);
  EXPECT_EQ(artifacts_.list().size(), 2u);
  left = at::Tensor();
  train_pairs(*plan.sources[0].plan, plan.sources[0].measure, equipment_, bench_);
  EXPECT_FALSE(left.defined());  // nothing was measured again
  EXPECT_EQ(artifacts_.list().size(), 2u);
}

TEST_F(PairRuns, AnotherSourceIsAnotherTraining) {
  at::Tensor left, kept;
  PairRunPlan plan = plan_of<model::GatedPairModel>("gate", 3);
  train_pairs(plan, keeping(kWeight, kept), equipment_, bench_);
  plan.sources = {source(left, true)};
  train_pairs(plan, keeping(kWeight, kept), equipment_, bench_);
  EXPECT_EQ(artifacts_.list().size(), 3u);
}

TEST_F(PairRuns, APrefixThatTheModelLacksIsNamed) {
  at::Tensor left;
  PairRunPlan plan = plan_of<model::InContextPredictor>("in-context", 3);
  plan.sources = {source(left, true)};
  EXPECT_THAT(test::error_of([&] { train_pairs(plan, nullptr, equipment_, bench_); }), HasSubstr("in-weight."));
}

}  // namespace
}  // namespace manabi::study
