#include "study/catalogue.h"

#include <array>
#include <utility>

#include "base/error.h"

namespace manabi::study {

#define STUDY(name, maker) std::unique_ptr<lab::Study> maker(Equipment& equipment);
#include "study_list.inc"
#undef STUDY

namespace {

using Maker = std::unique_ptr<lab::Study> (*)(Equipment&);

const std::vector<std::pair<std::string, Maker>>& makers() {
  static const std::vector<std::pair<std::string, Maker>> all = {
#define STUDY(name, maker) {name, maker},
#include "study_list.inc"
#undef STUDY
  };
  return all;
}

}  // namespace

std::vector<std::string> study_names() {
  std::vector<std::string> names;
  for (const auto& [name, maker] : makers()) names.push_back(name);
  return names;
}

std::unique_ptr<lab::Study> make_study(const std::string& name, Equipment& equipment) {
  for (const auto& [known, maker] : makers())
    if (known == name) return maker(equipment);
  throw base::Error({.where = "study", .given = "there is no study '" + name + "'", .hint = base::nearest_hint(name, study_names())});
}

}  // namespace manabi::study
