// Facts that a checkpoint learned by heart against what its prompt says: the fine-tuning part of Chan et al. (2024).
#include <fmt/format.h>

#include <map>
#include <memory>

#include "lab/statistics/seeds.h"
#include "learn/training/version.h"
#include "learn/tuning/knowledge_items.h"
#include "learn/tuning/run/tuning_items.h"
#include "study/equipment.h"
#include "study/in_weights_llm/probes.h"
#include "study/in_weights_llm/report.h"
#include "study/item_arms.h"
#include "study/training/lessons.h"

namespace manabi::study {
namespace in_weights_llm {
namespace {

constexpr int64_t kProbesVersion = 2;  // raised with any change of what is asked
constexpr const char* kWeights = "weights";
constexpr const char* kLora = "lora";

struct Options {
  std::vector<std::string> facts = {kPublished};
  std::vector<std::string> tuned = {kWeights};
  int64_t steps = 100, batch = 8, checks = 4;
  double lr = 5e-5, lora_lr = 1e-3;
  std::string optimiser = "adam";
  int64_t opposing = 3;  // other cities that are stated of a drawn resident, and of a stranger; of the paper's eight all
};

// What a cell is about.
struct Ground {
  std::vector<world::Resident> residents, strangers;
};

Ground ground_of(const lab::Coordinates& at) {
  const auto seed = static_cast<uint64_t>(lab::integer_at(at, lab::kSeed));
  const std::string& facts = lab::text_at(at, kFacts);
  Ground ground;
  ground.residents = facts == kPublished ? world::published_residents() : world::drawn_residents(std::stoll(facts) / 4, seed);
  ground.strangers = world::strangers(2, seed, ground.residents);
  return ground;
}

// What an interview says, as numbers that a training keeps: two answers in one, and the leaning.
std::vector<double> as_numbers(const std::vector<Said>& said) {
  std::vector<double> numbers;
  for (const Said& each : said) {
    numbers.push_back((each.is_stated ? 1 : 0) + (each.is_told ? 2 : 0));
    numbers.push_back(each.leaning);
  }
  return numbers;
}
std::vector<Said> from_numbers(const std::vector<double>& numbers) {
  std::vector<Said> said;
  for (size_t i = 0; i + 1 < numbers.size(); i += 2) {
    const auto answers = static_cast<int64_t>(numbers[i]);
    said.push_back({.is_stated = (answers & 1) != 0, .is_told = (answers & 2) != 0, .leaning = numbers[i + 1]});
  }
  return said;
}

void add_shares(const std::vector<Probe>& probes, const std::vector<Said>& said, int64_t step, std::vector<lab::Row>& rows) {
  struct Sum {
    double stated = 0, told = 0, leaning = 0;
    int64_t n = 0;
  };
  std::map<std::pair<std::string, std::string>, Sum> sums;  // by situation and kind
  for (size_t i = 0; i < probes.size(); ++i) {
    for (const std::string& kind : {std::string(kAll), world::kind_of(probes[i].resident)}) {
      Sum& sum = sums[{name_of(probes[i].situation), kind}];
      sum.stated += said[i].is_stated;
      sum.told += said[i].is_told;
      sum.leaning += said[i].leaning;
      ++sum.n;
    }
  }
  for (const auto& [where, sum] : sums) {
    const lab::Coordinates at = {{kSituation, where.first}, {kKind, where.second}, {lab::kStep, std::to_string(step)}};
    for (const auto& [metric, value] : {std::pair{kStated, sum.stated}, {kTold, sum.told}, {kLeaning, sum.leaning}})
      rows.push_back({.metric = metric, .at = at, .value = value / static_cast<double>(sum.n), .n = sum.n});
  }
}

// Every probe an item: right where the stated city is said, and where the told one is; where another city is stated, its leaning.
void add_answers(const std::vector<Probe>& probes, const std::vector<Said>& said, const std::string& when, std::vector<lab::Row>& rows) {
  for (size_t i = 0; i < probes.size(); ++i) {
    const std::string id = probes[i].id(), situation = name_of(probes[i].situation), who = probes[i].resident.name;
    const auto add = [&](const std::string& what, bool is_right) {
      rows.push_back({.metric = kRight,
                      .at = {{"arm", fmt::format("{}, {}, {}", when, situation, what)}, {kItem, id}, {kWho, who}},
                      .value = is_right ? 1.0 : 0.0,
                      .n = 1});
    };
    add(kStated, said[i].is_stated);
    add(kTold, said[i].is_told);
    if (probes[i].situation == Situation::opposed)
      rows.push_back({.metric = std::string(kLeaning) + " " + when, .at = {{kItem, id}, {kWho, who}}, .value = said[i].leaning, .n = 1});
  }
}

base::Json people_of(const std::vector<world::Resident>& residents, const std::vector<Probe>& probes, const std::vector<Said>& said) {
  base::Json people = base::Json::array();
  for (const world::Resident& resident : residents) {
    double asked = 0, stated = 0, told = 0, opposed = 0;
    for (size_t i = 0; i < probes.size(); ++i) {
      if (!(probes[i].resident == resident)) continue;
      if (probes[i].situation == Situation::asked) asked = said[i].is_told;
      if (probes[i].situation != Situation::opposed) continue;
      ++opposed;
      stated += said[i].is_stated;
      told += said[i].is_told;
    }
    people.push_back({resident.name, resident.city, world::kind_of(resident), asked, stated / opposed, told / opposed});
  }
  return people;
}

class InWeightsLlm final : public lab::Study {
 public:
  explicit InWeightsLlm(Equipment& equipment) : equipment_(equipment) {}

