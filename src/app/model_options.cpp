#include "app/model_options.h"

#include <algorithm>
#include <thread>

#include "learn/tuning/tuned_reader.h"
#include "model/catalogue.h"
#include "tensor/device.h"

namespace manabi::app {

base::OptionTable ModelOptions::table() {
  base::OptionTable options;
  options.add(
      {.name = "model", .help = "a path (GGUF, Hugging Face folder, llama2.c .bin) or a short name of `manabi list models`", .target = &model});
  options.add({.name = "tokenizer", .help = "a tokenizer that overrides the checkpoint's own: a file or a folder", .target = &tokenizer});
  options.add({.name = "adapter", .help = "a folder that `manabi tune` or PEFT wrote, for this model", .target = &adapter});
  options.add({.name = "device", .help = "where to compute: cpu, cuda, cuda:1", .target = &device});
  options.add(
      {.name = "dtype", .help = "float32 (the reference) or bfloat16", .target = &dtype, .allowed = {"float32", "f32", "bfloat16", "bf16"}});
  options.add({.name = "beginning",
               .help = "the beginning-of-text token: auto (as the checkpoint says), always, never",
               .target = &beginning,
               .allowed = {"auto", "always", "never"}});
  options.add({.name = "threads", .help = "threads; 0 = all cores", .target = &threads, .least = 0, .most = 1024});
  return options;
}

model::Checkpoint ModelOptions::open(const base::Watch& watch) const {
  const int64_t count = threads > 0 ? threads : std::max<int64_t>(1, std::thread::hardware_concurrency());
  tensor::set_threads(static_cast<int>(count));
  const model::CheckpointOptions wanted{
      .compute = {.device = tensor::parse_device(device), .dtype = tensor::parse_dtype(dtype)}, .tokenizer = tokenizer, .threads = count};
  model::Checkpoint checkpoint = model::open_checkpoint(model::fetch_model(model, watch), wanted);
  if (!adapter.empty()) learn::put_on(checkpoint, adapter);
  return checkpoint;
}

}  // namespace manabi::app
