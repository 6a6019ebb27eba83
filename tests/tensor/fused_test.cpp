#include "tensor/fused.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/tensor/close.h"

namespace manabi::tensor {
namespace {

at::Tensor normal(at::IntArrayRef sizes, at::ScalarType dtype = at::kFloat) { return at::randn(sizes, at::kFloat).to(dtype); }

struct Angles {
  at::Tensor cosines, sines;
};

Angles random_angles(int64_t positions, int64_t half) {
  const at::Tensor angles = at::rand({positions, half}) * 6.28;
  return {angles.cos(), angles.sin()};
}

at::Tensor pairs(const std::vector<std::pair<int64_t, int64_t>>& list) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(list.size()), 2}, at::kLong);
  for (size_t i = 0; i < list.size(); ++i) {
    tensor[static_cast<int64_t>(i)][0] = list[i].first;
    tensor[static_cast<int64_t>(i)][1] = list[i].second;
  }
  return tensor;
}

TEST(Fused, RmsNormReferenceIsTheFormula) {
  const at::Tensor hidden = at::tensor({3.0, 4.0}).view({1, 2}).to(at::kFloat);
  const at::Tensor normed = rms_norm_reference(hidden, at::tensor({1.0, 2.0}).to(at::kFloat), 0.5);
  EXPECT_NEAR(normed[0][0].item<double>(), 3 / std::sqrt(13.0), 1e-6);
  EXPECT_NEAR(normed[0][1].item<double>(), 8 / std::sqrt(13.0), 1e-6);
}

TEST(Fused, SiluTimesReferenceIsTheFormula) {
  const at::Tensor product = silu_times_reference(at::tensor({1.0, -2.0, 3.0, 5.0}).view({1, 4}).to(at::kFloat));
  EXPECT_NEAR(product[0][0].item<double>(), 3 / (1 + std::exp(-1.0)), 1e-6);
  EXPECT_NEAR(product[0][1].item<double>(), -10 / (1 + std::exp(2.0)), 1e-6);
}

TEST(Fused, RotateReferenceTurnsEachPairByItsAngle) {
  at::Tensor heads = at::tensor({1.0, 2.0, 3.0, 4.0}).view({1, 1, 4}).to(at::kFloat);
  const at::Tensor angles = at::tensor({0.0, 0.0, 0.3, 0.7}).view({2, 2}).to(at::kFloat);
  rotate_reference_(heads, at::ones({1}, at::kLong), angles.cos(), angles.sin());
  EXPECT_NEAR(heads[0][0][0].item<double>(), std::cos(0.3) - 3 * std::sin(0.3), 1e-6);
  EXPECT_NEAR(heads[0][0][2].item<double>(), 3 * std::cos(0.3) + std::sin(0.3), 1e-6);
  EXPECT_NEAR(heads[0][0][3].item<double>(), 4 * std::cos(0.7) + 2 * std::sin(0.7), 1e-6);
}

class FusedOfDtype : public testing::TestWithParam<at::ScalarType> {};

TEST_P(FusedOfDtype, RmsNormMatchesTheReference) {
  at::manual_seed(1);
  for (const int64_t width : {1, 5, 15, 16, 17, 31, 32, 64, 100, 576}) {
    for (const int64_t rows : {0, 1, 3, 130}) {
      const at::Tensor hidden = normal({rows, width}, GetParam()), weight = normal({width}, GetParam());
      EXPECT_CLOSE(rms_norm(hidden, weight, 1e-5), rms_norm_reference(hidden, weight, 1e-5)) << rows << " x " << width;
    }
  }
}

