// Is in-context learning Bayesian inference? Xie, Raghunathan, Liang and Ma (2022): decoders are trained on documents of a mixture of hidden
// Markov models and prompted with examples from one of them. How near do they come to the exact posterior predictive, of documents and of
// prompts?
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/random.h"
#include "lab/statistics/seeds.h"
#include "study/bayes/measure.h"
#include "study/bayes/report.h"
#include "study/training/token_runs.h"

namespace manabi::study {
namespace bayes {
namespace {

constexpr int64_t kBatch = 32, kHeads = 4, kLooks = 10;
constexpr int64_t kLookedAtRows = 256;  // documents of a look on the way

struct Options {
  int64_t steps = 0;
  int64_t prompts = 600;
  int64_t documents = 300;
  double lr = 3e-3;

  base::OptionTable table();
};

base::OptionTable Options::table() {
  using base::Changes;
  base::OptionTable table;
  table.add({.name = "steps",
             .help = "of training; 0: as many as each setting's own, which is what claims are about",
             .target = &steps,
             .least = 0,
             .most = 1'000'000'000});
  table.add({.name = "prompts", .help = "of every kind and size", .target = &prompts, .changes = Changes::value, .least = 1, .most = 1'000'000});
  table.add(
      {.name = "documents", .help = "new ones for their loss", .target = &documents, .changes = Changes::value, .least = 1, .most = 1'000'000});
  table.add({.name = "lr", .help = "learning rate at its highest", .target = &lr, .changes = Changes::value});
  return table;
}

uint64_t seed_of(const lab::Cell& cell) { return static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed)); }

class Bayes final : public lab::Study {
 public:
  explicit Bayes(Equipment& equipment) : equipment_(equipment) {}

  lab::StudyInfo info() const override {
    return {.name = "bayes",
            .title = "Is in-context learning Bayesian inference?",
            .question =
                "A decoder is trained on documents of a mixture of hidden Markov models and prompted with examples from one of them. How near "
                "is what "
                "it says to exact Bayes, and does it get better with more and longer examples?",
            .paper =
                "Sang Michael Xie, Aditi Raghunathan, Percy Liang, Tengyu Ma (2022): An Explanation of In-context Learning as Implicit Bayesian "
                "Inference. ICLR 2022.",
            .link = "https://arxiv.org/abs/2111.02080",
            .reads_checkpoints = false};
  }

  void set_scale(lab::RunScale scale) override { scale_ = scale; }
  base::OptionTable options() override { return options_.table(); }
  std::vector<lab::Cell> grid() override;
  std::vector<std::string> together() const override { return {lab::kSeed}; }
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
  int64_t cost_of(std::span<const lab::Cell> group) const override {
    return is_theory(group) ? 1 : study::cost_of(plan_of(setting_of(group.front().at)), std::ssize(group));
  }
  std::vector<lab::Claim> claims(const lab::Records& records) const override { return bayes::claims(records); }
  std::vector<lab::Section> sections(const lab::Records& records) const override { return bayes::sections(records); }

 private:
  static bool is_theory(std::span<const lab::Cell> group) { return setting_of(group.front().at).network == kNone; }
  std::vector<std::pair<Setting, const char*>> settings() const;  // and their parts
  TokenRunPlan plan_of(const Setting& setting) const;
  Asking asking_of(const lab::Cell& cell) const {
    return {.prompts = options_.prompts,
            .documents = options_.documents,
            .seed = base::Rng(seed_of(cell)).child("questions").bits(),
            .threads = equipment_.threads()};
  }

