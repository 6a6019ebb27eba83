// `manabi probe patch`: where a network carries what two prompts differ in.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <ostream>

#include "app/command_line.h"
#include "app/model_options.h"
#include "app/verbs/probe/probe_verbs.h"
#include "app/verbs/probe/prompts.h"
#include "base/error.h"
#include "base/file.h"
#include "base/format/json.h"
#include "lab/report.h"
#include "probe/patching/attribution.h"
#include "probe/patching/patch_map.h"

namespace manabi::app {
namespace {

struct PatchOptions {
  ModelOptions model;
  std::string clean, corrupted, answer, foil, site = "resid_pre", align = "none", method = "exact", ids, scores, report = "probe-patch.html";
  int64_t token_budget = probe::PatchPlan{}.token_budget;
  bool json = false;

  base::OptionTable table();
};

base::OptionTable PatchOptions::table() {
  base::OptionTable options;
  options.add_all(model.table());
  options.add({.name = "clean", .help = "the prompt whose activations are taken", .target = &clean});
  options.add({.name = "corrupted", .help = "the prompt into which they are put", .target = &corrupted});
  options.add({.name = "answer", .help = "the text whose logit is read after the prompt; of several tokens the first", .target = &answer});
  options.add({.name = "foil", .help = "a text whose logit is taken off", .target = &foil});
  options.add({.name = "site", .help = "what is patched: resid_pre, attn_out, mlp_out, z, pattern ...", .target = &site});
  options.add({.name = "align",
               .help = "which positions of prompts of different lengths belong together, counted from where",
               .target = &align,
               .allowed = {"none", "start", "end"}});
  options.add({.name = "method",
               .help = "exact: a pass a cell; attribution: its first order, from one pass and its gradient; both: the second beside the first",
               .target = &method,
               .allowed = {"exact", "attribution", "both"}});
  options.add({.name = "ids", .help = "a JSON file {clean, corrupted, answer} of token ids in place of the texts", .target = &ids});
  options.add({.name = "scores", .help = "write the map as JSON, [layer][position or head]", .target = &scores});
  options.add({.name = "report", .help = "the page with the map; empty = none", .target = &report});
  options.add({.name = "token-budget", .help = "tokens of one forward pass; speed and memory only", .target = &token_budget, .least = 1});
  options.add({.name = "json", .help = "print the map as JSON", .target = &json});
  return options;
}

probe::Align align_named(const std::string& word) {
  return word == "start" ? probe::Align::start : word == "end" ? probe::Align::end : probe::Align::same_length;
}

void read_ids(const std::string& path, probe::PatchPlan& plan) {
  const base::Json json = base::parse_json(base::read_text(path), path);
  try {
    plan.clean = json.at("clean").get<std::vector<text::TokenId>>();
    plan.corrupted = json.at("corrupted").get<std::vector<text::TokenId>>();
    plan.metric.answer = json.at("answer").get<text::TokenId>();
  } catch (const base::Json::exception& error) {
    throw base::Error({.where = path, .given = error.what(), .expected = "{\"clean\": [ids], \"corrupted\": [ids], \"answer\": id}"});
  }
}

probe::PatchPlan plan_of(const PatchOptions& options, const model::Checkpoint& checkpoint, std::ostream& messages) {
  probe::PatchPlan plan{.align = align_named(options.align),
                        .site = model::site_kind_named(options.site, checkpoint.lm->site_kinds()),
                        .token_budget = options.token_budget};
  if (!options.ids.empty()) {
    read_ids(options.ids, plan);
  } else {
    plan.clean = prompt_tokens(checkpoint, options.clean, options.model.beginning);
    plan.corrupted = prompt_tokens(checkpoint, options.corrupted, options.model.beginning);
    plan.metric.answer = answer_token(checkpoint, options.answer, "--answer", messages);
  }
  if (!options.foil.empty()) plan.metric.foil = answer_token(checkpoint, options.foil, "--foil", messages);
  return plan;
}

// Both tokenisations, where the prompts have different lengths and nobody said which positions belong together.
void check_lengths(const PatchOptions& options, const probe::PatchPlan& plan, const model::Checkpoint& checkpoint) {
  if (plan.clean.size() == plan.corrupted.size() || plan.align != probe::Align::same_length) return;
  const auto shown = [&](const std::vector<text::TokenId>& tokens) {
    return fmt::format("{}", fmt::join(printed_tokens(checkpoint, tokens), "|"));
  };
  throw base::Error({.where = options.ids.empty() ? "--clean, --corrupted" : options.ids,
                     .given = fmt::format("{} tokens ({}) and {} tokens ({})", plan.clean.size(), shown(plan.clean), plan.corrupted.size(),
                                          shown(plan.corrupted)),
                     .expected = "as many",
                     .hint = "--align start or --align end says which positions belong together"});
}

std::vector<std::string> column_names(const probe::PatchMap& map, const probe::PatchPlan& plan, const model::Checkpoint& checkpoint) {
  if (map.cells == probe::PatchCells::positions) return printed_tokens(checkpoint, plan.corrupted);
  std::vector<std::string> names;
  for (size_t head = 0; head < map.values.front().size(); ++head) names.push_back(fmt::format("head {}", head));
  return names;
}

// What was asked for: the exact map, its estimate, or both.
struct Maps {
  std::optional<probe::PatchMap> exact, estimate;
  double exact_seconds = 0, estimate_seconds = 0;

