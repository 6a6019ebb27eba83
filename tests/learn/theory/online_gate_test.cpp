#include "learn/theory/online_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"
#include "tests/support/error.h"

namespace manabi::learn {
namespace {

using testing::HasSubstr;

constexpr double kRounding = 1e-9;

TEST(AddOneEstimator, AConstantLabelAttainsTheBound) {
  AddOneEstimator estimator(2, 10);
  EXPECT_EQ(estimator.regret().value, 0);
  for (int i = 0; i < 100; ++i) {
    EXPECT_NEAR(-std::log(estimator.probability(1, 3)), add_one_excess(10, i), kRounding);
    estimator.learn(1, 3);
  }
  EXPECT_EQ(estimator.seen(0), 0);
  EXPECT_EQ(estimator.seen(1), 100);
  EXPECT_NEAR(estimator.regret().value, estimator.regret().bound, kRounding);
}

TEST(AddOneEstimator, RandomLabelsStayBelowTheBound) {
  base::Rng rng(1);
  AddOneEstimator estimator(3, 4);
  for (int i = 0; i < 2000; ++i) {
    estimator.learn(static_cast<int64_t>(rng.below(3)), static_cast<int64_t>(rng.below(4)));
    ASSERT_LE(estimator.regret().value, estimator.regret().bound + kRounding);
    ASSERT_GE(estimator.regret().value, -kRounding);
  }
}

// The excess over the entropy, averaged over data sets of n labels drawn from a law.
TEST(AddOneEstimator, ItsExpectedExcessIsBelowWhatIsDerived) {
  const std::vector<double> law = {0.7, 0.2, 0.1};
  base::Rng rng(2);
  for (const int seen : {1, 5, 30}) {
    double excess = 0;
    constexpr int kSets = 4000;
    for (int set = 0; set < kSets; ++set) {
      AddOneEstimator estimator(1, 3);
      for (int i = 0; i < seen; ++i) {
        const double at = rng.uniform();
        estimator.learn(0, at < law[0] ? 0 : at < law[0] + law[1] ? 1 : 2);
      }
      for (int64_t label = 0; label < 3; ++label)
        excess += law[static_cast<size_t>(label)] * std::log(law[static_cast<size_t>(label)] / estimator.probability(0, label)) / kSets;
    }
    EXPECT_LT(excess, add_one_excess(3, seen)) << seen;
    EXPECT_GT(excess, 0) << seen;
  }
}

TEST(ContextReaders, AnExactReaderLosesWhatIsDerived) {
  const std::vector<int64_t> context = {4, 1, 4, 2}, labels = {4, 1, 4, 2};
  for (const double gap : {0.0, 1.0, 5.0})
    EXPECT_NEAR(-std::log(read_context({.query = 4, .context = context, .labels = labels, .target = 4}, gap, 1e-7)),
                reader_loss(4, 2, gap, 1e-7), kRounding);
  EXPECT_NEAR(-std::log(read_context({.query = 7, .context = context, .labels = labels, .target = 7}, 5, 1e-7)), reader_loss(4, 4, 5, 1e-7),
              kRounding);
  EXPECT_EQ(read_context({.query = 7, .target = 7}, 5, 1e-7), 1e-7);  // no context at all
}

// One item that is always right: every reader is certain, and their mixture's weights add up to one but for rounding.
TEST(ContextReaders, ACertainReadingIsNoMoreThanCertain) {
  const std::vector<int64_t> item = {2};
  ContextReaders readers({0, 1, 2, 4, 8}, 1e-7);
  for (int i = 0; i < 100; ++i) {
    const std::vector<int64_t> label = {i % 3 == 0 ? 1 : 2};
    readers.learn({.query = 2, .context = item, .labels = label, .target = 2});
    ASSERT_LE(readers.probability({.query = 2, .context = item, .labels = item, .target = 2}), 1);
  }
}

std::vector<int64_t> drawn(base::Rng& rng, int count, uint64_t limit) {
  std::vector<int64_t> all;
  for (int i = 0; i < count; ++i) all.push_back(static_cast<int64_t>(rng.below(limit)));
  return all;
}

TEST(OnlineGate, EveryLearnersRegretStaysBelowItsBound) {
  base::Rng rng(3);
  OnlineGate gate({.inputs = 5, .labels = 5});
  double mixture = 0, weights = 0, context = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::vector<int64_t> shown = drawn(rng, 3, 5), labels = drawn(rng, 3, 5);
    const OnlineOutcome outcome = gate.play({.query = i % 5, .context = shown, .labels = labels, .target = drawn(rng, 1, 2)[0]});
    const double share = outcome.share_of_weights;
    ASSERT_LE(outcome.mixture_loss, share * outcome.weights_loss + (1 - share) * outcome.context_loss + kRounding);
    mixture += outcome.mixture_loss;
    weights += outcome.weights_loss;
    context += outcome.context_loss;
  }
  for (const Regret& regret : {gate.in_weight().regret(), gate.in_context().regret(), gate.gate().regret()})
    EXPECT_LE(regret.value, regret.bound + kRounding);
  // One gate for all regions is one of the fixed gates.
  EXPECT_GE(gate.gate().regret().value, mixture - std::min(weights, context) - 1e-6);
}

// The learner that was right so far is always wrong next: what exponential weights are there for.
TEST(RegionGate, AnAdversaryIsHeldBelowTheBound) {
  RegionGate gate(1, 2);
  EXPECT_EQ(gate.share_of_weights(0), 0.5);
  for (int i = 0; i < 1000; ++i) {
    const double share = gate.share_of_weights(0), weights = share >= 0.5 ? 2 : 0, context = 2 - weights;
    gate.learn(0, weights, context, share * weights + (1 - share) * context);
    ASSERT_LE(gate.regret().value, gate.regret().bound);
  }
  EXPECT_GT(gate.regret().value, 0);
}

TEST(RegionGate, TheBetterPredictorIsBelievedWhereItIsBetter) {
  RegionGate gate(2, 1);
  for (int i = 0; i < 400; ++i) {
    gate.learn(0, 0, 1, 0.5);
    gate.learn(1, 1, 0, 0.5);
  }
  EXPECT_GT(gate.share_of_weights(0), 0.99);
  EXPECT_LT(gate.share_of_weights(1), 0.01);
}

TEST(RegionGate, ALossBeyondItsRangeIsRefused) {
  RegionGate gate(1, 1);
  EXPECT_THAT(test::error_of([&] { gate.learn(0, 1.5, 0, 0); }), HasSubstr("1.5 nats"));
}

}  // namespace
}  // namespace manabi::learn
