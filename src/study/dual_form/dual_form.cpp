// Do demonstrations do what gradient descent would? Dai et al. (2023): attention's update beside one pass of fine-tuning.
#include <algorithm>
#include <map>
#include <memory>

#include "study/dual_form/measure.h"
#include "study/dual_form/report.h"
#include "study/equipment.h"

namespace manabi::study {
namespace dual_form {
namespace {

// Demonstrations that the paper's models hold of sets with long texts.
const std::map<std::string, int64_t> kMostShots = {{"agnews", 22}, {"cb", 19}};

struct Options {
  std::vector<std::string> tasks;
  std::vector<std::string> arms;
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
    if (const auto most = kMostShots.find(task); most != kMostShots.end()) options.shots = std::min(options.shots, most->second);
    return options;
  }

  Equipment& equipment_;
  lab::RunScale scale_ = lab::RunScale::quick;
  Options options_;
  Tasks tasks_;
};

std::vector<lab::Cell> DualForm::grid() {
  tasks_ = equipment_.open_tasks(options_.tasks);
  const int64_t first = equipment_.options().seed, seeds = std::max<int64_t>(1, equipment_.options().seeds);
  std::vector<lab::Cell> cells;
  for (const std::string& model : equipment_.options().model) {
    lab::Coordinates inputs = equipment_.model_inputs(model);
    inputs["options"] = options().to_json(/*only_value_changing=*/true).dump();
    for (const std::shared_ptr<const world::Dataset>& dataset : tasks_.all())
      for (const std::string& arm : options_.arms)
        for (int64_t seed = first; seed < first + seeds; ++seed) {
          lab::Cell cell{.at = {{"model", model}, {"task", dataset->name}, {kArm, arm}, {"seed", std::to_string(seed)}},
                         .inputs = inputs,
                         .part = dataset->name};
          cell.inputs["data"] = dataset->hash;
          cells.push_back(std::move(cell));
        }
  }
  return cells;
}

lab::Records DualForm::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  lab::Records records;
  for (const lab::Cell& cell : group) {
    const std::string& task = lab::text_at(cell.at, "task");
    const auto checkpoint = equipment_.checkpoint(lab::text_at(cell.at, "model"));
    records.push_back({.cell = cell,
                       .rows = measure_task(*checkpoint, tasks_.named(task), lab::text_at(cell.at, kArm), lab::integer_at(cell.at, "seed"),
                                            options_of(task), {.cancel = bench.watch.cancel})});
  }
  return records;
}

}  // namespace
}  // namespace dual_form

std::unique_ptr<lab::Study> make_dual_form(Equipment& equipment) { return std::make_unique<dual_form::DualForm>(equipment); }

}  // namespace manabi::study
