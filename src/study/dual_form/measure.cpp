#include "study/dual_form/measure.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "learn/tuning/key_value_tuning.h"
#include "model/trainable/trainable_transformer.h"
#include "probe/tasks/task_items.h"
#include "study/dual_form/similarity.h"
#include "study/item_arms.h"
#include "world/few_shot/few_shot.h"

namespace manabi::study::dual_form {
namespace {

struct RateChoice {
  double rate = 0;
  std::vector<std::pair<double, double>> accuracies;  // of each rate that converged
};

RateChoice choose_rate(const model::CausalLM& lm, const DrawnTask& task, const DualOptions& options, const base::Watch& watch) {
  RateChoice choice;
  double best = -1;
  for (const double rate : options.rates) {
    watch.throw_if_cancelled();
    const auto network = lm.trainable();
    try {
      learn::tune_keys_and_values(*network, task.tuned_on, rate, {}, watch);
    } catch (const base::Error&) {
      continue;  // diverged
    }
    const double accuracy = probe::share_of(judge_queries(*network->frozen(lm.compute()), task.chosen_on, options.token_budget, watch));
    choice.accuracies.emplace_back(rate, accuracy);
    if (accuracy > best) best = accuracy, choice.rate = rate;
  }
  if (choice.accuracies.empty())
    throw base::Error({.where = "--rates", .given = "rates at all of which tuning diverges", .expected = "a smaller one"});
  return choice;
}

// The queries of tuning's passes, and the tokens that are compared: of a demonstration neither the first token nor what is white space.
TrainingTokens tune(model::TrainableTransformer& network, const DrawnTask& task, double rate, const text::Tokenizer& tokenizer,
                    const base::Watch& watch) {
  std::vector<std::vector<at::Tensor>> seen(task.tuned_on.size());  // of each row, by layer
  learn::tune_keys_and_values(
      network, task.tuned_on, rate,
      [&](size_t row, int64_t, const at::Tensor& queries) { seen[row].push_back(queries.to(at::kCPU, at::kFloat)); }, watch);
  TrainingTokens training;
  std::vector<at::Tensor> rows;
  int64_t place = 0;
  for (size_t row = 0; row < seen.size(); ++row) {
    rows.push_back(at::stack(seen[row], 1));  // [T, L, H, E]
    training.begins.push_back(place);
    for (size_t token = 0; token < task.tuned_on[row].size(); ++token, ++place) {
      const bool is_space = std::ranges::all_of(tokenizer.bytes_of(task.tuned_on[row][token]), [](char c) { return c == ' ' || c == '\n'; });
      if (token > 0 && !is_space) training.counted.push_back(place);
    }
  }
  training.queries = at::cat(rows);
  return training;
}

// values [P, L]: means over layers as items, means over items as layers.
void add_similarity(const char* metric, const at::Tensor& values, std::vector<lab::Row>& rows) {
  const at::Tensor of_items = values.to(at::kDouble).mean(1).contiguous(), of_layers = values.to(at::kDouble).mean(0).contiguous();
  add_item_values(metric, {of_items.const_data_ptr<double>(), of_items.const_data_ptr<double>() + of_items.numel()}, rows);
  for (int64_t layer = 0; layer < of_layers.numel(); ++layer)
    rows.push_back({.metric = metric, .at = {{"layer", std::to_string(layer)}}, .value = of_layers[layer].item<double>(), .n = values.size(0)});
}

Readings first_ones(const Readings& readings, int64_t count) {
  const int64_t kept = std::min(count, readings.queries.size(0));
  return {.attention_out = readings.attention_out.narrow(0, 0, kept),
          .scores = {readings.scores.begin(), readings.scores.begin() + kept},
          .queries = readings.queries.narrow(0, 0, kept)};
}

void add_answers(const Readings& plain, const Readings& shown, const Readings& tuned, std::vector<lab::Row>& rows) {
  for (const auto& [run, readings] : {std::pair{kPlain, &plain}, {kShown, &shown}, {kTuned, &tuned}}) {
    rows.push_back({.metric = kAccuracy, .at = {{"run", run}}, .value = probe::share_of(readings->right), .n = std::ssize(readings->right)});
    add_items(run, readings->right, rows);
  }
  for (size_t item = 0; item < plain.right.size(); ++item)
    if (!plain.right[item] && tuned.right[item])
      rows.push_back({.metric = kCovered, .at = {{kItem, std::to_string(item)}}, .value = shown.right[item] ? 1.0 : 0.0, .n = 1});
}

}  // namespace

DrawnTask draw_classes(const model::Checkpoint& checkpoint, const std::shared_ptr<const world::Dataset>& dataset, const std::string& arm,
                       int64_t seed, const DualOptions& options) {
  const auto config_of = [&](world::LabelSetting setting, int64_t shots) {
    return world::FewShotConfig{.setting = setting,
                                .shots = shots,
                                .ladder = {options.shots},
                                .template_index = options.template_index,
                                .demonstrations = world::Demonstrations::fixed,
                                .seed = static_cast<uint64_t>(seed)};
  };
  const world::PromptLimit limit{.tokenizer = checkpoint.tokenizer.get(), .tokens = checkpoint.lm->context() - 1};
  const world::FewShotWorld with(dataset, config_of(world::LabelSetting::gold, options.shots), limit),
      without(dataset, config_of(world::LabelSetting::gold, 0), limit),
      shuffled(dataset, config_of(world::LabelSetting::random, options.shots), limit);
  const world::Queries queries = world::fitting_queries(with, *dataset, seed, options.items + options.tuning_items);
  const auto count = std::ssize(queries.indices), measured = std::min(options.items, std::max<int64_t>(1, count - count / 3));
  const auto episodes_of = [&](const world::FewShotWorld& world, int64_t begin, int64_t end) {
    std::vector<world::Episode> episodes;
    for (int64_t i = begin; i < end; ++i) episodes.push_back(world.draw(seed, queries.indices[static_cast<size_t>(i)]));
    return episodes;
  };
  const auto tokens = [&](const world::FewShotWorld& world, int64_t begin, int64_t end) {
    return tokens_of(episodes_of(world, begin, end), episodes_of(without, begin, end), *checkpoint.tokenizer);
  };
  if (count < 2)
    throw base::Error({.where = "task " + dataset->name, .given = fmt::format("{} queries that fit", count), .expected = "at least two"});
  DrawnTask drawn{.measured = tokens(with, 0, measured), .chosen_on = tokens(with, measured, count)};
  drawn.tuned_on = arm == kShuffledLabels ? tokens(shuffled, 0, 1).demonstrations : drawn.measured.demonstrations;
  return drawn;
}

namespace {

std::vector<TokenId> line_of(const world::Mapping& pair, const text::Tokenizer& tokenizer) {
  return tokenizer.encode(world::prompt_of({}, pair.input) + pair.output + world::kArrowForm.after_output);
}

std::vector<std::vector<TokenId>> lines_of(std::span<const world::Mapping> pairs, const text::Tokenizer& tokenizer) {
  std::vector<std::vector<TokenId>> lines;
  for (const world::Mapping& pair : pairs) lines.push_back(line_of(pair, tokenizer));
  return lines;
}

}  // namespace

DrawnTask draw_pairs(const model::Checkpoint& checkpoint, const probe::ReadableTask& task, const std::string& arm, int64_t seed,
                     const DualOptions& options) {
  const text::Tokenizer& tokenizer = *checkpoint.tokenizer;
  const base::Rng rng = base::Rng(static_cast<uint64_t>(seed)).child(task.name);
  base::Rng order = rng.child("pairs");
  std::vector<world::Mapping> pairs;
  std::vector<TokenId> outputs;
  for (const int64_t place : order.permutation(std::ssize(task.pairs))) {
    pairs.push_back(task.pairs[static_cast<size_t>(place)]);
    const TokenId output = tokenizer.encode(pairs.back().output).front();
    if (std::ranges::find(outputs, output) == outputs.end()) outputs.push_back(output);
  }
  const int64_t queries = std::min(std::ssize(pairs) - options.shots, options.items + options.tuning_items);
  if (queries < 2)
    throw base::Error({.where = "task " + task.name,
                       .given = fmt::format("{} pairs", pairs.size()),
                       .expected = fmt::format("at least two beside {} demonstrations", options.shots)});
  std::vector<world::Mapping> shown(pairs.begin(), pairs.begin() + options.shots);
  const auto episodes = [&](int64_t begin, int64_t end) {
    TokenEpisodes made{.demonstrations = lines_of(shown, tokenizer)};
    for (int64_t i = begin; i < end; ++i) {
      const world::Mapping& pair = pairs[static_cast<size_t>(options.shots + i)];
      made.queries.push_back(tokenizer.encode(world::prompt_of({}, pair.input)));
      made.answers.push_back(outputs);
      made.targets.push_back(std::ranges::find(outputs, tokenizer.encode(pair.output).front()) - outputs.begin());
    }
    return made;
  };
  const int64_t measured = std::min(options.items, std::max<int64_t>(1, queries - queries / 3));
  DrawnTask drawn{.measured = episodes(0, measured), .chosen_on = episodes(measured, queries)};
  if (arm == kShuffledLabels) shown = probe::with_shuffled_outputs({{.demonstrations = shown}}, rng.child("shuffled")).front().demonstrations;
  drawn.tuned_on = lines_of(shown, tokenizer);
  return drawn;
}

std::vector<lab::Row> measure_task(const model::Checkpoint& checkpoint, const DrawnTask& task, const std::string& arm, const base::Rng& rng,
                                   const DualOptions& options, const base::Watch& watch) {
  std::unique_ptr<model::CausalLM> random;
  if (arm == kRandomWeights) {
    const auto network = checkpoint.lm->trainable();
    network->randomise(rng.child("weights"));
    random = network->frozen(checkpoint.lm->compute());
  }
  const model::CausalLM& lm = random ? *random : *checkpoint.lm;

  const RateChoice choice = choose_rate(lm, task, options, watch);
  const auto network = lm.trainable();
  const TrainingTokens training = tune(*network, task, choice.rate, *checkpoint.tokenizer, watch);
  const auto read = [&](const model::CausalLM& of, const std::shared_ptr<const model::Cache>& prefix) {
    return read_queries(of, task.measured, prefix, options.token_budget, watch);
  };
  const Readings plain = read(lm, nullptr), shown = read(lm, read_demonstrations(lm, task.measured)),
                 tuned = read(*network->frozen(lm.compute()), nullptr);

  std::vector<lab::Row> rows;
  add_answers(plain, shown, tuned, rows);
  add_similarity(kUpdate, update_similarity(plain.attention_out, shown.attention_out, tuned.attention_out), rows);
  add_similarity(kUpdateNoise, update_similarity_to_noise(plain.attention_out, shown.attention_out, rng.child("noise")), rows);
  add_similarity(kMapAfter, map_similarity(shown.scores, tuned.scores), rows);
  add_similarity(kMapBefore, map_similarity(shown.scores, plain.scores), rows);
  const Readings ranked_shown = first_ones(shown, options.ranked_items), ranked_tuned = first_ones(tuned, options.ranked_items);
  const MemorySimilarity memory = memory_similarity(ranked_shown, ranked_tuned, training);
  add_similarity(kMemory, memory.tokens, rows);
  add_similarity(kMemoryExamples, memory.examples, rows);
  add_similarity(kMemoryNoise, memory_similarity_to_noise(ranked_shown, training, rng.child("ranks")).tokens, rows);
  rows.push_back({.metric = kRate, .value = choice.rate, .n = 1});
  for (const auto& [rate, accuracy] : choice.accuracies)
    rows.push_back(
        {.metric = kRateAccuracy, .at = {{"rate", fmt::format("{:g}", rate)}}, .value = accuracy, .n = std::ssize(task.chosen_on.targets)});
  return rows;
}

}  // namespace manabi::study::dual_form
