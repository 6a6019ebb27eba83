// What every study is handed: models, data, device, seeds. The options here are common to all studies.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/options.h"
#include "base/watch.h"
#include "lab/record.h"
#include "lab/study.h"
#include "model/checkpoint.h"
#include "world/dataset.h"

namespace manabi::study {

struct EquipmentOptions {
  std::vector<std::string> model = {"smollm2"};
  std::string tokenizer;
  std::string data;
  std::string device = "cpu";
  std::string dtype = "float32";
  int64_t seed = 0;
  int64_t seeds = 0;      // how many, from `seed` on; 0 = the scale's own number
  int64_t threads = 0;    // 0 = all cores
  int64_t token_budget = 2048;

  base::OptionTable table();
};

class Equipment {
 public:
  Equipment(EquipmentOptions options, std::string assets_folder, base::Watch watch);

  const EquipmentOptions& options() const { return options_; }
  const world::DatasetCatalogue& datasets() const { return datasets_; }

  // The opened checkpoint; the last one asked for is kept. Fetches a catalogue model that is not in the cache.
  std::shared_ptr<const model::Checkpoint> checkpoint(const std::string& name);
  // What a cell's key must hold of a model: hash of weights and tokenizer, dtype, device kind, numerical versions. Reads no weights.
  lab::Coordinates model_inputs(const std::string& name);

  tensor::Compute compute() const;

 private:
  EquipmentOptions options_;
  world::DatasetCatalogue datasets_;
  base::Watch watch_;
  std::shared_ptr<const model::Checkpoint> open_;
};

}  // namespace manabi::study
