#include "learn/theory/regression/regressor.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "learn/theory/regression/descent.h"
#include "learn/theory/regression/lasso.h"
#include "learn/theory/regression/linear.h"
#include "learn/theory/regression/local.h"
#include "learn/theory/regression/tree.h"
#include "learn/theory/regression/two_layer.h"
#include "learn/training/value_training.h"
#include "tests/support/error.h"
#include "world/values/function_world.h"

namespace manabi::learn {
namespace {

using ::testing::HasSubstr;

// Rows of one linear world: [B, T, I] and [B, T].
struct Rows {
  at::Tensor inputs, values;

  Examples before(int64_t point) const { return {.inputs = inputs.narrow(1, 0, point), .values = values.narrow(1, 0, point)}; }
  at::Tensor query(int64_t point) const { return inputs.narrow(1, point, 1); }
  at::Tensor wanted(int64_t point) const { return values.narrow(1, point, 1); }
};

Rows rows_of(std::shared_ptr<const world::Functions> functions, const world::FunctionWorldConfig& config, int64_t count) {
  const ValueWorlds worlds = {std::make_shared<world::FunctionWorld>(std::move(functions), config)};
  const model::ValueRows rows = draw_values(worlds, 0, 0, count);
  return {.inputs = rows.inputs[0].to(at::kDouble), .values = rows.values[0].to(at::kDouble)};
}

Rows linear_rows(int64_t width, int64_t points, int64_t count, double noise = 0) {
  return rows_of(std::make_shared<world::LinearFunctions>(width), {.points = points, .noise = noise, .seed = 11}, count);
}

double mean_error(const Regressor& regressor, const Rows& rows, int64_t point) {
  return (regressor.tell(rows.before(point), rows.query(point)) - rows.wanted(point)).square().mean().item<double>();
}

Regressors every_regressor() {
  return {std::make_shared<Averaging>(),
          std::make_shared<LeastSquares>(),
          std::make_shared<Ridge>(0.5),
          std::make_shared<GradientDescent>(2, 0.05),
          std::make_shared<CurvedDescent>(2, 0.05, 0.01),
          std::make_shared<PreconditionedDescent>(2, 0.5, 0.1),
          std::make_shared<OnlineDescent>(0.02),
          std::make_shared<NewtonSteps>(5),
          std::make_shared<Lasso>(0.01),
          std::make_shared<NearestNeighbours>(3),
          std::make_shared<NearestNeighbours>(3, NeighbourWeights::inverse_square),
          std::make_shared<KernelSmoother>(1.0),
          std::make_shared<GreedyTree>(4),
          std::make_shared<TwoLayerFit>(TwoLayerFitConfig{.hidden_width = 8, .steps = 5})};
}

TEST(Regressor, WithoutExamplesZeroIsTold) {
  const Rows rows = linear_rows(3, 2, 4);
  for (const auto& regressor : every_regressor())
    EXPECT_TRUE(at::equal(regressor->tell(rows.before(0), rows.query(0)), at::zeros({4, 1}, at::kDouble))) << regressor->name();
}

// Whatever stands beside a row in its batch, and however many queries are asked, it is told the same.
TEST(Regressor, WhatIsToldDependsOnTheRowsOwnExamplesAlone) {
  const Rows rows = linear_rows(3, 9, 6, 0.3);
  const at::Tensor queries = rows.inputs.narrow(1, 7, 2);
  for (const auto& regressor : every_regressor()) {
    const at::Tensor together = regressor->tell(rows.before(7), queries);
    const Rows alone = {.inputs = rows.inputs.narrow(0, 4, 1), .values = rows.values.narrow(0, 4, 1)};
    EXPECT_TRUE(at::allclose(together.narrow(0, 4, 1).narrow(1, 1, 1), regressor->tell(alone.before(7), queries.narrow(0, 4, 1).narrow(1, 1, 1)),
                             1e-9, 1e-9))
        << regressor->name();
  }
}

TEST(Regressor, NoAnswerIsInfiniteOnEqualOrEmptyInputs) {
  const Examples equal = {.inputs = at::ones({2, 4, 3}, at::kDouble), .values = at::ones({2, 4}, at::kDouble)};
  const Examples zero = {.inputs = at::zeros({2, 4, 3}, at::kDouble), .values = at::ones({2, 4}, at::kDouble)};
  for (const auto& regressor : every_regressor())
    for (const Examples& examples : {equal, zero})
      EXPECT_TRUE(regressor->tell(examples, at::ones({2, 1, 3}, at::kDouble)).isfinite().all().item<bool>()) << regressor->name();
}

TEST(Regressor, ShapesThatDoNotAgreeAreRefused) {
  EXPECT_THAT(test::error_of([] {
                LeastSquares().tell({.inputs = at::zeros({2, 3, 4}), .values = at::zeros({2, 4})}, at::zeros({2, 1, 4}));
              }),
              HasSubstr("inputs [B, K, I]"));
}

TEST(Regressor, TellEveryTellsEachPointFromThoseBeforeIt) {
  const Rows rows = linear_rows(3, 5, 4);
  const at::Tensor told = tell_every(Ridge(0.1), rows.inputs, rows.values);
  EXPECT_EQ(told.sizes(), at::IntArrayRef({4, 5}));
  EXPECT_TRUE(at::allclose(told.narrow(1, 4, 1), Ridge(0.1).tell(rows.before(4), rows.query(4))));
  EXPECT_EQ(told.select(1, 0).abs().sum().item<double>(), 0);
}

TEST(LeastSquares, AsManyExamplesAsNumbersTellEverythingWithoutNoise) {
  const Rows rows = linear_rows(4, 6, 200);
  EXPECT_LT(mean_error(LeastSquares(), rows, 5), 1e-6);
}

// With K examples of I numbers a random direction is known by K / I.
TEST(LeastSquares, TooFewExamplesGiveTheShortestWeights) {
  const Rows rows = linear_rows(10, 5, 4000);
  EXPECT_NEAR(mean_error(LeastSquares(), rows, 4), 10 * 0.6, 0.5);
  const at::Tensor weights = LeastSquares().weights(rows.before(4));
  EXPECT_TRUE(at::allclose(at::matmul(rows.before(4).inputs, weights.unsqueeze(2)).squeeze(2), rows.before(4).values, 1e-6, 1e-6));
  // The shortest weights are a sum of the inputs: what is orthogonal to these is not in them.
  const at::Tensor across = at::matmul(at::linalg_pinv(rows.before(4).inputs), rows.before(4).inputs);
  EXPECT_TRUE(at::allclose(at::matmul(across, weights.unsqueeze(2)).squeeze(2), weights, 1e-6, 1e-6));
}

TEST(LeastSquares, TheSameExampleTwiceCountsAsOne) {
  const Rows rows = linear_rows(3, 3, 5);
  const Examples once = rows.before(2);
  const Examples twice = {.inputs = at::cat({once.inputs, once.inputs}, 1), .values = at::cat({once.values, once.values}, 1)};
  EXPECT_TRUE(at::allclose(LeastSquares().weights(once), LeastSquares().weights(twice), 1e-9, 1e-9));
}

TEST(Ridge, SolvesItsNormalEquations) {
  const Rows rows = linear_rows(4, 7, 20, 0.5);
  const Examples examples = rows.before(6);
  const at::Tensor weights = Ridge(0.7).weights(examples).unsqueeze(2);
  const at::Tensor across = examples.inputs.transpose(1, 2);
  const at::Tensor left = at::matmul(across, at::matmul(examples.inputs, weights)) + 0.7 * weights;
  EXPECT_TRUE(at::allclose(left, at::matmul(across, examples.values.unsqueeze(2)), 1e-9, 1e-9));
  EXPECT_THAT(test::error_of([] { Ridge(0); }), HasSubstr("lambda = 0"));
}

// No learner beats the posterior mean on the distribution that it is the posterior mean of, beyond twice the paired standard error.
TEST(Ridge, NothingBeatsTheBayesOptimumOnItsOwnDistribution) {
  constexpr double kNoise = 0.5;
  const Rows rows = linear_rows(5, 11, 4000, kNoise);
  const auto optimum = bayes_for_linear(kNoise, 1);
  for (const int64_t point : {2, 5, 10}) {
    const auto errors = [&](const Regressor& regressor) {
      return (regressor.tell(rows.before(point), rows.query(point)) - rows.wanted(point)).square().squeeze(1);
    };
    const at::Tensor best = errors(*optimum);
    for (const auto& regressor : every_regressor()) {
      const at::Tensor more = errors(*regressor) - best;
      EXPECT_GT(more.mean().item<double>(), -2 * more.std().item<double>() / std::sqrt(4000.0)) << regressor->name() << " at " << point;
    }
  }
}

TEST(GradientDescent, ManySmallStepsReachLeastSquares) {
  const Rows rows = linear_rows(3, 12, 20);
  EXPECT_TRUE(at::allclose(GradientDescent(20'000, 0.01).weights(rows.before(11)), LeastSquares().weights(rows.before(11)), 1e-4, 1e-4));
}

TEST(GradientDescent, OneStepIsTheRateTimesTheProducts) {
  const Rows rows = linear_rows(3, 5, 4);
  const Examples examples = rows.before(4);
  const at::Tensor expected = 0.3 * (examples.values.unsqueeze(2) * examples.inputs).sum(1);
  EXPECT_TRUE(at::allclose(GradientDescent(1, 0.3).weights(examples), expected));
}

TEST(GradientDescent, ItsLossFollowsTheClosedForm) {
  const Rows rows =
      rows_of(std::make_shared<world::LinearFunctions>(10), {.points = 11, .inputs = {.kind = world::InputKind::uniform}, .seed = 1}, 40'000);
  const OneStepLoss theory;
  EXPECT_NEAR(theory.best_rate(), 0.606, 5e-4);
  EXPECT_NEAR(theory.at(theory.best_rate()), 0.2062, 5e-5);
  for (const double rate : {0.2, theory.best_rate(), 0.9})
    EXPECT_NEAR(mean_error(GradientDescent(1, rate), rows, 10) / 2, theory.at(rate), 0.012 * theory.at(rate)) << rate;
  EXPECT_NEAR(best_rate(1, rows.inputs, rows.values, 3), theory.best_rate(), 0.02);
}

TEST(CurvedDescent, WithoutCurvatureIsDescent) {
  const Rows rows = linear_rows(4, 8, 10);
  EXPECT_TRUE(at::allclose(CurvedDescent(3, 0.05, 0).tell(rows.before(7), rows.query(7)),
                           GradientDescent(3, 0.05).tell(rows.before(7), rows.query(7)), 1e-9, 1e-9));
}

TEST(PreconditionedDescent, OneFullStepSolvesTheDampedProblem) {
  const Rows rows = linear_rows(4, 9, 10, 0.2);
  EXPECT_TRUE(at::allclose(PreconditionedDescent(1, 1, 0.05).weights(rows.before(8)), Ridge(0.05 * 8).weights(rows.before(8)), 1e-9, 1e-9));
}

TEST(OnlineDescent, FollowsTheNaiveLoop) {
  const Rows rows = linear_rows(3, 6, 1);
  std::vector<double> weights(3);
  for (int64_t i = 0; i < 5; ++i) {
    double residual = -rows.values[0][i].item<double>();
    for (int64_t j = 0; j < 3; ++j) residual += weights[static_cast<size_t>(j)] * rows.inputs[0][i][j].item<double>();
    for (int64_t j = 0; j < 3; ++j)
      weights[static_cast<size_t>(j)] -= 0.05 * std::clamp(2 * residual * rows.inputs[0][i][j].item<double>(), -20.0, 20.0);
  }
  EXPECT_TRUE(at::allclose(OnlineDescent(0.05).weights(rows.before(5))[0], at::tensor(weights, at::kDouble)));
}

TEST(NewtonSteps, ConvergeToLeastSquares) {
  const Rows rows = linear_rows(3, 12, 20);
  EXPECT_TRUE(at::allclose(NewtonSteps(40).weights(rows.before(11)), LeastSquares().weights(rows.before(11)), 1e-6, 1e-6));
}

// At the minimum the slope of the squared error is alpha against every weight's sign, and at most alpha where a weight is zero.
TEST(Lasso, MeetsItsConditionsOfOptimality) {
  constexpr double kAlpha = 0.1;
  const Rows rows = rows_of(std::make_shared<world::LinearFunctions>(6, 1, 2), {.points = 13, .noise = 0.1, .seed = 3}, 20);
  const Examples examples = rows.before(12);
  const at::Tensor weights = Lasso(kAlpha).weights(examples);
  const at::Tensor residual = examples.values.unsqueeze(2) - at::matmul(examples.inputs, weights.unsqueeze(2));
  const at::Tensor slope = at::matmul(examples.inputs.transpose(1, 2), residual).squeeze(2) / 12;
  const at::Tensor is_zero = weights.eq(0);
  EXPECT_GT(is_zero.sum().item<int64_t>(), 10);
  EXPECT_TRUE(at::where(is_zero, slope.abs() <= kAlpha + 1e-5, (slope - kAlpha * weights.sign()).abs() < 1e-5).all().item<bool>());
}

TEST(Lasso, BeatsLeastSquaresOnSparseFunctions) {
  const Rows rows = rows_of(std::make_shared<world::LinearFunctions>(20, 1, 2), {.points = 13, .seed = 3}, 300);
  EXPECT_LT(mean_error(Lasso(0.01), rows, 12), 0.5 * mean_error(LeastSquares(), rows, 12));
}

TEST(NearestNeighbours, TellTheMeanOfTheNearest) {
  const Examples examples = {.inputs = at::tensor({0.0, 1.0, 3.0, 10.0}).view({1, 4, 1}),
                             .values = at::tensor({1.0, 2.0, 6.0, 100.0}).view({1, 4})};
  const at::Tensor query = at::full({1, 1, 1}, 2.0, at::kDouble);
  EXPECT_DOUBLE_EQ(NearestNeighbours(3).tell(examples, query).item<double>(), 3);
  EXPECT_DOUBLE_EQ(NearestNeighbours(9).tell(examples, query).item<double>(), 109.0 / 4);
  // Squared distances 4, 1 and 1: weights 1/4, 1, 1.
  EXPECT_NEAR(NearestNeighbours(3, NeighbourWeights::inverse_square).tell(examples, query).item<double>(), (0.25 + 2 + 6) / 2.25, 1e-12);
  EXPECT_NEAR(NearestNeighbours(3, NeighbourWeights::inverse_square).tell(examples, at::ones({1, 1, 1}, at::kDouble)).item<double>(), 2, 1e-9);
}

TEST(KernelSmoother, WeighsByDistance) {
  const Examples examples = {.inputs = at::tensor({0.0, 2.0}).view({1, 2, 1}), .values = at::tensor({1.0, 5.0}).view({1, 2})};
  EXPECT_DOUBLE_EQ(KernelSmoother(0.7).tell(examples, at::ones({1, 1, 1}, at::kDouble)).item<double>(), 3);
  const double near = std::exp(-0.5), far = std::exp(-0.5 * 9);
  EXPECT_NEAR(KernelSmoother(1).tell(examples, at::full({1, 1, 1}, -1.0, at::kDouble)).item<double>(), (near + 5 * far) / (near + far), 1e-12);
}

// The cut that leaves the least error, by trying all.
TEST(GreedyTree, OneCutIsTheBestOfAllCuts) {
  const Rows rows = linear_rows(2, 7, 30);
  const at::Tensor told = GreedyTree(1).tell(rows.before(6), rows.query(6));
  for (int64_t row = 0; row < 30; ++row) {
    double best = std::numeric_limits<double>::infinity(), expected = 0;
    for (int64_t number = 0; number < 2; ++number)
      for (int64_t at = 0; at < 6; ++at) {
        const double cut = rows.inputs[row][at][number].item<double>();
        double sums[2] = {0, 0}, squares = 0;
        int64_t counts[2] = {0, 0};
        double next = std::numeric_limits<double>::infinity();
        for (int64_t i = 0; i < 6; ++i) {
          const double here = rows.inputs[row][i][number].item<double>(), value = rows.values[row][i].item<double>();
          sums[here > cut] += value, counts[here > cut] += 1, squares += value * value;
          if (here > cut) next = std::min(next, here);
        }
        if (counts[1] == 0) continue;
        const double error = squares - sums[0] * sums[0] / static_cast<double>(counts[0]) - sums[1] * sums[1] / static_cast<double>(counts[1]);
        if (error >= best) continue;
        best = error;
        const bool is_right = rows.inputs[row][6][number].item<double>() > (cut + next) / 2;
        expected = sums[is_right] / static_cast<double>(counts[is_right]);
      }
    EXPECT_NEAR(told[row].item<double>(), expected, 1e-9) << row;
  }
}

TEST(GreedyTree, ADeepTreeRemembersItsExamples) {
  const Rows rows = linear_rows(3, 20, 10);
  EXPECT_TRUE(at::allclose(GreedyTree(50).tell(rows.before(20), rows.inputs), rows.values, 1e-12, 1e-12));
}

// Enough steps fit the examples; a finite difference of one step's loss would say whether a gradient is wrong.
TEST(TwoLayerFit, FitsItsExamples) {
  const Rows rows = linear_rows(2, 6, 8);
  const at::Tensor told = TwoLayerFit({.hidden_width = 64, .steps = 1500, .rate = 1e-2}).tell(rows.before(6), rows.inputs);
  EXPECT_LT((told - rows.values).square().mean().item<double>(), 1e-3);
}

}  // namespace
}  // namespace manabi::learn
