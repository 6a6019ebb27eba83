#include "study/prompt_tuning/measure.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/format/json.h"
#include "lab/statistics/seeds.h"
#include "learn/training/version.h"
#include "learn/tuning/episode_tuning.h"
#include "learn/tuning/run/tuning.h"

namespace manabi::study::prompt_tuning {
namespace {

constexpr int64_t kJudgements = 10;   // on the development split, evenly over the steps
constexpr int64_t kWarmUpShare = 20;  // one in so many steps
constexpr int64_t kNearest = 3;       // words beside a row
constexpr int64_t kCandidates = 10;   // of autoprompt, as in the paper's smaller setting
constexpr int64_t kShownPieces = 20;

// What a group is tuned and judged on.
struct Ground {
  std::vector<learn::JudgedEpisode> train, dev, test;
  std::vector<world::Episode> episodes;  // of test
};

Ground ground_of(const lab::Coordinates& at, const Settings& settings, const std::shared_ptr<const world::Dataset>& dataset,
                 const model::Checkpoint& checkpoint, uint64_t seed) {
  const world::ZeroShot task(dataset, 0);
  const learn::Splits splits =
      learn::draw_splits(task, {.train = lab::integer_at(at, kExamples), .dev = settings.dev, .test = settings.test}, seed);
  const auto encode = [&](const std::vector<world::Episode>& episodes) { return learn::encode_all(*checkpoint.tokenizer, episodes, {}); };
  return {.train = encode(splits.train), .dev = encode(splits.dev), .test = encode(splits.test), .episodes = splits.test};
}

lab::CellRecord record_of(const lab::Cell& cell, const std::vector<world::Episode>& episodes, const std::vector<std::vector<double>>& scores) {
  lab::CellRecord record{.cell = cell};
  const int64_t seed = lab::integer_at(cell.at, lab::kSeed);
  for (size_t i = 0; i < episodes.size(); ++i)
    record.items.push_back({.id = episodes[i].id, .draw = seed, .scores = scores[i], .target = episodes[i].target});
  return record;
}

// The words whose embeddings lie nearest to each row of a prompt, by cosine (Lester et al. 2021, section 7).
base::Json nearest_words(const at::Tensor& prompt, const model::FrozenNetwork& network, const text::Tokenizer& tokenizer) {
  const auto unit = [](const at::Tensor& rows) { return rows / rows.norm(2, {-1}, /*keepdim=*/true).clamp_min(1e-12); };
  const at::Tensor nearness = at::mm(unit(prompt), unit(network.embedding.to(at::kFloat)).t());
  const at::Tensor order = std::get<1>(nearness.topk(kNearest, -1)).cpu();
  base::Json rows = base::Json::array();
  for (int64_t row = 0; row < std::min<int64_t>(order.size(0), kShownPieces); ++row) {
    base::Json words = base::Json::array();
    for (int64_t i = 0; i < kNearest; ++i) words.push_back(tokenizer.bytes_of(static_cast<text::TokenId>(order[row][i].item<int64_t>())));
    rows.push_back(words);
  }
  return rows;
}

lab::Records read_manual(std::span<const lab::Cell> group, const Settings& settings, const std::shared_ptr<const world::Dataset>& dataset,
                         const model::Checkpoint& checkpoint, lab::Workbench& bench) {
  const Ground ground = ground_of(group.front().at, settings, dataset, checkpoint, 0);
  learn::FewShotReader reader(checkpoint, {}, {.cancel = bench.watch.cancel});
  std::vector<std::vector<double>> scores;
  for (const world::Answer& answer : reader.answer(ground.episodes, world::Ask::choices)) scores.push_back(answer.scores);
  lab::Records records;
  for (const lab::Cell& cell : group) records.push_back(record_of(cell, ground.episodes, scores));
  return records;
}

lab::CellRecord search_words(const lab::Cell& cell, const Settings& settings, const std::shared_ptr<const world::Dataset>& dataset,
                             const model::Checkpoint& checkpoint, const std::shared_ptr<const model::FrozenNetwork>& network,
                             lab::Workbench& bench) {
  const auto seed = static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed));
  const Ground ground = ground_of(cell.at, settings, dataset, checkpoint, seed);
  const text::Tokenizer& tokenizer = *checkpoint.tokenizer;
  const learn::LabelWords labels = learn::own_label_words(ground.test.front());
  const learn::TriggerOptions options{.triggers = lab::integer_at(cell.at, kLength),
                                      .candidates = kCandidates,
                                      .batch = settings.batch,
                                      .iterations = settings.steps,
                                      .seed = seed};
  const learn::TriggerSearch search =
      learn::search_triggers(network, tokenizer, ground.train, ground.dev, labels, tokenizer.encode(" the"), options, bench.watch);
  lab::CellRecord record =
      record_of(cell, ground.episodes, learn::scores_of_triggers(network, search.triggers, ground.test, labels, options.token_budget));
  for (size_t i = 0; i < search.judged.size(); ++i)
    record.rows.push_back(
        {.metric = kDevAccuracy, .at = {{lab::kStep, std::to_string(i)}}, .value = search.judged[i].accuracy, .n = settings.dev});
  record.rows.push_back({.metric = kParameters, .value = 0, .n = 1});
  record.exhibits[kTriggers] = tokenizer.decode(search.triggers);
  return record;
}

