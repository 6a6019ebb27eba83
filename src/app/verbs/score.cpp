// `manabi score`: a requests file in, an answer file out.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <ostream>

#include "app/command_line.h"
#include "app/model_options.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/file.h"
#include "base/format/json.h"
#include "learn/scoring/requests.h"
#include "learn/tuning/tuned_reader.h"

namespace manabi::app {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

struct ScoreOptions {
  std::string requests;
  std::string output;
  bool json = false;
  bool one_token = false;
  int64_t limit = 0;
  int64_t token_budget = learn::ScoreOptions{}.token_budget;
  int64_t cache_budget_mib = learn::ScoreOptions{}.cache_budget_mib;
};

// Before any work: scores are not computed for a place that cannot take them.
void check_output(const ScoreOptions& options) {
  if (options.output.empty()) return;
  std::error_code missing;
  if (std::filesystem::equivalent(options.output, options.requests, missing))
    throw base::Error({.where = "--output", .given = options.output + " is the requests file itself", .expected = "another file"});
  base::check_can_be_written(options.output);
}

// Share of the requests with a target whose right choice scores highest; nothing when none has one.
std::string accuracy_line(const std::vector<learn::Request>& requests, const std::vector<learn::RequestAnswer>& answers) {
  int64_t with_target = 0, right = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].target) continue;
    ++with_target;
    const auto best = std::ranges::max_element(answers[i].scores) - answers[i].scores.begin();
    if (best == *requests[i].target) ++right;
  }
  if (with_target == 0) return "";
  return fmt::format(", accuracy {:.1f} % of {}", 100.0 * static_cast<double>(right) / static_cast<double>(with_target), with_target);
}

}  // namespace

int score_verb(Words words, Session& session) {
  ScoreOptions options;
  ModelOptions model;
  CommandLine line{.verb = "score",
                   .summary = "Scores a requests file: one JSON object a line, {\"context\": \"...\", \"choices\": [\"...\", \"...\"]}."};
  line.positionals = {{.name = "REQUESTS", .help = "the requests file", .target = &options.requests}};
  line.options.add_all(model.table());
  line.options.add({.name = "output", .help = "the answer file; without it answers are printed", .target = &options.output});
  line.options.add({.name = "limit", .help = "only the first requests; 0 = all", .target = &options.limit, .least = 0});
  line.options.add({.name = "token-budget",
                    .help = "tokens of one forward pass; speed and memory only",
                    .target = &options.token_budget,
                    .least = 1,
                    .most = 1'000'000'000});
  line.options.add({.name = "cache-budget",
                    .help = "MiB of keys and values kept at once",
                    .target = &options.cache_budget_mib,
                    .least = 0,
                    .most = 1'000'000});
  line.options.add({.name = "json", .help = "end with one line of seconds, load_seconds, items_per_s, peak_mib", .target = &options.json});
  if (!parse(line, words, session.out)) return 0;

  check_output(options);
  std::vector<learn::Request> requests = learn::parse_requests(base::read_text(options.requests), options.requests);
  if (options.limit > 0 && options.limit < static_cast<int64_t>(requests.size())) requests.resize(static_cast<size_t>(options.limit));
  const auto load_begin = Clock::now();
  const model::Checkpoint checkpoint = model.open(session.watch);
  const double load_seconds = seconds_since(load_begin);

  learn::ReaderOptions reader;
  reader.beginning = learn::parse_beginning_token(model.beginning);
  reader.score.token_budget = options.token_budget;
  reader.score.cache_budget_mib = options.cache_budget_mib;
  learn::ScoreCost cost;
  const auto score_begin = Clock::now();
  const std::vector<learn::RequestAnswer> answers =
      learn::answer_adapted_requests(checkpoint, requests, options.requests, reader, session.watch, &cost);
  const double seconds = seconds_since(score_begin);

  const std::string text = learn::format_answers(requests, answers);
  if (options.output.empty())
    session.out << text;
  else
    base::write_text_atomically(options.output, text);
  const double items_per_s = static_cast<double>(requests.size()) / seconds;
  if (options.json) {
    session.out << base::Json{{"seconds", seconds},
                              {"load_seconds", load_seconds},
                              {"items_per_s", items_per_s},
                              {"peak_mib", peak_mib()},
                              {"items", requests.size()},
                              {"tokens_given", cost.tokens_given},
                              {"tokens_computed", cost.tokens_computed}}
                       .dump()
                << "\n";
  } else {
    session.messages << fmt::format("{} requests in {:.2f} s ({:.1f} a second){}\n", requests.size(), seconds, items_per_s,
                                    accuracy_line(requests, answers));
  }
  return 0;
}

}  // namespace manabi::app
