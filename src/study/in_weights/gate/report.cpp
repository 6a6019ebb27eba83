#include "study/in_weights/gate/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/statistics/seeds.h"
#include "learn/theory/online_gate.h"
#include "model/network/pairs/gated_pair_model.h"
#include "study/in_weights/gate/gate.h"
#include "study/in_weights/published.h"

namespace manabi::study::in_weights {
namespace {

const Question kFrequentRelevant = {"relevant", "high", "base"}, kRareRelevant = {"relevant", "low", "base"};
const Question kFrequentIrrelevant = {"irrelevant", "high", "base"}, kRareIrrelevant = {"irrelevant", "low", "base"};
const Question kAsTrained = {"mixed", "all", "base"};
const double kFloorLoss = -std::log(model::InContextPredictor::kFloor);  // of the in-context predictor where the context lacks the class

lab::Coordinates cell_of(const Condition& condition, const std::string& predictor) {
  return predictor == kGate ? gate_at(condition) : with_predictor(coordinates_of(condition), predictor);
}

std::vector<double> values_of(const lab::Records& records, const Condition& condition, const char* predictor, const char* metric,
                              const Question& question) {
  return lab::last_values(records, {.cell = cell_of(condition, predictor), .metric = metric, .row = question.at()});
}

std::vector<double> shares_of(const lab::Records& records, const Condition& condition, const Question& question) {
  return values_of(records, condition, kGate, kShareOfWeights, question);
}

std::string name_of(const Question& question) {
  return fmt::format("{}, {} context", question.query == "high" ? "frequent" : "rare", question.context);
}

// A sentence about how far the gate believes the weights, or about how that differs between two questions.
struct Statement {
  std::string id, sentence, published;
  Condition condition;
  Question question;
  std::optional<Question> compared_with;
  lab::Direction direction;
  double margin;
};

std::vector<Statement> statements() {
  using enum lab::Direction;
  return {{"gate-few-rows",
           "Between two predictors that are trained apart, a trained gate believes the context while the data set is small",
           ".05 at 64 rows",
           {.rows = 64},
           kFrequentRelevant,
           std::nullopt,
           below,
           30},
          {"gate-many-rows",
           "and the weights once it is large.",
           ".98 at 4,096 rows, 1 at 1,048,576",
           {.rows = 16384},
           kFrequentRelevant,
           std::nullopt,
           above,
           70},
          {"gate-rare-classes",
           "For rare classes it still believes the context then.",
           ".06 at 4,096 rows, .28 at 1,048,576",
           {.rows = 16384},
           kRareRelevant,
           std::nullopt,
           below,
           30},
          {"gate-frequent-before-rare",
           "Without the class in the context, frequent classes go to the weights before rare ones.",
           ".83 and .45 at 1,024 rows",
           {.rows = 1024},
           kFrequentIrrelevant,
           kRareIrrelevant,
           above,
           10},
          {"gate-noise-keeps-the-context",
           "With noisier inputs the context is believed even for frequent classes of a large data set.",
           ".33 at 1,048,576 rows, 1 with noise .2",
           {.rows = 65536, .noise = 0.4},
           kFrequentRelevant,
           std::nullopt,
           below,
           50}};
}

lab::Claim claim_of(const Statement& statement, const lab::Records& records) {
  lab::Claim claim{.id = statement.id,
                   .sentence = statement.sentence,
                   .source = "section 4, stylised model (read off the plots, within .03)",
                   .published = statement.published,
                   .measure = fmt::format("P(weights) ({}) at N = {}, noise {}", name_of(statement.question), statement.condition.rows,
                                          statement.condition.noise),
                   .unit = "points",
                   .direction = statement.direction,
                   .margin = statement.margin};
  std::vector<double> values = shares_of(records, statement.condition, statement.question);
  if (statement.compared_with) {
    claim.measure += fmt::format(" minus ({})", name_of(*statement.compared_with));
    values = lab::differences(shares_of(records, statement.condition, *statement.compared_with), values);
  }
  claim.effect = lab::interval_over_seeds(lab::in_points(values));
  if (!claim.effect)
    claim.missing = fmt::format("two seeds of the gate at N = {}, noise {}", statement.condition.rows, statement.condition.noise);
  return claim;
}

// One context item: where it is of another class the predictor pays its floor, one row in ten.
lab::Claim floor_claim(const lab::Records& records) {
  const Condition condition = {};
  const double expected = (1 - condition.relevant_share) * kFloorLoss;
  std::vector<double> values = values_of(records, condition, kInContext, kCrossEntropy, kAsTrained);
  for (double& value : values) value -= expected;
  lab::Claim claim{.id = "in-context-predictor-pays-its-floor",
                   .sentence = "With one context item the in-context predictor loses what its floor costs in irrelevant contexts, nothing else.",
                   .source = "section 4, stylised model; (1 - p_rel) times -log 1e-7 is derived here",
                   .published = "about 1.6 nats at every N",
                   .measure = fmt::format("cross-entropy of the in-context predictor at N = 1024 minus {:.3f}", expected),
                   .unit = "nats",
                   .direction = lab::Direction::equivalent,
                   .margin = 0.3};
  claim.effect = lab::interval_over_seeds(values);
  if (!claim.effect) claim.missing = "two seeds of the in-context predictor at N = 1024";
  return claim;
}

// The conditions of one predictor, ascending in their rows, that are `base` otherwise.
std::vector<Condition> conditions_of(const lab::Records& records, const char* predictor, Condition base) {
  std::vector<Condition> all;
  for (const lab::CellRecord& record : records_of(records, predictor)) {
    const Condition condition = condition_at(record.cell.at);
    base.rows = condition.rows;
    if (condition == base && std::ranges::find(all, condition) == all.end()) all.push_back(condition);
  }
  std::ranges::sort(all, {}, &Condition::rows);
  return all;
}

lab::Figure share_figure(const lab::Records& records, const Condition& base) {
  const std::vector<Condition> conditions = conditions_of(records, kGate, base);
  lab::Figure figure{.title = fmt::format("How far the gate believes the weights, input noise {}", base.noise),
                     .caption = "Mean over new queries and seeds with Student's 95 % interval.",
                     .x_label = "rows of the data set, N",
                     .y_label = "P(weights)",
                     .x_scale = lab::Scale::log2,
                     .y_is_share = true};
  for (const Question& question : base_questions()) {
    lab::Series series{.name = name_of(question)};
    for (const Condition& condition : conditions)
      if (const std::vector<double> shares = shares_of(records, condition, question); !shares.empty())
        series.points.push_back(lab::point_over_seeds(static_cast<double>(condition.rows), shares));
    figure.series.push_back(std::move(series));
  }
  if (base.noise != 0.2 || conditions.empty()) return figure;
  for (const PublishedGate& published : kPublishedGates) {
    const std::string ours = name_of({std::string(published.context), std::string(published.query), "base"});
    lab::Series series{.name = "paper: " + ours, .is_published = true, .counterpart = ours};
    for (size_t i = 0; i < kPublishedGateRows.size(); ++i)
      if (kPublishedGateRows[i] <= conditions.back().rows)
        series.points.push_back({.x = static_cast<double>(kPublishedGateRows[i]), .y = published.share[i]});
    figure.series.push_back(std::move(series));
  }
  return figure;
}

// What the gate does where it is trained on rows that the in-weight predictor knows by heart.
lab::Table same_rows_table(const lab::Records& records) {
  lab::Table table{
      .title = "The gate trained on the predictors' own rows",
      .caption = "P(weights) in percent, mean over seeds. The in-weight predictor errs on none of these rows, whatever it knows of others.",
      .columns = {"N", "seeds"}};
  for (const Question& question : base_questions()) table.columns.push_back(name_of(question));
  for (const Condition& condition : conditions_of(records, kGate, {})) {
    std::vector<std::string> row = {std::to_string(condition.rows), ""};
    for (const Question& question : base_questions()) {
      const std::vector<double> shares =
          lab::last_values(records, {.cell = gate_at(condition, kSameRows), .metric = kShareOfWeights, .row = question.at()});
      if (shares.empty()) break;
      row[1] = std::to_string(shares.size());
      row.push_back(fmt::format("{:.1f}", 100 * lab::point_over_seeds(0, shares).y));
    }
    if (row.size() == table.columns.size()) table.rows.push_back(std::move(row));
  }
  return table;
}

lab::Table gate_table(const lab::Records& records) {
  lab::Table table{.title = "The two predictors and the gate",
                   .caption = "Means over seeds. Errors and P(weights) in percent; cross-entropy (CE) in nats on new rows as in training.",
                   .columns = {"N", "noise", "seeds"}};
  for (const Question& question : base_questions()) table.columns.push_back("P(weights): " + name_of(question));
  for (const Question& question : {kFrequentIrrelevant, kRareIrrelevant})
    table.columns.push_back(fmt::format("g's error: {}", question.query == "high" ? "frequent" : "rare"));
  for (const char* name : {"g's CE", "h's CE", "gate's CE"}) table.columns.emplace_back(name);
  const auto text = [](const std::vector<double>& values, double factor, int digits) {
    return values.empty() ? std::string() : fmt::format("{:.{}f}", factor * lab::point_over_seeds(0, values, false).y, digits);
  };
  for (const double noise : {0.2, 0.4}) {
    for (const Condition& condition : conditions_of(records, kGate, {.noise = noise})) {
      const std::vector<double> trained = shares_of(records, condition, kFrequentRelevant);
      std::vector<std::string> row = {std::to_string(condition.rows), fmt::format("{}", noise), std::to_string(trained.size())};
      for (const Question& question : base_questions()) row.push_back(text(shares_of(records, condition, question), 100, 1));
      for (const Question& question : {kFrequentIrrelevant, kRareIrrelevant})
        row.push_back(text(values_of(records, condition, kInWeight, kError, question), 100, 1));
      for (const char* predictor : {kInWeight, kInContext, kGate})
        row.push_back(text(values_of(records, condition, predictor, kCrossEntropy, kAsTrained), 1, 3));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

// Beside g's errors stands what is derived of an estimator that sees each class as one input; beside h's, its floor.
lab::Figure loss_figure(const lab::Records& records) {
  const Condition base;
  const std::vector<Condition> conditions = conditions_of(records, kInWeight, base);
  const world::ClassMixtureConfig world = training_world(base, 0);
  lab::Figure figure{
      .title = "What the in-weight predictor loses, and what an add-one estimator would",
      .caption =
          "Cross-entropy on new queries, input noise .2. Derived (dashed): log(1 + (C - 1) / (N_x + 1)), with N_x the expected "
          "number of rows of the query's class: an upper bound for an estimator that recognises the class, which a network must learn to.",
      .x_label = "rows of the data set, N",
      .y_label = "nats",
      .x_scale = lab::Scale::log2,
      .reference_lines = {
          {"the in-context predictor's floor, relevant and irrelevant contexts together", (1 - base.relevant_share) * kFloorLoss}}};
  for (const auto& [name, question, share_of_class] :
       {std::tuple{"frequent", kFrequentIrrelevant, world.high_share / static_cast<double>(world.high_classes)},
        {"rare", kRareIrrelevant, (1 - world.high_share) / static_cast<double>(world.low_classes)}}) {
    lab::Series measured{.name = name}, derived{.name = fmt::format("derived: {}", name), .is_published = true, .counterpart = name};
    for (const Condition& condition : conditions) {
      const auto rows = static_cast<double>(condition.rows);
      lab::Point point = lab::point_over_seeds(rows, values_of(records, condition, kInWeight, kCrossEntropy, question), /*is_share=*/false);
      if (point.low) point.low = std::max(0.0, *point.low);
      measured.points.push_back(point);
      derived.points.push_back({.x = rows, .y = learn::add_one_excess(world.classes(), rows * share_of_class)});
    }
    figure.series.push_back(std::move(measured));
    figure.series.push_back(std::move(derived));
  }
  return figure;
}

// Two classes' vectors are orthogonal but for chance, so an item of another class is farther from the query by 2: a gap of 2 / temperature.
lab::Table reader_table(const lab::Records& records) {
  lab::Table table{.title = "What the in-context predictor loses to items of other classes",
                   .caption =
                       "Four context items of which k are not of the query's class, N = 1,024, input noise .2; cross-entropy in nats on new "
                       "relevant rows. Derived: log(1 + k / (4 - k) e^(-2 / temperature)), without noise.",
                   .columns = {"k", "seeds", "temperature", "frequent", "rare", "derived"}};
  for (const int64_t copies : {4, 3, 2, 1}) {
    const Condition condition = {.pairs = 4, .relevant_pairs = copies};
    const std::vector<double> temperatures = lab::last_values(records, {.cell = cell_of(condition, kInContext), .metric = kTemperature});
    if (temperatures.empty()) continue;
    const double temperature = lab::point_over_seeds(0, temperatures, false).y;
    std::vector<std::string> row = {std::to_string(4 - copies), std::to_string(temperatures.size()), fmt::format("{:.3f}", temperature)};
    for (const Question& question : {kFrequentRelevant, kRareRelevant})
      row.push_back(
          fmt::format("{:.3f}", lab::point_over_seeds(0, values_of(records, condition, kInContext, kCrossEntropy, question), false).y));
    row.push_back(fmt::format("{:.3f}", learn::reader_loss(4, 4 - copies, 2 / temperature, model::InContextPredictor::kFloor)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::vector<lab::Claim> gate_claims(const lab::Records& records) {
  std::vector<lab::Claim> claims;
  for (const Statement& statement : statements()) claims.push_back(claim_of(statement, records));
  claims.push_back(floor_claim(records));
  return claims;
}

std::vector<lab::Section> gate_sections(const lab::Records& records) {
  if (conditions_of(records, kInWeight, {}).empty()) return {};
  lab::Section section{.title = "A gate between two predictors"};
  section.blocks.emplace_back(
      "In place of the transformer: g knows the query alone (a perceptron), h reads the context alone (a mean of its labels, weighed by "
      "similarity), and a gate alpha, trained last and alone on as many other rows, says for each row how far g is believed.");
  for (const double noise : {0.2, 0.4})
    if (conditions_of(records, kGate, {.noise = noise}).size() > 1) section.blocks.emplace_back(share_figure(records, {.noise = noise}));
  section.blocks.emplace_back(gate_table(records));
  if (lab::Table same = same_rows_table(records); !same.rows.empty()) section.blocks.emplace_back(std::move(same));
  section.blocks.emplace_back(loss_figure(records));
  if (lab::Table readers = reader_table(records); !readers.rows.empty()) section.blocks.emplace_back(std::move(readers));
  return {std::move(section)};
}

}  // namespace manabi::study::in_weights
