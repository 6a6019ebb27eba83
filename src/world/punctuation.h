// The two ways in which prompts close a sentence (Pan et al.'s code).
#pragma once

#include <string>
#include <string_view>

namespace manabi::world {

// Without white space at the end, and with "." unless an ASCII punctuation mark stands last: "fine" -> "fine.", "fine!" -> "fine!".
std::string with_final_period(std::string_view text);

// With " ." unless "." stands last: "fine!" -> "fine! .".
std::string with_spaced_period(std::string_view text);

}  // namespace manabi::world
