#include "world/pairs/class_mixture_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/random.h"

namespace manabi::world {
namespace {

void check_share(const char* name, double share) {
  if (!(share >= 0 && share <= 1)) throw base::Error({.where = name, .given = fmt::format("{}", share), .expected = "a share from 0 to 1"});
}

void check(const ClassMixtureConfig& config) {
  check_share("high-share", config.high_share);
  check_share("relevant-share", config.relevant_share);
  check_share("label-noise", config.label_noise);
  if (config.high_classes < 1 || config.low_classes < 1 || config.classes() < 3 || config.pairs < 1 || config.input_width < 1)
    throw base::Error({.where = "high-classes, low-classes, pairs, input-width",
                       .given = fmt::format("{}, {}, {}, {}", config.high_classes, config.low_classes, config.pairs, config.input_width),
                       .expected = "at least 1 each, and three classes together"});
  if (config.relevant_pairs < 0 || config.relevant_pairs > config.pairs)
    throw base::Error({.where = "relevant-pairs, pairs",
                       .given = fmt::format("{} relevant pairs of {}", config.relevant_pairs, config.pairs),
                       .expected = "not more than there are"});
  if (config.high_share / static_cast<double>(config.high_classes) < (1 - config.high_share) / static_cast<double>(config.low_classes))
    throw base::Error({.where = "high-share, high-classes, low-classes",
                       .given = fmt::format("{} over {} and {} classes", config.high_share, config.high_classes, config.low_classes),
                       .expected = "a high class that is not rarer than a low one"});
  if (config.rows != 0 && config.rows < config.classes())
    throw base::Error({.where = "rows, high-classes, low-classes",
                       .given = fmt::format("{} rows for {} classes", config.rows, config.classes()),
                       .expected = "a row at least for every class"});
}

void check(const ClassMixtureConfig& config, const ClassLooks& looks) {
  if (config.classes() != looks.classes() || config.input_width != looks.input_width())
    throw base::Error({.where = "high-classes, low-classes, input-width",
                       .given = fmt::format("{} classes of {} numbers", config.classes(), config.input_width),
                       .expected = fmt::format("{} of {}, as they look", looks.classes(), looks.input_width())});
}

// Different numbers below `limit`, one a class.
std::vector<int64_t> different_rows(base::Rng rng, int64_t count, int64_t limit) {
  std::vector<int64_t> rows;
  while (static_cast<int64_t>(rows.size()) < count) {
    const auto row = static_cast<int64_t>(rng.below(static_cast<uint64_t>(limit)));
    if (std::ranges::find(rows, row) == rows.end()) rows.push_back(row);
  }
  return rows;
}

int64_t below(base::Rng& rng, int64_t limit) { return static_cast<int64_t>(rng.below(static_cast<uint64_t>(limit))); }

}  // namespace

ClassMixtureWorld::ClassMixtureWorld(const ClassMixtureConfig& config) : ClassMixtureWorld(config, nullptr) {}

ClassMixtureWorld::ClassMixtureWorld(const ClassMixtureConfig& config, std::shared_ptr<const ClassLooks> looks)
    : config_(config), looks_(std::move(looks)) {
  check(config);
  if (looks_) check(config, *looks_);
  if (!looks_) make_prototypes();
  if (config.rows > 0) rows_of_classes_ = different_rows(base::Rng(config.row_seed).child("queries"), config.classes(), config.rows);
}

void ClassMixtureWorld::make_prototypes() {
  prototypes_.resize(static_cast<size_t>(config_.classes() * config_.input_width));
  const base::Rng streams = base::Rng(config_.class_seed).child("classes");
  for (int64_t label = 0; label < config_.classes(); ++label) {
    const std::span<float> vector(prototypes_.data() + label * config_.input_width, static_cast<size_t>(config_.input_width));
    streams.child(static_cast<uint64_t>(label)).add_normals(1, vector);
    double squares = 0;
    for (const float value : vector) squares += static_cast<double>(value) * value;
    for (float& value : vector) value = static_cast<float>(value / std::sqrt(squares));
  }
}

std::span<const float> ClassMixtureWorld::prototype(int64_t label) const {
  return {prototypes_.data() + label * config_.input_width, static_cast<size_t>(config_.input_width)};
}

void ClassMixtureWorld::draw(int64_t step, int64_t row, PairRow into) const {
  base::Rng rng = base::Rng(config_.row_seed).child("steps").child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row));
  const auto number = config_.rows > 0 ? below(rng, config_.rows) : static_cast<int64_t>(rng.bits() >> 1);
  draw_row(number, into);
}

