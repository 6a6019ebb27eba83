#include "study/pre_instruction/measure.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <numeric>

#include "lab/statistics/seeds.h"
#include "learn/tuning/curriculum_data.h"
#include "study/training/lessons.h"

namespace manabi::study::pre_instruction {
namespace {

constexpr int64_t kQuizVersion = 2;  // raised with any change of what is asked

std::vector<int64_t> updates_of(const world::Curriculum& curriculum, const Material& material, const Recipe& recipe) {
  if (recipe.updates > 0) return world::shared_updates(curriculum, material.readings, recipe.updates);
  std::vector<int64_t> updates;
  for (const world::CurriculumPhase& phase : curriculum.phases) {
    const double items = phase.epochs * static_cast<double>(world::items_of(phase, material.readings).size());
    updates.push_back(std::max<int64_t>(1, std::llround(items / static_cast<double>(recipe.batch))));
  }
  return updates;
}

void add_asked(const std::vector<Quiz::AskedMetric>& metrics, const std::vector<double>& values, int64_t step, std::vector<lab::Row>& rows) {
  for (size_t i = 0; i < metrics.size(); ++i)
    if (std::isfinite(values[i]))
      rows.push_back(
          {.metric = metrics[i].name, .at = {{kAsked, kSample}, {lab::kStep, std::to_string(step)}}, .value = values[i], .n = metrics[i].n});
}

void add_course(const Taught& taught, int64_t first, const Quiz& quiz, int64_t batch, std::vector<lab::Row>& rows) {
  add_curve(taught, kLoss, first, batch, rows);
  for (const learn::Measurement& measurement : taught.measurements)
    add_asked(quiz.metrics_on_the_way(), measurement.values[0], first + measurement.step, rows);
}

model::Checkpoint opened(const Taught& taught, const model::Checkpoint& start) {
  model::Checkpoint checkpoint = model::open_checkpoint(taught.folder.string(), {.compute = start.lm->compute()});
  checkpoint.name = start.name;
  return checkpoint;
}

// Reads all phases, each from what the one before left.
class Course {
 public:
  Course(const world::Curriculum& curriculum, const Material& material, const Recipe& recipe, const Quiz& quiz, uint64_t seed)
      : curriculum_(curriculum), material_(material), recipe_(recipe), quiz_(quiz), seed_(seed) {}

  model::Checkpoint read(const model::Checkpoint& start, base::Json made_of, const Equipment& equipment, lab::Workbench& bench,
                         std::vector<lab::Row>& rows) {
    const std::vector<int64_t> updates = updates_of(curriculum_, material_, recipe_);
    const int64_t all = std::accumulate(updates.begin(), updates.end(), int64_t{0});
    add_asked(quiz_.metrics_on_the_way(), quiz_.on_the_way(*start.lm), 0, rows);
    model::Checkpoint now;
    int64_t first = 0;
    for (size_t phase = 0; phase < updates.size(); ++phase) {
      const model::Checkpoint& from = phase == 0 ? start : now;
      const Lesson lesson = lesson_of(phase, updates[phase], learn::evenly_spaced(updates[phase], recipe_.checks), from);
      const auto measure = [&](const model::CausalLM& lm) { return quiz_.on_the_way(lm); };
      const Taught taught = teach(from, made_of, lesson, measure, equipment, bench);
      add_course(taught, first, quiz_, recipe_.batch, rows);
      folder_ = taught.folder;
      now = opened(taught, start);
      made_of = {{"artifact", taught.artifact}};
      first += updates[phase];
    }
    rows.push_back({.metric = kUpdates, .value = static_cast<double>(all), .n = 1});
    return now;
  }
  // Of the model that the last phase left.
  const std::filesystem::path& folder() const { return folder_; }

