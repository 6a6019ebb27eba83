// Where tests find the default model's file: $MANABI_SMOLLM2, else the user's cache, where `manabi get smollm2` puts it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"

namespace manabi::test {

inline std::string default_model_path() {
  if (const char* path = std::getenv("MANABI_SMOLLM2")) return path;
  return (base::cache_folder() / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf").string();
}

}  // namespace manabi::test

// Skips the test when the default model is not there. Unlike shared data it is a download, so its absence is never a failure.
#define MANABI_NEEDS_DEFAULT_MODEL()                                                                                               \
  do {                                                                                                                             \
    if (!std::filesystem::exists(::manabi::test::default_model_path()))                                                            \
      GTEST_SKIP() << "needs the default model (manabi get smollm2, or MANABI_SMOLLM2): " << ::manabi::test::default_model_path(); \
  } while (false)