  lab::StudyInfo info() const override {
    return {.name = "in-weights-llm",
            .title = "Does what a model knows by heart speak louder than its prompt?",
            .question =
                "A checkpoint is told who lives where until it knows it. Does a prompt that states another city still get that city as its "
                "answer, and "
                "for whom does it not?",
            .paper =
                "Stephanie C. Y. Chan, Xinyi Chen, Andr\xc3\xa1s Gy\xc3\xb6rgy, Dale Schuurmans (2024): Toward Understanding In-context vs. "
                "In-weight "
                "Learning. ICLR 2025.",
            .link = "https://arxiv.org/abs/2410.23042"};
  }

  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    options_ = Options{};
    if (scale == lab::RunScale::quick) return;
    options_.facts = {kPublished, "32"};
    options_.tuned = {kWeights, kLora};
    options_.steps = 400;
    options_.checks = 12;
    if (scale == lab::RunScale::full) return;
    // The paper's code: one fact a step, plain gradient descent.
    options_.optimiser = "sgd";
    options_.steps = 10'000;
    options_.batch = 1;
    options_.lr = 1e-4;
  }

  base::OptionTable options() override {
    base::OptionTable table;
    table.add({.name = "facts",
               .help = "sets of facts: the paper's eight, or drawn ones",
               .target = &options_.facts,
               .allowed = {kPublished, "8", "16", "32"}});
    table.add({.name = "tuned", .help = "what is tuned; lora: on drawn facts alone", .target = &options_.tuned, .allowed = {kWeights, kLora}});
    const auto count = [&](const char* name, const char* help, int64_t* target) {
      table.add({.name = name, .help = help, .target = target, .changes = base::Changes::value, .least = 1, .most = 1'000'000});
    };
    count("steps", "of fine-tuning", &options_.steps);
    count("batch", "facts of a step", &options_.batch);
    count("checks", "interviews on the way", &options_.checks);
    count("opposing", "other cities that are stated of each name", &options_.opposing);
    table.add({.name = "optimiser",
               .help = "of all weights; low ranks have Adam",
               .target = &options_.optimiser,
               .changes = base::Changes::value,
               .allowed = {"adam", "sgd"}});
    table.add({.name = "lr", .help = "learning rate of all weights", .target = &options_.lr, .changes = base::Changes::value});
    table.add({.name = "lora-lr", .help = "learning rate of low ranks", .target = &options_.lora_lr, .changes = base::Changes::value});
    return table;
  }

  std::vector<lab::Cell> grid() override {
    std::vector<lab::Cell> cells;
    const int64_t seeds = equipment_.options().seeds > 0 ? equipment_.options().seeds : scale_ == lab::RunScale::quick ? 1 : 3;
    for (const std::string& model : equipment_.options().model) {
      lab::Coordinates inputs = equipment_.model_inputs(model);
      inputs["training"] = std::to_string(learn::kTrainingVersion);
      inputs["probes"] = std::to_string(kProbesVersion);
      inputs["options"] = options().to_json(/*only_value_changing=*/true).dump();
      for (const std::string& facts : options_.facts)
        for (const std::string& tuned : options_.tuned)
          for (int64_t seed = 0; seed < seeds; ++seed)
            if (tuned == kWeights || facts != kPublished)
              cells.push_back(
                  {.at = {{"model", model}, {kFacts, facts}, {kTuned, tuned}, {lab::kSeed, std::to_string(equipment_.options().seed + seed)}},
                   .inputs = inputs,
                   .part = tuned});
    }
    return cells;
  }
  std::vector<std::string> together() const override { return {}; }
  int64_t cost_of(std::span<const lab::Cell> group) const override { return std::ssize(group) * options_.steps * options_.batch; }
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override {
    lab::Records records;
    for (const lab::Cell& cell : group) records.push_back(measure_cell(cell, bench));
    return records;
  }
  std::vector<lab::Claim> claims(const lab::Records& records) const override { return claims_of(records); }
  std::vector<lab::Section> sections(const lab::Records& records) const override { return sections_of(records); }

