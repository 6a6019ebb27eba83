// `manabi probe heads`: which heads look at the token before, at their own token's first occurrence, and behind it.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "app/command_line.h"
#include "app/model_options.h"
#include "app/verbs/probe/probe_verbs.h"
#include "base/format/json.h"
#include "learn/scoring/beginning.h"
#include "probe/heads/head_scores.h"

namespace manabi::app {
namespace {

using Scores = std::vector<std::vector<double>>;

void print_strongest(const std::string& kind, const Scores& scores, int64_t count, std::ostream& out) {
  struct Head {
    double score;
    size_t layer, head;
  };
  std::vector<Head> heads;
  for (size_t layer = 0; layer < scores.size(); ++layer)
    for (size_t head = 0; head < scores[layer].size(); ++head) heads.push_back({scores[layer][head], layer, head});
  std::ranges::stable_sort(heads, std::ranges::greater(), &Head::score);
  out << kind << "\n";
  for (const Head& head : std::span(heads).first(std::min(static_cast<size_t>(count), heads.size())))
    out << fmt::format("  {:.3f}  layer {:>3}  head {:>3}\n", head.score, head.layer, head.head);
}

}  // namespace

int probe_heads(Words words, Session& session) {
  probe::HeadScoreOptions options;
  ModelOptions model;
  int64_t seed = 0, strongest = 5;
  bool json = false;
  CommandLine line{.verb = "probe heads", .summary = "Scores every head on repeated random tokens: previous token, duplicate, induction."};
  line.options.add_all(model.table());
  line.options.add({.name = "rows", .help = "rows of random tokens", .target = &options.rows, .least = 1, .most = 1'000'000});
  line.options.add(
      {.name = "repeated", .help = "tokens of a row before it begins anew", .target = &options.repeated, .least = 2, .most = 1'000'000});
  line.options.add({.name = "seed", .help = "of the tokens", .target = &seed, .least = 0});
  line.options.add({.name = "strongest", .help = "heads that are printed of each kind", .target = &strongest, .least = 1});
  line.options.add({.name = "json", .help = "all scores as JSON, [layer][head]", .target = &json});
  if (!parse(line, words, session.out)) return 0;
  options.seed = static_cast<uint64_t>(seed);
  const model::Checkpoint checkpoint = model.open(session.watch);
  options.beginning = learn::beginning_of(*checkpoint.tokenizer, learn::parse_beginning_token(model.beginning)).value_or(-1);
  const probe::HeadScores scores = probe::head_scores(*checkpoint.lm, options, session.watch);
  if (json) {
    session.out << base::Json{{"previous", scores.previous}, {"duplicate", scores.duplicate}, {"induction", scores.induction}}.dump() << "\n";
    return 0;
  }
  print_strongest("previous token", scores.previous, strongest, session.out);
  print_strongest("duplicate token", scores.duplicate, strongest, session.out);
  print_strongest("induction", scores.induction, strongest, session.out);
  return 0;
}

}  // namespace manabi::app
