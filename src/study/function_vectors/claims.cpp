#include <fmt/format.h>

#include <map>
#include <numeric>

#include "study/function_vectors/composition.h"
#include "study/function_vectors/measure.h"
#include "study/function_vectors/published.h"
#include "study/function_vectors/report.h"
#include "study/item_arms.h"

namespace manabi::study::function_vectors {
namespace {

struct Statement {
  std::string id, sentence, source, published, measure;
  std::vector<std::pair<std::string, double>> arms;
  double margin;  // points; all are "above"
};

std::vector<Statement> statements() {
  const auto arms = [](const char* context, const char* more, const char* less) {
    return std::vector<std::pair<std::string, double>>{{arm_of(context, more), 1}, {arm_of(context, less), -1}};
  };
  return {{"starts-the-task", "The vector of a few heads starts the task in a query that shows nothing of it.", "section 3.1, Table 2",
           "5.5 to 57.5 % (GPT-J, six tasks)", "zero-shot accuracy with the vector minus without", arms(kZeroShot, kFunction, kNone), 20},
          {"mends-shuffled-outputs", "It mends prompts whose demonstrations have their outputs changed round.", "section 3.1, Table 2",
           "39.1 to 90.8 % (GPT-J, six tasks)", "accuracy behind shuffled outputs, with the vector minus without",
           arms(kShuffled, kFunction, kNone), 10},
          {"not-any-heads", "As many other heads do not do it.", "a control of ours", "a control of ours",
           "zero-shot accuracy, chosen heads minus random heads", arms(kZeroShot, kFunction, kRandomHeads), 10},
          {"not-the-mean-state", "It does more than the mean of the whole state at the same place.", "section 3.1, Table 2",
           "57.5 against 9.5 % (GPT-J; the second figure is quoted from memory)", "zero-shot accuracy, vector minus mean state",
           arms(kZeroShot, kFunction, kMeanState), 0}};
}

lab::Interval in_points(lab::Interval interval) {
  return {
      .value = 100 * interval.value, .low = 100 * interval.low, .high = 100 * interval.high, .items = interval.items, .draws = interval.draws};
}

// Cells of each task that was judged.
std::vector<SeedCells> cells_by_task(const lab::Records& records, const std::string& model, const std::string& what) {
  std::vector<SeedCells> tasks;
  for (const std::string& task : lab::values_of(records, "task")) {
    SeedCells judged;
    for (const lab::CellRecord* record : lab::select(records, {{"model", model}, {kWhat, what}, {"task", task}}))
      if (!right_items({record}, what == "task" ? arm_of(kZeroShot, kNone) : kArmNone).empty()) judged.push_back(record);
    if (!judged.empty()) tasks.push_back(std::move(judged));
  }
  return tasks;
}

// Student's interval over tasks, each the mean of its seeds' shares.
void set_effect_over_tasks(lab::Claim& claim, const std::map<std::string, std::vector<double>>& of_task) {
  std::vector<double> means;
  for (const auto& [task, shares] : of_task)
    means.push_back(100 * std::accumulate(shares.begin(), shares.end(), 0.0) / static_cast<double>(shares.size()));
  if (means.size() < 2)
    claim.missing = "two tasks";
  else
    claim.effect = lab::student_mean(means);
}

// A few heads hold most of the effect: of the sum of all positive effects, what the ten strongest have.
lab::Claim concentration_claim(const lab::Records& records, const std::string& model) {
  lab::Claim claim{
      .id = "few-heads",
      .sentence = "A few heads carry what the demonstrations say of the task.",
      .source = "section 2.2, Figure 3",
      .published = "the ten strongest of 448 heads of GPT-J have .33 in all, the tenth a fifth of the first",
      .measure = "effect of the tenth part of the heads that is strongest, share of the sum of all positive effects, mean over tasks",
      .unit = "points",
      .direction = lab::Direction::above,
      .margin = 50};
  std::map<std::string, std::vector<double>> of_task;
  for (const lab::CellRecord* record : lab::select(records, {{"model", model}, {kWhat, "task"}})) {
    std::vector<double> effects;
    for (const lab::Row& row : record->rows)
      if (row.metric == kEffect) effects.push_back(std::max(0.0, row.value));
    if (effects.empty()) continue;
    std::ranges::sort(effects, std::ranges::greater());
    const double all = std::accumulate(effects.begin(), effects.end(), 0.0);
    const auto tenth = effects.begin() + static_cast<std::ptrdiff_t>((effects.size() + 9) / 10);
    if (all > 0) of_task[record->cell.at.at("task")].push_back(std::accumulate(effects.begin(), tenth, 0.0) / all);
  }
  set_effect_over_tasks(claim, of_task);
  return claim;
}

// Early and middle blocks: the best block of the lower two thirds against the best of the upper third.
lab::Claim depth_claim(const lab::Records& records, const std::string& model) {
  lab::Claim claim{.id = "early-and-middle-blocks",
                   .sentence = "The vector works in early and middle blocks, and no more in late ones.",
                   .source = "section 3.1, Figure 4",
                   .published = "a curve that falls steeply behind two thirds of the depth (figure only)",
                   .measure = "largest zero-shot accuracy in the lower two thirds of the depth minus that at the last block, mean over tasks",
                   .unit = "points",
                   .direction = lab::Direction::above,
                   .margin = 10};
  std::map<std::string, std::vector<double>> of_task;
  for (const lab::CellRecord* record : lab::select(records, {{"model", model}, {kWhat, "task"}})) {
    std::map<int64_t, double> by_layer;
    for (const lab::Row& row : record->rows)
      if (row.metric == kAccuracy && row.at.at("context") == kZeroShot && row.at.at("vector") == kFunction)
        by_layer[lab::integer_at(row.at, "layer")] = row.value;
    if (by_layer.empty()) continue;
    double largest = 0;
    for (const auto& [layer, value] : by_layer)
      if (3 * layer < 2 * std::ssize(by_layer)) largest = std::max(largest, value);
    of_task[record->cell.at.at("task")].push_back(largest - by_layer.rbegin()->second);
  }
  set_effect_over_tasks(claim, of_task);
  return claim;
}

lab::Claim composition_claim(const lab::Records& records, const std::string& model, const PublishedComposition& published) {
  lab::Claim claim{.id = fmt::format("composition-{}", published.task),
                   .sentence = fmt::format("A sum of three vectors does {} of the last word of a list.", published.task),
                   .source = "section 3.4, Table 6",
                   .published = fmt::format("{:.2f} with the sum, {:.2f} behind demonstrations (GPT-J)", published.sum, published.regular),
                   .measure = "accuracy of lists alone with the sum of vectors minus without",
                   .unit = "points",
                   .direction = lab::Direction::above,
                   .margin = 10};
  SeedCells cells;
  for (const lab::CellRecord* record : lab::select(records, {{"model", model}, {kWhat, "composition"}, {"task", published.task}}))
    if (!record->rows.empty()) cells.push_back(record);
  if (!cells.empty())
    if (const auto effect = effect_of_arms(std::span(&cells, 1), {{kArmSum, 1}, {kArmNone, -1}})) claim.effect = in_points(*effect);
  if (!claim.effect) claim.missing = "the composition's lists";
  return claim;
}

}  // namespace

std::vector<lab::Claim> function_claims(const lab::Records& records, const std::string& model) {
  std::vector<lab::Claim> claims;
  const std::vector<SeedCells> tasks = cells_by_task(records, model, "task");
  for (const Statement& statement : statements()) {
    lab::Claim claim{.id = statement.id,
                     .sentence = statement.sentence,
                     .source = statement.source,
                     .published = statement.published,
                     .measure = statement.measure + ", items that demonstrations solve, a third of the way up, mean over tasks",
                     .unit = "points",
                     .direction = lab::Direction::above,
                     .margin = statement.margin};
    if (const auto effect = effect_of_arms(tasks, statement.arms)) claim.effect = in_points(*effect);
    if (!claim.effect) claim.missing = "a task that demonstrations solve";
    claims.push_back(std::move(claim));
  }
  claims.push_back(concentration_claim(records, model));
  claims.push_back(depth_claim(records, model));
  for (const PublishedComposition& published : kPublishedCompositions)
    if (!lab::select(records, {{"model", model}, {kWhat, "composition"}, {"task", published.task}}).empty())
      claims.push_back(composition_claim(records, model, published));
  for (lab::Claim& claim : claims) {
    claim.id += "-" + model;
    claim.measure = model + ": " + claim.measure;
  }
  return claims;
}

}  // namespace manabi::study::function_vectors
