#include "text/splitting/pre_tokenizer.h"

#include <algorithm>
#include <utility>

namespace manabi::text {
namespace {

struct Span {
  size_t begin;
  size_t end;
  bool is_match;
};

// The text as matches and what lies between them, without empty spans.
void find_spans(std::string_view text, Pattern::Matcher& matcher, bool invert, std::vector<Span>& spans) {
  spans.clear();
  size_t at = 0;
  size_t begin = 0;
  size_t end = 0;
  while (at < text.size() && matcher.find(text, at, begin, end)) {
    if (at < begin) spans.push_back({at, begin, invert});
    spans.push_back({begin, end, !invert});
    at = end;
  }
  if (at < text.size()) spans.push_back({at, text.size(), invert});
}

bool joins_previous(const Span& previous, const Span& span, SplitBehaviour behaviour) {
  switch (behaviour) {
    case SplitBehaviour::merged_with_previous:
      return span.is_match && !previous.is_match;
    case SplitBehaviour::merged_with_next:
      return previous.is_match && !span.is_match;
    case SplitBehaviour::contiguous:
      return previous.is_match == span.is_match;
    default:
      return false;
  }
}

// One match joins one neighbour: of two matches in a row the far one stays alone.
void add_pieces(std::string_view text, const std::vector<Span>& spans, SplitBehaviour behaviour, std::vector<std::string_view>& pieces) {
  for (size_t i = 0; i < spans.size();) {
    const size_t first = i++;
    while (i < spans.size() && joins_previous(spans[i - 1], spans[i], behaviour)) ++i;
    if (behaviour == SplitBehaviour::removed && spans[first].is_match) continue;
    pieces.push_back(text.substr(spans[first].begin, spans[i - 1].end - spans[first].begin));
  }
}

void apply(const SplitStep& step, Pieces& pieces, bool) {
  Pattern::Matcher matcher(step.pattern);
  std::vector<Span> spans;
  std::vector<std::string_view> cut;
  cut.reserve(2 * pieces.views.size());
  for (const std::string_view piece : pieces.views) {
    find_spans(piece, matcher, step.invert, spans);
    add_pieces(piece, spans, step.behaviour, cut);
  }
  pieces.views = std::move(cut);
}

void apply(const PrefixStep& step, Pieces& pieces, bool starts_text) {
  for (size_t i = 0; i < pieces.views.size(); ++i) {
    std::string_view& piece = pieces.views[i];
    if (step.first_only && !(starts_text && i == 0)) break;
    if (!piece.starts_with(step.prefix)) piece = pieces.owned.emplace_back(step.prefix + std::string(piece));
  }
}

void apply(const ReplaceStep& step, Pieces& pieces, bool) {
  for (std::string_view& piece : pieces.views) piece = pieces.owned.emplace_back(replace_all(step.pattern, piece, step.replacement));
}

std::string describe(const SplitStep& step) {
  return "split " + std::to_string(static_cast<int>(step.behaviour)) + (step.invert ? " inverted " : " ") + step.pattern.regex();
}

std::string describe(const PrefixStep& step) { return (step.first_only ? "first prefix " : "prefix ") + step.prefix; }

std::string describe(const ReplaceStep& step) { return "replace " + step.pattern.regex() + " by " + step.replacement; }

}  // namespace

Pieces PreTokenizer::split(std::string_view text, bool starts_text) const {
  Pieces pieces;
  if (!text.empty()) pieces.views.push_back(text);
  for (const PreTokenizerStep& step : steps_) std::visit([&](const auto& one) { apply(one, pieces, starts_text); }, step);
  return pieces;
}

std::string PreTokenizer::description() const {
  std::string description;
  for (const PreTokenizerStep& step : steps_) description += std::visit([](const auto& one) { return describe(one); }, step) + "\n";
  return description;
}

SplitStep isolate(const std::string& regex, const std::string& where) { return {.pattern = Pattern(regex, where)}; }

}  // namespace manabi::text
