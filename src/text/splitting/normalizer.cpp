#include "text/splitting/normalizer.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "text/splitting/nfc_table.h"
#include "text/utf8.h"

namespace manabi::text {
namespace {

bool is_within(char32_t code_point, std::span<const CodeRange> ranges) {
  const auto behind = std::ranges::upper_bound(ranges, code_point, {}, &CodeRange::first);
  return behind != ranges.begin() && code_point <= std::prev(behind)->last;
}

std::string apply(const NfcStep& step, std::string text) {
  size_t offset = 0;
  if (is_surely_nfc(text, &offset)) return text;
  throw base::Error({.where = step.where,
                     .given = "the tokenizer composes characters (NFC), and byte " + std::to_string(offset) + " of the text may need it",
                     .expected = "text in Unicode normalization form C",
                     .hint = "normalize it first, for instance with Python's unicodedata.normalize('NFC', text)"});
}

std::string apply(const PrependStep& step, std::string text) { return text.empty() ? text : step.prefix + text; }

std::string apply(const ReplaceStep& step, std::string text) { return replace_all(step.pattern, text, step.replacement); }

std::string describe(const NfcStep&) { return "nfc"; }
std::string describe(const PrependStep& step) { return "prepend " + step.prefix; }
std::string describe(const ReplaceStep& step) { return "replace " + step.pattern.regex() + " by " + step.replacement; }

}  // namespace

std::string Normalizer::normalize(std::string_view text) const {
  std::string normal(text);
  for (const NormalizerStep& step : steps_) normal = std::visit([&](const auto& one) { return apply(one, std::move(normal)); }, step);
  return normal;
}

bool Normalizer::rewrites() const {
  return std::ranges::any_of(steps_, [](const NormalizerStep& step) { return !std::holds_alternative<NfcStep>(step); });
}

std::string Normalizer::description() const {
  std::string description;
  for (const NormalizerStep& step : steps_) description += std::visit([](const auto& one) { return describe(one); }, step) + "\n";
  return description;
}

bool is_surely_nfc(std::string_view text, size_t* offset) {
  constexpr char32_t kFirstOpen = 0x300;  // every character below is its own normal form
  bool after_mark = false;
  for (size_t at = 0; at < text.size(); at += character_length(text[at])) {
    const char32_t code_point = code_point_at(text, at);
    const bool is_mark = code_point >= kFirstOpen && is_within(code_point, kReorderable);
    const bool is_open = (is_mark && after_mark) || (code_point >= kFirstOpen && is_within(code_point, kMayCompose));
    if (is_open) {
      *offset = at;
      return false;
    }
    after_mark = is_mark;
  }
  return true;
}

}  // namespace manabi::text
