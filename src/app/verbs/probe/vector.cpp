// `manabi probe vector WHAT`: a task as one vector in the stream, on disk and back.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <ostream>

#include "app/command_line.h"
#include "app/model_options.h"
#include "app/verbs/probe/probe_verbs.h"
#include "app/verbs/probe/prompts.h"
#include "base/error.h"
#include "base/file.h"
#include "base/format/json.h"
#include "base/format/printable.h"
#include "probe/lens/logit_lens.h"
#include "probe/tasks/task_reading.h"
#include "probe/vectors/steering_vector.h"

namespace manabi::app {
namespace {

// Which items of which task.
struct ItemOptions {
  std::string task, data;
  int64_t items = 50, shots = 5, seed = 0;

  void add_to(base::OptionTable& table) {
    table.add({.name = "task", .help = "a mapping, such as antonyms or next_letter", .target = &task});
    table.add({.name = "data", .help = "folder of data sets; without it only the built-in ones are there", .target = &data});
    table.add({.name = "items", .help = "prompts, each with its own demonstrations", .target = &items, .least = 1, .most = 1'000'000});
    table.add({.name = "shots", .help = "demonstrations of a prompt", .target = &shots, .least = 0, .most = 1000});
    table.add({.name = "seed", .help = "of the items", .target = &seed, .least = 0});
  }
  probe::ReadableTask open(const Session& session, const text::Tokenizer& tokenizer) const {
    return probe::readable(world::MappingCatalogue(session.assets_folder, data).open(task), tokenizer);
  }
  probe::ReadItems read(const model::Checkpoint& checkpoint, const probe::ReadableTask& readable, int64_t token_budget) const {
    const base::Rng rng = base::Rng(static_cast<uint64_t>(seed)).child(readable.name);
    return probe::read_items(checkpoint, probe::draw_items(readable, items, rng, {.demonstrations = shots}), token_budget);
  }
};

constexpr int64_t kTokenBudget = 2048;

void check_layer(int64_t layer, const model::Checkpoint& checkpoint) {
  if (layer < checkpoint.lm->layers()) return;
  throw base::Error({.where = "--layer",
                     .given = std::to_string(layer),
                     .expected = fmt::format("0 to {}, the blocks of {}", checkpoint.lm->layers() - 1, checkpoint.name)});
}

int extract(Words words, Session& session) {
  ItemOptions items;
  ModelOptions model;
  std::string output, use = "replace";
  int64_t layer = -1;
  CommandLine line{.verb = "probe vector extract",
                   .summary = "Reads a task's vector: the stream behind the demonstrations and a query that nobody asks, mean over prompts."};
  line.options.add_all(model.table());
  items.add_to(line.options);
  line.options.add({.name = "layer", .help = "behind which block; -1 = where it answers most queries", .target = &layer, .least = -1});
  line.options.add({.name = "use", .help = "what it will do to the stream", .target = &use, .allowed = {"replace", "add"}});
  line.options.add({.name = "output", .help = "the safetensors file; empty = TASK.safetensors", .target = &output});
  if (!parse(line, words, session.out)) return 0;
  if (items.task.empty()) throw base::Error({.where = "manabi probe vector extract", .given = "no task", .expected = "--task NAME"});
  if (output.empty()) output = items.task + ".safetensors";
  base::check_can_be_written(output);

  const model::Checkpoint checkpoint = model.open(session.watch);
  check_layer(layer, checkpoint);
  const probe::ReadableTask task = items.open(session, *checkpoint.tokenizer);
  const probe::ReadItems read = items.read(checkpoint, task, kTokenBudget);
  if (layer < 0) {
    const probe::LayerChoice choice = probe::choose_layer(checkpoint, task.rule, read, kTokenBudget);
    layer = choice.layer;
    session.messages << fmt::format("behind block {} each prompt's own vector answers {:.0f} % of the queries, the most\n", layer,
                                    100 * choice.shares[static_cast<size_t>(layer)]);
  }
  const probe::SteeringVector vector = {
      .values = read.thetas.select(1, layer).to(at::kCPU, at::kFloat).mean(0),
      .layer = layer,
      .use = probe::vector_use_named(use),
      .name = items.task,
      .model = checkpoint.name,
      .checkpoint_hash = checkpoint.hash,
      .made_of = base::Json{{"task", items.task}, {"items", items.items}, {"shots", items.shots}, {"seed", items.seed}}.dump()};
  probe::save_vector(vector, output);
  session.out << fmt::format("{}: width {}, norm {:.3f}, behind block {}\n", output, vector.width(), vector.values.norm().item<double>(), layer);
  return 0;
}

void apply_to_prompt(const probe::SteeringVector& vector, const model::Checkpoint& checkpoint, const std::vector<text::TokenId>& tokens,
                     int64_t likeliest, std::ostream& out) {
  const probe::PromptGroup group = {tokens};
  const probe::PromptRuns runs(*checkpoint.lm, std::span(&group, 1));
  const int64_t count = std::min(likeliest, checkpoint.lm->vocabulary());
  print_likeliest("as it is", checkpoint, runs.hidden(), count, -1, out);
  const at::Tensor states = probe::steered(vector, runs.states().select(1, vector.layer));
  print_likeliest("with the vector", checkpoint, runs.hidden_after(vector.layer, states), count, -1, out);
}

// How many queries of a task are answered with the vector, without it, and behind demonstrations.
void apply_to_task(const probe::SteeringVector& vector, const model::Checkpoint& checkpoint, const ItemOptions& items, Session& session) {
  const probe::ReadableTask task = items.open(session, *checkpoint.tokenizer);
  const probe::ReadItems read = items.read(checkpoint, task, kTokenBudget);
  const probe::Queries queries(checkpoint, probe::zero_shot_prompts(read.items), kTokenBudget);
  const std::vector<std::string> outputs = probe::outputs_of(read.items);
  const at::Tensor states = queries.runs().states().select(1, vector.layer);
  const std::vector<std::string> with =
      probe::answers_after(checkpoint, queries.runs().hidden_after(vector.layer, probe::steered(vector, states)));
  const auto print = [&](const std::string& run, const std::vector<std::string>& answers) {
    session.out << fmt::format("{:<24} {:>5.1f} %\n", run, 100 * probe::share_of(probe::judge(task.rule, outputs, answers)));
  };
  session.out << fmt::format("{} queries of {}, answered rightly\n", items.items, items.task);
  print("query alone", queries.answers());
  print("with the vector", with);
  print(fmt::format("{} demonstrations", items.shots), read.regular);
}

int apply(Words words, Session& session) {
  ItemOptions items;
  ModelOptions model;
  std::string file, prompt;
  int64_t likeliest = 5;
  double scale = 1;
  bool other_model = false;
  CommandLine line{.verb = "probe vector apply", .summary = "Puts a vector into the stream of a prompt's last token, or of a task's queries."};
  line.positionals = {{.name = "FILE", .help = "the vector", .target = &file},
                      {.name = "PROMPT", .help = "the text after which the next token is asked", .target = &prompt, .is_required = false}};
  line.options.add_all(model.table());
  items.add_to(line.options);
  line.options.add({.name = "scale", .help = "what the vector is multiplied by", .target = &scale});
  line.options.add({.name = "likeliest", .help = "how many tokens", .target = &likeliest, .least = 1, .most = 1000});
  line.options.add({.name = "other-model", .help = "take a vector of another model of the same width", .target = &other_model});
  if (!parse(line, words, session.out)) return 0;
  if (prompt.empty() == items.task.empty())
    throw base::Error({.where = "manabi probe vector apply",
                       .given = prompt.empty() ? "neither a prompt nor a task" : "a prompt and a task",
                       .expected = "PROMPT, or --task NAME"});
  probe::SteeringVector vector = probe::load_vector(file);
  vector.values = vector.values * scale;
  const model::Checkpoint checkpoint = model.open(session.watch);
  probe::check_fits(vector, checkpoint, other_model);
  if (items.task.empty())
    apply_to_prompt(vector, checkpoint, prompt_tokens(checkpoint, prompt, model.beginning), likeliest, session.out);
  else
    apply_to_task(vector, checkpoint, items, session);
  return 0;
}

std::vector<probe::SteeringVector> load_all(const std::vector<std::string>& files, const std::string& verb) {
  if (files.size() < 2)
    throw base::Error({.where = verb, .given = fmt::format("{} vectors", files.size()), .expected = "--vectors FILE,FILE[,...]: two or more"});
  std::vector<probe::SteeringVector> vectors;
  for (const std::string& file : files) vectors.push_back(probe::load_vector(file));
  return vectors;
}

int compose(Words words, Session& session) {
  std::vector<std::string> files;
  std::vector<double> weights;
  std::string output = "composed.safetensors";
  CommandLine line{.verb = "probe vector compose", .summary = "Adds vectors of one model, each times its weight."};
  line.options.add({.name = "vectors", .help = "the files", .target = &files});
  line.options.add({.name = "weights", .help = "one a vector; none = 1 each", .target = &weights});
  line.options.add({.name = "output", .help = "the safetensors file", .target = &output});
  if (!parse(line, words, session.out)) return 0;
  base::check_can_be_written(output);
  const std::vector<probe::SteeringVector> vectors = load_all(files, "manabi probe vector compose");
  if (weights.empty()) weights.assign(vectors.size(), 1.0);
  const probe::SteeringVector sum = probe::compose(vectors, weights);
  probe::save_vector(sum, output);
  session.out << fmt::format("{}: {}, norm {:.3f}, behind block {}\n", output, sum.name, sum.values.norm().item<double>(), sum.layer);
  return 0;
}

int compare(Words words, Session& session) {
  std::vector<std::string> files;
  ModelOptions model;
  int64_t likeliest = 0;
  CommandLine line{.verb = "probe vector compare", .summary = "Norms and cosines of vectors, and what the unembedding makes of them."};
  line.options.add_all(model.table());
  line.options.add({.name = "vectors", .help = "the files", .target = &files});
  line.options.add({.name = "likeliest",
                    .help = "tokens that the unembedding reads in each; 0 = open no model",
                    .target = &likeliest,
                    .least = 0,
                    .most = 1000});
  if (!parse(line, words, session.out)) return 0;
  const std::vector<probe::SteeringVector> vectors = load_all(files, "manabi probe vector compare");
  const std::vector<double> once(vectors.size(), 1.0);
  (void)probe::compose(vectors, once);  // of one model and width, or an error
  session.out << fmt::format("{:>24} {:>6} {:>9}  cosines\n", "vector", "block", "norm");
  for (const probe::SteeringVector& vector : vectors) {
    session.out << fmt::format("{:>24} {:>6} {:>9.3f}", vector.name, vector.layer, vector.values.norm().item<double>());
    for (const probe::SteeringVector& other : vectors)
      session.out << fmt::format("  {:>6.3f}", at::cosine_similarity(vector.values, other.values, 0).item<double>());
    session.out << "\n";
  }
  if (likeliest == 0) return 0;
  const model::Checkpoint checkpoint = model.open(session.watch);
  for (const probe::SteeringVector& vector : vectors) {
    probe::check_fits(vector, checkpoint);
    session.out << vector.name << ":";
    const at::Tensor state = vector.values.to(checkpoint.lm->compute().device, checkpoint.lm->compute().dtype).unsqueeze(0);
    const std::vector<std::vector<probe::LikelyToken>> read = probe::likeliest_tokens(*checkpoint.lm, state, likeliest);
    for (const probe::LikelyToken& token : read.front())
      session.out << " " << base::Json(base::printable(checkpoint.tokenizer->bytes_of(token.token))).dump();
    session.out << "\n";
  }
  return 0;
}

}  // namespace

int probe_vector(Words words, Session& session) {
  static const std::vector<Verb> parts = {
      {"extract", "probe vector extract --task TASK", "read a task's vector and save it", extract},
      {"apply", "probe vector apply FILE PROMPT", "put a vector into a prompt, or into a task's queries", apply},
      {"compose", "probe vector compose --vectors A,B", "add vectors", compose},
      {"compare", "probe vector compare --vectors A,B", "norms, cosines, likeliest tokens", compare},
  };
  return act_on_part(parts, "manabi probe vector", words, session);
}

}  // namespace manabi::app
