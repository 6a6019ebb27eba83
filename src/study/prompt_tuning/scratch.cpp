#include "study/prompt_tuning/scratch.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "lab/statistics/seeds.h"
#include "learn/generation/continue_all.h"
#include "learn/training/version.h"
#include "learn/tuning/method.h"
#include "learn/tuning/run/tuning_items.h"
#include "model/trained/blueprint.h"
#include "model/version.h"
#include "study/prompt_tuning/measure.h"
#include "study/training/lessons.h"
#include "study/training/token_runs.h"
#include "text/symbols/symbol_tokenizer.h"
#include "world/sequences/transforms.h"

namespace manabi::study::prompt_tuning {
namespace {

constexpr int64_t kLayers = 4, kHeadWidth = 32;
constexpr int64_t kLongestPrompt = 49;  // rows that fit in front of a sequence
constexpr int64_t kScratchVersion = 1;  // raised with any change of what a cell measures
constexpr const char* kFull = "full";
constexpr const char* kPrompt = "prompt-tuning";

std::string model_name(int64_t width) { return fmt::format("scratch-{}x{}", kLayers, width); }
std::string_view digits_of(std::string_view model) { return model.substr(std::min(model.size(), model.find('x') + 1)); }
int64_t width_of(const std::string& model) { return std::stoll(model.substr(model.find('x') + 1)); }

TokenRunPlan plan_of(int64_t width, uint64_t seed, const ScratchOptions& options) {
  const auto world = std::make_shared<world::TransformWorld>(seed);
  TokenRunPlan plan;
  plan.network = {.decoder = {.layers = kLayers, .width = width, .heads = std::max<int64_t>(1, width / kHeadWidth)},
                  .vocabulary = world->vocabulary(),
                  .context = world->length() + kLongestPrompt,
                  .positions = model::Positions::rotary};
  plan.model_made_of = {{"decoder", model::described(plan.network.decoder)},
                        {"vocabulary", plan.network.vocabulary},
                        {"context", plan.network.context},
                        {"positions", "rotary"}};
  plan.optimiser = {.beta2 = 0.95, .weight_decay = 0.01};
  plan.schedule = {.decay = learn::Decay::cosine, .warm_up = options.steps / 20, .steps = options.steps};
  plan.batch = options.batch;
  plan.clip_norm = 1;
  plan.steps = options.steps;
  plan.measure_name = "none";
  plan.description = fmt::format("{} taught sixteen rules on sequences, seed {}", model_name(width), seed);
  plan.replicas.push_back({.seed = seed, .world = world, .world_made_of = {{"transforms", 1}, {"seed", seed}}, .lr = options.lr});
  return plan;
}

std::vector<world::LetterSequence> inputs_of(const char* purpose, int64_t count, uint64_t seed) {
  std::vector<world::LetterSequence> inputs;
  const base::Rng rng = base::Rng(seed).child(purpose);
  for (int64_t i = 0; i < count; ++i) inputs.push_back(world::draw_letters(rng.child(static_cast<uint64_t>(i))));
  return inputs;
}

// Where the whole output is right, and its end.
std::vector<bool> answered_rightly(const model::CausalLM& lm, const text::Tokenizer& tokenizer, const world::SequenceTransform& rule,
                                   const std::vector<world::LetterSequence>& inputs, const std::string& named) {
  std::vector<std::vector<text::TokenId>> prompts;
  for (const world::LetterSequence& input : inputs) prompts.push_back(tokenizer.encode(world::transform_prompt(input, named)));
  const std::vector<std::string> answers = learn::continue_all(lm, tokenizer, prompts, {.tokens = world::kTransformLength + 1, .stop = "."});
  std::vector<bool> right;
  for (size_t i = 0; i < inputs.size(); ++i) right.push_back(answers[i] + "." == world::transform_answer(rule, inputs[i]));
  return right;
}

Lesson lesson_of(const lab::Cell& cell, const ScratchOptions& options, const world::SequenceTransform& rule, const model::Checkpoint& start) {
  const text::Tokenizer& tokenizer = *start.tokenizer;
  const auto seed = static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed));
  const bool is_prompt = lab::text_at(cell.at, kMethod) == kPrompt;
  auto items = std::make_shared<std::vector<learn::TuningItem>>();
  for (const world::LetterSequence& input : inputs_of("tuned", options.examples, seed)) {
    learn::TuningItem item{.tokens = tokenizer.encode(world::transform_prompt(input) + world::transform_answer(rule, input))};
    item.asked_from = world::kTransformLength + 1;
    items->push_back(std::move(item));
  }
  Lesson lesson{
      .title = lab::name_of(cell.at),
      .data = {.items = items,
               .order = learn::shuffled_epochs(std::ssize(*items), options.tuning_steps * options.tuning_batch, base::Rng(seed).child("order"))},
      .data_made_of = {{"rule", rule.name}, {"examples", options.examples}, {"seed", seed}},
      .schedule = {.decay = learn::Decay::linear, .warm_up = options.tuning_steps / 20, .steps = options.tuning_steps},
      .batch = options.tuning_batch,
      .lr = is_prompt ? options.prompt_lr : options.full_lr,
      .seed = seed,
      .keeps_model = false,
      .measured_after = {options.tuning_steps},
      .measure_name = fmt::format("{} sequences", options.test)};
  if (!is_prompt) return lesson;
  // Rows as wide as the network's own embeddings.
  const std::shared_ptr<const model::FrozenNetwork> network = start.lm->frozen(at::kFloat);
  const learn::MethodOptions method{.lengths = {lab::integer_at(cell.at, kLength)}, .first_rows = learn::FirstRows::random};
  lesson.parts = method.parts(*network);
  lesson.first_values = learn::first_values(method, *network, start, {}, {seed});
  lesson.data_made_of["rows"] = "random";
  return lesson;
}

}  // namespace

