// Do demonstrations do what gradient descent would? Dai et al. (2023): attention's update beside one pass of fine-tuning.
#include <algorithm>
#include <map>
#include <memory>

#include "base/error.h"
#include "study/dual_form/measure.h"
#include "study/dual_form/report.h"
#include "study/equipment.h"
#include "study/training/letter_network.h"
#include "world/sets/asked_hash.h"

namespace manabi::study {
namespace dual_form {
namespace {

// Demonstrations that the paper's models hold of sets with long texts.
const std::map<std::string, int64_t> kMostShots = {{"agnews", 22}, {"cb", 19}};

// Of the networks that are trained here: rows of up to eight examples, and tasks of letters.
constexpr int64_t kLetterShots = 6;
const std::vector<std::string> kLetterTasks = {"next_letter", "prev_letter", "to_upper", "identity", "bijection_0", "list_last"};

struct Options {
  std::vector<std::string> tasks;
  std::vector<std::string> arms;
  bool scratch = false;  // networks that are taught letter tasks here
  DualOptions measure;
};

class DualForm final : public lab::Study {
 public:
  explicit DualForm(Equipment& equipment) : equipment_(equipment) {}

  lab::StudyInfo info() const override {
    return {
        .name = "dual-form",
        .title = "Do demonstrations do what gradient descent would?",
        .question =
            "Demonstrations in the prompt change what attention writes; one pass of gradient descent over the same demonstrations changes it "
            "too. Are the two changes alike, and would a network that was never trained show as much?",
        .paper =
            "Damai Dai, Yutao Sun, Li Dong, Yaru Hao, Shuming Ma, Zhifang Sui, Furu Wei (2023): Why Can GPT Learn In-Context? Language Models "
            "Implicitly Perform Gradient Descent as Meta-Optimizers. Findings of ACL 2023.",
        .link = "https://arxiv.org/abs/2212.10559"};
  }

  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    options_ = Options{.tasks = {"sst2", "mr", "mpqa", "cb", "agnews"}, .arms = {kTrained, kShuffledLabels, kRandomWeights}, .measure = {}};
    scratch_ = LetterNetworkOptions::of_scale(scale);
    options_.scratch = scale != lab::RunScale::quick;
    if (scale != lab::RunScale::quick) return;
    options_.tasks = {"sentiment"};
    options_.arms = {kTrained, kRandomWeights};
    options_.measure = {.shots = 16, .items = 100, .tuning_items = 50, .ranked_items = 20, .rates = {1e-2}};
  }

  base::OptionTable options() override {
    using base::Changes;
    base::OptionTable table;
    DualOptions& measure = options_.measure;
    table.add({.name = "tasks", .help = "data sets: names of `manabi list tasks` or paths of TOML files", .target = &options_.tasks});
    table.add({.name = "arms",
               .help = "trained, shuffled labels (of what is tuned on), random weights",
               .target = &options_.arms,
               .allowed = {kTrained, kShuffledLabels, kRandomWeights}});
    table.add({.name = "scratch",
               .help = "also look into networks that are taught letter tasks here (the usual thing at full scale)",
               .target = &options_.scratch});
    scratch_.add_to(table);
    table.add({.name = "shots",
               .help = "demonstrations; at most 22 of agnews and 19 of cb",
               .target = &measure.shots,
               .changes = Changes::value,
               .alias = "num-fewshot",
               .least = 1,
               .most = 1000});
    table.add({.name = "items",
               .help = "queries on which the two are compared",
               .target = &measure.items,
               .changes = Changes::value,
               .alias = "limit",
               .least = 2,
               .most = 1'000'000});
    table.add({.name = "tuning-items",
               .help = "other queries, on which the rate is chosen",
               .target = &measure.tuning_items,
               .changes = Changes::value,
               .least = 1,
               .most = 1'000'000});
    table.add({.name = "ranked-items",
               .help = "of the queries, those whose attention is ranked",
               .target = &measure.ranked_items,
               .changes = Changes::value,
               .least = 1,
               .most = 1'000'000});
    table.add({.name = "rates",
               .help = "of gradient descent, of which the one that answers most is taken",
               .target = &measure.rates,
               .changes = Changes::value});
    table.add({.name = "template",
               .help = "which of a set's natural templates, from 0",
               .target = &measure.template_index,
               .changes = Changes::value,
               .least = 0,
               .most = 100});
    return table;
  }

  std::vector<lab::Cell> grid() override;
  std::vector<std::string> together() const override { return {}; }
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
  int64_t cost_of(std::span<const lab::Cell> group) const override {
    const DualOptions options = options_of(lab::text_at(group.front().at, "task"));
    return 3 * options.items + std::ssize(options.rates) * (options.tuning_items + 10 * options.shots);
  }

  std::vector<lab::Claim> claims(const lab::Records& records) const override {
    std::vector<lab::Claim> all;
    for (const std::string& model : lab::values_of(records, "model")) std::ranges::move(dual_claims(records, model), std::back_inserter(all));
    return all;
  }
  std::vector<lab::Section> sections(const lab::Records& records) const override {
    std::vector<lab::Section> all;
    for (const std::string& model : lab::values_of(records, "model")) std::ranges::move(dual_sections(records, model), std::back_inserter(all));
    return all;
  }

