#include "world/dataset.h"

#include <filesystem>

#include "base/error.h"
#include "world/sets/built_in_sets.h"
#include "world/sets/own_set.h"
#include "world/sets/published_sets.h"

namespace manabi::world {

DatasetCatalogue::DatasetCatalogue(std::string assets_folder, std::string data_folder)
    : assets_folder_(std::move(assets_folder)), data_folder_(std::move(data_folder)) {}

std::vector<DatasetCatalogue::Entry> DatasetCatalogue::entries() const {
  std::vector<Entry> entries;
  for (const BuiltInSet& set : built_in_sets()) {
    entries.push_back({.name = set.name,
                       .kind = kind_of(set.family),
                       .source = built_in_source(),
                       .is_built_in = true,
                       .is_present = std::filesystem::exists(path_of(set, assets_folder_))});
  }
  for (const PublishedSet& set : published_sets()) {
    entries.push_back({.name = set.name, .kind = kind_of(set.family), .source = set.source, .is_present = is_present(set, data_folder_)});
  }
  return entries;
}

std::shared_ptr<const Dataset> DatasetCatalogue::open(const std::string& name_or_toml) const {
  if (name_or_toml.ends_with(".toml")) return std::make_shared<Dataset>(open_own_set(name_or_toml));
  std::vector<std::string> names;
  for (const BuiltInSet& set : built_in_sets()) {
    if (set.name == name_or_toml) return std::make_shared<Dataset>(open_built_in_set(set, assets_folder_));
    names.push_back(set.name);
  }
  for (const PublishedSet& set : published_sets()) {
    if (set.name == name_or_toml) return std::make_shared<Dataset>(open_published_set(set, data_folder_));
    names.push_back(set.name);
  }
  throw base::Error({.given = "unknown data set \"" + name_or_toml + "\"",
                     .expected = "a data set's name or the path of a .toml file that describes one",
                     .hint = base::nearest_hint(name_or_toml, names)});
}

}  // namespace manabi::world
