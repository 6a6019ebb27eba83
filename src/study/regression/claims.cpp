#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "study/regression/report.h"
#include "study/regression/tasks.h"
#include "study/training/value_study.h"

namespace manabi::study::regression {
namespace {

constexpr const char* kLeastSquares = "least squares";
constexpr const char* kSource = "Garg et al. 2022";

std::vector<double> errors(const lab::Records& records, const lab::Coordinates& at, const std::string& learner, int64_t examples,
                           const std::string& shift = kAsTrained) {
  return lab::last_values(
      records, {.cell = at, .metric = kSquaredError, .row = {{kLearner, learner}, {kExamples, std::to_string(examples)}, {kShift, shift}}});
}

// The setting with the most steps that was trained on these functions of so many numbers, at the usual width.
std::optional<lab::Coordinates> longest(const lab::Records& records, const Setting& wanted) {
  std::optional<Setting> best;
  for (const lab::Coordinates& at : lab::settings_in(records)) {
    const Setting setting = setting_of(at);
    if (setting.functions != wanted.functions || setting.numbers != wanted.numbers || setting.width != wanted.width ||
        setting.layers != wanted.layers || setting.has_curriculum != wanted.has_curriculum)
      continue;
    if (!best || setting.steps > best->steps) best = setting;
  }
  if (!best) return std::nullopt;
  return best->at();
}

// A claim about the error of one learner less that of another, both of one network's tasks.
struct Comparison {
  std::string id, sentence, published;
  Setting setting;
  std::string more, less;  // the effect is the error of `more` minus that of `less`; an empty `less` is an error of zero
  int64_t examples = 0;
  std::string shift = kAsTrained;
  lab::Direction direction = lab::Direction::above;
  double margin = 0;
};

lab::Claim claim_of(const lab::Records& records, const Comparison& comparison) {
  const std::string shift = comparison.shift == kAsTrained ? "" : ", " + comparison.shift;
  const std::string against = comparison.less.empty() ? "" : ", minus that of " + comparison.less;
  lab::Claim claim{.id = comparison.id,
                   .sentence = comparison.sentence,
                   .source = kSource,
                   .published = comparison.published,
                   .measure = fmt::format("normalised squared error of {}{} after {} examples ({}{})", comparison.more, against,
                                          comparison.examples, comparison.setting.functions, shift),
                   .unit = "error",
                   .direction = comparison.direction,
                   .margin = comparison.margin};
  if (const auto at = longest(records, comparison.setting)) {
    const std::vector<double> more = errors(records, *at, comparison.more, comparison.examples, comparison.shift);
    const std::vector<double> less = comparison.less.empty() ? std::vector<double>(more.size())
                                                             : errors(records, *at, comparison.less, comparison.examples, comparison.shift);
    claim.effect = lab::interval_over_seeds(lab::differences(less, more));
  }
  if (!claim.effect) claim.missing = "two seeds of the network";
  return claim;
}

// A claim about two networks after equally many steps: the error of one minus that of the other.
lab::Claim between_networks(const lab::Records& records, lab::Claim claim, const Setting& more, const Setting& less, int64_t examples) {
  const auto more_at = longest(records, more), less_at = longest(records, less);
  claim.source = kSource;
  claim.unit = "error";
  if (more_at && less_at)
    claim.effect =
        lab::interval_over_seeds(lab::differences(errors(records, *less_at, kNetwork, examples), errors(records, *more_at, kNetwork, examples)));
  if (!claim.effect) claim.missing = "two seeds of both networks";
  return claim;
}

std::vector<Comparison> comparisons() {
  const Setting linear, sparse = {.functions = kSparse, .numbers = 10}, tree = {.functions = kTree}, network = {.functions = kTwoLayer};
  using lab::Direction;
  return {{.id = "linear-functions-are-learned",
           .sentence = "After twice as many examples as numbers a decoder tells linear functions nearly as well as least squares.",
           .published = "network 0.02 after 20 examples of 20 numbers, least squares 0",
           .setting = linear,
           .more = kNetwork,
           .less = kLeastSquares,
           .examples = 10,
           .direction = Direction::below,
           .margin = 0.15},
          {.id = "better-than-averaging",
           .sentence = "It does better than averaging.",
           .published = "averaging 0.51 after 40 examples, network about 0",
           .setting = linear,
           .more = "averaging",
           .less = kNetwork,
           .examples = 10},
          {.id = "better-than-neighbours",
           .sentence = "It does better than the three nearest neighbours.",
           .published = "3 nearest 0.62 after 40 examples, network about 0",
           .setting = linear,
           .more = "3 nearest",
           .less = kNetwork,
           .examples = 10},
          {.id = "sparse-beats-least-squares",
           .sentence = "On sparse functions a decoder does better than least squares, which does not know that they are sparse.",
           .published = "direction only",
           .setting = sparse,
           .more = kLeastSquares,
           .less = kNetwork,
           .examples = 7},
          {.id = "sparse-is-near-lasso",
           .sentence = "On sparse functions it comes near the lasso.",
           .published = "direction only",
           .setting = sparse,
           .more = kNetwork,
           .less = "lasso 0.01",
           .examples = 7,
           .direction = Direction::below,
           .margin = 0.15},
          {.id = "trees-beat-greedy-trees",
           .sentence = "On tree functions a decoder does better than trees grown greedily.",
           .published = "direction only",
           .setting = tree,
           .more = "greedy tree of depth 3",
           .less = kNetwork,
           .examples = 40},
          {.id = "two-layer-functions-beat-lines",
           .sentence = "On two-layer functions a decoder does better than least squares.",
           .published = "network 2.88, least squares 12.88 (raw) after 100 examples of 20 numbers",
           .setting = network,
           .more = kLeastSquares,
           .less = kNetwork,
           .examples = 25},
          {.id = "two-layer-functions-match-descent",
           .sentence = "On two-layer functions it does about as well as a two-layer network trained on the prompt.",
           .published = "network 2.88, trained 2.17 (raw) after 100 examples of 20 numbers",
           .setting = network,
           .more = kNetwork,
           .less = "two-layer network by descent",
           .examples = 25,
           .direction = Direction::below,
           .margin = 0.05},
          {.id = "orthogonal-queries-tell-nothing",
           .sentence = "Of a query orthogonal to all examples it tells nothing, like least squares.",
           .published = "error about 1.0",
           .setting = linear,
           .more = kNetwork,
           .less = kLeastSquares,
           .examples = 4,
           .shift = "orthogonal query",
           .direction = Direction::equivalent,
           .margin = 0.15},
          {.id = "repeated-queries-are-remembered",
           .sentence = "Of a query that stands among the examples it tells what was shown.",
           .published = "no value is certain",
           .setting = linear,
           .more = kNetwork,
           .less = "",
           .examples = 5,
           .shift = "repeated query",
           .direction = Direction::below,
           .margin = 0.15},
          {.id = "other-orthants-do-not-matter",
           .sentence = "Examples from one orthant serve a query from another.",
           .published = "error 0.06 after 20 examples of 20 numbers",
           .setting = linear,
           .more = kNetwork,
           .less = kLeastSquares,
           .examples = 10,
           .shift = "other orthant",
           .direction = Direction::below,
           .margin = 0.3},
          {.id = "scaled-inputs-break-it",
           .sentence = "Inputs three times as large as in training break it, where least squares is right.",
           .published = "a visible failure",
           .setting = linear,
           .more = kNetwork,
           .less = kLeastSquares,
           .examples = 10,
           .shift = "inputs x 3",
           .margin = 0.3}};
}

}  // namespace

std::vector<lab::Claim> claims(const lab::Records& records) {
  std::vector<lab::Claim> all;
  for (const Comparison& comparison : comparisons()) all.push_back(claim_of(records, comparison));
  all.push_back(between_networks(records,
                                 {.id = "the-curriculum-helps",
                                  .sentence = "Beginning with fewer numbers and points helps on functions of ten numbers.",
                                  .published = "without it training stands still for long",
                                  .measure = "normalised squared error after 20 examples, without minus with the curriculum",
                                  .margin = 0},
                                 {.numbers = 10}, {.numbers = 10, .has_curriculum = true}, 20));
  all.push_back(between_networks(records,
                                 {.id = "wider-is-better",
                                  .sentence = "Wider networks tell linear functions better after equally many steps.",
                                  .published = "error falls with size (figure 5)",
                                  .measure = "normalised squared error after 10 examples, width 16 minus 128",
                                  .margin = 0},
                                 {.width = 16}, {.width = 128}, 10));
  return all;
}

}  // namespace manabi::study::regression
