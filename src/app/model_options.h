// The options of every verb that opens one model.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/options.h"
#include "base/watch.h"
#include "model/checkpoint.h"

namespace manabi::app {

struct ModelOptions {
  std::string model = "smollm2";
  std::string tokenizer;
  std::string adapter;
  std::string device = "cpu";
  std::string dtype = "float32";
  std::string beginning = "auto";
  int64_t threads = 0;

  base::OptionTable table();
  // Sets the threads, fetches the model where it is missing and opens it, with its adapter where one is named.
  model::Checkpoint open(const base::Watch& watch) const;
};

}  // namespace manabi::app