 private:
  Lesson lesson_of(size_t index, int64_t steps, std::vector<int64_t> checks, const model::Checkpoint& from) const {
    const world::CurriculumPhase& phase = curriculum_.phases[index];
    const base::Rng rng = base::Rng(seed_).child("phase").child(index);
    return {.title = fmt::format("{}: {}, phase {} of {}, seed {}", from.name, curriculum_.name, index + 1, curriculum_.phases.size(), seed_),
            .data = learn::data_of(phase, material_.readings, steps * recipe_.batch, *from.tokenizer, from.lm->context(), rng),
            .data_made_of = {{"material", material_.hash},
                             {"phase", described(phase)},
                             {"index", index},
                             {"version", learn::kCurriculumVersion},
                             {"seed", seed_}},
            .optimiser = {.beta2 = 0.95, .weight_decay = 0.1},
            .schedule = {.decay = learn::Decay::cosine, .steps = steps, .least = 0.1},
            .batch = recipe_.batch,
            .lr = recipe_.lr * phase.rate,
            .seed = seed_,
            .measured_after = std::move(checks),
            .measure_name = fmt::format("quiz {}, {} and {} questions, {} shots, {} tokens", kQuizVersion, recipe_.quiz.asked_on_the_way,
                                        recipe_.quiz.kept_asked, recipe_.quiz.shots, recipe_.quiz.answers.tokens)};
  }

  const world::Curriculum& curriculum_;
  const Material& material_;
  const Recipe& recipe_;
  const Quiz& quiz_;
  uint64_t seed_;
  std::filesystem::path folder_;
};

}  // namespace

base::Json described(const world::CurriculumPhase& phase) {
  base::Json readings = base::Json::array();
  for (const world::Reading reading : phase.reading) readings.push_back(name_of(reading));
  return {{"read", std::move(readings)},
          {"order", name_of(phase.order)},
          {"rate", phase.rate},
          {"weight_beside_answers", phase.weight_beside_answers}};
}

std::string Recipe::described() const {
  return fmt::format("{} updates of {}, rate {}, {} checks, {} shots, {} tokens, quiz {}, phases {}", updates, batch, lr, checks, quiz.shots,
                     quiz.answers.tokens, kQuizVersion, learn::kCurriculumVersion);
}

lab::CellRecord measure_arm(const lab::Cell& cell, const world::Curriculum& curriculum, const Material& material, const Recipe& recipe,
                            const model::Checkpoint& start, const base::Json& start_made_of, const Equipment& equipment, lab::Workbench& bench) {
  lab::CellRecord record{.cell = cell};
  const int64_t seed = lab::integer_at(cell.at, lab::kSeed);
  const std::string& arm = lab::text_at(cell.at, kArm);
  const Quiz quiz(material, *start.tokenizer, start.lm->context(), recipe.quiz);
  record.exhibits[kArmExhibit] = arm == kUntrained  ? base::Json{{"title", "as it was"}, {"published", 9.5}}
                                 : arm == kOpenBook ? base::Json{{"title", "with the document"}, {"published", 72.2}}
                                                    : base::Json{{"title", curriculum.title}, {"published", curriculum.published}};
  if (arm == kUntrained || arm == kOpenBook) {
    const std::string examples = examples_before(material.readings.train, recipe.quiz.shots);
    const Quiz::Before before = [&](const world::Document& document) {
      return examples + (arm == kOpenBook ? fmt::format("{}\n\n", fmt::join(document.texts, "\n")) : "");
    };
    quiz.ask_all(*start.lm, seed, before, record, bench.watch);
    return record;
  }
  Course course(curriculum, material, recipe, quiz, static_cast<uint64_t>(seed));
  const model::Checkpoint taught = course.read(start, start_made_of, equipment, bench, record.rows);
  quiz.ask_all(*taught.lm, seed, nullptr, record, {.cancel = bench.watch.cancel});
  record.exhibits[kModelFolder] = course.folder().string();
  return record;
}

int64_t cost_of(const world::Curriculum& curriculum, const Material& material, const Recipe& recipe) {
  const std::vector<int64_t> updates = updates_of(curriculum, material, recipe);
  return recipe.batch * std::accumulate(updates.begin(), updates.end(), int64_t{0});
}

}  // namespace manabi::study::pre_instruction
