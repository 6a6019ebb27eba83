#include "world/pairs/bursty_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "world/require.h"

namespace manabi::world {

namespace {

// The streams of one row.
enum Stage : uint64_t { kClasses, kInputs, kLabels };

constexpr const char* kWhere = "bursty world";

ClassLaw law_of(const ClassInputsConfig& inputs, const BurstyConfig& config) {
  if (config.pool == ClassPool::trained) return ClassLaw(inputs.classes, config.zipf_exponent, MostFrequent::last);
  require(inputs.holdout >= 1,
          {.where = kWhere, .given = "pool = holdout, holdout = 0", .expected = "holdout classes", .hint = "set holdout of the class inputs"});
  return ClassLaw(inputs.holdout, 0, MostFrequent::last);
}

// A row of two classes, each with the other's name; the query's comes last.
void swap_classes(std::span<int64_t> classes) {
  const int64_t query = classes.back();
  const int64_t other = *std::find_if(classes.begin(), classes.end(), [&](int64_t shown) { return shown != query; });
  for (int64_t& shown : classes) shown = shown == query ? other : query;
}

void name_two_classes(std::span<int64_t> classes, LabelPair names, bool query_is_second) {
  if (query_is_second) std::swap(names.first, names.second);
  const int64_t query = classes.back();
  for (int64_t& shown : classes) shown = shown == query ? names.first : names.second;
}

std::string name_of(LabelMap map) {
  switch (map) {
    case LabelMap::own:
      return "own";
    case LabelMap::binary:
      return "binary";
    case LabelMap::swapped:
      return "swapped";
    case LabelMap::copied:
      return "copied";
    case LabelMap::paired:
      return "paired";
  }
  return "";
}

BurstyConfig without_query(BurstyConfig config, Rest rest, LabelMap label_map) {
  config.bursty_share = 0;
  config.burst = 0;
  config.rest = rest;
  config.pool = ClassPool::trained;
  config.label_map = label_map;
  config.evaluation = true;
  return config;
}

BurstyConfig with_two_classes(BurstyConfig config, ClassPool pool, LabelMap label_map) {
  config.bursty_share = 1;
  config.burst = config.pairs / 2;
  config.distractor = Distractor::other;
  config.pool = pool;
  config.label_map = label_map;
  config.evaluation = true;
  return config;
}

}  // namespace

BurstyConfig in_weight_evaluation(BurstyConfig training, Rest rest) { return without_query(training, rest, LabelMap::own); }

BurstyConfig in_context_evaluation(BurstyConfig training, ClassPool pool) { return with_two_classes(training, pool, LabelMap::binary); }

BurstyConfig flip_evaluation(BurstyConfig training) { return with_two_classes(training, ClassPool::trained, LabelMap::swapped); }

BurstyConfig copy_evaluation(BurstyConfig training) { return without_query(training, Rest::distinct, LabelMap::copied); }

BurstyWorld::BurstyWorld(std::shared_ptr<const ClassInputs> inputs, BurstyConfig config)
    : inputs_(std::move(inputs)),
      config_(config),
      law_(law_of(inputs_->config(), config_)),
      first_class_(config_.pool == ClassPool::trained ? 0 : inputs_->config().classes),
      rows_(base::Rng(config_.seed).child(config_.evaluation ? "bursty evaluation" : "bursty training")) {
  check_numbers();
  check_classes();
  check_label_map();
}

void BurstyWorld::check_numbers() const {
  const int64_t pairs = config_.pairs, burst = config_.burst, labels_per_class = config_.labels_per_class;
  require(pairs >= 1, {.where = kWhere, .given = fmt::format("pairs = {}", pairs), .expected = "at least 1"});
  require(is_share(config_.bursty_share),
          {.where = kWhere, .given = fmt::format("bursty_share = {}", config_.bursty_share), .expected = "0 to 1"});
  require(burst >= 0, {.where = kWhere, .given = fmt::format("burst = {}", burst), .expected = "0 or more"});
  require(labels_per_class >= 1, {.where = kWhere, .given = fmt::format("labels_per_class = {}", labels_per_class), .expected = "at least 1"});
  require(!has_bursts() || burst <= pairs / burst_classes(),
          {.where = kWhere,
           .given = fmt::format("burst = {}, pairs = {}", burst, pairs),
           .expected = fmt::format("{} of burst to fit into the pairs",
                                   burst_classes() == 1 ? "one copy" : "two copies (the query's and the distractor's)"),
           .hint = "lower burst or raise pairs"});
}

// The most classes that one row needs to find in the pool.
void BurstyWorld::check_classes() const {
  int64_t needed = config_.rest == Rest::any ? 1 : 2;
  if (has_bursts() && config_.distractor == Distractor::other) needed = 2;
  if (config_.rest == Rest::distinct) {
    const bool every_row = has_bursts() && config_.bursty_share == 1;
    needed = every_row ? burst_classes() + config_.pairs - burst_classes() * config_.burst : config_.pairs + 1;
  }
  require(law_.classes() >= needed, {.where = kWhere,
                                     .given = fmt::format("{} classes to draw from, pairs = {}", law_.classes(), config_.pairs),
                                     .expected = fmt::format("at least {} classes for this rest and distractor", needed),
                                     .hint = "raise classes (or holdout), or lower pairs"});
}

void BurstyWorld::check_label_map() const {
  const std::string rows = fmt::format("bursty_share = {}, burst = {}, pairs = {}", config_.bursty_share, config_.burst, config_.pairs);
  if (config_.label_map == LabelMap::paired) check_label_pairs();
  if (config_.label_map == LabelMap::binary || config_.label_map == LabelMap::swapped || config_.label_map == LabelMap::paired) {
    const bool has_two = config_.bursty_share == 1 && config_.distractor == Distractor::other && 2 * config_.burst == config_.pairs;
    require(has_two, {.where = kWhere,
                      .given = fmt::format("label_map = {}, {}", name_of(config_.label_map), rows),
                      .expected = "two different classes that fill every row: bursty_share 1, burst half of pairs, distractor other"});
  }
  if (config_.label_map == LabelMap::copied) {
    require(!has_bursts() && config_.rest != Rest::any,
            {.where = kWhere,
             .given = "label_map = copied, " + rows,
             .expected = "a context without the query's class: burst 0, rest not_query or distinct"});
  }
}

void BurstyWorld::check_label_pairs() const {
  require(!config_.label_pairs.empty(),
          {.where = kWhere, .given = "label_map = paired, no label_pairs", .expected = "at least one pair of labels"});
  for (const auto& [first, second] : config_.label_pairs) {
    const bool fits = first != second && std::min(first, second) >= 0 && std::max(first, second) < config_.paired_labels;
    require(fits, {.where = kWhere,
                   .given = fmt::format("labels {} and {} as a pair, paired_labels = {}", first, second, config_.paired_labels),
                   .expected = "two different labels from 0 to one less than paired_labels"});
  }
}

PairShape BurstyWorld::shape() const {
  const int64_t labels = config_.label_map == LabelMap::paired ? config_.paired_labels : inputs_->count() * config_.labels_per_class;
  return {.pairs = config_.pairs, .input_width = inputs_->config().input_width, .labels = labels};
}

void BurstyWorld::draw(int64_t step, int64_t row, PairRow into) const {
  const base::Rng stream = rows_.child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row));
  choose_classes(stream.child(kClasses), into.labels);
  write_inputs(stream.child(kInputs), into.labels, into.inputs);
  map_labels(stream.child(kLabels), into.labels);
}

