#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "lab/statistics/seeds.h"
#include "study/task_vectors/evidence.h"
#include "study/task_vectors/geometry.h"
#include "study/task_vectors/override.h"
#include "study/task_vectors/published.h"
#include "study/task_vectors/report.h"
#include "world/mappings/made_up_tasks.h"

namespace manabi::study::task_vectors {
namespace {

constexpr double kPoints = 100;

// A sum of weights times accuracies over the tasks that the model learns in its context.
struct ArmStatement {
  std::string id, sentence, published, measure;
  std::vector<std::pair<std::string, double>> arms;
  lab::Direction direction;
  double margin;  // points
};

std::vector<ArmStatement> arm_statements() {
  using enum lab::Direction;
  return {{"vector-carries-the-task",
           "One vector in the place of the demonstrations keeps most of what they give.",
           "ratio .83 to .91 over seven models",
           "accuracy with the task vector minus .8 times regular accuracy",
           {{"task vector", 1}, {"regular", -.8}},
           above,
           0},
          {"needs-the-vector",
           "Without it the query alone is not answered.",
           ".11 to .16 over seven models",
           "accuracy without demonstrations or vector",
           {{"zero-shot", 1}},
           below,
           20},
          {"not-any-vector",
           "A random vector of the same norm does nothing of this.",
           "a control of ours",
           "task vector minus random vector",
           {{"task vector", 1}, {"random vector", -1}},
           above,
           20},
          {"not-another-tasks",
           "Nor does another task's vector.",
           "a control of ours",
           "task vector minus another task's",
           {{"task vector", 1}, {"another task", -1}},
           above,
           20}};
}

lab::Interval in_points(lab::Interval interval) {
  interval.value *= kPoints;
  interval.low *= kPoints;
  interval.high *= kPoints;
  return interval;
}

std::string seeds_missing() { return "two seeds of it"; }

// One value a seed from a cell's rows.
template <class Value>
std::vector<double> over_cells(const lab::Records& records, const lab::Coordinates& where, const Value& value) {
  std::vector<double> values;
  for (const lab::CellRecord* record : lab::select(records, where))
    if (const std::optional<double> of_cell = value(*record)) values.push_back(*of_cell);
  return values;
}

// How much larger the share is for the injected task than for the demonstrations', in the patched run.
lab::Claim override_claim(const lab::Records& records, const std::string& model, const PublishedOverride& pair) {
  const std::string name = fmt::format("{} to {}", pair.task, pair.injected);
  lab::Claim claim{
      .id = fmt::format("override-{}", pair.injected),
      .sentence = fmt::format("In a prompt of {}, the vector of {} decides.", pair.task, pair.injected),
      .source = "section 5, LLaMA 13B",
      .published = fmt::format("{:.2f} for the vector's task, {:.2f} for the demonstrations'", pair.patched_injected, pair.patched_task),
      .measure = "answers right for the vector's task minus answers right for the demonstrations', patched",
      .unit = "points",
      .direction = lab::Direction::above,
      .margin = 0};
  const std::vector<double> differences =
      over_cells(records, {{"model", model}, {kWhat, "override"}, {"task", name}}, [](const lab::CellRecord& record) -> std::optional<double> {
        const auto injected = lab::value_of(record, kAnswersOf, {{"run", "patched"}, {"of", "injected"}});
        const auto own = lab::value_of(record, kAnswersOf, {{"run", "patched"}, {"of", "task"}});
        return injected && own ? std::optional(*injected - *own) : std::nullopt;
      });
  claim.effect = lab::interval_over_seeds(lab::in_points(differences));
  if (!claim.effect) claim.missing = seeds_missing();
  return claim;
}

// In the middle block: the largest ratio, over the tasks, of the distance within a task to the distance to others.
lab::Claim geometry_claim(const lab::Records& records, const std::string& model, int64_t layers) {
  lab::Claim claim{.id = "vectors-cluster",
                   .sentence = "Vectors of one task lie nearer to each other than to those of any other task.",
                   .source = "section 4",
                   .published = "clusters without overlap (figure only)",
                   .measure = "distance within the task over the distance to other tasks, the task that is worst, middle block",
                   .unit = "",
                   .direction = lab::Direction::below,
                   .margin = 1};
  const std::string layer = std::to_string(layers / 2);
  const std::vector<double> worst =
      over_cells(records, {{"model", model}, {kWhat, "geometry"}}, [&](const lab::CellRecord& record) -> std::optional<double> {
        std::optional<double> largest;
        for (const lab::Row& row : record.rows) {
          if (row.metric != kWithin || row.at.at("layer") != layer) continue;
          const auto between = lab::value_of(record, kBetween, row.at);
          if (between) largest = std::max(largest.value_or(0), row.value / *between);
        }
        return largest;
      });
  claim.effect = lab::interval_over_seeds(worst);
  if (!claim.effect) claim.missing = seeds_missing();
  return claim;
}

// Where along the depth the vectors work: the mean over tasks of the accuracy at the best layer less that at the last.
lab::Claim depth_claim(const lab::Records& records, const Evidence& evidence) {
  lab::Claim claim{
      .id = "early-blocks-read-late-blocks-apply",
      .sentence = "The vector works in the middle of the network and no more behind its last block.",
      .source = "section 3, Figure 3",
      .published = ".86 at block 14 of 32, .01 at the last (LLaMA 7B)",
      .measure = "accuracy of the task vector between a quarter and three quarters of the depth, its largest, minus at the last block",
      .unit = "points",
      .direction = lab::Direction::above,
      .margin = 20};
  const int64_t layers = evidence.layers();
  const std::vector<std::string> learned = evidence.learned_tasks();
  std::map<std::string, std::vector<double>> of_seed;
  for (const std::string& task : learned) {
    for (const lab::CellRecord* record : lab::select(records, {{"model", evidence.model()}, {kWhat, "task"}, {"task", task}})) {
      double largest = 0;
      for (int64_t layer = layers / 4; layer < layers * 3 / 4; ++layer)
        largest = std::max(largest, lab::value_of(*record, kChosenOn, {{"layer", std::to_string(layer)}}).value_or(0));
      of_seed[record->cell.at.at("seed")].push_back(largest -
                                                    lab::value_of(*record, kChosenOn, {{"layer", std::to_string(layers - 1)}}).value_or(0));
    }
  }
  std::vector<double> means;
  for (const auto& [seed, values] : of_seed)
    means.push_back(std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()));
  claim.effect = lab::interval_over_seeds(lab::in_points(means));
  if (!claim.effect) claim.missing = learned.empty() ? "a task that the model learns from demonstrations" : "two seeds of the tasks";
  return claim;
}

// Whether the vector keeps less than half of what demonstrations add to the query alone, in tasks that are new in the same way.
lab::Claim novelty_claim(const lab::Records& records, const std::string& model, world::Novelty novelty) {
  const bool is_of_labels = novelty == world::Novelty::labels;
  lab::Claim claim{.id = is_of_labels ? "made-up-labels" : "made-up-pairs",
                   .sentence = is_of_labels ? "Labels that a prompt makes up do not fit into one vector."
                                            : "Pairs that a prompt makes up do not fit into one vector.",
                   .source = "left open by the paper",
                   .published = "not measured",
                   .measure =
                       "accuracy with the task vector minus the middle between the query alone and demonstrations, tasks to which "
                       "demonstrations add 20 points",
                   .unit = "points",
                   .direction = lab::Direction::below,
                   .margin = 0};
  std::vector<SeedCells> tasks;
  for (const SeedCells& cells : Evidence(records, model, kMadeUp).learned_cells()) {
    const auto found = cells.front()->exhibits.find(kNovelty);
    if (found != cells.front()->exhibits.end() && found->second == world::name_of(novelty)) tasks.push_back(cells);
  }
  if (const auto effect = effect_of_arms(tasks, {{"task vector", 1}, {"zero-shot", -.5}, {"regular", -.5}})) claim.effect = in_points(*effect);
  if (!claim.effect) claim.missing = "such a task that the model learns from demonstrations";
  return claim;
}

}  // namespace