  const probe::PatchMap& main() const { return exact ? *exact : *estimate; }
};

Maps measure(const std::string& method, const model::CausalLM& lm, const probe::PatchPlan& plan, const base::Watch& watch) {
  const auto timed = [](double& seconds, const auto& act) {
    const auto begin = std::chrono::steady_clock::now();
    auto map = act();
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return map;
  };
  Maps maps;
  if (method != "attribution") maps.exact = timed(maps.exact_seconds, [&] { return probe::patch_map(lm, plan, watch); });
  if (method != "exact") maps.estimate = timed(maps.estimate_seconds, [&] { return probe::attribution_map(lm, plan); });
  return maps;
}

lab::HeatMap heat_map(const PatchOptions& options, const probe::PatchMap& map, const std::vector<std::string>& names, bool is_estimate) {
  lab::HeatMap heat{
      .title = is_estimate ? "What a patch would restore, to first order" : "What a patch restores",
      .caption = fmt::format("{} of the clean run put into the corrupted one, one cell at a time. The metric is {:.3f} after the clean prompt "
                             "and {:.3f} after the corrupted one.",
                             options.site, map.clean, map.corrupted),
      .x_label = map.cells == probe::PatchCells::positions ? "token of the corrupted prompt" : "head",
      .y_label = "block",
      .columns = names,
      .unit = "share of the difference that is restored (0: as corrupted, 1: as clean)",
      .is_diverging = true,
      .has_tokens = map.cells == probe::PatchCells::positions};
  for (size_t layer = 0; layer < map.values.size(); ++layer) {
    heat.rows.push_back(std::to_string(layer));
    std::vector<double>& row = heat.values.emplace_back();
    for (size_t cell = 0; cell < map.values[layer].size(); ++cell) row.push_back(map.restored(layer, cell));
  }
  return heat;
}

std::string error_sentence(const Maps& maps) {
  const probe::MapError error = probe::error_of(*maps.estimate, *maps.exact);
  return fmt::format(
      "the estimate took {:.2f} s, the exact map {:.2f} s; over cells they correlate by {:.3f} and lie {:.3f} apart (at most {:.3f})",
      maps.estimate_seconds, maps.exact_seconds, error.correlation, error.mean, error.largest);
}

void write_page(const PatchOptions& options, const Maps& maps, const std::vector<std::string>& names) {
  lab::Section section{.title = "Map"};
  if (maps.exact) section.blocks.emplace_back(heat_map(options, *maps.exact, names, false));
  if (maps.estimate) section.blocks.emplace_back(heat_map(options, *maps.estimate, names, true));
  if (maps.exact && maps.estimate) section.blocks.emplace_back("Logits: " + error_sentence(maps) + ".");
  const std::string answer = options.answer + (options.foil.empty() ? "" : " against " + options.foil);
  lab::Report report{.title = "Activation patching",
                     .question = "Which activations carry what the two prompts differ in?",
                     .sections = {std::move(section)},
                     .manifest = {{"model", options.model.model},
                                  {"clean", options.clean},
                                  {"corrupted", options.corrupted},
                                  {"answer", answer},
                                  {"site", options.site},
                                  {"method", options.method},
                                  {"dtype", options.model.dtype}}};
  base::write_text_atomically(options.report, lab::render_html(report));
}

// The cells that restore most.
void print_strongest(const probe::PatchMap& map, const std::vector<std::string>& names, std::ostream& out) {
  constexpr size_t kShown = 10;
  struct Cell {
    double restored;
    size_t layer, column;
  };
  std::vector<Cell> cells;
  for (size_t layer = 0; layer < map.values.size(); ++layer)
    for (size_t column = 0; column < map.values[layer].size(); ++column) cells.push_back({map.restored(layer, column), layer, column});
  std::ranges::stable_sort(cells, std::ranges::greater(), &Cell::restored);
  for (const Cell& cell : std::span(cells).first(std::min(kShown, cells.size())))
    out << fmt::format("{:>8.3f}  layer {:>3}  {:>3} {}\n", cell.restored, cell.layer, cell.column, names[cell.column]);
}

}  // namespace

int probe_patch(Words words, Session& session) {
  PatchOptions options;
  CommandLine line{
      .verb = "probe patch",
      .summary = "Puts the activations of a clean prompt into the run of a corrupted one, cell by cell, and reads what the answer gains."};
  line.options = options.table();
  if (!parse(line, words, session.out)) return 0;
  const bool has_texts = !options.clean.empty() && !options.corrupted.empty() && !options.answer.empty();
  if (!has_texts && options.ids.empty())
    throw base::Error({.where = "manabi probe patch", .given = "no prompts", .expected = "--clean, --corrupted and --answer, or --ids"});
  for (const std::string& path : {options.scores, options.report})
    if (!path.empty()) base::check_can_be_written(path);

  const model::Checkpoint checkpoint = options.model.open(session.watch);
  const probe::PatchPlan plan = plan_of(options, checkpoint, session.messages);
  check_lengths(options, plan, checkpoint);
  const Maps maps = measure(options.method, *checkpoint.lm, plan, session.watch);
  const probe::PatchMap& map = maps.main();

  if (!options.scores.empty()) base::write_text_atomically(options.scores, base::Json(map.values).dump() + "\n");
  const std::vector<std::string> names = column_names(map, plan, checkpoint);
  if (!options.report.empty()) write_page(options, maps, names);
  if (options.json) {
    base::Json json = {{"site", options.site}, {"clean", map.clean},   {"corrupted", map.corrupted},
                       {"columns", names},     {"values", map.values}, {"seconds", maps.exact ? maps.exact_seconds : maps.estimate_seconds}};
    if (maps.exact && maps.estimate) json["estimate"] = {{"values", maps.estimate->values}, {"seconds", maps.estimate_seconds}};
    session.out << json.dump() << "\n";
    return 0;
  }
  const char* metric = plan.metric.foil ? "logit of the answer less the foil's" : "logit of the answer";
  session.out << fmt::format("{}: {:.3f} after the clean prompt, {:.3f} after the corrupted one\n", metric, map.clean, map.corrupted);
  session.out << fmt::format("{} by patching {} (0 as corrupted, 1 as clean), the strongest of {} cells:\n",
                             maps.exact ? "restored" : "estimated to be restored", options.site, map.values.size() * names.size());
  print_strongest(map, names, session.out);
  if (maps.exact && maps.estimate) session.out << error_sentence(maps) << "\n";
  if (!options.report.empty()) session.out << "report: " << options.report << "\n";
  return 0;
}

}  // namespace manabi::app