  Equipment& equipment_;
  lab::RunScale scale_ = lab::RunScale::quick;
  Options options_;
};

std::vector<std::pair<Setting, const char*>> Bayes::settings() const {
  const Setting published_theory = {.process = kPublished, .symbols = 50, .network = kNone, .width = 0, .layers = 0, .steps = 0};
  std::vector<std::pair<Setting, const char*>> all = {{published_theory, "theory"}, {{}, "soft"}};
  if (scale_ == lab::RunScale::quick) return all;
  all.push_back({{.width = 32}, "size"});
  all.push_back({{.width = 128, .layers = 4}, "size"});
  for (const int64_t symbols : {20, 50}) all.push_back({{.symbols = symbols}, "symbols"});
  for (const char* documents : {kOneConcept, kIndependent}) all.push_back({{.documents = documents}, "ablations"});
  all.push_back({{.persistence = 0}, "ablations"});
  all.push_back({{.process = kPublished, .symbols = 50, .width = 96, .steps = 8000}, "published"});
  if (scale_ != lab::RunScale::paper) return all;
  for (const int64_t layers : {4, 12, 16})
    for (const int64_t symbols : {50, 100, 150})
      all.push_back({{.process = kPublished, .symbols = symbols, .width = 768, .layers = layers, .steps = 50'000}, "paper"});
  return all;
}

std::vector<lab::Cell> Bayes::grid() {
  const EquipmentOptions& asked = equipment_.options();
  const int64_t count = asked.seeds > 0 ? asked.seeds : 3;
  std::vector<lab::Cell> cells;
  for (auto& [setting, part] : settings()) {
    if (options_.steps > 0 && setting.network != kNone) setting.steps = options_.steps;
    for (int64_t seed = asked.seed; seed < asked.seed + count; ++seed) {
      lab::Cell cell{.at = setting.at(), .inputs = equipment_.training_inputs(), .part = part};
      cell.at[lab::kSeed] = std::to_string(seed);
      cell.inputs["options"] = options_.table().to_json(/*only_value_changing=*/true).dump();
      cells.push_back(std::move(cell));
    }
  }
  return cells;
}

TokenRunPlan Bayes::plan_of(const Setting& setting) const {
  const model::TokenNetworkConfig network = {
      .decoder = {.layers = setting.layers, .width = setting.width, .heads = kHeads, .activation = tensor::Activation::relu},
      .vocabulary = setting.symbols,
      .context = kBlock};
  return {.network = network,
          .model_made_of = {{"decoder", model::described(network.decoder)}, {"vocabulary", network.vocabulary}, {"context", network.context}},
          .optimiser = {.beta2 = 0.99},
          .schedule = {.decay = learn::Decay::linear, .warm_up = std::min<int64_t>(100, setting.steps / 10), .steps = setting.steps},
          .batch = kBatch,
          .clip_norm = 1,
          .steps = setting.steps,
          .measured_after = learn::evenly_spaced(setting.steps, kLooks),
          .measure_name = fmt::format("{} {}, loss of {} documents", info().name, info().version, kLookedAtRows)};
}

void add_way(const NetworkRunResult& result, size_t replica, lab::CellRecord& record) {
  for (const learn::Measurement& look : result.measurements)
    record.rows.push_back({.metric = kDocumentLoss,
                           .at = {{kLearner, kNetwork}, {lab::kStep, std::to_string(look.step)}},
                           .value = look.values[replica].front(),
                           .n = kLookedAtRows});
  if (result.diverged_at[replica] >= 0)
    record.rows.push_back({.metric = "diverged at step", .value = static_cast<double>(result.diverged_at[replica]), .n = 1});
}

lab::Records Bayes::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  lab::Records records;
  const Setting setting = setting_of(group.front().at);
  if (is_theory(group)) {
    for (const lab::Cell& cell : group) {
      bench.watch.throw_if_cancelled();
      records.push_back({.cell = cell, .rows = ask(setting, {}, asking_of(cell))});
    }
    return records;
  }
  TokenRunPlan plan = plan_of(setting);
  plan.description = "bayes: " + std::to_string(group.size()) + " networks, " + setting.title();
  const auto process = process_of(setting);
  learn::TokenWorlds looked_at;
  for (const lab::Cell& cell : group) {
    plan.replicas.push_back({.seed = seed_of(cell),
                             .world = std::make_shared<world::GincDocuments>(process, training_documents(setting, seed_of(cell))),
                             .world_made_of = base::Json(cell.at),
                             .lr = options_.lr});
    looked_at.push_back(std::make_shared<world::GincDocuments>(process, new_documents(setting, asking_of(cell).seed)));
  }
  const auto look = [&](const model::TokenNetwork& network, const tensor::ParameterBuffer& parameters) {
    std::vector<std::vector<double>> values;
    for (const double loss : learn::judge_tokens(network, parameters, looked_at, kLookedAtRows)) values.push_back({loss});
    return values;
  };
  const std::unique_ptr<TokenTraining> trained = train_tokens(plan, look, equipment_, bench);
  for (size_t replica = 0; replica < group.size(); ++replica) {
    bench.watch.throw_if_cancelled();
    const Subject subject = {&trained->model(), &trained->parameters(), static_cast<int64_t>(replica)};
    lab::CellRecord record{.cell = group[replica], .rows = ask(setting, subject, asking_of(group[replica]))};
    add_way(trained->result(), replica, record);
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace
}  // namespace bayes

std::unique_ptr<lab::Study> make_bayes(Equipment& equipment) { return std::make_unique<bayes::Bayes>(equipment); }

}  // namespace manabi::study