// Until the shuffle the query's class stands first, so that what is taken is one run of memory.
void BurstyWorld::choose_classes(base::Rng rng, std::span<int64_t> classes) const {
  const bool is_bursty = rng.uniform() < config_.bursty_share;
  classes.front() = law_.draw(rng);
  const size_t first_of_rest = is_bursty ? place_bursts(rng, classes) : 1;
  for (size_t i = first_of_rest; i < classes.size(); ++i) classes[i] = draw_rest(rng, classes.first(i));
  std::swap(classes.front(), classes.back());
  rng.shuffle(classes.first(classes.size() - 1));
  for (int64_t& shown : classes) shown += first_class_;
}

// Returns where the rest begins.
size_t BurstyWorld::place_bursts(base::Rng& rng, std::span<int64_t> classes) const {
  const auto burst = static_cast<size_t>(config_.burst);
  std::fill_n(classes.begin() + 1, burst, classes.front());
  if (config_.distractor == Distractor::none) return 1 + burst;
  const int64_t distractor = config_.distractor == Distractor::any ? law_.draw(rng) : law_.draw_except(rng, classes.first(1));
  std::fill_n(classes.begin() + 1 + static_cast<int64_t>(burst), burst, distractor);
  return 1 + 2 * burst;
}

int64_t BurstyWorld::draw_rest(base::Rng& rng, std::span<const int64_t> chosen) const {
  if (config_.rest == Rest::any) return law_.draw(rng);
  return law_.draw_except(rng, config_.rest == Rest::distinct ? chosen : chosen.first(1));
}

void BurstyWorld::write_inputs(base::Rng rng, std::span<const int64_t> classes, std::span<float> inputs) const {
  const auto width = static_cast<size_t>(inputs_->config().input_width);
  for (size_t i = 0; i < classes.size(); ++i) inputs_->draw(classes[i], rng, inputs.subspan(i * width, width));
}

void BurstyWorld::map_labels(base::Rng rng, std::span<int64_t> labels) const {
  if (config_.label_map == LabelMap::binary) return name_two_classes(labels, {0, 1}, rng.below(2) == 1);
  if (config_.label_map == LabelMap::paired) {
    const LabelPair names = config_.label_pairs[rng.below(config_.label_pairs.size())];
    return name_two_classes(labels, names, rng.below(2) == 1);
  }
  if (config_.label_map == LabelMap::swapped) swap_classes(labels);
  show_own_labels(rng, labels);
  if (config_.label_map == LabelMap::copied) labels[rng.below(labels.size() - 1)] = labels.back();
}

void BurstyWorld::show_own_labels(const base::Rng& rng, std::span<int64_t> labels) const {
  if (config_.labels_per_class == 1) return;
  const auto choices = static_cast<uint64_t>(config_.labels_per_class);
  for (int64_t& label : labels) {
    base::Rng of_class = rng.child(static_cast<uint64_t>(label));
    label = label * config_.labels_per_class + static_cast<int64_t>(of_class.below(choices));
  }
}

}  // namespace manabi::world
