// Which functions can a network learn from its context? Garg, Tsipras, Liang and Valiant (2022): decoders are trained on examples of random
// linear, sparse, two-layer and tree functions, and set beside the learners that are known for each, on tasks like those of training and on
// others.
#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/random.h"
#include "model/network/values/value_network.h"
#include "study/regression/report.h"
#include "study/regression/tasks.h"
#include "study/training/value_study.h"

namespace manabi::study {
namespace regression {
namespace {

constexpr int64_t kBatch = 64, kMeasurements = 10;
constexpr int64_t kOrders = 16, kReorderedPrompts = 200;

class Regression final : public ValueStudy {
 public:
  explicit Regression(Equipment& equipment) : ValueStudy(equipment) {}

  lab::StudyInfo info() const override {
    return {
        .name = "regression",
        .title = "Which functions can a network learn from its context?",
        .question =
            "Decoders are trained on examples of random functions, a new one in every row. How well do they tell a new function's values from "
            "its "
            "examples, and does it need the tasks of training?",
        .paper =
            "Shivam Garg, Dimitris Tsipras, Percy Liang, Gregory Valiant (2022): What Can Transformers Learn In-Context? A Case Study of Simple "
            "Function Classes. NeurIPS 2022.",
        .link = "https://arxiv.org/abs/2208.01066",
        .reads_checkpoints = false};
  }

  void set_scale(lab::RunScale scale) override { scale_ = scale; }
  base::OptionTable options() override;
  std::vector<std::string> together() const override { return {lab::kSeed}; }
  std::vector<lab::Claim> claims(const lab::Records& records) const override { return regression::claims(records); }
  std::vector<lab::Section> sections(const lab::Records& records) const override { return regression::sections(records); }

 protected:
  std::vector<NetworkSetting> settings() const override;
  int64_t seeds() const override { return scale_ == lab::RunScale::quick ? 2 : 3; }
  ValueRunPlan plan_of(const lab::Coordinates& at) const override;
  double lr_of(const lab::Coordinates&) const override { return lr_; }
  std::shared_ptr<const world::ValueWorld> training_world(const lab::Coordinates& at, uint64_t seed) const override {
    return regression::training_world(setting_of(at), seed);
  }
  std::vector<NetworkMetric> metrics_of(const lab::Cell& cell) const override;
  Measure measure_of(const Cells& cells) const override;
  std::string measure_name(const lab::Coordinates&) const override {
    return info().name + " " + std::to_string(info().version) + ", " + std::to_string(prompts_) + " prompts";
  }
  std::vector<lab::Row> references(const lab::Cell& cell) const override;

 private:
  std::vector<double> measure_one(const lab::Cell& cell, const model::ValueModel& model, const tensor::ParameterBuffer& parameters,
                                  int64_t replica) const;

