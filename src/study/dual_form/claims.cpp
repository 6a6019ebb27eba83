#include <algorithm>

#include "study/dual_form/measure.h"
#include "study/dual_form/report.h"
#include "study/item_arms.h"

namespace manabi::study::dual_form {
namespace {

// A sum of weights times means over items, of one arm's cells each.
struct Term {
  std::string arm, metric;
  double weight;
};

struct Statement {
  std::string id, sentence, source, published, measure, unit;
  std::vector<Term> terms;
  double margin;  // all are "above"
  double scale = 1;
};

const std::vector<Statement>& statements() {
  static const std::vector<Statement> all = {{"same-direction",
                                              "Demonstrations move the attention output where tuning on them moves it.",
                                              "Table 3",
                                              ".19 and .23 (1.3B and 2.7B), noise .00",
                                              "SimAOU minus the same with noise",
                                              "cosine",
                                              {{kTrained, kUpdate, 1}, {kTrained, kUpdateNoise, -1}},
                                              .05},
                                             {"same-map",
                                              "Tuning brings the attention to the query's own tokens nearer to what demonstrations make of it.",
                                              "Table 4",
                                              ".44 and .43 after tuning, .34 and .36 before",
                                              "SimAM after tuning minus before",
                                              "cosine",
                                              {{kTrained, kMapAfter, 1}, {kTrained, kMapBefore, -1}},
                                              0},
                                             {"same-memory",
                                              "The tokens that are attended to are those that a tuned query remembers.",
                                              "Table 5",
                                              ".19 and .21, random .00",
                                              "Kendall's tau over tokens minus the same with noise",
                                              "tau",
                                              {{kTrained, kMemory, 1}, {kTrained, kMemoryNoise, -1}},
                                              .05},
                                             {"covers-tuning",
                                              "What tuning mends, demonstrations mend too.",
                                              "Table 2",
                                              "Rec2FTP 85.6 and 89.4 %",
                                              "of the queries that tuning mends, those that demonstrations mend",
                                              "points",
                                              {{kTrained, kCovered, 1}},
                                              70,
                                              100},
                                             {"needs-training",
                                              "A network of random weights shows less of it.",
                                              "Deutch et al. 2023 find as much of it there",
                                              "not there: as high, they report",
                                              "SimAOU, trained minus random weights",
                                              "cosine",
                                              {{kTrained, kUpdate, 1}, {kRandomWeights, kUpdate, -1}},
                                              .05},
                                             {"needs-labels",
                                              "Tuning on labels that are drawn anew is less alike.",
                                              "a control of ours",
                                              "a control of ours",
                                              "SimAOU, tuned on the right labels minus on others",
                                              "cosine",
                                              {{kTrained, kUpdate, 1}, {kShuffledLabels, kUpdate, -1}},
                                              .02}};
  return all;
}

std::vector<SeedCells> cells_of_arm(const lab::Records& records, const std::string& model, const std::string& arm, const std::string& metric) {
  std::vector<SeedCells> tasks;
  for (const std::string& task : lab::values_of(records, "task")) {
    const SeedCells cells = lab::select(records, {{"model", model}, {"task", task}, {kArm, arm}});
    if (!item_values(cells, metric).empty()) tasks.push_back(cells);
  }
  return tasks;
}

}  // namespace

std::vector<lab::Claim> dual_claims(const lab::Records& records, const std::string& model) {
  std::vector<lab::Claim> claims;
  for (const Statement& statement : statements()) {
    lab::Claim claim{.id = statement.id + "-" + model,
                     .sentence = statement.sentence,
                     .source = statement.source,
                     .published = statement.published,
                     .measure = model + ": " + statement.measure + ", mean over layers, items and tasks",
                     .unit = statement.unit,
                     .direction = lab::Direction::above,
                     .margin = statement.margin};
    std::vector<std::vector<SeedCells>> tasks;
    for (const Term& term : statement.terms) tasks.push_back(cells_of_arm(records, model, term.arm, term.metric));
    const bool is_paired = std::ranges::all_of(tasks, [&](const auto& each) { return each.size() == tasks.front().size(); });
    std::vector<ItemQuantity> quantities;
    for (size_t i = 0; i < tasks.size(); ++i)
      quantities.push_back({.tasks = tasks[i], .metric = statement.terms[i].metric, .weight = statement.scale * statement.terms[i].weight});
    if (is_paired) claim.effect = effect_of_items(quantities);
    if (!claim.effect) claim.missing = "cells of " + statement.terms.back().arm;
    claims.push_back(std::move(claim));
  }
  return claims;
}

}  // namespace manabi::study::dual_form
