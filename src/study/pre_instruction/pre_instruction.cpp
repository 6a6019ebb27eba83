// Whether a network learns more from documents when it was shown beforehand how they will be asked for: Jiang et al. (2024).
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "base/error.h"
#include "lab/statistics/seeds.h"
#include "learn/training/version.h"
#include "model/version.h"
#include "study/equipment.h"
#include "study/pre_instruction/measure.h"
#include "study/pre_instruction/pupil.h"
#include "study/pre_instruction/report.h"

namespace manabi::study {
namespace pre_instruction {
namespace {

constexpr const char* kFilms = "films";
constexpr const char* kOwn = "own";
constexpr int64_t kInventedAnswer = 4;        // tokens at most: a word and the end
constexpr int64_t kAskedOfCheckpoints = 100;  // questions on the way
constexpr const char* kCurriculumAsset = "curricula/pre_instruction.toml";

struct Options {
  std::string curriculum;         // "": the paper's
  std::vector<std::string> arms;  // none: all of the file, or at quick scale the first three that are compared
  PupilOptions pupil = {.steps = 1000};
  InventedPlan invented = {.known = 200, .train = 200, .test = 50};
  int64_t updates = 600, batch = 16, checks = 5;
  double lr = 1e-3;
  std::vector<int64_t> growth;  // times `growth_documents` to test with
  int64_t growth_documents = 50;
  bool transfer = false;
  std::string documents, questions;  // the user's own
  FilmPlan films = {.train = 16, .test = 8};
  int64_t own_batch = 8, own_updates = 0, own_checks = 2, shots = 5;
  double own_lr = 3e-5;
};

// A cell's plan, from its coordinates alone.
InventedPlan plan_at(InventedPlan plan, const lab::Coordinates& at) {
  const std::string& knowledge = lab::text_at(at, kKnowledge);
  const size_t arrow = knowledge.find(" > ");
  plan.train_domain = knowledge.substr(0, arrow);
  plan.test_domain = arrow == std::string::npos ? knowledge : knowledge.substr(arrow + 3);
  plan.knows_both = plan.train_domain != plan.test_domain;
  const std::string& documents = lab::text_at(at, kDocuments);
  const size_t plus = documents.find('+');
  plan.train = std::stoll(documents.substr(0, plus));
  plan.test = std::stoll(documents.substr(plus + 1));
  return plan;
}

class PreInstruction final : public lab::Study {
 public:
  explicit PreInstruction(Equipment& equipment) : equipment_(equipment) {}

  lab::StudyInfo info() const override {
    return {
        .name = "pre-instruction",
        .title = "Should a model see the questions before it reads the documents?",
        .question =
            "New documents are to be known, not only predicted. Does a network answer more questions about them when it learned to answer such "
            "questions before it reads, and what does it forget?",
        .paper =
            "Zhengbao Jiang, Zhiqing Sun, Weijia Shi, Pedro Rodriguez, Chunting Zhou, Graham Neubig, Xi Victoria Lin, Wen-tau Yih, Srinivasan "
            "Iyer (2024): Instruction-tuned Language Models are Better Knowledge Learners. ACL 2024.",
        .link = "https://arxiv.org/abs/2402.12847"};
  }

  void set_scale(lab::RunScale scale) override;
  base::OptionTable options() override;
  std::vector<lab::Cell> grid() override;
  std::vector<std::string> together() const override { return {}; }
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
  int64_t cost_of(std::span<const lab::Cell> group) const override;
  std::vector<lab::Claim> claims(const lab::Records& records) const override { return claims_of(records); }
  std::vector<lab::Section> sections(const lab::Records& records) const override { return sections_of(records); }

 private:
  int64_t seeds() const {
    if (equipment_.options().seeds > 0) return equipment_.options().seeds;
    return scale_ == lab::RunScale::quick ? 1 : 3;
  }
  const world::Curriculum& curriculum(const std::string& arm) const;
  bool is_invented(const lab::Coordinates& at) const {
    const std::string& knowledge = lab::text_at(at, kKnowledge);
    return knowledge != kFilms && knowledge != kOwn;
  }
  Recipe checkpoint_recipe() const;
  Recipe recipe_at(const lab::Coordinates& at) const;
  Material material_at(const lab::Coordinates& at) const;
  void add(std::vector<lab::Cell>& cells, const lab::Coordinates& inputs, const lab::Coordinates& at, const std::vector<std::string>& arms,
           const std::string& part) const;
  // Of those that are asked for, the ones that are compared where not all can be: cpt, it and pit, or, of another file, all.
  std::vector<std::string> compared_arms() const;
  void add_invented(std::vector<lab::Cell>& cells) const;
  void add_read(std::vector<lab::Cell>& cells) const;
  std::vector<std::string> with_untrained(std::vector<std::string> arms, bool has_open_book) const;

