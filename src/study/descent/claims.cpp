#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "lab/statistics/decided.h"
#include "learn/theory/regression/linear.h"
#include "study/descent/attention.h"
#include "study/descent/estimators.h"
#include "study/descent/published.h"
#include "study/descent/report.h"
#include "study/training/value_study.h"

namespace manabi::study::descent {
namespace {

constexpr const char* kVonOswald = "von Oswald et al. 2023";
constexpr const char* kAkyurek = "Akyürek et al. 2023";

std::vector<double> last(const lab::Records& records, const lab::Coordinates& at, const char* metric, const lab::Coordinates& row = {}) {
  return lab::last_values(records, {.cell = at, .metric = metric, .row = row});
}

// By how many percent `more` exceeds `less`, seed by seed; empty where either is missing.
std::vector<double> excess(const std::vector<double>& less, const std::vector<double>& more) {
  if (less.size() != more.size()) return {};
  std::vector<double> percent;
  for (size_t seed = 0; seed < less.size(); ++seed) percent.push_back(100 * (more[seed] / less[seed] - 1));
  return percent;
}

std::vector<double> excess_over_descent(const lab::Records& records, const std::string& network, int64_t layers,
                                        const std::string& shift = kAsTrained, const char* learner = kDescent) {
  const lab::Coordinates at = attention_at(network, layers);
  return excess(last(records, at, kTaskLoss, loss_at(learner, shift)), last(records, at, kTaskLoss, loss_at(kNetwork, shift)));
}

// Over fewer examples than numbers, where estimators differ: mean squared difference, per number of the input.
std::vector<double> mean_difference(const lab::Records& records, const lab::Coordinates& at, const std::string& learner, int64_t most_examples) {
  std::vector<double> sums;
  for (int64_t examples = 1; examples <= most_examples; ++examples) {
    const std::vector<double> some = last(records, at, kSquaredDifference, {{kLearner, learner}, {kExamples, std::to_string(examples)}});
    if (sums.empty()) sums.resize(some.size());
    for (size_t seed = 0; seed < some.size(); ++seed) sums[seed] += some[seed] / static_cast<double>(most_examples * kEstimatorInputs);
  }
  return sums;
}

// How many times nearer the network is to one learner than to another, as a logarithm to the base 2.
std::vector<double> nearness(const lab::Records& records, const lab::Coordinates& at, const std::string& near, const std::string& far,
                             int64_t most_examples) {
  const std::vector<double> to_near = mean_difference(records, at, near, most_examples),
                            to_far = mean_difference(records, at, far, most_examples);
  std::vector<double> ratios;
  for (size_t seed = 0; seed < std::min(to_near.size(), to_far.size()); ++seed) ratios.push_back(std::log2(to_far[seed] / to_near[seed]));
  return ratios;
}

std::vector<lab::Claim> attention_claims(const lab::Records& records) {
  const lab::Coordinates one = attention_at(kLinear, 1);
  const char* missing = "two seeds of the network";
  const auto percent = [&](lab::Claim claim, const std::vector<double>& effect) {
    claim.source = kVonOswald;
    if (claim.unit.empty()) claim.unit = "%";
    return lab::decided_by_seeds(std::move(claim), effect, missing);
  };
  const std::vector<double> rate_effect = excess(last(records, one, kBestRate), last(records, one, kLearnedRate));
  return {percent({.id = "one-layer-is-one-step",
                   .sentence = "One layer of linear attention, trained, loses what one step of gradient descent at its best rate loses.",
                   .published = fmt::format("loss of one step {:.4f}; the layer's on the same curve", kPublishedOneStepLoss),
                   .measure = "loss of one layer over one step's, minus 1",
                   .direction = lab::Direction::equivalent,
                   .margin = 1},
                  excess_over_descent(records, kLinear, 1)),
          percent({.id = "one-layer-has-the-steps-slope",
                   .sentence = "What the layer tells changes with the query as one step's answer does.",
                   .published = "cosine of the slopes near 1",
                   .measure = "mean cosine",
                   .unit = "cosine",
                   .direction = lab::Direction::above,
                   .margin = 0.98},
                  last(records, one, kCosine)),
          percent({.id = "half-way-is-as-good",
                   .sentence = "A layer half way between the trained weights and the constructed ones loses no more than either.",
                   .published = "same loss (figure 2)",
                   .measure = "loss of the mixed layer over one step's, minus 1",
                   .direction = lab::Direction::equivalent,
                   .margin = 1},
                  excess(last(records, one, kTaskLoss, loss_at(kDescent)), last(records, one, kMixedLoss))),
          percent({.id = "the-layer-learns-the-rate",
                   .sentence = "The rate that stands in the trained weights is the best rate of descent.",
                   .published = "no value; derived optimum 0.606 a sum",
                   .measure = "learned rate over the best one, minus 1",
                   .direction = lab::Direction::equivalent,
                   .margin = 3},
                  rate_effect),
          percent({.id = "shifts-hurt-alike",
                   .sentence = "On inputs half as large again as in training, layer and step lose alike.",
                   .published = "curves lie on each other (figure 2)",
                   .measure = "loss of one layer over one step's at inputs x 1.5, minus 1",
                   .direction = lab::Direction::equivalent,
                   .margin = 3},
                  excess_over_descent(records, kLinear, 1, "inputs x 1.5")),
          percent({.id = "two-layers-beat-two-steps",
                   .sentence = "A layer that is passed twice does better than two plain steps.",
                   .published = "direction only",
                   .measure = "loss of two layers over two steps', minus 1",
                   .direction = lab::Direction::below,
                   .margin = -10},
                  excess_over_descent(records, kLinear, 2)),
          percent({.id = "two-layers-bend-the-inputs",
                   .sentence = "Two layers do what two steps do that correct for curvature (GD++).",
                   .published = "same loss (figure 3)",
                   .measure = "loss of two layers over that of two curved steps, minus 1",
                   .direction = lab::Direction::equivalent,
                   .margin = 5},
                  excess_over_descent(records, kLinear, 2, kAsTrained, kCurved)),
          percent({.id = "one-softmax-head-is-no-step",
                   .sentence = "One head with a softmax cannot make the step: a control that must fail.",
                   .published = "two heads are needed",
                   .measure = "loss of one softmax head over one step's, minus 1",
                   .direction = lab::Direction::above,
                   .margin = 5},
                  excess_over_descent(records, kSoftmax, 1)),
          percent({.id = "two-softmax-heads-are-a-step",
                   .sentence = "Two heads with a softmax come near the step.",
                   .published = "direction only",
                   .measure = "loss of two softmax heads over one step's, minus 1",
                   .direction = lab::Direction::below,
                   .margin = 5},
                  excess_over_descent(records, kTwoHeads, 1))};
}

std::vector<lab::Claim> estimator_claims(const lab::Records& records) {
  constexpr const char* kOneStep = "one step of descent";
  constexpr int64_t kFewer = kEstimatorInputs - 1, kAll = kEstimatorPoints - 1;
  const auto named = [](const std::string& ratio) {
    return learn::bayes_for_linear(noise_level(ratio).noise, noise_level(ratio).deviation)->name();
  };
  const auto claim = [&](lab::Claim made, const std::vector<double>& effect) {
    made.source = kAkyurek;
    made.unit = "times, as a power of 2";
    return lab::decided_by_seeds(std::move(made), effect, "two seeds of the network");
  };
  std::vector<lab::Claim> all = {claim({.id = "one-layer-is-nearest-to-descent",
                                        .sentence = "A decoder of one layer is nearer to one step of descent than to least squares.",
                                        .published = "phases over depth (figure 4)",
                                        .measure = "squared difference to least squares over that to the step, 11 numbers of examples",
                                        .margin = 0},
                                       nearness(records, estimators_at(1), kOneStep, kLeastSquares, kAll)),
                                 claim({.id = "depth-brings-least-squares",
                                        .sentence = "Four layers are nearer to least squares than to one step of descent, without noise.",
                                        .published = "phases over depth (figure 4)",
                                        .measure = "squared difference to the step over that to least squares, 11 numbers of examples",
                                        .margin = 1},
                                       nearness(records, estimators_at(4), kLeastSquares, kOneStep, kAll)),
                                 claim({.id = "neighbours-are-far",
                                        .sentence = "No decoder is a nearest-neighbour rule: a control that must fail.",
                                        .published = "3-NN far above all others (figure 1)",
                                        .measure = "squared difference to 3 nearest over that to least squares, 11 numbers of examples",
                                        .margin = 2},
                                       nearness(records, estimators_at(4), kLeastSquares, "3 nearest", kAll))};
  for (const char* ratio : {"1/9", "4/9"}) {
    const std::string other = ratio == std::string("1/9") ? "4/9" : "1/9";
    for (const std::string& far : {std::string(kLeastSquares), named(other)})
      all.push_back(claim({.id = fmt::format("noise-{}-{}", ratio[0], far == kLeastSquares ? "least-squares" : "other-ridge"),
                           .sentence = fmt::format("At the noise ratio {} the network is nearer to the Bayes estimator, {}, than to {}.", ratio,
                                                   named(ratio), far),
                           .published = "the diagonal is the least of every column (figure 2)",
                           .measure = "squared differences with fewer examples than numbers",
                           .margin = 0},
                          nearness(records, estimators_at(4, 64, ratio), named(ratio), far, kFewer)));
  }
  return all;
}

}  // namespace

std::vector<lab::Claim> claims(const lab::Records& records) {
  std::vector<lab::Claim> all = attention_claims(records);
  for (lab::Claim& claim : estimator_claims(records)) all.push_back(std::move(claim));
  return all;
}

}  // namespace manabi::study::descent
