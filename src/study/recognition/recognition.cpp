// Recognition or learning? Pan, Gao, Chen and Chen (2023): the same inputs under GOLD, RANDOM and ABSTRACT labels, over K and over models.
// GOLD lets a model recognise the task and learn its mapping; RANDOM labels leave recognition alone; ABSTRACT ones leave learning alone.
#include "study/recognition/recognition.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/format/printable.h"
#include "learn/scoring/few_shot_reader.h"
#include "study/equipment.h"
#include "study/recognition/scratch/scratch.h"
#include "world/few_shot/few_shot.h"

namespace manabi::study {
namespace recognition {
namespace {

// The sixteen tasks of the paper's Appendix A, in its order. `full` leaves the three out whose prompts are longest.
struct PaperTask {
  const char* name;
  bool is_in_full = true;
};
constexpr PaperTask kPaperTasks[] = {{"sst2"},
                                     {"financial_phrasebank"},
                                     {"emotion"},
                                     {"poem_sentiment"},
                                     {"trec"},
                                     {"stance_atheism"},
                                     {"stance_feminist"},
                                     {"tweet_eval_hate"},
                                     {"ethos_race"},
                                     {"ethos_gender"},
                                     {"ethos_religion", false},
                                     {"ethos_national_origin", false},
                                     {"sick"},
                                     {"snli"},
                                     {"wnli"},
                                     {"mrpc", false}};
const std::vector<std::string> kBuiltInTasks = {"sentiment", "questions", "topics", "entailment"};

// Demonstrations are balanced at each of these, so that a cell is the same whichever of them a sweep asks for.
const std::vector<int64_t> kLadder = {4, 8, 16, 32, 64};

constexpr int64_t kReservedTokens = 8;  // of the context, for the beginning token

// Cells with at most this many demonstrations, or the fewest of the sweep, keep one prompt for the page; longer ones would fill it.
constexpr int64_t kShownShots = 4;

// Multiplications and additions that the default model needs for a token, in millions: what puts both kinds of cells on one scale of progress.
constexpr int64_t kMillionsOfPromptToken = 135;

// A label setting with the symbols that it uses ("-" outside the abstract setting). An ablation runs on the first template only.
struct Arm {
  std::string setting;
  std::string symbols = "-";
  bool is_ablation = false;
};

class Recognition final : public lab::Study {
 public:
  explicit Recognition(Equipment& equipment) : equipment_(equipment) {}

  lab::StudyInfo info() const override {
    return {
        .name = "recognition",
        .title = "Recognition or learning?",
        .question =
            "When demonstrations help, does the model recognise a task that it already knew, or does it learn the mapping from inputs to "
            "labels? "
            "GOLD labels allow both, RANDOM labels leave only recognition, ABSTRACT symbols leave only learning.",
        .paper =
            "Jane Pan, Tianyu Gao, Howard Chen, Danqi Chen (2023): What In-Context Learning “Learns” In-Context: Disentangling Task Recognition "
            "and Task Learning. Findings of ACL 2023.",
        .link = "https://arxiv.org/abs/2305.09731",
        .version = 1};
  }

  void set_scale(lab::RunScale scale) override;
  base::OptionTable options() override;
  std::vector<lab::Cell> grid() override;
  std::vector<std::string> together() const override { return {kShots, scratch::kReplica}; }
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
  int64_t cost_of(std::span<const lab::Cell> group) const override;
  std::vector<lab::Claim> claims(const lab::Records& records) const override;
  std::vector<lab::Section> sections(const lab::Records& records) const override;

 private:
  base::OptionTable checkpoint_options();
  lab::Records measure_checkpoint(std::span<const lab::Cell> group, lab::Workbench& bench);
  std::vector<std::string> task_names() const;
  std::vector<Arm> arms() const;
  void add_cells(const std::string& model, const lab::Coordinates& inputs, const std::shared_ptr<const world::Dataset>& dataset, int64_t seed,
                 const Arm& arm, std::vector<lab::Cell>& cells);
  int64_t seeds() const { return equipment_.options().seeds > 0 ? equipment_.options().seeds : options_.draws; }
  std::vector<int64_t> ladder() const;
  world::FewShotConfig config_of(const lab::Coordinates& at) const;
  world::FewShotWorld world_of(const lab::Coordinates& at);
  const world::Queries& queries_of(const lab::Coordinates& at);
  learn::ReaderOptions reader_options() const;

