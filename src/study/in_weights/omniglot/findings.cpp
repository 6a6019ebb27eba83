// What the records of the drawn characters say: claims, figures, the table.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "lab/statistics/seeds.h"
#include "study/in_weights/omniglot/omniglot.h"

namespace manabi::study::in_weights {
namespace {

const DrawnQuestion kFrequentShifted = {{"relevant", "high", "shifted"}, world::ShownDrawings::others};
const DrawnQuestion kRareShifted = {{"relevant", "low", "shifted"}, world::ShownDrawings::others};
const DrawnQuestion kFrequentAlone = {{"irrelevant", "high", "base"}, world::ShownDrawings::others};
const DrawnQuestion kRareAlone = {{"irrelevant", "low", "base"}, world::ShownDrawings::others};

std::vector<double> errors_of(const lab::Records& records, const DrawnCondition& condition, const DrawnQuestion& question) {
  return lab::last_values(records, {.cell = coordinates_of(condition), .metric = kError, .row = question.at()});
}

// One minuend and one subtrahend: errors of a condition under a question.
struct Asked {
  DrawnCondition condition;
  DrawnQuestion question;
};

struct Statement {
  std::string id, sentence, measure;
  Asked less, more;  // the effect is the error at `more` minus that at `less`
  double margin;
};

// `drawings` names the set that the records speak of.
std::vector<Statement> statements(const std::string& drawings) {
  const DrawnCondition usual = {.drawings = drawings};
  const auto with = [&](int64_t rows, double relevant) {
    DrawnCondition changed = usual;
    changed.rows = rows;
    changed.relevant_share = relevant;
    return changed;
  };
  return {{"drawn-relevance-teaches-the-context",
           "Of drawn characters too, rare ones are read from the context the more contexts are relevant.",
           "error (other drawings, relevant context, rare class, shifted labels) at N = 10,000, relevant share 0.5 minus 0.9",
           {with(10'000, 0.9), kRareShifted},
           {with(10'000, 0.5), kRareShifted},
           5},
          {"drawn-in-context-learning-fades",
           "In-context answers for rare drawn characters fade as the data set grows.",
           "the same error at relevant share 0.9, N = 100,000 minus 10,000",
           {with(10'000, 0.9), kRareShifted},
           {with(100'000, 0.9), kRareShifted},
           5},
          {"drawn-rare-classes-need-the-context",
           "Rare drawn characters are read from the context where frequent ones are not.",
           "the same error at N = 10,000, relevant share 0.9, frequent minus rare class",
           {with(10'000, 0.9), kRareShifted},
           {with(10'000, 0.9), kFrequentShifted},
           5}};
}

std::string drawings_in(const lab::Records& records) {
  return records.empty() ? DrawnCondition{}.drawings : drawn_condition_at(records.front().cell.at).drawings;
}

std::vector<DrawnCondition> conditions_in(const lab::Records& records) {
  std::vector<DrawnCondition> all;
  for (const lab::Coordinates& at : lab::settings_in(records)) all.push_back(drawn_condition_at(at));
  std::ranges::sort(all, {}, [](const DrawnCondition& c) { return std::tuple(c.noise, -c.relevant_share, c.rows); });
  return all;
}

std::string text_of(const DrawnCondition& condition) {
  return fmt::format("N = {}, relevant share {}, noise {}", condition.rows, condition.relevant_share, condition.noise);
}

lab::Figure figure_of(const lab::Records& records, const std::string& title, const DrawnQuestion& question) {
  lab::Figure figure{.title = title,
                     .caption = "Error among all labels, mean over seeds with Student's 95 % interval; drawings that training did not show.",
                     .x_label = "step",
                     .y_label = "error",
                     .y_is_share = true};
  for (const DrawnCondition& condition : conditions_in(records))
    figure.series.push_back(
        lab::series_over_steps(text_of(condition), records, {.cell = coordinates_of(condition), .metric = kError, .row = question.at()}));
  return figure;
}

lab::Table table_of(const lab::Records& records) {
  lab::Table table{.title = "Drawn characters: every condition",
                   .caption = "Mean error over seeds, percent, after the last step; \"trained\" drawings are those that training showed.",
                   .columns = {"drawings", "N", "noise", "relevant", "seeds"}};
  for (const DrawnQuestion& question : drawn_questions())
    table.columns.push_back(question.question.name() + ", " + question.at().at("drawings"));
  for (const DrawnCondition& c : conditions_in(records)) {
    std::vector<std::string> row = {c.drawings, std::to_string(c.rows), fmt::format("{}", c.noise), fmt::format("{}", c.relevant_share),
                                    std::to_string(errors_of(records, c, kRareShifted).size())};
    for (const DrawnQuestion& question : drawn_questions()) {
      const std::vector<double> errors = errors_of(records, c, question);
      row.push_back(errors.empty() ? "" : fmt::format("{:.1f}", 100 * lab::point_over_seeds(0, errors).y));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::vector<lab::Claim> drawn_claims(const lab::Records& records) {
  std::vector<lab::Claim> claims;
  for (const Statement& statement : statements(drawings_in(records))) {
    lab::Claim claim{.id = statement.id,
                     .sentence = statement.sentence,
                     .source = "section 4, Omniglot (directions only: no value of theirs is certain)",
                     .published = "direction only",
                     .measure = statement.measure,
                     .unit = "points",
                     .direction = lab::Direction::above,
                     .margin = statement.margin};
    const auto errors = [&](const Asked& asked) { return errors_of(records, asked.condition, asked.question); };
    claim.effect = lab::interval_over_seeds(lab::in_points(lab::differences(errors(statement.less), errors(statement.more))));
    if (!claim.effect) claim.missing = "two seeds of both settings (--full --part omniglot)";
    claims.push_back(std::move(claim));
  }
  return claims;
}

std::vector<lab::Section> drawn_sections(const lab::Records& records) {
  if (records.empty()) return {};
  lab::Section section{.title = "Drawn characters"};
  section.blocks.emplace_back(
      fmt::format("The same question on images, {}: twenty frequent classes among all characters in eight orientations; training shows the "
                  "first drawing of a "
                  "class, questions the others.",
                  drawings_in(records)));
  section.blocks.emplace_back(figure_of(records, "Rare character, only the context tells", kRareShifted));
  section.blocks.emplace_back(figure_of(records, "Frequent character, only the context tells", kFrequentShifted));
  section.blocks.emplace_back(figure_of(records, "Frequent character, only the weights tell", kFrequentAlone));
  section.blocks.emplace_back(figure_of(records, "Rare character, only the weights tell", kRareAlone));
  section.blocks.emplace_back(table_of(records));
  return {std::move(section)};
}

}  // namespace manabi::study::in_weights
