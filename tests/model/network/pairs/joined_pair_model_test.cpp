#include "model/network/pairs/joined_pair_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace manabi::model {
namespace {

class JoinedPairs : public testing::TestWithParam<bool> {
 protected:
  JoinedPairs() {
    JoinedPairConfig config = {.core = DecoderConfig{.layers = 2, .width = 16, .heads = 2}, .pairs = 4, .input_width = 6, .labels = 3};
    if (GetParam()) config.core = RecurrentConfig{.layers = 2, .width = 16};
    model_ = std::make_unique<JoinedPairModel>(config, plan_);
    parameters_ = std::make_unique<tensor::ParameterBuffer>(plan_, 2, at::kFloat);
    parameters_->initialise(0, 1);
    parameters_->initialise(1, 2);
    at::manual_seed(0);
    rows_ = {.inputs = at::randn({2, 3, 5, 6}), .labels = at::randint(3, {2, 3, 4}, at::kLong)};
  }
  at::Tensor every(const PairInputs& rows) const { return model_->every_logits(tensor::ParameterLeaves(*parameters_), rows); }

  tensor::ParameterPlan plan_;
  std::unique_ptr<JoinedPairModel> model_;
  std::unique_ptr<tensor::ParameterBuffer> parameters_;
  PairInputs rows_;
};

TEST_P(JoinedPairs, TheQuerysLogitsAreTheLastOfAll) {
  const at::Tensor all = every(rows_);
  EXPECT_EQ(all.sizes(), at::IntArrayRef({2, 3, 5, 3}));
  EXPECT_TRUE(at::allclose(all.select(2, 4), model_->logits(tensor::ParameterLeaves(*parameters_), rows_), 1e-5, 1e-5));
}

// The label of item i is seen from item i + 1 on, its input from item i on.
TEST_P(JoinedPairs, NoItemSeesItsOwnLabelOrWhatComesAfter) {
  const at::Tensor before = every(rows_);
  for (int64_t item = 0; item < 4; ++item) {
    PairInputs changed = {.inputs = rows_.inputs, .labels = rows_.labels.clone()};
    changed.labels.select(2, item).copy_((rows_.labels.select(2, item) + 1).remainder(3));
    const at::Tensor after = every(changed);
    EXPECT_TRUE(at::equal(after.narrow(2, 0, item + 1), before.narrow(2, 0, item + 1))) << item;
    EXPECT_FALSE(at::allclose(after.select(2, item + 1), before.select(2, item + 1))) << item;
    PairInputs moved = {.inputs = rows_.inputs.clone(), .labels = rows_.labels};
    moved.inputs.select(2, item).add_(1);
    const at::Tensor seen = every(moved);
    EXPECT_TRUE(at::equal(seen.narrow(2, 0, item), before.narrow(2, 0, item))) << item;
    EXPECT_FALSE(at::allclose(seen.select(2, item), before.select(2, item))) << item;
  }
}

INSTANTIATE_TEST_SUITE_P(Cores, JoinedPairs, testing::Bool(), [](const auto& core) { return core.param ? "Lstm" : "Decoder"; });

}  // namespace
}  // namespace manabi::model
