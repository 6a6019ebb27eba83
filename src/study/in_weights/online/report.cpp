#include "study/in_weights/online/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "lab/statistics/seeds.h"
#include "learn/theory/online_gate.h"
#include "study/in_weights/online/online.h"

namespace manabi::study::in_weights {
namespace {

constexpr const char* kLearners[] = {kGate, kInWeight, kInContext};
constexpr double kNoisy = 0.1;    // share of labels that are the next class's: what makes the context err
constexpr int64_t kEarly = 4096;  // rows after which frequent and rare classes are compared
constexpr const char* kSource = "section 3; the algorithm on tabular inputs is run here";

std::vector<Question> regions() { return base_questions(); }

lab::Coordinates cell_of(const Condition& condition) { return with_predictor(coordinates_of(condition), kOnline); }

lab::Coordinates region_at(const Question& region) { return {{"context", region.context}, {"query", region.query}}; }

std::string name_of(const Question& region) {
  return fmt::format("{}, {} context", region.query == "high" ? "frequent" : "rare", region.context);
}

std::string name_of(const Condition& condition) {
  return fmt::format("{} context item{}, label noise {}", condition.pairs, condition.pairs == 1 ? "" : "s", condition.label_noise);
}

std::vector<double> sums_over_learners(const lab::Records& records, const Condition& condition, const char* metric) {
  std::vector<double> sums;
  for (const char* learner : kLearners) {
    const std::vector<double> values = lab::last_values(records, {.cell = cell_of(condition), .metric = metric, .row = {{kLearner, learner}}});
    sums.resize(std::max(sums.size(), values.size()));
    for (size_t seed = 0; seed < values.size(); ++seed) sums[seed] += values[seed];
  }
  return sums;
}

std::vector<double> mean_losses(const lab::Records& records, const Condition& condition, const Question& region, const char* learner) {
  lab::Coordinates row = region_at(region);
  row[kLearner] = learner;
  return lab::last_values(records, {.cell = cell_of(condition), .metric = kMeanLoss, .row = row});
}

// By how much the mixture's loss over the last half of the rows exceeds the better predictor's, in the region where that is most.
std::vector<double> largest_excess(const lab::Records& records, const Condition& condition) {
  std::vector<double> largest;
  for (const Question& region : regions()) {
    const std::vector<double> mixture = mean_losses(records, condition, region, kMixture);
    const std::vector<double> weights = mean_losses(records, condition, region, kInWeight);
    const std::vector<double> context = mean_losses(records, condition, region, kInContext);
    largest.resize(std::max(largest.size(), mixture.size()), -std::numeric_limits<double>::infinity());
    for (size_t seed = 0; seed < mixture.size(); ++seed)
      largest[seed] = std::max(largest[seed], mixture[seed] - std::min(weights[seed], context[seed]));
  }
  return largest;
}

// At a step, not the last.
std::vector<double> shares_after(const lab::Records& records, const Condition& condition, const Question& region, int64_t step) {
  lab::Coordinates row = region_at(region);
  row[lab::kStep] = std::to_string(step);
  return lab::last_values(records, {.cell = cell_of(condition), .metric = kMeanShare, .row = row});
}

lab::Claim finished(lab::Claim claim, const std::vector<double>& values) {
  claim.source = kSource;
  claim.effect = lab::interval_over_seeds(values);
  if (!claim.effect) claim.missing = "two seeds of the online algorithm, " + name_of(online_condition(kNoisy));
  return claim;
}

lab::Claim regret_claim(const lab::Records& records) {
  const Condition condition = online_condition(kNoisy);
  std::vector<double> values = sums_over_learners(records, condition, kRegret);
  const std::vector<double> bounds = sums_over_learners(records, condition, kRegretBound);
  for (size_t seed = 0; seed < values.size(); ++seed) values[seed] *= 100 / bounds[seed];
  return finished({.id = "online-regret",
                   .sentence = "The regret of the online algorithm, its three learners' together, stays below the sum of their bounds.",
                   .source = {},
                   .published = "a theorem",
                   .measure = "regret, percent of the bound, " + name_of(condition),
                   .unit = "points",
                   .direction = lab::Direction::below,
                   .margin = 100},
                  values);
}

lab::Claim better_predictor_claim(const lab::Records& records) {
  const Condition condition = online_condition(kNoisy);
  return finished({.id = "online-better-predictor",
                   .sentence = "In every region its loss goes to that of the better predictor.",
                   .source = {},
                   .published = "the difference goes to 0",
                   .measure = "loss minus the better predictor's over the last half of the rows, the worst region, " + name_of(condition),
                   .unit = "nats",
                   .direction = lab::Direction::below,
                   .margin = 0.1},
                  largest_excess(records, condition));
}

lab::Claim transience_claim(const lab::Records& records) {
  const Condition condition = online_condition(kNoisy);
  const lab::Measured share = {.cell = cell_of(condition), .metric = kMeanShare, .row = region_at({"relevant", "high", ""})};
  return finished({.id = "online-transience",
                   .sentence = "Where the context's labels err, frequent classes end with the weights although the context shows them.",
                   .source = {},
                   .published = "direction only",
                   .measure = "P(weights) (frequent, relevant context) over the last half of the rows, " + name_of(condition),
                   .unit = "points",
                   .direction = lab::Direction::above,
                   .margin = 90},
                  lab::in_points(lab::last_values(records, share)));
}

lab::Claim order_claim(const lab::Records& records) {
  const Condition condition = online_condition(kNoisy);
  return finished({.id = "online-frequent-before-rare",
                   .sentence = "and get there before rare ones.",
                   .source = {},
                   .published = "direction only",
                   .measure = fmt::format("P(weights) (relevant context), frequent minus rare, about row {}, {}", kEarly, name_of(condition)),
                   .unit = "points",
                   .direction = lab::Direction::above,
                   .margin = 5},
                  lab::in_points(lab::differences(shares_after(records, condition, {"relevant", "low", ""}, kEarly),
                                                  shares_after(records, condition, {"relevant", "high", ""}, kEarly))));
}

std::vector<Condition> conditions_in(const lab::Records& records) {
  std::vector<Condition> all;
  for (const lab::CellRecord& record : records_of(records, kOnline)) {
    const Condition condition = condition_at(record.cell.at);
    if (std::ranges::find(all, condition) == all.end()) all.push_back(condition);
  }
  return all;
}

lab::Figure share_figure(const lab::Records& records, const Condition& condition) {
  lab::Figure figure{.title = "P(weights), " + name_of(condition),
                     .caption = "Mean over the later half of the rows so far and over seeds, with Student's 95 % interval.",
                     .x_label = "rows seen",
                     .y_label = "P(weights)",
                     .x_scale = lab::Scale::log2,
                     .y_is_share = true};
  for (const Question& region : regions())
    figure.series.push_back(
        lab::series_over_steps(name_of(region), records, {.cell = cell_of(condition), .metric = kMeanShare, .row = region_at(region)}));
  return figure;
}

// The mean alone: over the few rows of a rare class that come early, an interval would hide the rest.
lab::Figure loss_figure(const lab::Records& records, const Condition& condition, const Question& region) {
  lab::Figure figure{
      .title = "Loss, " + name_of(region),
      .caption = fmt::format("Mean over the later half of the rows so far and over seeds; label noise {}.", condition.label_noise),
      .x_label = "rows seen",
      .y_label = "nats",
      .x_scale = lab::Scale::log2,
      .is_small = true};
  for (const auto& [name, learner] : {std::pair{"mixture", kMixture}, {"weights", kInWeight}, {"context", kInContext}}) {
    lab::Coordinates row = region_at(region);
    row[kLearner] = learner;
    lab::Series series = lab::series_over_steps(name, records, {.cell = cell_of(condition), .metric = kMeanLoss, .row = row}, false);
    for (lab::Point& point : series.points) point.low = point.high = std::nullopt;
    figure.series.push_back(std::move(series));
  }
  return figure;
}

lab::Table regret_table(const lab::Records& records) {
  lab::Table table{.title = "Regrets and their bounds",
                   .caption =
                       "Nats over all rows, mean over seeds. The gate's is against the best fixed gate for each input and kind of context; the "
                       "in-weight learner's against the best distribution for each input; the in-context learner's against its best reader.",
                   .columns = {"context items", "label noise", "seeds", "rows"}};
  for (const char* learner : kLearners) table.columns.push_back(fmt::format("{}: regret (bound)", learner));
  table.columns.emplace_back("together (bound)");
  const auto mean = [](const std::vector<double>& values) { return lab::point_over_seeds(0, values, false).y; };
  for (const Condition& condition : conditions_in(records)) {
    const std::vector<double> regrets = sums_over_learners(records, condition, kRegret);
    const auto record = std::ranges::find_if(
        records, [&](const lab::CellRecord& one) { return predictor_of(one.cell.at) == kOnline && condition_at(one.cell.at) == condition; });
    std::vector<std::string> row = {std::to_string(condition.pairs), fmt::format("{}", condition.label_noise), std::to_string(regrets.size()),
                                    lab::text_at(record->cell.at, "rounds")};
    for (const char* learner : kLearners) {
      const lab::Coordinates at = {{kLearner, learner}};
      row.push_back(fmt::format("{:.1f} ({:.1f})", mean(lab::last_values(records, {.cell = cell_of(condition), .metric = kRegret, .row = at})),
                                mean(lab::last_values(records, {.cell = cell_of(condition), .metric = kRegretBound, .row = at}))));
    }
    row.push_back(fmt::format("{:.1f} ({:.1f})", mean(regrets), mean(sums_over_learners(records, condition, kRegretBound))));
    table.rows.push_back(std::move(row));
  }
  return table;
}

lab::Figure excess_figure(const lab::Records& records) {
  lab::Figure figure{.title = "What the in-weight learner still loses after N_x rows of an input",
                     .caption =
                         "Expected cross-entropy beyond the labels' entropy, mean over inputs and seeds. Derived (dashed): an upper bound, "
                         "log(1 + (C - 1) / (N_x + 1)), attained by labels without noise.",
                     .x_label = "rows of the input, N_x",
                     .y_label = "nats",
                     .x_scale = lab::Scale::log2};
  const int64_t classes = training_world(online_condition(), 0).classes();
  lab::Series derived{.name = "derived", .is_published = true};
  for (const double noise : {0.0, kNoisy}) {
    lab::Series series{.name = fmt::format("label noise {}", noise)};
    for (int64_t seen = 1; seen <= 4096; seen *= 2) {
      const std::vector<double> values =
          lab::last_values(records, {.cell = cell_of(online_condition(noise)), .metric = kExcess, .row = {{kSeen, std::to_string(seen)}}});
      if (values.empty()) continue;
      series.points.push_back(lab::point_over_seeds(static_cast<double>(seen), values, false));
      if (noise == 0) derived.points.push_back({.x = static_cast<double>(seen), .y = learn::add_one_excess(classes, static_cast<double>(seen))});
    }
    figure.series.push_back(std::move(series));
  }
  figure.series.push_back(std::move(derived));
  return figure;
}

}  // namespace

std::vector<lab::Claim> online_claims(const lab::Records& records) {
  return {regret_claim(records), better_predictor_claim(records), transience_claim(records), order_claim(records)};
}

std::vector<lab::Section> online_sections(const lab::Records& records) {
  const std::vector<Condition> conditions = conditions_in(records);
  if (conditions.empty()) return {};
  lab::Section section{.title = "The algorithm that theory analyses"};
  section.blocks.emplace_back(
      "Classes without noise as inputs, every row new. An add-one estimator learns each input's label, exponential weights learn how to read "
      "the "
      "context and, for each input and kind of context, which of the two to believe. A share of the labels, in the context as of the query, is "
      "the next class's.");
  for (const Condition& condition : {online_condition(kNoisy), online_condition()})
    if (std::ranges::find(conditions, condition) != conditions.end()) section.blocks.emplace_back(share_figure(records, condition));
  // Without the class in the context h pays its floor throughout; where it is there, the two compete.
  for (const Question& region : regions())
    if (region.context == "relevant") section.blocks.emplace_back(loss_figure(records, online_condition(kNoisy), region));
  section.blocks.emplace_back(regret_table(records));
  section.blocks.emplace_back(excess_figure(records));
  return {std::move(section)};
}

}  // namespace manabi::study::in_weights
