// The page of a study: claims on top, figures, tables, prompts, and what was run. One self-contained HTML file, light and dark.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lab/claim.h"

namespace manabi::lab {

struct Point {
  double x = 0;
  double y = 0;
  std::optional<double> low, high;  // 95 %
  int64_t n = 0;                    // observations behind it; 0 = not said
};

struct Series {
  std::string name;
  std::vector<Point> points;  // ascending x
  bool is_published = false;  // drawn dashed: the paper's figure, not ours
  std::string counterpart;    // the series of ours that a published one stands beside: drawn in its colour
};

enum class Scale { linear, log2, category };

struct Figure {
  std::string title;
  std::string caption;  // n of items, draws, models
  std::string x_label, y_label;
  Scale x_scale = Scale::linear;
  std::vector<std::string> categories;  // names of x = 0, 1, ... for Scale::category
  std::vector<Series> series;
  std::vector<std::pair<std::string, double>> reference_lines;  // horizontal: {"uniform guess", 0.5}
  bool y_is_share = false;                                      // printed as percent
  bool is_small = false;                                        // one of several panels side by side
  bool connects_points = true;                                  // off: a cloud of points
};

// A value for every pair of a row and a column, as colour: layers and positions, layers and heads. The first row is drawn lowest, so that
// layers stand as they lie on each other in a network and a prompt's information is seen to rise.
struct HeatMap {
  std::string title;
  std::string caption;
  std::string x_label, y_label;
  std::vector<std::string> columns, rows;   // names
  std::vector<std::vector<double>> values;  // [row][column]; NaN = not measured, drawn as a struck out cell like infinite values
  std::string unit;                         // what the colour means
  // The ends of the colours, the same for maps that are to be compared; by default around the values. What lies beyond has the end's colour.
  std::optional<std::pair<double, double>> range;
  bool is_diverging = false;  // 0 has the colour of nothing, what lies on either side a hue of its own
  bool has_tokens = false;    // columns are tokens: monospaced, with their white space shown
};

struct Table {
  std::string title;
  std::string caption;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

// A prompt exactly as the model read it: its tokens in order, one of which is where the answer is scored.
struct PromptView {
  struct Token {
    std::string text;
    int64_t id = 0;
    bool is_special = false;
  };
  std::string title;
  std::string caption;
  // A choice as it was scored. With a score (nats) in every answer the page also shows each one's share among the choices.
  struct Answer {
    std::string text;
    std::string note;  // "right answer"
    std::optional<double> score;
    bool is_target = false;
  };
  std::vector<Token> tokens;
  std::vector<Answer> answers;
  std::optional<int64_t> scored_after;  // index of the token after which the answer is scored; by default the last one
};

// What a section is made of; a string is a paragraph. A new kind is one struct, one alternative here and one html_of in report/blocks.h.
using Block = std::variant<Figure, HeatMap, Table, PromptView, std::string>;

struct Section {
  std::string title;
  std::vector<Block> blocks;
};

struct Report {
  std::string title;
  std::string question;  // one or two sentences under the title
  std::string paper;     // citation
  std::string link;
  std::vector<Claim> claims;
  std::vector<Section> sections;
  std::vector<std::pair<std::string, std::string>> manifest;  // what was run: label, value
};

// The whole page, without a reference to anything outside it but `link`. Equal reports give equal bytes. All text is escaped; bytes that are not
// UTF-8 and control characters are shown as such in prompts and replaced elsewhere; values that are not finite are left out and counted.
std::string render_html(const Report& report);

// One figure as a file of its own, in the light scheme: needs no style sheet, font or script.
std::string render_svg(const Figure& figure);

}  // namespace manabi::lab
