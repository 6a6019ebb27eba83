// `manabi probe read` and `manabi probe edit`: activations by their names, written to a file, or changed before the next token is asked.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ostream>

#include "app/command_line.h"
#include "app/model_options.h"
#include "app/verbs/probe/probe_verbs.h"
#include "app/verbs/probe/prompts.h"
#include "base/error.h"
#include "base/file.h"
#include "base/format/safetensors.h"
#include "probe/edits.h"
#include "probe/recording.h"
#include "probe/vectors/steering_vector.h"

namespace manabi::app {
namespace {

std::vector<text::TokenId> tokens_of_prompt(const model::Checkpoint& checkpoint, const std::string& prompt, const std::string& beginning) {
  const std::vector<text::TokenId> tokens = prompt_tokens(checkpoint, prompt, beginning);
  if (tokens.empty()) throw base::Error({.where = "PROMPT", .given = "nothing", .expected = "a text of at least one token"});
  return tokens;
}

// A full name, or a word that stands for all layers.
std::vector<model::Site> sites_named(const std::vector<std::string>& names, const model::CausalLM& lm) {
  const std::vector<model::SiteKind> kinds = lm.site_kinds();
  std::vector<model::Site> sites;
  for (const std::string& name : names) {
    if (name.find("hook_") != std::string::npos) {
      sites.push_back(model::site_named(name, kinds, lm.layers()));
      continue;
    }
    const model::SiteKind kind = model::site_kind_named(name, kinds);
    if (!model::has_layer(kind)) sites.push_back({.kind = kind});
    for (int64_t layer = 0; model::has_layer(kind) && layer < lm.layers(); ++layer) sites.push_back({.kind = kind, .layer = layer});
  }
  return sites;
}

void write_recording(const std::string& path, const probe::Recording& recording, const std::vector<text::TokenId>& tokens,
                     const model::Checkpoint& checkpoint) {
  std::vector<at::Tensor> alive;
  std::vector<base::SafetensorsInput> inputs;
  const auto add = [&](const std::string& name, const char* dtype, const at::Tensor& tensor) {
    alive.push_back(tensor.to(at::kCPU).contiguous());
    const at::Tensor& own = alive.back();
    inputs.push_back({.name = name,
                      .dtype = dtype,
                      .shape = own.sizes().vec(),
                      .bytes = {static_cast<const std::byte*>(own.const_data_ptr()), own.nbytes()}});
  };
  for (const auto& [site, values] : recording.values) add(model::name_of(site), "F32", values.to(at::kFloat));
  add("tokens", "I64", at::tensor(std::vector<int64_t>(tokens.begin(), tokens.end()), at::kLong));
  base::write_safetensors(path, inputs, {{"model", checkpoint.name}, {"checkpoint", checkpoint.hash}});
}

}  // namespace

int probe_read(Words words, Session& session) {
  std::string prompt, output = "activations.safetensors";
  std::vector<std::string> sites = {"resid_post"};
  ModelOptions model;
  CommandLine line{.verb = "probe read", .summary = "Writes a prompt's activations to a safetensors file, under the names of their sites."};
  line.positionals = {{.name = "PROMPT", .help = "the text", .target = &prompt}};
  line.options.add_all(model.table());
  line.options.add({.name = "sites",
                    .help = "names (blocks.3.attn.hook_pattern) and words that mean all layers (resid_post, pattern, z, mlp_out ...)",
                    .target = &sites});
  line.options.add({.name = "output", .help = "the file", .target = &output});
  if (!parse(line, words, session.out)) return 0;
  base::check_can_be_written(output);
  const model::Checkpoint checkpoint = model.open(session.watch);
  const std::vector<text::TokenId> tokens = tokens_of_prompt(checkpoint, prompt, model.beginning);
  const probe::Recording recording = probe::record(*checkpoint.lm, tokens, sites_named(sites, *checkpoint.lm));
  write_recording(output, recording, tokens, checkpoint);
  for (const auto& [site, values] : recording.values)
    session.out << fmt::format("{:<40} {:<20} norm {:.4g}\n", model::name_of(site), fmt::format("{}", fmt::join(values.sizes(), " x ")),
                               values.to(at::kFloat).norm().item<double>());
  session.out << output << ": " << recording.values.size() << " sites of " << tokens.size() << " tokens\n";
  return 0;
}

int probe_edit(Words words, Session& session) {
  std::string prompt, site = "attn_out", how = "zero", vector, answer;
  int64_t layer = 0, likeliest = 5;
  probe::SiteEdit edit;
  ModelOptions model;
  CommandLine line{.verb = "probe edit",
                   .summary = "Changes activations of a prompt's run and shows what comes next, without the change and with it."};
  line.positionals = {{.name = "PROMPT", .help = "the text after which the next token is asked", .target = &prompt}};
  line.options.add_all(model.table());
  line.options.add({.name = "site", .help = "where: resid_pre, attn_out, mlp_out, z, pattern ...", .target = &site});
  line.options.add({.name = "layer", .help = "in which block", .target = &layer, .least = 0});
  line.options.add({.name = "how",
                    .help = "zero; mean (over positions); scale; add or replace (a vector)",
                    .target = &how,
                    .allowed = {"zero", "mean", "scale", "add", "replace"}});
  line.options.add({.name = "by", .help = "the factor of scale, or of the vector", .target = &edit.factor});
  line.options.add({.name = "vector", .help = "for add and replace: a file of `probe vector`", .target = &vector});
  line.options.add({.name = "positions", .help = "which tokens, negative from the end; none = all", .target = &edit.positions});
  line.options.add({.name = "heads", .help = "which heads, where the site has them; none = all", .target = &edit.heads});
  line.options.add({.name = "answer", .help = "a text whose first token's log-probability is shown too", .target = &answer});
  line.options.add({.name = "likeliest", .help = "how many tokens", .target = &likeliest, .least = 1, .most = 1000});
  if (!parse(line, words, session.out)) return 0;
  edit.kind = probe::edit_kind_named(how);
  const bool needs_vector = edit.kind == probe::EditKind::add || edit.kind == probe::EditKind::replace;
  if (needs_vector == vector.empty())
    throw base::Error({.where = "--how, --vector",
                       .given = needs_vector ? how + " without a vector" : how + " with a vector",
                       .expected = "a vector for add and replace, and for these alone"});
  const model::Checkpoint checkpoint = model.open(session.watch);
  edit.site = {.kind = model::site_kind_named(site, checkpoint.lm->site_kinds()), .layer = layer};
  if (!vector.empty()) edit.values = probe::load_vector(vector).values;
  const std::vector<text::TokenId> tokens = tokens_of_prompt(checkpoint, prompt, model.beginning);
  model::Taps taps;
  probe::add_edit(*checkpoint.lm, std::ssize(tokens), edit, taps);
  const text::TokenId followed = answer.empty() ? -1 : answer_token(checkpoint, answer, "--answer", session.messages);
  const model::Row row{.tokens = tokens, .wanted = {std::ssize(tokens) - 1}};
  const int64_t count = std::min(likeliest, checkpoint.lm->vocabulary());
  print_likeliest("as it is", checkpoint, checkpoint.lm->forward(std::span(&row, 1)).hidden, count, followed, session.out);
  print_likeliest("edited", checkpoint, checkpoint.lm->forward(std::span(&row, 1), {.taps = &taps}).hidden, count, followed, session.out);
  return 0;
}

}  // namespace manabi::app
