#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lab/statistics/seeds.h"
#include "study/in_weights_llm/probes.h"
#include "study/in_weights_llm/report.h"

namespace manabi::study::in_weights_llm {
namespace {

constexpr std::array<const char*, 4> kKinds = {"known name, known city", "known name, made-up city", "made-up name, known city",
                                               "made-up name, made-up city"};

lab::Series series_of(const lab::Records& records, const lab::Coordinates& cell, const std::string& name, const char* metric,
                      Situation situation, const std::string& kind, bool is_share) {
  return lab::series_over_steps(name, records, {.cell = cell, .metric = metric, .row = {{kSituation, name_of(situation)}, {kKind, kind}}},
                                is_share);
}

lab::Figure answer_figure(const lab::Records& records, const lab::Coordinates& cell) {
  lab::Figure figure{.title = "What is answered",
                     .caption = lab::name_of(cell) + ": shares of greedy answers along fine-tuning, mean over seeds.",
                     .x_label = "step",
                     .y_label = "share of answers",
                     .y_is_share = true};
  figure.series = {series_of(records, cell, "asked alone: the told city", kTold, Situation::asked, kAll, true),
                   series_of(records, cell, "another city stated: the told city", kTold, Situation::opposed, kAll, true),
                   series_of(records, cell, "another city stated: the stated city", kStated, Situation::opposed, kAll, true),
                   series_of(records, cell, "stranger: the stated city", kStated, Situation::stranger, kAll, true)};
  return figure;
}

lab::Figure kind_figure(const lab::Records& records, const lab::Coordinates& cell, const char* metric, Situation situation,
                        const std::string& label, bool is_share) {
  lab::Figure figure{.title = label,
                     .caption = lab::name_of(cell) + ": by kind of name and city: " + name_of(situation) + ".",
                     .x_label = "step",
                     .y_label = label,
                     .y_is_share = is_share,
                     .is_small = true};
  for (const char* kind : kKinds) {
    lab::Series series = series_of(records, cell, kind, metric, situation, kind, is_share);
    if (!series.points.empty()) figure.series.push_back(std::move(series));
  }
  return figure;
}

lab::Table people_table(const lab::Records& records, const lab::Coordinates& cell) {
  lab::Table table{
      .title = "Who is answered how",
      .caption = "After fine-tuning, of the first seed: whether the fact is known when asked alone; shares of prompts that state another city.",
      .columns = {"name", "told city", "kind", "known", "stated city answered", "told city answered"}};
  for (const lab::CellRecord* record : lab::select(records, cell)) {
    const auto found = record->exhibits.find(kPeople);
    if (found == record->exhibits.end()) continue;
    for (const base::Json& each : found->second)
      table.rows.push_back({each[0].get<std::string>(), each[1].get<std::string>(), each[2].get<std::string>(),
                            each[3].get<double>() > 0 ? "yes" : "no", fmt::format("{:.0f} %", 100 * each[4].get<double>()),
                            fmt::format("{:.0f} %", 100 * each[5].get<double>())});
    break;
  }
  return table;
}

}  // namespace

std::vector<lab::Section> sections_of(const lab::Records& records) {
  std::vector<lab::Section> sections;
  for (const lab::Coordinates& cell : lab::settings_in(records)) {
    lab::Section section{.title = lab::name_of(cell), .blocks = {answer_figure(records, cell)}};
    section.blocks.emplace_back(kind_figure(records, cell, kTold, Situation::opposed, "told city answered", true));
    section.blocks.emplace_back(kind_figure(records, cell, kStated, Situation::opposed, "stated city answered", true));
    section.blocks.emplace_back(kind_figure(records, cell, kLeaning, Situation::opposed, "stated city above told one, nats", false));
    section.blocks.emplace_back(kind_figure(records, cell, kStated, Situation::stranger, "stated city answered of strangers", true));
    section.blocks.emplace_back(people_table(records, cell));
    sections.push_back(std::move(section));
  }
  return sections;
}

}  // namespace manabi::study::in_weights_llm
