#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lab/report/blocks.h"

namespace manabi::lab::report {
namespace {

std::string left_out_note(std::span<const Figure* const> figures) {
  int64_t left_out = 0;
  for (const Figure* figure : figures) left_out += count_left_out(*figure);
  if (left_out == 0) return "";
  return fmt::format(R"(<p class="warning">{} {} left out: not finite, or without a place on the axis.</p>)", count_text(left_out),
                     left_out == 1 ? "value is" : "values are");
}

std::string caption_of(const std::string& caption) { return caption.empty() ? "" : fmt::format("<figcaption>{}</figcaption>", escape(caption)); }

std::vector<double> all_x(std::span<const Figure* const> figures) {
  std::set<double> values;
  for (const Figure* figure : figures) {
    for (const Series& series : figure->series) {
      for (const Point& point : series.points) {
        if (is_drawn(*figure, point)) values.insert(point.x);
      }
    }
  }
  return {values.begin(), values.end()};
}

std::vector<std::string> all_series(std::span<const Figure* const> figures) {
  std::vector<std::string> names;
  for (const Figure* figure : figures) {
    for (const Series& series : figure->series) {
      if (std::find(names.begin(), names.end(), series.name) == names.end()) names.push_back(series.name);
    }
  }
  return names;
}

std::string cell_of(const Figure& figure, const std::string& name, double x, const NumberStyle& style) {
  for (const Series& series : figure.series) {
    if (series.name != name) continue;
    for (const Point& point : series.points) {
      if (point.x != x || !is_drawn(figure, point)) continue;
      std::string text = number_text(point.y, style);
      if (point.low && point.high) text += fmt::format(" <small>{}</small>", interval_text(*point.low, *point.high, style));
      if (point.n > 0) text += fmt::format(" <small>n&#160;=&#160;{}</small>", count_text(point.n));
      return text;
    }
  }
  return "\xE2\x80\x93";
}

// The drawn numbers as a table: one row an x value (and panel), one column a series.
std::string numbers_of(std::span<const Figure* const> figures, const std::string& label) {
  const std::vector<std::string> names = all_series(figures);
  const bool has_panels = figures.size() > 1;
  if (names.empty()) return "";
  std::string head = has_panels ? R"(<th scope="col">panel</th>)" : "";
  const std::string x_label = figures[0]->x_label.empty() ? "x" : figures[0]->x_label;
  head += fmt::format(R"(<th scope="col"{}>{}</th>)", has_panels ? R"( class="number")" : "", escape(x_label));
  for (const std::string& name : names) head += fmt::format(R"(<th scope="col" class="number">{}</th>)", escape(name));
  std::string rows;
  for (const Figure* const& figure : figures) {
    const NumberStyle style = y_style(*figure);
    for (const double x : all_x(std::span(&figure, 1))) {
      const std::string at = escape(x_text(*figure, x));
      rows += has_panels ? fmt::format(R"(<tr><th scope="row">{}</th><td class="number">{}</td>)", escape(figure->title), at)
                         : fmt::format(R"(<tr><th scope="row">{}</th>)", at);
      for (const std::string& name : names) rows += fmt::format(R"(<td class="number">{}</td>)", cell_of(*figure, name, x, style));
      rows += "</tr>";
    }
  }
  return fmt::format(
      R"(<details><summary>Numbers</summary><div class="scroll" tabindex="0" role="region" aria-label="{}"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>)",
      escape("Numbers of " + label), head, rows);
}

std::string legend_of(std::span<const Figure* const> panels, const SeriesLooks& looks) {
  std::vector<LegendEntry> entries;
  const auto add = [&](LegendEntry entry) {
    const auto same = [&](const LegendEntry& other) { return other.text == entry.text && other.is_reference == entry.is_reference; };
    if (std::none_of(entries.begin(), entries.end(), same)) entries.push_back(std::move(entry));
  };
  for (const Figure* panel : panels) {
    for (const Series& series : panel->series) add({.text = series.name, .is_published = series.is_published, .look = looks.index_of(series)});
    for (const auto& [name, value] : panel->reference_lines) add({.text = name, .is_reference = true, .look = looks.index_of_reference(name)});
  }
  if (entries.empty()) return "";
  std::string html = R"(<ul class="legend">)";
  for (const LegendEntry& entry : entries) html += fmt::format("<li>{}{}</li>", swatch_svg(entry), escape(entry.text));
  return html + "</ul>";
}

bool shares_values(std::span<const Figure* const> panels) {
  return std::all_of(panels.begin(), panels.end(),
                     [&](const Figure* panel) { return panel->y_label == panels[0]->y_label && panel->y_is_share == panels[0]->y_is_share; });
}

}  // namespace

std::string html_of(const Figure& figure, PageContext& page) {
  const Figure* const only = &figure;
  const std::string id = page.anchors.take("figure-" + figure.title);
  std::string html = fmt::format(R"(<figure class="chart" id="{}"><h3>{}</h3>)", id, escape(figure.title.empty() ? "Figure" : figure.title));
  html += figure_svg(figure, page.looks, {.frame = Frame::wide, .id = page.anchors.take(id + "-wide")});
  html += figure_svg(figure, page.looks, {.frame = Frame::narrow, .id = page.anchors.take(id + "-narrow")});
  html += left_out_note(std::span(&only, 1)) + caption_of(figure.caption) + "</figure>";
  return html + numbers_of(std::span(&only, 1), figure.title);
}

std::string html_of_panels(std::span<const Figure* const> panels, PageContext& page) {
  std::vector<double> shared;
  if (shares_values(panels)) {
    for (const Figure* panel : panels) {
      const std::vector<double> values = y_values(*panel);
      shared.insert(shared.end(), values.begin(), values.end());
    }
  }
  std::string html = R"(<div class="panels">)" + legend_of(panels, page.looks) + R"(<div class="grid">)";
  for (const Figure* panel : panels) {
    const std::string id = page.anchors.take("panel-" + panel->title);
    html += fmt::format(R"(<figure class="panel" id="{}"><h3>{}</h3>)", id, escape(panel->title));
    html +=
        figure_svg(*panel, page.looks, {.frame = Frame::panel, .id = page.anchors.take(id + "-plot"), .shared_y = shared, .has_legend = false});
    html += caption_of(panel->caption) + "</figure>";
  }
  return html + "</div>" + left_out_note(panels) + numbers_of(panels, "the panels") + "</div>";
}

}  // namespace manabi::lab::report
