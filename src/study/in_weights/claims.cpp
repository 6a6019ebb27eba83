#include "study/in_weights/claims.h"

#include <fmt/format.h>

#include "lab/statistics/seeds.h"
#include "study/in_weights/conditions.h"
#include "study/training/pair_study.h"

namespace manabi::study::in_weights {
namespace {

const Question kFrequentShifted = {"relevant", "high", "shifted"};
const Question kRareShifted = {"relevant", "low", "shifted"};
const Question kFrequentAlone = {"irrelevant", "high", "base"};
const Question kRareAlone = {"irrelevant", "low", "base"};

// A sentence about one error, or about how an error differs between two conditions.
struct Statement {
  std::string id, sentence, source, published;
  Question question;
  Condition condition;
  std::optional<Condition> compared_with;  // then the effect is this condition's error minus that one's
  lab::Direction direction;
  double margin;
};

std::string text_of(const Condition& condition) {
  return fmt::format("N = {}, noise {}, relevant share {}", condition.rows, condition.noise, condition.relevant_share);
}

std::vector<Statement> statements() {
  using enum lab::Direction;
  const std::string figures = "section 4, synthetic data (read off the plots, within .03)";
  return {
      {"rows-teach-the-weights",
       "What the weights know of frequent classes grows with the data set.",
       figures,
       ".15 at 1,024 rows, .87 at 64",
       kFrequentAlone,
       {.rows = 16384},
       Condition{.rows = 64},
       below,
       -50},
      {"frequent-classes-leave-the-context",
       "With many rows, frequent classes are answered from the weights against the context.",
       figures,
       ".99 at 4,096 rows",
       kFrequentShifted,
       {.rows = 4096},
       std::nullopt,
       above,
       90},
      {"rare-classes-stay-in-the-context",
       "At the same data set size, rare classes are still read from the context.",
       figures,
       ".40 at 1,024 rows, .24 at 256",
       kRareShifted,
       {.rows = 1024},
       std::nullopt,
       below,
       30},
      {"in-context-learning-is-transient",
       "In-context answers for rare classes fade as the data set grows.",
       figures,
       ".88 at 16,384 rows, .40 at 1,024",
       kRareShifted,
       {.rows = 16384},
       Condition{.rows = 1024},
       above,
       20},
      {"few-rows-need-the-context",
       "With few rows, frequent classes too are read from the context.",
       figures,
       ".36 at 256 rows, .30 at 64",
       kFrequentShifted,
       {.rows = 64},
       std::nullopt,
       below,
       50},
      {"relevant-contexts-teach-the-context",
       "Trained on relevant contexts alone, the network reads everything from them.",
       "section 4, in-context predictor",
       "0 for relevant contexts with shifted labels",
       kFrequentShifted,
       {.relevant_share = 1},
       std::nullopt,
       below,
       10},
      {"and-nothing-else",
       "and knows nothing without them.",
       "section 4, in-context predictor",
       "chance, .9",
       kFrequentAlone,
       {.relevant_share = 1},
       std::nullopt,
       above,
       80},
      {"irrelevant-contexts-teach-the-weights",
       "Trained on irrelevant contexts alone, the network knows frequent classes from its weights.",
       "section 4, in-weight predictor",
       ".10 for relevant rare contexts at 1,024 rows",
       kFrequentAlone,
       {.relevant_share = 0},
       std::nullopt,
       below,
       20},
      {"noise-keeps-the-context",
       "With noisier inputs, rare classes are read from the context even from a large data set.",
       figures,
       ".40 at 16,384 rows, .60 at 1,048,576",
       kRareShifted,
       {.rows = 65536, .noise = 0.4},
       std::nullopt,
       below,
       50},
      {"exact-inputs-need-no-context",
       "With exact inputs, frequent classes are answered from the weights whatever the data set.",
       figures,
       "about 1 at every size",
       kFrequentShifted,
       {.rows = 64, .noise = 0},
       std::nullopt,
       above,
       80},
      {"relevance-keeps-the-context",
       "The more contexts are relevant, the more rare classes are read from them.",
       "section 4, sweep over p_rel",
       "figure only",
       kRareShifted,
       {.rows = 16384, .relevant_share = 0.99},
       Condition{.rows = 16384, .relevant_share = 0.5},
       below,
       -10},
      {"rare-knowledge-comes-later",
       "The weights learn rare classes from more data than frequent ones.",
       figures,
       ".72 rare, .15 frequent at 1,024 rows",
       kRareAlone,
       {},
       std::nullopt,
       above,
       50},
  };
}

lab::Claim claim_of(const Statement& statement, const lab::Records& records) {
  const auto errors = [&](const Condition& condition) {
    return lab::last_values(records, {.cell = coordinates_of(condition), .metric = kError, .row = statement.question.at()});
  };
  const std::string asked = fmt::format("{} context, {} class, {} labels", statement.question.context,
                                        statement.question.query == "high" ? "frequent" : "rare", statement.question.labels);
  lab::Claim claim{.id = statement.id,
                   .sentence = statement.sentence,
                   .source = statement.source,
                   .published = statement.published,
                   .measure = fmt::format("error ({}) at {}", asked, text_of(statement.condition)),
                   .unit = "points",
                   .direction = statement.direction,
                   .margin = statement.margin};
  std::vector<double> values;
  if (statement.compared_with) {
    claim.measure += " minus at " + text_of(*statement.compared_with);
    values = lab::differences(errors(*statement.compared_with), errors(statement.condition));
  } else {
    values = errors(statement.condition);
  }
  claim.effect = lab::interval_over_seeds(lab::in_points(values));
  if (!claim.effect) claim.missing = "two seeds of " + text_of(statement.condition);
  return claim;
}

}  // namespace

std::vector<lab::Claim> claims_of(const lab::Records& records) {
  std::vector<lab::Claim> claims;
  for (const Statement& statement : statements()) claims.push_back(claim_of(statement, records));
  return claims;
}

}  // namespace manabi::study::in_weights