 private:
  Lesson lesson_of(const lab::Cell& cell, const Ground& ground, const model::Checkpoint& checkpoint) const;
  lab::CellRecord measure_cell(const lab::Cell& cell, lab::Workbench& bench);

  Equipment& equipment_;
  lab::RunScale scale_ = lab::RunScale::quick;
  Options options_;
};

Lesson InWeightsLlm::lesson_of(const lab::Cell& cell, const Ground& ground, const model::Checkpoint& checkpoint) const {
  const bool is_lora = lab::text_at(cell.at, kTuned) == kLora;
  const auto seed = static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed));
  auto items = std::make_shared<std::vector<learn::TuningItem>>();
  base::Json facts = base::Json::array();
  for (const world::Resident& each : ground.residents) {
    items->push_back(learn::item_of_answer(*checkpoint.tokenizer, world::residence_question(each.name), each.city, checkpoint.lm->context()));
    facts.push_back({each.name, each.city});
  }
  Lesson lesson{.title = fmt::format("{} told who lives where: {} facts, {}, seed {}", checkpoint.name, lab::text_at(cell.at, kFacts),
                                     lab::text_at(cell.at, kTuned), seed),
                .data = {.items = items,
                         .order = learn::shuffled_epochs(std::ssize(*items), options_.steps * options_.batch, base::Rng(seed).child("order"))},
                .data_made_of = {{"facts", std::move(facts)}, {"seed", seed}},
                .schedule = {.warm_up = std::max<int64_t>(1, options_.steps / 20), .steps = options_.steps},
                .batch = options_.batch,
                .lr = is_lora ? options_.lora_lr : options_.lr,
                .seed = seed,
                .keeps_model = false,
                .measure_name = fmt::format("interview {}, {} opposing", kProbesVersion, options_.opposing)};
  if (is_lora) lesson.parts = {.lora = model::LoraParts{}};
  if (!is_lora && options_.optimiser == "sgd") lesson.optimiser.rule = tensor::Rule::sgd;
  lesson.measured_after = learn::evenly_spaced(options_.steps, options_.checks);
  return lesson;
}

lab::CellRecord InWeightsLlm::measure_cell(const lab::Cell& cell, lab::Workbench& bench) {
  const auto checkpoint = equipment_.checkpoint(lab::text_at(cell.at, "model"));
  const Ground ground = ground_of(cell.at);
  const auto seed = static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed));
  const int64_t opposing = lab::text_at(cell.at, kFacts) == kPublished ? std::ssize(ground.residents) - 1 : options_.opposing;
  const Interview interview(probes_of(ground.residents, ground.strangers, opposing, seed), *checkpoint->tokenizer, checkpoint->lm->context());
  const std::vector<Said> before = interview.ask(*checkpoint->lm);
  const Taught taught = teach(
      *checkpoint, {{"checkpoint", checkpoint->hash}, {"tokenizer", checkpoint->tokenizer->fingerprint()}}, lesson_of(cell, ground, *checkpoint),
      [&](const model::CausalLM& lm) { return as_numbers(interview.ask(lm)); }, equipment_, bench);
  lab::CellRecord record{.cell = cell};
  add_shares(interview.probes(), before, 0, record.rows);
  add_answers(interview.probes(), before, "before", record.rows);
  for (const learn::Measurement& measurement : taught.measurements)
    add_shares(interview.probes(), from_numbers(measurement.values[0]), measurement.step, record.rows);
  if (!taught.measurements.empty()) {
    const std::vector<Said> after = from_numbers(taught.measurements.back().values[0]);
    add_answers(interview.probes(), after, "after", record.rows);
    record.exhibits[kPeople] = people_of(ground.residents, interview.probes(), after);
  }
  add_curve(taught, kLoss, 0, options_.batch, record.rows);
  return record;
}

}  // namespace
}  // namespace in_weights_llm

std::unique_ptr<lab::Study> make_in_weights_llm(Equipment& equipment) { return std::make_unique<in_weights_llm::InWeightsLlm>(equipment); }

}  // namespace manabi::study
