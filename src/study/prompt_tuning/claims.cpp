#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lab/statistics/seeds.h"
#include "study/prompt_tuning/measure.h"
#include "study/prompt_tuning/report.h"
#include "study/scored_items.h"

namespace manabi::study::prompt_tuning {
namespace {

// Every item's answer by the most votes over the seeds, the first class among equals, less the mean of the single answers.
std::optional<lab::Interval> ensemble_gain(const lab::Records& records, const lab::Coordinates& where) {
  std::vector<std::vector<lab::Stratum>> strata(2);
  for (const std::string& task : lab::values_of(records, "task")) {
    lab::Coordinates own = where;
    own["task"] = task;
    std::map<std::string, std::vector<const lab::ScoredItem*>> votes;
    for (const lab::CellRecord* record : lab::select(records, own))
      for (const lab::ScoredItem& item : record->items) votes[item.id].push_back(&item);
    lab::Stratum together, alone;
    for (const auto& [id, items] : votes) {
      if (items.size() < 3) continue;
      std::vector<int64_t> counts(items.front()->scores.size(), 0);
      double right = 0;
      for (const lab::ScoredItem* item : items) {
        ++counts[static_cast<size_t>(std::ranges::max_element(item->scores) - item->scores.begin())];
        right += item->is_right();
      }
      const auto chosen = std::ranges::max_element(counts) - counts.begin();
      together.push_back({.item = id, .value = chosen == items.front()->target ? 1.0 : 0.0});
      alone.push_back({.item = id, .value = right / static_cast<double>(items.size())});
    }
    if (together.empty()) continue;
    strata[0].push_back(std::move(together));
    strata[1].push_back(std::move(alone));
  }
  if (strata[0].empty()) return std::nullopt;
  const std::vector<double> weights = {1, -1};
  return in_points(lab::bootstrap_combination(strata, weights));
}

// The usual setting of a method: of several, the one that most cells of its kind have is the study's first.
lab::Coordinates usual(const lab::Records& records, const std::string& model, const std::string& method) {
  for (const lab::CellRecord& record : records) {
    const lab::Coordinates& at = record.cell.at;
    if (lab::text_at(at, "model") != model || lab::text_at(at, kMethod) != method) continue;
    return {{"model", model}, {kMethod, method}, {kLength, at.at(kLength)}, {kFirst, at.at(kFirst)}, {kExamples, at.at(kExamples)}};
  }
  return {};
}

struct Comparison {
  std::string id, sentence, source, published, measure;
  lab::Coordinates more, less;
  double margin = 0;
  std::string missing;
};

lab::Claim claim_of(const lab::Records& records, const std::string& model, const Comparison& comparison) {
  lab::Claim claim{.id = comparison.id + "-" + model,
                   .sentence = comparison.sentence,
                   .source = comparison.source,
                   .published = comparison.published,
                   .measure = model + ": " + comparison.measure,
                   .unit = "points",
                   .direction = lab::Direction::above,
                   .margin = comparison.margin};
  if (!comparison.more.empty() && !comparison.less.empty() && comparison.more != comparison.less)
    claim.effect = accuracy_difference(records, comparison.more, comparison.less, "task");
  if (!claim.effect) claim.missing = comparison.missing;
  return claim;
}

}  // namespace

std::vector<std::string> values_at(const lab::Records& records, const std::string& model, const std::string& coordinate) {
  std::vector<std::string> values;
  for (const lab::CellRecord* record : lab::select(records, {{"model", model}})) {
    const std::string& value = lab::text_at(record->cell.at, coordinate);
    if (std::ranges::find(values, value) == values.end()) values.push_back(value);
  }
  return values;
}

std::vector<lab::Claim> tuning_claims(const lab::Records& records, const std::string& model) {
  std::vector<lab::Claim> claims;
  const lab::Coordinates manual = usual(records, model, kManual), prompt = usual(records, model, "prompt-tuning"),
                         full = usual(records, model, "full");
  for (const std::string& method : values_at(records, model, kMethod)) {
    if (method == kManual) continue;
    claims.push_back(
        claim_of(records, model,
                 {.id = method + "-beats-manual",
                  .sentence = fmt::format("{} does better than the prompt written by hand.", method),
                  .source = "Lester et al. 2021, Figure 1; Shin et al. 2020, Table 1",
                  .published = "every tuned prompt above few-shot GPT-3 of the same size (figure only); AutoPrompt 91.2 against 85.3 on SST-2",
                  .measure = "accuracy tuned minus without tuning, mean over tasks",
                  .more = usual(records, model, method),
                  .less = manual,
                  .missing = "its cells and those without tuning"}));
  }
  claims.push_back(claim_of(records, model,
                            {.id = "model-tuning-is-ahead-of-a-small-models-prompt",
                             .sentence = "At this size a tuned prompt stays behind tuning the whole model.",
                             .source = "Lester et al. 2021, Figure 1",
                             .published = "the gap closes with size and is gone at 11B (figure only)",
                             .measure = "accuracy of full fine-tuning minus prompt tuning, mean over tasks",
                             .more = full,
                             .less = prompt,
                             .missing = "both methods on one task"}));
  if (!prompt.empty()) {
    lab::Coordinates short_one = prompt, random = prompt;
    short_one[kLength] = "1";
    random[kFirst] = "random";
    claims.push_back(claim_of(records, model,
                              {.id = "more-than-one-row",
                               .sentence = "A prompt of many rows does better than one row.",
                               .source = "Lester et al. 2021, section 3.2, Figure 3a",
                               .published = "a large gain from 1 to 20 rows at all sizes but the largest (figure only)",
                               .measure = fmt::format("accuracy with {} rows minus one, first task", prompt.at(kLength)),
                               .more = prompt,
                               .less = short_one,
                               .missing = "a prompt of one row"}));
    claims.push_back(claim_of(records, model,
                              {.id = "labels-are-better-beginnings-than-chance",
                               .sentence = "Rows that begin as the labels do better than random ones.",
                               .source = "Lester et al. 2021, section 3.2, Figure 3b",
                               .published = "class labels above sampled vocabulary above random, but at the largest size (figure only)",
                               .measure = "accuracy begun at the labels minus at random, first task",
                               .more = prompt,
                               .less = random,
                               .missing = "a prompt that begins at random"}));
    lab::Claim claim{.id = "ensemble-" + model,
                     .sentence = "Several prompts of one model vote better than they answer alone.",
                     .source = "Lester et al. 2021, section 6, Table 3",
                     .published = "SuperGLUE 90.5 alone on average, 91.3 as an ensemble of five (T5-XXL)",
                     .measure = model + ": accuracy of the seeds' majority minus the mean of the seeds, prompt tuning, mean over tasks",
                     .unit = "points",
                     .direction = lab::Direction::above,
                     .margin = 0};
    claim.effect = ensemble_gain(records, prompt);
    if (!claim.effect) claim.missing = "three seeds";
    claims.push_back(std::move(claim));
  }
  return claims;
}

}  // namespace manabi::study::prompt_tuning
