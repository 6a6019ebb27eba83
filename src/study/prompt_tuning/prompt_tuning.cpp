// Everything between a prompt written by hand and fine-tuning, at one table: Lester, Al-Rfou and Constant (2021), with prefix tuning, P-tuning,
// AutoPrompt and low ranks beside it.
#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <charconv>
#include <map>
#include <memory>

#include "base/error.h"
#include "lab/statistics/seeds.h"
#include "learn/training/version.h"
#include "study/equipment.h"
#include "study/prompt_tuning/measure.h"
#include "study/prompt_tuning/report.h"
#include "study/prompt_tuning/scratch.h"
#include "world/sets/asked_hash.h"

namespace manabi::study {
namespace prompt_tuning {
namespace {

// Of each method: steps at full scale, and the learning rate that did best on development examples of SST-2 and TREC in a sweep that was run
// beforehand (docs/studies/prompt-tuning.md).
struct MethodPlan {
  int64_t steps;
  double lr;
  int64_t length;     // 0: there are no positions
  const char* first;  // "-" where nothing begins as words
};
const std::map<std::string, MethodPlan> kPlans = {{kManual, {0, 0, 0, "-"}},
                                                  {kAutoprompt, {20, 0, 3, "-"}},
                                                  {"prompt-tuning", {200, 1e-1, 20, "labels"}},
                                                  {"p-tuning", {200, 1e-3, 20, "-"}},
                                                  {"prefix-tuning", {100, 3e-2, 20, "labels"}},
                                                  {"p-tuning-v2", {100, 3e-2, 20, "labels"}},
                                                  {"lora", {100, 5e-3, 0, "-"}},
                                                  {"bitfit", {100, 3e-3, 0, "-"}},
                                                  {"full", {100, 1e-4, 0, "-"}}};

constexpr int64_t kScratchCostOfAStep = 100'000;  // of a checkpoint: in the units of scratch_cost, about

// Models that were not trained here.
std::vector<std::string> checkpoints_of(const lab::Records& records) {
  std::vector<std::string> models;
  for (const std::string& model : lab::values_of(records, "model"))
    if (!is_scratch({{"model", model}})) models.push_back(model);
  return models;
}

// Of "lora=0.002" the method and its rate. Throws base::Error for what is no such text.
std::map<std::string, double> parse_rates(const std::vector<std::string>& texts) {
  std::map<std::string, double> rates;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    const std::string method = text.substr(0, equals);
    double rate = 0;
    const char* end = text.data() + text.size();
    const bool is_number =
        equals != std::string::npos && std::from_chars(text.data() + equals + 1, end, rate).ptr == end && equals + 1 < text.size();
    if (!is_number || !(rate > 0 && rate < 1e3) || !kPlans.contains(method) || kPlans.at(method).lr == 0 || !rates.emplace(method, rate).second)
      throw base::Error({.where = "--rates", .given = text, .expected = "METHOD=RATE of a method that has one, each once, such as lora=0.002"});
  }
  return rates;
}

struct Options {
  std::vector<std::string> rates;
  std::vector<std::string> tasks = {"questions"}, methods = {kManual, "prompt-tuning", "lora", "full"};
  std::vector<int64_t> lengths, examples = {64};
  std::vector<std::string> beginnings;
  int64_t dev = 40, test = 100, batch = 8;
  double steps = 0.4;  // of a method's own number
  ScratchOptions scratch = {.widths = {32, 128}, .rules = {"reverse"}, .lengths = {1, 20}, .steps = 1500};
};

class PromptTuning final : public lab::Study {
 public:
  explicit PromptTuning(Equipment& equipment) : equipment_(equipment) {}

  lab::StudyInfo info() const override {
    return {.name = "prompt-tuning",
            .title = "How much of a model must change for it to learn a task?",
            .question =
                "A prompt of tuned rows, a prefix of keys and values, words found by gradient, low ranks, biases, or all weights: which of them "
                "teach a "
                "frozen model a data set, from how many examples, and what does the prompt look like then?",
            .paper = "Brian Lester, Rami Al-Rfou, Noah Constant (2021): The Power of Scale for Parameter-Efficient Prompt Tuning. EMNLP 2021.",
            .link = "https://arxiv.org/abs/2104.08691"};
  }

  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    options_ = Options{};
    if (scale == lab::RunScale::quick) return;
    options_.tasks = {};
    options_.methods = {kManual, kAutoprompt, "prompt-tuning", "p-tuning", "prefix-tuning", "p-tuning-v2", "lora", "bitfit", "full"};
    options_.lengths = {1, 5};
    options_.beginnings = {"random", "vocabulary"};
    options_.examples = {};
    options_.dev = 0;
    options_.test = 300;
    options_.steps = scale == lab::RunScale::full ? 1 : 10;
    options_.scratch = {.widths = {32, 64, 128, 256}};
  }

