// The sets that come with Manabi: assets/NAME.tsv, one "label<TAB>text" or "label<TAB>first<TAB>second" a line behind "# key: value" lines.
#pragma once

#include <string>
#include <vector>

#include "world/sets/assembly.h"
#include "world/sets/task_family.h"

namespace manabi::world {

struct BuiltInSet {
  std::string name;
  Family family;
  std::vector<ClassName> classes;
};

std::vector<BuiltInSet> built_in_sets();
std::string path_of(const BuiltInSet& set, const std::string& assets_folder);
std::string built_in_source();

Dataset open_built_in_set(const BuiltInSet& set, const std::string& assets_folder);

}  // namespace manabi::world
