#include "study/training/pair_study.h"

#include <algorithm>

namespace manabi::study {
namespace {

constexpr size_t kReplicasTogether = 8;  // that train as one
constexpr const char* kMetrics[] = {kError, kCrossEntropy, kContextError, kFromContext};

uint64_t seed_of(const lab::Cell& cell) { return static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed)); }

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

// Values come in the order in which they were measured: the questions' metrics, then the further ones.
void add_answers(const learn::Measurement& measurement, size_t replica, const std::vector<PairQuestion>& questions,
                 const std::vector<PairMetric>& further, int64_t rows, lab::CellRecord& record) {
  const double* value = measurement.values[replica].data();
  const auto add = [&](const std::string& metric, lab::Coordinates at) {
    at[lab::kStep] = std::to_string(measurement.step);
    record.rows.push_back({.metric = metric, .at = std::move(at), .value = *value++, .n = rows});
  };
  for (const PairQuestion& question : questions)
    for (const char* metric : kMetrics) add(metric, question.at);
  for (const PairMetric& metric : further) add(metric.name, metric.at);
}

void add_curve(const PairRunResult& result, size_t replica, int64_t batch, lab::CellRecord& record) {
  for (size_t i = 0; i < result.curves[replica].size(); ++i) {
    const int64_t step = static_cast<int64_t>(i + 1) * result.curve_every;
    record.rows.push_back(
        {.metric = kLoss, .at = {{lab::kStep, std::to_string(step)}}, .value = result.curves[replica][i], .n = result.curve_every * batch});
  }
  if (result.diverged_at[replica] >= 0)
    record.rows.push_back({.metric = "diverged at step", .value = static_cast<double>(result.diverged_at[replica]), .n = 1});
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

std::vector<lab::Cell> PairStudy::cells_of(const PairSetting& setting, const lab::Coordinates& inputs) const {
  const EquipmentOptions& asked = equipment_.options();
  const int64_t count = asked.seeds > 0 ? asked.seeds : setting.seeds > 0 ? setting.seeds : seeds();
  std::vector<lab::Cell> cells;
  for (int64_t seed = asked.seed; seed < asked.seed + count; ++seed) {
    lab::Cell cell{.at = setting.at, .inputs = inputs, .part = setting.part};
    cell.at[lab::kSeed] = std::to_string(seed);
    cells.push_back(std::move(cell));
  }
  return cells;
}

std::string PairStudy::options_of(const lab::Coordinates&) { return options().to_json(/*only_value_changing=*/true).dump(); }

std::vector<lab::Cell> PairStudy::grid() {
  std::vector<lab::Cell> cells;
  for (const PairSetting& setting : settings()) {
    lab::Coordinates inputs = equipment_.training_inputs();
    inputs["options"] = options_of(setting.at);
    inputs.merge(data_of(setting.at));
    std::ranges::move(cells_of(setting, inputs), std::back_inserter(cells));
  }
  return cells;
}

int64_t PairStudy::cost_of(std::span<const lab::Cell> group) const { return study::cost_of(plan_of(group.front().at), std::ssize(group)); }

std::vector<std::vector<PairQuestion>> PairStudy::questions_of(std::span<const lab::Cell> cells) const {
  QuestionsOfReplicas asked;
  for (const lab::Cell& cell : cells) asked.push_back(questions(cell.at, seed_of(cell)));
  return asked;
}

// What is measured of a training must not depend on who asks for it: its state holds the values.
MeasurePairs PairStudy::measure_of(const std::vector<lab::Cell>& cells) const {
  return [this, cells, asked = questions_of(cells)](const model::PairModel& model, const tensor::ParameterBuffer& parameters) {
    std::vector<std::vector<double>> values = ask(asked, model, parameters, questions_asked(), equipment_.threads());
    const std::vector<std::vector<double>> further = measure_further(cells, model, parameters);
    for (size_t replica = 0; replica < further.size(); ++replica) std::ranges::copy(further[replica], std::back_inserter(values[replica]));
    return values;
  };
}

PairRunPlan PairStudy::run_plan(std::span<const lab::Cell> cells) const {
  PairRunPlan plan = plan_of(cells.front().at);
  plan.measure_name = info().name + " " + std::to_string(info().version) + ", " + std::to_string(questions_asked()) + " rows a question";
  plan.description = info().name + ": " + std::to_string(cells.size()) + " networks, " + lab::name_of(cells.front().at);
  for (const lab::Cell& cell : cells) {
    lab::Coordinates made_of = cell.at;
    made_of.merge(data_of(cell.at));
    plan.replicas.push_back(
        {.seed = seed_of(cell), .world = training_world(cell.at, seed_of(cell)), .world_made_of = base::Json(made_of), .lr = lr_of(cell.at)});
  }
  const std::vector<TakenParameters> taken = taken_parameters(cells.front().at);
  for (size_t i = 0; i < taken.size(); ++i) {
    std::vector<lab::Cell> donors(cells.begin(), cells.end());
    for (lab::Cell& donor : donors) {
      const std::string seed = donor.at.at(lab::kSeed);
      donor.at = taken_parameters(donor.at)[i].from;
      donor.at[lab::kSeed] = seed;
    }
    plan.sources.push_back({.plan = std::make_shared<PairRunPlan>(run_plan(donors)),
                            .measure = measure_of(donors),
                            .prefix = taken[i].prefix,
                            .stays_frozen = taken[i].stays_frozen});
  }
  return plan;
}

void PairStudy::measure_some(std::span<const lab::Cell> cells, lab::Workbench& bench, lab::Records& records) const {
  const PairRunPlan plan = run_plan(cells);
  const PairRunResult result = train_pairs(plan, measure_of({cells.begin(), cells.end()}), equipment_, bench);
  const QuestionsOfReplicas asked = questions_of(cells);
  for (size_t replica = 0; replica < cells.size(); ++replica) {
    lab::CellRecord record{.cell = cells[replica]};
    for (const learn::Measurement& measurement : result.measurements)
      add_answers(measurement, replica, asked[replica], further_metrics(cells[replica].at), questions_asked(), record);
    add_curve(result, replica, plan.batch, record);
    records.push_back(std::move(record));
  }
}

lab::Records PairStudy::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  lab::Records records;
  for (size_t begin = 0; begin < group.size(); begin += kReplicasTogether)
    measure_some(group.subspan(begin, std::min(kReplicasTogether, group.size() - begin)), bench, records);
  return records;
}

}  // namespace manabi::study
