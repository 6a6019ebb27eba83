// Where does in-context learning keep the task? Hendel, Geva and Globerson (2023): demonstrations become one vector, which does their work when
// it stands in their place.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "study/equipment.h"
#include "study/task_vectors/evidence.h"
#include "study/task_vectors/geometry.h"
#include "study/task_vectors/measure.h"
#include "study/task_vectors/override.h"
#include "study/task_vectors/published.h"
#include "study/task_vectors/report.h"

namespace manabi::study {
namespace task_vectors {
namespace {

const std::vector<std::string> kQuickTasks = {"next_letter", "to_upper", "list_first", "antonyms", "present_simple_gerund", "country_capital"};
constexpr int64_t kConflictDemonstrations = 4;  // for conflicts and geometry, as in the paper

struct Options {
  std::vector<std::string> tasks = kQuickTasks;
  int64_t shots = 5;
  int64_t items = 25;
  int64_t dummies = 2;
};

class TaskVectors final : public lab::Study {
 public:
  explicit TaskVectors(Equipment& equipment) : equipment_(equipment) {}

  lab::StudyInfo info() const override {
    return {.name = "task-vectors",
            .title = "Where is the task that the demonstrations teach?",
            .question =
                "A state of the network behind a block is read at the end of a prompt of demonstrations and put into a prompt that has none. "
                "Does the network then do what the demonstrations showed, and in which layers?",
            .paper = "Roee Hendel, Mor Geva, Amir Globerson (2023): In-Context Learning Creates Task Vectors. Findings of EMNLP 2023.",
            .link = "https://arxiv.org/abs/2310.15916"};
  }

  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    options_ = Options{};
    if (scale == lab::RunScale::quick) return;
    options_.tasks.clear();  // all that are there
    options_.items = 50;
  }

  base::OptionTable options() override {
    using base::Changes;
    base::OptionTable table;
    table.add({.name = "tasks",
               .help = "mappings: letters, facts, forms of words, translations; none = all that are there",
               .target = &options_.tasks});
    table.add({.name = "shots",
               .help = "demonstrations of a prompt",
               .target = &options_.shots,
               .changes = Changes::value,
               .alias = "num-fewshot",
               .least = 1,
               .most = 1000});
    table.add({.name = "items",
               .help = "prompts on which vectors are judged, and as many on which the layer is chosen",
               .target = &options_.items,
               .changes = Changes::value,
               .alias = "limit",
               .least = 2,
               .most = 1'000'000});
    table.add({.name = "dummies",
               .help = "queries whose states are averaged",
               .target = &options_.dummies,
               .changes = Changes::value,
               .least = 1,
               .most = 1000});
    return table;
  }

  std::vector<lab::Cell> grid() override;
  std::vector<std::string> together() const override { return {}; }
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
  int64_t cost_of(std::span<const lab::Cell> group) const override;

  std::vector<lab::Claim> claims(const lab::Records& records) const override {
    std::vector<lab::Claim> all;
    for (const std::string& model : models_in(records)) std::ranges::move(vector_claims(records, model), std::back_inserter(all));
    return all;
  }
  std::vector<lab::Section> sections(const lab::Records& records) const override {
    std::vector<lab::Section> all;
    for (const std::string& model : models_in(records)) std::ranges::move(vector_sections(records, model), std::back_inserter(all));
    return all;
  }

 private:
  static std::vector<std::string> models_in(const lab::Records& records) {
    std::vector<std::string> models;
    for (const lab::CellRecord& record : records)
      if (const std::string& model = record.cell.at.at("model"); std::ranges::find(models, model) == models.end()) models.push_back(model);
    return models;
  }

  world::MappingCatalogue catalogue() const { return equipment_.mappings(); }
  std::vector<std::string> task_names() const;
  ReadableTask readable(const std::string& task, const model::Checkpoint& checkpoint) const;
  VectorOptions vector_options(int64_t demonstrations) const {
    return {.items = options_.items,
            .draw = {.demonstrations = demonstrations, .dummies = options_.dummies},
            .token_budget = equipment_.options().token_budget};
  }
  std::vector<lab::Row> rows_of(const lab::Coordinates& at, const model::Checkpoint& checkpoint, const base::Watch& watch) const;

