#include <fmt/format.h>

#include <cmath>

#include "lab/report/blocks.h"
#include "lab/report/figure/heat_map_svg.h"

namespace manabi::lab::report {
namespace {

std::string numbers_of(const HeatMap& map) {
  const NumberStyle style = style_of(map);
  std::string head = fmt::format(R"(<th scope="col">{}</th>)", escape(map.y_label));
  for (size_t column = 0; column < map.columns.size(); ++column)
    head += fmt::format(R"(<th scope="col" class="number">{}</th>)", escape(column_text(map, column)));
  std::string rows;
  for (size_t row = 0; row < map.rows.size(); ++row) {
    rows += fmt::format(R"(<tr><th scope="row">{}</th>)", escape(map.rows[row]));
    for (const double value : map.values[row])
      rows += fmt::format(R"(<td class="number">{}</td>)", std::isnan(value) ? "\xE2\x80\x93" : number_text(value, style));
    rows += "</tr>";
  }
  return fmt::format(
      R"(<details><summary>Numbers</summary><div class="scroll" tabindex="0" role="region" aria-label="{}"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>)",
      escape("Numbers of " + map.title), head, rows);
}

}  // namespace

std::string html_of(const HeatMap& map, PageContext& page) {
  const std::string id = page.anchors.take("map-" + map.title);
  std::string html = fmt::format(R"(<figure class="chart" id="{}"><h3>{}</h3>)", id, escape(map.title.empty() ? "Map" : map.title));
  html += heat_map_svg(map, Frame::wide, page.anchors.take(id + "-wide"));
  html += heat_map_svg(map, Frame::narrow, page.anchors.take(id + "-narrow"));
  std::string caption = escape(map.caption);
  if (!map.unit.empty()) caption += (caption.empty() ? "" : " ") + escape("Colour: " + map.unit + ".");
  if (!caption.empty()) html += "<figcaption>" + caption + "</figcaption>";
  html += "</figure>";
  return map.rows.empty() || map.columns.empty() ? html : html + numbers_of(map);
}

}  // namespace manabi::lab::report
