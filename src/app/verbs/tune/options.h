// The options of `manabi tune`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/model_options.h"
#include "base/options.h"
#include "learn/tuning/method.h"

namespace manabi::app {

struct TuneOptions {
  ModelOptions model;
  std::string method, task, data, save = "manabi-adapter";
  int64_t template_index = 0, train = 256, dev = 128, test = 300;
  std::vector<int64_t> length = {20};
  std::vector<double> lr;  // none: the method's usual one
  std::string init = "labels", init_text, encoder, soft_template, optimiser = "adamw", decay = "linear";
  int64_t encoder_width = 0, rank = 8, seed = 0, seeds = 1;
  double alpha = 16, weight_decay = 0, clip = 1;
  std::vector<std::string> matrices;
  int64_t candidates = 10, batches = 1, label_words = 0;  // of autoprompt
  int64_t steps = 200, batch = 16, warm_up = 10, judged_every = 20, token_budget = 2048;
  bool json = false;

  base::OptionTable table();
  // Throws base::Error for what cannot be, before anything is read or written.
  void check() const;
  learn::MethodOptions method_options() const;
};

// One tuning of a sweep.
struct TunedSetting {
  uint64_t seed = 0;
  double lr = 0;
  int64_t length = 0;

  std::string name() const;  // "seed-0_lr-0.01_length-20"
};
// Every seed with every learning rate and, where the method has one, every length.
std::vector<TunedSetting> settings_of(const TuneOptions& options);

}  // namespace manabi::app
