// Text as markup: decoding what users and models wrote, escaping it for HTML and SVG alike, naming anchors, guessing widths.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace manabi::lab::report {

// One character of a text, or one byte that belongs to none.
struct Glyph {
  char32_t code = 0;  // the byte's value when it is not valid
  std::string_view bytes;
  bool is_valid = true;
};

// Strict UTF-8: overlong forms, surrogates and stray bytes come out one by one as invalid. The views point into `text`.
std::vector<Glyph> glyphs_of(std::string_view text);

// True for what must not reach a page as it is: control characters (but tab and line feed), noncharacters, and marks that turn the direction of
// the text around them.
bool is_unprintable(const Glyph& glyph);

// True for what one cannot see or what would disturb its neighbours: what is unprintable, zero widths, soft hyphens.
bool needs_name(const Glyph& glyph);

// A token where no style sheet draws its white space: dots, arrows and returns for it, names for what needs one ("<U+200B>", "<0xE6>").
std::string visible_text(std::string_view token);

// Safe inside elements and quoted attributes of HTML and XML; what cannot be printed becomes U+FFFD.
std::string escape(std::string_view text);

// Letters, digits and hyphens only; "" for a text without any of these.
std::string slug(std::string_view text);

// Hands out ids that are unique on one page.
class Anchors {
 public:
  std::string take(std::string_view wish);  // the slug of `wish`, with a number when it is taken

 private:
  std::set<std::string> taken_;
};

enum class Face { sans_serif, monospaced };

// The width of a text, erring to the wide side; enough to decide what fits.
double estimated_width(std::string_view text, double font_size, Face face = Face::sans_serif);

// `text` in at most `most` lines that fit into `width`, broken at spaces and after underscores, hyphens and slashes; empty when it cannot be.
std::vector<std::string> wrapped(std::string_view text, double font_size, double width, size_t most);

// `text`, or its start and an ellipsis, so that it fits into `width`.
std::string shortened(std::string_view text, double font_size, double width, Face face = Face::sans_serif);

}  // namespace manabi::lab::report
