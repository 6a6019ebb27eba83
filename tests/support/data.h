// Where tests find the shared data. A test without its data is skipped by name; with MANABI_DATA set, a skip is a failure.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace manabi::test {

// $MANABI_DATA (the folder with sst2/, trec/, ...), or "".
inline std::string data_folder() {
  const char* folder = std::getenv("MANABI_DATA");
  return folder ? folder : "";
}

// The folders models/ and tokenizers/ lie beside the data folder.
inline std::string shared_path(const std::string& below) {
  const std::string data = data_folder();
  return data.empty() ? "" : (std::filesystem::path(data).parent_path() / below).string();
}

}  // namespace manabi::test

// Skips the test when `path` is not there; fails instead when MANABI_DATA says that the data should be.
#define MANABI_NEEDS(path)                                                                      \
  do {                                                                                          \
    const std::string needed_path = (path);                                                     \
    if (needed_path.empty() || !std::filesystem::exists(needed_path)) {                         \
      if (std::getenv("MANABI_DATA")) FAIL() << "MANABI_DATA is set but lacks " << needed_path; \
      GTEST_SKIP() << "needs shared data (set MANABI_DATA): " << needed_path;                   \
    }                                                                                           \
  } while (false)