learn::MethodOptions method_of(const lab::Coordinates& at, const world::Dataset& dataset, size_t replicas) {
  learn::MethodOptions method{.method = learn::parse_tuning_method(lab::text_at(at, kMethod)), .classes = dataset.classes()};
  method.lengths.assign(replicas, std::max<int64_t>(1, lab::integer_at(at, kLength)));
  if (const std::string& first = lab::text_at(at, kFirst); first != "-") method.first_rows = learn::parse_first_rows(first);
  return method;
}

// What some seeds are tuned on and how, together; one ground a seed.
learn::TuningPlan plan_of(std::span<const lab::Cell> cells, std::span<const Ground> grounds, const Settings& settings,
                          const Equipment& equipment) {
  learn::TuningPlan plan{.schedule = {.decay = learn::Decay::linear, .warm_up = settings.steps / kWarmUpShare, .steps = settings.steps},
                         .batch = settings.batch,
                         .dev = grounds.front().dev,  // the same for all seeds
                         .judged_every = std::max<int64_t>(1, settings.steps / kJudgements),
                         .threads = equipment.threads(),
                         .token_budget = equipment.options().token_budget};
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto seed = static_cast<uint64_t>(lab::integer_at(cells[i].at, lab::kSeed));
    const auto items = learn::items_of(grounds[i].train);
    plan.lr.push_back(settings.lr);
    plan.seeds.push_back(seed);
    plan.data.push_back(
        {.items = items, .order = learn::shuffled_epochs(std::ssize(*items), settings.steps * settings.batch, base::Rng(seed).child("order"))});
    plan.made_of["cells"].push_back({{"at", cells[i].at}, {"inputs", cells[i].inputs}});
  }
  return plan;
}

// What is kept of a finished tuning: its curves, and what it said of the test examples.
base::Json outcome_of(const learn::Tuning& tuning, std::span<const Ground> grounds, bool shows_rows, int64_t token_budget,
                      const text::Tokenizer& tokenizer) {
  base::Json outcome = {{"parameters", tuning.parameters().parameter_count()}, {"curve_every", tuning.curve_every()}};
  const tensor::ParameterLeaves leaves(tuning.parameters());
  const std::vector<learn::TunedReplica> kept = tuning.replicas();
  for (size_t i = 0; i < grounds.size(); ++i) {
    const auto replica = static_cast<int64_t>(i);
    base::Json own = {{"best_step", kept[i].best_step}, {"diverged_at", kept[i].diverged_at}, {"curve", tuning.curves()[i]}};
    for (const learn::Measurement& judged : tuning.measurements()) own["judged"].push_back({judged.step, judged.values[i][0]});
    own["scores"] = learn::scores_of(tuning.network(), leaves, replica, grounds[i].test, token_budget);
    if (shows_rows)
      own[kNeighbours] = nearest_words(tuning.network().prompt_rows(leaves, replica).detach(), tuning.network().frozen(), tokenizer);
    outcome["replicas"].push_back(std::move(own));
  }
  return outcome;
}

