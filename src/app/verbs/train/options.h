// The options of `manabi train`: the model, the training, where things lie.
#pragma once

#include <cstdint>
#include <string>

#include "base/options.h"
#include "learn/training/schedule.h"
#include "model/network/token_network.h"

namespace manabi::app {

struct TrainOptions {
  std::string world, output = "manabi-model", tokenizer, device = "cpu", dtype = "float32", decay = "cosine";
  std::string positions = "learned", norms = "before", attention = "softmax", activation = "gelu";
  int64_t layers = 4, width = 128, heads = 4, mlp_ratio = 4, context = 0;  // context 0: as the world wants it
  int64_t steps = 2000, batch = 64, warm_up = 100, seed = 0, threads = 0;
  double lr = 1e-3, weight_decay = 0.01, clip = 1;
  bool shares_blocks = false, json = false;

  base::OptionTable table();
  learn::Schedule schedule() const;
  model::TokenNetworkConfig network(int64_t vocabulary) const;
  // Throws base::Error for what cannot be, before anything is read or written. The context is known.
  void check() const;

 private:
  void add_model(base::OptionTable& options);
};

}  // namespace manabi::app