  base::OptionTable options() override {
    base::OptionTable table;
    table.add({.name = "tasks",
               .help = "data sets: names of `manabi list tasks` or TOML files of your own; none: sst2 and trec with --data, else built-in ones",
               .target = &options_.tasks});
    std::vector<std::string> known;
    for (const auto& [name, plan] : kPlans) known.push_back(name);
    table.add({.name = "methods", .help = "ways of teaching", .target = &options_.methods, .allowed = known});
    table.add({.name = "rates", .help = "METHOD=RATE: learning rates in place of a method's own", .target = &options_.rates});
    table.add({.name = "lengths",
               .help = "of the first task, further lengths of a tuned prompt",
               .target = &options_.lengths,
               .least = 1,
               .most = 10'000});
    table.add({.name = "beginnings",
               .help = "of the first task, further first values of a tuned prompt",
               .target = &options_.beginnings,
               .allowed = {"random", "vocabulary"}});
    table.add({.name = "examples",
               .help = "that are tuned on, none: 256 and 32 with --data, else 64 and 16; of the first task prompt-tuning, lora and full are "
                       "also tuned on each number but the first",
               .target = &options_.examples,
               .least = 1,
               .most = 1'000'000});
    const auto count = [&](const char* name, const char* help, int64_t* target) {
      table.add({.name = name, .help = help, .target = target, .changes = base::Changes::value, .least = 1, .most = 1'000'000});
    };
    table.add({.name = "dev",
               .help = "further examples, on which the best step is chosen; 0: 128 with --data, else 40",
               .target = &options_.dev,
               .changes = base::Changes::value,
               .least = 0,
               .most = 1'000'000});
    count("items", "test examples on which every way is judged", &options_.test);
    count("batch", "examples of a step", &options_.batch);
    table.add(
        {.name = "steps-factor", .help = "times a method's usual number of steps", .target = &options_.steps, .changes = base::Changes::value});
    options_.scratch.add_to(table);
    return table;
  }

  std::vector<lab::Cell> grid() override;
  std::vector<std::string> together() const override { return {lab::kSeed}; }
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override {
    const lab::Coordinates& at = group.front().at;
    if (is_scratch(at)) {
      lab::Records records;
      for (const lab::Cell& cell : group) records.push_back(measure_scratch(cell, options_.scratch, equipment_, bench));
      return records;
    }
    const auto checkpoint = equipment_.checkpoint(lab::text_at(at, "model"));
    return measure_method(group, settings_of(lab::text_at(at, kMethod)), tasks_.named(lab::text_at(at, "task")), *checkpoint, equipment_, bench);
  }
  int64_t cost_of(std::span<const lab::Cell> group) const override {
    if (is_scratch(group.front().at)) {
      int64_t cost = 0;
      for (const lab::Cell& cell : group) cost += scratch_cost(cell, options_.scratch);
      return cost / kScratchCostOfAStep + 1;
    }
    const Settings settings = settings_of(lab::text_at(group.front().at, kMethod));
    return static_cast<int64_t>(group.size()) * (settings.steps + 1);
  }
  std::vector<lab::Claim> claims(const lab::Records& records) const override {
    std::vector<lab::Claim> all;
    for (const std::string& model : checkpoints_of(records)) std::ranges::move(tuning_claims(records, model), std::back_inserter(all));
    std::ranges::move(scratch_claims(records), std::back_inserter(all));
    return all;
  }
  std::vector<lab::Section> sections(const lab::Records& records) const override {
    std::vector<lab::Section> all;
    for (const std::string& model : checkpoints_of(records)) std::ranges::move(tuning_sections(records, model), std::back_inserter(all));
    std::ranges::move(scratch_sections(records), std::back_inserter(all));
    return all;
  }

 private:
  Settings settings_of(const std::string& method) const {
    const MethodPlan& plan = kPlans.at(method);
    const std::map<std::string, double> rates = parse_rates(options_.rates);
    const auto own_rate = rates.find(method);
    return {.steps = std::max<int64_t>(1, static_cast<int64_t>(options_.steps * static_cast<double>(plan.steps))),
            .batch = options_.batch,
            .dev = dev(),
            .test = options_.test,
            .lr = own_rate == rates.end() ? plan.lr : own_rate->second};
  }
  // What the options leave open follows from whether there are published sets: the data folder is known only after the scale.
  bool has_data() const { return !equipment_.options().data.empty(); }
  std::vector<std::string> tasks() const {
    if (!options_.tasks.empty()) return options_.tasks;
    return has_data() ? std::vector<std::string>{"sst2", "trec"} : std::vector<std::string>{"sentiment", "questions"};
  }
  std::vector<int64_t> examples() const {
    if (!options_.examples.empty()) return options_.examples;
    return has_data() ? std::vector<int64_t>{256, 32} : std::vector<int64_t>{64, 16};
  }
  int64_t dev() const {
    if (options_.dev > 0) return options_.dev;
    return has_data() ? 128 : 40;
  }
  int64_t seeds() const {
    if (equipment_.options().seeds > 0) return equipment_.options().seeds;
    return scale_ == lab::RunScale::quick ? 1 : 3;
  }
  // Cells of one setting, a seed each.
  void add(std::vector<lab::Cell>& cells, const lab::Coordinates& inputs, lab::Coordinates at, const std::string& part) const;

  Equipment& equipment_;
  lab::RunScale scale_ = lab::RunScale::quick;
  Options options_;
  Tasks tasks_;  // as grid() opened them
};

void PromptTuning::add(std::vector<lab::Cell>& cells, const lab::Coordinates& inputs, lab::Coordinates at, const std::string& part) const {
  for (int64_t seed = 0; seed < seeds(); ++seed) {
    at[lab::kSeed] = std::to_string(equipment_.options().seed + seed);
    lab::Cell cell{.at = at, .inputs = inputs, .part = part};
    const Settings settings = settings_of(at.at(kMethod));
    cell.inputs["settings"] =
        fmt::format("{} steps of {}, rate {}, {} dev, {} test", settings.steps, settings.batch, settings.lr, settings.dev, settings.test);
    cells.push_back(std::move(cell));
  }
}

std::vector<lab::Cell> PromptTuning::grid() {
  std::vector<lab::Cell> cells;
  tasks_ = equipment_.open_tasks(tasks());
  for (const std::string& model : equipment_.options().model) {
    lab::Coordinates inputs = equipment_.model_inputs(model);
    inputs["training"] = std::to_string(learn::kTrainingVersion);
    const std::string usual_examples = std::to_string(examples().front());
    for (const std::shared_ptr<const world::Dataset>& dataset : tasks_.all()) {
      inputs["data"] = world::asked_hash(*dataset);
      const auto at = [&](const std::string& method) {
        const MethodPlan& plan = kPlans.at(method);
        return lab::Coordinates{{"model", model},     {"task", dataset->name},    {kMethod, method}, {kLength, std::to_string(plan.length)},
                                {kFirst, plan.first}, {kExamples, usual_examples}};
      };
      for (const std::string& method : options_.methods) add(cells, inputs, at(method), "methods");
      if (dataset != tasks_.all().front()) continue;
      const auto is_asked = [&](const char* method) { return std::ranges::find(options_.methods, method) != options_.methods.end(); };
      const auto vary = [&](const char* method, const char* coordinate, const std::string& value, const char* part) {
        lab::Coordinates other = at(method);
        if (!is_asked(method) || other[coordinate] == value) return;
        other[coordinate] = value;
        add(cells, inputs, std::move(other), part);
      };
      for (const int64_t length : options_.lengths) vary("prompt-tuning", kLength, std::to_string(length), "length");
      for (const std::string& first : options_.beginnings) vary("prompt-tuning", kFirst, first, "beginning");
      for (const int64_t count : examples())
        for (const char* method : {"prompt-tuning", "lora", "full"}) vary(method, kExamples, std::to_string(count), "examples");
    }
  }
  // Networks are trained in float32 alone.
  if (equipment_.compute().dtype == at::kFloat)
    std::ranges::move(scratch_cells(options_.scratch, seeds(), equipment_), std::back_inserter(cells));
  return cells;
}

}  // namespace
}  // namespace prompt_tuning

std::unique_ptr<lab::Study> make_prompt_tuning(Equipment& equipment) { return std::make_unique<prompt_tuning::PromptTuning>(equipment); }

}  // namespace manabi::study
