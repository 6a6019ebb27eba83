#include "study/equipment.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "base/hash.h"
#include "learn/training/version.h"
#include "learn/tuning/tuned_reader.h"
#include "model/adapters/peft_files.h"
#include "model/catalogue.h"
#include "model/version.h"
#include "probe/vectors/vector_reader.h"
#include "tensor/device.h"

namespace manabi::study {
namespace {

struct ModelName {
  std::string model, vector, adapter;  // "" without one
};

ModelName split(const std::string& name) {
  const size_t plus = name.rfind('+');
  if (plus == std::string::npos || std::filesystem::exists(name)) return {.model = name};
  const std::string model = name.substr(0, plus), added = name.substr(plus + 1);
  if (name.ends_with(".safetensors")) return {.model = model, .vector = added};
  if (std::filesystem::is_directory(added)) return {.model = model, .adapter = added};
  return {.model = name};
}

// Positions that stand before every prompt.
int64_t positions_of(const model::Adapter& adapter) {
  return (adapter.prompt.defined() ? adapter.prompt.size(0) : 0) + (adapter.prefix.defined() ? adapter.prefix.size(0) : 0);
}

}  // namespace

base::OptionTable EquipmentOptions::table() {
  using base::Changes;
  base::OptionTable options;
  options.add({.name = "model",
               .help =
                   "checkpoints: paths (GGUF, Hugging Face folder, llama2.c .bin) or short names of `manabi list models`; NAME+FILE.safetensors "
                   "puts a vector of `probe vector` into the stream, NAME+FOLDER takes an adapter of `tune` or PEFT",
               .target = &model});
  options.add({.name = "tokenizer", .help = "a tokenizer that overrides the checkpoint's own: a file or a folder", .target = &tokenizer});
  options.add({.name = "data", .help = "folder of data sets; without it only the built-in ones are there", .target = &data});
  options.add({.name = "device", .help = "where to compute: cpu, cuda, cuda:1", .target = &device});
  options.add(
      {.name = "dtype", .help = "float32 (the reference) or bfloat16", .target = &dtype, .allowed = {"float32", "f32", "bfloat16", "bf16"}});
  options.add({.name = "seed", .help = "the first seed", .target = &seed, .least = 0, .most = 1'000'000'000});
  options.add({.name = "seeds", .help = "how many seeds, from --seed on; 0 = as the scale says", .target = &seeds, .least = 0, .most = 100'000});
  options.add({.name = "threads", .help = "threads; 0 = all cores", .target = &threads, .least = 0, .most = 1024});
  options.add({.name = "token-budget",
               .help = "tokens of one forward pass; speed and memory only",
               .target = &token_budget,
               .least = 1,
               .most = 1'000'000'000});
  return options;
}

void Tasks::add(const std::string& given, std::shared_ptr<const world::Dataset> dataset) {
  for (const auto& known : all_) {
    if (known->name != dataset->name) continue;
    throw base::Error({.where = "--tasks",
                       .given = "'" + given + "' is a second data set that is called '" + dataset->name + "'",
                       .expected = "a name of its own for every set",
                       .hint = "leave one out, or change its name = ... in the TOML file"});
  }
  all_.push_back(std::move(dataset));
}

const std::shared_ptr<const world::Dataset>& Tasks::named(const std::string& name) const {
  const auto found = std::ranges::find(all_, name, [](const auto& dataset) { return dataset->name; });
  if (found == all_.end()) throw std::logic_error("no data set '" + name + "' was opened");
  return *found;
}

Tasks Equipment::open_tasks(const std::vector<std::string>& names) const {
  Tasks tasks;
  const world::DatasetCatalogue catalogue = datasets();
  for (const std::string& name : names) tasks.add(name, catalogue.open(name));
  return tasks;
}

tensor::Compute Equipment::compute() const {
  return {.device = tensor::parse_device(options_.device), .dtype = tensor::parse_dtype(options_.dtype)};
}

Subject Equipment::subject(const std::string& name, const learn::ReaderOptions& options, const base::Watch& watch) {
  const auto [model, vector, adapter] = split(name);
  if (!adapter.empty()) {
    const model::Adapter values = model::load_adapter(adapter);
    if (learn::needs_tuned_reader(values)) {
      Subject subject{.checkpoint = checkpoint(model)};
      model::check_fits(values, *subject.checkpoint->lm, subject.checkpoint->name, subject.checkpoint->hash);
      subject.learner = std::make_unique<learn::TunedReader>(*subject.checkpoint, values, options, watch);
      return subject;
    }
  }
  Subject subject{.checkpoint = checkpoint(vector.empty() ? name : model)};
  if (vector.empty())
    subject.learner = std::make_unique<learn::FewShotReader>(*subject.checkpoint, options, watch);
  else
    subject.learner = std::make_unique<probe::VectorReader>(*subject.checkpoint, probe::load_vector(vector), options, watch);
  return subject;
}

std::shared_ptr<const model::Checkpoint> Equipment::checkpoint(const std::string& name) {
  const ModelName parts = split(name);
  if (!parts.vector.empty())
    throw base::Error({.where = "--model",
                       .given = "'" + name + "', a model with a vector",
                       .expected = "'" + parts.model + "' alone: this study looks into the model itself"});
  const std::string path = model::fetch_model(parts.model, watch_);
  if (open_ && open_->path == path && open_adapter_ == parts.adapter) return open_;
  open_.reset();  // before the next one is read: two models need not fit into memory at once
  model::CheckpointOptions wanted{.compute = compute(), .tokenizer = options_.tokenizer, .threads = options_.threads};
  model::Checkpoint opened = model::open_checkpoint(path, wanted);
  if (!parts.adapter.empty()) learn::put_on(opened, parts.adapter);
  open_ = std::make_shared<const model::Checkpoint>(std::move(opened));
  open_adapter_ = parts.adapter;
  return open_;
}

lab::Coordinates Equipment::model_inputs(const std::string& name) {
  const tensor::Compute wanted = compute();
  const auto [model, vector, adapter] = split(name);
  const model::CheckpointSummary& known = summary(model);
  lab::Coordinates inputs = {
      {"checkpoint", known.hash},
      {"tokenizer", known.tokenizer->fingerprint()},
      {"device", wanted.device.is_cuda() ? "cuda" : "cpu"},
      {"dtype", tensor::name_of(wanted.dtype)},
      {"numbers", std::to_string(model::kNumericalVersion)},
  };
  if (!vector.empty()) inputs["vector"] = base::sha256_of_file(vector);
  if (!adapter.empty()) inputs["adapter"] = model::hash_of_adapter(adapter);
  return inputs;
}

lab::Coordinates Equipment::training_inputs() const {
  const tensor::Compute wanted = compute();
  if (wanted.dtype != at::kFloat)
    throw base::Error({.where = "--dtype", .given = tensor::name_of(wanted.dtype), .expected = "float32: networks are trained in it alone"});
  return {
      {"device", wanted.device.is_cuda() ? "cuda" : "cpu"},
      {"dtype", tensor::name_of(wanted.dtype)},
      {"training", std::to_string(learn::kTrainingVersion)},
  };
}

int64_t Equipment::threads() const {
  return options_.threads > 0 ? options_.threads : std::max<int64_t>(1, std::thread::hardware_concurrency());
}

world::PromptLimit Equipment::prompt_limit(const std::string& name, int64_t reserved) {
  const ModelName parts = split(name);
  const model::CheckpointSummary& known = summary(parts.model);
  const int64_t taken = parts.adapter.empty() ? 0 : positions_of(model::load_adapter(parts.adapter));
  return {.tokenizer = known.tokenizer.get(), .tokens = known.context - reserved - taken};
}

const model::CheckpointSummary& Equipment::summary(const std::string& name) {
  const std::string path = model::fetch_model(name, watch_);
  const auto found = summaries_.find(path);
  if (found != summaries_.end()) return found->second;
  return summaries_.emplace(path, model::summarize_checkpoint(path, options_.tokenizer)).first->second;
}

}  // namespace manabi::study
