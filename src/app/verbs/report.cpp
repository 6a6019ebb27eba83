// `manabi report` and `manabi export`: what can be said from records alone.
#include <fmt/format.h>

#include <ostream>

#include "app/command_line.h"
#include "app/verbs.h"
#include "app/workspace.h"
#include "base/error.h"
#include "base/file.h"
#include "lab/runner.h"
#include "lab/store/export.h"
#include "study/catalogue.h"

namespace manabi::app {
namespace {

struct SourceOptions {
  std::string study;
  std::string output = kDefaultWorkspace;
  std::vector<std::string> stores;
  std::string file;

  CommandLine command_line(const std::string& verb, const std::string& summary) {
    CommandLine line{.verb = verb, .summary = summary};
    line.positionals = {{.name = "STUDY", .help = "a study of `manabi list studies`", .target = &study}};
    line.options.add({.name = "output", .help = "the workspace folder", .target = &output});
    line.options.add({.name = "stores", .help = "more run stores (shards from elsewhere)", .target = &stores});
    line.options.add({.name = "file", .help = "where to write", .target = &file});
    return line;
  }
};

}  // namespace

int report_verb(Words words, Session& session) {
  SourceOptions options;
  CommandLine line = options.command_line("report", "Writes the report of a study's last run from its records alone.");
  if (!parse(line, words, session.out)) return 0;
  study::Equipment equipment(session.assets_folder, session.watch);
  const std::unique_ptr<lab::Study> study = study::make_study(options.study, equipment);
  const LastRun last = open_last_run(options.output, options.stores, options.study);
  const std::vector<const lab::Store*> stores = last.views();
  const std::string page = options.file.empty() ? (std::filesystem::path(options.output) / (options.study + ".html")).string() : options.file;
  base::write_text_atomically(page, lab::render_html(lab::report_of(*study, stores, last.run)));
  session.out << "report: " << page << "\n";
  return 0;
}

int export_verb(Words words, Session& session) {
  SourceOptions options;
  std::string format = "csv";
  CommandLine line = options.command_line("export", "Writes the records of a study's last run.");
  line.options.add({.name = "format",
                    .help = "csv: one line a metric; items: one line a scored item; jsonl: everything",
                    .target = &format,
                    .allowed = {"csv", "items", "jsonl"}});
  if (!parse(line, words, session.out)) return 0;
  study::Equipment equipment(session.assets_folder, session.watch);
  study::make_study(options.study, equipment);  // refuses an unknown name
  const LastRun last = open_last_run(options.output, options.stores, options.study);
  const lab::Records records = last.records();
  const std::string text = format == "csv"     ? lab::export_csv(options.study, records)
                           : format == "items" ? lab::export_items_csv(options.study, records)
                                               : lab::export_jsonl(options.study, records);
  if (options.file.empty())
    session.out << text;
  else
    base::write_text_atomically(options.file, text);
  return 0;
}

}  // namespace manabi::app