  Equipment& equipment_;
  lab::RunScale scale_ = lab::RunScale::quick;
  Options options_;
  std::vector<world::Curriculum> curricula_;  // as grid() read them
};

void PreInstruction::set_scale(lab::RunScale scale) {
  scale_ = scale;
  options_ = Options{};
  if (scale == lab::RunScale::quick) return;
  options_.pupil = {};
  options_.invented = {};
  options_.updates = 4500;
  options_.checks = 10;
  options_.growth = {1, 4, 16};
  options_.transfer = true;
  options_.films = {.train = 64, .test = 32};
  options_.own_checks = 4;
  if (scale == lab::RunScale::full) return;
  options_.films = {.train = 1720, .test = 256};
  options_.own_batch = 256;
}

base::OptionTable PreInstruction::options() {
  base::OptionTable table;
  const auto count = [&](const char* name, const char* help, int64_t* target, int64_t least = 1) {
    table.add({.name = name, .help = help, .target = target, .least = least, .most = 1'000'000'000});
  };
  table.add({.name = "curriculum", .help = "TOML file of arms and their phases, in place of the paper's", .target = &options_.curriculum});
  table.add({.name = "arms", .help = "of the curriculum file; none: all", .target = &options_.arms});
  table.add({.name = "docs",
             .help = "your documents: a folder of .txt files (first line: title), or a .jsonl file (id, title, text)",
             .target = &options_.documents});
  table.add({.name = "qa", .help = "your questions: a .jsonl file (id of the document, question, answer)", .target = &options_.questions});
  count("people", "invented documents to train with", &options_.invented.train);
  count("tested", "and to test with", &options_.invented.test);
  count("known", "invented documents that the network was told beforehand", &options_.invented.known);
  table.add({.name = "known-linked",
             .help = "tell texts and questions of the same known documents; off: of some the texts, of others the questions",
             .target = &options_.invented.links_known});
  count("texts", "wordings of an invented document", &options_.invented.texts);
  options_.pupil.add_to(table);
  count("updates", "of an arm on invented documents, shared out over its phases", &options_.updates);
  count("batch", "texts and questions of an update there", &options_.batch);
  table.add({.name = "lr", .help = "largest learning rate there", .target = &options_.lr});
  table.add(
      {.name = "growth", .help = "times the documents to test with, for cpt, it and pit", .target = &options_.growth, .least = 1, .most = 1000});
  count("growth-documents", "documents that grow", &options_.growth_documents);
  table.add({.name = "transfer", .help = "train with ships, test with people", .target = &options_.transfer});
  count("films-train", "documents of wiki2023_film to train a checkpoint with", &options_.films.train, 0);
  count("films", "and to test with; 0: none", &options_.films.test, 0);
  count("checkpoint-batch", "documents and questions of a checkpoint's update", &options_.own_batch);
  count("checkpoint-updates", "of an arm; 0: as many as its epochs are", &options_.own_updates, 0);
  table.add({.name = "checkpoint-lr", .help = "a checkpoint's largest learning rate", .target = &options_.own_lr});
  count("shots", "examples in front of questions to a checkpoint that was not tuned", &options_.shots, 0);
  return table;
}

const world::Curriculum& PreInstruction::curriculum(const std::string& arm) const {
  static const world::Curriculum kNone;
  if (arm == kUntrained || arm == kOpenBook) return kNone;
  std::vector<std::string> names;
  for (const world::Curriculum& each : curricula_) {
    if (each.name == arm) return each;
    names.push_back(each.name);
  }
  throw base::Error(
      {.where = "--arms", .given = "'" + arm + "'", .expected = "an arm of the curriculum file", .hint = base::nearest_hint(arm, names)});
}

Recipe PreInstruction::checkpoint_recipe() const {
  Recipe recipe{.updates = options_.own_updates, .batch = options_.own_batch, .lr = options_.own_lr, .checks = options_.own_checks};
  recipe.quiz.asked_on_the_way = kAskedOfCheckpoints;
  recipe.quiz.kept_asked = kAskedOfCheckpoints;
  recipe.quiz.shots = options_.shots;
  return recipe;
}

Recipe PreInstruction::recipe_at(const lab::Coordinates& at) const {
  if (!is_invented(at)) return checkpoint_recipe();
  Recipe recipe{.updates = options_.updates, .batch = options_.batch, .lr = options_.lr, .checks = options_.checks};
  recipe.quiz.answers.tokens = kInventedAnswer;
  // As many documents more, as many updates more.
  const InventedPlan plan = plan_at(options_.invented, at);
  recipe.updates = std::max<int64_t>(1, recipe.updates * (plan.train + plan.test) / (options_.invented.train + options_.invented.test));
  return recipe;
}

Material PreInstruction::material_at(const lab::Coordinates& at) const {
  const auto seed = static_cast<uint64_t>(lab::integer_at(at, lab::kSeed));
  const std::string& knowledge = lab::text_at(at, kKnowledge);
  if (knowledge == kFilms) return film_material(equipment_.options().data, options_.films, seed);
  if (knowledge == kOwn) return own_material(options_.documents, options_.questions, seed);
  return invented_material(plan_at(options_.invented, at), seed);
}

void PreInstruction::add(std::vector<lab::Cell>& cells, const lab::Coordinates& inputs, const lab::Coordinates& at,
                         const std::vector<std::string>& arms, const std::string& part) const {
  for (int64_t seed = 0; seed < seeds(); ++seed) {
    for (const std::string& arm : arms) {
      lab::Cell cell{.at = at, .inputs = inputs, .part = part};
      cell.at[lab::kSeed] = std::to_string(equipment_.options().seed + seed);
      cell.at[kArm] = arm;
      if (std::ranges::find(cells, cell.at, &lab::Cell::at) != cells.end()) continue;  // growth passes the usual number too
      cell.inputs["recipe"] = recipe_at(cell.at).described();
      cell.inputs["material"] = material_at(cell.at).hash;
      base::Json phases = base::Json::array();
      for (const world::CurriculumPhase& phase : curriculum(arm).phases) phases.push_back({described(phase), phase.epochs});
      cell.inputs["phases"] = phases.dump();
      cell.inputs["title"] = fmt::format("{}, {}", curriculum(arm).title, curriculum(arm).published);
      cells.push_back(std::move(cell));
    }
  }
}

std::vector<std::string> PreInstruction::compared_arms() const {
  if (!options_.curriculum.empty()) return options_.arms;
  std::vector<std::string> arms;
  for (const char* arm : {"cpt", "it", "pit"})
    if (std::ranges::find(options_.arms, arm) != options_.arms.end()) arms.emplace_back(arm);
  return arms;
}

std::vector<std::string> PreInstruction::with_untrained(std::vector<std::string> arms, bool has_open_book) const {
  arms.insert(arms.begin(), kUntrained);
  if (has_open_book) arms.insert(arms.begin() + 1, kOpenBook);
  return arms;
}

void PreInstruction::add_invented(std::vector<lab::Cell>& cells) const {
  const lab::Coordinates inputs = {
      {"pupil", options_.pupil.json().dump()},
      {"known", fmt::format("{} x {}{}", options_.invented.known, options_.invented.texts, options_.invented.links_known ? "" : ", apart")},
      {"device", equipment_.compute().device.is_cuda() ? "cuda" : "cpu"},
      {"numbers", std::to_string(model::kNumericalVersion)},
      {"training", std::to_string(learn::kTrainingVersion)}};
  const auto at = [&](const std::string& knowledge, int64_t train, int64_t test) {
    return lab::Coordinates{{"model", options_.pupil.name()}, {kKnowledge, knowledge}, {kDocuments, fmt::format("{}+{}", train, test)}};
  };
  const int64_t people = options_.invented.train, tested = options_.invented.test;
  add(cells, inputs, at("people", people, tested), with_untrained(options_.arms, false), "arms");
  for (const int64_t times : options_.growth)
    add(cells, inputs, at("people", people, options_.growth_documents * times), compared_arms(), "growth");
  if (options_.transfer) add(cells, inputs, at("ships > people", people, tested), compared_arms(), "transfer");
}

void PreInstruction::add_read(std::vector<lab::Cell>& cells) const {
  const bool has_own = !options_.documents.empty() || !options_.questions.empty();
  if (has_own && (options_.documents.empty() || options_.questions.empty()))
    throw base::Error(
        {.where = options_.documents.empty() ? "--qa" : "--docs", .given = "one without the other", .expected = "--docs and --qa"});
  if (!has_own && options_.films.test == 0) return;
  if (!has_own && !std::filesystem::is_directory(std::filesystem::path(equipment_.options().data) / "wiki2023_film")) return;
  for (const std::string& model : equipment_.options().model) {
    lab::Coordinates inputs = equipment_.model_inputs(model);
    inputs["training"] = std::to_string(learn::kTrainingVersion);
    if (has_own)
      add(cells, inputs, {{"model", model}, {kKnowledge, kOwn}, {kDocuments, options_.documents}}, with_untrained({"cpt", "it", "pit"}, true),
          "own");
    else
      add(cells, inputs, {{"model", model}, {kKnowledge, kFilms}, {kDocuments, fmt::format("{}+{}", options_.films.train, options_.films.test)}},
          with_untrained(scale_ == lab::RunScale::paper ? options_.arms : compared_arms(), true), "checkpoint");
  }
}

std::vector<lab::Cell> PreInstruction::grid() {
  curricula_ = world::read_curricula(options_.curriculum.empty() ? equipment_.asset(kCurriculumAsset) : options_.curriculum);
  for (const world::Curriculum& each : curricula_)
    if (each.name == kUntrained || each.name == kOpenBook)
      throw base::Error({.where = options_.curriculum,
                         .given = "an arm called '" + each.name + "'",
                         .expected = "another name: this one is of what reads nothing"});
  if (options_.arms.empty() && options_.curriculum.empty() && scale_ == lab::RunScale::quick) options_.arms = {"cpt", "it", "pit"};
  if (options_.arms.empty())
    for (const world::Curriculum& each : curricula_) options_.arms.push_back(each.name);
  std::vector<lab::Cell> cells;
  if (options_.documents.empty() && options_.questions.empty()) add_invented(cells);
  add_read(cells);
  return cells;
}

lab::Records PreInstruction::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  lab::Records records;
  for (const lab::Cell& cell : group) {
    const Material material = material_at(cell.at);
    const world::Curriculum& arm = curriculum(lab::text_at(cell.at, kArm));
    const Recipe recipe = recipe_at(cell.at);
    if (is_invented(cell.at)) {
      const Pupil pupil = scratch_pupil(options_.pupil, plan_at(options_.invented, cell.at),
                                        static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed)), equipment_, bench);
      records.push_back(measure_arm(cell, arm, material, recipe, pupil.checkpoint, pupil.made_of, equipment_, bench));
      if (lab::text_at(cell.at, kArm) == kUntrained) std::ranges::copy(pupil.rows, std::back_inserter(records.back().rows));
    } else {
      const auto checkpoint = equipment_.checkpoint(lab::text_at(cell.at, "model"));
      const base::Json made_of = {{"checkpoint", checkpoint->hash}, {"tokenizer", checkpoint->tokenizer->fingerprint()}};
      records.push_back(measure_arm(cell, arm, fitted(material, *checkpoint->tokenizer, checkpoint->lm->context()), recipe, *checkpoint, made_of,
                                    equipment_, bench));
      const auto folder = records.back().exhibits.find(kModelFolder);
      if (folder != records.back().exhibits.end())
        bench.watch.note(fmt::format("{}: the tuned model is in {}", arm.name, folder->second.get<std::string>()));
    }
  }
  return records;
}

int64_t PreInstruction::cost_of(std::span<const lab::Cell> group) const {
  int64_t cost = 0;
  for (const lab::Cell& cell : group) {
    const std::string& arm = lab::text_at(cell.at, kArm);
    // The first cell of a seed trains the pupil.
    if (is_invented(cell.at) && arm == kUntrained) cost += pre_instruction::cost_of(options_.pupil);
    if (arm != kUntrained && arm != kOpenBook) cost += pre_instruction::cost_of(curriculum(arm), material_at(cell.at), recipe_at(cell.at));
  }
  return std::max<int64_t>(1, cost);
}

}  // namespace
}  // namespace pre_instruction

std::unique_ptr<lab::Study> make_pre_instruction(Equipment& equipment) { return std::make_unique<pre_instruction::PreInstruction>(equipment); }

}  // namespace manabi::study
