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
#include "study/training/letter_network.h"

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
  bool made_up = false;  // tasks that are made up in each prompt
  bool scratch = false;  // whether networks that are trained here are looked into too
};

// What is measured of one model, with one seed.
const std::vector<std::pair<const char*, const char*>> kScratchConflicts = {
    {"next_letter", "to_upper"}, {"list_last", "list_first"}, {"prev_letter", "next_letter"}};

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
    scratch_ = LetterNetworkOptions::of_scale(scale);
    if (scale == lab::RunScale::quick) return;
    options_.tasks.clear();  // all that are there
    options_.items = 50;
    options_.made_up = true;
    options_.scratch = true;
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
    table.add({.name = "made-up",
               .help = "also tasks whose labels or pairs are made up in each prompt, and such of two steps (the usual thing at full scale)",
               .target = &options_.made_up});
    table.add({.name = "scratch",
               .help = "also look into networks that are taught letter tasks here (the usual thing at full scale)",
               .target = &options_.scratch});
    scratch_.add_to(table);
    return table;
  }

  std::vector<lab::Cell> grid() override;
  std::vector<std::string> together() const override { return {}; }
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
  int64_t cost_of(std::span<const lab::Cell> group) const override;

  std::vector<lab::Claim> claims(const lab::Records& records) const override {
    std::vector<lab::Claim> all;
    for (const std::string& model : lab::values_of(records, "model")) std::ranges::move(vector_claims(records, model), std::back_inserter(all));
    return all;
  }
  std::vector<lab::Section> sections(const lab::Records& records) const override {
    std::vector<lab::Section> all;
    for (const std::string& model : lab::values_of(records, "model"))
      std::ranges::move(vector_sections(records, model), std::back_inserter(all));
    return all;
  }

 private:
  // What could change a value of any cell.
  std::string vector_options_json() const {
    return base::Json{{"shots", options_.shots}, {"items", options_.items}, {"dummies", options_.dummies}}.dump();
  }
  world::MappingCatalogue catalogue() const { return equipment_.mappings(); }
  std::vector<std::string> task_names() const;
  ReadableTask readable(const std::string& task, const model::Checkpoint& checkpoint) const;
  VectorOptions vector_options(int64_t demonstrations) const {
    return {.items = options_.items,
            .draw = {.demonstrations = demonstrations, .dummies = options_.dummies},
            .token_budget = equipment_.options().token_budget};
  }
  std::vector<ReadableTask> readable_tasks(const lab::Coordinates& at, const model::Checkpoint& checkpoint) const;
  std::vector<lab::Row> rows_of(const lab::Coordinates& at, const model::Checkpoint& checkpoint, const base::Watch& watch) const;
  bool is_scratch(const lab::Coordinates& at) const { return at.at("model") == scratch_.name(); }
  const LetterNetwork& network_of(const lab::Coordinates& at, lab::Workbench& bench);
  void add_scratch_cells(int64_t seed, std::vector<lab::Cell>& cells) const;
  int64_t seeds() const { return equipment_.options().seeds > 0 ? equipment_.options().seeds : scale_ == lab::RunScale::quick ? 2 : 3; }

  Equipment& equipment_;
  lab::RunScale scale_ = lab::RunScale::quick;
  Options options_;
  LetterNetworkOptions scratch_;
  std::unique_ptr<LetterNetwork> network_;  // the last one that was asked for
  std::string network_seed_;
};

std::vector<std::string> TaskVectors::task_names() const {
  if (!options_.tasks.empty()) return options_.tasks;
  std::vector<std::string> names;
  for (const world::MappingCatalogue::Entry& entry : catalogue().entries(world::MappingCollection::task_vectors))
    if (entry.is_present) names.push_back(entry.name);
  return names;
}

std::vector<lab::Cell> TaskVectors::grid() {
  std::vector<lab::Cell> cells;
  const std::vector<std::string> names = task_names();
  std::string hashes;
  for (const std::string& name : names) hashes += catalogue().open(name).hash;
  const int64_t first = equipment_.options().seed, last = first + seeds();
  if (options_.scratch)
    for (int64_t seed = first; seed < last; ++seed) add_scratch_cells(seed, cells);
  for (const std::string& model : equipment_.options().model) {
    lab::Coordinates inputs = equipment_.model_inputs(model);
    inputs["options"] = vector_options_json();
    const auto add = [&](const char* what, const std::string& task, int64_t seed, const std::string& data) {
      lab::Cell cell{.at = {{"model", model}, {kWhat, what}, {"task", task}, {"seed", std::to_string(seed)}}, .inputs = inputs, .part = what};
      cell.inputs["data"] = data;
      cells.push_back(std::move(cell));
    };
    for (int64_t seed = first; seed < last; ++seed) {
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
      if (options_.made_up)
        for (const world::MadeUpTask& task : equipment_.made_up_tasks()) add(kMadeUp, task.name, seed, "made up, first version");
      if (names.size() > 1) add("geometry", fmt::format("{} tasks", names.size()), seed, hashes);
    }
  }
  return cells;
}

