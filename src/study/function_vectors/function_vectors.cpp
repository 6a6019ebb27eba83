// Which heads say what the task is, and does what they say start the task elsewhere? Todd et al. (2024): function vectors.
#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "base/format/printable.h"
#include "probe/lens/logit_lens.h"
#include "study/equipment.h"
#include "study/function_vectors/composition.h"
#include "study/function_vectors/measure.h"
#include "study/function_vectors/published.h"
#include "study/function_vectors/report.h"
#include "study/training/letter_network.h"

namespace manabi::study {
namespace function_vectors {
namespace {

constexpr int64_t kTasksOfFull = 20, kTasksOfQuick = 3;
constexpr int64_t kShownTokens = 10;
constexpr int64_t kLetterShots = 5, kLetterItems = 25, kLetterHeads = 3;

struct Options {
  std::vector<std::string> tasks;
  bool composition = false;
  bool scratch = false;  // networks that are taught letter tasks here
  FunctionOptions measure;
};

class FunctionVectors final : public lab::Study {
 public:
  explicit FunctionVectors(Equipment& equipment) : equipment_(equipment) {}

  lab::StudyInfo info() const override {
    return {.name = "function-vectors",
            .title = "Which heads say what the task is?",
            .question =
                "What a few attention heads write at the end of a prompt of demonstrations is added up to one vector. Does it start the task "
                "in prompts that show nothing of it?",
            .paper =
                "Eric Todd, Millicent L. Li, Arnab Sen Sharma, Aaron Mueller, Byron C. Wallace, David Bau (2024): Function Vectors in Large "
                "Language Models. ICLR 2024.",
            .link = "https://arxiv.org/abs/2310.15213"};
  }

  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    options_ = Options{};
    options_.composition = options_.scratch = scale != lab::RunScale::quick;
    scratch_ = LetterNetworkOptions::of_scale(scale);
    if (scale == lab::RunScale::quick) options_.measure = {.clean = 25, .corrupted = 10, .items = 25};
  }

