// `manabi run STUDY`: measures what is missing, writes the report, says which claims hold.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <string_view>
#include <thread>

#include "app/command_line.h"
#include "app/verbs.h"
#include "app/workspace.h"
#include "base/error.h"
#include "base/file.h"
#include "lab/report/numbers.h"
#include "lab/runner.h"
#include "study/catalogue.h"
#include "study/equipment.h"
#include "tensor/device.h"

namespace manabi::app {
namespace {

struct RunOptions {
  bool quick = false, full = false, paper = false;
  std::string output = kDefaultWorkspace;
  std::string part, shard, config;
  bool json = false;

  base::OptionTable table() {
    base::OptionTable options;
    options.add({.name = "quick", .help = "minutes on two cores, a first look (the default)", .target = &quick});
    options.add({.name = "full", .help = "real verdicts with intervals; hours, in parts", .target = &full});
    options.add({.name = "paper", .help = "the paper's own sizes; resumable and shardable", .target = &paper});
    options.add({.name = "part", .help = "only this part of the grid", .target = &part});
    options.add({.name = "shard", .help = "only this share of the work, \"2/8\", into a store of its own", .target = &shard});
    options.add({.name = "output", .help = "the workspace folder", .target = &output});
    options.add({.name = "config", .help = "a TOML file of options", .target = &config});
    options.add({.name = "json", .help = "print the outcome as JSON", .target = &json});
    return options;
  }

