// The page as a whole: head, title, claims, sections, what was run.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "lab/report/blocks.h"
#include "lab/report/figure/heat_map_svg.h"
#include "lab/report/figure/interval_bar.h"
#include "lab/report/figure/palette.h"
#include "lab/report/page_assets.h"

namespace manabi::lab {
namespace {

using namespace report;

struct Entry {
  std::string anchor, title;
};

std::vector<const Figure*> figures_of(const Report& report) {
  std::vector<const Figure*> figures;
  for (const Section& section : report.sections) {
    for (const Block& block : section.blocks) {
      if (const auto* figure = std::get_if<Figure>(&block)) figures.push_back(figure);
    }
  }
  return figures;
}

std::string head_of(const Report& report) {
  std::string style = ":root{color-scheme:light dark;" + custom_properties(kLight) + "}";
  style += "@media screen and (prefers-color-scheme:dark){:root{" + custom_properties(kDark) + "}}";
  style += page_style();
  style += figure_style();
  style += heat_map_style();
  style += interval_bar_style();
  return fmt::format(
      "<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\"><title>{}</title><style>{}</style></head>\n",
      escape(report.title.empty() ? "Report" : report.title), style);
}

bool is_web_address(const std::string& link) { return link.starts_with("https://") || link.starts_with("http://"); }

std::string paper_of(const Report& report) {
  const std::string text = escape(report.paper.empty() ? report.link : report.paper);
  if (text.empty()) return "";
  if (!is_web_address(report.link)) return fmt::format(R"(<p class="paper">{}</p>)", text);
  if (report.paper.empty()) return fmt::format(R"(<p class="paper"><a href="{0}">{0}</a></p>)", escape(report.link));
  return fmt::format(R"(<p class="paper">{} <a href="{}">Paper</a></p>)", text, escape(report.link));
}

std::string title_of(const Report& report) {
  std::string html = R"(<header><p class="kind">Manabi study report</p>)";
  html += fmt::format("<h1>{}</h1>", escape(report.title.empty() ? "Report" : report.title));
  if (!report.question.empty()) html += fmt::format(R"(<p class="question">{}</p>)", escape(report.question));
  return html + paper_of(report) + "</header>\n";
}

std::string blocks_of(const Section& section, PageContext& page) {
  std::string html;
  for (size_t at = 0; at < section.blocks.size();) {
    std::vector<const Figure*> panels;
    for (size_t next = at; next < section.blocks.size(); ++next) {
      const auto* figure = std::get_if<Figure>(&section.blocks[next]);
      if (!figure || !figure->is_small) break;
      panels.push_back(figure);
    }
    if (!panels.empty()) {
      html += html_of_panels(panels, page);
      at += panels.size();
      continue;
    }
    html += std::visit([&](const auto& block) { return html_of(block, page); }, section.blocks[at]);
    ++at;
  }
  return html;
}

bool is_hash(const std::string& value) {
  return value.size() >= 16 &&
         std::all_of(value.begin(), value.end(), [](char letter) { return std::isxdigit(static_cast<unsigned char>(letter)); });
}

std::string manifest_of(const Report& report) {
  std::string html = R"(<dl class="manifest">)";
  for (const auto& [label, value] : report.manifest) {
    const std::string text = is_hash(value) ? "<code>" + escape(value) + "</code>" : escape(value);
    html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", escape(label), text);
  }
  return html + "</dl>";
}

std::string section_of(const std::string& title, const std::string& content, PageContext& page, std::vector<Entry>& entries) {
  entries.push_back({page.anchors.take("section-" + title), title});
  return fmt::format("<section id=\"{}\"><h2>{}</h2>{}</section>\n", entries.back().anchor, escape(title), content);
}

std::string navigation_of(const std::vector<Entry>& entries) {
  std::string html = R"(<nav aria-label="Contents"><p class="here">On this page</p><ol>)";
  for (const Entry& entry : entries) html += fmt::format(R"(<li><a href="#{}">{}</a></li>)", entry.anchor, escape(entry.title));
  return html + "</ol></nav>\n";
}

}  // namespace

std::string render_html(const Report& report) {
  PageContext page{.looks = SeriesLooks(figures_of(report))};
  for (const char* reserved : {"main", "icon-holds", "icon-fails", "icon-open", "icon-untested"}) page.anchors.take(reserved);
  std::vector<Entry> entries;
  std::string sections;
  if (!report.claims.empty()) sections += section_of("Claims", html_of(report.claims, page), page, entries);
  for (const Section& section : report.sections) sections += section_of(section.title, blocks_of(section, page), page, entries);
  if (!report.manifest.empty()) sections += section_of("What was run", manifest_of(report), page, entries);

  const bool is_long = entries.size() > 2;
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n" + head_of(report) + "<body>\n" + std::string(icon_definitions());
  html += R"(<a class="skip" href="#main">Skip to the claims</a>)";
  html += fmt::format("<div class=\"page{}\">\n", is_long ? " long" : "") + title_of(report);
  if (is_long) html += navigation_of(entries);
  html += "<main id=\"main\">\n" + sections + "</main>\n</div>\n";
  return html + "<script>" + std::string(page_script()) + "</script>\n</body>\n</html>\n";
}

}  // namespace manabi::lab
