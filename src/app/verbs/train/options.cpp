#include "app/verbs/train/options.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "base/error.h"
#include "model/network/token_network_json.h"

namespace manabi::app {
namespace {

constexpr int64_t kMillion = 1'000'000;

void check_rate(const char* name, double value, bool may_be_zero) {
  if (!std::isfinite(value) || value < 0 || (value == 0 && !may_be_zero))
    throw base::Error({.where = name, .given = fmt::format("{}", value), .expected = may_be_zero ? "0 or more" : "more than 0"});
}

}  // namespace

learn::Schedule TrainOptions::schedule() const {
  const auto kind = decay == "cosine"                ? learn::Decay::cosine
                    : decay == "linear"              ? learn::Decay::linear
                    : decay == "inverse_square_root" ? learn::Decay::inverse_square_root
                                                     : learn::Decay::constant;
  return {.decay = kind, .warm_up = warm_up, .steps = steps};
}

model::TokenNetworkConfig TrainOptions::network(int64_t vocabulary) const {
  const model::DecoderConfig decoder = {.layers = layers,
                                        .width = width,
                                        .heads = heads,
                                        .mlp_ratio = mlp_ratio,
                                        .activation = model::activation_named(activation),
                                        .attention = model::attention_named(attention),
                                        .norms = model::norms_named(norms),
                                        .shares_blocks = shares_blocks,
                                        .products = dtype == "bfloat16" ? tensor::ProductFormat::bfloat16 : tensor::ProductFormat::unrounded};
  return {.decoder = decoder, .vocabulary = vocabulary, .context = context, .positions = model::positions_named(positions)};
}

void TrainOptions::check() const {
  check_rate("--lr", lr, false);
  check_rate("--weight-decay", weight_decay, true);
  check_rate("--clip", clip, true);
  if (warm_up >= steps)
    throw base::Error({.where = "--steps, --warm-up",
                       .given = fmt::format("{} steps with a warm-up of {}", steps, warm_up),
                       .expected = "a warm-up that ends before the last step"});
  tensor::ParameterPlan plan;
  const model::TokenNetwork fits(network(/*vocabulary=*/1), plan);
}

// Of the model. Each has the spelling --model.NAME too.
void TrainOptions::add_model(base::OptionTable& options) {
  using base::Changes;
  const auto count = [&](const std::string& name, const char* help, int64_t* target, int64_t least, int64_t most) {
    options.add(
        {.name = name, .help = help, .target = target, .changes = Changes::value, .alias = "model." + name, .least = least, .most = most});
  };
  const auto word = [&](const std::string& name, const char* help, std::string* target, const std::vector<std::string>& allowed) {
    options.add({.name = name, .help = help, .target = target, .changes = Changes::value, .allowed = allowed, .alias = "model." + name});
  };
  count("layers", "blocks of the model", &layers, 0, 1000);
  count("width", "of the residual stream", &width, 1, 65'536);
  count("heads", "of the attention; they divide the width", &heads, 1, 1024);
  count("mlp-ratio", "width of the MLP over the model's; 0: attention only", &mlp_ratio, 0, 64);
  word("positions", "how the model is told them", &positions, model::position_words());
  options.add({.name = "shares-blocks",
               .help = "one block, passed as many times as there are layers",
               .target = &shares_blocks,
               .changes = Changes::value,
               .alias = "model.shares-blocks"});
  word("norms", "where layer norms stand: before each part, after each sum, nowhere", &norms, model::norm_words());
  word("attention", "what a query makes of its scores; linear_mean: over the positions it sees", &attention, model::attention_words());
  word("activation", "of the MLP", &activation, model::activation_words());
  count("context", "tokens of a row, and the longest that the model will read; 0: as the world wants (a text: 64)", &context, 0, kMillion);
}

base::OptionTable TrainOptions::table() {
  using base::Changes;
  base::OptionTable options;
  const auto count = [&](const std::string& name, const char* help, int64_t* target, int64_t least, int64_t most) {
    options.add({.name = name, .help = help, .target = target, .changes = Changes::value, .least = least, .most = most});
  };
  add_model(options);
  count("steps", "of training", &steps, 1, 1000 * kMillion);
  count("batch", "rows of one step", &batch, 1, kMillion);
  count("warm-up", "steps in which the learning rate rises", &warm_up, 0, 1000 * kMillion);
  count("seed", "of the parameters and of the rows", &seed, 0, 1000 * kMillion);
  options.add({.name = "lr", .help = "learning rate of AdamW at its highest", .target = &lr, .changes = Changes::value});
  options.add({.name = "decay",
               .help = "of the learning rate after the warm-up",
               .target = &decay,
               .changes = Changes::value,
               .allowed = {"constant", "linear", "cosine", "inverse_square_root"}});
  options.add(
      {.name = "weight-decay", .help = "of matrices, times the learning rate a step", .target = &weight_decay, .changes = Changes::value});
  options.add({.name = "clip", .help = "largest norm of the gradient; 0 = not clipped", .target = &clip, .changes = Changes::value});
  options.add({.name = "tokenizer", .help = "a tokenizer file or folder; without it a token is a byte", .target = &tokenizer});
  options.add({.name = "output", .help = "the model's folder; a training that lies there unfinished goes on", .target = &output});
  options.add({.name = "device", .help = "where to compute: cpu, cuda, cuda:1", .target = &device});
  options.add({.name = "dtype",
               .help = "what matrices are rounded to before they are multiplied; parameters and sums stay float32",
               .target = &dtype,
               .changes = Changes::value,
               .allowed = {"float32", "bfloat16"}});
  options.add({.name = "threads", .help = "threads; 0 = all cores", .target = &threads, .least = 0, .most = 1024});
  options.add({.name = "json", .help = "print the outcome as JSON", .target = &json});
  return options;
}

}  // namespace manabi::app
