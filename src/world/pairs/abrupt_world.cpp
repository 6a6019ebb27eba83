#include "world/pairs/abrupt_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "world/require.h"

namespace manabi::world {

namespace {

// The streams of one row.
enum Stage : uint64_t { kClasses, kInputs, kOffset };

constexpr const char* kWhere = "abrupt world";

void check_numbers(const AbruptConfig& config) {
  require(config.pairs >= 2, {.where = kWhere, .given = fmt::format("pairs = {}", config.pairs), .expected = "at least 2"});
  require(config.labels >= 2, {.where = kWhere, .given = fmt::format("labels = {}", config.labels), .expected = "at least 2"});
  require(config.input_width >= 1, {.where = kWhere, .given = fmt::format("input_width = {}", config.input_width), .expected = "at least 1"});
  require(is_share(config.bursty_share),
          {.where = kWhere, .given = fmt::format("bursty_share = {}", config.bursty_share), .expected = "0 to 1"});
  require(is_share(config.novel_share), {.where = kWhere, .given = fmt::format("novel_share = {}", config.novel_share), .expected = "0 to 1"});
  require(std::isfinite(config.noise) && config.noise >= 0,
          {.where = kWhere, .given = fmt::format("noise = {}", config.noise), .expected = "0 or more"});
}

// Every label needs as many classes as any other.
void check_multiple(const char* name, int64_t classes, int64_t labels) {
  require(classes >= labels && classes % labels == 0, {.where = kWhere,
                                                       .given = fmt::format("{} = {}, labels = {}", name, classes, labels),
                                                       .expected = fmt::format("{} to be a multiple of labels", name)});
}

void check_bursts(const AbruptConfig& config) {
  const std::string sizes = fmt::format("burst = {}, pairs = {}", config.burst, config.pairs);
  require(config.burst >= 1 && config.burst < config.pairs,
          {.where = kWhere, .given = sizes, .expected = "burst to be at least 1 and less than pairs"});
  require(config.pairs % config.burst == 0, {.where = kWhere, .given = sizes, .expected = "pairs to be a multiple of burst"});
  require(config.pairs <= config.most_pairs, {.where = kWhere,
                                              .given = fmt::format("pairs = {}, most_pairs = {}", config.pairs, config.most_pairs),
                                              .expected = "pairs to be at most most_pairs, for which there are positions"});
  const int64_t shown = config.pairs / config.burst;
  require(!config.distinct_labels || shown <= config.labels,
          {.where = kWhere,
           .given = fmt::format("distinct_labels = true, pairs / burst = {}, labels = {}", shown, config.labels),
           .expected = "at most as many classes in a bursty row as there are labels",
           .hint = "raise labels or burst, or set distinct_labels to false"});
}

// Settings of which one would silently undo the other.
void check_agreement(const AbruptConfig& config) {
  const bool has_known_bursts = config.bursty_share > 0 && config.novel_share < 1;
  require(!(config.distinct_labels && config.zipf_exponent != 0 && has_known_bursts),
          {.where = kWhere,
           .given = fmt::format("distinct_labels = true, zipf_exponent = {}", config.zipf_exponent),
           .expected = "one of the two: a bursty row's classes are drawn uniformly when their labels are distinct",
           .hint = "set distinct_labels to false, or zipf_exponent to 0"});
  require(!config.target_absent || (config.bursty_share == 0 && config.novel_share == 0),
          {.where = kWhere,
           .given = fmt::format("target_absent = true, bursty_share = {}, novel_share = {}", config.bursty_share, config.novel_share),
           .expected = "no bursts, whose query is always in the context"});
}

// [rows, width] of N(0, 1 / width).
std::vector<float> normal_table(base::Rng rng, int64_t rows, int64_t width) {
  std::vector<float> table(static_cast<size_t>(rows * width));
  rng.add_normals(1 / std::sqrt(static_cast<double>(width)), table);
  return table;
}

const AbruptConfig& checked(const AbruptConfig& config) {
  check_numbers(config);
  check_multiple("classes", config.classes, config.labels);
  if (config.novel_share > 0) check_multiple("novel_classes", config.novel_classes, config.labels);
  check_bursts(config);
  check_agreement(config);
  return config;
}

}  // namespace

AbruptConfig in_weight_evaluation(AbruptConfig training) {
  training.bursty_share = 0;
  training.novel_share = 0;
  training.target_absent = true;
  training.shifted_labels = false;
  training.evaluation = true;
  return training;
}

AbruptConfig in_context_evaluation(AbruptConfig training) {
  training.bursty_share = 1;
  training.novel_share = 1;
  training.target_absent = false;
  training.shifted_labels = false;
  training.evaluation = true;
  return training;
}

AbruptConfig shifted_label_evaluation(AbruptConfig training) {
  training.bursty_share = 1;
  training.novel_share = 0;
  training.target_absent = false;
  training.shifted_labels = true;
  training.evaluation = true;
  return training;
}

AbruptWorld::AbruptWorld(AbruptConfig config)
    : config_(checked(config)),
      law_(config_.classes, config_.zipf_exponent, MostFrequent::first),
      rows_(base::Rng(config_.seed).child(config_.evaluation ? "abrupt evaluation" : "abrupt training")),
      novel_(rows_.child("novel classes")),
      label_vectors_(normal_table(base::Rng(config_.seed).child("abrupt labels"), config_.labels, config_.input_width)),
      class_means_(normal_table(base::Rng(config_.seed).child("abrupt classes"), config_.classes, config_.input_width)) {}

PairShape AbruptWorld::shape() const { return {.pairs = config_.pairs, .input_width = config_.input_width, .labels = config_.labels}; }

base::Rng AbruptWorld::stream_of(int64_t step, int64_t row) const {
  return rows_.child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row));
}