void ScratchOptions::add_to(base::OptionTable& table) {
  table.add({.name = "scratch-widths",
             .help = "networks of four blocks that are taught rules on sequences and tuned to one without its name; none: no such networks",
             .target = &widths,
             .least = 1,
             .most = 65'536});
  table.add(
      {.name = "scratch-rules", .help = "rules that they are tuned to: one of sixteen, or two in turn (\"sort then next\")", .target = &rules});
  table.add({.name = "scratch-lengths", .help = "of their prompts", .target = &lengths, .least = 1, .most = kLongestPrompt});
  const auto count = [&](const char* name, const char* help, int64_t* target) {
    table.add({.name = name, .help = help, .target = target, .least = 1, .most = 1'000'000'000});
  };
  count("scratch-steps", "of their training", &steps);
  count("scratch-batch", "rows of one of its steps", &batch);
  count("scratch-tuning-steps", "of tuning a prompt, or all weights", &tuning_steps);
  table.add({.name = "scratch-lr", .help = "learning rate of their training", .target = &lr});
  table.add({.name = "scratch-prompt-lr", .help = "of tuning their prompts", .target = &prompt_lr});
  table.add({.name = "scratch-full-lr", .help = "of tuning all their weights", .target = &full_lr});
}

bool is_scratch(const lab::Coordinates& at) {
  const std::string& model = lab::text_at(at, "model");
  const std::string_view digits = digits_of(model);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !digits.empty() && digits.size() < 10 && std::ranges::all_of(digits, is_digit) && model == model_name(std::stoll(std::string(digits)));
}

std::vector<lab::Cell> scratch_cells(const ScratchOptions& options, int64_t seeds, const Equipment& equipment) {
  std::vector<lab::Cell> cells;
  for (const int64_t width : options.widths) {
    if (width % kHeadWidth != 0)
      throw base::Error({.where = "--scratch-widths",
                         .given = std::to_string(width),
                         .expected = fmt::format("multiples of {}: a head is so wide", kHeadWidth)});
    for (int64_t seed = 0; seed < seeds; ++seed) {
      for (const std::string& rule : options.rules) {
        world::transform_named(rule);
        const auto add = [&](const std::string& method, int64_t length) {
          lab::Cell cell{.part = "sizes"};
          cell.at = {{"model", model_name(width)},
                     {"task", rule},
                     {kMethod, method},
                     {kLength, std::to_string(length)},
                     {kFirst, length > 0 ? "random" : "-"},
                     {kExamples, std::to_string(options.examples)}};
          cell.at[lab::kSeed] = std::to_string(equipment.options().seed + seed);
          cell.inputs = {
              {"device", equipment.compute().device.is_cuda() ? "cuda" : "cpu"},
              {"networks", std::to_string(kScratchVersion)},
              {"training", fmt::format("{}, {} steps of {}, rate {}", learn::kTrainingVersion, options.steps, options.batch, options.lr)},
              {"tuning",
               fmt::format("{} steps of {}, rates {} and {}", options.tuning_steps, options.tuning_batch, options.prompt_lr, options.full_lr)}};
          cells.push_back(std::move(cell));
        };
        add(kNotNamed, 0);
        if (rule.find(' ') == std::string::npos) add(kNamed, 0);  // two rules in turn have no name
        for (const int64_t length : options.lengths) add(kPrompt, length);
        add(kFull, 0);
      }
    }
  }
  return cells;
}

lab::CellRecord measure_scratch(const lab::Cell& cell, const ScratchOptions& options, const Equipment& equipment, lab::Workbench& bench) {
  const auto seed = static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed));
  const world::SequenceTransform rule = world::transform_named(lab::text_at(cell.at, "task"));
  const std::string& method = lab::text_at(cell.at, kMethod);
  const std::unique_ptr<TokenTraining> trained =
      train_tokens(plan_of(width_of(lab::text_at(cell.at, "model")), seed, options), nullptr, equipment, bench);
  const model::Checkpoint checkpoint = {
      .name = lab::text_at(cell.at, "model"),
      .lm = model::language_model_of(trained->model(), trained->parameters(), 0, {.device = equipment.compute().device}),
      .tokenizer = std::make_unique<text::SymbolTokenizer>(world::transform_symbols())};
  const std::vector<world::LetterSequence> inputs = inputs_of("tested", options.test, seed);
  lab::CellRecord record{.cell = cell};
  std::vector<bool> right;
  if (method == kNamed || method == kNotNamed) {
    right = answered_rightly(*checkpoint.lm, *checkpoint.tokenizer, rule, inputs, method == kNamed ? rule.name : "");
  } else {
    const Lesson lesson = lesson_of(cell, options, rule, checkpoint);
    const auto measure = [&](const model::CausalLM& lm) {
      const std::vector<bool> answers = answered_rightly(lm, *checkpoint.tokenizer, rule, inputs, "");
      return std::vector<double>(answers.begin(), answers.end());
    };
    const TokenRunPlan plan = plan_of(width_of(checkpoint.name), seed, options);
    const base::Json start = {{"network", cell.inputs.at("training")},
                              {"model", plan.model_made_of},
                              {"world", plan.replicas.front().world_made_of},
                              {"version", kScratchVersion},
                              {"seed", seed}};
    const Taught taught = teach(checkpoint, start, lesson, measure, equipment, bench);
    for (const double value : taught.measurements.back().values[0]) right.push_back(value > 0);
  }
  for (size_t i = 0; i < right.size(); ++i)
    record.items.push_back(
        {.id = fmt::format("{}/{}", seed, i), .draw = static_cast<int64_t>(seed), .scores = {right[i] ? 1.0 : 0.0, right[i] ? 0.0 : 1.0}});
  record.rows.push_back({.metric = kModelParameters, .value = static_cast<double>(trained->parameters().parameter_count()), .n = 1});
  return record;
}

int64_t scratch_cost(const lab::Cell& cell, const ScratchOptions& options) {
  const TokenRunPlan plan = plan_of(width_of(lab::text_at(cell.at, "model")), 0, options);
  // The first cell of a network trains it.
  return lab::text_at(cell.at, kMethod) == kNotNamed ? study::cost_of(plan, 1)
                                                     : std::max<int64_t>(1, study::cost_of(plan, 1) / options.steps * options.tuning_steps / 2);
}

}  // namespace manabi::study::prompt_tuning
