#include "world/few_shot/few_shot.h"

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "world/few_shot/abstract_labels.h"
#include "world/texts.h"

namespace manabi::world {

namespace {

std::vector<std::string> every_symbol(int64_t classes) {
  std::vector<std::string> symbols;
  for (const Symbols kind : {Symbols::numbers, Symbols::letters, Symbols::symbols}) {
    for (std::string& symbol : symbols_of(kind, classes)) symbols.push_back(std::move(symbol));
  }
  return symbols;
}

std::string longest_of(const std::vector<std::string>& labels, const text::Tokenizer& tokenizer) {
  return *std::max_element(labels.begin(), labels.end(), [&](const std::string& left, const std::string& right) {
    return tokenizer.encode(" " + left).size() < tokenizer.encode(" " + right).size();
  });
}

// Rows that may be shown: those whose text no query has, so that one list can serve every query.
ClassPools pools_of(const Dataset& dataset) {
  const Texts asked(dataset.test);
  ClassPools pools(static_cast<size_t>(dataset.classes()));
  for (size_t row = 0; row < dataset.train.size(); ++row) {
    const Example& example = dataset.train[row];
    if (!asked.contain(example)) pools[static_cast<size_t>(example.label)].push_back(static_cast<int64_t>(row));
  }
  return pools;
}

bool names_task(LabelSetting setting) { return setting != LabelSetting::abstract; }

}  // namespace

FewShotWorld::FewShotWorld(std::shared_ptr<const Dataset> dataset, FewShotConfig config, PromptLimit limit)
    : dataset_(std::move(dataset)),
      config_(std::move(config)),
      limit_(limit),
      steps_(ladder_steps(config_.ladder)),
      pools_(pools_of(*dataset_)),
      natural_(style_of(dataset_->natural, {})),
      minimal_(style_of(dataset_->minimal, every_symbol(dataset_->classes()))) {
  check_config();
  check_pools();
}

void FewShotWorld::check_config() const {
  const std::string where = "data set " + dataset_->name;
  const auto& templates = names_task(config_.setting) ? dataset_->natural : dataset_->minimal;
  if (!(names_task(config_.setting) ? natural_ : minimal_)) {
    throw base::Error({.where = where,
                       .given = "template " + std::to_string(config_.template_index + 1),
                       .expected = "1 to " + std::to_string(templates.size()) + ", as many " +
                                   (names_task(config_.setting) ? "natural" : "minimal") + " templates as the data set has"});
  }
  const auto symbols = static_cast<int64_t>(symbols_of(config_.symbols, dataset_->classes()).size());
  if (config_.setting == LabelSetting::abstract && symbols < dataset_->classes()) {
    throw base::Error(
        {.where = where,
         .given = std::to_string(dataset_->classes()) + " classes, but only " + std::to_string(symbols) + " " + name_of(config_.symbols),
         .hint = "use numbers"});
  }
  const bool is_step = std::find(steps_.begin(), steps_.end(), config_.shots) != steps_.end();
  if ((config_.shots != 0 && !is_step) || (!steps_.empty() && steps_.front() < 0)) {
    throw base::Error({.where = where,
                       .given = "K = " + std::to_string(is_step ? steps_.front() : config_.shots),
                       .expected = "0 or a positive step of the sweep"});
  }
}

void FewShotWorld::check_pools() const {
  const int64_t most = steps_.empty() ? 0 : steps_.back();
  const int64_t needed = (most + dataset_->classes() - 1) / dataset_->classes();
  for (size_t label = 0; label < pools_.size(); ++label) {
    if (static_cast<int64_t>(pools_[label].size()) >= needed) continue;
    throw base::Error({.where = "data set " + dataset_->name,
                       .given = std::to_string(pools_[label].size()) + " training rows of class \"" + dataset_->label_words[label] + "\"",
                       .expected = std::to_string(needed) + " for K = " + std::to_string(most),
                       .hint = "use a smaller K"});
  }
}

std::optional<FewShotWorld::Style> FewShotWorld::style_of(const std::vector<PromptTemplate>& templates, std::vector<std::string> labels) const {
  if (config_.template_index < 0 || config_.template_index >= static_cast<int64_t>(templates.size())) return std::nullopt;
  const PromptTemplate& chosen = templates[static_cast<size_t>(config_.template_index)];
  if (labels.empty()) labels = chosen.label_words;
  const std::string longest = limit_.tokenizer ? longest_of(labels, *limit_.tokenizer) : "";
  return Style{Phrasing(chosen, dataset_->field_names), labels, longest};
}

const FewShotWorld::Style& FewShotWorld::shown_style() const { return names_task(config_.setting) ? *natural_ : *minimal_; }

int64_t FewShotWorld::queries() const { return static_cast<int64_t>(dataset_->test.size()); }

const Example& FewShotWorld::query_at(int64_t index) const {
  if (index >= 0 && index < queries()) return dataset_->test[static_cast<size_t>(index)];
  throw base::Error(
      {.where = "data set " + dataset_->name, .given = "query " + std::to_string(index), .expected = "0 to " + std::to_string(queries() - 1)});
}

double FewShotWorld::majority() const {
  std::vector<int64_t> counts(static_cast<size_t>(dataset_->classes()), 0);
  for (const Example& query : dataset_->test) ++counts[static_cast<size_t>(query.label)];
  return static_cast<double>(*std::max_element(counts.begin(), counts.end())) / static_cast<double>(queries());
}

// Named by what it is for, never by setting or template: settings share their demonstrations.
base::Rng FewShotWorld::stream(std::string_view purpose, int64_t draw, const Example& query) const {
  const base::Rng of_draw = base::Rng(config_.seed).child("few-shot").child(dataset_->name).child(purpose).child(static_cast<uint64_t>(draw));
  return config_.demonstrations == Demonstrations::fresh ? of_draw.child(query.id) : of_draw;
}

std::vector<int64_t> FewShotWorld::draw_rows(int64_t draw, const Example& query, std::span<const int64_t> steps) const {
  const std::vector<int64_t> classes = balanced_classes(dataset_->classes(), steps, stream("classes", draw, query));
  return rows_of_classes(classes, pools_, stream("rows", draw, query));
}

std::vector<FewShotWorld::Shot> FewShotWorld::draw_shots(int64_t draw, const Example& query) const {
  const auto steps_taken = std::upper_bound(steps_.begin(), steps_.end(), config_.shots) - steps_.begin();
  const std::vector<int64_t> rows = draw_rows(draw, query, std::span(steps_).first(static_cast<size_t>(steps_taken)));
  std::vector<Shot> shots = labelled(rows, draw, query);
  if (config_.order != 0) rearrange(shots, draw, query);
  if (config_.too_long == TooLong::drop_demonstrations) drop_until_fitting(shots, draw, query);
  return shots;
}

// One number a demonstration, in the order of the list: the label of demonstration i is the same at every K.
std::vector<FewShotWorld::Shot> FewShotWorld::labelled(std::span<const int64_t> rows, int64_t draw, const Example& query) const {
  const auto classes = static_cast<uint64_t>(dataset_->classes());
  base::Rng random_labels = stream("random labels", draw, query);
  base::Rng wrong_labels = stream("wrong labels", draw, query);
  std::vector<Shot> shots;
  for (const int64_t row : rows) {
    const auto true_class = static_cast<uint64_t>(dataset_->train[static_cast<size_t>(row)].label);
    uint64_t shown_class = true_class;
    if (config_.setting == LabelSetting::random) shown_class = random_labels.below(classes);
    if (config_.setting == LabelSetting::flipped) shown_class = (true_class + 1 + wrong_labels.below(classes - 1)) % classes;
    shots.push_back({row, static_cast<int64_t>(shown_class)});
  }
  return shots;
}

void FewShotWorld::rearrange(std::vector<Shot>& shots, int64_t draw, const Example& query) const {
  stream("order", draw, query).child(static_cast<uint64_t>(config_.order)).shuffle(std::span<Shot>(shots));
}

void FewShotWorld::drop_until_fitting(std::vector<Shot>& shots, int64_t draw, const Example& query) const {
  base::Rng dropping = stream("dropped demonstrations", draw, query);
  while (!shots.empty() && !every_prompt_fits(rows_of(shots), query)) {
    shots.erase(shots.begin() + static_cast<std::ptrdiff_t>(dropping.below(shots.size())));
  }
}

std::vector<int64_t> FewShotWorld::rows_of(std::span<const Shot> shots) {
  std::vector<int64_t> rows;
  for (const Shot& shot : shots) rows.push_back(shot.row);
  return rows;
}

std::vector<std::string> FewShotWorld::draw_labels(int64_t draw, const Example& query) const {
  if (names_task(config_.setting)) return natural_->labels;
  return draw_symbols(config_.symbols, dataset_->classes(), stream("abstract map", draw, query));
}

Episode FewShotWorld::draw(int64_t draw, int64_t index) const {
  const Example& query = query_at(index);
  const Phrasing& phrasing = shown_style().phrasing;
  const std::vector<std::string> labels = draw_labels(draw, query);

  Episode episode{.id = query.id, .draw = draw, .target = query.label};
  std::vector<LabelledExample> shown;
  for (const Shot& shot : draw_shots(draw, query)) {
    const Example& example = dataset_->train[static_cast<size_t>(shot.row)];
    const std::string& label = labels[static_cast<size_t>(shot.shown_class)];
    shown.push_back({&example, label});
    episode.demonstrations.push_back({.id = example.id,
                                      .input = phrasing.input(example, config_.white_space),
                                      .label = label,
                                      .shown_class = shot.shown_class,
                                      .true_class = example.label});
  }
  Prompt prompt = phrasing.prompt(shown, query, config_.white_space);
  episode.context = std::move(prompt.context);
  for (const std::string& label : labels) episode.choices.push_back(prompt.gap + label);
  return episode;
}

bool FewShotWorld::every_prompt_fits(std::span<const int64_t> rows, const Example& query) const {
  if (!limit_.tokenizer) return true;
  for (const std::optional<Style>* style : {&natural_, &minimal_}) {
    if (!*style) continue;
    std::vector<LabelledExample> shown;
    for (const int64_t row : rows) shown.push_back({&dataset_->train[static_cast<size_t>(row)], (*style)->longest_label});
    for (const WhiteSpace white_space : {WhiteSpace::clean, WhiteSpace::paper}) {
      const Prompt prompt = (*style)->phrasing.prompt(shown, query, white_space);
      const std::string whole = prompt.context + prompt.gap + (*style)->longest_label;
      // No token stands for less than a byte, but a tokenizer may put a space of its own in front.
      const auto limit = static_cast<size_t>(std::max<int64_t>(limit_.tokens, 0));
      if (whole.size() >= limit && limit_.tokenizer->encode(whole).size() > limit) return false;
    }
  }
  return true;
}

bool FewShotWorld::fits(int64_t draw, int64_t index) const {
  const Example& query = query_at(index);
  if (!limit_.tokenizer || config_.too_long == TooLong::drop_demonstrations) return every_prompt_fits({}, query);
  return every_prompt_fits(draw_rows(draw, query, steps_), query);
}

std::string FewShotWorld::hash() const {
  std::string text = "few-shot 1\n";
  // Lengths stand in front, so that no two configurations spell the same text.
  const auto add = [&](const std::string& part) { text += std::to_string(part.size()) + ":" + part + "\n"; };
  const auto add_template = [&](const PromptTemplate& prompt) {
    for (const std::string& part : {prompt.text.source(), prompt.published.source()}) add(part);
    for (const std::string& word : prompt.label_words) add(word);
  };
  add(dataset_->name);
  add(dataset_->hash);
  for (const std::string& field : dataset_->field_names) add(field);
  add(name_of(config_.setting));
  if (config_.setting == LabelSetting::abstract) add(name_of(config_.symbols));
  add(name_of(config_.demonstrations));
  add(name_of(config_.white_space));
  for (const int64_t number : {config_.shots, config_.order, config_.template_index}) add(std::to_string(number));
  add(std::to_string(config_.seed));
  const auto index = static_cast<size_t>(config_.template_index);
  if (natural_) add_template(dataset_->natural[index]);
  if (minimal_) add_template(dataset_->minimal[index]);

  // Without a limit the steps above K change nothing.
  if (limit_.tokenizer) {
    add(name_of(config_.too_long));
    add(std::to_string(limit_.tokens));
    add(limit_.tokenizer->fingerprint());
  }
  for (const int64_t step : steps_) {
    if (limit_.tokenizer || step <= config_.shots) add(std::to_string(step));
  }
  return base::sha256(text);
}

std::vector<int64_t> query_order(const Dataset& dataset, uint64_t seed) {
  return base::Rng(seed).child("query order").child(dataset.name).permutation(static_cast<int64_t>(dataset.test.size()));
}

std::string Queries::hash() const {
  std::string text = "queries " + std::to_string(dropped);
  for (const int64_t index : indices) text += " " + std::to_string(index);
  return base::sha256(text);
}

Queries fitting_queries(const FewShotWorld& world, const Dataset& dataset, int64_t draw, int64_t count) {
  const std::vector<int64_t> order = query_order(dataset, /*seed=*/0);
  const auto total = static_cast<int64_t>(order.size());
  Queries queries;
  for (int64_t step = 0; step < total && static_cast<int64_t>(queries.indices.size()) < count; ++step) {
    // Unsigned, so that no draw or count overflows.
    const uint64_t place = static_cast<uint64_t>(draw) * static_cast<uint64_t>(count) + static_cast<uint64_t>(step);
    const int64_t query = order[place % order.size()];
    if (world.fits(draw, query))
      queries.indices.push_back(query);
    else
      ++queries.dropped;
  }
  if (queries.indices.empty()) {
    throw base::Error({.where = dataset.name,
                       .given = "no prompt of the largest K fits the model's context",
                       .hint = "take fewer --shots, or --too-long drop_demonstrations"});
  }
  return queries;
}

}  // namespace manabi::world
