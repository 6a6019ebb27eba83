// `manabi tune METHOD`: everything between a hand-written prompt and fine-tuning, on one checkpoint and one data set.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <thread>

#include "app/command_line.h"
#include "app/verbs.h"
#include "app/verbs/tune/autoprompt.h"
#include "app/verbs/tune/ground.h"
#include "app/verbs/tune/options.h"
#include "app/verbs/tune/outcome.h"
#include "app/verbs/tune/room.h"
#include "base/error.h"
#include "base/file.h"
#include "base/machine.h"
#include "learn/training/version.h"
#include "learn/tuning/episode_tuning.h"
#include "learn/tuning/tuned_reader.h"
#include "model/adapters/peft_files.h"
#include "model/adapters/save_model.h"
#include "tensor/device.h"
#include "world/sets/asked_hash.h"

namespace manabi::app {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kReports = 20;  // lines of progress

// Everything that could change the result.
base::Json made_of(const CommandLine& line, const TuneOptions& options, const Ground& ground, std::span<const TunedSetting> settings) {
  base::Json all = base::Json::parse(line.options.to_json(/*only_value_changing=*/true).dump());
  for (const char* key : {"seed", "seeds", "lr", "length"}) all.erase(key);
  for (const TunedSetting& setting : settings) all["settings"].push_back(setting.name());
  all["method"] = options.method;
  all["checkpoint"] = ground.checkpoint.hash;
  all["tokenizer"] = ground.checkpoint.tokenizer->fingerprint();
  all["data"] = world::asked_hash(*ground.dataset);
  all["dtype"] = tensor::name_of(tensor::parse_dtype(options.model.dtype));
  all["beginning"] = options.model.beginning;
  all["training"] = learn::kTrainingVersion;
  return all;
}

learn::MethodOptions method_of(const TuneOptions& options, const Ground& ground, std::span<const TunedSetting> settings) {
  learn::MethodOptions method = options.method_options();
  method.classes = ground.dataset->classes();
  method.lengths.clear();
  for (const TunedSetting& setting : settings)
    method.lengths.push_back(ground.soft_template ? ground.soft_template->rows() : std::max<int64_t>(1, setting.length));
  return method;
}

learn::TuningPlan plan_of(const CommandLine& line, const TuneOptions& options, const Ground& ground, std::span<const TunedSetting> settings,
                          int64_t threads) {
  learn::TuningPlan plan{.parts = method_of(options, ground, settings).parts(*ground.network),
                         .optimiser = {.rule = options.optimiser == "adafactor" ? tensor::Rule::adafactor : tensor::Rule::adam,
                                       .weight_decay = options.weight_decay},
                         .batch = options.batch,
                         .clip_norm = options.optimiser == "adafactor" ? 0 : options.clip,
                         .dev = ground.encoded(ground.splits.dev),
                         .judged_every = options.judged_every,
                         .threads = threads,
                         .token_budget = options.token_budget,
                         .made_of = made_of(line, options, ground, settings),
                         .title = fmt::format("{} of {} on {}", options.method, ground.checkpoint.name, ground.dataset->name)};
  plan.schedule.decay = options.decay == "constant" ? learn::Decay::constant
                        : options.decay == "cosine" ? learn::Decay::cosine
                                                    : learn::Decay::linear;
  plan.schedule.warm_up = options.warm_up;
  plan.schedule.steps = options.steps;
  const auto items = learn::items_of(ground.encoded(ground.splits.train));
  for (const TunedSetting& setting : settings) {
    plan.lr.push_back(setting.lr);
    plan.seeds.push_back(setting.seed);
    plan.data.push_back(
        {.items = items,
         .order = learn::shuffled_epochs(std::ssize(*items), options.steps * options.batch, base::Rng(setting.seed).child("order"))});
  }
  return plan;
}

// Runs some settings together in one folder and says how it goes.
std::vector<TunedOutcome> tune_together(const CommandLine& line, const TuneOptions& options, const Ground& ground,
                                        std::span<const TunedSetting> settings, const fs::path& folder, int64_t threads, Session& session) {
  fs::create_directories(folder);
  const learn::TuningPlan plan = plan_of(line, options, ground, settings, threads);
  const learn::MethodOptions method = method_of(options, ground, settings);
  if (plan.parts.weights) model::check_can_be_saved(*ground.network, ground.checkpoint);
  if (!tensor::parse_device(options.model.device).is_cuda()) check_room(ground.network, plan, method, base::free_memory());
  learn::Tuning tuning(ground.network, plan, folder,
                       learn::first_values(method, *ground.network, ground.checkpoint, learn::labels_of(ground.splits.test), plan.seeds));
  if (tuning.steps_done() > 0) session.messages << fmt::format("going on after step {}\n", tuning.steps_done());
  session.watch.begin(plan.title, options.steps - tuning.steps_done());
  tuning.run(session.watch, std::max<int64_t>(1, options.steps / kReports));
  session.watch.end();
  return outcomes_of(tuning, options, ground.encoded(ground.splits.test), settings);
}

void save(const TunedOutcome& outcome, const TuneOptions& options, const Ground& ground, const base::Json& description, const fs::path& folder) {
  fs::create_directories(folder);
  if (!outcome.adapter) {
    model::save_model(*outcome.network, ground.checkpoint, folder);
    return;
  }
  model::Adapter adapter = *outcome.adapter;
  adapter.method = options.method;
  adapter.base_name = ground.checkpoint.name;
  adapter.base_hash = ground.checkpoint.hash;
  adapter.made_of = description.dump();
  adapter.soft_template = options.soft_template;
  model::save_adapter(adapter, model::AdapterShape::of(*ground.network), folder);
}

// A folder holds one result. Returns whether this one is there already; throws base::Error with the keys that differ where it is another's.
bool is_done(const fs::path& file, const base::Json& description) {
  if (!fs::exists(file)) return false;
  const base::Json found = base::read_json(file.string());
  const base::Json there = found.contains("made_of") ? found["made_of"] : base::Json::object();
  std::vector<std::string> different;
  for (const auto& [key, value] : description.items())
    if (!there.contains(key) || there[key] != value) different.push_back(key);
  if (different.empty()) return true;
  throw base::Error({.where = file.string(),
                     .given = "the result of other options",
                     .expected = fmt::format("this tuning's; they differ in {}", fmt::join(different, ", ")),
                     .hint = "take another folder with --save, or remove this one"});
}

// What a tuning goes on from is not needed once its result is there.
void remove_state(const fs::path& folder) {
  for (const char* name : {learn::kTrainingStateFile, learn::kBestFile}) fs::remove(folder / name);
}

}  // namespace