TEST_P(FusedOfDtype, AddRmsNormMatchesTheReferenceAndKeepsTheSum) {
  at::manual_seed(2);
  for (const int64_t width : {1, 15, 16, 17, 33, 576}) {
    for (const int64_t rows : {0, 1, 130}) {
      at::Tensor residual = normal({rows, width}, GetParam());
      at::Tensor expected_sum = residual.clone();
      const at::Tensor update = normal({rows, width}, GetParam()), weight = normal({width}, GetParam());
      const at::Tensor expected = add_rms_norm_reference_(expected_sum, update, weight, 1e-5);
      EXPECT_CLOSE(add_rms_norm_(residual, update, weight, 1e-5), expected) << rows << " x " << width;
      EXPECT_TRUE(at::equal(residual, expected_sum));
    }
  }
}

TEST_P(FusedOfDtype, SiluTimesMatchesTheReference) {
  at::manual_seed(3);
  for (const int64_t width : {1, 15, 16, 17, 33, 1536}) {
    for (const int64_t rows : {0, 1, 130}) {
      const at::Tensor gate_up = normal({rows, 2 * width}, GetParam()) * 4;
      EXPECT_CLOSE(silu_times(gate_up), silu_times_reference(gate_up)) << rows << " x " << width;
    }
  }
}

TEST_P(FusedOfDtype, SiluTimesIsRightFarFromZero) {
  const at::Tensor gate = at::tensor({-200.0, -100.0, -88.0, -20.0, 0.0, 20.0, 88.0, 100.0, 200.0, 1e4, -1e4}).to(GetParam());
  const at::Tensor gate_up = at::cat({gate, at::ones_like(gate)}).view({1, -1});
  EXPECT_CLOSE(silu_times(gate_up), silu_times_reference(gate_up));
}

TEST_P(FusedOfDtype, RotateMatchesTheReference) {
  at::manual_seed(4);
  for (const int64_t width : {2, 16, 32, 48, 64, 80, 128}) {
    const Angles angles = random_angles(50, width / 2);
    for (const int64_t tokens : {0, 1, 70}) {
      at::Tensor heads = normal({tokens, 3, width}, GetParam());
      at::Tensor expected = heads.clone();
      const at::Tensor positions = at::randint(50, {tokens}, at::kLong);
      rotate_(heads, positions, angles.cosines, angles.sines);
      rotate_reference_(expected, positions, angles.cosines, angles.sines);
      EXPECT_CLOSE(heads, expected) << tokens << " tokens, width " << width;
    }
  }
}

TEST_P(FusedOfDtype, RotateChangesOnlyItsPartOfAFusedTensor) {
  at::manual_seed(5);
  const at::Tensor fused = normal({20, 15, 64}, GetParam());
  const at::Tensor before = fused.clone();
  const Angles angles = random_angles(20, 32);
  at::Tensor part = fused.narrow(1, 0, 12);
  at::Tensor expected = part.clone();
  rotate_(part, at::arange(20), angles.cosines, angles.sines);
  rotate_reference_(expected, at::arange(20), angles.cosines, angles.sines);
  EXPECT_CLOSE(part.contiguous(), expected);
  EXPECT_TRUE(at::equal(fused.narrow(1, 12, 3), before.narrow(1, 12, 3)));
}

TEST_P(FusedOfDtype, NanStaysInItsRow) {
  at::manual_seed(6);
  at::Tensor hidden = normal({3, 64}, GetParam());
  hidden[1][7] = NAN;
  const at::Tensor normed = rms_norm(hidden, at::ones({64}, GetParam()), 1e-5);
  EXPECT_TRUE(at::isnan(normed[1]).all().item<bool>());
  EXPECT_FALSE(at::isnan(normed[0]).any().item<bool>());
  const at::Tensor product = silu_times(hidden);
  EXPECT_TRUE(at::isnan(product[1][7]).item<bool>());
  EXPECT_EQ(at::isnan(product).sum().item<int64_t>(), 1);
}

TEST_P(FusedOfDtype, TakesNonContiguousInputs) {
  at::manual_seed(7);
  const at::Tensor hidden = normal({64, 20}, GetParam()).t(), weight = normal({64}, GetParam());
  EXPECT_CLOSE(rms_norm(hidden, weight, 1e-5), rms_norm_reference(hidden, weight, 1e-5));
  EXPECT_CLOSE(silu_times(hidden), silu_times_reference(hidden));
  at::Tensor residual = normal({64, 20}, GetParam()).t();
  at::Tensor expected = residual.clone();
  EXPECT_CLOSE(add_rms_norm_(residual, hidden, weight, 1e-5), add_rms_norm_reference_(expected, hidden, weight, 1e-5));
  EXPECT_TRUE(at::equal(residual, expected));
}