base::Rng ClassMixtureWorld::draw_items(int64_t number, std::span<int64_t> classes) const {
  base::Rng rng = base::Rng(config_.row_seed).child("rows").child(static_cast<uint64_t>(number));
  classes.back() = draw_query(rng, number);
  draw_context(rng, classes.back(), classes.first(classes.size() - 1));
  return rng;
}

void ClassMixtureWorld::draw_row(int64_t number, PairRow into) const {
  base::Rng rng = draw_items(number, into.labels);
  const size_t width = static_cast<size_t>(config_.input_width);
  for (size_t i = 0; i < into.labels.size(); ++i) show(into.labels[i], rng, into.inputs.subspan(i * width, width));
  if (config_.noise > 0) rng.add_normals(config_.noise, into.inputs);
  for (int64_t& label : into.labels) label = shown_label(rng, label);
}

void ClassMixtureWorld::draw_classes(int64_t number, std::span<int64_t> classes, std::span<int64_t> labels) const {
  base::Rng rng = draw_items(number, classes);
  for (size_t i = 0; i < classes.size(); ++i) labels[i] = shown_label(rng, classes[i]);
}

void ClassMixtureWorld::show(int64_t label, base::Rng& rng, std::span<float> into) const {
  if (looks_) return looks_->show(label, rng, into);
  std::ranges::copy(prototype(label), into.begin());
}

int64_t ClassMixtureWorld::draw_class(base::Rng& rng) const {
  return rng.uniform() < config_.high_share ? below(rng, config_.high_classes) : config_.high_classes + below(rng, config_.low_classes);
}

int64_t ClassMixtureWorld::draw_other_class(base::Rng& rng, int64_t than) const {
  int64_t label = draw_class(rng);
  while (label == than) label = draw_class(rng);
  return label;
}

int64_t ClassMixtureWorld::draw_query(base::Rng& rng, int64_t number) const {
  const auto fixed = std::ranges::find(rows_of_classes_, number);
  if (fixed != rows_of_classes_.end()) return fixed - rows_of_classes_.begin();
  if (config_.query == QueryClasses::high) return below(rng, config_.high_classes);
  if (config_.query == QueryClasses::low) return config_.high_classes + below(rng, config_.low_classes);
  return draw_class(rng);
}

void ClassMixtureWorld::draw_context(base::Rng& rng, int64_t query, std::span<int64_t> classes) const {
  if (rng.uniform() < config_.relevant_share) return draw_relevant_context(rng, query, classes);
  for (int64_t& label : classes) label = draw_other_class(rng, query);
}

// Without a prescribed number: draws from the class law, given that the query's class is among them. Drawing all again until it is would take
// thousands of tries for a rare class, so the first place that it takes is drawn from its own law: those before it hold other classes.
void ClassMixtureWorld::draw_relevant_context(base::Rng& rng, int64_t query, std::span<int64_t> classes) const {
  if (config_.relevant_pairs > 0) {
    for (size_t i = 0; i < classes.size(); ++i)
      classes[i] = static_cast<int64_t>(i) < config_.relevant_pairs ? query : draw_other_class(rng, query);
    return rng.shuffle(classes);
  }
  const double probability = query < config_.high_classes ? config_.high_share / static_cast<double>(config_.high_classes)
                                                          : (1 - config_.high_share) / static_cast<double>(config_.low_classes);
  const double any = 1 - std::pow(1 - probability, static_cast<double>(classes.size()));
  const double share = rng.uniform() * any;  // of the geometric law, cut after the last place
  size_t first = 0;
  if (probability > 0 && probability < 1)
    first = std::min(classes.size() - 1, static_cast<size_t>(std::log1p(-share) / std::log1p(-probability)));
  for (size_t i = 0; i < classes.size(); ++i) classes[i] = i < first ? draw_other_class(rng, query) : i == first ? query : draw_class(rng);
}

int64_t ClassMixtureWorld::shown_label(base::Rng& rng, int64_t label) const {
  if (config_.label_noise > 0 && rng.uniform() < config_.label_noise) label = (label + 1) % config_.classes();
  if (!config_.shifts_labels) return label;
  if (label < config_.high_classes) return (label + 1) % config_.high_classes;
  return config_.high_classes + (label - config_.high_classes + 1) % config_.low_classes;
}

}  // namespace manabi::world