  Equipment& equipment_;
  lab::RunScale scale_ = lab::RunScale::quick;
  Options options_;
};

std::vector<std::string> TaskVectors::task_names() const {
  if (!options_.tasks.empty()) return options_.tasks;
  std::vector<std::string> names;
  for (const world::MappingCatalogue::Entry& entry : catalogue().entries())
    if (entry.is_present) names.push_back(entry.name);
  return names;
}

std::vector<lab::Cell> TaskVectors::grid() {
  std::vector<lab::Cell> cells;
  const std::vector<std::string> names = task_names();
  std::string hashes;
  for (const std::string& name : names) hashes += catalogue().open(name).hash;
  const int64_t count = equipment_.options().seeds > 0 ? equipment_.options().seeds : scale_ == lab::RunScale::quick ? 2 : 3;
  for (const std::string& model : equipment_.options().model) {
    lab::Coordinates inputs = equipment_.model_inputs(model);
    inputs["options"] = options().to_json(/*only_value_changing=*/true).dump();
    const auto add = [&](const char* what, const std::string& task, int64_t seed, const std::string& data) {
      lab::Cell cell{.at = {{"model", model}, {kWhat, what}, {"task", task}, {"seed", std::to_string(seed)}}, .inputs = inputs, .part = what};
      cell.inputs["data"] = data;
      cells.push_back(std::move(cell));
    };
    for (int64_t seed = equipment_.options().seed; seed < equipment_.options().seed + count; ++seed) {
      for (size_t task = 0; task < names.size(); ++task) {
        const std::string& other = names[(task + 1) % names.size()];
        add("task", names[task], seed, catalogue().open(names[task]).hash + catalogue().open(other).hash);
      }
      for (const PublishedOverride& pair : kPublishedOverrides) {
        const auto is_asked = [&](const char* name) { return std::ranges::find(names, name) != names.end(); };
        if (is_asked(pair.task) && is_asked(pair.injected))
          add("override", fmt::format("{} to {}", pair.task, pair.injected), seed,
              catalogue().open(pair.task).hash + catalogue().open(pair.injected).hash);
      }
      if (names.size() > 1) add("geometry", fmt::format("{} tasks", names.size()), seed, hashes);
    }
  }
  return cells;
}

int64_t TaskVectors::cost_of(std::span<const lab::Cell> group) const {
  const std::string& what = group.front().at.at(kWhat);
  const auto tasks = static_cast<int64_t>(task_names().size());
  return what == "task" ? 5 : what == "override" ? 3 : tasks;  // reads of a task's prompts
}

ReadableTask TaskVectors::readable(const std::string& name, const model::Checkpoint& checkpoint) const {
  const world::MappingTask task = catalogue().open(name);
  return {.name = name, .rule = task.rule, .pairs = world::one_token_pairs(task, *checkpoint.tokenizer)};
}

std::vector<lab::Row> TaskVectors::rows_of(const lab::Coordinates& at, const model::Checkpoint& checkpoint, const base::Watch& watch) const {
  const std::vector<std::string> names = task_names();
  const std::string& task = at.at("task");
  const base::Rng rng = base::Rng(static_cast<uint64_t>(lab::integer_at(at, "seed"))).child(task);
  if (at.at(kWhat) == "task") {
    const size_t place = static_cast<size_t>(std::ranges::find(names, task) - names.begin());
    return measure_task(checkpoint, readable(task, checkpoint), readable(names[(place + 1) % names.size()], checkpoint),
                        vector_options(options_.shots), rng, watch);
  }
  if (at.at(kWhat) == "override") {
    const size_t middle = task.find(" to ");
    return measure_override(checkpoint, readable(task.substr(0, middle), checkpoint), readable(task.substr(middle + 4), checkpoint),
                            vector_options(kConflictDemonstrations), rng, watch);
  }
  std::vector<ReadableTask> tasks;
  for (const std::string& name : names) tasks.push_back(readable(name, checkpoint));
  return measure_geometry(checkpoint, tasks, vector_options(kConflictDemonstrations), rng, watch);
}

lab::Records TaskVectors::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  lab::Records records;
  for (const lab::Cell& cell : group) {
    const auto checkpoint = equipment_.checkpoint(lab::text_at(cell.at, "model"));
    records.push_back({.cell = cell, .rows = rows_of(cell.at, *checkpoint, {.cancel = bench.watch.cancel})});
  }
  return records;
}

}  // namespace
}  // namespace task_vectors

std::unique_ptr<lab::Study> make_task_vectors(Equipment& equipment) { return std::make_unique<task_vectors::TaskVectors>(equipment); }

}  // namespace manabi::study
