#include "study/training/lessons.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/file.h"
#include "base/format/json.h"
#include "lab/statistics/seeds.h"
#include "learn/training/version.h"
#include "model/adapters/adapter.h"
#include "model/adapters/peft_files.h"
#include "model/adapters/save_model.h"
#include "model/version.h"
#include "study/training/network_runs.h"

namespace manabi::study {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCourseFile = "course.json";

base::Json made_of(const base::Json& start, const Lesson& lesson, const tensor::Compute& compute) {
  const model::TunedParts& tuned = lesson.parts;
  base::Json parts = {{"weights", tuned.weights}, {"biases", tuned.biases}, {"classes", tuned.classes}};
  if (tuned.prompt)
    parts["prompt"] = {
        {"lengths", tuned.prompt->lengths}, {"encoder", static_cast<int>(tuned.prompt->encoder)}, {"width", tuned.prompt->encoder_width}};
  if (tuned.prefix) parts["prefix"] = {{"lengths", tuned.prefix->lengths}, {"width", tuned.prefix->encoder_width}};
  if (tuned.lora) {
    parts["lora"] = {{"rank", tuned.lora->rank}, {"scale", tuned.lora->scale}, {"matrices", base::Json::array()}};
    for (const model::TunedMatrix matrix : tuned.lora->matrices) parts["lora"]["matrices"].push_back(name_of(matrix));
  }
  return {{"start", start},
          {"data", lesson.data_made_of},
          {"order", lesson.data.order.size()},
          {"parts", std::move(parts)},
          {"optimiser",
           {{"rule", static_cast<int>(lesson.optimiser.rule)},
            {"beta1", lesson.optimiser.beta1},
            {"beta2", lesson.optimiser.beta2},
            {"epsilon", lesson.optimiser.epsilon},
            {"weight_decay", lesson.optimiser.weight_decay}}},
          {"schedule",
           {{"decay", static_cast<int>(lesson.schedule.decay)},
            {"warm_up", lesson.schedule.warm_up},
            {"least", lesson.schedule.least},
            {"steps", lesson.schedule.steps}}},
          {"batch", lesson.batch},
          {"lr", lesson.lr},
          {"clip_norm", lesson.clip_norm},
          {"seed", lesson.seed},
          {"measured_after", lesson.measured_after},
          {"measure", lesson.measure_name},
          {"dtype", tensor::name_of(compute.dtype)},
          {"device", compute.device.is_cuda() ? "cuda" : "cpu"},
          {"keeps_model", lesson.keeps_model},
          {"training", learn::kTrainingVersion},
          {"numbers", model::kNumericalVersion}};
}

std::unique_ptr<model::CausalLM> model_of(const model::TunedNetwork& network, const tensor::ParameterBuffer& parameters,
                                          const tensor::Compute& compute) {
  if (network.parts().weights) return model::language_model_of(*model::tuned_weights(network, parameters, 0), compute);
  return model::adapted(model::language_model_of(network.frozen(), compute), model::adapter_of(network, parameters, 0));
}

void save_model(const learn::Tuning& tuning, const model::Checkpoint& start, const fs::path& folder) {
  if (tuning.network().parts().weights) {
    model::save_model(*model::tuned_weights(tuning.network(), tuning.parameters(), 0), start, folder);
  } else {
    model::Adapter adapter = model::adapter_of(tuning.network(), tuning.parameters(), 0);
    adapter.base_name = start.name;
    adapter.base_hash = start.hash;
    model::save_adapter(adapter, model::AdapterShape::of(tuning.network().frozen()), folder);
  }
}

void save_course(const learn::Tuning& tuning, const fs::path& folder) {
  base::Json course = {{"curve_every", tuning.curve_every()},
                       {"curve", tuning.curves()[0]},
                       {"diverged_at", tuning.replicas()[0].diverged_at},
                       {"measurements", base::Json::array()}};
  for (const learn::Measurement& measurement : tuning.measurements())
    course["measurements"].push_back({{"step", measurement.step}, {"values", measurement.values[0]}});
  base::write_text_atomically((folder / kCourseFile).string(), course.dump());
}

// NaN, which JSON has no word for, is null there.
std::vector<double> numbers_of(const base::Json& json) {
  std::vector<double> numbers;
  for (const base::Json& each : json) numbers.push_back(each.is_null() ? std::numeric_limits<double>::quiet_NaN() : each.get<double>());
  return numbers;
}

Taught read_course(const lab::Artifact& artifact) {
  const base::Json course = base::read_json((artifact.path / kCourseFile).string());
  Taught taught{.artifact = artifact.name,
                .folder = artifact.path,
                .curve = numbers_of(course["curve"]),
                .curve_every = course["curve_every"].get<int64_t>(),
                .measurements = {},
                .diverged_at = course["diverged_at"].get<int64_t>()};
  for (const base::Json& each : course["measurements"])
    taught.measurements.push_back({.step = each["step"].get<int64_t>(), .values = {numbers_of(each["values"])}});
  return taught;
}

}  // namespace

Taught teach(const model::Checkpoint& start, const base::Json& start_made_of, const Lesson& lesson, const MeasureTaught& measure,
             const Equipment& equipment, lab::Workbench& bench) {
  const base::Json all = made_of(start_made_of, lesson, start.lm->compute());
  if (lesson.keeps_model && lesson.parts.weights) model::check_can_be_saved(*start.lm->frozen(start.lm->compute().dtype), start);
  const auto make = [&](const fs::path& working, const fs::path& result) {
    learn::TuningPlan plan{.parts = lesson.parts,
                           .optimiser = lesson.optimiser,
                           .schedule = lesson.schedule,
                           .batch = lesson.batch,
                           .clip_norm = lesson.clip_norm,
                           .lr = {lesson.lr},
                           .seeds = {lesson.seed},
                           .data = {lesson.data},
                           .measured_after = lesson.measured_after,
                           .threads = equipment.threads(),
                           .made_of = all,
                           .title = lesson.title};
    if (measure)
      plan.measure = [&](const model::TunedNetwork& network, const tensor::ParameterBuffer& parameters) {
        return std::vector<std::vector<double>>{measure(*model_of(network, parameters, start.lm->compute()))};
      };
    learn::Tuning tuning(start.lm->frozen(start.lm->compute().dtype), std::move(plan), working, lesson.first_values);
    StepProgress progress(bench.watch.progress, lesson.batch);
    progress.advance(tuning.steps_done());
    tuning.run({.progress = &progress, .cancel = bench.watch.cancel});
    fs::create_directories(result);
    if (lesson.keeps_model) save_model(tuning, start, result);
    save_course(tuning, result);
  };
  return read_course(bench.artifacts.artifact({.kind = "lesson", .made_of = all, .extension = ""}, lesson.title, make, bench.watch));
}

void add_curve(const Taught& taught, const std::string& metric, int64_t first, int64_t batch, std::vector<lab::Row>& rows) {
  for (size_t i = 0; i < taught.curve.size(); ++i) {
    const int64_t step = first + static_cast<int64_t>(i + 1) * taught.curve_every;
    if (std::isfinite(taught.curve[i]))
      rows.push_back({.metric = metric, .at = {{lab::kStep, std::to_string(step)}}, .value = taught.curve[i], .n = taught.curve_every * batch});
  }
}

}  // namespace manabi::study