int tune_verb(Words words, Session& session) {
  TuneOptions options;
  CommandLine line{
      .verb = "tune",
      .summary =
          "Tunes a prompt, a prefix, low ranks, biases or all weights of a checkpoint on a data set, and saves what PEFT reads. A tuning "
          "that was cut off goes on."};
  line.positionals = {
      {.name = "METHOD", .help = fmt::format("{}, autoprompt", fmt::join(learn::tuning_method_names(), ", ")), .target = &options.method}};
  line.options = options.table();
  if (!parse(line, words, session.out)) return 0;
  options.check();
  tensor::keep_freed_memory();
  const int64_t threads = options.model.threads > 0 ? options.model.threads : std::max<int64_t>(1, std::thread::hardware_concurrency());
  Ground ground = open_ground(options, session);
  const bool is_search = options.method == kAutoprompt;
  const std::vector<TunedSetting> settings = is_search ? std::vector<TunedSetting>() : settings_of(options);
  base::Json whole = made_of(line, options, ground, settings);
  if (is_search) whole.update({{"seed", options.seed}, {"length", options.length.front()}});
  if (is_done(fs::path(options.save) / (is_search ? kAutopromptFile : kOutcomeFile), whole)) {
    session.messages << "this tuning is done\n";
    session.out << options.save << "\n";
    return 0;
  }
  judge_untuned(ground, session);
  if (is_search) return search_prompt(options, ground, whole, session);
  const bool is_together = model::TunedNetwork(ground.network, method_of(options, ground, settings).parts(*ground.network)).takes_replicas();
  const fs::path folder = options.save;
  std::vector<TunedOutcome> outcomes;
  for (size_t first = 0; first < settings.size(); first += is_together ? settings.size() : 1) {
    const auto some = std::span(settings).subspan(first, is_together ? settings.size() : 1);
    const fs::path place = settings.size() == 1 || is_together ? folder : folder / some.front().name();
    for (TunedOutcome& outcome : tune_together(line, options, ground, some, place, threads, session)) {
      const base::Json description = made_of(line, options, ground, {&outcome.setting, 1});
      save(outcome, options, ground, description, settings.size() == 1 ? folder : folder / outcome.setting.name());
      outcome.network.reset();  // whole weights of several tunings need not fit into memory
      outcomes.push_back(std::move(outcome));
    }
  }
  write_outcomes(outcomes, options, ground.dataset->name, ground.before, whole, folder);
  remove_state(folder);
  for (const TunedSetting& setting : settings) remove_state(folder / setting.name());
  tell_outcomes(outcomes, options, ground.before, session.out);
  return std::ranges::all_of(outcomes, [](const TunedOutcome& outcome) { return outcome.replica.diverged_at >= 0; }) ? 1 : 0;
}

}  // namespace manabi::app
