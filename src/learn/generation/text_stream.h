// Turns tokens' bytes into text as it comes: whole characters only, and nothing of the stop text.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace manabi::learn {

class TextStream {
 public:
  // `piece` receives the text bit by bit, each bit well-formed UTF-8; the bits together are text(). Bytes that are no UTF-8 become U+FFFD. Text
  // that may still turn out to be the beginning of `stop` is held back ("" = no stop text).
  TextStream(std::string stop, std::function<void(const std::string&)> piece);

  // Returns false once the stop text has appeared: what comes before it has been sent.
  bool push(std::string_view bytes);
  // Sends what was held back; a character that never came to its end becomes U+FFFD.
  void finish();

  const std::string& text() const { return text_; }

 private:
  void take_characters(bool is_end);
  void send(size_t bytes);

  std::string stop_;
  std::function<void(const std::string&)> piece_;
  std::string bytes_;   // of a character that is not complete yet
  std::string unsent_;  // whole characters that may begin the stop text
  std::string text_;
  bool is_stopped_ = false;
};

}  // namespace manabi::learn
