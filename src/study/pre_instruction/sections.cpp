#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lab/statistics/seeds.h"
#include "study/pre_instruction/measure.h"
#include "study/pre_instruction/report.h"

namespace manabi::study::pre_instruction {
namespace {

std::string percent(const std::optional<lab::Interval>& interval) {
  return interval ? fmt::format("{:.1f} [{:.1f}, {:.1f}]", 100 * interval->value, 100 * interval->low, 100 * interval->high) : "";
}

// What an arm's record says of it.
base::Json arm_exhibit(const std::vector<const lab::CellRecord*>& cells) {
  for (const lab::CellRecord* cell : cells)
    if (const auto found = cell->exhibits.find(kArmExhibit); found != cell->exhibits.end()) return found->second;
  return base::Json::object();
}

std::string title_of(const base::Json& exhibit, const std::string& arm) {
  const std::string title = exhibit.value("title", "");
  return title.empty() ? arm : fmt::format("{}: {}", arm, title);
}

// A metric that some settings lack has an empty column there, which is left out.
struct Column {
  const char* metric;
  const char* title;
  double factor;
  int digits;
};
constexpr std::array<Column, 7> kColumns = {{{kRecall, "recall, %", 100, 1},
                                             {kRougeL, "ROUGE-L, %", 100, 1},
                                             {kPerplexity, "perplexity of the test documents", 1, 2},
                                             {kKept, "known before: exact, %", 100, 1},
                                             {kKeptExact, "general questions: exact, %", 100, 1},
                                             {kKeptGeneral, "their answers' log-probability, nats", 1, 2},
                                             {kKeptText, "perplexity of general text", 1, 2}}};

lab::Table arm_table(const lab::Records& records, const Setting& setting) {
  lab::Table table{
      .title = setting.name(),
      .caption = "Test questions that are answered exactly, with 95 % intervals over seeds and questions; published: Llama-2 7B on films.",
      .columns = {"arm", "exact, %", "published, %"}};
  std::vector<Column> columns;
  for (const Column& column : kColumns)
    if (lab::mean_of(lab::select(records, setting.at), column.metric)) columns.push_back(column);
  for (const Column& column : columns) table.columns.emplace_back(column.title);
  for (const std::string& arm : arms_of(records, setting)) {
    const std::vector<const lab::CellRecord*> cells = lab::select(records, setting.at_arm(arm));
    const base::Json exhibit = arm_exhibit(cells);
    const double published = setting.crosses_domains() ? -1 : exhibit.value("published", -1.0);
    std::vector<std::string> row = {title_of(exhibit, arm), percent(exact_of(records, setting, arm)),
                                    published < 0 ? "" : fmt::format("{:.1f}", published)};
    for (const Column& column : columns) {
      const auto value = lab::mean_of(cells, column.metric);
      row.push_back(value ? fmt::format("{:.{}f}", column.factor * *value, column.digits) : "");
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

// Against updates, or what is learned against what is kept.
lab::Figure course_figure(const lab::Records& records, const Setting& setting, const char* metric, const std::string& label) {
  lab::Figure figure{
      .title = label, .caption = setting.name() + ", mean over seeds, a sample of the questions.", .x_label = "updates", .y_label = label};
  figure.y_is_share = std::string(metric) == kExact || std::string(metric) == kKept;
  for (const std::string& arm : arms_of(records, setting)) {
    lab::Series series =
        lab::series_over_steps(arm, records, {.cell = setting.at_arm(arm), .metric = metric, .row = {{kAsked, kSample}}}, figure.y_is_share);
    if (!series.points.empty()) figure.series.push_back(std::move(series));
  }
  return figure;
}

lab::Figure price_figure(const lab::Records& records, const Setting& setting, const char* kept, const std::string& label) {
  lab::Figure figure{.title = "What is learned, and what is kept",
                     .caption = setting.name() + ": a point for every time that an arm is asked on its way, mean over seeds.",
                     .x_label = "test questions answered exactly",
                     .y_label = label,
                     .connects_points = false};
  for (const std::string& arm : arms_of(records, setting)) {
    const lab::Coordinates sample = {{kAsked, kSample}};
    const lab::Series learned = lab::series_over_steps(arm, records, {.cell = setting.at_arm(arm), .metric = kExact, .row = sample});
    const lab::Series left =
        lab::series_over_steps(arm, records, {.cell = setting.at_arm(arm), .metric = kept, .row = sample}, /*is_share=*/false);
    lab::Series series{.name = arm};
    for (size_t i = 0; i < std::min(learned.points.size(), left.points.size()); ++i)
      series.points.push_back({.x = learned.points[i].y, .y = left.points[i].y, .n = learned.points[i].n});
    std::ranges::sort(series.points, {}, &lab::Point::x);
    if (!series.points.empty()) figure.series.push_back(std::move(series));
  }
  return figure;
}

lab::Table kind_table(const lab::Records& records, const Setting& setting) {
  std::map<std::string, std::map<std::string, double>> share_of;  // by kind, by arm
  const std::vector<std::string> arms = arms_of(records, setting);
  for (const std::string& arm : arms) {
    std::map<std::string, std::pair<double, double>> sums;  // right, asked
    for (const lab::CellRecord* cell : lab::select(records, setting.at_arm(arm)))
      for (const lab::Row& row : cell->rows)
        if (const auto kind = row.at.find(kKind); row.metric == kExact && kind != row.at.end()) {
          sums[kind->second].first += row.value * static_cast<double>(row.n);
          sums[kind->second].second += static_cast<double>(row.n);
        }
    for (const auto& [kind, sum] : sums) share_of[kind][arm] = sum.first / sum.second;
  }
  lab::Table table{.title = "By kind of question", .caption = "Answered exactly, in percent.", .columns = {"kind"}};
  table.columns.insert(table.columns.end(), arms.begin(), arms.end());
  for (const auto& [kind, shares] : share_of) {
    std::vector<std::string> row = {kind};
    for (const std::string& arm : arms) row.push_back(shares.contains(arm) ? fmt::format("{:.0f}", 100 * shares.at(arm)) : "");
    table.rows.push_back(std::move(row));
  }
  return table;
}

lab::Table answer_table(const lab::Records& records, const Setting& setting) {
  lab::Table table{.title = "Some answers", .caption = "Of the first seed.", .columns = {"question", "right", "arm", "answer"}};
  std::vector<std::string> seen;
  for (const lab::CellRecord* cell : lab::select(records, setting.at)) {
    const std::string& arm = lab::text_at(cell->cell.at, kArm);
    const auto found = cell->exhibits.find(kAnswers);
    if (found == cell->exhibits.end() || std::ranges::find(seen, arm) != seen.end()) continue;
    seen.push_back(arm);
    for (size_t i = 0; i < std::min<size_t>(3, found->second.size()); ++i) {
      const base::Json& each = found->second[i];
      table.rows.push_back({each[0].get<std::string>(), each[1].get<std::string>(), arm, each[2].get<std::string>()});
    }
  }
  std::ranges::stable_sort(table.rows, {}, [](const std::vector<std::string>& row) { return row[0]; });
  return table;
}

// Exact shares of some arms against how many documents are read.
std::optional<lab::Section> growth_section(const lab::Records& records) {
  lab::Figure figure{.title = "With more documents",
                     .caption = "Invented people, updates in proportion to all documents; means with 95 % intervals.",
                     .x_label = "test documents",
                     .y_label = "test questions answered exactly",
                     .x_scale = lab::Scale::log2,
                     .y_is_share = true};
  for (const char* arm : {"cpt", "it", "pit"}) {
    lab::Series series{.name = arm};
    for (const Setting& setting : settings_of(records)) {
      if (lab::text_at(setting.at, kKnowledge) != "people") continue;
      const std::string& documents = lab::text_at(setting.at, kDocuments);
      const auto exact = exact_of(records, setting, arm);
      if (exact)
        series.points.push_back({.x = std::stod(documents.substr(documents.find('+') + 1)),
                                 .y = exact->value,
                                 .low = exact->low,
                                 .high = exact->high,
                                 .n = exact->items});
    }
    std::ranges::sort(series.points, {}, &lab::Point::x);
    if (series.points.size() > 1) figure.series.push_back(std::move(series));
  }
  if (figure.series.empty()) return std::nullopt;
  return lab::Section{.title = "Does the advantage last?", .blocks = {std::move(figure)}};
}

}  // namespace

std::vector<lab::Section> sections_of(const lab::Records& records) {
  std::vector<lab::Section> sections;
  for (const Setting& setting : settings_of(records)) {
    lab::Section section{.title = setting.name(), .blocks = {arm_table(records, setting)}};
    const auto add_course = [&](const char* metric, const std::string& label) {
      lab::Figure figure = course_figure(records, setting, metric, label);
      if (!figure.series.empty()) section.blocks.emplace_back(std::move(figure));
    };
    add_course(kExact, "test questions answered exactly");
    add_course(kPerplexity, "perplexity of the test documents");
    for (const auto& [kept, label] :
         {std::pair{kKept, "questions known before, answered exactly"}, {kKeptGeneral, "log-probability of general answers, nats"}}) {
      lab::Figure figure = price_figure(records, setting, kept, label);
      if (!figure.series.empty()) section.blocks.emplace_back(std::move(figure));
    }
    section.blocks.emplace_back(kind_table(records, setting));
    section.blocks.emplace_back(answer_table(records, setting));
    sections.push_back(std::move(section));
  }
  if (auto growth = growth_section(records)) sections.push_back(std::move(*growth));
  return sections;
}

}  // namespace manabi::study::pre_instruction
