#include "study/training/pair_study.h"

#include <algorithm>

namespace manabi::study {
namespace {

constexpr const char* kMetrics[] = {kError, kCrossEntropy, kContextError, kFromContext};

std::vector<double> values_of(const learn::PairScores& scores) {
  return {scores.error, scores.cross_entropy, scores.context_error, scores.from_context};
}

using QuestionsOfReplicas = std::vector<std::vector<PairQuestion>>;

// [replicas][questions x metrics].
std::vector<std::vector<double>> ask(const QuestionsOfReplicas& questions, const model::PairModel& model,
                                     const tensor::ParameterBuffer& parameters, int64_t rows, int64_t threads) {
  std::vector<std::vector<double>> values(questions.size());
  for (size_t question = 0; question < questions.front().size(); ++question) {
    learn::PairWorlds worlds;
    for (const std::vector<PairQuestion>& of_replica : questions) worlds.push_back(of_replica[question].world);
    const std::vector<learn::PairScores> scores = learn::judge_pairs(model, parameters, worlds, rows, threads);
    for (size_t replica = 0; replica < scores.size(); ++replica)
      std::ranges::copy(values_of(scores[replica]), std::back_inserter(values[replica]));
  }
  return values;
}

}  // namespace

base::OptionTable PairTrainingOptions::table() {
  using base::Changes;
  base::OptionTable table;
  table.add({.name = "steps", .help = "of training", .target = &steps, .changes = Changes::value, .least = 1, .most = 1'000'000'000});
  table.add({.name = "batch", .help = "rows of one step", .target = &batch, .changes = Changes::value, .least = 1, .most = 1'000'000});
  table.add({.name = "lr", .help = "learning rate, constant", .target = &lr, .changes = Changes::value});
  table.add({.name = "questions",
             .help = "new rows on which each question is asked",
             .target = &questions,
             .changes = Changes::value,
             .least = 1,
             .most = 10'000'000});
  return table;
}

PairReplica PairStudy::replica_of(const lab::Cell& cell, base::Json made_of) const {
  return {.seed = seed_of(cell), .world = training_world(cell.at, seed_of(cell)), .world_made_of = std::move(made_of), .lr = lr_of(cell.at)};
}

std::vector<NetworkMetric> PairStudy::metrics_of(const lab::Cell& cell) const {
  std::vector<NetworkMetric> metrics;
  for (const PairQuestion& question : questions(cell.at, seed_of(cell)))
    for (const char* metric : kMetrics) metrics.push_back({.name = metric, .at = question.at});
  std::ranges::move(further_metrics(cell.at), std::back_inserter(metrics));
  for (NetworkMetric& metric : metrics) metric.n = questions_asked();
  return metrics;
}

PairStudy::Measure PairStudy::measure_of(const Cells& cells) const {
  QuestionsOfReplicas asked;
  for (const lab::Cell& cell : cells) asked.push_back(questions(cell.at, seed_of(cell)));
  return [this, cells, asked](const model::PairModel& model, const tensor::ParameterBuffer& parameters) {
    std::vector<std::vector<double>> values = ask(asked, model, parameters, questions_asked(), equipment().threads());
    const std::vector<std::vector<double>> further = measure_further(cells, model, parameters);
    for (size_t replica = 0; replica < further.size(); ++replica) std::ranges::copy(further[replica], std::back_inserter(values[replica]));
    return values;
  };
}

std::string PairStudy::measure_name(const lab::Coordinates& /*at*/) const {
  return info().name + " " + std::to_string(info().version) + ", " + std::to_string(questions_asked()) + " rows a question";
}

NetworkRunResult PairStudy::train(const PairRunPlan& plan, const Measure& measure, lab::Workbench& bench) const {
  return train_pairs(plan, measure, equipment(), bench);
}

}  // namespace manabi::study
