#include "text/splitting/added_tokens.h"

#include <algorithm>
#include <utility>

#include "text/utf8.h"

namespace manabi::text {
namespace {

bool is_white_space(char32_t code_point) {
  return code_point == ' ' || (code_point >= '\t' && code_point <= '\r') || code_point == 0x85 || code_point == 0xa0 || code_point == 0x1680 ||
         (code_point >= 0x2000 && code_point <= 0x200a) || code_point == 0x2028 || code_point == 0x2029 || code_point == 0x202f ||
         code_point == 0x205f || code_point == 0x3000;
}

// ASCII's word characters; every character beyond ASCII that is not white space counts as one too.
bool is_word(char32_t code_point) {
  if (code_point >= 0x80) return !is_white_space(code_point);
  return code_point == '_' || (code_point >= '0' && code_point <= '9') || ((code_point | 0x20) >= 'a' && (code_point | 0x20) <= 'z');
}

// Where the character that ends at `end` begins.
size_t previous_character(std::string_view text, size_t end) {
  do --end;
  while (continues_character(text[end]));
  return end;
}

bool stands_alone(std::string_view text, size_t begin, size_t end) {
  const bool word_before = begin > 0 && is_word(code_point_at(text, previous_character(text, begin)));
  const bool word_behind = end < text.size() && is_word(code_point_at(text, end));
  return !word_before && !word_behind;
}

size_t strip_left(std::string_view text, size_t begin, size_t limit) {
  while (begin > limit) {
    const size_t before = previous_character(text, begin);
    if (!is_white_space(code_point_at(text, before))) break;
    begin = before;
  }
  return begin;
}

size_t strip_right(std::string_view text, size_t end) {
  while (end < text.size() && is_white_space(code_point_at(text, end))) end += character_length(text[end]);
  return end;
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].spelling.empty()) continue;
    Finder& finder = tokens_[i].normalized ? normalized_ : plain_;
    finder[static_cast<unsigned char>(tokens_[i].spelling[0])].push_back(i);
  }
  for (Finder* finder : {&plain_, &normalized_})
    for (std::vector<size_t>& indices : *finder)
      std::ranges::stable_sort(indices, std::greater<>(), [&](size_t index) { return tokens_[index].spelling.size(); });
}

std::vector<Segment> AddedTokens::split(std::string_view text, Specials specials) const {
  std::vector<Segment> segments;
  split_with(plain_, text, specials, segments);
  std::vector<Segment> refined;
  for (const Segment& segment : segments) {
    if (segment.id)
      refined.push_back(segment);
    else
      split_with(normalized_, segment.text, specials, refined);
  }
  return refined;
}

void AddedTokens::split_with(const Finder& finder, std::string_view text, Specials specials, std::vector<Segment>& segments) const {
  size_t done = 0;  // everything before is in a segment
  size_t at = 0;
  while (at < text.size()) {
    const bool may_start = !finder[static_cast<unsigned char>(text[at])].empty();
    const AddedToken* token = may_start ? token_at(finder, text, at, specials) : nullptr;
    if (!token) {
      ++at;
      continue;
    }
    const size_t end = at + token->spelling.size();
    const size_t from = token->lstrip ? strip_left(text, at, done) : at;
    if (done < from) segments.push_back({text.substr(done, from - done), std::nullopt});
    done = token->rstrip ? strip_right(text, end) : end;
    segments.push_back({text.substr(from, done - from), token->id});
    at = done;
  }
  if (done < text.size()) segments.push_back({text.substr(done), std::nullopt});
}

const AddedToken* AddedTokens::token_at(const Finder& finder, std::string_view text, size_t at, Specials specials) const {
  for (const size_t index : finder[static_cast<unsigned char>(text[at])]) {
    const AddedToken& token = tokens_[index];
    if (token.special && specials == Specials::literal) continue;
    if (!text.substr(at).starts_with(token.spelling)) continue;
    if (token.single_word && !stands_alone(text, at, at + token.spelling.size())) continue;
    return &token;
  }
  return nullptr;
}

}  // namespace manabi::text
