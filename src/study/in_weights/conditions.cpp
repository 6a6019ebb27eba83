#include "study/in_weights/conditions.h"

#include <fmt/format.h>

#include <algorithm>

namespace manabi::study::in_weights {
namespace {

std::string text_of(double value) { return fmt::format("{}", value); }

class Plan {
 public:
  void add(const std::string& part, const std::vector<Condition>& conditions) {
    for (const Condition& condition : conditions)
      if (std::ranges::find(all_, condition, &PlannedCondition::condition) == all_.end()) all_.push_back({condition, part});
  }
  std::vector<PlannedCondition> take() { return std::move(all_); }

 private:
  std::vector<PlannedCondition> all_;
};

void add_quick(Plan& plan) {
  plan.add("rows", over_rows({}, {6, 8, 10, 12, 14}));
  plan.add("references", {{.relevant_share = 0}, {.relevant_share = 1}});
}

void add_full(Plan& plan) {
  plan.add("rows", over_rows({}, {6, 8, 10, 12, 14}));
  plan.add("noise", over_rows({.noise = 0.4}, {6, 8, 12, 14, 16}));
  plan.add("noise", over_rows({.noise = 0}, {6, 10, 14}));
  for (const double share : {0.0, 1.0}) {
    plan.add("references", over_rows({.relevant_share = share}, {6, 8, 10, 12, 14}));
    plan.add("references", over_rows({.noise = 0.4, .relevant_share = share}, {8, 12, 16}));
  }
  for (const double share : {0.5, 0.99}) {
    plan.add("relevance", over_rows({.relevant_share = share}, {10, 14}));
    plan.add("frequency", over_rows({.high_share = share}, {8, 10, 14}));
  }
  for (const int64_t pairs : {2, 4}) plan.add("context", over_rows({.pairs = pairs}, {10, 14}));
  for (const int64_t copies : {1, 2, 3, 4}) plan.add("context", {{.pairs = 4, .relevant_pairs = copies}});
  for (const int64_t classes : {45, 95}) plan.add("classes", over_rows({.low_classes = classes}, {10, 14}));
  for (const double share : {0.01, 0.1}) plan.add("labels", over_rows({.noise = 0, .label_noise = share}, {10, 14}));
}

// One factor at a time over the paper's own lists.
void add_paper(Plan& plan) {
  const std::vector<int64_t> all_rows = {6, 8, 10, 12, 14, 16, 18, 20};
  for (const double noise : {0.2, 0.4, 0.02, 0.0}) plan.add("noise", over_rows({.noise = noise}, all_rows));
  for (const double share : {0.0, 1.0, 0.1, 0.5, 0.99}) plan.add("relevance", over_rows({.relevant_share = share}, all_rows));
  for (const double share : {0.5, 0.99}) plan.add("frequency", over_rows({.high_share = share}, all_rows));
  for (const int64_t pairs : {2, 4, 8, 16}) plan.add("context", over_rows({.pairs = pairs}, all_rows));
  for (const int64_t copies : {1, 2, 3, 4}) plan.add("context", over_rows({.pairs = 4, .relevant_pairs = copies}, all_rows));
  for (const int64_t classes : {45, 95, 495}) plan.add("classes", over_rows({.low_classes = classes}, {10, 12, 14, 16, 18, 20}));
  for (const double share : {0.001, 0.01, 0.1}) plan.add("labels", over_rows({.noise = 0, .label_noise = share}, all_rows));
}

}  // namespace

std::vector<Condition> over_rows(Condition base, const std::vector<int64_t>& exponents) {
  std::vector<Condition> all;
  for (const int64_t exponent : exponents) {
    base.rows = int64_t{1} << exponent;
    all.push_back(base);
  }
  return all;
}

std::string predictor_of(const lab::Coordinates& at) { return at.contains(kPredictor) ? at.at(kPredictor) : ""; }

lab::Coordinates with_predictor(lab::Coordinates at, const std::string& predictor) {
  at[kPredictor] = predictor;
  return at;
}

lab::Records records_of(const lab::Records& records, const std::string& predictor) {
  lab::Records kept;
  std::ranges::copy_if(records, std::back_inserter(kept),
                       [&](const lab::CellRecord& record) { return predictor_of(record.cell.at) == predictor; });
  return kept;
}

lab::Coordinates coordinates_of(const Condition& condition) {
  return {{"rows", std::to_string(condition.rows)},
          {"noise", text_of(condition.noise)},
          {"relevant", text_of(condition.relevant_share)},
          {"high-share", text_of(condition.high_share)},
          {"pairs", std::to_string(condition.pairs)},
          {"relevant-pairs", std::to_string(condition.relevant_pairs)},
          {"low-classes", std::to_string(condition.low_classes)},
          {"label-noise", text_of(condition.label_noise)}};
}

Condition condition_at(const lab::Coordinates& at) {
  return {.rows = lab::integer_at(at, "rows"),
          .noise = lab::number_at(at, "noise"),
          .relevant_share = lab::number_at(at, "relevant"),
          .high_share = lab::number_at(at, "high-share"),
          .pairs = lab::integer_at(at, "pairs"),
          .relevant_pairs = lab::integer_at(at, "relevant-pairs"),
          .low_classes = lab::integer_at(at, "low-classes"),
          .label_noise = lab::number_at(at, "label-noise")};
}

std::vector<std::string> together() { return {"rows", "noise", "relevant", "high-share", "relevant-pairs", "label-noise", "seed"}; }

std::vector<PlannedCondition> conditions(lab::RunScale scale) {
  Plan plan;
  if (scale == lab::RunScale::quick) add_quick(plan);
  if (scale == lab::RunScale::full) add_full(plan);
  if (scale == lab::RunScale::paper) add_paper(plan);
  return plan.take();
}

world::ClassMixtureConfig training_world(const Condition& condition, uint64_t seed) {
  return {.low_classes = condition.low_classes,
          .pairs = condition.pairs,
          .high_share = condition.high_share,
          .relevant_share = condition.relevant_share,
          .relevant_pairs = condition.relevant_pairs,
          .noise = condition.noise,
          .label_noise = condition.label_noise,
          .rows = condition.rows,
          .class_seed = seed,
          .row_seed = seed};
}

const std::vector<Question>& questions() {
  static const std::vector<Question> all = {{"relevant", "high", "base"},   {"relevant", "low", "base"},    {"relevant", "high", "shifted"},
                                            {"relevant", "low", "shifted"}, {"irrelevant", "high", "base"}, {"irrelevant", "low", "base"},
                                            {"mixed", "all", "base"},       {"mixed", "all", "shifted"}};
  return all;
}

std::vector<Question> base_questions() {
  std::vector<Question> asked;
  std::ranges::copy_if(questions(), std::back_inserter(asked),
                       [](const Question& question) { return question.labels == "base" && question.query != "all"; });
  return asked;
}

// Their noise is new, their labels clean: what a network knows is asked, not what the noise of its data set was.
world::ClassMixtureConfig asked_about(world::ClassMixtureConfig config, const Question& question) {
  constexpr uint64_t kQuestionSeeds = uint64_t{1} << 40;  // apart from every seed that trains
  config.rows = 0;
  config.label_noise = 0;
  config.row_seed += kQuestionSeeds;
  if (question.context != "mixed") config.relevant_share = question.context == "relevant" ? 1 : 0;
  if (question.query != "all") config.query = question.query == "high" ? world::QueryClasses::high : world::QueryClasses::low;
  config.shifts_labels = question.labels == "shifted";
  return config;
}

world::ClassMixtureConfig question_world(const Condition& condition, uint64_t seed, const Question& question) {
  return asked_about(training_world(condition, seed), question);
}

}  // namespace manabi::study::in_weights
