// Replays the corpus of a fuzz target as an ordinary test.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"

namespace manabi::fuzz {

// Every file of fuzz/corpus/TARGET goes through `entry`, which throws when something is wrong.
inline void replay(const std::string& target, void (*entry)(std::string_view)) {
  const std::filesystem::path corpus = std::filesystem::path(MANABI_SOURCE_FOLDER) / "fuzz" / "corpus" / target;
  int inputs = 0;
  for (const auto& file : std::filesystem::directory_iterator(corpus)) {
    EXPECT_NO_THROW(entry(base::read_text(file.path().string()))) << file.path();
    ++inputs;
  }
  EXPECT_GT(inputs, 0) << corpus << " is empty";
}

}  // namespace manabi::fuzz
