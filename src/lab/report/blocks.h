// Each part of the page as HTML. The page puts them together; a new kind of block adds one html_of here.
#pragma once

#include <map>
#include <span>
#include <string>

#include "lab/report.h"
#include "lab/report/figure/figure_svg.h"
#include "lab/report/markup.h"

namespace manabi::lab::report {

// What the parts of one page share.
struct PageContext {
  Anchors anchors;
  SeriesLooks looks;
};

std::string html_of(std::span<const Claim> claims, PageContext& page);  // a summary line, then one article each

std::string html_of(const Figure& figure, PageContext& page);
// Small figures side by side, with one legend and one range of values.
std::string html_of_panels(std::span<const Figure* const> panels, PageContext& page);
std::string html_of(const HeatMap& map, PageContext& page);
std::string html_of(const Table& table, PageContext& page);
std::string html_of(const PromptView& prompt, PageContext& page);
std::string html_of(const std::string& paragraph, PageContext& page);

// How many claims have each verdict.
std::map<Verdict, int64_t> tally(std::span<const Claim> claims);
// The verdict's shape: told apart without colour.
std::string icon_of(Verdict verdict);
std::string class_of(Verdict verdict);  // "holds", "fails", "open", "untested"
// The shapes that icon_of refers to, once a page.
std::string_view icon_definitions();

}  // namespace manabi::lab::report