TEST_P(FusedOfDtype, TargetLogProbabilitiesMatchTheReference) {
  at::manual_seed(8);
  const at::Tensor unembedding = normal({5000, 96}, GetParam());
  for (const int64_t rows : {1, 2, 17, 100}) {
    const at::Tensor hidden = (normal({rows, 96}) / 4).to(GetParam());
    const at::Tensor targets = at::stack({at::randint(rows, {40}, at::kLong), at::randint(5000, {40}, at::kLong)}, 1);
    const at::Tensor expected = target_log_probabilities_reference(hidden, unembedding, targets);
    const at::Tensor difference = (target_log_probabilities(hidden, unembedding, targets) - expected).abs();
    EXPECT_LE(difference.max().item<double>(), 1e-5) << rows << " rows";
  }
}

TEST_P(FusedOfDtype, TargetLogProbabilitiesMatchTheReferenceAroundBlockBoundaries) {
  at::manual_seed(13);
  for (const int64_t width : {1, 2, 16, 30, 33}) {
    for (const int64_t vocabulary : {1, 15, 16, 17, 63, 64, 65, 1023, 1024, 1025, 2049}) {
      const at::Tensor unembedding = normal({vocabulary, width}, GetParam()), hidden = normal({7, width}, GetParam());
      const at::Tensor targets = at::stack({at::arange(7), at::randint(vocabulary, {7}, at::kLong)}, 1);
      const at::Tensor expected = target_log_probabilities_reference(hidden, unembedding, targets);
      const at::Tensor difference = (target_log_probabilities(hidden, unembedding, targets) - expected).abs();
      EXPECT_LE(difference.max().item<double>(), 1e-5) << vocabulary << " tokens, width " << width;
    }
  }
}

TEST_P(FusedOfDtype, AllLogitsAreDotProductsInFloat32) {
  at::manual_seed(14);
  for (const int64_t width : {1, 16, 30, 576}) {
    for (const int64_t vocabulary : {1, 17, 64, 1025}) {
      const at::Tensor unembedding = normal({vocabulary, width}, GetParam());
      for (const int64_t rows : {0, 1, 7}) {
        const at::Tensor hidden = normal({rows, width}, GetParam());
        const at::Tensor expected = at::matmul(hidden.to(at::kDouble), unembedding.to(at::kDouble).t()).to(at::kFloat);
        EXPECT_TRUE(is_close(all_logits(hidden, unembedding), expected, 2)) << vocabulary << " tokens, width " << width;
      }
    }
  }
}

TEST_P(FusedOfDtype, LogProbabilitiesDoNotDependOnThreads) {
  at::manual_seed(15);
  const at::Tensor unembedding = normal({5000, 64}, GetParam()), hidden = normal({9, 64}, GetParam());
  const at::Tensor targets = pairs({{0, 1}, {8, 4999}});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor alone = target_log_probabilities(hidden, unembedding, targets);
  at::set_num_threads(3);
  const at::Tensor together = target_log_probabilities(hidden, unembedding, targets);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(alone, together));
}

TEST_P(FusedOfDtype, LogProbabilitiesOfOneRowSumToOne) {
  at::manual_seed(9);
  const at::Tensor unembedding = normal({3001, 64}, GetParam()), hidden = normal({1, 64}, GetParam());
  const at::Tensor targets = at::stack({at::zeros({3001}, at::kLong), at::arange(3001)}, 1);
  const double total = target_log_probabilities(hidden, unembedding, targets).to(at::kDouble).exp().sum().item<double>();
  EXPECT_NEAR(total, 1, 1e-5);
}

