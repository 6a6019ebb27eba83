// What every study is handed: models, data, device, seeds. The options here are common to all studies.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/options.h"
#include "base/watch.h"
#include "lab/record.h"
#include "lab/study.h"
#include "learn/scoring/few_shot_reader.h"
#include "model/checkpoint.h"
#include "world/dataset.h"
#include "world/few_shot/few_shot.h"
#include "world/mappings/made_up_tasks.h"
#include "world/mappings/mapping_task.h"

namespace manabi::study {

struct EquipmentOptions {
  std::vector<std::string> model = {"smollm2"};
  std::string tokenizer;
  std::string data;
  std::string device = "cpu";
  std::string dtype = "float32";
  int64_t seed = 0;
  int64_t seeds = 0;    // how many, from `seed` on; 0 = the scale's own number
  int64_t threads = 0;  // 0 = all cores
  int64_t token_budget = 2048;

  base::OptionTable table();
};

// The data sets of a run, in the order in which they were asked for.
class Tasks {
 public:
  // Throws base::Error when two are called alike: their cells could not be told apart.
  void add(const std::string& given, std::shared_ptr<const world::Dataset> dataset);
  const std::vector<std::shared_ptr<const world::Dataset>>& all() const { return all_; }
  const std::shared_ptr<const world::Dataset>& named(const std::string& name) const;

 private:
  std::vector<std::shared_ptr<const world::Dataset>> all_;
};

// What is asked in a study: a checkpoint that reads prompts, as it is or with a vector in its stream.
struct Subject {
  std::shared_ptr<const model::Checkpoint> checkpoint;
  std::unique_ptr<world::Learner> learner;
};

// Every `name` of a model below may be followed by "+FILE.safetensors", a vector of `manabi probe vector`, or "+FOLDER", an adapter.
class Equipment {
 public:
  Equipment(std::string assets_folder, base::Watch watch) : assets_folder_(std::move(assets_folder)), watch_(watch) {}

  // Filled in by the caller (through its table) before a study uses anything below.
  EquipmentOptions& options() { return options_; }
  const EquipmentOptions& options() const { return options_; }

  world::DatasetCatalogue datasets() const { return {assets_folder_, options_.data}; }
  world::MappingCatalogue mappings() const { return {assets_folder_, options_.data}; }
  std::vector<world::MadeUpTask> made_up_tasks() const { return world::made_up_tasks(assets_folder_); }
  // The path of a file among the assets.
  std::string asset(const std::string& file) const { return assets_folder_ + "/" + file; }
  // Names of the catalogue or paths of TOML files, opened.
  Tasks open_tasks(const std::vector<std::string>& names) const;
  // Long loops of a study ask this.
  void throw_if_cancelled() const { watch_.throw_if_cancelled(); }
  tensor::Compute compute() const;

  Subject subject(const std::string& name, const learn::ReaderOptions& options, const base::Watch& watch);
  // The opened checkpoint; the last one asked for is kept. Fetches a catalogue model that is not in the cache. Throws base::Error for a name
  // with a vector: who reads the model itself would leave it out.
  std::shared_ptr<const model::Checkpoint> checkpoint(const std::string& name);
  // What a cell's key must hold of a model: hash of weights and tokenizer, dtype, device kind, numerical version. Builds no model.
  lab::Coordinates model_inputs(const std::string& name);
  // What a cell's key must hold of a network that is trained here: dtype, device kind, version of training.
  // Throws base::Error for another dtype than float32.
  lab::Coordinates training_inputs() const;
  // Threads that were asked for, or as many as there are.
  int64_t threads() const;
  // What prompts for this model must keep within, `reserved` tokens less than its context. The equipment outlives the limit.
  world::PromptLimit prompt_limit(const std::string& name, int64_t reserved);

 private:
  const model::CheckpointSummary& summary(const std::string& name);

  EquipmentOptions options_;
  std::string assets_folder_;
  base::Watch watch_;
  std::shared_ptr<const model::Checkpoint> open_;
  std::string open_adapter_;                                   // of it
  std::map<std::string, model::CheckpointSummary> summaries_;  // by path
};

}  // namespace manabi::study