void TaskVectors::add_scratch_cells(int64_t seed, std::vector<lab::Cell>& cells) const {
  lab::Coordinates inputs = equipment_.training_inputs();
  inputs["options"] = vector_options_json();
  inputs["network"] = scratch_.described();
  const auto add = [&](const char* what, const std::string& task) {
    cells.push_back({.at = {{"model", scratch_.name()}, {kWhat, what}, {"task", task}, {"seed", std::to_string(seed)}},
                     .inputs = inputs,
                     .part = "scratch"});
  };
  add("network", "all");  // first: it trains what the others read
  for (const ReadableTask& task : tasks_of_letter_network(scratch_, static_cast<uint64_t>(seed))) add("task", task.name);
  for (const auto& [task, injected] : kScratchConflicts) add("override", fmt::format("{} to {}", task, injected));
  add("geometry", "all");
}

// Units: about a million multiplications of a checkpoint of this size, which reads some thousand prompts' tokens a unit of this.
int64_t TaskVectors::cost_of(std::span<const lab::Cell> group) const {
  const lab::Coordinates& at = group.front().at;
  const std::string& what = at.at(kWhat);
  if (what == "network") return letter_network_cost(scratch_);
  const auto tasks = static_cast<int64_t>(task_names().size());
  const int64_t reads = what == "task" || what == kMadeUp ? 5 : what == "override" ? 3 : tasks;  // of a task's prompts
  return reads * (is_scratch(at) ? 1000 : 100'000) * options_.items / 25;
}

ReadableTask TaskVectors::readable(const std::string& name, const model::Checkpoint& checkpoint) const {
  return probe::readable(catalogue().open(name), *checkpoint.tokenizer);
}

// Those of the cell's model.
std::vector<ReadableTask> TaskVectors::readable_tasks(const lab::Coordinates& at, const model::Checkpoint& checkpoint) const {
  if (is_scratch(at)) return tasks_of_letter_network(scratch_, static_cast<uint64_t>(lab::integer_at(at, "seed")));
  std::vector<ReadableTask> tasks;
  if (at.at(kWhat) == kMadeUp) {
    for (const world::MadeUpTask& task : equipment_.made_up_tasks()) tasks.push_back({.name = task.name, .make = task.draw});
    return tasks;
  }
  for (const std::string& name : task_names()) tasks.push_back(readable(name, checkpoint));
  return tasks;
}

std::vector<lab::Row> TaskVectors::rows_of(const lab::Coordinates& at, const model::Checkpoint& checkpoint, const base::Watch& watch) const {
  const std::vector<ReadableTask> tasks = readable_tasks(at, checkpoint);
  const auto place_of = [&](const std::string& name) {
    return static_cast<size_t>(std::ranges::find(tasks, name, &ReadableTask::name) - tasks.begin());
  };
  const std::string& task = at.at("task");
  const base::Rng rng = base::Rng(static_cast<uint64_t>(lab::integer_at(at, "seed"))).child(task);
  if (at.at(kWhat) == "geometry") return measure_geometry(checkpoint, tasks, vector_options(kConflictDemonstrations), rng, watch);
  if (at.at(kWhat) == "task" || at.at(kWhat) == kMadeUp) {
    const size_t place = place_of(task);
    return measure_task(checkpoint, tasks[place], tasks[(place + 1) % tasks.size()], vector_options(options_.shots), rng, watch);
  }
  const size_t middle = task.find(" to ");
  return measure_override(checkpoint, tasks[place_of(task.substr(0, middle))], tasks[place_of(task.substr(middle + 4))],
                          vector_options(kConflictDemonstrations), rng, watch);
}

const LetterNetwork& TaskVectors::network_of(const lab::Coordinates& at, lab::Workbench& bench) {
  const std::string& seed = at.at("seed");
  if (!network_ || network_seed_ != seed) {
    network_ = letter_network(scratch_, static_cast<uint64_t>(std::stoll(seed)), equipment_, bench);
    network_seed_ = seed;
  }
  return *network_;
}

lab::Records TaskVectors::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  lab::Records records;
  for (const lab::Cell& cell : group) {
    const base::Watch watch{.cancel = bench.watch.cancel};
    lab::CellRecord record{.cell = cell};
    if (is_scratch(cell.at)) {
      const LetterNetwork& network = network_of(cell.at, bench);
      record.rows = cell.at.at(kWhat) == "network" ? network.rows : rows_of(cell.at, network.checkpoint, watch);
    } else {
      record.rows = rows_of(cell.at, *equipment_.checkpoint(lab::text_at(cell.at, "model")), watch);
      for (const world::MadeUpTask& task : equipment_.made_up_tasks())
        if (cell.at.at(kWhat) == kMadeUp && task.name == cell.at.at("task")) record.exhibits[kNovelty] = world::name_of(task.novelty);
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace
}  // namespace task_vectors

std::unique_ptr<lab::Study> make_task_vectors(Equipment& equipment) { return std::make_unique<task_vectors::TaskVectors>(equipment); }

}  // namespace manabi::study