TEST_P(FusedOfDtype, LogProbabilitiesDoNotDependOnOtherRows) {
  at::manual_seed(10);
  const at::Tensor unembedding = normal({2000, 64}, GetParam()), hidden = normal({33, 64}, GetParam());
  const at::Tensor together = target_log_probabilities(hidden, unembedding, pairs({{32, 7}, {4, 1999}, {4, 0}}));
  const at::Tensor alone = target_log_probabilities(hidden.narrow(0, 4, 1), unembedding, pairs({{0, 1999}, {0, 0}}));
  EXPECT_LE((together.narrow(0, 1, 2) - alone).abs().max().item<double>(), 1e-5);
}

TEST_P(FusedOfDtype, TargetLogitsAreDotProducts) {
  at::manual_seed(11);
  const at::Tensor unembedding = normal({300, 64}, GetParam()), hidden = normal({5, 64}, GetParam());
  const at::Tensor logits = target_logits(hidden, unembedding, pairs({{0, 0}, {4, 299}, {4, 299}, {2, 5}}));
  const at::Tensor all = at::matmul(hidden.to(at::kDouble), unembedding.to(at::kDouble).t());
  EXPECT_NEAR(logits[1].item<double>(), all[4][299].item<double>(), 1e-4);
  EXPECT_EQ(logits[1].item<float>(), logits[2].item<float>());
  EXPECT_NEAR(logits[3].item<double>(), all[2][5].item<double>(), 1e-4);
  EXPECT_EQ(logits.scalar_type(), at::kFloat);
}

TEST_P(FusedOfDtype, NoTargetsGiveAnEmptyResult) {
  const at::Tensor unembedding = normal({300, 64}, GetParam());
  EXPECT_EQ(target_log_probabilities(normal({5, 64}, GetParam()), unembedding, pairs({})).numel(), 0);
  EXPECT_EQ(target_log_probabilities(normal({0, 64}, GetParam()), unembedding, pairs({})).numel(), 0);
  EXPECT_EQ(target_logits(normal({0, 64}, GetParam()), unembedding, pairs({})).numel(), 0);
}

TEST_P(FusedOfDtype, NanGivesNanLogProbabilitiesInItsRowOnly) {
  at::manual_seed(12);
  const at::Tensor unembedding = normal({300, 64}, GetParam()), hidden = normal({3, 64}, GetParam());
  hidden[1].fill_(NAN);
  const at::Tensor scores = target_log_probabilities(hidden, unembedding, pairs({{0, 1}, {1, 1}, {2, 1}}));
  EXPECT_FALSE(at::isnan(scores[0]).item<bool>());
  EXPECT_TRUE(at::isnan(scores[1]).item<bool>());
  EXPECT_FALSE(at::isnan(scores[2]).item<bool>());
}

INSTANTIATE_TEST_SUITE_P(Dtypes, FusedOfDtype, testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& dtype) { return std::string(at::toString(dtype.param)); });

TEST(Fused, TargetsOutsideTheVocabularyAreRefused) {
  const at::Tensor unembedding = normal({300, 64}), hidden = normal({3, 64});
  for (const auto& pair : {std::pair<int64_t, int64_t>{0, 300}, {3, 0}, {-1, 0}, {0, -1}}) {
    EXPECT_THROW(target_log_probabilities(hidden, unembedding, pairs({pair})), c10::Error);
    EXPECT_THROW(target_logits(hidden, unembedding, pairs({pair})), c10::Error);
  }
}

TEST(Fused, PositionsOutsideTheTableAreRefused) {
  at::Tensor heads = normal({1, 1, 4});
  const Angles angles = random_angles(5, 2);
  EXPECT_THROW(rotate_(heads, at::full({1}, 5, at::kLong), angles.cosines, angles.sines), c10::Error);
  EXPECT_THROW(rotate_(heads, at::full({1}, -1, at::kLong), angles.cosines, angles.sines), c10::Error);
}

}  // namespace
}  // namespace manabi::tensor