lab::CellRecord record_of(const lab::Cell& cell, const Ground& ground, const base::Json& outcome, const base::Json& own,
                          const Settings& settings, int64_t parameters_of_model) {
  lab::CellRecord record = record_of(cell, ground.episodes, own["scores"].get<std::vector<std::vector<double>>>());
  const auto add = [&](const char* metric, double value) { record.rows.push_back({.metric = metric, .value = value, .n = 1}); };
  const auto add_at = [&](const char* metric, int64_t step, const base::Json& value, int64_t n) {
    if (value.is_null()) return;  // no number: it had diverged
    record.rows.push_back({.metric = metric, .at = {{lab::kStep, std::to_string(step)}}, .value = value.get<double>(), .n = n});
  };
  const auto curve_every = outcome["curve_every"].get<int64_t>();
  for (size_t point = 0; point < own["curve"].size(); ++point)
    add_at(kLoss, (static_cast<int64_t>(point) + 1) * curve_every, own["curve"][point], settings.batch);
  for (const base::Json& judged : own["judged"]) add_at(kDevAccuracy, judged[0].get<int64_t>(), judged[1], settings.dev);
  const auto parameters = outcome["parameters"].get<double>();
  add(kBestStep, own["best_step"].get<double>());
  add(kDiverged, own["diverged_at"].get<double>());
  add(kParameters, parameters);
  add(kShare, parameters / static_cast<double>(parameters_of_model));
  if (own.contains(kNeighbours)) record.exhibits[kNeighbours] = own[kNeighbours];
  return record;
}

// Some seeds together; the outcome is an artifact, so that what was cut off goes on and what is done is read.
lab::Records tune(std::span<const lab::Cell> cells, const Settings& settings, const std::shared_ptr<const world::Dataset>& dataset,
                  const model::Checkpoint& checkpoint, const std::shared_ptr<const model::FrozenNetwork>& network, const Equipment& equipment,
                  lab::Workbench& bench) {
  const lab::Coordinates& at = cells.front().at;
  const learn::MethodOptions method = method_of(at, *dataset, cells.size());
  std::vector<Ground> grounds;
  for (const lab::Cell& cell : cells)
    grounds.push_back(ground_of(cell.at, settings, dataset, checkpoint, static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed))));
  learn::TuningPlan plan = plan_of(cells, grounds, settings, equipment);
  plan.parts = method.parts(*network);
  plan.title = fmt::format("{} of {} on {}", name_of(method.method), checkpoint.name, dataset->name);
  const learn::Tuning::SetFirstValues first =
      learn::first_values(method, *network, checkpoint, learn::labels_of(grounds.front().episodes), plan.seeds);

  const auto make = [&](const std::filesystem::path& working, const std::filesystem::path& result) {
    learn::Tuning tuning(network, plan, working, first);
    tuning.run({.progress = bench.watch.progress, .cancel = bench.watch.cancel});
    const bool shows_rows = method.method == learn::TuningMethod::prompt_tuning;
    base::write_text_atomically(result.string(), outcome_of(tuning, grounds, shows_rows, plan.token_budget, *checkpoint.tokenizer)
                                                     .dump(-1, ' ', false, base::Json::error_handler_t::replace));
  };
  const lab::Artifact artifact =
      bench.artifacts.artifact({.kind = "tuning", .made_of = plan.made_of, .extension = ".outcome"}, plan.title, make, bench.watch);
  const base::Json outcome = base::read_json(artifact.path.string());
  lab::Records records;
  for (size_t i = 0; i < cells.size(); ++i)
    records.push_back(record_of(cells[i], grounds[i], outcome, outcome["replicas"][i], settings, checkpoint.lm->parameters()));
  return records;
}

}  // namespace

lab::Records measure_method(std::span<const lab::Cell> group, const Settings& settings, const std::shared_ptr<const world::Dataset>& dataset,
                            const model::Checkpoint& checkpoint, const Equipment& equipment, lab::Workbench& bench) {
  const lab::Coordinates& at = group.front().at;
  const std::string& method = lab::text_at(at, kMethod);
  if (method == kManual) return read_manual(group, settings, dataset, checkpoint, bench);
  const std::shared_ptr<const model::FrozenNetwork> network = checkpoint.lm->frozen(equipment.compute().dtype);
  lab::Records records;
  if (method == kAutoprompt) {
    for (const lab::Cell& cell : group) records.push_back(search_words(cell, settings, dataset, checkpoint, network, bench));
    return records;
  }
  const bool is_together = model::TunedNetwork(network, method_of(at, *dataset, group.size()).parts(*network)).takes_replicas();
  for (size_t first = 0; first < group.size(); first += is_together ? group.size() : 1)
    std::ranges::move(tune(group.subspan(first, is_together ? group.size() : 1), settings, dataset, checkpoint, network, equipment, bench),
                      std::back_inserter(records));
  return records;
}

}  // namespace manabi::study::prompt_tuning