  lab::RunScale scale() const {
    if (quick + full + paper > 1)
      throw base::Error({.where = "--quick, --full, --paper", .given = "more than one scale", .expected = "one of them"});
    return paper ? lab::RunScale::paper : full ? lab::RunScale::full : lab::RunScale::quick;
  }
};

const char* name_of(lab::RunScale scale) { return scale == lab::RunScale::quick ? "quick" : scale == lab::RunScale::full ? "full" : "paper"; }

// "2/8" -> {2, 8}; "" -> {1, 1}.
std::pair<int64_t, int64_t> parse_shard(const std::string& text) {
  if (text.empty()) return {1, 1};
  constexpr int64_t kMostShards = 1'000'000;
  const char* const end = text.data() + text.size();
  int64_t shard = 0, shards = 0;
  const auto first = std::from_chars(text.data(), end, shard);
  const bool has_slash = first.ec == std::errc() && first.ptr != end && *first.ptr == '/';
  const auto second = has_slash ? std::from_chars(first.ptr + 1, end, shards) : first;
  if (!has_slash || second.ec != std::errc() || second.ptr != end || shard < 1 || shards < shard || shards > kMostShards)
    throw base::Error({.where = "--shard", .given = "'" + text + "'", .expected = "I/N with 1 <= I <= N, as in 2/8"});
  return {shard, shards};
}

// The scale decides the defaults of the options, so it is found before they are parsed.
lab::RunScale scale_of(Words words) {
  RunOptions given;
  const auto is_given = [&](const std::string& name) {
    const auto is_flag = [&](const std::string& word) { return word == "--" + name || word == "--" + name + "=true"; };
    std::string variable = "MANABI_" + name;
    std::ranges::transform(variable, variable.begin(), [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
    const char* value = std::getenv(variable.c_str());
    return std::ranges::any_of(words, is_flag) || (value && (std::string_view(value) == "true" || std::string_view(value) == "1"));
  };
  given.quick = is_given("quick");
  given.full = is_given("full");
  given.paper = is_given("paper");
  return given.scale();
}

base::Json manifest_of(const lab::StudyInfo& study, study::Equipment& equipment, const base::OptionTable& options, lab::RunScale scale) {
  base::Json models = base::Json::object();
  if (study.reads_checkpoints)
    for (const std::string& model : equipment.options().model) models[model] = equipment.model_inputs(model).at("checkpoint");
  return {{"program", "manabi " MANABI_VERSION},
          {"scale", name_of(scale)},
          {"option", options.to_json()},
          {"models (SHA-256)", models},
          {"libtorch", MANABI_TORCH_VERSION}};
}

void print_claims(const lab::Report& report, std::ostream& out) {
  for (const lab::Claim& claim : report.claims) {
    out << fmt::format("  {:<16} {}\n", lab::name_of(lab::verdict_of(claim)), claim.sentence);
    if (claim.effect) {
      const int decimals = std::max(1, lab::report::decimals_for((claim.effect->high - claim.effect->low) / 2, 1));
      out << fmt::format("  {:<16} {}: {:+.{}f} [{:+.{}f}, {:+.{}f}] {}\n", "", claim.measure, claim.effect->value, decimals, claim.effect->low,
                         decimals, claim.effect->high, decimals, claim.unit);
    }
  }
}

base::Json json_of(const lab::Report& report, const lab::RunOutcome& outcome, const std::string& page) {
  base::Json claims = base::Json::array();
  for (const lab::Claim& claim : report.claims) {
    base::Json one = {{"id", claim.id}, {"verdict", lab::name_of(lab::verdict_of(claim))}, {"measure", claim.measure}};
    if (claim.effect)
      one.update({{"effect", claim.effect->value}, {"low", claim.effect->low}, {"high", claim.effect->high}, {"unit", claim.unit}});
    else
      one["missing"] = claim.missing;
    claims.push_back(one);
  }
  return {{"cells", outcome.cells},
          {"reused", outcome.reused},
          {"measured", outcome.measured},
          {"seconds", outcome.seconds},
          {"cancelled", outcome.was_cancelled},
          {"report", page},
          {"claims", claims}};
}

}  // namespace

int run_verb(Words words, Session& session) {
  if (!words.empty() && (words[0] == "--help" || words[0] == "-h")) {
    session.out << "Usage: manabi run STUDY [options]; 'manabi run STUDY --help' lists the options of a study.\n";
    for (const std::string& name : study::study_names()) session.out << "  manabi run " << name << "\n";
    return 0;
  }
  if (words.empty() || words[0].starts_with("-")) {
    throw base::Error({.where = "manabi run", .given = "no study was named", .hint = "manabi list studies; then manabi run STUDY"});
  }
  study::Equipment equipment(session.assets_folder, session.watch);
  const std::unique_ptr<lab::Study> study = study::make_study(words[0], equipment);
  const lab::RunScale scale = scale_of(words);
  study->set_scale(scale);

  RunOptions options;
  CommandLine line{.verb = "run " + words[0], .summary = study->info().title + "\n" + study->info().paper};
  line.options.add_all(options.table());
  line.options.add_all(equipment.options().table());
  line.options.add_all(study->options());
  if (!parse(line, words.subspan(1), session.out)) return 0;
  if (options.scale() != scale)
    throw base::Error({.where = "--config", .given = "a scale in the file", .hint = "give --quick, --full or --paper on the command line"});

  if (const std::string& data = equipment.options().data; !data.empty() && !std::filesystem::is_directory(data))
    throw base::Error({.where = "--data",
                       .given = "'" + data + "'",
                       .expected = "a folder of published data sets",
                       .hint = "without it the built-in sets are taken"});

  int64_t& threads = equipment.options().threads;
  if (threads <= 0) threads = std::max(1u, std::thread::hardware_concurrency());
  if (!study->info().reads_checkpoints) tensor::keep_freed_memory();
  tensor::set_threads(static_cast<int>(threads));

  const auto [shard, shards] = parse_shard(options.shard);
  const std::string path = store_path(options.output, options.shard, /*create=*/true).string();
  lab::Store store(path, lab::Store::Mode::write);
  base::OptionTable recorded;  // what a reader of the page needs: without where it was written
  recorded.add_all(equipment.options().table());
  recorded.add_all(study->options());
  const lab::RunRequest request{
      .part = options.part, .shard = shard, .shards = shards, .manifest = manifest_of(study->info(), equipment, recorded, scale)};
  lab::RunOutcome outcome;
  try {
    outcome = lab::run_study(*study, store, request, session.watch);
  } catch (const base::Cancelled&) {
    session.messages << "interrupted before the first cell: what was measured earlier is kept; the same command goes on from there\n";
    return 130;
  }

  const LastRun last = open_last_run(options.output, {}, study->info().name);
  const std::vector<const lab::Store*> stores = last.views();
  const lab::Report report = lab::report_of(*study, stores, last.run);
  const std::string page = (std::filesystem::path(options.output) / (study->info().name + ".html")).string();
  base::write_text_atomically(page, lab::render_html(report));

  if (options.json)
    session.out << json_of(report, outcome, page).dump() << "\n";
  else {
    session.out << fmt::format("{}: {} cells, {} measured now, {} reused\n", study->info().title, outcome.cells, outcome.measured,
                               outcome.reused);
    if (!outcome.was_cancelled) print_claims(report, session.out);
    session.out << "report: " << page << "\n";
  }
  if (!outcome.was_cancelled) return 0;
  session.messages << fmt::format("interrupted: {} of {} cells are kept in {}; the same command goes on from there\n",
                                  outcome.reused + outcome.measured, outcome.cells, path);
  return 130;
}

}  // namespace manabi::app
