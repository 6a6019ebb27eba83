#include "world/punctuation.h"

namespace manabi::world {

std::string with_final_period(std::string_view text) {
  constexpr std::string_view kPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  text = text.substr(0, text.find_last_not_of(" \t\r\n\f\v") + 1);
  const bool is_closed = !text.empty() && kPunctuation.find(text.back()) != std::string_view::npos;
  return std::string(text) + (is_closed ? "" : ".");
}

std::string with_spaced_period(std::string_view text) { return std::string(text) + (text.ends_with('.') ? "" : " ."); }

}  // namespace manabi::world