int64_t AbruptWorld::offset(int64_t step, int64_t row) const {
  base::Rng rng = stream_of(step, row).child(kOffset);
  return static_cast<int64_t>(rng.below(static_cast<uint64_t>(2 * (config_.most_pairs - config_.pairs) + 1)));
}

void AbruptWorld::draw(int64_t step, int64_t row, PairRow into) const {
  const base::Rng stream = stream_of(step, row);
  const Kind kind = choose_classes(stream.child(kClasses), into.labels);
  write_inputs(stream.child(kInputs), novel_.child(static_cast<uint64_t>(step)), kind, into.labels, into.inputs);
  const int64_t shift = config_.shifted_labels ? 1 : 0;
  for (int64_t& label : into.labels) label = (label + shift) % config_.labels;
}

AbruptWorld::Kind AbruptWorld::choose_classes(base::Rng rng, std::span<int64_t> classes) const {
  const Kind kind = rng.uniform() < config_.novel_share ? Kind::novel : Kind::known;
  const bool is_bursty = rng.uniform() < config_.bursty_share || kind == Kind::novel;
  if (is_bursty) {
    choose_bursty(rng, kind, classes);
  } else {
    choose_separately(rng, classes);
  }
  return kind;
}

void AbruptWorld::choose_bursty(base::Rng& rng, Kind kind, std::span<int64_t> classes) const {
  const std::span<int64_t> context = classes.first(classes.size() - 1);
  const std::span<int64_t> chosen = context.first(context.size() / static_cast<size_t>(config_.burst));
  const int64_t available = kind == Kind::novel ? config_.novel_classes : config_.classes;
  if (config_.distinct_labels) {
    choose_distinct_labels(rng, available, chosen);
  } else {
    for (int64_t& one : chosen) {
      one = kind == Kind::novel ? static_cast<int64_t>(rng.below(static_cast<uint64_t>(available))) : law_.draw(rng);
    }
  }
  for (size_t i = chosen.size(); i < context.size(); ++i) context[i] = context[i - chosen.size()];
  rng.shuffle(context);
  classes.back() = context[rng.below(context.size())];
}

// Uniform: a set of labels (Floyd's algorithm: one draw a label, no table), then for each a class that has it.
void AbruptWorld::choose_distinct_labels(base::Rng& rng, int64_t available, std::span<int64_t> classes) const {
  const int64_t labels = config_.labels;
  const auto wanted = static_cast<int64_t>(classes.size());
  for (int64_t i = 0; i < wanted; ++i) {
    const int64_t newest = labels - wanted + i;
    const auto drawn = static_cast<int64_t>(rng.below(static_cast<uint64_t>(newest + 1)));
    const auto chosen = classes.first(static_cast<size_t>(i));
    const bool is_taken = std::find(chosen.begin(), chosen.end(), drawn) != chosen.end();
    classes[static_cast<size_t>(i)] = is_taken ? newest : drawn;
  }
  for (int64_t& one : classes) one += labels * static_cast<int64_t>(rng.below(static_cast<uint64_t>(available / labels)));
}

void AbruptWorld::choose_separately(base::Rng& rng, std::span<int64_t> classes) const {
  const int64_t target = law_.draw(rng);
  for (int64_t& shown : classes.first(classes.size() - 1)) {
    shown = config_.target_absent ? law_.draw_except(rng, std::span(&target, 1)) : law_.draw(rng);
  }
  classes.back() = target;
}

// (mean + noise * eta) / sqrt(1 + noise^2), eta ~ N(0, 1 / I): as long as the mean, on average. A novel mean is computed where it is shown; a
// table of them would have to be kept for each step.
void AbruptWorld::write_inputs(base::Rng rng, const base::Rng& novel, Kind kind, std::span<const int64_t> classes,
                               std::span<float> inputs) const {
  const auto width = static_cast<size_t>(config_.input_width);
  const double sd = 1 / std::sqrt(static_cast<double>(config_.input_width));
  const auto scale = static_cast<float>(1 / std::sqrt(1 + config_.noise * config_.noise));
  for (size_t i = 0; i < classes.size(); ++i) {
    const std::span<float> input = inputs.subspan(i * width, width);
    if (kind == Kind::novel) {
      base::Rng of_class = novel.child(static_cast<uint64_t>(classes[i]));
      std::fill(input.begin(), input.end(), 0.0f);
      of_class.add_normals(sd, input);
    } else {
      std::copy_n(class_means_.begin() + classes[i] * config_.input_width, width, input.begin());
    }
    if (config_.noise > 0) rng.add_normals(config_.noise * sd, input);
    for (float& entry : input) entry *= scale;
  }
}

}  // namespace manabi::world
