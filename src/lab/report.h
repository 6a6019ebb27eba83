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
};

struct Series {
  std::string name;
  std::vector<Point> points;  // ascending x
  bool is_published = false;  // drawn dashed: the paper's figure, not ours
};

enum class Scale { linear, log2, category };

struct Figure {
  std::string title;
  std::string caption;  // n of items, draws, models
  std::string x_label, y_label;
  Scale x_scale = Scale::linear;
  std::vector<std::string> categories;                       // names of x = 0, 1, ... for Scale::category
  std::vector<Series> series;
  std::vector<std::pair<std::string, double>> reference_lines;  // horizontal: {"uniform guess", 0.5}
  bool y_is_share = false;                                   // printed as percent
  bool is_small = false;                                     // one of several panels side by side
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
  std::vector<Token> tokens;
  std::vector<std::pair<std::string, std::string>> answers;  // choice as scored, note ("right answer, -1.23 nats")
};

using Block = std::variant<Figure, Table, PromptView, std::string>;  // a string is a paragraph

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

std::string render_html(const Report& report);
std::string render_svg(const Figure& figure);

}  // namespace manabi::lab