 private:
  DualOptions options_of(const std::string& task) const {
    DualOptions options = options_.measure;
    options.token_budget = equipment_.options().token_budget;
    if (std::ranges::find(kLetterTasks, task) != kLetterTasks.end()) options.shots = std::min(options.shots, kLetterShots);
    if (const auto most = kMostShots.find(task); most != kMostShots.end()) options.shots = std::min(options.shots, most->second);
    return options;
  }

  std::string options_json() { return options().to_json(/*only_value_changing=*/true).dump(); }
  void add_scratch_cells(std::vector<lab::Cell>& cells);
  std::vector<lab::Row> measure_scratch(const lab::Coordinates& at, lab::Workbench& bench);

  Equipment& equipment_;
  lab::RunScale scale_ = lab::RunScale::quick;
  Options options_;
  Tasks tasks_;
  LetterNetworkOptions scratch_;
  std::unique_ptr<LetterNetwork> network_;  // the last one that was asked for
  std::string network_seed_;
};

std::vector<lab::Cell> DualForm::grid() {
  tasks_ = equipment_.open_tasks(options_.tasks);
  const int64_t first = equipment_.options().seed, seeds = std::max<int64_t>(1, equipment_.options().seeds);
  std::vector<lab::Cell> cells;
  for (const std::string& model : equipment_.options().model) {
    lab::Coordinates inputs = equipment_.model_inputs(model);
    inputs["options"] = options_json();
    for (const std::shared_ptr<const world::Dataset>& dataset : tasks_.all())
      for (const std::string& arm : options_.arms)
        for (int64_t seed = first; seed < first + seeds; ++seed) {
          lab::Cell cell{.at = {{"model", model}, {"task", dataset->name}, {kArm, arm}, {"seed", std::to_string(seed)}},
                         .inputs = inputs,
                         .part = dataset->name};
          cell.inputs["data"] = world::asked_hash(*dataset);
          cells.push_back(std::move(cell));
        }
  }
  if (options_.scratch) add_scratch_cells(cells);
  return cells;
}

void DualForm::add_scratch_cells(std::vector<lab::Cell>& cells) {
  lab::Coordinates inputs = equipment_.training_inputs();
  inputs["options"] = options_json();
  inputs["network"] = scratch_.described();
  const int64_t first = equipment_.options().seed, seeds = std::max<int64_t>(1, equipment_.options().seeds);
  for (int64_t seed = first; seed < first + seeds; ++seed)
    for (const std::string& task : kLetterTasks)
      for (const std::string& arm : options_.arms)
        cells.push_back({.at = {{"model", scratch_.name()}, {"task", task}, {kArm, arm}, {"seed", std::to_string(seed)}},
                         .inputs = inputs,
                         .part = "scratch"});
}

std::vector<lab::Row> DualForm::measure_scratch(const lab::Coordinates& at, lab::Workbench& bench) {
  const std::string& seed_text = lab::text_at(at, "seed");
  const auto seed = static_cast<uint64_t>(lab::integer_at(at, "seed"));
  if (!network_ || network_seed_ != seed_text) {
    network_ = letter_network(scratch_, seed, equipment_, bench);
    network_seed_ = seed_text;
  }
  const std::vector<probe::ReadableTask> tasks = tasks_of_letter_network(scratch_, seed);
  const auto task = std::ranges::find(tasks, lab::text_at(at, "task"), &probe::ReadableTask::name);
  if (task == tasks.end())
    throw base::Error({.where = "--bijections", .given = "none", .expected = "at least one: " + lab::text_at(at, "task") + " is measured"});
  const DualOptions options = options_of(task->name);
  const std::string& arm = lab::text_at(at, kArm);
  const DrawnTask drawn = draw_pairs(network_->checkpoint, *task, arm, lab::integer_at(at, "seed"), options);
  return measure_task(network_->checkpoint, drawn, arm, base::Rng(seed).child(task->name), options, {.cancel = bench.watch.cancel});
}

lab::Records DualForm::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  lab::Records records;
  for (const lab::Cell& cell : group) {
    lab::CellRecord record{.cell = cell};
    if (lab::text_at(cell.at, "model") == scratch_.name()) {
      record.rows = measure_scratch(cell.at, bench);
    } else {
      const std::string &task = lab::text_at(cell.at, "task"), &arm = lab::text_at(cell.at, kArm);
      const int64_t seed = lab::integer_at(cell.at, "seed");
      const auto checkpoint = equipment_.checkpoint(lab::text_at(cell.at, "model"));
      const DrawnTask drawn = draw_classes(*checkpoint, tasks_.named(task), arm, seed, options_of(task));
      record.rows = measure_task(*checkpoint, drawn, arm, base::Rng(static_cast<uint64_t>(seed)).child(task), options_of(task),
                                 {.cancel = bench.watch.cancel});
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace
}  // namespace dual_form

std::unique_ptr<lab::Study> make_dual_form(Equipment& equipment) { return std::make_unique<dual_form::DualForm>(equipment); }

}  // namespace manabi::study