  base::OptionTable options() override {
    using base::Changes;
    base::OptionTable table;
    FunctionOptions& measure = options_.measure;
    table.add({.name = "tasks",
               .help = "mappings that `list tasks` names; none = as many of Todd et al.'s as the scale has time for",
               .target = &options_.tasks});
    table.add({.name = "composition", .help = "also sums of vectors, on lists of words", .target = &options_.composition});
    table.add({.name = "scratch",
               .help = "also look into networks that are taught letter tasks here (the usual thing at full scale)",
               .target = &options_.scratch});
    scratch_.add_to(table);
    table.add({.name = "shots",
               .help = "demonstrations of a prompt",
               .target = &measure.shots,
               .changes = Changes::value,
               .alias = "num-fewshot",
               .least = 1,
               .most = 1000});
    table.add({.name = "clean",
               .help = "prompts whose heads are read",
               .target = &measure.clean,
               .changes = Changes::value,
               .least = 1,
               .most = 1'000'000});
    table.add({.name = "corrupted",
               .help = "prompts with shuffled outputs into which they are put",
               .target = &measure.corrupted,
               .changes = Changes::value,
               .least = 1,
               .most = 1'000'000});
    table.add({.name = "items",
               .help = "test items of a task",
               .target = &measure.items,
               .changes = Changes::value,
               .alias = "limit",
               .least = 1,
               .most = 1'000'000});
    table.add(
        {.name = "heads", .help = "heads that make a vector", .target = &measure.heads, .changes = Changes::value, .least = 1, .most = 100'000});
    return table;
  }

  std::vector<lab::Cell> grid() override;
  std::vector<std::string> together() const override { return {}; }
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
  int64_t cost_of(std::span<const lab::Cell> group) const override;

  std::vector<lab::Claim> claims(const lab::Records& records) const override {
    std::vector<lab::Claim> all;
    for (const std::string& model : lab::values_of(records, "model"))
      std::ranges::move(function_claims(records, model), std::back_inserter(all));
    return all;
  }
  std::vector<lab::Section> sections(const lab::Records& records) const override {
    std::vector<lab::Section> all;
    for (const std::string& model : lab::values_of(records, "model"))
      std::ranges::move(function_sections(records, model), std::back_inserter(all));
    return all;
  }

 private:
  std::vector<std::string> task_names() const;
  // Those of the tasks over which the heads are chosen: the paper's six main ones, or all where none of these is asked.
  std::vector<std::string> head_tasks() const;
  int64_t seeds() const { return equipment_.options().seeds > 0 ? equipment_.options().seeds : scale_ == lab::RunScale::paper ? 5 : 1; }
  // A letter network has no words, knows rows of up to eight examples and has few heads.
  FunctionOptions measure_options(const std::string& model) const {
    FunctionOptions options = options_.measure;
    options.token_budget = equipment_.options().token_budget;
    if (!is_scratch(model)) return options;
    options.form = world::kArrowForm;
    options.shots = std::min<int64_t>(options.shots, kLetterShots);
    options.items = std::min<int64_t>(options.items, kLetterItems);
    options.heads = std::min<int64_t>(options.heads, kLetterHeads);
    return options;
  }
  // One model and seed: the heads that all its tasks share, and what was read of tasks so far.
  struct Reading {
    std::string model;
    int64_t seed = 0;
    std::shared_ptr<const model::Checkpoint> checkpoint;
    FunctionOptions options;
    std::vector<probe::Head> heads;
    std::map<std::string, std::optional<TaskHeads>> tasks;
  };
  Reading& reading_of(const lab::Coordinates& at, lab::Workbench& bench);
  FunctionTask task_of(const Reading& reading, const std::string& task) const;
  bool is_scratch(const std::string& model) const { return model == scratch_.name(); }
  void add_scratch_cells(std::vector<lab::Cell>& cells) const;
  static base::Rng rng_of(const std::string& task, int64_t seed) { return base::Rng(static_cast<uint64_t>(seed)).child(task); }
  const std::optional<TaskHeads>& read_task(Reading& reading, const std::string& task, const base::Watch& watch) const;
  void measure_task(Reading& reading, lab::CellRecord& record, const base::Watch& watch) const;

  Equipment& equipment_;
  lab::RunScale scale_ = lab::RunScale::quick;
  Options options_;
  LetterNetworkOptions scratch_;
  Reading reading_;  // of the last model and seed
};

std::vector<std::string> FunctionVectors::task_names() const {
  if (!options_.tasks.empty()) return options_.tasks;
  const int64_t most = scale_ == lab::RunScale::quick ? kTasksOfQuick : scale_ == lab::RunScale::full ? kTasksOfFull : 1000;
  std::vector<std::string> names;
  for (const auto& entry : equipment_.mappings().entries(world::MappingCollection::function_vectors))
    if (entry.is_present && std::ssize(names) < most) names.push_back(entry.name);
  return names;
}

std::vector<std::string> FunctionVectors::head_tasks() const {
  constexpr size_t kMain = 6;
  std::vector<std::string> chosen;
  const auto entries = equipment_.mappings().entries(world::MappingCollection::function_vectors);
  const std::vector<std::string> asked = task_names();
  for (size_t i = 0; i < std::min(kMain, entries.size()); ++i)
    if (std::ranges::find(asked, entries[i].name) != asked.end()) chosen.push_back(entries[i].name);
  return chosen.empty() ? asked : chosen;
}

void FunctionVectors::add_scratch_cells(std::vector<lab::Cell>& cells) const {
  lab::Coordinates inputs = equipment_.training_inputs();
  const FunctionOptions measure = measure_options(scratch_.name());
  inputs["options"] = base::Json{
      {"shots", measure.shots},
      {"clean", measure.clean},
      {"corrupted", measure.corrupted},
      {"items", measure.items},
      {"heads",
       measure.heads}}.dump();
  inputs["network"] = scratch_.described();
  for (int64_t seed = equipment_.options().seed; seed < equipment_.options().seed + seeds(); ++seed)
    for (const probe::ReadableTask& task : tasks_of_letter_network(scratch_, static_cast<uint64_t>(seed)))
      cells.push_back({.at = {{"model", scratch_.name()}, {kWhat, "task"}, {"task", task.name}, {"seed", std::to_string(seed)}},
                       .inputs = inputs,
                       .part = "scratch"});
}

std::vector<lab::Cell> FunctionVectors::grid() {
  std::vector<lab::Cell> cells;
  const std::vector<std::string> names = task_names();
  const world::MappingCatalogue catalogue = equipment_.mappings();
  std::string choosing;
  for (const std::string& name : head_tasks()) choosing += catalogue.open(name).hash;
  for (const std::string& model : equipment_.options().model) {
    lab::Coordinates inputs = equipment_.model_inputs(model);
    inputs["options"] = options().to_json(/*only_value_changing=*/true).dump();
    inputs["heads chosen over"] = choosing;
    const auto add = [&](const char* what, const std::string& task, int64_t seed) {
      lab::Cell cell{.at = {{"model", model}, {kWhat, what}, {"task", task}, {"seed", std::to_string(seed)}}, .inputs = inputs, .part = what};
      cell.inputs["data"] = catalogue.open(task).hash;
      cells.push_back(std::move(cell));
    };
    for (int64_t seed = equipment_.options().seed; seed < equipment_.options().seed + seeds(); ++seed) {
      for (const std::string& name : names) add("task", name, seed);
      if (!options_.composition) continue;
      for (const PublishedComposition& published : kPublishedCompositions)
        if (std::ranges::find(names, published.task) != names.end()) add("composition", published.task, seed);
    }
  }
  if (options_.scratch) add_scratch_cells(cells);
  return cells;
}

// About the prompts of a cell.
int64_t FunctionVectors::cost_of(std::span<const lab::Cell> group) const {
  const FunctionOptions& measure = options_.measure;
  const int64_t of_task = measure.clean + 3 * measure.corrupted + 4 * measure.items, of_composition = 6 * (measure.clean + measure.corrupted);
  int64_t cost = 0;
  for (const lab::Cell& cell : group) cost += cell.at.at(kWhat) == "task" ? of_task : of_composition;
  return cost;
}

FunctionTask FunctionVectors::task_of(const Reading& reading, const std::string& task) const {
  if (!is_scratch(reading.model)) return divide(equipment_.mappings().open(task), *reading.checkpoint->tokenizer, rng_of(task, reading.seed));
  const auto tasks = tasks_of_letter_network(scratch_, static_cast<uint64_t>(reading.seed));
  return undivided(*std::ranges::find(tasks, task, &probe::ReadableTask::name));
}

const std::optional<TaskHeads>& FunctionVectors::read_task(Reading& reading, const std::string& task, const base::Watch& watch) const {
  const auto found = reading.tasks.find(task);
  if (found != reading.tasks.end()) return found->second;
  return reading.tasks.emplace(task, read_heads(*reading.checkpoint, task_of(reading, task), reading.options, rng_of(task, reading.seed), watch))
      .first->second;
}

FunctionVectors::Reading& FunctionVectors::reading_of(const lab::Coordinates& at, lab::Workbench& bench) {
  const base::Watch watch{.cancel = bench.watch.cancel};
  const std::string& model = lab::text_at(at, "model");
  const int64_t seed = lab::integer_at(at, "seed");
  if (reading_.checkpoint && reading_.model == model && reading_.seed == seed) return reading_;
  Reading reading{.model = model, .seed = seed, .options = measure_options(model)};
  std::vector<std::string> choosing = head_tasks();
  if (is_scratch(model)) {
    std::shared_ptr<LetterNetwork> network = letter_network(scratch_, static_cast<uint64_t>(seed), equipment_, bench);
    reading.checkpoint = std::shared_ptr<const model::Checkpoint>(network, &network->checkpoint);
    choosing.clear();
    for (const probe::ReadableTask& task : tasks_of_letter_network(scratch_, static_cast<uint64_t>(seed))) choosing.push_back(task.name);
  } else {
    reading.checkpoint = equipment_.checkpoint(model);
  }
  std::vector<std::vector<double>> sum;
  for (const std::string& task : choosing) {
    const std::optional<TaskHeads>& read = read_task(reading, task, watch);
    if (!read) continue;
    if (sum.empty()) sum.assign(read->effects.size(), std::vector<double>(read->effects.front().size(), 0));
    for (size_t layer = 0; layer < sum.size(); ++layer)
      for (size_t head = 0; head < sum[layer].size(); ++head) sum[layer][head] += read->effects[layer][head];
  }
  reading.heads = probe::strongest_heads(sum, reading.options.heads);
  reading_ = std::move(reading);
  return reading_;
}

void FunctionVectors::measure_task(Reading& reading, lab::CellRecord& record, const base::Watch& watch) const {
  const std::string& task = record.cell.at.at("task");
  const std::optional<TaskHeads>& read = read_task(reading, task, watch);
  if (!read) return;
  const model::Checkpoint& checkpoint = *reading.checkpoint;
  record.rows = judge_vector(checkpoint, task_of(reading, task), *read, reading.heads, reading.options, rng_of(task, reading.seed), watch);
  for (size_t layer = 0; layer < read->effects.size(); ++layer)
    for (size_t head = 0; head < read->effects[layer].size(); ++head)
      record.rows.push_back({.metric = kEffect,
                             .at = {{"layer", std::to_string(layer)}, {"head", std::to_string(head)}},
                             .value = read->effects[layer][head],
                             .n = options_.measure.corrupted});
  base::Json tokens = base::Json::array();
  const at::Tensor vector = probe::function_vector(read->means, reading.heads).unsqueeze(0).to(checkpoint.lm->compute().dtype);
  const auto likeliest = probe::likeliest_tokens(*checkpoint.lm, vector, kShownTokens);
  for (const probe::LikelyToken& token : likeliest.front()) tokens.push_back(base::printable(checkpoint.tokenizer->bytes_of(token.token)));
  record.exhibits["tokens"] = std::move(tokens);
}

lab::Records FunctionVectors::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  const base::Watch watch{.cancel = bench.watch.cancel};
  lab::Records records;
  for (const lab::Cell& cell : group) {
    lab::CellRecord record{.cell = cell};
    Reading& reading = reading_of(cell.at, bench);
    const std::string& task = cell.at.at("task");
    if (cell.at.at(kWhat) == "task")
      measure_task(reading, record, watch);
    else
      record.rows = judge_composition(*reading.checkpoint, equipment_.mappings().open(task), reading.heads, reading.options,
                                      rng_of(task, reading.seed).child("composition"), watch);
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace
}  // namespace function_vectors

std::unique_ptr<lab::Study> make_function_vectors(Equipment& equipment) {
  return std::make_unique<function_vectors::FunctionVectors>(equipment);
}

}  // namespace manabi::study
