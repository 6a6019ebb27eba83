// How the language of topics is written down.
#pragma once

#include <string>
#include <vector>

#include "world/tokens/topics/topics.h"

namespace manabi::world {

// By token id: t3c1 the natural label of class 1 of topic 3, t3c1w5 a content word of it, f20 a filler, A to Z the symbols (s0, s1, ... of more
// than 26), : the separator, ; the end of a line.
std::vector<std::string> topic_words(const Topics& topics);

}  // namespace manabi::world
