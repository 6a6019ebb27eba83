#include "study/training/letter_network.h"

#include <fmt/format.h>

#include <utility>

#include "lab/statistics/seeds.h"
#include "model/trained/blueprint.h"
#include "study/training/token_runs.h"
#include "text/symbols/symbol_tokenizer.h"
#include "world/mappings/letter_tasks.h"
#include "world/mappings/mapping_world.h"

namespace manabi::study {
namespace {

constexpr int64_t kExamples = 8;  // of a row: 0 to 7 demonstrations
constexpr int64_t kHeadWidth = 32;
constexpr double kWarmUpShare = 0.05;  // of the steps

// The names of the tasks are symbols only where rows say them.
std::vector<std::string> symbols_of(const LetterNetworkOptions& options, uint64_t seed) {
  if (options.named == 0) return world::letter_symbols();
  return world::letter_symbols(world::letter_curriculum(options.bijections, seed));
}

TokenRunPlan plan_of(const LetterNetworkOptions& options, uint64_t seed, const std::shared_ptr<const text::Tokenizer>& tokenizer) {
  const std::vector<world::MappingTask> tasks = world::letter_curriculum(options.bijections, seed);
  const auto world = std::make_shared<world::MappingWorld>(tasks, tokenizer, kExamples, seed, options.named);
  TokenRunPlan plan;
  plan.network = {.decoder = {.layers = options.layers,
                              .width = options.width,
                              .heads = std::max<int64_t>(1, options.width / kHeadWidth),
                              .shares_blocks = options.looped},
                  .vocabulary = world->vocabulary(),
                  .context = world->length(),
                  .positions = model::Positions::rotary};
  plan.model_made_of = {{"decoder", model::described(plan.network.decoder)},
                        {"vocabulary", plan.network.vocabulary},
                        {"context", plan.network.context},
                        {"positions", "rotary"}};
  plan.optimiser = {.beta2 = 0.95, .weight_decay = 0.01};
  plan.schedule = {
      .decay = learn::Decay::cosine, .warm_up = static_cast<int64_t>(static_cast<double>(options.steps) * kWarmUpShare), .steps = options.steps};
  plan.batch = options.batch;
  plan.clip_norm = 1;
  plan.steps = options.steps;
  plan.measure_name = "none";
  plan.description = fmt::format("a decoder {} taught letter tasks, seed {}", options.name(), seed);
  base::Json made_of = {{"letter curriculum", 1}, {"bijections", options.bijections}, {"examples", kExamples}, {"seed", seed}};
  if (options.named > 0) made_of["named"] = options.named;
  plan.replicas.push_back({.seed = seed, .world = world, .world_made_of = std::move(made_of), .lr = options.lr});
  return plan;
}

}  // namespace

LetterNetworkOptions LetterNetworkOptions::of_scale(lab::RunScale scale) {
  LetterNetworkOptions options;
  if (scale == lab::RunScale::quick) {
    options.layers = 4;
    options.steps = 1500;
  }
  return options;
}

void LetterNetworkOptions::add_to(base::OptionTable& table) {
  table.add({.name = "scratch-layers", .help = "blocks of the networks that are trained here", .target = &layers, .least = 1, .most = 1000});
  table.add({.name = "scratch-width", .help = "of their stream; a head is 32 wide", .target = &width, .least = 1, .most = 65'536});
  table.add(
      {.name = "scratch-looped", .help = "pass one block as many times as there are layers, in the place of as many blocks", .target = &looped});
  table.add({.name = "scratch-steps", .help = "of their training", .target = &steps, .least = 1, .most = 1'000'000'000});
  table.add({.name = "scratch-batch", .help = "rows of one step", .target = &batch, .least = 1, .most = 1'000'000});
  table.add({.name = "scratch-lr", .help = "their largest learning rate", .target = &lr});
  table.add({.name = "scratch-named",
             .help = "share of their rows whose examples name their tasks (x[task]->y), each its own, instead of showing one",
             .target = &named});
  table.add({.name = "bijections", .help = "random maps of the letters among their tasks", .target = &bijections, .least = 0, .most = 1000});
}

std::string LetterNetworkOptions::name() const { return fmt::format("{}-{}x{}", looped ? "looped" : "scratch", layers, width); }

base::Json LetterNetworkOptions::json() const {
  base::Json json = {{"layers", layers}, {"width", width}, {"steps", steps}, {"batch", batch}, {"lr", lr}, {"bijections", bijections}};
  if (named > 0) json["named"] = named;
  if (looped) json["looped"] = true;
  return json;
}

std::string LetterNetworkOptions::described() const { return json().dump(); }

std::vector<probe::ReadableTask> tasks_of_letter_network(const LetterNetworkOptions& options, uint64_t seed) {
  std::vector<probe::ReadableTask> tasks;
  for (const world::MappingTask& task : world::letter_curriculum(options.bijections, seed))
    tasks.push_back({.name = task.name, .rule = task.rule, .pairs = task.pairs});
  return tasks;
}

std::unique_ptr<LetterNetwork> letter_network(const LetterNetworkOptions& options, uint64_t seed, const Equipment& equipment,
                                              lab::Workbench& bench) {
  const std::vector<std::string> symbols = symbols_of(options, seed);
  const auto tokenizer = std::make_shared<const text::SymbolTokenizer>(symbols);
  const std::unique_ptr<TokenTraining> trained = train_tokens(plan_of(options, seed, tokenizer), nullptr, equipment, bench);
  auto network = std::make_unique<LetterNetwork>();
  network->checkpoint = {.name = options.name(),
                         .lm = model::language_model_of(trained->model(), trained->parameters(), 0, equipment.compute()),
                         .tokenizer = std::make_unique<text::SymbolTokenizer>(symbols)};
  const NetworkRunResult result = trained->result();
  for (size_t i = 0; i < result.curves[0].size(); ++i)
    network->rows.push_back({.metric = kTrainingLoss,
                             .at = {{lab::kStep, std::to_string(static_cast<int64_t>(i + 1) * result.curve_every)}},
                             .value = result.curves[0][i],
                             .n = result.curve_every * options.batch});
  network->rows.push_back({.metric = kParameters, .value = static_cast<double>(trained->parameters().parameter_count()), .n = 1});
  return network;
}

int64_t letter_network_cost(const LetterNetworkOptions& options) {
  const auto tokenizer = std::make_shared<const text::SymbolTokenizer>(symbols_of(options, 0));
  return cost_of(plan_of(options, 0, tokenizer), 1);
}

}  // namespace manabi::study
