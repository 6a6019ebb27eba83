// `manabi list`: what there is.
#include <fmt/format.h>

#include <ostream>

#include "app/command_line.h"
#include "app/trainings.h"
#include "app/verbs.h"
#include "app/workspace.h"
#include "base/error.h"
#include "model/catalogue.h"
#include "study/catalogue.h"
#include "study/equipment.h"
#include "world/dataset.h"
#include "world/tokens/named_worlds.h"

namespace manabi::app {
namespace {

void list_studies(Session& session) {
  for (const std::string& name : study::study_names()) {
    study::Equipment equipment(session.assets_folder, {});
    const lab::StudyInfo info = study::make_study(name, equipment)->info();
    session.out << fmt::format("{:<20} {}\n{:<20} {}\n", name, info.title, "", info.paper);
  }
}

void list_models(Session& session) {
  for (const model::CatalogueModel& model : model::catalogue_models()) {
    const bool is_here = !model::locate_model(model.name).empty();
    session.out << fmt::format("{:<12} {} ({})\n", model.name, model.description, is_here ? "in the cache" : "manabi get " + model.name);
  }
}

void list_tasks(const std::string& data, Session& session) {
  const world::DatasetCatalogue catalogue(session.assets_folder, data);
  for (const world::DatasetCatalogue::Entry& entry : catalogue.entries()) {
    const char* state = entry.is_built_in ? "built in" : entry.is_present ? "in the data folder" : "not here: set --data";
    session.out << fmt::format("{:<24} {:<12} {:<22} {}\n", entry.name, entry.kind, state, entry.source);
  }
  const world::MappingCatalogue mappings(session.assets_folder, data);
  for (const auto& [collection, source] : {std::pair{world::MappingCollection::task_vectors, "mapping (Hendel et al. 2023)"},
                                           {world::MappingCollection::function_vectors, "mapping (Todd et al. 2024)"}}) {
    for (const world::MappingCatalogue::Entry& entry : mappings.entries(collection)) {
      const char* state = entry.is_built_in ? "built in" : entry.is_present ? "in the data folder" : "not here: set --data";
      session.out << fmt::format("{:<24} {:<12} {:<22} {}\n", entry.name, entry.kind, state, source);
    }
  }
}

void list_worlds(Session& session) {
  for (const world::NamedWorld& world : world::named_worlds()) session.out << fmt::format("{:<12} {}\n", world.name, world.description);
}

void list_studies_run(const std::vector<std::string>& stores, Session& session) {
  for (const std::string& path : stores) {
    if (stores.size() > 1) session.out << std::filesystem::path(path).filename().string() << "\n";
    const lab::Store store(path, lab::Store::Mode::read);
    for (const lab::RunSummary& summary : store.run_summaries()) {
      const lab::RunEntry& run = summary.run;
      session.out << fmt::format("{:>4}  {}  {:<16} {:<6} {:<10} {:>6} of {} cells  {:>8.1f} s\n", run.id, run.started, run.study,
                                 run.manifest.is_object() ? run.manifest.value("scale", "") : "", run.state, summary.measured, run.cells.size(),
                                 run.seconds);
    }
  }
}

void list_runs(const std::string& folder, Session& session) {
  const std::vector<std::string> stores = stores_in(folder);
  const std::vector<std::filesystem::path> trainings = trainings_in(folder);
  if (stores.empty() && trainings.empty())
    throw base::Error({.where = folder,
                       .given = "holds no run store and no training",
                       .hint = "manabi run STUDY --output " + folder + ", or manabi train WORLD --output " + folder});
  list_studies_run(stores, session);
  for (const std::filesystem::path& training : trainings) session.out << line_of_training(training) << "\n";
}

}  // namespace

int list_verb(Words words, Session& session) {
  std::string what, output = kDefaultWorkspace, data;
  CommandLine line{.verb = "list", .summary = "Lists studies, models, worlds, tasks or runs."};
  line.positionals = {{.name = "WHAT", .help = "studies, models, worlds, tasks, runs", .target = &what}};
  line.options.add({.name = "output", .help = "for runs: a workspace, the folder of a training, or one that holds several", .target = &output});
  line.options.add({.name = "data", .help = "folder of data sets, for tasks", .target = &data});
  if (!parse(line, words, session.out)) return 0;
  if (what == "studies")
    list_studies(session);
  else if (what == "models")
    list_models(session);
  else if (what == "worlds")
    list_worlds(session);
  else if (what == "tasks")
    list_tasks(data, session);
  else if (what == "runs")
    list_runs(output, session);
  else {
    const std::vector<std::string> known = {"studies", "models", "worlds", "tasks", "runs"};
    throw base::Error({.where = "manabi list", .given = "there is no list of '" + what + "'", .hint = base::nearest_hint(what, known)});
  }
  return 0;
}

}  // namespace manabi::app
