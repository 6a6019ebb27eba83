#include "study/abrupt/nested_logits.h"

#include <gtest/gtest.h>

#include <cmath>

namespace manabi::study::abrupt {
namespace {

TEST(NestedLogits, TheGradientIsTheSlopeOfTheLoss) {
  const NestedLogits at = {.beta = 0.7, .alpha = 1.3, .xi = 2.1};
  constexpr double kStep = 1e-6;
  const auto slope = [&](double NestedLogits::*number) {
    NestedLogits up = at, down = at;
    up.*number += kStep;
    down.*number -= kStep;
    return (nested_loss(up, 4, 16).loss - nested_loss(down, 4, 16).loss) / (2 * kStep);
  };
  const NestedLogits gradient = nested_loss(at, 4, 16).gradient;
  EXPECT_NEAR(gradient.beta, slope(&NestedLogits::beta), 1e-7);
  EXPECT_NEAR(gradient.alpha, slope(&NestedLogits::alpha), 1e-7);
  EXPECT_NEAR(gradient.xi, slope(&NestedLogits::xi), 1e-7);
}

TEST(NestedLogits, AtZeroTheLossFallsAlongTheReadoutUnlessAllLabelsAreShown) {
  for (const auto& [pairs, labels] : {std::pair{8, 32}, {4, 16}, {8, 8}}) {
    const NestedLoss zero = nested_loss({0, 0, 0}, pairs, labels);
    EXPECT_NEAR(zero.gradient.xi, 1.0 / labels - 1.0 / pairs, 1e-12);
    EXPECT_NEAR(zero.loss, std::log(labels), 1e-12);
  }
}

TEST(NestedLogits, ThePlateauIsAGuessAmongTheContextsLabels) { EXPECT_NEAR(nested_loss({0, 0, 400}, 4, 16).loss, std::log(4), 1e-9); }

// Steps of an independent run of the same equations.
TEST(NestedLogits, DescentTakesTheStepsOfTheCalibratedRuns) {
  struct Case {
    int64_t pairs, labels;
    double start;
    int64_t attend, learn;
  };
  for (const Case& known : {Case{8, 32, .01, 2269, 4590},
                            {4, 16, .01, 887, 3369},
                            {8, 16, .01, 2781, 5134},
                            {8, 9, .01, 5306, 7838},
                            {4, 4, .01, 5074, 7763},
                            {8, 8, .5, 2342, 4963}}) {
    const NestedDescent descent = descend_nested({known.start, known.start, known.start}, known.pairs, known.labels, .02, 30'000);
    EXPECT_NEAR(static_cast<double>(descent.steps_to_attend), static_cast<double>(known.attend), 2) << known.pairs << " " << known.labels;
    EXPECT_NEAR(static_cast<double>(descent.steps_to_learn), static_cast<double>(known.learn), 2) << known.pairs << " " << known.labels;
  }
}

TEST(NestedLogits, FromZeroNothingMovesWhenAllLabelsAreShown) {
  const NestedDescent descent = descend_nested({0, 0, 0}, 8, 8, .02, 10'000);
  EXPECT_EQ(descent.steps_to_attend, -1);
  EXPECT_EQ(descent.steps_to_learn, -1);
}

}  // namespace
}  // namespace manabi::study::abrupt
