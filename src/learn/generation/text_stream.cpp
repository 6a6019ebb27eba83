#include "learn/generation/text_stream.h"

#include <algorithm>
#include <utility>

#include "base/format/utf8.h"
#include "text/utf8.h"

namespace manabi::learn {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// Whether more bytes could make `bytes` one well-formed character.
bool is_incomplete_character(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  const bool is_lead = lead >= 0xc2 && lead <= 0xf4;
  return is_lead && bytes.size() < text::character_length(bytes.front()) &&
         std::all_of(bytes.begin() + 1, bytes.end(), [](char byte) { return text::continues_character(byte); });
}

// The length of the longest end of `text` that `stop` starts with.
size_t overlap(std::string_view text, std::string_view stop) {
  size_t length = std::min(text.size(), stop.size());
  while (!text.ends_with(stop.substr(0, length))) --length;
  return length;
}

}  // namespace

TextStream::TextStream(std::string stop, std::function<void(const std::string&)> piece) : stop_(std::move(stop)), piece_(std::move(piece)) {}

bool TextStream::push(std::string_view bytes) {
  if (is_stopped_) return false;
  bytes_ += bytes;
  take_characters(false);
  const size_t stop = stop_.empty() ? std::string::npos : unsent_.find(stop_);
  is_stopped_ = stop != std::string::npos;
  send(is_stopped_ ? stop : unsent_.size() - overlap(unsent_, stop_));
  return !is_stopped_;
}

void TextStream::finish() {
  if (is_stopped_) return;
  take_characters(true);
  send(unsent_.size());
}

void TextStream::take_characters(bool is_end) {
  std::string_view rest = bytes_;
  while (!rest.empty()) {
    const size_t length = base::utf8_character_length(rest);
    const bool is_incomplete = length == 0 && is_incomplete_character(rest);
    if (is_incomplete && !is_end) break;
    unsent_ += length > 0 ? rest.substr(0, length) : kReplacement;
    rest.remove_prefix(is_incomplete ? rest.size() : std::max<size_t>(length, 1));
  }
  bytes_ = std::string(rest);
}

void TextStream::send(size_t bytes) {
  if (bytes == 0) return;
  const std::string piece = unsent_.substr(0, bytes);
  unsent_.erase(0, bytes);
  text_ += piece;
  if (piece_) piece_(piece);
}

}  // namespace manabi::learn
