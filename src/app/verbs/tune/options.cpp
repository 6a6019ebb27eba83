#include "app/verbs/tune/options.h"

#include <fmt/format.h>

#include "app/verbs/tune/autoprompt.h"
#include "base/error.h"

namespace manabi::app {
namespace {

bool has_positions(learn::TuningMethod method) {
  using enum learn::TuningMethod;
  return method == prompt_tuning || method == prefix_tuning || method == p_tuning || method == p_tuning_v2;
}

}  // namespace

base::OptionTable TuneOptions::table() {
  using base::Changes;
  base::OptionTable options = model.table();
  const auto add = [&](base::OptionTable::Field field) {
    field.changes = Changes::value;
    options.add(std::move(field));
  };
  const auto count = [&](const char* name, const char* help, int64_t* target, int64_t least = 1) {
    add({.name = name, .help = help, .target = target, .least = least, .most = 1'000'000'000});
  };
  add({.name = "task", .help = "a data set: a name of `manabi list tasks`, or a TOML file", .target = &task});
  options.add({.name = "data", .help = "folder of published data sets", .target = &data});
  options.add({.name = "save", .help = "the folder for the tuned model or adapter", .target = &save, .alias = "output"});
  count("template", "which of the set's templates, counted from 0", &template_index, 0);
  count("train", "examples to tune on, balanced over classes", &train);
  count("dev", "further examples, on which the best step is chosen; 0: the last step is kept", &dev, 0);
  count("test", "examples of the test split on which the result is judged", &test);
  count("steps", "steps", &steps);
  count("batch", "examples of a step", &batch);
  add({.name = "lr", .help = "learning rates, each a tuning; none: the method's usual one", .target = &lr});
  add({.name = "length", .help = "positions of a prompt or prefix, each a tuning", .target = &length, .least = 1, .most = 100'000});
  count("seeds", "how many seeds, each a tuning: of the order of examples and the first values", &seeds);
  count("seed", "the first seed", &seed, 0);
  add({.name = "init",
       .help = "where the positions begin: random, vocabulary, text, labels",
       .target = &init,
       .allowed = {"random", "vocabulary", "text", "labels"}});
  add({.name = "init-text", .help = "the words for --init text", .target = &init_text});
  add({.name = "encoder",
       .help = "p-tuning: mlp or lstm (its usual one); prefix-tuning: mlp, or none",
       .target = &encoder,
       .allowed = {"", "mlp", "lstm"}});
  count("encoder-width", "hidden numbers of the encoder; 0: as wide as the network", &encoder_width, 0);
  add({.name = "soft-template",
       .help = "p-tuning: what stands around a task's text, such as \"{soft:3}{prompt}{soft:3}\"; none: the rows stand in front",
       .target = &soft_template});
  count("rank", "lora: the rank", &rank);
  add({.name = "alpha", .help = "lora: the change counts alpha / rank times", .target = &alpha});
  add({.name = "matrices", .help = "lora: q, k, v, qkv, o, gate, up, down; none: queries and values", .target = &matrices});
  count("candidates", "autoprompt: tokens that are tried in the place of one, each step", &candidates);
  count("batches", "autoprompt: batches whose gradients are averaged, and on as many of which candidates are compared", &batches);
  count("label-words", "autoprompt: words for each label that are searched for; 0: the set's own", &label_words, 0);
  add({.name = "optimiser",
       .help = "adamw, or adafactor as prompts are tuned with it",
       .target = &optimiser,
       .allowed = {"adamw", "adafactor"}});
  add({.name = "decay",
       .help = "of the learning rate: constant, linear, cosine",
       .target = &decay,
       .allowed = {"constant", "linear", "cosine"}});
  count("warm-up", "steps over which the learning rate rises", &warm_up, 0);
  add({.name = "weight-decay", .help = "of whole weights, low ranks and heads", .target = &weight_decay});
  add({.name = "clip", .help = "the largest norm of a gradient; 0: not clipped", .target = &clip});
  options.add({.name = "judged-every",
               .help = "steps between looks at the dev examples",
               .target = &judged_every,
               .changes = Changes::value,
               .least = 1,
               .most = 1'000'000'000});
  options.add({.name = "token-budget", .help = "tokens of a pass that judges", .target = &token_budget, .least = 1, .most = 1'000'000'000});
  options.add({.name = "json", .help = "end with one line of JSON", .target = &json});
  return options;
}

void TuneOptions::check() const {
  const bool is_search = method == kAutoprompt;
  const learn::TuningMethod wanted = is_search ? learn::TuningMethod::prompt_tuning : learn::parse_tuning_method(method);
  const auto refuse = [](const char* where, const std::string& given, const std::string& expected) {
    throw base::Error({.where = where, .given = given, .expected = expected});
  };
  if (task.empty()) refuse("--task", "no task", "a data set: see `manabi list tasks`");
  for (const double rate : lr)
    if (!(rate > 0)) refuse("--lr", fmt::format("{}", rate), "a number above 0");
  if (warm_up >= steps && decay != "constant")
    refuse("--warm-up, --steps", fmt::format("a warm-up of {} in {} steps", warm_up, steps), "a shorter one");
  if (init == "text" && init_text.empty()) refuse("--init-text", "no words", "the words for --init text");
  if (!soft_template.empty() && wanted != learn::TuningMethod::p_tuning)
    refuse("--soft-template", method, "p-tuning: only its rows stand within the text");
  if (encoder == "lstm" && wanted != learn::TuningMethod::p_tuning) refuse("--encoder", "lstm for " + method, "p-tuning");
  if (!(clip >= 0)) refuse("--clip", fmt::format("{}", clip), "0 or more");
  if (!(weight_decay >= 0)) refuse("--weight-decay", fmt::format("{}", weight_decay), "0 or more");
  if (!(alpha > 0)) refuse("--alpha", fmt::format("{}", alpha), "a number above 0");
  if (is_search && dev < 1) refuse("--dev", "none", "examples on which the words are chosen");
  if (is_search && (length.size() > 1 || seeds > 1)) refuse("--length, --seeds", "several", "one: each search is a run of its own");
  if (length.empty()) refuse("--length", "no length", "at least one");
}

learn::MethodOptions TuneOptions::method_options() const {
  return {.method = learn::parse_tuning_method(method),
          .lengths = length,
          .first_rows = learn::parse_first_rows(init),
          .text = init_text,
          .encoder = encoder,
          .encoder_width = encoder_width,
          .soft_template = soft_template,
          .rank = rank,
          .alpha = alpha,
          .matrices = matrices};
}

std::string TunedSetting::name() const {
  return fmt::format("seed-{}_lr-{:g}{}", seed, lr, length > 0 ? fmt::format("_length-{}", length) : "");
}

std::vector<TunedSetting> settings_of(const TuneOptions& options) {
  const learn::MethodOptions method = options.method_options();
  const std::vector<double> rates = options.lr.empty() ? std::vector{method.usual_lr()} : options.lr;
  const std::vector<int64_t> lengths = has_positions(method.method) ? options.length : std::vector<int64_t>{0};
  std::vector<TunedSetting> settings;
  for (int64_t seed = 0; seed < options.seeds; ++seed)
    for (const double rate : rates)
      for (const int64_t length : lengths)
        settings.push_back({.seed = static_cast<uint64_t>(options.seed + seed), .lr = rate, .length = length});
  return settings;
}

}  // namespace manabi::app