  lab::RunScale scale_ = lab::RunScale::quick;
  int64_t steps_ = 0;
  int64_t prompts_ = 1280;
  double lr_ = 1e-3;
};

base::OptionTable Regression::options() {
  using base::Changes;
  base::OptionTable table;
  table.add({.name = "steps",
             .help = "of training; 0: as many as each setting's own, which is what claims are about",
             .target = &steps_,
             .least = 0,
             .most = 1'000'000'000});
  table.add(
      {.name = "prompts", .help = "new ones for each error", .target = &prompts_, .changes = Changes::value, .least = 2, .most = 10'000'000});
  table.add({.name = "lr", .help = "learning rate, constant", .target = &lr_, .changes = Changes::value});
  return table;
}

std::vector<NetworkSetting> Regression::settings() const {
  std::vector<NetworkSetting> all;
  const auto add = [&](const char* part, Setting setting) {
    if (steps_ > 0) setting.steps = steps_;
    all.push_back({.at = setting.at(), .part = part});
  };
  if (scale_ == lab::RunScale::quick) {
    add("linear", {.steps = 6000});
    add("sparse", {.functions = kSparse, .numbers = 10, .steps = 3000});
    return all;
  }
  if (scale_ == lab::RunScale::paper) {
    for (const char* functions : {kLinear, kSparse, kTwoLayer, kTree})
      add(functions, {.functions = functions, .numbers = 20, .width = 256, .layers = 12, .has_curriculum = true, .steps = 500'000});
    return all;
  }
  add("linear", {});
  for (const bool has_curriculum : {true, false}) add("curriculum", {.numbers = 10, .has_curriculum = has_curriculum, .steps = 12'000});
  add("sparse", {.functions = kSparse, .numbers = 10, .steps = 8000});
  for (const char* functions : {kTwoLayer, kTree}) add(functions, {.functions = functions, .steps = 8000});
  for (const int64_t width : {16, 32, 128}) add("width", {.width = width, .steps = 8000});
  return all;
}

ValueRunPlan Regression::plan_of(const lab::Coordinates& at) const {
  const Setting setting = setting_of(at);
  const model::ValueNetworkConfig config = {
      .decoder = {.layers = setting.layers, .width = setting.width, .heads = std::max<int64_t>(1, setting.width / 32)},
      .points = points_of(setting),
      .input_width = setting.numbers};
  std::vector<int64_t> measured = evenly_spaced(setting.steps, kMeasurements);
  measured.insert(measured.begin(), 0);
  return {.model = [config](tensor::ParameterPlan& plan) { return std::make_unique<model::ValueNetwork>(config, plan); },
          .model_made_of = model::described(config),
          .tokens = 2 * config.points,
          .token_cost = std::max<int64_t>(1, config.decoder.layers * setting.width / 32),
          .batch = kBatch,
          .steps = setting.steps,
          .measured_after = measured};
}

lab::Coordinates error_at(const std::string& learner, int64_t examples, const std::string& shift = kAsTrained) {
  return {{kLearner, learner}, {kExamples, std::to_string(examples)}, {kShift, shift}};
}

std::vector<NetworkMetric> Regression::metrics_of(const lab::Cell& cell) const {
  const Setting setting = setting_of(cell.at);
  std::vector<NetworkMetric> all;
  for (int64_t examples = 0; examples < points_of(setting); ++examples)
    all.push_back({.name = kSquaredError, .at = error_at(kNetwork, examples), .n = prompts_});
  for (const Shift& shift : shifts_of(setting))
    for (const int64_t examples : shifted_examples(setting))
      if (can_be_asked(setting, shift, examples))
        all.push_back({.name = kSquaredError, .at = error_at(kNetwork, examples, shift.name), .n = prompts_});
  all.push_back({.name = kPermutationSpread, .n = kReorderedPrompts});
  return all;
}

// Means over rows [B, T], normalised.
std::vector<double> mean_errors(const Setting& setting, const at::Tensor& squares) {
  const at::Tensor means = (squares.mean(0) / normaliser_of(setting)).contiguous();
  return {means.const_data_ptr<double>(), means.const_data_ptr<double>() + means.size(0)};
}

// The standard deviation of what is told of one query over orders of its examples, over that of the values.
double permutation_spread(const model::ValueModel& model, const tensor::ParameterBuffer& parameters, int64_t replica,
                          const model::ValueRows& rows) {
  const int64_t examples = rows.points() - 1;
  base::Rng rng(0);
  std::vector<at::Tensor> told;
  for (int64_t order = 0; order < kOrders; ++order) {
    std::vector<int64_t> places = rng.permutation(examples);
    places.push_back(examples);
    const at::Tensor index = at::tensor(places, at::kLong);
    const model::ValueRows reordered = {.inputs = rows.inputs.index_select(2, index), .values = rows.values.index_select(2, index)};
    told.push_back(learn::told_values(model, parameters, replica, reordered, learn::ValuesAsked::last).squeeze(1));
  }
  const at::Tensor variance = at::stack(told).var(0).mean();
  return std::sqrt(variance.item<double>() / rows.values.to(at::kDouble).square().mean().item<double>());
}

std::vector<double> Regression::measure_one(const lab::Cell& cell, const model::ValueModel& model, const tensor::ParameterBuffer& parameters,
                                            int64_t replica) const {
  const Setting setting = setting_of(cell.at);
  const uint64_t seed = question_seed(seed_of(cell));
  const model::ValueRows asked = tasks_of(question_world(setting, seed), prompts_);
  std::vector<double> values =
      mean_errors(setting, learn::squared_errors(learn::told_values(model, parameters, replica, asked, learn::ValuesAsked::every), asked));
  for (const Shift& shift : shifts_of(setting))
    for (const int64_t examples : shifted_examples(setting)) {
      if (!can_be_asked(setting, shift, examples)) continue;
      const model::ValueRows shifted = tasks_of(shifted_world(setting, shift, examples, seed), prompts_);
      const at::Tensor told = learn::told_values(model, parameters, replica, shifted, learn::ValuesAsked::last);
      values.push_back(mean_errors(setting, learn::squared_errors(told, shifted)).front());
    }
  const model::ValueRows some = {.inputs = asked.inputs.narrow(1, 0, std::min(kReorderedPrompts, prompts_)),
                                 .values = asked.values.narrow(1, 0, std::min(kReorderedPrompts, prompts_))};
  values.push_back(permutation_spread(model, parameters, replica, some));
  return values;
}

ValueStudy::Measure Regression::measure_of(const Cells& cells) const {
  return [this, cells](const model::ValueModel& model, const tensor::ParameterBuffer& parameters) {
    std::vector<std::vector<double>> values;
    for (size_t replica = 0; replica < cells.size(); ++replica)
      values.push_back(measure_one(cells[replica], model, parameters, static_cast<int64_t>(replica)));
    return values;
  };
}

std::vector<lab::Row> Regression::references(const lab::Cell& cell) const {
  const Setting setting = setting_of(cell.at);
  const uint64_t seed = question_seed(seed_of(cell));
  const model::ValueRows asked = tasks_of(question_world(setting, seed), prompts_);
  std::vector<lab::Row> rows;
  const auto add = [&](const lab::Coordinates& at, double error) {
    rows.push_back({.metric = kSquaredError, .at = at, .value = error, .n = prompts_});
  };
  for (const auto& learner : references_of(setting)) {
    const std::vector<double> errors =
        mean_errors(setting, learn::squared_errors(learn::tell_every(*learner, asked.inputs[0], asked.values[0]), asked));
    for (size_t examples = 0; examples < errors.size(); ++examples)
      add(error_at(learner->name(), static_cast<int64_t>(examples)), errors[examples]);
    for (const Shift& shift : shifts_of(setting))
      for (const int64_t examples : shifted_examples(setting)) {
        if (!can_be_asked(setting, shift, examples)) continue;
        const model::ValueRows shifted = tasks_of(shifted_world(setting, shift, examples, seed), prompts_);
        const at::Tensor told = learn::tell_at(*learner, shifted.inputs[0], shifted.values[0], {examples});
        add(error_at(learner->name(), examples, shift.name), mean_errors(setting, learn::squared_errors(told, shifted)).front());
      }
  }
  return rows;
}

}  // namespace
}  // namespace regression

std::unique_ptr<lab::Study> make_regression(Equipment& equipment) { return std::make_unique<regression::Regression>(equipment); }

}  // namespace manabi::study
