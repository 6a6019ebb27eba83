#include <fmt/format.h>

#include <optional>

#include "study/dual_form/measure.h"
#include "study/dual_form/report.h"

namespace manabi::study::dual_form {
namespace {

using Cells = std::vector<const lab::CellRecord*>;

int64_t layers_in(const Cells& cells) {
  int64_t layers = 0;
  for (const lab::CellRecord* record : cells)
    for (const lab::Row& row : record->rows)
      if (row.metric == kUpdate && row.at.contains("layer")) layers = std::max(layers, lab::integer_at(row.at, "layer") + 1);
  return layers;
}

lab::Series layer_series(const std::string& name, const Cells& cells, const std::string& metric) {
  lab::Series series{.name = name};
  for (int64_t layer = 0; layer < layers_in(cells); ++layer)
    if (const auto value = lab::mean_of(cells, metric, {{"layer", std::to_string(layer)}}))
      series.points.push_back({.x = static_cast<double>(layer), .y = *value});
  return series;
}

lab::Figure figure_of(const std::string& title, const std::string& caption, const std::string& y_label, std::vector<lab::Series> series) {
  std::erase_if(series, [](const lab::Series& each) { return each.points.empty(); });
  return {.title = title, .caption = caption, .x_label = "block", .y_label = y_label, .series = std::move(series)};
}

lab::Table answers_table(const lab::Records& records, const std::string& model) {
  lab::Table table{
      .title = "Answers",
      .caption = "Percent right. The last column counts the queries that tuning mends and says how many of these demonstrations mend too.",
      .columns = {"task", "arm", "query alone", "demonstrations", "tuned", "rate", "mended alike"}};
  const auto percent = [](const std::optional<double>& share) { return share ? fmt::format("{:.0f}", 100 * *share) : ""; };
  for (const std::string& task : lab::values_of(records, "task")) {
    for (const std::string& arm : lab::values_of(records, kArm)) {
      const Cells cells = lab::select(records, {{"model", model}, {"task", task}, {kArm, arm}});
      if (cells.empty()) continue;
      int64_t mended = 0;
      double covered = 0;
      for (const lab::CellRecord* record : cells)
        for (const lab::Row& row : record->rows)
          if (row.metric == kCovered) ++mended, covered += row.value;
      const auto accuracy = [&](const char* run) { return percent(lab::mean_of(cells, kAccuracy, {{"run", run}})); };
      const auto rate = lab::mean_of(cells, kRate, {});
      table.rows.push_back({task, arm, accuracy(kPlain), accuracy(kShown), accuracy(kTuned), rate ? fmt::format("{:g}", *rate) : "",
                            mended > 0 ? fmt::format("{:.0f} of {}", covered, mended) : "none"});
    }
  }
  return table;
}

}  // namespace

std::vector<lab::Section> dual_sections(const lab::Records& records, const std::string& model) {
  const auto cells_of = [&](const char* arm) { return lab::select(records, {{"model", model}, {kArm, arm}}); };
  const Cells trained = cells_of(kTrained), shuffled = cells_of(kShuffledLabels), random = cells_of(kRandomWeights);
  if (trained.empty() && random.empty()) return {};
  lab::Section section{.title = "Demonstrations and tuning in " + model};
  section.blocks.emplace_back(figure_of(
      "The same direction?",
      "Cosine of what demonstrations and tuning do to the last token's attention output (SimAOU); mean over items and tasks.", "cosine",
      {layer_series("trained", trained, kUpdate), layer_series("shuffled labels", shuffled, kUpdate),
       layer_series("random weights", random, kUpdate), layer_series("noise", trained, kUpdateNoise)}));
  section.blocks.emplace_back(
      figure_of("The same map?",
                "Cosine of attention scores over the query's own tokens (SimAM), behind demonstrations and without; mean over heads.", "cosine",
                {layer_series("tuned", trained, kMapAfter), layer_series("untuned", trained, kMapBefore),
                 layer_series("tuned, random weights", random, kMapAfter), layer_series("untuned, random weights", random, kMapBefore)}));
  section.blocks.emplace_back(
      figure_of("The same memory?",
                "Kendall's tau of attention to the demonstrations' tokens and of what a tuned query remembers of them; mean over heads.", "tau",
                {layer_series("tokens", trained, kMemory), layer_series("demonstrations", trained, kMemoryExamples),
                 layer_series("tokens, random weights", random, kMemory), layer_series("noise", trained, kMemoryNoise)}));
  section.blocks.emplace_back(answers_table(records, model));
  return {std::move(section)};
}

}  // namespace manabi::study::dual_form
