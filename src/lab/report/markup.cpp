#include "lab/report/markup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace manabi::lab::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

// How many bytes a character takes that starts with `lead`; 0 when none does.
size_t length_after(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

Glyph glyph_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t offset) { return static_cast<unsigned char>(text[at + offset]); };
  const Glyph stray{byte(0), text.substr(at, 1), false};
  const size_t length = length_after(byte(0));
  if (length == 0 || at + length > text.size()) return stray;
  char32_t code = length == 1 ? byte(0) : byte(0) & (0xFFu >> (length + 1));
  for (size_t offset = 1; offset < length; ++offset) {
    if ((byte(offset) & 0xC0) != 0x80) return stray;
    code = code << 6 | (byte(offset) & 0x3F);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code < 0xE000;
  if (code < kSmallest[length] || code > 0x10FFFF || is_surrogate) return stray;
  return {code, text.substr(at, length), true};
}

double em_width(char32_t code, Face face) {
  if (code >= 0x300 && code < 0x370) return 0;  // combining marks
  if (face == Face::monospaced) return code >= 0x1100 ? 1.0 : 0.61;
  if (code >= 0x1100) return code >= 0x2000 && code < 0x2E80 ? 0.7 : 1.0;
  if (std::string_view("iljtfrI.,:;'|!()[] ").find(static_cast<char>(code)) != std::string_view::npos && code < 0x80) return 0.36;
  if (code == 'm' || code == 'w' || code == 'M' || code == 'W' || code == '%') return 0.9;
  return code >= 'A' && code <= 'Z' ? 0.69 : 0.59;
}

}  // namespace

std::vector<Glyph> glyphs_of(std::string_view text) {
  std::vector<Glyph> glyphs;
  glyphs.reserve(text.size());
  for (size_t at = 0; at < text.size(); at += glyphs.back().bytes.size()) glyphs.push_back(glyph_at(text, at));
  return glyphs;
}

bool is_unprintable(const Glyph& glyph) {
  const char32_t code = glyph.code;
  if (!glyph.is_valid) return true;
  if (code == '\t' || code == '\n') return false;
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return true;
  if ((code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069)) return true;
  return (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
}

bool needs_name(const Glyph& glyph) {
  const char32_t code = glyph.code;
  return is_unprintable(glyph) || code == 0xAD || code == 0xFEFF || (code >= 0x200B && code <= 0x200F) || code == 0x2028 || code == 0x2029 ||
         code == 0x2060;
}

std::string visible_text(std::string_view token) {
  if (token.empty()) return "<empty>";
  std::string text;
  for (const Glyph& glyph : glyphs_of(token)) {
    if (!glyph.is_valid)
      text += fmt::format("<0x{:02X}>", static_cast<unsigned>(glyph.code));
    else if (needs_name(glyph) || glyph.code == 0xA0)
      text += fmt::format("<U+{:04X}>", static_cast<unsigned>(glyph.code));
    else if (glyph.code == '\n')
      text += "\xE2\x8F\x8E";  // a return symbol
    else if (glyph.code == '\t')
      text += "\xE2\x87\xA5";  // an arrow to a bar
    else if (glyph.code == ' ')
      text += "\xC2\xB7";  // a middle dot
    else
      text += glyph.bytes;
  }
  return text;
}

std::string escape(std::string_view text) {
  std::string safe;
  safe.reserve(text.size() + text.size() / 8);
  for (const Glyph& glyph : glyphs_of(text)) {
    if (is_unprintable(glyph))
      safe += kReplacement;
    else if (glyph.code == '&')
      safe += "&amp;";
    else if (glyph.code == '<')
      safe += "&lt;";
    else if (glyph.code == '>')
      safe += "&gt;";
    else if (glyph.code == '"')
      safe += "&quot;";
    else if (glyph.code == '\'')
      safe += "&#39;";
    else
      safe += glyph.bytes;
  }
  return safe;
}

std::string slug(std::string_view text) {
  std::string name;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x80 && std::isalnum(byte))
      name += static_cast<char>(std::tolower(byte));
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  if (!name.empty() && name.back() == '-') name.pop_back();
  return name;
}

std::string Anchors::take(std::string_view wish) {
  const std::string stem = slug(wish).empty() ? "part" : slug(wish);
  std::string name = stem;
  for (int number = 2; !taken_.insert(name).second; ++number) name = stem + "-" + std::to_string(number);
  return name;
}

double estimated_width(std::string_view text, double font_size, Face face) {
  double ems = 0;
  for (const Glyph& glyph : glyphs_of(text)) ems += em_width(glyph.code, face);
  return ems * font_size;
}

std::vector<std::string> wrapped(std::string_view text, double font_size, double width, size_t most) {
  std::vector<std::string> lines(1);
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find_first_of(" _-/", start), text.size() - 1) + 1;
    const std::string word(text.substr(start, end - start));
    const std::string bare = word.back() == ' ' ? word.substr(0, word.size() - 1) : word;
    if (!lines.back().empty() && estimated_width(lines.back() + bare, font_size) > width) lines.emplace_back();
    if (estimated_width(bare, font_size) > width || lines.size() > most) return {};
    lines.back() += word;
    start = end;
  }
  return lines;
}

std::string shortened(std::string_view text, double font_size, double width, Face face) {
  if (estimated_width(text, font_size, face) <= width) return std::string(text);
  const double room = width - font_size * (face == Face::monospaced ? 1.0 : 0.7);
  std::string start;
  double used = 0;
  for (const Glyph& glyph : glyphs_of(text)) {
    used += em_width(glyph.code, face) * font_size;
    if (used > room) break;
    start += glyph.bytes;
  }
  while (!start.empty() && start.back() == ' ') start.pop_back();
  return start + std::string(kEllipsis);
}

}  // namespace manabi::lab::report