  Equipment& equipment_;
  Options options_;
  scratch::Options scratch_;
  Tasks tasks_;                                                 // as grid() opened them
  std::map<std::vector<std::string>, world::Queries> queries_;  // by model, task, template and seed
  lab::RunScale scale_ = lab::RunScale::quick;
};

void Recognition::set_scale(lab::RunScale scale) {
  scale_ = scale;
  options_ = Options{};
  scratch_.set_scale(scale);
  if (scale == lab::RunScale::quick) return;
  options_.shots = {0, 4, 8, 16, 32};
  options_.templates = {1, 2, 3};
  options_.draws = 24;
  options_.symbol_ablation = true;
  if (scale == lab::RunScale::full) return;
  options_.shots = {8, 16, 32};
  options_.items = 150;
  options_.white_space = "paper";
  options_.too_long = "drop_demonstrations";
}

base::OptionTable Recognition::options() {
  base::OptionTable table = checkpoint_options();
  table.add_all(scratch_.table());
  return table;
}

// Those that a checkpoint's cells depend on.
base::OptionTable Recognition::checkpoint_options() {
  using base::Changes;
  Options& o = options_;
  base::OptionTable table;
  table.add({.name = "tasks", .help = "data sets: names of `manabi list tasks` or TOML files of your own", .target = &o.tasks});
  table.add({.name = "settings", .help = "how labels are shown", .target = &o.settings, .allowed = {"gold", "random", "abstract", "flipped"}});
  table.add({.name = "symbols",
             .help = "what stands for a class in the abstract setting",
             .target = &o.symbols,
             .allowed = {"numbers", "letters", "symbols"}});
  table.add({.name = "symbol-ablation", .help = "also letters and symbols, with the first template only", .target = &o.symbol_ablation});
  table.add({.name = "shots", .help = "numbers of demonstrations, K", .target = &o.shots, .alias = "num-fewshot", .least = 0, .most = 100'000});
  table.add({.name = "templates", .help = "prompt templates, counted from 1", .target = &o.templates, .least = 1});
  table.add({.name = "items",
             .help = "queries of one seed",
             .target = &o.items,
             .changes = Changes::value,
             .alias = "limit",
             .least = 1,
             .most = 1'000'000});
  table.add({.name = "demos",
             .help = "fresh: new demonstrations for every query (the paper); fixed: one list a seed (faster)",
             .target = &o.demos,
             .changes = Changes::value,
             .allowed = {"fresh", "fixed"}});
  table.add({.name = "white-space",
             .help = "clean: query and demonstrations tokenise alike; paper: as the published code prints them",
             .target = &o.white_space,
             .changes = Changes::value,
             .allowed = {"clean", "paper"}});
  table.add({.name = "too-long",
             .help = "a prompt past the context: drop_item everywhere, or drop_demonstrations as the paper does",
             .target = &o.too_long,
             .changes = Changes::value,
             .allowed = {"drop_item", "drop_demonstrations"}});
  table.add({.name = "beginning",
             .help = "the beginning-of-text token: auto (as the checkpoint says), always, never",
             .target = &o.beginning,
             .changes = Changes::value,
             .allowed = {"auto", "always", "never"}});
  table.add({.name = "one-token",
             .help = "score one token only, the first in which the labels differ (the paper: the label's last, for GPT-3 its first)",
             .target = &o.one_token,
             .changes = Changes::value});
  return table;
}

std::vector<std::string> Recognition::task_names() const {
  if (!options_.tasks.empty()) return options_.tasks;
  if (scale_ == lab::RunScale::quick || equipment_.options().data.empty()) return kBuiltInTasks;
  std::set<std::string> present;
  for (const world::DatasetCatalogue::Entry& entry : equipment_.datasets().entries())
    if (entry.is_present) present.insert(entry.name);
  std::vector<std::string> tasks;
  for (const PaperTask& task : kPaperTasks) {
    const bool is_wanted = task.is_in_full || scale_ == lab::RunScale::paper;
    if (is_wanted && present.contains(task.name)) tasks.push_back(task.name);
  }
  return tasks;
}

std::vector<int64_t> Recognition::ladder() const {
  std::vector<int64_t> ladder = kLadder;
  for (int64_t shots : options_.shots)
    if (shots > 0) ladder.push_back(shots);
  std::ranges::sort(ladder);
  ladder.erase(std::unique(ladder.begin(), ladder.end()), ladder.end());
  std::erase_if(ladder, [&](int64_t shots) { return shots > std::ranges::max(options_.shots); });
  return ladder;
}

std::vector<Arm> Recognition::arms() const {
  std::vector<Arm> arms;
  for (const std::string& setting : options_.settings) {
    if (setting != "abstract")
      arms.push_back({.setting = setting});
    else
      for (const std::string& symbols : options_.symbols) arms.push_back({.setting = setting, .symbols = symbols});
  }
  const bool has_abstract = std::ranges::find(options_.settings, "abstract") != options_.settings.end();
  if (options_.symbol_ablation && has_abstract) {
    for (const char* symbols : {"letters", "symbols"})
      if (std::ranges::find(options_.symbols, symbols) == options_.symbols.end()) arms.push_back({"abstract", symbols, true});
  }
  return arms;
}

world::FewShotConfig Recognition::config_of(const lab::Coordinates& at) const {
  world::FewShotConfig config;
  config.setting = world::parse_label_setting(lab::text_at(at, kSetting));
  if (lab::text_at(at, kSymbols) != "-") config.symbols = world::parse_symbols(lab::text_at(at, kSymbols));
  config.shots = lab::integer_at(at, kShots);
  config.ladder = ladder();
  config.template_index = lab::integer_at(at, kTemplate) - 1;
  config.demonstrations = world::parse_demonstrations(options_.demos);
  config.white_space = world::parse_white_space(options_.white_space);
  config.too_long = world::parse_too_long(options_.too_long);
  return config;
}

// Episodes that keep within the model's context.
world::FewShotWorld Recognition::world_of(const lab::Coordinates& at) {
  return {tasks_.named(lab::text_at(at, kTask)), config_of(at), equipment_.prompt_limit(lab::text_at(at, kModel), kReservedTokens)};
}

// The queries of a cell are those that fit at the largest K of the sweep, in all settings.
const world::Queries& Recognition::queries_of(const lab::Coordinates& at) {
  const std::string& task = lab::text_at(at, kTask);
  const std::vector<std::string> shared_by = {lab::text_at(at, kModel), task, lab::text_at(at, kTemplate), lab::text_at(at, kSeed)};
  const auto found = queries_.find(shared_by);
  if (found != queries_.end()) return found->second;
  world::Queries queries = world::fitting_queries(world_of(at), *tasks_.named(task), lab::integer_at(at, kSeed), options_.items);
  return queries_.emplace(shared_by, std::move(queries)).first->second;
}

learn::ReaderOptions Recognition::reader_options() const {
  learn::ReaderOptions options;
  options.score.token_budget = equipment_.options().token_budget;
  options.beginning = learn::parse_beginning_token(options_.beginning);
  options.one_token = options_.one_token;
  return options;
}

std::vector<lab::Cell> Recognition::grid() {
  queries_.clear();
  tasks_ = equipment_.open_tasks(task_names());
  std::vector<lab::Cell> cells;
  const int64_t first_seed = equipment_.options().seed;
  for (const std::string& model : equipment_.options().model) {
    lab::Coordinates inputs = equipment_.model_inputs(model);
    inputs["options"] = checkpoint_options().to_json(/*only_value_changing=*/true).dump();
    for (const std::shared_ptr<const world::Dataset>& dataset : tasks_.all())
      for (int64_t seed = first_seed; seed < first_seed + seeds(); ++seed)
        for (const Arm& arm : arms()) add_cells(model, inputs, dataset, seed, arm, cells);
  }
  std::ranges::move(scratch::grid(scratch_, equipment_), std::back_inserter(cells));
  return cells;
}

// The cells of one arm: every template and K.
void Recognition::add_cells(const std::string& model, const lab::Coordinates& inputs, const std::shared_ptr<const world::Dataset>& dataset,
                            int64_t seed, const Arm& arm, std::vector<lab::Cell>& cells) {
  equipment_.throw_if_cancelled();
  for (int64_t index : options_.templates) {
    if (arm.is_ablation && index != options_.templates.front()) continue;
    for (int64_t shots : options_.shots) {
      lab::Cell cell{.inputs = inputs, .part = arm.is_ablation ? "symbols" : dataset->kind};
      cell.at = {{kModel, model},         {kTask, dataset->name},          {kTemplate, std::to_string(index)}, {kSetting, arm.setting},
                 {kSymbols, arm.symbols}, {kShots, std::to_string(shots)}, {kSeed, std::to_string(seed)}};
      cell.inputs["world"] = world::FewShotWorld(dataset, config_of(cell.at)).hash();
      cell.inputs["queries"] = queries_of(cell.at).hash();
      cells.push_back(std::move(cell));
    }
  }
}

base::Json prompt_exhibit(const model::Checkpoint& checkpoint, const world::Episode& episode, const world::Answer& answer,
                          const learn::ReaderOptions& options) {
  const learn::EncodedEpisode encoded = learn::encode_episode(*checkpoint.tokenizer, episode, options);
  base::Json tokens = base::Json::array(), answers = base::Json::array();
  for (text::TokenId id : encoded.prompt)
    tokens.push_back(
        {{"text", base::printable(checkpoint.tokenizer->bytes_of(id))}, {"id", id}, {"special", checkpoint.tokenizer->is_special(id)}});
  for (size_t i = 0; i < encoded.choices.size(); ++i) {
    answers.push_back({{"text", base::printable(checkpoint.tokenizer->decode(encoded.choices[i]))},
                       {"score", answer.scores[i]},
                       {"is_right", static_cast<int64_t>(i) == episode.target}});
  }
  return {{"item", episode.id}, {"tokens", tokens}, {"answers", answers}};
}

lab::Records Recognition::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  return scratch::is_of_scratch(group.front()) ? scratch::measure(scratch_, group, equipment_, bench) : measure_checkpoint(group, bench);
}

lab::Records Recognition::measure_checkpoint(std::span<const lab::Cell> group, lab::Workbench& bench) {
  const lab::Coordinates& first = group.front().at;
  const Subject subject = equipment_.subject(lab::text_at(first, kModel), reader_options(), {.cancel = bench.watch.cancel});
  const std::shared_ptr<const world::Dataset> dataset = tasks_.named(lab::text_at(first, kTask));
  const int64_t seed = lab::integer_at(first, kSeed);
  const world::Queries& queries = queries_of(first);

  std::vector<world::Episode> episodes;
  double majority = 0;
  for (const lab::Cell& cell : group) {
    const world::FewShotWorld world = world_of(cell.at);
    for (int64_t query : queries.indices) episodes.push_back(world.draw(seed, query));
    majority = world.majority();
  }
  const world::Answers answers = subject.learner->answer(episodes, world::Ask::choices);

  lab::Records records;
  const size_t per_cell = queries.indices.size();
  for (size_t c = 0; c < group.size(); ++c) {
    lab::CellRecord record{.cell = group[c]};
    double dropped_shots = 0;
    for (size_t i = c * per_cell; i < (c + 1) * per_cell; ++i) {
      record.items.push_back({.id = episodes[i].id, .draw = seed, .scores = answers[i].scores, .target = episodes[i].target});
      dropped_shots += static_cast<double>(lab::integer_at(group[c].at, kShots) - std::ssize(episodes[i].demonstrations));
    }
    record.rows = {{.metric = kChance, .value = 1.0 / static_cast<double>(dataset->classes()), .n = static_cast<int64_t>(dataset->test.size())},
                   {.metric = kMajority, .value = majority, .n = static_cast<int64_t>(dataset->test.size())},
                   {.metric = kParameters, .value = static_cast<double>(subject.checkpoint->lm->parameters()), .n = 1},
                   {.metric = kDropped, .value = static_cast<double>(queries.dropped), .n = static_cast<int64_t>(per_cell) + queries.dropped}};
    if (dropped_shots > 0) record.rows.push_back({.metric = kDroppedShots, .value = dropped_shots, .n = static_cast<int64_t>(per_cell)});
    record.exhibits[kKind] = dataset->kind;
    record.exhibits["source"] = dataset->source;
    record.exhibits["notes"] = dataset->notes;
    const int64_t shots = lab::integer_at(group[c].at, kShots);
    if (shots <= kShownShots || shots == std::ranges::min(options_.shots))
      record.exhibits["prompt"] = prompt_exhibit(*subject.checkpoint, episodes[c * per_cell], answers[c * per_cell], reader_options());
    records.push_back(std::move(record));
  }
  return records;
}

// Tokens that the model reads for a group, up to a factor: the longest prompt once, and a query for each K.
int64_t Recognition::cost_of(std::span<const lab::Cell> group) const {
  if (scratch::is_of_scratch(group.front())) return scratch::cost_of(scratch_, group) / kMillionsOfPromptToken;
  int64_t longest = 0;
  for (const lab::Cell& cell : group) longest = std::max(longest, lab::integer_at(cell.at, kShots));
  return options_.items * (longest + static_cast<int64_t>(group.size()));
}

lab::Records of_checkpoints(const lab::Records& records) {
  lab::Records chosen = records;
  std::erase_if(chosen, [](const lab::CellRecord& record) { return scratch::is_of_scratch(record.cell); });
  return chosen;
}

std::vector<lab::Claim> Recognition::claims(const lab::Records& records) const {
  const lab::Records networks = scratch::records_of_networks(records);
  std::vector<lab::Claim> all;
  if (networks.size() < records.size() || networks.empty()) all = recognition::claims(of_checkpoints(records));
  if (!networks.empty()) std::ranges::move(scratch::claims(networks), std::back_inserter(all));
  return all;
}

std::vector<lab::Section> Recognition::sections(const lab::Records& records) const {
  std::vector<lab::Section> all = recognition::sections(of_checkpoints(records));
  std::ranges::move(scratch::sections(scratch::records_of_networks(records)), std::back_inserter(all));
  return all;
}

}  // namespace
}  // namespace recognition

std::unique_ptr<lab::Study> make_recognition(Equipment& equipment) { return std::make_unique<recognition::Recognition>(equipment); }

}  // namespace manabi::study