std::vector<lab::Claim> vector_claims(const lab::Records& records, const std::string& model) {
  const Evidence evidence(records, model);
  std::vector<lab::Claim> claims;
  for (const ArmStatement& statement : arm_statements()) {
    lab::Claim claim{.id = statement.id,
                     .sentence = statement.sentence,
                     .source = "section 3, Table 1",
                     .published = statement.published,
                     .measure = statement.measure + ", mean over tasks to which demonstrations add 20 points",
                     .unit = "points",
                     .direction = statement.direction,
                     .margin = statement.margin};
    if (const auto effect = evidence.effect(statement.arms)) claim.effect = in_points(*effect);
    if (!claim.effect) claim.missing = "a task that the model learns from demonstrations";
    claims.push_back(std::move(claim));
  }
  claims.push_back(depth_claim(records, evidence));
  const std::vector<std::string> tasks = evidence.tasks();
  const auto is_asked = [&](const char* task) { return std::ranges::find(tasks, task) != tasks.end(); };
  for (const PublishedOverride& pair : kPublishedOverrides)
    if (is_asked(pair.task) && is_asked(pair.injected)) claims.push_back(override_claim(records, model, pair));
  claims.push_back(geometry_claim(records, model, evidence.layers()));
  if (!Evidence(records, model, kMadeUp).tasks().empty())
    for (const world::Novelty novelty : {world::Novelty::labels, world::Novelty::correspondence})
      claims.push_back(novelty_claim(records, model, novelty));
  for (lab::Claim& claim : claims) {
    claim.id += "-" + model;
    claim.measure = model + ": " + claim.measure;
  }
  return claims;
}

}  // namespace manabi::study::task_vectors
