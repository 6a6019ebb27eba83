// What the claims say of records whose truth is known.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "lab/statistics/seeds.h"
#include "study/descent/attention.h"
#include "study/descent/estimators.h"
#include "study/descent/report.h"
#include "study/training/value_study.h"

namespace manabi::study::descent {
namespace {

struct OneLayer {
  double loss = 0.2081, mixed = 0.2081, cosine = 0.9995, rate = 0.606;
};

// Three seeds of one linear layer beside a step of descent that loses 0.208, a little otherwise in each.
lab::Records one_layer(const OneLayer& network) {
  lab::Records records;
  for (int64_t seed = 0; seed < 3; ++seed) {
    const double scale = 1 + 0.001 * static_cast<double>(seed);
    lab::CellRecord record{.cell = {.at = attention_at(kLinear, 1)}};
    record.cell.at[lab::kSeed] = std::to_string(seed);
    const auto add = [&](const char* metric, lab::Coordinates at, double value) {
      record.rows.push_back({.metric = metric, .at = std::move(at), .value = scale * value, .n = 10'000});
    };
    for (const char* shift : {kAsTrained, "inputs x 1.5"}) {
      add(kTaskLoss, loss_at(kNetwork, shift), network.loss);
      add(kTaskLoss, loss_at(kDescent, shift), 0.208);
    }
    add(kMixedLoss, {}, network.mixed);
    add(kLearnedRate, {}, network.rate);
    add(kBestRate, {}, 0.606);
    record.rows.push_back({.metric = kCosine, .value = network.cosine, .n = 10'000});
    records.push_back(std::move(record));
  }
  // Intervals need values that differ: the loss of one seed is a thousandth off.
  records.front().rows.front().value *= 1.001;
  return records;
}

lab::Verdict verdict(const lab::Records& records, const std::string& id) {
  const std::vector<lab::Claim> all = claims(records);
  return lab::verdict_of(*std::ranges::find(all, id, &lab::Claim::id));
}

TEST(DescentClaims, HoldOfALayerThatIsAStepOfDescent) {
  const lab::Records records = one_layer({});
  for (const char* id :
       {"one-layer-is-one-step", "one-layer-has-the-steps-slope", "half-way-is-as-good", "the-layer-learns-the-rate", "shifts-hurt-alike"})
    EXPECT_EQ(verdict(records, id), lab::Verdict::holds) << id;
}

TEST(DescentClaims, DoNotHoldOfALayerThatIsNone) {
  const lab::Records records = one_layer({.loss = 0.29, .mixed = 0.4, .cosine = 0.1, .rate = 0.2});
  for (const char* id :
       {"one-layer-is-one-step", "one-layer-has-the-steps-slope", "half-way-is-as-good", "the-layer-learns-the-rate", "shifts-hurt-alike"})
    EXPECT_EQ(verdict(records, id), lab::Verdict::does_not_hold) << id;
}

TEST(DescentClaims, WithoutTheirCellsAreNotTested) {
  for (const lab::Claim& claim : claims({})) {
    EXPECT_EQ(lab::verdict_of(claim), lab::Verdict::not_tested) << claim.id;
    EXPECT_FALSE(claim.missing.empty()) << claim.id;
  }
}

// Two seeds of a decoder whose squared differences to the learners are these at every number of examples.
lab::Records decoder(int64_t layers, double to_step, double to_least_squares) {
  lab::Records records;
  for (int64_t seed = 0; seed < 3; ++seed) {
    lab::CellRecord record{.cell = {.at = estimators_at(layers)}};
    record.cell.at[lab::kSeed] = std::to_string(seed);
    for (int64_t examples = 1; examples < kEstimatorPoints; ++examples)
      for (const auto& [learner, value] : {std::pair{"one step of descent", to_step}, {kLeastSquares, to_least_squares}, {"3 nearest", 4.0}})
        record.rows.push_back({.metric = kSquaredDifference,
                               .at = {{kLearner, learner}, {kExamples, std::to_string(examples)}},
                               .value = value * (1 + 0.01 * static_cast<double>(seed)),
                               .n = 2000});
    records.push_back(std::move(record));
  }
  return records;
}

TEST(DescentClaims, TheNearerEstimatorIsTheOneWithTheSmallerDifference) {
  EXPECT_EQ(verdict(decoder(1, 0.1, 0.4), "one-layer-is-nearest-to-descent"), lab::Verdict::holds);
  EXPECT_EQ(verdict(decoder(1, 0.4, 0.1), "one-layer-is-nearest-to-descent"), lab::Verdict::does_not_hold);
  EXPECT_EQ(verdict(decoder(4, 0.4, 0.1), "depth-brings-least-squares"), lab::Verdict::holds);
  EXPECT_EQ(verdict(decoder(4, 0.1, 0.4), "depth-brings-least-squares"), lab::Verdict::does_not_hold);
  EXPECT_EQ(verdict(decoder(4, 0.4, 0.1), "neighbours-are-far"), lab::Verdict::holds);
}

}  // namespace
}  // namespace manabi::study::descent
