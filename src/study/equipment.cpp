#include "study/equipment.h"

#include "base/error.h"
#include "base/hash.h"
#include "model/catalogue.h"
#include "model/version.h"
#include "tensor/device.h"

namespace manabi::study {

base::OptionTable EquipmentOptions::table() {
  using base::Changes;
  base::OptionTable options;
  options.add({.name = "model",
               .help = "checkpoints: paths (GGUF, Hugging Face folder, llama2.c .bin) or short names of `manabi list models`",
               .target = &model});
  options.add({.name = "tokenizer", .help = "a tokenizer that overrides the checkpoint's own: a file or a folder", .target = &tokenizer});
  options.add({.name = "data", .help = "folder of data sets; without it only the built-in ones are there", .target = &data});
  options.add({.name = "device", .help = "where to compute: cpu, cuda, cuda:1", .target = &device});
  options.add(
      {.name = "dtype", .help = "float32 (the reference) or bfloat16", .target = &dtype, .allowed = {"float32", "f32", "bfloat16", "bf16"}});
  options.add({.name = "seed", .help = "the first seed", .target = &seed});
  options.add({.name = "seeds", .help = "how many seeds, from --seed on; 0 = as the scale says", .target = &seeds});
  options.add({.name = "threads", .help = "threads; 0 = all cores", .target = &threads});
  options.add({.name = "token-budget", .help = "tokens of one forward pass; speed and memory only", .target = &token_budget});
  return options;
}

tensor::Compute Equipment::compute() const {
  return {.device = tensor::parse_device(options_.device), .dtype = tensor::parse_dtype(options_.dtype)};
}

std::shared_ptr<const model::Checkpoint> Equipment::checkpoint(const std::string& name) {
  const std::string path = model::fetch_model(name, watch_);
  if (open_ && open_->path == path) return open_;
  open_.reset();  // before the next one is read: two models need not fit into memory at once
  model::CheckpointOptions wanted{.compute = compute(), .tokenizer = options_.tokenizer, .threads = options_.threads};
  open_ = std::make_shared<const model::Checkpoint>(model::open_checkpoint(path, wanted));
  return open_;
}

lab::Coordinates Equipment::model_inputs(const std::string& name) {
  const tensor::Compute wanted = compute();
  const model::CheckpointSummary& known = summary(name);
  return {
      {"checkpoint", known.hash},
      {"tokenizer", known.tokenizer->fingerprint()},
      {"device", wanted.device.is_cuda() ? "cuda" : "cpu"},
      {"dtype", tensor::name_of(wanted.dtype)},
      {"numbers", std::to_string(model::kNumericalVersion)},
  };
}

world::PromptLimit Equipment::prompt_limit(const std::string& name, int64_t reserved) {
  const model::CheckpointSummary& known = summary(name);
  return {.tokenizer = known.tokenizer.get(), .tokens = known.context - reserved};
}

const model::CheckpointSummary& Equipment::summary(const std::string& name) {
  const std::string path = model::fetch_model(name, watch_);
  const auto found = summaries_.find(path);
  if (found != summaries_.end()) return found->second;
  return summaries_.emplace(path, model::summarize_checkpoint(path, options_.tokenizer)).first->second;
}

}  // namespace manabi::study
